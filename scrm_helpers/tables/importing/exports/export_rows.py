"""The rows of an export in work: their cells by column, what a profile's forms make of them, which are left out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.importing.exports import cell_values
from scrm_helpers.tables.importing.exports.cell_values import chosen, filled
from scrm_helpers.tables.importing.exports.recognition import Header
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Drop, Keeps

_SHOWN = 20  # different values that get a reason of their own


class LeftOut:
    """The reason for which each row is left out, the first that is found; none where it counts."""

    def __init__(self, n: int) -> None:
        self.codes, self.reasons = np.zeros(n, dtype=np.int16), [""]

    def mark(self, which: np.ndarray, reason: str) -> None:
        """Leave these rows out for a reason, where they have none yet."""
        free = which & (self.codes == 0)
        if free.any():
            if reason not in self.reasons:
                self.reasons.append(reason)
            self.codes[free] = self.reasons.index(reason)

    @property
    def counting(self) -> np.ndarray:
        """Which rows are not left out."""
        return self.codes == 0

    def counts(self) -> dict[str, int]:
        """Rows by reason."""
        found = np.bincount(self.codes, minlength=len(self.reasons))
        return {reason: int(n) for reason, n in zip(self.reasons[1:], found[1:], strict=True) if n}


@dataclass
class ExportRows:
    """Rows below the header, nothing changed but spaces and words that say nothing."""

    header: Header
    columns: dict[int, Any] = field(repr=False)
    lines: np.ndarray = field(repr=False)
    blank: Sequence[str] = ()
    chosen_question: dict[str, list[int]] = field(default_factory=dict)
    _cells: dict[int, Any] = field(default_factory=dict, repr=False)
    _told: list[tuple[Any, np.ndarray]] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.lines)

    def cell(self, place: int) -> Any:
        """One column, tidy."""
        if place not in self._cells:
            self.columns[place] = cell_values.one_piece(self.columns[place])
            self._cells[place] = cell_values.tidy(self.columns[place], self.blank)
        return self._cells[place]

    def forget(self, places: Iterable[int]) -> None:
        """Give back the memory of columns that nothing is read from."""
        for place in places:
            del self.columns[place]

    def first_filled(self, places: Sequence[int]) -> Any:
        """The first non-empty cell of some columns in each row."""
        found = self.cell(places[0])
        for place in places[1:] if found.null_count else ():
            found = pc.coalesce(found, self.cell(place))
        return found

    def places(self, form: ColumnSpec) -> list[int]:
        """Columns that a form reads."""
        if form.question:
            blocks = self.header.questions(form.question)
            return self.chosen_question.get(form.question) or (blocks[0] if blocks else [])
        counted = form.count if isinstance(form.count, dict) else ()
        return self.header.find((*form.words, *counted))

    def scored(self, block: list[int]) -> list[list[int]]:
        """The columns of one question that hold scores: together, or apart where a row has several of them."""
        held = []
        for place in block if len(block) > 1 else ():
            scores, bad = cell_values.as_scores(self.cell(place))
            held += [place] if filled(scores).any() and not bad.any() else []
        several = held and np.sum([filled(self.cell(place)) for place in held], axis=0).max() > 1
        return [[place] for place in held] if several else [held or block]

    def places_of(self, forms: Iterable[ColumnSpec]) -> list[int]:
        """Columns that any of these forms reads."""
        return [place for form in forms if form.value is None for place in self.places(form)]

    def column(self, *words: str) -> Any | None:
        """The first non-empty cell in each row of what these words mean; None where the header has none of them."""
        places = self.header.find(words)
        return self.first_filled(places) if places else None

    def spelled(self, spellings: Iterable[Sequence[str]]) -> list[Any]:
        """A column for each list of spellings that the header has one of."""
        return [cells for words in spellings if (cells := self.column(*words)) is not None]

    def read(self, form: ColumnSpec) -> Any | None:
        """What one form gives in each row, as text; None where its columns are not there."""
        if form.value is not None:
            cells = pa.repeat(pa.scalar(form.value, pa.string()), len(self))
        else:
            places = self.places(form)
            if not places:
                return None
            cells = joined(self.spelled(form.join)) if form.join else self.first_filled(places)
        if form.pattern:
            pattern = re.compile(form.pattern, re.IGNORECASE)
            cells = cell_values.by_distinct(
                cells, lambda text: found[pattern.groups and 1] if (found := pattern.search(text)) else None
            )
        if form.values:
            cells = cell_values.in_words(cells, form.values)
        if form.write != "{}":
            before, _, behind = form.write.partition("{}")
            cells = pc.binary_join_element_wise(before, cells, behind, "")
        return cells

    def filter(self, left: LeftOut, drops: Sequence[Drop], leader: np.ndarray | None = None) -> None:
        """Leave out what a profile drops; with leaders, as the first line of each order says."""
        for rule in drops:
            which = self.matching(rule.when)
            left.mark(which if leader is None else which[leader], rule.reason)

    def matching(self, rule: Mapping[str, Sequence[str]]) -> np.ndarray:
        """Rows with one of these words in every column of a rule; none where one of the columns is not there."""
        which = np.full(len(self), bool(rule))
        for column, words in rule.items():
            cells = self.column(column)
            which &= False if cells is None else chosen(cells, words)
        return which

    def keep(self, left: LeftOut, keeps: Keeps, leader: np.ndarray | None = None) -> list[str]:
        """Leave out what a profile does not keep; columns of which no row is kept."""
        nothing = []
        for column, reasons in keeps.items():
            if not (places := self.header.find((column,))):
                continue
            cells = self.first_filled(places)
            which = chosen(cells, [word for words in reasons.values() for word in words])
            if leader is not None:
                which, cells = which[leader], pc.take(cells, pa.array(leader))
            if not (which & left.counting).any() and left.counting.any():
                nothing.append(column)
            if reason := next(filter(None, reasons), ""):
                left.mark(~which, reason)
                continue
            cells = pc.fill_null(cells, "blank")
            out = pc.value_counts(pc.filter(cells, pa.array(~which & left.counting))).to_pylist()
            for value in [one["values"] for one in sorted(out, key=lambda one: -one["counts"])[:_SHOWN]]:
                equal = pc.equal(cells, value).to_numpy(zero_copy_only=False)
                left.mark(~which & equal, f"{self.header.names[places[0]]}: {value}")
            left.mark(~which, f"{self.header.names[places[0]]}: other")
        return nothing

    def repeated(self, place: int) -> np.ndarray:
        """Which rows repeat an earlier one in every column; only rows that share one cell are compared whole."""
        codes = self._codes(self.cell(place))
        rows = np.flatnonzero(np.bincount(codes)[codes] > 1) if _shared(codes) else ()
        found = np.zeros(len(self), dtype=bool)
        if len(rows):
            whole = {str(at): pc.take(cells, pa.array(rows)) for at, cells in self.columns.items()}
            found[rows[pa.table(whole).to_pandas().duplicated().to_numpy()]] = True
        return found

    def groups(self, keys: Iterator[Any], counting: np.ndarray) -> np.ndarray:
        """The order to which each counting row belongs (a blank name: that of the row above); -1 for no order."""
        first = next(keys)
        codes, bare = self._codes(first), ~filled(first)
        for key in keys if bare.any() or _shared(codes) else ():
            codes = pd.factorize(codes.astype("int64") * (len(self) + 1) + self._codes(key))[0]
            bare &= ~filled(key)
        if bare.any():
            codes = codes[np.maximum.accumulate(np.where(bare | ~counting, 0, np.arange(len(codes))))]
        self._told.clear()
        return np.where(counting, codes, -1)

    def _codes(self, cells: Any) -> np.ndarray:
        """A number for each different text; it is told once."""
        told = next((codes for known, codes in self._told if known.equals(cells)), None)
        if told is None:
            packed = pc.dictionary_encode(cells)
            told = pc.fill_null(packed.indices, len(packed.dictionary)).to_numpy()
            self._told.append((cells, told))
        return told


def _shared(codes: np.ndarray) -> bool:
    """Whether two rows have one code: codes are given from 0 on."""
    return int(codes.max(initial=-1)) + 1 < len(codes)


def in_order(codes: np.ndarray) -> np.ndarray:
    """Codes given anew from 0 on, in the order in which they come."""
    return np.arange(len(codes)) if (np.diff(codes) > 0).all() else pd.factorize(codes)[0]


def joined(columns: Sequence[Any]) -> Any:
    """The cells of each row that are not blank, put together."""
    skipped = pc.binary_join_element_wise(*columns, "", " ", null_handling="skip")  # Arrow drops a row of nulls alone
    whole = pc.utf8_rtrim_whitespace(skipped)
    return pc.if_else(pc.equal(whole, ""), pa.scalar(None, whole.type), whole)


def first_of(codes: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """The first of these rows in each group; -1 where there is none."""
    found = np.full(n, -1)
    found[codes[rows][::-1]] = rows[::-1]
    return found


def leaders(codes: np.ndarray) -> np.ndarray:
    """For each row the first row of its group; a row without a group leads itself."""
    inside = np.flatnonzero(codes >= 0)
    first = first_of(codes, inside, codes.max(initial=-1) + 1)
    return np.where(codes >= 0, first[codes], np.arange(len(codes))) if len(inside) else np.arange(len(codes))


def first_filled_of(cells: Any, codes: np.ndarray, n: int) -> Any:
    """Of each group the first cell that is not blank."""
    if n == len(cells) and codes[0] == 0 and (np.diff(codes) == 1).all():
        return cells
    first = first_of(codes, np.flatnonzero(filled(cells) & (codes >= 0)), n)
    return pc.take(cells, pa.array(first, mask=first < 0))
