"""A synthetic company over all tables, any size, with known truth written beside it."""

from scrm_helpers.sample.company import Sample, make_sample
from scrm_helpers.sample.writing import write_sample

__all__ = ["Sample", "make_sample", "write_sample"]
