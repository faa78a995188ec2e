"""Money without surprises: exact totals as decimals, and never two currencies in one sum without a rate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.accepted_words import read_currency
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings

_DIGITS = 60


def to_one_currency(drafts: Mapping[str, Draft], settings: Settings) -> Settings:
    """Bring the money of every table to the company's currency, or find fault where that cannot be done."""
    places = [
        (draft, column.name)
        for draft in drafts.values()
        for column in draft.declared.columns
        if column.kind in ("currency", "unit") and draft.has(column.name)
    ]
    orders = [(draft, column) for draft, column in places if draft.declared.column(column).kind == "currency"]
    found = sorted({code for draft, column in orders for code in _codes(draft, column)})
    if len(found) == 1 and "currency" not in settings.model_fields_set:
        settings = settings.model_copy(update={"currency": found[0]})
    for draft, column in places:
        _convert(draft, column, settings)
    return settings


def _codes(draft: Draft, column: str) -> list[str]:
    """The currencies that a column names in rows that count."""
    words = draft.frame[column][draft.keep].dropna().unique()
    return sorted(word for word in words if draft.declared.column(column).kind == "currency" or read_currency(word))


def _convert(draft: Draft, column: str, settings: Settings) -> None:
    found, own = _codes(draft, column), settings.currency
    words = draft.frame[column]
    unknown = [code for code in found if code != own and code not in settings.rates]
    if unknown:
        shown = listed([quoted(code)[1:-1] for code in unknown])
        draft.find(
            words.isin(unknown).to_numpy(),
            f"{{rows}} in {shown}, while the company's currency is {own} and no rate is given.",
            "Money is never added across currencies without a rate.",
            f"Add `rates: {{{quoted(unknown[0])[1:-1]}: <{own} per unit>}}` or the right `currency:` to {FILE}.",
            column,
        )
        return
    _blank_ones(draft, column, found, own)
    rates = words.map({code: float(_rate(code, settings)) for code in found if code != own}).astype("float64").fillna(1)
    for money in draft.declared.columns:
        if money.kind == "money" and money.unit_in == column and draft.has(money.name) and found != [own]:
            draft.frame[money.name] = draft.frame[money.name] * rates
    mine = words.isna() | words.isin([*found, "currency"])
    draft.frame[column] = words.where(~mine, own)


def _blank_ones(draft: Draft, column: str, found: list[str], own: str) -> None:
    blank = draft.frame[column].isna().to_numpy()
    if not draft.frame[column][draft.keep].notna().any():
        if draft.declared.column(column).kind == "unit":
            draft.warn(
                blank,
                f"The column {column} is empty in every row ({{rows}}).",
                f"Every amount counts as money in {own}; hours or points among them would be added to it.",
                f"Nothing, if all of it is money in {own}; else fill the cells in.",
                column,
            )
        return
    several = [code for code in found if code != own]
    draft.find(
        blank,
        f"{{rows}} without {column}, while others have {'different currencies' if several else 'one'}.",
        "Nobody can tell which rate holds for them." if several else f"They count as {own}, the company's currency.",
        "Fill the cells in." if several else f"Nothing, if {own} is meant; else fill the cells in.",
        column,
        level="error" if several else "warning",
    )


def exact_total(draft: Draft, settings: Settings) -> Decimal:
    """Add the amounts of the kept orders as decimals, in the company's currency, without rounding."""
    amounts, counts = _words(draft)
    with localcontext(prec=_DIGITS):
        total = sum(
            (value * int(n) for value, n in zip(_exact(amounts, settings, draft), counts, strict=True)), Decimal(0)
        )
    return total + 0 if total else abs(total)


def exact_by_customer(draft: Draft, settings: Settings) -> dict[str, str]:
    """Add the amounts of each customer as decimals; customer -> text, sorted by customer."""
    rows = _cells(draft)
    rows["customer_id"] = draft.frame["customer_id"][draft.keep].to_numpy()
    keys = [column for column in ("amount", "currency") if column in rows]
    codes = rows.groupby(keys, sort=False).ngroup().to_numpy()
    first = rows[keys].iloc[np.unique(codes, return_index=True)[1]]
    values = _exact(first, settings, draft)
    totals: dict[str, Decimal] = {}
    with localcontext(prec=_DIGITS):
        for customer, code in zip(rows["customer_id"], codes, strict=True):
            totals[customer] = totals.get(customer, Decimal(0)) + values[code]
    return {customer: written(totals[customer]) for customer in sorted(totals)}


def written(total: Decimal) -> str:
    """Write an exact decimal as plain text."""
    return format(total if total else abs(total), "f")


def _words(draft: Draft) -> tuple[pd.DataFrame, np.ndarray]:
    """Distinct amounts (with currency) of kept orders, and how often each stands."""
    cells = _cells(draft)
    counts = cells.value_counts(sort=False)
    return counts.index.to_frame(index=False), counts.to_numpy()


def _cells(draft: Draft) -> pd.DataFrame:
    raw: Mapping[str, Any] = draft.raw.columns
    columns = {name: raw[name].to_pandas().reset_index(drop=True) for name in ("amount", "currency") if name in raw}
    frame = pd.DataFrame(columns)
    if "currency" in frame:
        frame["currency"] = frame["currency"].astype("str").fillna("")
    return frame[draft.keep].reset_index(drop=True)


def _exact(amounts: pd.DataFrame, settings: Settings, draft: Draft) -> list[Decimal]:
    source = settings.sources.get(draft.declared.name)
    comma = ((source.decimal if source else None) or settings.decimal) == ","
    values = []
    for row in amounts.itertuples(index=False):
        cell = row.amount
        text = cell.strip(" ") if isinstance(cell, str) else str(cell)
        values.append(
            Decimal(text.replace(",", ".") if comma else text) * _rate(getattr(row, "currency", ""), settings)
        )
    return values


def _rate(cell: str, settings: Settings) -> Decimal:
    code = (read_currency(cell) or cell.strip()) if cell.strip() else settings.currency
    return Decimal(1) if code == settings.currency else settings.rates[code]
