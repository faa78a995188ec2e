"""What refunds take back: a full one takes its purchase away, a part of one lowers it; nobody bought what went back.

The rule, once for every model. A purchase is what a customer ordered on one day. A refund (an amount below zero) under
the number of an order takes that order's purchase back. One without a number takes back an earlier purchase of the
same customer: the latest of just that amount, else the latest that is large enough, else the latest ones one by one.
A refund for which too little was bought before stays in the customer's sum of sales and lowers no purchase.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

EXACT, ENOUGH = 2, 1  # how well a purchase fits a refund
ROUNDING = 1e-9  # of the largest amount: 10.10 - 10.10 must not be a purchase


@dataclass(frozen=True)
class Kept:
    """What is left of orders after refunds: whose, on which day, the money, and the refunds without a purchase."""

    code: np.ndarray
    day: np.ndarray
    money: np.ndarray
    unmatched: int = 0


def net_of_refunds(columns: dict[str, np.ndarray]) -> Kept:
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
        own = pd.MultiIndex.from_frame(sales[["code", "day"]]).get_indexer(
            pd.MultiIndex.from_arrays([back["code"], day.astype(np.int64)])
        )
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


def _take(
    sales: pd.DataFrame, back: pd.DataFrame, own: np.ndarray, left: np.ndarray, worth: np.ndarray, tiny: float
) -> int:
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
