"""Association of ordered answers with anything that can be ordered, ties and all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scrm_helpers.stats.intervals import Interval, fisher_interval

CELL_LIMIT = 50_000_000  # cells of the cross table held at once: 400 MB


@dataclass(frozen=True)
class RankAssociation:
    """A rank coefficient with its interval.

    Parameters
    ----------
    estimate, error : float
        The coefficient and its standard error; NaN when it is undefined.
    interval : Interval
        At the level asked for.
    n : int
        Pairs of observations used.
    reason : str
        Why the coefficient is undefined; empty when it is defined.
    """

    estimate: float
    error: float
    interval: Interval
    n: int
    reason: str = ""


def somers_d(outcome: np.ndarray, given: np.ndarray, level: float = 0.95) -> RankAssociation:
    """Return Somers' D of an outcome given an ordered answer.

    Parameters
    ----------
    outcome, given : array-like of shape (n,)
        Numbers or booleans; pairs tied on `given` are left out of the comparison.
    level : float
        Confidence level of the interval, 0-1.

    Returns
    -------
    RankAssociation
        Between -1 and 1: the chance that the higher answer goes with the higher outcome, minus that of the lower.

    Raises
    ------
    ValueError
        When the lengths differ or a value is missing.

    Notes
    -----
    ``D = (C - D) / (n0 - T_given)``; Somers (1962). The error is that of Goodman and Kruskal (1972), from the sums of
    each observation over all others, which one pass over the sorted cross table gives. With a binary outcome,
    ``D(answer given outcome) = 2 AUC - 1``.

    Examples
    --------
    >>> satisfaction, income = np.repeat([0, 1, 2, 3], 4), np.tile([0, 1, 2, 3], 4)
    >>> table = [1, 3, 10, 6, 2, 3, 10, 7, 1, 6, 14, 12, 0, 1, 9, 11]  # Agresti: income by job satisfaction
    >>> round(somers_d(np.repeat(income, table), np.repeat(satisfaction, table)).estimate, 6)
    0.141723
    """
    table = _cross_table(given, outcome)
    n = int(table.sum())
    undefined = Interval(float("nan"), float("nan"))
    if table.shape[0] < 2 or table.shape[1] < 2:
        which = "answer" if table.shape[0] < 2 else "outcome"
        return RankAssociation(float("nan"), float("nan"), undefined, n, f"undefined: no variation in the {which}")
    net = _concordant_minus_discordant(table)
    untied = n - table.sum(axis=1)
    weight = float((table.sum(axis=1) * untied).sum())
    estimate = float((table * net).sum()) / weight
    spread = float((table * (net - estimate * untied[:, None]) ** 2).sum())
    error = 2 * float(np.sqrt(spread)) / weight
    return RankAssociation(estimate, error, fisher_interval(estimate, error, level), n)


def auc(outcome: np.ndarray, score: np.ndarray, level: float = 0.95) -> RankAssociation:
    """Return the area under the curve: how often somebody with the outcome scored higher than somebody without.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        Booleans.
    score : array-like of shape (n,)
        What is to tell them apart.
    level : float
        Confidence level of the interval, 0-1.

    Returns
    -------
    RankAssociation
        Between 0 and 1; 0.5 is a coin.

    Notes
    -----
    ``AUC = (1 + D(score given outcome)) / 2``.

    Examples
    --------
    >>> auc(np.array([False, False, True, True]), np.array([1, 2, 2, 3])).estimate
    0.875
    """
    both = somers_d(score, np.asarray(outcome, dtype=bool), level)
    ends = Interval((1 + both.interval.low) / 2, (1 + both.interval.high) / 2)
    swapped = {"undefined: no variation in the answer": "undefined: everybody has the same outcome"}
    reason = swapped.get(both.reason, both.reason.replace("outcome", "score"))
    return RankAssociation((1 + both.estimate) / 2, both.error / 2, ends, both.n, reason)


def _cross_table(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    first, second = np.asarray(rows), np.asarray(columns)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"Two lists of equal length are needed, not {first.shape} and {second.shape}.")
    if any(np.issubdtype(one.dtype, np.floating) and np.isnan(one).any() for one in (first, second)):
        raise ValueError("A missing value has no rank: leave the pair out before, and say how many.")
    row_names, row_codes = np.unique(first, return_inverse=True)
    column_names, column_codes = np.unique(second, return_inverse=True)
    cells = len(row_names) * len(column_names)
    if cells > CELL_LIMIT:
        raise ValueError(
            f"{len(row_names):,} by {len(column_names):,} different values are too many for a cross table: "
            "one of the two must be an answer on a scale, or be put into classes."
        )
    table = np.bincount(row_codes * len(column_names) + column_codes, minlength=cells).astype(float)
    return table.reshape(len(row_names), len(column_names))


def _concordant_minus_discordant(table: np.ndarray) -> np.ndarray:
    """Return for each cell how many observations lie on its rising diagonal minus those on its falling one."""
    below = np.zeros((table.shape[0] + 1, table.shape[1] + 1))
    below[1:, 1:] = table.cumsum(axis=0).cumsum(axis=1)
    total, all_columns, all_rows = below[-1, -1], below[:, -1], below[-1, :]
    lower_left, upper_right = below[:-1, :-1], below[1:, 1:]
    up_to_row, up_to_column = all_columns[1:, None], all_rows[None, 1:]
    before_row, before_column = all_columns[:-1, None], all_rows[None, :-1]
    both_higher = total - up_to_row - up_to_column + upper_right
    higher_row_lower_column = before_column - below[1:, :-1]
    lower_row_higher_column = before_row - below[:-1, 1:]
    return lower_left + both_higher - higher_row_lower_column - lower_row_higher_column
