"""Fields of a contract table from the rows of an export, each by its kind, and how a file writes days and money."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.accepted_words import NOTHING, read_currency
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Kind
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import Message, listed, quoted
from scrm_helpers.tables.importing.exports import cell_values
from scrm_helpers.tables.importing.exports.export_reading import refusal_of
from scrm_helpers.tables.importing.exports.export_rows import ExportRows, first_filled_of
from scrm_helpers.tables.importing.imported_file import Question
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Profile
from scrm_helpers.tables.values.identity import matches
from scrm_helpers.tables.values.periods import read_periods

Forms = Sequence[ColumnSpec]
_HELPERS: dict[str, Kind] = {"_mail": "id", "_refunded": "money", "_moment": "date"}


def kind_of_field(table: str, name: str) -> Kind:
    """How the text of a field is understood."""
    return _HELPERS.get(name, "text") if name.startswith("_") else TABLES[table].column(name).kind


@dataclass(frozen=True)
class Spelling:
    """How a file writes days and money, once that is known."""

    order: str  # of day and month in numeric dates
    decimal: str
    zone: str  # of moments without an offset; empty where it is the company's
    company: str  # zone of the company
    file: str


@dataclass
class FieldReader:
    """Reads the fields of one table; what cannot be understood in rows that count is a fault of the file."""

    rows: ExportRows
    table: str
    spelling: Spelling
    counting: np.ndarray = field(repr=False)  # rows that count so far
    codes: np.ndarray = field(repr=False)  # group of each row; -1 for rows that do not count
    faults: list[Message] = field(default_factory=list)
    earlier: Any = None  # what earlier columns of a field gave: no fault of a later one matters there

    @property
    def n(self) -> int:
        """Orders or rows that come out."""
        return int(self.codes.max()) + 1 if len(self.codes) else 0

    def value(self, name: str, forms: Forms) -> Any | None:
        """A field as text, one per group; None where none of its columns is in the file."""
        found = None
        for form in forms:
            self.earlier = found
            cells = self._of_form(name, form)
            found = cells if found is None else found if cells is None else pc.coalesce(found, cells)
        self.earlier = None
        return found

    def moments(self, name: str, form: ColumnSpec) -> np.ndarray | None:
        """Moments of a date column in each row."""
        cells = self.rows.read(form)
        if cells is None:
            return None
        cells = cell_values.tidy(cells, NOTHING)
        zone = next((self.rows.header.zones[at] for at in self.rows.places(form) if at in self.rows.header.zones), "")
        how = self.spelling
        moments = cell_values.read_moments_of(cells, how.order, zone or how.zone, how.company)
        bad = cell_values.filled(cells) & np.isnat(moments)
        if bad.any():
            bad &= ~matches(cells, r"^0+(\.0+)?$|^0000-00-00|^[Nn]ever$")
        self._note(name, form, cells, bad, "a date", "2026-09-30")
        if form.plus_minutes or form.plus_seconds:
            given = self.rows.column(form.plus_minutes or form.plus_seconds)
            more = pa.nulls(len(self.rows)) if given is None else cell_values.as_money(given, self.spelling.decimal)[0]
            added = pc.cast(more, pa.float64()).to_numpy(zero_copy_only=False) * (60 if form.plus_minutes else 1)
            moments = moments + pd.to_timedelta(np.round(added), unit="s").to_numpy("m8[s]")
        return moments

    def _of_form(self, name: str, form: ColumnSpec) -> Any | None:
        if form.sum or form.mean or form.count is not None:
            return self._aggregated(form)
        kind = kind_of_field(self.table, name)
        if kind == "date" and not form.period:
            moments = self.moments(name, form)
            timed = self.table == "interactions" or name.startswith("_")
            if moments is None:
                return None
            return first_filled_of(cell_values.days_as_text(moments, "s" if timed else "D"), self.codes, self.n)
        cells = self.rows.read(form)
        return None if cells is None else first_filled_of(self._typed(name, kind, form, cells), self.codes, self.n)

    def _typed(self, name: str, kind: Kind, form: ColumnSpec, cells: Any) -> Any:
        if kind == "id":
            ids = cell_values.as_ids(cells, whole=form.whole)
            noun, write = "an id, since a spreadsheet rounded it", "the whole id, as the system has it"
            self._note(name, form, ids, cell_values.damaged(ids), noun, write)
            return cell_values.tidy(ids, NOTHING)
        if name == "score":
            scores, bad = cell_values.as_scores(cells)
            self._note(name, form, cells, bad, "a score from 0 to 10", "a number, or tell the scale")
            return scores
        if kind in NUMERIC:
            bare = pc.replace_substring_regex(cells, r"\s*%$", "") if matches(cells, "%$").any() else cells
            marks = cell_values.decimal_marks([bare]) if form.pattern else ()  # a text in a cell was not saved again
            amounts, bad = cell_values.as_money(bare, next(iter(marks)) if len(marks) == 1 else self.spelling.decimal)
            self._note(name, form, cells, bad, "a number", f"1234{self.spelling.decimal}50")
            return amounts
        if kind == "currency":
            return cell_values.by_distinct(cells, lambda text: read_currency(text) or text.upper())
        if kind == "period" or form.period:
            return self._period(name, form, cells)
        return cells

    def _period(self, name: str, form: ColumnSpec, cells: Any) -> Any:
        """The period that holds a day, or one that is named in words."""
        unit = form.period or "quarter"
        words = pc.unique(cell_values.one_piece(cells)).drop_null()
        days = cell_values.read_moments_of(words, self.spelling.order, "", self.spelling.company)
        texts = pc.coalesce(cell_values.days_as_text(days), words).to_pylist()
        names = dict(zip(words.to_pylist(), read_periods(texts, unit, within=True).names, strict=True))
        found = cell_values.by_distinct(cells, lambda text: names[text] or None)
        bad = cell_values.filled(cells) & ~cell_values.filled(found)
        self._note(name, form, cells, bad, f"a {unit}", "2026Q3")
        return found

    def _aggregated(self, form: ColumnSpec) -> Any | None:
        """Sums of products, means and counts over the lines of each group."""
        places = self.rows.places(form)
        if (not places and form.count != "lines") or not all(self.rows.header.find(words) for words in form.sum):
            return None
        if form.count is not None:
            given = {} if form.count == "lines" else form.count
            held = [(words, self.rows.header.find((name,))) for name, words in given.items()]
            hits = [cell_values.chosen(self.rows.cell(at), words) for words, found in held for at in found]
            n = np.sum(hits or [np.ones(len(self.rows))], axis=0)
            counted = np.bincount(self.codes[self.codes >= 0], n[self.codes >= 0], self.n)
            return pc.cast(pa.array(counted.astype("int64")), pa.string())
        numbers = []
        for cells in self.rows.spelled(form.sum) if form.sum else map(self.rows.cell, places):
            amounts, bad = cell_values.as_money(cells, self.spelling.decimal)
            self._note("the sum" if form.sum else "the mean", form, cells, bad, "a number", "12.50")
            numbers.append(amounts)
        if form.mean:
            values = np.concatenate([pc.cast(one, pa.float64()).to_numpy(zero_copy_only=False) for one in numbers])
            means = pd.Series(values).groupby(np.tile(self.codes, len(numbers))).mean().reindex(range(self.n))
            return pa.array([f"{mean:.10g}" if np.isfinite(mean) else None for mean in means], pa.string())
        factors = [cell_values.exact(pc.fill_null(one, "0")) for one in numbers]
        product = reduce(pc.multiply, [pc.cast(one, pa.decimal256(24, one.type.scale)) for one in factors])
        lines = pa.table({"group": self.codes, "product": product}).filter(pa.array(self.codes >= 0))
        sums = lines.group_by("group").aggregate([("product", "sum")]).sort_by("group")
        return pc.cast(sums["product_sum"].combine_chunks(), pa.string())

    def _note(self, name: str, form: ColumnSpec, cells: Any, bad: np.ndarray, noun: str, write: str) -> None:
        if self.earlier is not None and self.n:
            bad = bad & ~cell_values.filled(self.earlier)[self.codes]
        rows = np.flatnonzero(bad & self.counting)
        if not len(rows):
            return
        held = [at for at in self.rows.places(form) if self.rows.cell(at)[int(rows[0])].is_valid]
        named = self.rows.header.names[held[0]] if held else name
        shown = list(dict.fromkeys(quoted(cells[int(row)].as_py()) for row in rows[:20]))
        what = f"{plural(len(rows), 'cell')} of {quoted(named)} cannot be read as {noun}: {listed(shown)}."
        why = f"{name} of table {self.table} rests on it."
        todo = f"Correct the cells (write {write}), or name another column under `columns:` in mapping.yaml."
        lines, file = tuple(self.rows.lines[rows[:5]].tolist()), self.spelling.file
        self.faults.append(Message(what=what, why=why, todo=todo, file=file, column=named, lines=lines, n=len(rows)))


_DATED = ("date", "period")


def spell(rows: ExportRows, profile: Profile, zone: str, file: str) -> tuple[Spelling, list[Question], list[str]]:
    """Find out how a file writes days and money, what has to be asked about that, and what is to be remarked."""
    questions, remarks = list[Question](), list[str]()
    proved, needed = cell_values.orders_shown(_columns(rows, profile, _DATED))
    declared = profile.dates.order
    if len(proved) > 1:
        what = "Some dates have the day first and some the month: both parts go above 12."
        raise refusal_of(file, what, "Export the dates in one form, best as 2026-09-30.")
    if proved and declared in ("dmy", "mdy") and {declared} != proved:
        remarks.append("The dates have another order than this vendor writes; the one that the cells prove counts.")
    if declared and not needed:
        remarks.append("No date needs the order that is told: each says itself which part is the day.")
    if not proved and needed and declared not in ("dmy", "mdy"):
        text = "Nothing tells day from month: no date has a part above 12. Which comes first?"
        questions.append(Question(id="date_order", text=text, choices=("day first", "month first")))
    columns = _columns(rows, profile, NUMERIC)
    marks = cell_values.decimal_marks(columns)
    if len(marks) > 1:
        what = "Some amounts have a decimal point and some a decimal comma."
        raise refusal_of(file, what, "Export the amounts in one form, such as 1234.50.")
    if "," in marks and profile.decimal != ",":
        remarks.append("The amounts have decimal commas, as a spreadsheet of another country writes them.")
    elif profile.decimal == "," and (marks or not columns):
        why = "the amounts have points" if marks else "there are no amounts"
        remarks.append(f"The decimal comma that is told is not used: {why}.")
    known = profile.decimal or (profile.recognise and rows.header.separator != ";")
    if not marks and not known and cell_values.unproved(columns):
        text = "Amounts such as 1,234 may be thousands or decimals. Which is the decimal mark?"
        questions.append(Question(id="decimal", text=text, choices=("point", "comma")))
    order, decimal = next(iter(proved), declared), next(iter(marks), profile.decimal or ".")
    return Spelling(order, decimal, profile.dates.timezone, zone, file), questions, remarks


def _columns(rows: ExportRows, profile: Profile, kinds: tuple[str, ...]) -> list[Any]:
    """The columns of these kinds, but for texts in which a value is sought by a pattern."""
    places: dict[int, None] = {}
    for table, spec in profile.entries:
        forms = [form for name, of in spec.columns.items() if kind_of_field(table, name) in kinds for form in of]
        if spec.refund:
            forms += [] if kinds is _DATED else spec.refund.amount
            places |= dict.fromkeys(rows.header.find(spec.refund.day) if kinds is _DATED else ())
        places |= dict.fromkeys(rows.places_of([form for form in forms if not form.pattern and form.question != "nps"]))
    return [rows.cell(place) for place in places]
