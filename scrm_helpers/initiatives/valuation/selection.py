"""Which initiatives to fund under a budget: all sets tried, or integer programming; with floors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scrm_helpers.answers.refusal import Refusal

ENUMERATE_UP_TO = 20


@dataclass(frozen=True)
class Conditions:
    """What a set of initiatives must meet besides the budget; by default nothing.

    Parameters
    ----------
    min_short, min_long : float
        Least share of the spend on initiatives that are likely to pay back within four quarters, and least share on
        those that are not: balance short term with long.
    cash_floor : float
        Least cumulative net cash in any quarter (a negative number is what may be advanced).
    cvar_floor : float
        Least mean net value in the worst five of a hundred futures.
    """

    min_short: float = 0.0
    min_long: float = 0.0
    cash_floor: float = -math.inf
    cvar_floor: float = -math.inf


NOTHING = Conditions()


def best_set(
    expected: np.ndarray,
    cost: np.ndarray,
    budget: float,
    conditions: Conditions = NOTHING,
    *,
    quick: np.ndarray | None = None,
    cash: np.ndarray | None = None,
    npv: np.ndarray | None = None,
) -> np.ndarray:
    """Choose the affordable set with the highest expected net value."""
    fast = np.zeros(len(expected), dtype=bool) if quick is None else np.asarray(quick, dtype=bool)
    rows, limits = (
        [cost, cost * (conditions.min_short - fast), cost * (conditions.min_long - ~fast)],
        [budget, 0.0, 0.0],
    )
    if cash is not None and math.isfinite(conditions.cash_floor):
        rows, limits = [*rows, *-cash], [*limits, *[-conditions.cash_floor] * len(cash)]
    table, bound = np.vstack(rows), np.array(limits)
    if len(expected) <= ENUMERATE_UP_TO:
        return _enumerated(expected, table, bound, npv, conditions.cvar_floor)
    chosen = programmed(expected, table, bound)
    while npv is not None and chosen.any() and worst_mean(npv[:, chosen].sum(axis=1)) < conditions.cvar_floor:
        tail = npv[:, chosen].sum(axis=1).argsort()[: max(1, len(npv) // 20)]
        harm = npv[tail].mean(axis=0) / np.maximum(expected, 1e-9)
        chosen[np.flatnonzero(chosen)[harm[chosen].argmin()]] = False
    return chosen


def worst_mean(values: np.ndarray, share: float = 0.05) -> float:
    """Mean of the worst `share` of the draws (CVaR).

    >>> worst_mean(np.arange(100.0))
    2.0
    """
    return float(np.sort(values)[: max(1, int(len(values) * share))].mean())


def _enumerated(
    expected: np.ndarray, rows: np.ndarray, limits: np.ndarray, npv: np.ndarray | None, floor: float
) -> np.ndarray:
    sets = (np.arange(2 ** len(expected))[:, None] >> np.arange(len(expected))) & 1 == 1
    slack = 1e-9 * np.maximum(np.abs(rows).max(axis=1), np.abs(limits))
    allowed = (sets @ rows.T <= limits + slack).all(axis=1)
    order = np.argsort(-(sets[allowed] @ expected), kind="stable")
    for chosen in sets[allowed][order]:
        if npv is None or not chosen.any() or worst_mean(npv[:, chosen].sum(axis=1)) >= floor:
            return chosen
    raise Refusal("No set of initiatives meets these conditions. Raise the budget or lower the floors.")


def programmed(expected: np.ndarray, rows: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Choose by integer programming; each of `rows` summed over the set must not exceed its limit."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = np.maximum(np.abs(rows).max(axis=1), 1e-12)  # the solver's tolerances are absolute
    found = milp(
        -expected / max(float(np.abs(expected).max()), 1e-12),
        integrality=np.ones(len(expected)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows / size[:, None], ub=limits / size),
    )
    if found.x is None:
        raise Refusal("No set of initiatives meets these conditions. Raise the budget or lower the floors.")
    return found.x > 0.5
