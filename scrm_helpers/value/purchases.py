"""From orders to what the purchase models need: frequency, recency, age and mean spend of every customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25, "hour": 1 / 24}
RETURNS = ("net", "drop", "keep")
_DAY_BITS = 20  # a customer code and a day share one 64-bit integer, so that a single sort orders both


def days_in(unit: str) -> float:
    """Return the length of a time unit in days.

    Examples
    --------
    >>> days_in("week")
    7.0
    """
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
    ValueError
        When `unit` or `returns` is unknown, or a customer id, date or amount is missing.

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
        raise ValueError(
            f"{int(missing.sum()):,} orders lack a customer, a day, amount or {value}. They cannot be given to anybody. "
            "Leave them out and count them, or complete them."
        )
    code, ids = _numbered(transactions["customer_id"])
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
    """Summarise orders whose customers are numbered already; see :func:`purchase_history`.

    Parameters
    ----------
    code : ndarray of int
        Position of each order's customer in `people`; orders with a negative code are left out.
    people : Index
        Customer ids.
    transactions : DataFrame
        ``ordered_on``, ``amount`` and the column `value`.
    as_of, unit, returns, value, birth
        See :func:`purchase_history`.

    Returns
    -------
    DataFrame
        One row per person with a purchase, in the order of `people`.
    """
    length = days_in(unit)
    if returns not in RETURNS:
        raise ValueError(f"The returns rule is {returns!r}; known are {', '.join(RETURNS)}. It changes every amount.")
    day = transactions["ordered_on"].to_numpy().astype("datetime64[D]").astype(np.int32)
    amount = transactions["amount"].to_numpy(float)
    money = amount if value == "amount" else transactions[value].to_numpy(float)
    end = _last_day(as_of)
    found = summarise_codes(code, day, amount, money, len(people), end, returns)
    bought = found["purchases"] > 0
    if not bought.all():
        found, people = {name: values[bought] for name, values in found.items()}, people[bought]
    first, frequency, total = found["first_day"], found["frequency"].astype(float), found["total"]
    start, on_birth = first, found["first_total"]
    if birth is not None:
        start = birth.reindex(people).to_numpy().astype("datetime64[D]").astype(float)
        frequency = found["purchases"] - (first <= start).astype(float)
        on_birth = np.where(first <= start, on_birth, 0.0)
    repeats = frequency > 0
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": np.where(repeats, (found["last_day"] - start) / length, 0.0),
            "age": (end - start) / length,
            "mean_spend": np.where(repeats, (total - on_birth) / np.where(repeats, frequency, 1.0), np.nan),
            "purchases": found["purchases"],
            "total": total,
            "first_on": _dates(first),
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


def summarise_codes(
    code: np.ndarray,
    day: np.ndarray,
    amount: np.ndarray,
    money: np.ndarray,
    customers: int,
    last_day: int,
    returns: str = "net",
) -> dict[str, np.ndarray]:
    """Summarise orders whose customers are numbered already: one sort, no groups.

    Parameters
    ----------
    code : ndarray of int
        Number of the customer of each order, from 0; negative numbers are left out.
    day : ndarray of int
        Days since 1970 of each order.
    amount : ndarray of float
        Amount of each order; below zero it is a refund.
    money : ndarray of float
        What is summed: the amount itself or its margin.
    customers : int
        How many customers there are.
    last_day : int
        Last day that counts.
    returns : {"net", "drop", "keep"}
        See :func:`purchase_history`.

    Returns
    -------
    dict of str to ndarray
        ``purchases``, ``frequency``, ``first_day``, ``last_day``, ``total`` and ``first_total`` (money of the first
        day), each of length `customers`; customers without a purchase have 0 and day 0.
    """
    seen = (code >= 0) & (day <= last_day)
    if returns == "drop":
        seen &= amount >= 0
    if not seen.all():
        code, day, amount, money = code[seen], day[seen], amount[seen], money[seen]
    total = np.bincount(code, weights=money, minlength=customers)
    key = np.left_shift(code, _DAY_BITS, dtype=np.int64)
    key |= day
    mask = (1 << _DAY_BITS) - 1
    if returns == "net" and len(amount) and amount.min() < 0:
        key, money = _without_refunds(key, amount, money)
        code, day = key >> _DAY_BITS, key & mask
    key.sort()
    new = np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    days = key[new]
    purchases = np.bincount(days >> _DAY_BITS, minlength=customers)
    last = np.cumsum(purchases) - 1
    first_day, last_day_seen = np.zeros(customers, np.int32), np.zeros(customers, np.int32)
    some = purchases > 0
    first_day[some], last_day_seen[some] = days[(last - purchases + 1)[some]] & mask, days[last[some]] & mask
    on_first = first_day[code] == day
    return {
        "purchases": purchases,
        "frequency": np.maximum(purchases - 1, 0),
        "first_day": first_day,
        "last_day": last_day_seen,
        "total": total,
        "first_total": np.bincount(code, weights=money * on_first, minlength=customers),
    }


def _without_refunds(key: np.ndarray, amount: np.ndarray, money: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Net the customer-days that hold a refund; a day that does not stay above zero is no purchase."""
    refund_days = np.unique(key[amount < 0])
    place = np.minimum(np.searchsorted(refund_days, key), len(refund_days) - 1)
    touched = refund_days[place] == key
    net, kept = (
        np.bincount(place[touched], weights=values[touched], minlength=len(refund_days)) for values in (amount, money)
    )
    stays = net > 1e-9 * np.abs(amount).max()  # sums of cents are not exact: 10.10 - 10.10 must not be a purchase
    return np.concatenate([key[~touched], refund_days[stays]]), np.concatenate([money[~touched], kept[stays]])


def _numbered(ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Number the customers in the order of their ids; whole numbers in a narrow range need no hash table."""
    if pd.api.types.is_integer_dtype(ids.dtype) and isinstance(ids.dtype, np.dtype) and len(ids):
        values = ids.to_numpy()
        low, high = int(values.min()), int(values.max())
        if high - low < 8 * len(values):
            present = np.zeros(high - low + 1, bool)
            present[values - low if low else values] = True
            place = np.cumsum(present) - 1
            return place[values - low if low else values], np.flatnonzero(present) + low
    code, known = pd.factorize(ids, sort=True)
    return code, np.asarray(known)


def _last_day(as_of: pd.Timestamp) -> int:
    return int(np.datetime64(pd.Timestamp(as_of), "D").astype(np.int64))


def _dates(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[us]")
