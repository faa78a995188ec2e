"""The value table: one row per person, every measure of a person computed here, once."""
