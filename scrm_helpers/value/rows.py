"""Customers with the same purchase history count once, with a weight: the likelihood needs nothing more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    """Collapse customers to unique histories.

    Parameters
    ----------
    history : DataFrame
        ``frequency``, ``recency`` and ``age`` of each customer, see
        :func:`scrm_helpers.value.purchases.purchase_history`.

    Returns
    -------
    Rows
        Without any customer the arrays are empty; who fits a model asks :attr:`Rows.n` first.

    Raises
    ------
    ValueError
        When a value is missing, negative or infinite, a frequency is no whole number, a recency exceeds its age, or
        the recency of a customer without repeat purchases is not zero.

    Examples
    --------
    >>> rows = collapse(pd.DataFrame({"frequency": [1, 1, 0], "recency": [2.0, 2, 0], "age": [4.0, 4, 4]}))
    >>> rows.weight.tolist()
    [1.0, 2.0]
    """
    x, t_x, age = (history[name].to_numpy(float) for name in ("frequency", "recency", "age"))
    _check(x, t_x, age)
    codes, levels = zip(*(pd.factorize(values, sort=True) for values in (x, t_x, age)), strict=True)
    key = (codes[0].astype(np.int64) * len(levels[1]) + codes[1]) * len(levels[2]) + codes[2]
    key.sort()
    new = np.flatnonzero(np.diff(key, prepend=key[:1] - 1))
    weight = np.diff(np.append(new, len(key))).astype(float)
    key = key[new]
    rest, last = np.divmod(key, len(levels[2]))
    first, middle = np.divmod(rest, len(levels[1]))
    return Rows(levels[0][first], levels[1][middle], levels[2][last], weight)


def _check(x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> None:
    problems = {
        "frequency, recency or age is missing or infinite": ~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(age)),
        "frequency is negative or no whole number": (x < 0) | (x != np.floor(x)),
        "recency is negative or exceeds the age": (t_x < 0) | (t_x > age * (1 + 1e-9) + 1e-12),
        "recency is not zero although there is no repeat purchase": (x == 0) & (t_x != 0),
    }
    for problem, where in problems.items():
        if where.any():
            raise ValueError(
                f"{int(where.sum()):,} of {len(x):,} customers: {problem}. The model would answer with a silent "
                "error. Make the history with purchase_history, or correct these rows."
            )
