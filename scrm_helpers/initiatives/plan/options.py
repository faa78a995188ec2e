"""The worth of being allowed to go on later: flexibility as an option, and risk adjustment as Forrester does it.

Use an option value or a risk premium for one uncertainty, never both.
"""

from __future__ import annotations

import math

import numpy as np

from scrm_helpers.initiatives.refused import InitiativeRefused


def _checked(value: float, cost: float, volatility: float, years: float) -> None:
    if not (value > 0 and cost > 0 and volatility > 0 and years > 0):
        raise InitiativeRefused(
            "An option needs a value, a cost, a volatility and a time above zero. Without uncertainty or time there is "
            "nothing to wait for: compare value and cost directly."
        )


def expansion_option(value: float, cost: float, rate: float, volatility: float, years: float) -> float:
    """Worth of the right to expand later at a fixed cost (Black and Scholes 1973).

    Parameters
    ----------
    value : float
        Present value of what the expansion would bring.
    cost : float
        Cost of expanding, paid at the end of the time.
    rate : float
        Continuous rate per year.
    volatility : float
        Standard deviation of the yearly growth of the value.
    years : float
        Time until the decision.

    Returns
    -------
    float

    Raises
    ------
    InitiativeRefused
        When value, cost, volatility or time is not above zero.

    Notes
    -----
    Nobody knows the volatility of an initiative: use it as a check of :func:`early_look.wait_or_decide`, which a
    reader can follow.

    Examples
    --------
    >>> round(expansion_option(100, 100, 0.05, 0.2, 1), 6)
    10.450584
    """
    _checked(value, cost, volatility, years)
    spread = volatility * math.sqrt(years)
    upper = (math.log(value / cost) + (rate + volatility**2 / 2) * years) / spread
    return value * _normal(upper) - cost * math.exp(-rate * years) * _normal(upper - spread)


def expansion_tree(value: float, cost: float, rate: float, volatility: float, years: float, steps: int) -> float:
    """Worth of the same right on a tree that can be drawn (Cox, Ross and Rubinstein 1979).

    Examples
    --------
    >>> round(expansion_tree(100, 100, 0.05, 0.2, 1, steps=50), 6)
    10.410692
    """
    _checked(value, cost, volatility, years)
    step = years / steps
    up = math.exp(volatility * math.sqrt(step))
    chance = (math.exp(rate * step) - 1 / up) / (up - 1 / up)
    worth = np.maximum(value * up ** np.arange(-steps, steps + 1, 2.0) - cost, 0)
    for _ in range(steps):
        worth = math.exp(-rate * step) * (chance * worth[1:] + (1 - chance) * worth[:-1])
    return float(worth[0])


def triangular_mean(low: float, likely: float, high: float) -> float:
    """Risk-adjusted amount of a triangular distribution: the mean of low, likely and high.

    Examples
    --------
    >>> round(triangular_mean(80, 100, 110), 4)
    96.6667
    """
    if not low <= likely <= high:
        raise InitiativeRefused(f"The amounts {low:g}, {likely:g}, {high:g} are not in the order low, likely, high.")
    return (low + likely + high) / 3


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))
