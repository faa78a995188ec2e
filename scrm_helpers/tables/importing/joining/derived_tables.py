"""What no file gives: customers of those who bought or answered, the day of the analysis, and the currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.accepted_words import YES_NO
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.importing.exports.cell_values import exact
from scrm_helpers.tables.importing.joining.joined_files import Joined
from scrm_helpers.tables.importing.joining.people_ids import Frames, cells_of, is_mail, no_rows
from scrm_helpers.tables.values.identity import Told, rows_of

_DAY = r"\d{4}-\d{2}-\d{2}"
MISSING = "missing_customers"
"""Answer by which people who are in no customers file are added to the customers, or left out."""
UNKNOWN = "unknown"
Money = dict[str, Decimal]


@dataclass(frozen=True)
class Completed:
    """Tables as they are written, and what they were completed with."""

    tables: Frames  # columns of the contract only; one without rows is not written, but what became of its rows is told
    derived: bool  # no file gave customers
    last_day: str  # seen in any table, empty where there is none
    gross: Money  # by currency
    refunded: Money

    @property
    def net(self) -> Money:
        """What came in less what went back, by currency."""
        zero = sum([*self.gross.values(), *self.refunded.values()], Decimal(0)) * 0  # with the decimals of the amounts
        codes = sorted({*self.gross, *self.refunded})
        return {code: self.gross.get(code, zero) + self.refunded.get(code, zero) for code in codes}

    @property
    def currencies(self) -> tuple[str, ...]:
        """Of all money."""
        return tuple(self.net)


def complete(joined: Joined, currency: str, *, add: bool, theirs: bool) -> Completed:
    """Derive customers where neither a file nor the user gives them, fill days of joining, and leave helpers behind."""
    first = _first_days(joined.frames, joined.told)
    if "customers" in joined.frames:
        _fill_joining(joined, first)
    derived = not len(joined.frames.get("customers", ())) and not theirs
    if derived and len(first):
        joined.frames["customers"] = _new(first)
        who = f"{plural(len(first), 'person', 'people')} with an order or an answer"
        joined.said.append(f"No file gives customers: {who} are derived, each joined on the first day seen.")
    elif "customers" in joined.frames:
        missing = first[~first.index.isin(joined.frames["customers"]["customer_id"])]
        _missing_customers(joined, missing, currency, add)
    _fill_consent(joined.frames)
    if {"aliases", "customers"} <= set(joined.frames):  # former ids of people who are customers
        aliases = joined.frames["aliases"]
        known = rows_of(aliases["customer_id"], joined.frames["customers"]["customer_id"]) >= 0
        joined.frames["aliases"] = aliases[known]
    if mails := int(is_mail(joined.frames.get("customers", _new(first[:0]))["customer_id"]).sum()):
        are = "is" if mails == 1 else "are"
        joined.said.append(f"{plural(mails, 'customer')} {are} known by mail only, which is their id.")
    told = [name for name, frame in joined.frames.items() if len(frame) or name in joined.doubts]
    tables = {name: _contract_columns(name, joined.frames[name]) for name in told}
    days = [day for name, frame in tables.items() for day in _days(name, frame)]
    orders = tables.get("transactions", no_rows("amount", "order_id"))
    back = is_refund(orders)
    gross, refunded = (sums(orders[rows], currency) for rows in (~back, back))
    return Completed(tables, derived and "customers" in tables, max(days, default=""), gross, refunded)


def is_refund(orders: pd.DataFrame) -> pd.Series:
    """Which rows are money that went back: a refund is a row of its own and no order."""
    return orders["amount"].str.startswith("-") | orders["order_id"].str.endswith("-refund")


def _first_days(frames: Frames, told: Told) -> pd.Series:
    """First order or answer of each person; of those who did neither, the first invitation."""
    acts = [_first(frames, told, "transactions", "ordered_on"), _first(frames, told, "surveys", "responded_on")]
    first = pd.concat(acts)
    if all(map(len, acts)):
        first = first.groupby(level=0, sort=False).min()
    invited = _first(frames, told, "surveys", "invited_on")
    return pd.concat([first, invited[~invited.index.isin(first.index)]]) if len(invited) else first


def _first(frames: Frames, told: Told, table: str, column: str) -> pd.Series:
    if table not in frames or not {"customer_id", column} <= set(frames[table]):
        return pd.Series(index=pd.Index([], dtype="str"), dtype="str")
    who, ids = told.apart(frames[table]["customer_id"])  # each different id and day is looked at once
    on, days = pd.factorize(frames[table][column].str.slice(0, 10), sort=True)
    is_day, somebody = pd.Series(days).str.fullmatch(_DAY).to_numpy(dtype=bool), np.asarray(ids != "", dtype=bool)
    known = is_day[on] & somebody[who]
    first = np.full(len(ids), len(days))
    np.minimum.at(first, who[known], on[known])
    placed = np.flatnonzero(first < len(days))
    return pd.Series(days[first[placed]], pd.Index(ids.iloc[placed]), dtype="str").rename_axis(None)


def _new(first: pd.Series) -> pd.DataFrame:
    ids = first.index.astype("str")
    return pd.DataFrame({"customer_id": ids, "joined_on": first.to_numpy(), "_file": -1, "_line": 0})


def _fill_joining(joined: Joined, first: pd.Series) -> None:
    """Give customers without a day of joining that of their first order or answer; without any none is placed."""
    people = joined.frames["customers"]
    given = cells_of(people, "joined_on")
    filled = given.where(given.ne(""), people["customer_id"].map(first)).fillna("")
    people["joined_on"] = filled
    if n := int((given.eq("") & filled.ne("")).sum()):
        joined.said.append(f"{plural(n, 'customer')} without a day of joining joined on their first order or answer.")
    how = "no day of joining, order or answer (give joined_on: in mapping.yaml, or import their orders as well)"
    joined.leave_out("customers", filled.eq(""), "no day of joining, order or answer", how)


def _fill_consent(frames: Frames) -> None:
    """Give customers of whom nothing is said the consent that they gave last with an order or an answer."""
    acts = [("transactions", "ordered_on"), ("surveys", "responded_on")]
    told = [frames[table].rename(columns={day: "_day"}) for table, day in acts if "_consent" in frames.get(table, ())]
    if not told or "customers" not in frames:
        return
    rows = pd.concat(told)[["customer_id", "_day", "_consent"]]
    words = rows["_consent"].map({cell: YES_NO.read(cell) for cell in rows["_consent"].unique()})
    ordered = rows.assign(word=words).dropna(subset=["word"]).sort_values("_day", kind="stable")
    last = ordered.drop_duplicates("customer_id", keep="last").set_index("customer_id")["word"]
    people = frames["customers"]
    said = cells_of(people, "consent_contact")
    people["consent_contact"] = said.where(said.ne(""), people["customer_id"].map(last)).fillna("")


def _missing_customers(joined: Joined, missing: pd.Series, currency: str, add: bool) -> None:
    """Add people who bought or answered and are in no customers file, or say what becomes of their rows."""
    if not len(missing):
        return
    told = []
    for table in [name for name in ("transactions", "surveys") if name in joined.frames]:
        frame = joined.frames[table]
        rows = frame[frame["customer_id"].isin(missing.index)]
        money = f" ({in_words(sums(rows, currency))})" if table == "transactions" and len(rows) else ""
        told += [f"{plural(len(rows), 'row')} of {table}{money}"] if len(rows) else []
        joined.doubt(table, rows, f"people in no customers file{', who are added' if add else ''}")
    done = "they are added, joined on the first day seen" if add else "`scrm check` leaves their rows out"
    other = "leave out" if add else "add"
    joined.said.append(
        f"{plural(len(missing), 'person', 'people')} with {' and '.join(told)} in no customers file: {done}. To change "
        f"that, put into the entry of the customers file in mapping.yaml: answers: {{{MISSING}: {other}}}"
    )
    if add:
        people = [joined.frames["customers"], _new(missing)]
        joined.frames["customers"] = pd.concat(people, ignore_index=True).fillna("")


def _contract_columns(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of the contract, in its order; an optional one that is blank in every row says nothing."""
    declared = TABLES[table].columns
    names = [one.name for one in declared if one.name in frame and (one.required or frame[one.name].ne("").any())]
    return frame[names].reset_index(drop=True)


