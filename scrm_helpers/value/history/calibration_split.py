"""Hold out by date: what was known on a day, and what happened after it, cut so that nothing leaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.value.history.purchases import history_of_codes


@dataclass(frozen=True, kw_only=True)
class Split:
    """What was known on the `cut`, and what the same customers did until `until`."""

    cut: pd.Timestamp
    until: pd.Timestamp
    known: pd.DataFrame
    after: pd.DataFrame


class Orders:
    """Orders numbered once, so that many dates can be tried without reading them again."""

    def __init__(self, transactions: pd.DataFrame, value: str = "amount") -> None:
        self.value = value
        self.code, ids = pd.factorize(transactions["customer_id"], sort=True)
        self.people = pd.Index(ids, name="customer_id")
        self.rows = transactions[list(dict.fromkeys(["ordered_on", "amount", value]))]

    def split(self, cut: pd.Timestamp, until: pd.Timestamp, unit: str = "week", returns: str = "net") -> Split:
        """Cut the orders at the end of a day."""
        cut, until = cut.normalize(), until.normalize()
        if until <= cut:
            raise ValueError(
                f"The held-out period ends on {until:%Y-%m-%d}, which is not after the cut {cut:%Y-%m-%d}."
            )
        options = {"unit": unit, "returns": returns, "value": self.value}
        known = history_of_codes(self.code, self.people, self.rows, cut, **options)  # type: ignore[arg-type]
        later = (self.rows["ordered_on"] >= cut + pd.Timedelta(days=1)).to_numpy()
        after = history_of_codes(self.code[later], self.people, self.rows[later], until, **options)  # type: ignore[arg-type]
        both = after[["purchases", "total"]].reindex(known.index).fillna(0.0).astype(float)
        return Split(cut=cut, until=until, known=known, after=both)


def origins(first: pd.Timestamp, as_of: pd.Timestamp, count: int, horizon_days: int) -> list[pd.Timestamp]:
    """Space days to predict from, the last one a full horizon before the end, none in the first third of the data."""
    earliest = first.normalize() + (as_of - first) / 3
    latest = as_of.normalize() - pd.Timedelta(days=horizon_days)
    room = (latest - earliest).days
    if room < 0:
        return []
    places = np.unique(np.linspace(0, room, max(min(count, room // 7 + 1), 1)).round().astype(int))
    return [(latest - pd.Timedelta(days=int(back))).normalize() for back in sorted(room - places, reverse=True)]
