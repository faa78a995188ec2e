"""What became of one part of a batch, for its index."""

from collections.abc import Mapping
from dataclasses import dataclass

from scrm_helpers.tables.company_tables import in_words


@dataclass(frozen=True, kw_only=True)
class BatchPart:
    """A part of the company and the report of it."""

    where: Mapping[str, str]  # {"region": "North", "quarter": "2025-Q4"}, in the order in which the batch divides
    folder: str  # "parts/<slug>-<sha8>", inside the batch's folder: as a run's folder
    status: str  # "done", "failed" or "too small"
    sentence: str = ""  # why it is not whole; empty where it is

    @property
    def words(self) -> str:
        """The part in words; the whole company has no conditions."""
        return in_words(self.where) or "The whole company"
