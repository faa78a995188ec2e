"""One contract table from the rows of an export: filters, orders from their lines, refunds once."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.importing.exports import cell_values, export_dates
from scrm_helpers.tables.importing.exports.export_rows import ExportRows, LeftOut, in_order, leaders
from scrm_helpers.tables.importing.exports.field_values import FieldReader, Spelling, kind_of_field
from scrm_helpers.tables.importing.imported_file import ALL, Question
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Refund, TableSpec

_PEOPLE = {
    "customer_id": ("_mail",),
    "referrer_id": ("_referrer_name", "_referrer_mail"),
    "referred_id": ("_mail", "_name"),
}
_MAY_BE_BLANK = {"surveys": ("responded_on", "score"), "customers": ("joined_on",)}
_DERIVED = {("customers", "joined_on")}  # from the first order or answer, where no column says it
NO_REFUNDS = "nothing was refunded"


@dataclass
class TableRows:
    """Makes one table; afterwards `frame` holds its rows, `left` why the others give none."""

    rows: ExportRows
    table: str
    spec: TableSpec
    left: LeftOut
    reader: FieldReader
    questions: list[Question] = field(default_factory=list)
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def made(cls, rows: ExportRows, place: tuple[str, TableSpec], left: LeftOut, spelling: Spelling) -> "TableRows":
        """The table of one entry of a profile."""
        table, spec = place
        counting = left.counting
        reader = FieldReader(rows, table, spelling, counting, np.cumsum(counting) - 1)
        reader.codes = np.where(counting, reader.codes, -1)
        one = cls(rows, table, spec, left, reader)
        one._filter()
        one._read()
        if not one.questions and not one.reader.faults:
            one._settle()
        return one

    def _filter(self) -> None:
        """Group lines to orders and leave out what does not count."""
        reader, leader = self.reader, None
        keys = self._keys()
        if (first := next(keys, None)) is not None:
            reader.codes = self.rows.groups(chain([first], keys), self.left.counting)
        if self.spec.one_per:
            leader = leaders(reader.codes)
        self.rows.filter(self.left, self.spec.drop, leader)
        keeps = self.spec.keep
        for column in dict.fromkeys(rule.column for rule in keeps if not self.rows.header.find((rule.column,))):
            text = f"No column is named {column!r}; it tells which rows count. Which one is it?"
            choices = (*self.rows.header.nearest((column,)), ALL)
            self.questions.append(Question(id=f"keep:{column}", text=text, choices=choices))
        for column in self.rows.keep(self.left, keeps, leader):
            found = pc.unique(self.rows.first_filled(self.rows.header.find((column,)))).drop_null().to_pylist()[:12]
            text = f"None of the words in {column!r} is known to this profile. Which of them count?"
            self.questions.append(Question(id=f"words:{column}", text=text, choices=(*found, ALL)))
        self.rows.filter(self.left, self.spec.drop_lines)
        reader.counting = self.left.counting
        inside = (reader.counting | (self.table == "referrals")) & (
            reader.codes >= 0
        )  # all states of referrals are counted
        reader.codes = np.where(inside, reader.codes, -1)
        reader.codes[inside] = in_order(reader.codes[inside])

    def _keys(self) -> Iterator[Any]:
        """What tells orders apart, read only where it is asked for."""
        for word in self.spec.one_per:
            places = self.rows.header.find((word,))
            key = word if word in self.spec.columns else next(iter(TABLES[self.table].key), "")
            cells = self.rows.first_filled(places) if places else self._per_row(key)
            if cells is not None:
                yield cells

    def _per_row(self, name: str) -> Any | None:
        every = np.arange(len(self.rows))
        own = FieldReader(self.rows, self.table, self.reader.spelling, self.left.counting, every)
        return own.value(name, self.spec.columns[name]) if name in self.spec.columns else None

    def _read(self) -> None:
        columns: dict[str, Any] = {}
        self.columns = columns
        with_ = [form for name in self.spec.rows_with for form in self.spec.columns.get(name, ())]
        if self.spec.rows_with and not any(form.value is not None or self.rows.places(form) for form in with_):
            self.left.mark(self.left.counting, f"no {self.spec.rows_with[0]}")
            self.reader.codes[:] = -1
        wanted = {}
        for name, forms in self.spec.columns.items():
            told = next((form.required for form in forms if form.required is not None), None)
            required = self._required(name) if told is None else told
            asked = next((form.question for form in forms if form.question), "")
            blocks = self.rows.header.questions(asked) if asked and asked not in self.rows.chosen_question else []
            if asked == "nps" and len(blocks) == 1:
                blocks = self.rows.scored(blocks[0])
                self.rows.chosen_question[asked] = blocks[0]
            if required and len(blocks) > 1:
                choices = self.rows.header.called(block[0] for block in blocks)
                text = f"{len(blocks)} columns may hold the {name} of table {self.table}. Which one is it?"
                self.questions.append(
                    Question(
                        id="nps_question" if asked == "nps" else f"{self.table}.{name}", text=text, choices=choices
                    )
                )
                continue
            wanted[name] = forms, told, required
        for name, reader, cells in self._values({name: forms for name, (forms, *_) in wanted.items()}):
            forms, told, required = wanted[name]
            self.reader.faults += reader.faults
            if cells is not None:
                columns[name] = cells
            elif required and (told or self.table != "aliases") and self.reader.n:
                words = [word for form in forms for word in form.words]
                named = " or ".join(map(repr, words))
                lacks = f"No column is named {named}" if words else "No column asks how likely people recommend"
                about = "a helper" if name.startswith("_") else TABLES[self.table].column(name).about
                text = f"{lacks}; it would be {name} of table {self.table} ({about}). Which column is it?"
                choices = self.rows.header.nearest(words or [name])
                self.questions.append(Question(id=f"{self.table}.{name}", text=text, choices=choices))
        first = np.zeros(self.reader.n, dtype=np.int64)
        inside = np.flatnonzero(self.reader.codes >= 0)[::-1]
        first[self.reader.codes[inside]] = inside
        self.first = first

    def _values(self, wanted: Mapping[str, Any]) -> list[tuple[str, FieldReader, Any]]:
        """Fields as text with what was wrong there: read on two processors, as their order does not matter."""

        def read(name: str) -> tuple[str, FieldReader, Any]:
            own = replace(self.reader, faults=[])
            return name, own, own.value(name, wanted[name])

        alike = {name: (kind_of_field(self.table, name), str(forms)) for name, forms in wanted.items()}
        first = {how: name for name, how in reversed(alike.items())}  # a mail may be the id as well, and is read once
        with ThreadPoolExecutor(2) as two:
            found = {name: (own, cells) for name, own, cells in two.map(read, first.values())}
        return [(name, *found[first[how]]) for name, how in alike.items()]

    def _required(self, name: str) -> bool:
        if name.startswith("_") or (self.table, name) in _DERIVED:
            return False
        return TABLES[self.table].column(name).required

    def _settle(self) -> None:
        """Leave out what lacks something needed, then bring the rest into rows of the table."""
        there = np.ones(self.reader.n, dtype=bool)
        if self.spec.rows_with:
            parts = [cell_values.filled(self.columns[name]) for name in self.spec.rows_with if name in self.columns]
            there = np.any(parts, axis=0) if parts else np.zeros_like(there)
            self._leave_out(~there, f"no {self.spec.rows_with[0]}")
        for name in self.columns:
            if not self._required(name) or name in _MAY_BE_BLANK.get(self.table, ()):
                continue
            beside = [
                cell_values.filled(self.columns[other]) for other in _PEOPLE.get(name, ()) if other in self.columns
            ]
            blank = ~np.any([cell_values.filled(self.columns[name]), *beside], axis=0)
            self._leave_out(blank, "no person" if name in _PEOPLE else f"no {name}")
        self._set_apart()
        if self.table == "transactions" and self.spec.refund is not None:
            self._take_refund_rows(self.spec.refund)
        out = pc.take(pa.array(self.left.reasons), pa.array(self.left.codes[self.first]))
        series = {}
        for name in self.columns:  # each column is given up as soon as it has its new form
            series[name], self.columns[name] = _as_series(self.columns[name]), None
        frame = pd.DataFrame(series, copy=False)
        frame["_line"] = _as_series(pc.cast(pa.array(self.rows.lines[self.first]), pa.string()))
        shown = self._shown() & there
        if shown.any():
            frame["_left_out"] = _as_series(out)
        frame = frame[self.left.counting[self.first] | shown]
        for name, forms in self.spec.columns.items():
            for form in forms:
                if form.split and name in frame:
                    frame = _split(frame, name, form)
        if self.table == "transactions" and self.spec.refund is not None:
            frame = _with_refunds(frame)
        if self.table == "surveys" and "_moment" in frame:
            frame = frame.sort_values("_moment", kind="stable").drop(columns="_moment")
        self.frame = _in_threads(frame).reset_index(drop=True)

    def _shown(self) -> np.ndarray:
        """Groups that stay in the frame although they are left out: other scales, and referrals that do not count."""
        out = ~self.left.counting[self.first]
        if self.table == "surveys" and "_scale" in self.columns:
            return out & np.char.startswith(np.array(self.left.reasons)[self.left.codes[self.first]], "other scale")
        return out if self.table == "referrals" else np.zeros_like(out)

    def _leave_out(self, groups: np.ndarray, reason: str) -> None:
        inside = self.reader.codes >= 0
        which = np.zeros(len(self.rows), dtype=bool)
        which[inside] = groups[self.reader.codes[inside]]
        self.left.mark(which, reason)

    def _set_apart(self) -> None:
        """Surveys of another scale, and later conversions of a friend who converted before."""
        if self.table == "surveys":
            scale = self.columns.get("_scale")
            scale = pa.nulls(self.reader.n, pa.string()) if scale is None else pc.utf8_lower(scale)
            self.columns["_scale"] = pc.fill_null(scale, "nps")
            for other in pc.unique(self.columns["_scale"]).to_pylist():
                if other != "nps":
                    self._leave_out(
                        pc.equal(self.columns["_scale"], other).to_numpy(zero_copy_only=False), f"other scale ({other})"
                    )
            for form in self.spec.columns.get("responded_on", ()):
                moments = self.reader.moments("responded_on", form)
                if moments is not None:
                    self.columns["_moment"] = export_dates.days_as_text(moments[self.first], "s")
                    break
        if self.table == "referrals" and {"referred_id", "converted_on"} <= set(self.columns):
            frame = pd.DataFrame(
                {"friend": _as_series(self.columns["referred_id"]), "on": _as_series(self.columns["converted_on"])}
            )
            frame = frame[self.left.counting[self.first] & (frame["on"] != "") & (frame["friend"] != "")].sort_values(
                "on", kind="stable"
            )
            again = np.zeros(self.reader.n, dtype=bool)
            again[frame.index[frame["friend"].duplicated()]] = True
            self._leave_out(again, "repeated conversion")

    def _take_refund_rows(self, refund: Refund) -> None:
        """Rows that are refunds of their own have negative amounts."""
        if refund.rows:
            own, amounts = self.rows.matching(refund.rows)[self.first], self.columns["amount"]
            self.columns["amount"] = pc.if_else(pa.array(own), cell_values.taken_off(amounts), amounts)
        if refund.amount or refund.all_when:
            given = self.reader.value("_refunded", refund.amount) if refund.amount else None
            back = pa.nulls(self.reader.n, pa.string()) if given is None else cell_values.taken_off(given)
            none = ~cell_values.filled(back) & self.rows.matching(refund.all_when)[self.first]
            whole = pc.if_else(pa.array(none), self.columns["amount"], pa.scalar(None, pa.string()))
            self.columns["_refunded"] = pc.coalesce(back, cell_values.taken_off(whole))
            if given is None and refund.amount and self._says_refunded(none):
                words = [word for form in refund.amount for word in form.source]
                named = " or ".join(map(repr, words))
                text = f"No column is named {named}, and some rows speak of refunds. What was paid back?"
                choices = (*self.rows.header.nearest(words), NO_REFUNDS)
                self.questions.append(Question(id=f"{self.table}.refund", text=text, choices=choices))
            if refund.day:
                day = self.reader.value("ordered_on", (ColumnSpec.model_validate({"from": refund.day}),))
                if day is not None:
                    self.columns["_refunded_on"] = day

    def _says_refunded(self, known: np.ndarray) -> bool:
        """Whether rows that count speak of refunds by status whose amount is not known."""
        cells = self.rows.spelled([(rule.column,) for rule in self.spec.keep])
        speaks = [
            cell_values.where(one, "(?i)refund")[self.first] & ~known & self.left.counting[self.first] for one in cells
        ]
        return bool(np.any(speaks))


def once_named(frame: pd.DataFrame) -> pd.DataFrame:
    """Refunds that bear the number of their order get a name of their own."""
    ids, again = frame["order_id"], frame["amount"].str.startswith("-")
    again &= ids.isin(ids[again]) & ids.duplicated(keep=False) if again.any() else False
    if again.any():
        n = ids[again].groupby(ids[again]).cumcount()
        frame = frame.assign(
            order_id=ids.where(
                ~again,
                ids
                + "-refund"
                + n.map(lambda place: f"-{place + 1:.0f}" if place else "").reindex(ids.index, fill_value=""),
            )
        )
    return frame


def _in_threads(frame: pd.DataFrame) -> pd.DataFrame:
    """A reply to a message of the file stands in the thread of that message, however many replies lie between."""
    if not {"interaction_id", "thread_id", "in_reply_to"} <= set(frame):
        return frame
    own = pd.Series(np.arange(len(frame)), index=frame["interaction_id"])
    asked = frame["in_reply_to"].map(own[~own.index.duplicated()]).to_numpy(dtype=float)
    root = np.where(np.isnan(asked), own, asked).astype(np.int64)
    for _ in range(len(frame).bit_length()):
        root = root[root]
    return frame.assign(thread_id=frame["thread_id"].to_numpy()[root])


def _with_refunds(frame: pd.DataFrame) -> pd.DataFrame:
    """Every refund once, as a row of its own: one that stands in a row already is not made again."""
    own = frame["amount"].str.startswith("-")
    if "_refunded" in frame:
        rows = frame[(frame["_refunded"] != "") & ~own]
        rows = rows[~rows["order_id"].isin(set(frame.loc[own, "order_id"]))]
        back = rows.assign(amount=rows["_refunded"], order_id=rows["order_id"] + "-refund")
        if "_refunded_on" in frame:
            back["ordered_on"] = rows["_refunded_on"].where(rows["_refunded_on"] != "", rows["ordered_on"])
        frame = pd.concat([frame, back], ignore_index=True).drop(columns=["_refunded", "_refunded_on"], errors="ignore")
    return frame


def _as_series(cells: Any) -> pd.Series:
    return pd.Series(pc.fill_null(cell_values.one_piece(cells), "").to_pandas(), dtype="str")


def _split(frame: pd.DataFrame, name: str, form: ColumnSpec) -> pd.DataFrame:
    parts = (
        frame[name]
        .str.split(form.split, regex=False)
        .map(lambda found: [part.strip() for part in found if part.strip()] or [""])
    )
    if form.take == "all":
        return frame.assign(**{name: parts}).explode(name, ignore_index=True).astype({name: "str"})
    return frame.assign(**{name: parts.str[0 if form.take == "first" else -1].astype("str")})
