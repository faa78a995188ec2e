"""The helper package of the Social CRM research kit."""

__version__ = "0.1.0"
