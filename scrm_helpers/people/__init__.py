"""The value table: one row per person, every measure of a person computed here, once."""

from scrm_helpers.people.measures import People
from scrm_helpers.people.value_table import load, prepare_value, save

__all__ = ["People", "load", "prepare_value", "save"]
