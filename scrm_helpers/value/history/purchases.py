"""From orders to what the purchase models need: frequency, recency, age and mean spend of every customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.history.order_days import RETURNS, blocks, day_numbers, number_customers, summarise_codes


def with_margin(transactions: pd.DataFrame, margin_rate: float | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return the orders with a margin for each, and in words where it comes from.

    Parameters
    ----------
    transactions : DataFrame
        ``amount`` and, where known, ``margin``.
    margin_rate : float, optional
        Share of the amount that is margin (0-1) where an order carries none.

    Returns
    -------
    tuple of DataFrame and list of str
        The orders with a complete ``margin``, and no sentence when every order brought its own.

    Examples
    --------
    >>> orders, said = with_margin(pd.DataFrame({"amount": [10.0, 20.0]}), 0.4)
    >>> orders["margin"].tolist(), said
    ([4.0, 8.0], ['The orders carry no margin: margin is 40% of revenue, the rate in the settings.'])
    """
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
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    unit: str = "week",
    returns: str = "net",
    value: str = "amount",
    birth: pd.Series | None = None,
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
    birth : Series, optional
        Day each customer's life starts, by customer id; the first purchase when None. With a birth day the first
        purchase is a repeat purchase unless it falls on that day.

    Returns
    -------
    DataFrame
        Indexed by ``customer_id``, sorted: ``frequency`` (purchase days after the first), ``recency`` (from birth to
        the last purchase, 0 when there is no repeat), ``age`` (from birth to `as_of`), ``mean_spend`` (money per
        repeat purchase, missing without one), ``purchases``, ``total``, ``first_on``, ``last_on``.

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
    code, ids = number_customers(transactions["customer_id"])
    people = pd.Index(ids, name="customer_id")
    return history_of_codes(code, people, transactions, as_of, unit=unit, returns=returns, value=value, birth=birth)


def history_of_codes(
    code: np.ndarray,
    people: pd.Index,
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    unit: str = "week",
    returns: str = "net",
    value: str = "amount",
    birth: pd.Series | None = None,
) -> pd.DataFrame:
    """Summarise orders whose customers are numbered already; see :func:`purchase_history`."""
    length = days_in(unit)
    if returns not in RETURNS:
        raise ValueError(f"The returns rule is {returns!r}; known are {', '.join(RETURNS)}. It changes every amount.")
    amount = transactions["amount"].to_numpy(float)
    money = amount if value == "amount" else transactions[value].to_numpy(float)
    end = _last_day(as_of)
    days = day_numbers(transactions["ordered_on"].to_numpy())
    found = summarise_codes(code, days, amount, money, len(people), end, returns)
    del days  # what is freed before the history is filled is memory that need not be fetched again
    bought = found["purchases"] > 0
    if not bought.all():
        found, people = {name: values[bought] for name, values in found.items()}, people[bought]
    born = None if birth is None else birth.reindex(people).to_numpy().astype("datetime64[D]").astype(float)
    frequency, recency, age = (np.empty(len(people)) for _ in range(3))
    mean_spend = found["first_total"]  # its memory: what it holds is needed once, below
    for part in blocks(len(people)):
        purchases, total, first = (found[name][part] for name in ("purchases", "total", "first_day"))
        start = first if born is None else born[part]
        repeats = purchases - (first <= start)
        spent = total - np.where(first <= start, mean_spend[part], 0.0)
        frequency[part] = repeats
        recency[part] = np.where(repeats > 0, (found["last_day"][part] - start) / length, 0.0)
        age[part] = (end - start) / length
        mean_spend[part] = np.where(repeats > 0, spent / np.maximum(repeats, 1), np.nan)
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


def yearly_sums(transactions: pd.DataFrame, as_of: pd.Timestamp, value: str = "amount") -> tuple[pd.Series, pd.Series]:
    """Sum what each customer brought in the last year and in the year before it.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on`` and the column `value`.
    as_of : Timestamp
        Last day of the last year.
    value : str
        Column that is summed.

    Returns
    -------
    tuple of Series
        Last year and the year before, by customer id; only customers with an order in that year.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a"], "amount": [1.0, 2.0],
    ...     "ordered_on": pd.to_datetime(["2025-06-01", "2026-06-01"])})
    >>> [year.to_dict() for year in yearly_sums(orders, pd.Timestamp("2026-12-31"))]
    [{'a': 2.0}, {'a': 1.0}]
    """
    when, year = transactions["ordered_on"], pd.DateOffset(years=1)
    ends = (pd.Timestamp(as_of), pd.Timestamp(as_of) - year)
    inside = [transactions[(when <= end) & (when > end - year)] for end in ends]
    last, before = (rows.groupby("customer_id")[value].sum() for rows in inside)
    return last, before


def _last_day(as_of: pd.Timestamp) -> int:
    return int(np.datetime64(pd.Timestamp(as_of), "D").astype(np.int64))


def _dates(days: np.ndarray) -> np.ndarray:
    microseconds = days.astype(np.int64)
    microseconds *= 86_400_000_000
    return microseconds.view("datetime64[us]")
