"""The days on which customers bought, by one sort of flat arrays, and what refunds take back of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BLOCK = 1 << 15  # fresh memory costs more than the arithmetic done in it
SAMPLED = 5_000  # values in which the step of a grid is looked for


def blocks(length: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut a length into pieces."""
    return (slice(start, start + size) for start in range(0, length, size))


def coded(values: NDArray) -> tuple[NDArray, NDArray]:
    """Number the different values of an array in their order."""
    on_grid = _on_grid(values)
    if on_grid is not None:
        return on_grid
    codes, levels = pd.factorize(values, sort=True, use_na_sentinel=False)
    return codes.astype(np.int32), levels


def _on_grid(values: NDArray) -> tuple[NDArray, NDArray] | None:
    """Number values by their multiple of the smallest step seen in some of them, or find that they are no multiples."""
    steps = np.diff(np.unique(np.append(values[:: max(1, len(values) // SAMPLED)], 0.0)))
    step = steps.min() if len(steps) else 1.0
    size = values.max(initial=0) / step + 2
    if not (values.min(initial=0) >= 0 and size <= max(len(values), SAMPLED)):  # missing values end here too
        return None
    codes, levels = np.empty(len(values), np.int32), np.full(int(size), np.nan)
    for part in blocks(len(values)):
        codes[part] = np.rint(values[part] / step)
        levels[codes[part]] = values[part]
    rank = np.cumsum(~np.isnan(levels)) - 1
    for part in blocks(len(values)):
        if not (levels[codes[part]] == values[part]).all():
            return None
        codes[part] = rank[codes[part]]
    return codes, levels[~np.isnan(levels)]


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
    x, t_x, age = (history[name].to_numpy(float) for name in ("frequency", "recency", "age"))
    recency_code, recencies = coded(t_x)
    age_code, ages = coded(age)
    size = (x.max(initial=0) + 1) * len(recencies) * len(ages)
    key = np.empty(len(x), np.uint32 if size < 2**32 else np.int64)
    for part in blocks(len(x)):
        key[part] = (x[part].astype(np.int64) * len(recencies) + recency_code[part]) * len(ages) + age_code[part]
    key.sort()
    new = np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    first_of = np.flatnonzero(new)
    weight = np.diff(np.append(first_of, len(key))).astype(float)
    rest, last = np.divmod(key[first_of], len(ages) or 1)
    first, middle = np.divmod(rest, len(recencies) or 1)
    return Rows(first.astype(float), recencies[middle], ages[last], weight)


_DAY_BITS = 20  # a customer code and a day share one 64-bit integer, so that a single sort orders both
_DAY_MASK = (1 << _DAY_BITS) - 1


def summarise(code: NDArray, day: NDArray, money: NDArray, customers: int) -> dict[str, NDArray]:
    """Summarise purchases whose customers are numbered already: one sort, no groups."""
    key = np.empty(len(code), np.int64)
    for block in blocks(len(code)):
        np.left_shift(code[block], _DAY_BITS, out=key[block], dtype=np.int64, casting="same_kind")
        key[block] |= day[block]
    purchases, first_day, latest_day = _days_of_each(key, customers)
    first = np.flatnonzero(first_day[code] == day)
    return {
        "purchases": purchases,
        "first_day": first_day,
        "last_day": latest_day,
        "total": np.bincount(code, weights=money, minlength=customers),
        "first_total": np.bincount(code[first], weights=money[first], minlength=customers).astype(float, copy=False),
    }


def _days_of_each(key: NDArray, customers: int) -> tuple[NDArray, NDArray, NDArray]:
    """Return how many days each customer bought on, the first and the last of them; `key` is sorted in place."""
    key.sort()
    purchases = np.zeros(customers, np.int64)
    first_day, latest_day = np.zeros(customers, np.int32), np.zeros(customers, np.int32)
    before = -1
    for block in blocks(len(key)):
        part = key[block]
        days = part[np.append(part[0] != before, part[1:] != part[:-1])]
        if not len(days):  # one day of one customer fills the block
            continue
        before, owner = part[-1], days >> _DAY_BITS
        edge = np.flatnonzero(owner[1:] != owner[:-1])
        start, end = np.append(0, edge + 1), np.append(edge, len(days) - 1)
        who = owner[start]
        new = start[purchases[who] == 0]  # the first may go on from the block before
        first_day[owner[new]] = days[new] & _DAY_MASK
        latest_day[who] = days[end] & _DAY_MASK
        purchases[who] += end - start + 1
    return purchases, first_day, latest_day


def number_customers(ids: pd.Series) -> tuple[NDArray, NDArray]:
    """Number the customers in the order of their ids; whole numbers in a narrow range need no hash table."""
    if pd.api.types.is_integer_dtype(ids.dtype) and isinstance(ids.dtype, np.dtype) and len(ids):
        values = ids.to_numpy()
        low, high = int(values.min()), int(values.max())
        if high - low < 8 * len(values):
            present = np.zeros(high - low + 1, bool)
            for block in blocks(len(values)):
                present[values[block].astype(np.int64) - low] = True
            if low == 0 and present.all():
                return values, np.arange(high + 1)
            code, place = np.empty(len(values), np.int64), np.cumsum(present) - 1
            for block in blocks(len(values)):
                code[block] = place[values[block].astype(np.int64) - low]
            return code, np.flatnonzero(present) + low
    code, known = pd.factorize(ids, sort=True)
    return code, np.asarray(known)


def day_numbers(dates: NDArray) -> NDArray:
    """Return the days since 1970 of dates."""
    days = np.empty(len(dates), np.int32)
    for block in blocks(len(dates)):
        days[block] = dates[block].astype("datetime64[D]").view(np.int64)
    return days


def dates_of(days: NDArray) -> NDArray:
    """Return the dates of days since 1970."""
    microseconds = days.astype(np.int64)
    microseconds *= 86_400_000_000
    return microseconds.view("datetime64[us]")


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
def net_of_refunds(columns: dict[str, NDArray]) -> Kept:
    """Take refunds off their purchases; columns are ``code, day, amount, money`` of orders, and ``order`` if known."""
    code = columns["code"]
    refunded = np.zeros(int(code.max()) + 1, bool)
    refunded[code[columns["amount"] < 0]] = True
    some = refunded[code]
    rows = pd.DataFrame({name: values[some] for name, values in columns.items()})
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
    stays = free | (left > tiny)
    left_over = {"code": sales["code"], "day": sales["day"], "money": pd.Series(worth)}
    kept = {name: np.concatenate([columns[name][~some], part[stays]]) for name, part in left_over.items()}
    return Kept(**kept, unmatched=unmatched)


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
