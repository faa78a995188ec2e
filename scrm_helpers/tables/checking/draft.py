"""A table while it is being checked: typed values of all rows, which of them count, and what was found."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.accepted_words import TOTALS
from scrm_helpers.tables.contract.column_kinds import Table
from scrm_helpers.tables.contract.receipts import Level, Message, Receipt, quoted
from scrm_helpers.tables.reading.files import RawTable
from scrm_helpers.tables.values.identity import rows_of

Rows = np.ndarray | pd.Series
"""Which rows of a table; what is missing is none of them."""
_TAIL = 3  # a total stands in the last rows


@dataclass
class Draft:
    """Typed rows under examination; checks add findings and leave rows out, each row for one reason."""

    raw: RawTable  # the table as read
    frame: pd.DataFrame  # typed values of all rows, in file order
    keep: np.ndarray = field(init=False)
    left_out: dict[str, int] = field(default_factory=dict)
    values_blanked: dict[str, int] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()  # id columns of visible ASCII characters only
    hidden: dict[str, np.ndarray] = field(default_factory=dict)  # column -> positions whose value was set to missing
    ids_renamed: dict[str, int] = field(default_factory=dict)
    columns_left_out: dict[str, str] = field(default_factory=dict)  # by the data register: column -> class
    borrowed: list[str] = field(default_factory=list)  # columns for use only, never to be written
    messages: list[Message] = field(default_factory=list)
    positions: dict[str, tuple[tuple[Any, ...], np.ndarray]] = field(default_factory=dict)  # for `rows_in`

    def __post_init__(self) -> None:
        self.keep = np.ones(self.raw.n_rows, dtype=bool)
        below = np.arange(self.raw.n_rows) >= self.raw.n_rows - _totals_below(self.raw)
        what = "{rows} at the end are totals of the rows above, not rows themselves."
        why, todo = "They would be counted once more.", "Nothing; an export without totals spares this warning."
        self.leave_out(below, "total below the rows", what, f"{why} They are left out.", todo)

    @property
    def declared(self) -> Table:
        """The declaration of the table."""
        return self.raw.origin.declared

    def has(self, *columns: str) -> bool:
        """Whether the file brought all these columns."""
        return all(column in self.frame for column in columns)

    def rows_in(self, column: str, known: pd.Series) -> np.ndarray:
        """Return the position of each id of a column in `known`, -1 where it is not there; found once for all."""
        pair = tuple(pa.array(ids, pa.large_string()) for ids in (self.frame[column], known))
        before, found = self.positions.get(column, ((None, None), None))
        if found is None or any(one is not other for one, other in zip(pair, before, strict=True)):
            found = rows_of(self.frame[column], known)
            self.positions[column] = pair, found
        return found

    def kept(self) -> pd.DataFrame:
        """Rows that count, renumbered."""
        return self.frame if self.keep.all() else self.frame.loc[self.keep].reset_index(drop=True)

    def find(self, rows: Rows, what: str, why: str, todo: str, column: str = "", level: Level = "error") -> np.ndarray:
        """Note a finding about kept rows, if any; in `what` {n}, {rows}, {column} and {example} are filled in."""
        mask = rows if isinstance(rows, np.ndarray) else rows.to_numpy(dtype=bool, na_value=False)
        positions = np.flatnonzero(mask & self.keep)
        n = len(positions)
        if n:
            example = self.example(column, positions[0]) if "{example}" in what else ""
            counts = {"{n}": f"{n:,}", "{rows}": plural(n, "row"), "{column}": column, "{example}": example}
            for mark, text in counts.items():
                what = what.replace(mark, text)
            self.note(what, why, todo, column=column, lines=self.raw.lines_of(positions), n=n, level=level)
        return positions

    def note(self, what: str, why: str, todo: str, **more: Any) -> None:
        """Note a finding about the table as a whole; it refuses nothing, unless its level says so."""
        place = {"table": self.declared.name, "file": self.raw.file, "level": "warning"}
        self.messages.append(Message(what=what, why=why, todo=todo, **{**place, **more}))

    def warn(self, rows: Rows, what: str, why: str, todo: str, column: str = "") -> np.ndarray:
        """Note a finding that refuses nothing."""
        return self.find(rows, what, why, todo, column, level="warning")

    def leave_out(self, rows: Rows, reason: str, what: str, why: str, todo: str, column: str = "") -> None:
        """Leave the kept rows under a mask out, counted under `reason`, with a warning."""
        positions = self.warn(rows, what, why, todo, column)
        if len(positions):
            self.keep[positions] = False
            self.left_out[reason] = self.left_out.get(reason, 0) + len(positions)

    def blank(self, rows: Rows, reason: str, what: str, why: str, todo: str, column: str) -> None:
        """Set single values of kept rows to missing, counted under `reason`, with a warning."""
        positions = self.warn(rows, what, why, todo, column)
        if len(positions):
            self.frame.loc[positions, column] = None
            self.hidden[column] = np.union1d(self.hidden.get(column, []), positions).astype(int)
            self.values_blanked[reason] = self.values_blanked.get(reason, 0) + len(positions)

    def example(self, column: str, position: int) -> str:
        """The cell of a row as it stood in the file, safe to show."""
        if column not in self.raw.columns:
            return "''"
        cell = self.raw.columns[column][int(position)]
        try:
            shown = cell.as_py()
        except (ValueError, OverflowError):  # a day of a Parquet file beyond the years that Python counts
            shown = cell.cast("string").as_py()
        return quoted("" if shown is None else shown)

    def receipt(self) -> Receipt:
        """What was read, kept and left out."""
        raw, counted = self.raw, ("left_out", "values_blanked", "ids_renamed", "columns_left_out")
        more: dict[str, Any] = {name: getattr(raw, name) for name in ("file", "sha256", "encoding", "delimiter")}
        return Receipt(
            table=self.declared.name,
            rows_read=raw.n_rows,
            rows_kept=int(self.keep.sum()),
            columns_ignored=raw.matched.ignored,
            columns_borrowed=tuple(self.borrowed),
            blank_lines=raw.n_blank_lines,
            **(more | {name: dict(getattr(self, name)) for name in counted}),
        )


def _totals_below(raw: RawTable) -> int:
    """Count the last rows that are totals: a cell says so, and cells that every row needs are blank."""
    for n in range(min(_TAIL, raw.n_rows)):
        cells = {name: column[raw.n_rows - 1 - n].as_py() for name, column in raw.columns.items()}
        words = [str(cell).strip(" :*").casefold() for cell in cells.values() if cell is not None]
        blank = any(cells[name] is None or not str(cells[name]).strip() for name in raw.origin.declared.required_names)
        if not blank or not any(word in TOTALS for word in words):
            return n
    return min(_TAIL, raw.n_rows)
