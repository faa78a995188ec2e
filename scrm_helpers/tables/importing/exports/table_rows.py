"""One contract table from the rows of an export: filters, orders from their lines, refunds once."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import Message
from scrm_helpers.tables.importing.exports import cell_values
from scrm_helpers.tables.importing.exports.export_rows import ExportRows, LeftOut, first_of, in_order, leaders
from scrm_helpers.tables.importing.exports.field_values import FieldReader, Spelling, kind_of_field
from scrm_helpers.tables.importing.imported_file import ALL, Question
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Refund, TableSpec
from scrm_helpers.tables.values.identity import matches

_PEOPLE = {
    "customer_id": ("_mail",),
    "referrer_id": ("_referrer_name", "_referrer_mail"),
    "referred_id": ("_mail", "_name"),
}
_MAY_BE_BLANK = {"surveys": ("responded_on", "score"), "customers": ("joined_on",)}
NO_REFUNDS = "nothing was refunded"


@dataclass
class TableRows(FieldReader):
    """Makes one table; afterwards `frame` holds its rows, `left` why the others give none."""

    spec: TableSpec = field(kw_only=True)
    left: LeftOut = field(kw_only=True)
    questions: list[Question] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def made(cls, rows: ExportRows, place: tuple[str, TableSpec], left: LeftOut, spelling: Spelling) -> "TableRows":
        """The table of one entry of a profile."""
        codes = np.where(left.counting, np.cumsum(left.counting) - 1, -1)
        one = cls(rows, place[0], spelling, left.counting, codes, spec=place[1], left=left)
        one._filter()
        one._read()
        if not one.questions and not one.faults:
            one._settle()
        return one

    def _ask(self, about: str, text: str, choices: Iterable[str]) -> None:
        self.questions.append(Question(id=about, text=text, choices=tuple(choices)))

    def _filter(self) -> None:
        """Group lines to orders and leave out what does not count."""
        keys = self._keys()
        if (first := next(keys, None)) is not None:
            self.codes = self.rows.groups(chain([first], keys), self.left.counting)
        leader = leaders(self.codes) if self.spec.one_per else None
        self.rows.filter(self.left, self.spec.drop, leader)
        for column in [one for one in self.spec.keep if not self.rows.header.find((one,))]:
            text = f"No column is named {column!r}; it tells which rows count. Which one is it?"
            self._ask(f"keep:{column}", text, (*self.rows.header.nearest((column,)), ALL))
        for column in self.rows.keep(self.left, self.spec.keep, leader):
            found = pc.unique(self.rows.column(column)).drop_null().to_pylist()[:12]
            text = f"None of the words in {column!r} is known to this profile. Which of them count?"
            self._ask(f"words:{column}", text, (*found, ALL))
        self.rows.filter(self.left, self.spec.drop_lines)
        self.counting = self.left.counting
        inside = (self.codes >= 0) & (self.counting | (self.table == "referrals"))  # of which all states are counted
        self.codes = np.where(inside, self.codes, -1)
        self.codes[inside] = in_order(self.codes[inside])

    def _keys(self) -> Iterator[Any]:
        """What tells orders apart, columns of the file or fields of every row, read only where it is asked for."""
        every = FieldReader(self.rows, self.table, self.spelling, self.left.counting, np.arange(len(self.rows)))
        for word in self.spec.one_per:
            name = word if word in self.spec.columns else next(iter(TABLES[self.table].key), "")
            cells = self.rows.column(word)
            if cells is None:
                cells = every.value(name, self.spec.columns.get(name, ()))
            if cells is not None:
                yield cells

    def _read(self) -> None:
        needed = self.spec.rows_with
        with_ = [form for name in needed for form in self.spec.columns.get(name, ())]
        if needed and not any(form.value is not None or self.rows.places(form) for form in with_):
            self.left.mark(self.left.counting, f"no {needed[0]}")
            self.codes[:] = -1
        wanted = {}
        for name, forms in self.spec.columns.items():
            told = next((form.required for form in forms if form.required is not None), None)
            required = self._required(name) if told is None else told
            blocks = self._asked(next((form.question for form in forms if form.question), ""))
            if required and len(blocks) > 1:
                text = f"{len(blocks)} columns may hold the {name} of table {self.table}. Which one is it?"
                about = "nps_question" if any(form.question == "nps" for form in forms) else f"{self.table}.{name}"
                self._ask(about, text, self.rows.header.called(block[0] for block in blocks))
                continue
            wanted[name] = forms, told, required
        for name, faults, cells in self._values({name: forms for name, (forms, *_) in wanted.items()}):
            forms, told, required = wanted[name]
            self.faults += faults
            if cells is not None:
                self.columns[name] = cells
            elif required and (told or self.table != "aliases") and self.n:
                words = [word for form in forms for word in form.words]
                named = " or ".join(map(repr, words))
                lacks = f"No column is named {named}" if words else "No column asks how likely people recommend"
                about = "a helper" if name.startswith("_") else TABLES[self.table].column(name).about
                text = f"{lacks}; it would be {name} of table {self.table} ({about}). Which column is it?"
                self._ask(f"{self.table}.{name}", text, self.rows.header.nearest(words or [name]))
        self.first = first_of(self.codes, np.flatnonzero(self.codes >= 0), self.n)

    def _asked(self, question: str) -> list[list[int]]:
        """The columns, each with what belongs to it, that may hold the answers to a question."""
        known = not question or question in self.rows.chosen_question
        blocks = [] if known else self.rows.header.questions(question)
        if question == "nps" and len(blocks) == 1:
            blocks = self.rows.scored(blocks[0])
            self.rows.chosen_question[question] = blocks[0]
        return blocks

    def _values(self, wanted: Mapping[str, Any]) -> list[tuple[str, list[Message], Any]]:
        """Fields as text with what was wrong there: read on two processors, as their order does not matter."""

        def read(name: str) -> tuple[list[Message], Any]:
            own = replace(self, faults=[])
            return own.faults, own.value(name, wanted[name])

        alike = {name: (kind_of_field(self.table, name), str(forms)) for name, forms in wanted.items()}
        first = {how: name for name, how in reversed(alike.items())}  # a mail may be the id as well, and is read once
        with ThreadPoolExecutor(2) as two:
            found = dict(zip(first, two.map(read, first.values()), strict=True))
        return [(name, *found[how]) for name, how in alike.items()]

    def _required(self, name: str) -> bool:
        if name.startswith("_") or (self.table, name) == ("customers", "joined_on"):  # that is derived, if need be
            return False
        return TABLES[self.table].column(name).required

    def _settle(self) -> None:
        """Leave out what lacks something needed, then bring the rest into rows of the table."""
        there = np.ones(self.n, dtype=bool)
        if self.spec.rows_with:
            parts = [cell_values.filled(self.columns[name]) for name in self.spec.rows_with if name in self.columns]
            there = np.any(parts, axis=0) if parts else np.zeros_like(there)
            self._leave_out(~there, f"no {self.spec.rows_with[0]}")
        for name in self.columns:
            if not self._required(name) or name in _MAY_BE_BLANK.get(self.table, ()):
                continue
            said = [self.columns[one] for one in (name, *_PEOPLE.get(name, ())) if one in self.columns]
            blank = ~np.any([cell_values.filled(cells) for cells in said], axis=0)
            self._leave_out(blank, "no person" if name in _PEOPLE else f"no {name}")
        self._set_apart()
        if self.table == "transactions" and self.spec.refund is not None:
            self._add_refunds(self.spec.refund)
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
        self.left.mark(np.append(groups, False)[self.codes], reason)  # a row of no group stands for the last

    def _set_apart(self) -> None:
        """Surveys of another scale, and later conversions of a friend who converted before."""
        if self.table == "surveys":
            scale = self.columns.get("_scale")
            scale = pa.nulls(self.n, pa.string()) if scale is None else pc.utf8_lower(scale)
            self.columns["_scale"] = pc.fill_null(scale, "nps")
            for other in pc.unique(self.columns["_scale"]).to_pylist():
                if other != "nps":
                    which = pc.equal(self.columns["_scale"], other).to_numpy(zero_copy_only=False)
                    self._leave_out(which, f"other scale ({other})")
            if (moments := self.value("_moment", self.spec.columns.get("responded_on", ()))) is not None:
                self.columns["_moment"] = moments
        if self.table == "referrals" and {"referred_id", "converted_on"} <= set(self.columns):
            friends, days = (_as_series(self.columns[name]) for name in ("referred_id", "converted_on"))
            came = days[self.left.counting[self.first] & days.ne("") & friends.ne("")].sort_values(kind="stable")
            again = friends[came.index].duplicated()
            self._leave_out(again.reindex(friends.index, fill_value=False).to_numpy(), "repeated conversion")

    def _add_refunds(self, refund: Refund) -> None:
        """The money that went back, by its column or the status of the row."""
        given = self.value("_refunded", refund.amount)
        back = pa.nulls(self.n, pa.string()) if given is None else cell_values.taken_off(given)
        none = ~cell_values.filled(back) & self.rows.matching(refund.all_when)[self.first]
        whole = pc.if_else(pa.array(none), self.columns["amount"], pa.scalar(None, pa.string()))
        self.columns["_refunded"] = pc.coalesce(back, cell_values.taken_off(whole))
        told = [matches(one, "(?i)refund") for one in self.rows.spelled([(name,) for name in self.spec.keep])]
        open_rows = ~none & self.left.counting[self.first]  # that count, and whose refund is not known by their status
        if given is None and refund.amount and any((one[self.first] & open_rows).any() for one in told):
            words = [word for form in refund.amount for word in form.source]
            named = " or ".join(map(repr, words))
            text = f"No column is named {named}, and some rows speak of refunds. What was paid back?"
            self._ask(f"{self.table}.refund", text, (*self.rows.header.nearest(words), NO_REFUNDS))
        forms = [ColumnSpec.model_validate({"from": refund.day})] if refund.day else []
        if (day := self.value("ordered_on", forms)) is not None:
            self.columns["_refunded_on"] = day


def once_named(frame: pd.DataFrame) -> pd.DataFrame:
    """Refunds that bear the number of their order get a name of their own."""
    ids, back = frame["order_id"], frame["amount"].str.startswith("-")
    if not back.any() or not (again := back & ids.duplicated(keep=False)).any():
        return frame
    n = ids[again].groupby(ids[again]).cumcount() + 1
    return frame.assign(order_id=ids.where(~again, ids[again] + "-refund" + n.map("-{}".format).where(n > 1, "")))


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
    rows = frame[(frame["_refunded"] != "") & ~own]
    rows = rows[~rows["order_id"].isin(set(frame.loc[own, "order_id"]))]
    back = rows.assign(amount=rows["_refunded"], order_id=rows["order_id"] + "-refund")
    if "_refunded_on" in frame:
        back["ordered_on"] = rows["_refunded_on"].where(rows["_refunded_on"] != "", rows["ordered_on"])
    return pd.concat([frame, back], ignore_index=True).drop(columns=["_refunded", "_refunded_on"], errors="ignore")


def _as_series(cells: Any) -> pd.Series:
    return pd.Series(pc.fill_null(cell_values.one_piece(cells), "").to_pandas(), dtype="str")


def _split(frame: pd.DataFrame, name: str, form: ColumnSpec) -> pd.DataFrame:
    parts = frame[name].str.split(form.split, regex=False)
    parts = parts.map(lambda found: [part.strip() for part in found if part.strip()] or [""])
    if form.take == "first":
        return frame.assign(**{name: parts.str[0].astype("str")})
    return frame.assign(**{name: parts}).explode(name, ignore_index=True).astype({name: "str"})
