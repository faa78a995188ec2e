"""A synthetic company over all tables, any size, with known truth; and the published tables to set beside one's own."""

from scrm_helpers.sample.published_facts import published
from scrm_helpers.sample.sample_company import write_sample

__all__ = ["published", "write_sample"]
