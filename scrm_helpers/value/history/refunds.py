"""What refunds take back: a full one takes its purchase away, a part of one lowers it; nobody bought what went back.

The rule, once for every model. A refund (an amount below zero) under the number of an order of the same customer takes
that order back. One without a number takes back an earlier purchase of the same customer: the latest of just that
amount, else the latest that is large enough, else the latest ones one after the other. What finds no purchase lowers
the customer's money and no purchase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

EXACT, ENOUGH = 2, 1  # how well a purchase fits a refund
ROUNDING = 1e-9  # of the largest amount: 10.10 - 10.10 must not be a purchase


@dataclass(frozen=True)
class Netted:
    """Orders after their refunds: whose, on which day, the money left of each, and refunds without a purchase."""

    code: np.ndarray
    day: np.ndarray
    money: np.ndarray
    unmatched: int = 0


def net_of_refunds(
    code: np.ndarray, day: np.ndarray, amount: np.ndarray, money: np.ndarray, order: pd.Series | None
) -> Netted:
    """Take every refund off its purchase; `money` follows the amounts in proportion."""
    back = amount < 0
    touched = np.zeros(int(code.max(initial=-1)) + 1, bool)
    touched[code[back]] = True
    some = np.flatnonzero(touched[code])
    some = some[np.lexsort((money[some], amount[some], day[some], code[some]))]
    number = np.full(len(some), -1) if order is None else pd.factorize(order.to_numpy()[some])[0]
    sale, refund = some[~back[some]], some[back[some]]
    of_sale, of_refund = number[~back[some]], number[back[some]]
    left, worth, owed, paid = amount[sale], money[sale], -amount[refund], -money[refund]
    tiny = ROUNDING * float(np.abs(amount).max())
    named = pd.MultiIndex.from_arrays([code[refund], of_refund]).isin(
        pd.MultiIndex.from_arrays([code[sale], of_sale])
    ) & (of_refund >= 0)
    turn = np.lexsort((np.arange(len(refund)), ~named))  # those that name their order first, then in order of time
    place_of = np.searchsorted(code[sale], code[refund]), np.searchsorted(code[sale], code[refund], side="right")
    waiting = turn
    while len(waiting):
        now = waiting[np.sort(np.unique(code[refund[waiting]], return_index=True)[1])]  # one of each customer
        start, stop = place_of[0][now], place_of[1][now]
        size = stop - start
        row = np.repeat(start - np.append(0, np.cumsum(size)[:-1]), size) + np.arange(size.sum())
        whose = np.repeat(np.arange(len(now)), size)
        mine = now[whose]
        may = (left[row] > tiny) & (day[sale[row]] <= day[refund[mine]])
        may &= ~named[mine] | (of_sale[row] == of_refund[mine])
        fits = np.where(np.abs(left[row] - owed[mine]) <= tiny, EXACT, np.where(left[row] > owed[mine], ENOUGH, 0))
        score = np.full(len(now), -1)
        np.maximum.at(score, whose[may], (fits * (len(sale) + 1) + row)[may])
        found = score >= 0
        hit, at = now[found], score[found] % (len(sale) + 1)
        taken = np.minimum(left[at], owed[hit])
        part = paid[hit] * taken / owed[hit]
        left[at], worth[at] = left[at] - taken, worth[at] - part
        owed[hit], paid[hit] = owed[hit] - taken, paid[hit] - part
        done = np.append(now[~found], hit[owed[hit] <= tiny])
        waiting = waiting[~np.isin(waiting, done)]
    free = amount[sale] == 0
    stays = (left > tiny) | free
    other = ~touched[code]
    return Netted(
        np.concatenate([code[other], code[sale[stays]]]),
        np.concatenate([day[other], day[sale[stays]]]),
        np.concatenate([money[other], worth[stays]]),
        int((owed > tiny).sum()),
    )
