"""The value table: one row per person, every measure of a person computed here, once."""

from scrm_helpers.people.measures import People

__all__ = ["People"]
