"""The receipt of a table: what was read, kept and left out, so that the sums always tie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What happened to one table on the way in.

    Parameters
    ----------
    table, file, sha256 : str
        The table, its file, and the sha256 of the file as stored.
    encoding, delimiter : str
        As found; empty for Parquet.
    rows_read, rows_kept : int
        Rows in the file, and rows that count.
    left_out : mapping of str to int
        Reason -> rows; each row left out has exactly one reason.
    values_blanked : mapping of str to int
        Reason -> single values set to missing while their row is kept.
    ids_renamed : mapping of str to int
        Column -> cells whose former id was replaced by the customer's, as the table ``aliases`` says.
    columns_ignored : tuple of str
        Columns of the file that the contract does not know.
    blank_lines : int
        Empty lines, which are no rows.

    Raises
    ------
    ValueError
        When rows read are not rows kept plus rows left out.

    Examples
    --------
    >>> Receipt(table="surveys", file="surveys.csv", sha256="", rows_read=5, rows_kept=4,
    ...         left_out={"unknown customer": 1}).rows_left_out
    1
    """

    table: str
    file: str
    sha256: str
    rows_read: int
    rows_kept: int
    encoding: str = ""
    delimiter: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    values_blanked: Mapping[str, int] = field(default_factory=dict)
    ids_renamed: Mapping[str, int] = field(default_factory=dict)
    columns_ignored: tuple[str, ...] = ()
    blank_lines: int = 0

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_kept + self.rows_left_out:
            raise ValueError(
                f"Receipt of {self.table} does not tie: {self.rows_read} rows read, {self.rows_kept} kept, "
                f"{self.rows_left_out} left out."
            )

    @property
    def rows_left_out(self) -> int:
        """Rows that do not count, over all reasons."""
        return sum(self.left_out.values())

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Receipt:
        """Return the receipt that `as_dict` described."""
        fields = {name: value for name, value in given.items() if name != "rows_left_out"}
        return cls(**{**fields, "columns_ignored": tuple(given["columns_ignored"])})

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain data."""
        return {
            "table": self.table,
            "file": self.file,
            "sha256": self.sha256,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_left_out": self.rows_left_out,
            "left_out": dict(sorted(self.left_out.items())),
            "values_blanked": dict(sorted(self.values_blanked.items())),
            "ids_renamed": dict(sorted(self.ids_renamed.items())),
            "columns_ignored": list(self.columns_ignored),
            "blank_lines": self.blank_lines,
        }
