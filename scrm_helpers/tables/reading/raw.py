"""A table as it stands in its file: columns of text, nothing inferred, every row with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A file after reading and before understanding.

    Parameters
    ----------
    table, file : str
        Name of the table and of its file.
    columns : dict of str to pyarrow.ChunkedArray
        Contract name -> cells; text with null for an empty cell, or typed cells of a Parquet file.
    n_rows : int
        Rows of data.
    sha256 : str
        Of the file as stored.
    encoding, delimiter : str
        As found; empty for Parquet.
    lines : numpy.ndarray, optional
        Physical line of each row; without it row ``i`` stands on line ``i + 2``.
    ignored : tuple of str
        Columns of the file that the contract does not know.
    respelled : dict of str to str
        Contract name -> name in the file, where they differ in case, spaces or unseen characters.
    alike : dict of str to tuple of str
        Contract name that is absent -> the ignored column that may be it, and its first values.
    n_totals : int
        Rows at the end that are totals of the others.
    n_blank_lines : int
        Empty lines, which are no rows.
    """

    table: str
    file: str
    columns: dict[str, Any]
    n_rows: int
    sha256: str
    encoding: str = ""
    delimiter: str = ""
    lines: np.ndarray | None = field(default=None, repr=False)
    ignored: tuple[str, ...] = ()
    respelled: dict[str, str] = field(default_factory=dict)
    alike: dict[str, tuple[str, ...]] = field(default_factory=dict)
    n_totals: int = 0
    n_blank_lines: int = 0

    def lines_of(self, positions: np.ndarray, shown: int = 5) -> tuple[int, ...]:
        """Return the physical lines of the first few of these rows."""
        first = np.asarray(positions)[:shown]
        found = first + 2 if self.lines is None else self.lines[first]
        return tuple(int(line) for line in found)
