"""Which initiatives to fund under a budget: all sets tried, or integer programming; with floors."""

from __future__ import annotations

import math

import numpy as np

from scrm_helpers.initiatives.refused import InitiativeRefused

ENUMERATE_UP_TO = 20


def best_set(
    expected: np.ndarray,
    cost: np.ndarray,
    budget: float,
    *,
    quick: np.ndarray | None = None,
    min_short: float = 0.0,
    npv: np.ndarray | None = None,
    cvar_floor: float = -math.inf,
) -> np.ndarray:
    """Choose the affordable set with the highest expected net value.

    Parameters
    ----------
    expected, cost : numpy.ndarray, shape (initiatives,)
        Expected net value and cost.
    budget : float
        Most that may be spent.
    quick : numpy.ndarray, optional
        Whether each initiative is likely to pay back within four quarters.
    min_short : float
        Least share of the spend that must go to quick ones: balance short term with long.
    npv : numpy.ndarray, shape (draws, initiatives), optional
        Draws, needed for `cvar_floor`.
    cvar_floor : float
        Least mean net value in the worst five of a hundred futures.

    Returns
    -------
    numpy.ndarray of bool, shape (initiatives,)

    Raises
    ------
    InitiativeRefused
        When no set meets the conditions.

    Notes
    -----
    All sets are tried up to 20 initiatives; above, integer programming. A floor on the worst futures is not linear:
    above 20 initiatives it is met by dropping, one by one, the initiative that lowers it most per unit of expected
    value.

    Examples
    --------
    >>> best_set(np.array([60.0, 100.0, 120.0]), np.array([10.0, 20.0, 30.0]), 50.0).tolist()
    [False, True, True]
    """
    fast = np.zeros(len(expected), dtype=bool) if quick is None else np.asarray(quick, dtype=bool)
    slack = cost * (min_short - fast)  # sum over the set must not exceed 0
    if len(expected) <= ENUMERATE_UP_TO:
        return _enumerated(expected, cost, budget, slack, npv, cvar_floor)
    chosen = programmed(expected, cost, budget, slack)
    while npv is not None and chosen.any() and worst_mean(npv[:, chosen].sum(axis=1)) < cvar_floor:
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
    expected: np.ndarray, cost: np.ndarray, budget: float, slack: np.ndarray, npv: np.ndarray | None, floor: float
) -> np.ndarray:
    count = len(expected)
    sets = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1
    allowed = (sets @ cost <= budget * (1 + 1e-9)) & (sets @ slack <= 1e-9 * max(budget, 1.0))
    order = np.argsort(-(sets[allowed] @ expected), kind="stable")
    for chosen in sets[allowed][order]:
        if npv is None or not chosen.any() or worst_mean(npv[:, chosen].sum(axis=1)) >= floor:
            return chosen
    raise InitiativeRefused("No set of initiatives meets these conditions. Raise the budget or lower the floors.")


def programmed(expected: np.ndarray, cost: np.ndarray, budget: float, slack: np.ndarray) -> np.ndarray:
    """Choose by integer programming; `slack` summed over the set must not exceed zero."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = max(float(np.abs(cost).max()), budget, 1e-12)  # the solver's tolerances are absolute
    worth = max(float(np.abs(expected).max()), 1e-12)
    found = milp(
        -expected / worth,
        integrality=np.ones(len(expected)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.vstack([cost, slack]) / size, ub=np.array([budget / size, 0.0])),
    )
    if found.x is None:
        raise InitiativeRefused("No set of initiatives meets these conditions. Raise the budget or lower the floors.")
    return found.x > 0.5
