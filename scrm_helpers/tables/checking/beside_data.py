"""Settings beside the data: currencies and rates (never two in one sum), costs above margins, days years away."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.plausible import numbers
from scrm_helpers.tables.contract.accepted_words import read_currency
from scrm_helpers.tables.contract.column_kinds import Column
from scrm_helpers.tables.contract.receipts import Message, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings, line_of

_YEAR = pd.Timedelta(days=366)
_FAR, _GAP = 20 * _YEAR, 5 * _YEAR
_STEEP = 0.5
_RATE_FACTOR = 200.0


def check_beside_data(
    drafts: Mapping[str, Draft], settings: Settings, written: bytes, day: pd.Timestamp
) -> list[Message]:
    """Return what is to be said about settings beside the data; findings about days go into the drafts."""
    orders = drafts.get("transactions")
    if orders is None or not orders.keep.any():
        return []
    days = orders.frame["ordered_on"][orders.keep]
    for draft in drafts.values():
        _days(draft, days.min(), day)
    found = [*_day_of_analysis(orders, days.max(), day, settings), *_costs(orders, settings), *_rates(orders, settings)]
    people = int(drafts["customers"].keep.sum()) if "customers" in drafts else 0
    if settings.min_group > people > 0 and "min_group" in settings.model_fields_set:
        what = f"min_group is {settings.min_group:,}, and there are {plural(people, 'customer')}."
        why = "Smaller groups are hidden, so that no group at all could be shown."
        found.append(_about("min_group", what, why, "Lower it; 5 is usual."))
    return [replace(one, lines=line_of(written, one.column)) if one.file == FILE else one for one in found]


def _about(setting: str, what: str, why: str, todo: str) -> Message:
    return Message(what=what, why=why, todo=todo, file=FILE, column=setting, level="warning")


def _day_of_analysis(orders: Draft, last: pd.Timestamp, day: pd.Timestamp, settings: Settings) -> Iterator[Message]:
    if day - last > _YEAR:
        what = f"The day of the analysis ({day:%Y-%m-%d}) is {(day - last.normalize()).days:,} days after the last "
        why = "After more than a year without an order everybody looks as if they had left."
        todo = f"Nothing, if nobody bought since; else use --as-of {last:%Y-%m-%d}, or put into {FILE}: `as_of: "
        message = _about("as_of", f"{what}order ({last:%Y-%m-%d}).", why, f"{todo}{last:%Y-%m-%d}`")
        given = settings.as_of is None or pd.Timestamp(settings.as_of) != day
        yield replace(message, table="transactions", file=orders.raw.file, column="ordered_on") if given else message


def _costs(orders: Draft, settings: Settings) -> Iterator[Message]:
    amounts = numbers(orders, "amount")
    sales = amounts > 0
    if not sales.any():
        return
    cost, rate = settings.cost_per_contact, settings.margin_rate
    usual = float(amounts[sales].mean()) * (rate or 1.0)
    of = f"the mean amount of a sale{' times margin_rate' if rate else ''}"
    if orders.has("margin") and not np.isnan(numbers(orders, "margin")[sales]).all():
        usual, of = float(np.nanmean(numbers(orders, "margin")[sales])), "the mean margin of a sale"
    if cost is not None and cost > usual > 0:
        what = f"cost_per_contact ({cost:,.10g}) is above {of} ({usual:,.2f})."
        why = "Hardly any contact could pay: every list of people to write to would be empty, and support worth more "
        todo = f"Nothing, if a contact costs that much; else correct the value ({settings.currency} per contact)."
        yield _about("cost_per_contact", what, f"{why}than sales.", todo)
    if settings.discount_rate_annual > _STEEP:
        what = f"discount_rate_annual is {settings.discount_rate_annual:.0%} a year (more than {_STEEP:.0%})."
        why = "Money of next year would hardly count, and customers would be worth their next orders only."
        yield _about("discount_rate_annual", what, why, "Nothing, if it is meant; 10% is written 0.10.")


def _rates(orders: Draft, settings: Settings) -> Iterator[Message]:
    if not settings.rates or "currency" not in orders.raw.columns:
        return
    sizes = pd.Series(np.abs(numbers(orders, "amount")))
    codes = orders.raw.columns["currency"].to_pandas().astype("str").str.strip()
    middle = sizes[sizes > 0].groupby(codes).median()
    own = middle.get(settings.currency)
    for code in middle.index.intersection(pd.Index(list(settings.rates))):
        if own and not 1 / _RATE_FACTOR < middle[code] / own < _RATE_FACTOR:
            what = f"With the rate {settings.rates[code]} a usual order in {quoted(code)[1:-1]} is {middle[code]:,.2f} "
            what += f"{settings.currency}, beside {own:,.2f} of an order in {settings.currency} (said from a factor of "
            why = "A rate that is turned round makes some customers worth everything or nothing."
            todo = f"`rates` are {settings.currency} per one unit of the other currency; correct it, if it is not "
            yield _about("rates", f"{what}{_RATE_FACTOR:g} on).", why, f"{todo}meant.")


def _days(draft: Draft, first_order: pd.Timestamp, day: pd.Timestamp) -> None:
    """Days decades before the first order (apart from all others) or, of plans, after the day of the analysis."""
    todo = "Nothing, if they are meant; else correct the days."
    for column in draft.declared.columns:
        if column.kind != "date" or not draft.has(column.name):
            continue
        days = draft.frame[column.name]
        kept = days[draft.keep]
        early = days < first_order - _FAR
        rest = kept[kept >= first_order - _FAR]
        if early.any() and (rest.empty or rest.min() - kept[kept < first_order - _FAR].max() > _GAP):
            what = f"{{rows}} whose {{column}} is more than 20 years before the first order ({first_order:%Y-%m-%d}) "
            what += "and years before all others, such as {example}."
            why = "Days like these are often stand-ins for unknown ones; times between events would be wrong."
            draft.warn(early, what, why, todo, column.name)
        what = f"{{rows}} whose {{column}} is more than 20 years after the day of the analysis ({day:%Y-%m-%d}), "
        why = "Days like these are often stand-ins for an open end, or typing errors."
        draft.warn(days > day + _FAR, f"{what}such as {{example}}.", why, todo, column.name)


def to_one_currency(drafts: Mapping[str, Draft], settings: Settings) -> Settings:
    """Bring the money of every table to the company's currency, or find fault where that cannot be done."""
    every = [(draft, column) for draft in drafts.values() for column in draft.declared.columns]
    places = [(draft, one) for draft, one in every if one.kind in ("currency", "unit") and draft.has(one.name)]
    found = {code for draft, column in places if column.kind == "currency" for code in _codes(draft, column)}
    if len(found) == 1 and "currency" not in settings.model_fields_set:
        settings = settings.model_copy(update={"currency": found.pop()})
    for draft, column in places:
        _convert(draft, column, settings)
    return settings


