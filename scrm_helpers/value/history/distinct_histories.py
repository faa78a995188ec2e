"""Customers with the same purchase history count once, with a weight: the likelihood needs nothing more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.history.arrays import blocks, coded

THIN = 4_000  # unique histories on which all starting points are tried


@dataclass(frozen=True)
class Rows:
    """Unique histories: repeat purchases `x`, time of the last one `t_x`, age `T`, number of customers `weight`."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    weight: np.ndarray

    @property
    def n(self) -> int:
        """Number of customers."""
        return round(self.weight.sum())

    def thinned(self) -> Rows | None:
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
    if not (size < 2**63 and x.min(initial=0) >= 0 and (x == np.floor(x)).all()):
        _check(Rows(x, t_x, age, np.ones(len(x))))
        _refuse("there are too many different times to count; give whole seconds or days", np.ones(len(x), bool))
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
    rows = Rows(first.astype(float), recencies[middle], ages[last], weight)
    _check(rows)
    return rows


def _check(rows: Rows) -> None:
    x, t_x, age = rows.x, rows.t_x, rows.T
    problems = {
        "frequency, recency or age is missing": np.isnan(x) | np.isnan(t_x) | np.isnan(age),
        "frequency, recency or age is infinite": ~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(age)),
        "frequency is negative or no whole number": (x < 0) | (x != np.floor(x)),
        "recency is negative or exceeds the age": (t_x < 0) | (t_x > age * (1 + 1e-9) + 1e-12),
        "recency is not zero although there is no repeat purchase": (x == 0) & (t_x != 0),
    }
    for problem, where in problems.items():
        _refuse(problem, where, rows.weight)


def _refuse(problem: str, where: np.ndarray, weight: np.ndarray | None = None) -> None:
    if not where.any():
        return
    each = np.ones(len(where)) if weight is None else weight
    raise Refusal(
        f"{each[where].sum():,.0f} of {each.sum():,.0f} customers: {problem}. The model would answer with a silent "
        "error. Make the history with purchase_history, or correct these rows."
    )