def _days(table: str, frame: pd.DataFrame) -> Iterator[str]:
    """The last day of each column that tells what has happened, not what is planned."""
    for column in TABLES[table].columns:
        if column.kind == "date" and not column.future and column.name in frame:
            days = pd.Series(frame[column.name].unique(), dtype="str").str.slice(0, 10)
            days = days[days.str.fullmatch(_DAY)]
            yield days.max() if len(days) else ""


def sums(orders: pd.DataFrame, currency: str) -> Money:
    """Amounts added by currency, exactly, with as many decimals as the longest has."""
    if not len(orders):
        return {}
    cells = pa.array(orders["amount"], pa.large_string())
    amounts = exact(pc.if_else(pc.equal(cells, ""), None, cells))
    codes = orders["currency"].replace("", currency) if "currency" in orders else pd.Series(currency, orders.index)
    table = pa.table({"code": pa.array(codes, pa.large_string()).dictionary_encode(), "amount": amounts}).drop_null()
    added = table.group_by("code").aggregate([("amount", "sum")]).to_pydict()
    return dict(zip(added["code"], added["amount_sum"], strict=True))


def in_words(money: Money) -> str:
    """Write money of several currencies."""
    return " and ".join(f"{code} {total:,f}" for code, total in sorted(money.items()))
