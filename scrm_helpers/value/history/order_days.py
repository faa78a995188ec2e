"""The days on which customers bought, by one sort of flat arrays, and what refunds take back of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def blocks(length: int, size: int) -> Iterator[slice]:
    """Cut a length into pieces."""
    return (slice(start, start + size) for start in range(0, length, size))


def coded(values: NDArray) -> tuple[NDArray, NDArray]:
    """Number the different values of an array in their order."""
    return pd.factorize(values, sort=True, use_na_sentinel=False)


THIN = 4_000  # unique histories on which all starting points are tried


@dataclass(frozen=True)
class Rows:
    """Unique histories: repeat purchases `x`, time of the last one `t_x`, age `T`, number of customers `weight`."""

    x: NDArray
    t_x: NDArray
    T: NDArray
    weight: NDArray

    @property
    def n(self) -> int:
        """Number of customers."""
        return round(self.weight.sum())

    def thinned(self) -> "Rows | None":
        """Return evenly spaced rows weighted up to all customers, or None when there are few rows anyway."""
        if len(self.x) <= 2 * THIN:
            return None
        pick = np.linspace(0, len(self.x) - 1, THIN).astype(int)
        weight = self.weight[pick] * (self.weight.sum() / self.weight[pick].sum())
        return Rows(self.x[pick], self.t_x[pick], self.T[pick], weight)


def collapse(history: pd.DataFrame) -> Rows:
    """Collapse customers to unique histories."""
    codes, values = zip(
        *(coded(history[name].to_numpy(float)) for name in ("frequency", "recency", "age")), strict=True
    )
    shape = [max(len(one), 1) for one in values]
    key, weight = np.unique(np.ravel_multi_index(codes, shape), return_counts=True)
    x, t_x, age = (one[place] for one, place in zip(values, np.unravel_index(key, shape), strict=True))
    return Rows(x, t_x, age, weight.astype(float))


_DAY_BITS = 20  # a customer code and a day share one 64-bit integer, so that a single sort orders both


def summarise(code: NDArray, day: NDArray, money: NDArray, customers: int) -> dict[str, NDArray]:
    """Summarise purchases whose customers are numbered already: one sort, no groups."""
    key = code.astype(np.int64)
    key <<= _DAY_BITS  # in place: fresh memory costs more than the arithmetic done in it
    key += day
    key.sort()
    new = np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    key = key[new]
    owner, days = key >> _DAY_BITS, key & (1 << _DAY_BITS) - 1
    purchases = np.bincount(owner, minlength=customers)
    after, bought = np.cumsum(purchases), purchases > 0
    first_day, last_day = np.zeros((2, customers), np.int32)
    first_day[bought], last_day[bought] = days[(after - purchases)[bought]], days[after[bought] - 1]
    first = np.flatnonzero(first_day[code] == day)
    return {
        "purchases": purchases,
        "first_day": first_day,
        "last_day": last_day,
        "total": np.bincount(code, weights=money, minlength=customers),
        "first_total": np.bincount(code[first], weights=money[first], minlength=customers).astype(float, copy=False),
    }


def number_customers(ids: pd.Series) -> tuple[NDArray, pd.Index]:
    """Number the customers in the order of their ids; whole numbers in a narrow range need no hash table."""
    if len(ids) and isinstance(ids.dtype, np.dtype) and ids.dtype.kind == "i" and np.ptp(ids) < 8 * len(ids):
        low, place = ids.min(), ids.to_numpy() - ids.min()
        present = np.bincount(place) > 0
        return (np.cumsum(present) - 1)[place], pd.Index(np.flatnonzero(present) + low)
    return pd.factorize(ids, sort=True)


def dates_of(days: NDArray) -> NDArray:
    """Return the dates of days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[us]")


EXACT, ENOUGH = 2, 1  # how well a purchase fits a refund
ROUNDING = 1e-9  # of the largest amount: 10.10 - 10.10 must not be a purchase


