"""From orders to what the purchase models need: frequency, recency, age and mean spend of every customer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.history.order_days import blocks, number_customers, summarise


def with_margin(transactions: pd.DataFrame, margin_rate: float | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return the orders with a complete margin, and in words where it comes from if they did not bring it."""
    amount = transactions["amount"]
    if "margin" not in transactions or transactions["margin"].isna().all():
        if margin_rate is None:
            said = "The orders carry no margin and no margin rate is set: margin is taken to be revenue."
            return transactions.assign(margin=amount), [said]
        said = f"The orders carry no margin: margin is {margin_rate:.0%} of revenue, the rate in the settings."
        return transactions.assign(margin=amount * margin_rate), [said]
    missing = transactions["margin"].isna()
    if not missing.any():
        return transactions, []
    known = amount[~missing].sum()
    rate = margin_rate if margin_rate is not None else transactions["margin"].sum() / known if known else 1.0
    said = f"{int(missing.sum()):,} orders carry no margin: {rate:.1%} of their revenue is taken."
    return transactions.assign(margin=transactions["margin"].where(~missing, amount * rate)), [said]


DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25, "hour": 1 / 24}


def days_in(unit: str) -> float:
    """Return the length of a time unit in days."""
    if unit not in DAYS:
        raise ValueError(f"The time unit is {unit!r}; known units are {', '.join(DAYS)}. Rates are given per unit.")
    return DAYS[unit]


def purchase_history(
    transactions: pd.DataFrame, as_of: pd.Timestamp, *, unit: str = "week", returns: str = "net", value: str = "amount"
) -> pd.DataFrame:
    """Summarise the orders of each customer up to a day.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on``, ``amount`` and the column `value`; orders after `as_of` are not looked at.
    as_of : Timestamp
        Last day that counts.
    unit : {"day", "week", "month", "quarter", "year", "hour"}
        Unit of ``recency`` and ``age``.
    returns : {"net", "drop", "keep"}
        How refunds (negative amounts) count: ``"net"`` takes them off the customer's spend and never counts them as
        a purchase; ``"drop"`` ignores them; ``"keep"`` counts a refund as a purchase, as other packages do.
    value : str
        Column that is summed: ``amount``, or ``margin`` for contribution. What a refund is, the amount decides.

    Returns
    -------
    DataFrame
        Indexed by ``customer_id``, sorted: ``frequency`` (purchase days after the first), ``recency`` (from the first
        to the last purchase, 0 when there is no repeat), ``age`` (from the first purchase to `as_of`), ``mean_spend``
        (money per repeat purchase, missing without one), ``purchases``, ``total``, ``first_on``, ``last_on``.

    Raises
    ------
    Refusal
        When a customer id, date or amount is missing.
    ValueError
        When `unit` or `returns` is unknown.

    Notes
    -----
    Orders of one day are one purchase. Definitions of Fader, Hardie and Lee (2005): x, t_x and T.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a", "a"], "amount": [10.0, 30.0, 20.0],
    ...     "ordered_on": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-15"])})
    >>> history = purchase_history(orders, pd.Timestamp("2026-01-29"))
    >>> history.loc["a", ["frequency", "recency", "age", "mean_spend"]].tolist()
    [1.0, 2.0, 4.0, 50.0]
    """
    wanted = list(dict.fromkeys(["customer_id", "ordered_on", "amount", value]))
    missing = np.logical_or.reduce([transactions[name].isna().to_numpy() for name in wanted])
    if missing.any():
        raise Refusal(
            f"{int(missing.sum()):,} orders lack a customer, a day, amount or {value}. They cannot be given to "
            "anybody. Leave them out and count them, or complete them."
        )
    return Orders.of(transactions, value).history(as_of, unit, returns)


@dataclass(frozen=True)
class Orders:
    """Orders whose customers are numbered once, so that many dates can be tried without reading them again."""

    code: np.ndarray  # place of each order's customer in `people`
    people: pd.Index
    rows: pd.DataFrame
    value: str = "amount"  # column that is summed

    @classmethod
    def of(cls, transactions: pd.DataFrame, value: str = "amount") -> Orders:
        """Number the customers of orders."""
        code, ids = number_customers(transactions["customer_id"])
        return cls(code, pd.Index(ids, name="customer_id"), transactions, value)

    def history(self, as_of: pd.Timestamp, unit: str = "week", returns: str = "net") -> pd.DataFrame:
        """Summarise the orders of each customer up to a day; see :func:`purchase_history`."""
        length, people = days_in(unit), self.people
        end = int(np.datetime64(pd.Timestamp(as_of), "D").astype(np.int64))
        found = summarise(self.code, self.rows, self.value, len(people), end, returns)
        bought = found["purchases"] > 0
        if not bought.all():
            found, people = {name: values[bought] for name, values in found.items()}, people[bought]
        frequency, recency, age = (np.empty(len(people)) for _ in range(3))
        mean_spend = found["first_total"]  # its memory: what it holds is needed once, below
        for part in blocks(len(people)):
            total, first = found["total"][part], found["first_day"][part]
            repeats = found["purchases"][part] - 1
            frequency[part] = repeats
            recency[part] = (found["last_day"][part] - first) / length
            age[part] = (end - first) / length
            mean_spend[part] = np.where(repeats > 0, (total - mean_spend[part]) / np.maximum(repeats, 1), np.nan)
        return pd.DataFrame(
            {
                "frequency": frequency,
                "recency": recency,
                "age": age,
                "mean_spend": mean_spend,
                "purchases": found["purchases"],
                "total": found["total"],
                "first_on": _dates(found["first_day"]),
                "last_on": _dates(found["last_day"]),
            },
            index=people,
            copy=False,
        )

    def split(self, cut: pd.Timestamp, until: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return what was known at the end of a day, and what the same customers did after it; nothing leaks."""
        cut, until = cut.normalize(), until.normalize()
        if until <= cut:
            raise ValueError(
                f"The held-out period ends on {until:%Y-%m-%d}, which is not after the cut {cut:%Y-%m-%d}."
            )
        known = self.history(cut)
        later = (self.rows["ordered_on"] >= cut + pd.Timedelta(days=1)).to_numpy()
        rows = self.rows.loc[later, list(dict.fromkeys(["ordered_on", "amount", self.value]))]
        after = replace(self, code=self.code[later], rows=rows).history(until)
        return known, after[["purchases", "total"]].reindex(known.index).fillna(0.0).astype(float)


def origins(first: pd.Timestamp, as_of: pd.Timestamp, count: int, horizon_days: int) -> list[pd.Timestamp]:
    """Space days to predict from, the last one a full horizon before the end, none in the first third of the data."""
    earliest = first.normalize() + (as_of - first) / 3
    latest = as_of.normalize() - pd.Timedelta(days=horizon_days)
    room = (latest - earliest).days
    if room < 0:
        return []
    places = np.unique(np.linspace(0, room, max(min(count, room // 7 + 1), 1)).round().astype(int))
    return [(latest - pd.Timedelta(days=int(back))).normalize() for back in sorted(room - places, reverse=True)]


def _dates(days: np.ndarray) -> np.ndarray:
    microseconds = days.astype(np.int64)
    microseconds *= 86_400_000_000
    return microseconds.view("datetime64[us]")