def _codes(draft: Draft, column: Column) -> list[str]:
    """The currencies that a column names in rows that count."""
    words = draft.frame[column.name][draft.keep].dropna().unique()
    return sorted(word for word in words if column.kind == "currency" or read_currency(word))


def _convert(draft: Draft, column: Column, settings: Settings) -> None:
    found, own, name = _codes(draft, column), settings.currency, column.name
    words, others = draft.frame[name], [code for code in found if code != own]
    unknown = [code for code in others if code not in settings.rates]
    if unknown:
        shown = [quoted(code)[1:-1] for code in unknown]
        what = f"{{rows}} in {listed(shown)}, while the company's currency is {own} and no rate is given."
        todo = f"Add `rates: {{{shown[0]}: <{own} per unit>}}` or the right `currency:` to {FILE}."
        why = "Money is never added across currencies without a rate."
        draft.find(words.isin(unknown), what, why, todo, name)
        return
    _say_blank(draft, column, others, own)
    rates = words.map({code: float(settings.rates[code]) for code in others}).astype("float64").fillna(1)
    for money in draft.declared.columns:
        if money.kind == "money" and money.unit_in == name and draft.has(money.name) and found != [own]:
            draft.frame[money.name] = draft.frame[money.name] * rates
    mine = words.isna() | words.isin([*found, "currency"])
    draft.frame[name] = words.where(~mine, own)


def _say_blank(draft: Draft, column: Column, others: list[str], own: str) -> None:
    """Say what blank cells of a currency or unit count as, or that nobody can tell."""
    blank = draft.frame[column.name].isna().to_numpy()
    if others:
        what = "{rows} without {column}, while others have different currencies."
        draft.find(blank, what, "Nobody can tell which rate holds for them.", "Fill the cells in.", column.name)
    elif not blank[draft.keep].all():
        what = "{rows} without {column}, while others have one."
        todo = f"Nothing, if {own} is meant; else fill the cells in."
        draft.warn(blank, what, f"They count as {own}, the company's currency.", todo, column.name)
    elif column.kind == "unit":
        what = "The column {column} is empty in every row ({rows})."
        why = f"Every amount counts as money in {own}; hours or points among them would be added to it."
        todo = f"Nothing, if all of it is money in {own}; else fill the cells in."
        draft.warn(blank, what, why, todo, column.name)