@dataclass(frozen=True)
class Kept:
    """What is left of orders after refunds: whose, on which day, the money, and the refunds without a purchase."""

    code: NDArray
    day: NDArray
    money: NDArray
    unmatched: int = 0


# The rule, once for every model. A refund (an amount below zero) under the number of an order takes that order's
# purchase back, in full or in part. One without a number takes back an earlier purchase of the same customer: the
# latest of just that amount, else the latest that is large enough, else the latest ones one by one. A refund for which
# too little was bought before stays in the customer's sum of sales and lowers no purchase.
def net_of_refunds(orders: pd.DataFrame) -> Kept:
    """Take refunds off their purchases; columns are ``code, day, amount, money`` of orders, and ``order`` if known."""
    some = orders["code"].isin(orders.loc[orders["amount"] < 0, "code"])
    rows = orders[some]
    bought = rows[rows["amount"] >= 0]
    sales = bought.groupby(["code", "day"])[["amount", "money"]].sum().reset_index()
    back = rows[rows["amount"] < 0].sort_values(["code", "day", "amount", "money"])
    own = np.full(len(back), -1)  # the purchase whose order a refund names
    if "order" in rows:
        of_order = bought.dropna(subset="order").groupby(["code", "order"])["day"].max()
        day = of_order.reindex(pd.MultiIndex.from_frame(back[["code", "order"]])).fillna(-1).to_numpy()
        named = pd.MultiIndex.from_arrays([back["code"], day.astype(np.int64)])
        own = pd.MultiIndex.from_frame(sales[["code", "day"]]).get_indexer(named)
        turn = np.argsort(own < 0, kind="stable")  # those that name their order come first
        back, own = back.iloc[turn], own[turn]
    tiny = ROUNDING * float(rows["amount"].abs().max())
    left, worth = sales[["amount", "money"]].to_numpy(float).T.copy()
    free = left == 0
    unmatched = _take(sales, back, own, left, worth, tiny)
    kept = pd.concat([orders[~some], sales.assign(money=worth)[free | (left > tiny)]])
    return Kept(kept["code"].to_numpy(), kept["day"].to_numpy(), kept["money"].to_numpy(), unmatched)


def _take(sales: pd.DataFrame, back: pd.DataFrame, own: NDArray, left: NDArray, worth: NDArray, tiny: float) -> int:
    """Lower what is left of sales and its worth, one refund of each customer at a time; count refunds left over."""
    code, day = sales["code"].to_numpy(), sales["day"].to_numpy()
    whose, when = back["code"].to_numpy(), back["day"].to_numpy()
    owed, paid = (-back[["amount", "money"]].to_numpy(float)).T.copy()
    start, stop = (np.searchsorted(code, whose, side=side) for side in ("left", "right"))
    waiting = np.arange(len(back))
    while len(waiting):
        now = waiting[np.unique(whose[waiting], return_index=True)[1]]
        size = stop[now] - start[now]
        each = np.repeat(np.arange(len(now)), size)
        row = np.arange(size.sum()) + np.repeat(start[now] - np.cumsum(size) + size, size)
        want = owed[now][each]
        may = (left[row] > tiny) & np.where(own[now][each] < 0, day[row] <= when[now][each], row == own[now][each])
        fit = np.where(np.abs(left[row] - want) <= tiny, EXACT, ENOUGH * (left[row] > want))
        may &= (np.bincount(each[may], left[row[may]], len(now)) + tiny >= owed[now])[each] | (own[now][each] >= 0)
        best = np.full(len(now), -1)
        np.maximum.at(best, each[may], (fit * len(left) + row)[may])
        hit, at = now[best >= 0], best[best >= 0] % len(left)
        taken = np.minimum(left[at], owed[hit])
        part = paid[hit] * taken / owed[hit]
        left[at] -= taken
        worth[at] -= part
        owed[hit] -= taken
        paid[hit] -= part
        waiting = np.setdiff1d(waiting, np.append(now[best < 0], hit[owed[hit] <= tiny]), assume_unique=True)
    return int((owed > tiny).sum())
