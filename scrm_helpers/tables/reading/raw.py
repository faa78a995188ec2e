"""A table as it stands in its file: columns of text, nothing inferred, every row with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A file after reading and before understanding."""

    table: str  # name of the table and of its file
    file: str  # name of the table and of its file
    columns: dict[str, Any]
    n_rows: int  # rows of data
    sha256: str  # of the file as stored
    encoding: str = ""  # as found; empty for Parquet
    delimiter: str = ""  # as found; empty for Parquet
    lines: np.ndarray | None = field(default=None, repr=False)
    ignored: tuple[str, ...] = ()  # columns of the file that the contract does not know
    respelled: dict[str, str] = field(default_factory=dict)
    alike: dict[str, tuple[str, ...]] = field(default_factory=dict)
    n_totals: int = 0  # rows at the end that are totals of the others
    n_blank_lines: int = 0  # empty lines, which are no rows

    def lines_of(self, positions: np.ndarray, shown: int = 5) -> tuple[int, ...]:
        """Return the physical lines of the first few of these rows."""
        first = np.asarray(positions)[:shown]
        found = first + 2 if self.lines is None else self.lines[first]
        return tuple(int(line) for line in found)
