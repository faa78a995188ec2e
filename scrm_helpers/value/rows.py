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
    columns = [history[name].to_numpy(float) for name in ("frequency", "recency", "age")]
    codes, levels = zip(*(pd.factorize(values, sort=True) for values in columns), strict=True)
    key = codes[0].astype(np.int64)
    for code, level in zip(codes[1:], levels[1:], strict=True):
        key *= len(level)
        key += code
    absent = np.minimum.reduce([code.min(initial=0) for code in codes]) < 0
    if absent:
        _refuse("frequency, recency or age is missing", sum((code < 0) for code in codes) > 0)
    key.sort()
    new = np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    first_of = np.flatnonzero(new)
    weight = np.diff(np.append(first_of, len(key))).astype(float)
    rest, last = np.divmod(key[first_of], len(levels[2]) or 1)
    first, middle = np.divmod(rest, len(levels[1]) or 1)
    rows = Rows(levels[0][first], levels[1][middle], levels[2][last], weight)
    _check(rows)
    return rows


def _check(rows: Rows) -> None:
    x, t_x, age = rows.x, rows.t_x, rows.T
    problems = {
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
    raise ValueError(
        f"{each[where].sum():,.0f} of {each.sum():,.0f} customers: {problem}. The model would answer with a silent "
        "error. Make the history with purchase_history, or correct these rows."
    )
