"""Money without surprises: exact totals as decimals, and never two currencies in one sum without a rate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.accepted_words import read_currency
from scrm_helpers.tables.contract.declarations import Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings

_DIGITS = 60


def to_one_currency(drafts: Mapping[str, Draft], settings: Settings) -> Settings:
    """Bring the money of every table to the company's currency, or find fault where that cannot be done."""
    places = [
        (draft, column)
        for draft in drafts.values()
        for column in draft.declared.columns
        if column.kind in ("currency", "unit") and draft.has(column.name)
    ]
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
        draft.find(
            words.isin(unknown).to_numpy(),
            f"{{rows}} in {listed(shown)}, while the company's currency is {own} and no rate is given.",
            "Money is never added across currencies without a rate.",
            f"Add `rates: {{{shown[0]}: <{own} per unit>}}` or the right `currency:` to {FILE}.",
            name,
        )
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
    if blank[draft.keep].all():
        if column.kind == "unit":
            draft.warn(
                blank,
                f"The column {column.name} is empty in every row ({{rows}}).",
                f"Every amount counts as money in {own}; hours or points among them would be added to it.",
                f"Nothing, if all of it is money in {own}; else fill the cells in.",
                column.name,
            )
    elif others:
        what = f"{{rows}} without {column.name}, while others have different currencies."
        draft.find(blank, what, "Nobody can tell which rate holds for them.", "Fill the cells in.", column.name)
    else:
        what = f"{{rows}} without {column.name}, while others have one."
        todo = f"Nothing, if {own} is meant; else fill the cells in."
        draft.warn(blank, what, f"They count as {own}, the company's currency.", todo, column.name)


def exact_total(draft: Draft, settings: Settings) -> Decimal:
    """Add the amounts of the kept orders as decimals, in the company's currency, without rounding."""
    which, values = _exact(draft, settings)
    with localcontext(prec=_DIGITS):
        total = sum((value * n for value, n in zip(values, np.bincount(which).tolist(), strict=True)), Decimal(0))
    return total + 0 if total else abs(total)


def exact_by_customer(draft: Draft, settings: Settings) -> dict[str, str]:
    """Add the amounts of each customer as decimals; customer -> text, sorted by customer."""
    which, values = _exact(draft, settings)
    totals: dict[str, Decimal] = {}
    with localcontext(prec=_DIGITS):
        for customer, place in zip(draft.frame["customer_id"][draft.keep], which, strict=True):
            totals[customer] = totals.get(customer, Decimal(0)) + values[place]
    return {customer: written(totals[customer]) for customer in sorted(totals)}


def written(total: Decimal) -> str:
    """Write an exact decimal as plain text."""
    return format(total if total else abs(total), "f")


def _exact(draft: Draft, settings: Settings) -> tuple[np.ndarray, list[Decimal]]:
    """Which of the distinct amounts (with currency) each kept order has, and what each is in the company's currency."""
    raw = draft.raw.columns
    cells = pd.DataFrame({name: raw[name].to_pandas() for name in ("amount", "currency") if name in raw})
    if "currency" in cells:
        cells["currency"] = cells["currency"].astype("str").fillna("")
    cells = cells[draft.keep].reset_index(drop=True)
    which = cells.groupby(list(cells), sort=False).ngroup()
    comma = (draft.raw.origin.source.decimal or settings.decimal) == ","
    values = []
    with localcontext(prec=_DIGITS):
        for row in cells[~which.duplicated()].itertuples(index=False):
            text = row.amount.strip(" ") if isinstance(row.amount, str) else str(row.amount)
            value = Decimal(text.replace(",", ".") if comma else text)
            cell = getattr(row, "currency", "").strip()
            code = read_currency(cell) or cell or settings.currency
            values.append(value if code == settings.currency else value * settings.rates[code])
    return which.to_numpy(), values
