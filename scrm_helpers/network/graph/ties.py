"""Orders of tied people over time: what the comparisons of neighbours are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.referral_forest import Forest


@dataclass(frozen=True)
class TiedOrders:
    """Referrer and referred customer of every credited referral, with the days on which everybody ordered."""

    one: np.ndarray  # positions of referrer and referred customer in the customers table
    other: np.ndarray  # positions of referrer and referred customer in the customers table
    cascade: np.ndarray  # cascade of the tie: ties of one cascade are not independent
    joined: np.ndarray  # day on which each customer joined, days since 1970
    start: np.ndarray  # where the orders of each customer begin in `day`
    day: np.ndarray  # days of the orders, ascending within each customer
    end: int  # last day observed

    def early_orders(self, days: int = 180) -> np.ndarray:
        """Count the orders in the first `days` days of everybody observed that long; missing for the others."""
        people = np.arange(len(self.joined))
        early = self.count(people, self.joined, self.joined + days - 1)
        return np.where(self.end - self.joined + 1 >= days, early, np.nan)

    def count(self, person: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Count the orders of each person from day `first` to day `last`, both counted."""
        base = int(self.day.min(initial=0)) - 1
        width = int(max(self.end, self.day.max(initial=0), last.max(initial=0))) - base + 2
        owner = np.repeat(np.arange(len(self.joined)), np.diff(self.start))
        key = owner * width + (self.day - base)
        low = np.searchsorted(key, person * width + np.maximum(first - base, 0))
        return np.searchsorted(key, person * width + np.maximum(last - base, 0), side="right") - low

    def only(self, keep: np.ndarray) -> TiedOrders:
        """Return the ties for which `keep` is true."""
        return TiedOrders(
            self.one[keep], self.other[keep], self.cascade[keep], self.joined, self.start, self.day, self.end
        )


def tied_orders(
    forest: Forest, customers: pd.DataFrame, transactions: pd.DataFrame, as_of: str | pd.Timestamp
) -> TiedOrders:
    """Collect the orders of everybody and the ties between customers; refunds are no orders."""
    n = len(customers)
    ids = pd.Index(customers["customer_id"])
    if not forest.people[:n].equals(ids.rename(forest.people.name)):
        raise ValueError("The forest was built with other customers: build it with the customers given here.")
    end = int(_days(pd.Series([pd.Timestamp(as_of)]))[0])
    bought = transactions[transactions["amount"] > 0]
    who, day = ids.get_indexer(pd.Index(bought["customer_id"])), _days(bought["ordered_on"])
    kept = (who >= 0) & (day <= end)
    who, day = who[kept], day[kept]
    order = np.lexsort((day, who))
    tie = forest.referrer < n
    return TiedOrders(
        one=forest.referrer[tie].astype(np.int64),
        other=forest.child[tie].astype(np.int64),
        cascade=forest.root[forest.child[tie]].astype(np.int64),
        joined=_days(customers["joined_on"]),
        start=np.concatenate([[0], np.cumsum(np.bincount(who, minlength=n))]),
        day=day[order],
        end=end,
    )


def _days(column: pd.Series) -> np.ndarray:
    return column.to_numpy().astype("datetime64[D]").astype(np.int64)
