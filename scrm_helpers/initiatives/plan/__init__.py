"""The business case: cash, streams, distributions, and the file in which it is written."""
