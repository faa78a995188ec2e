"""Intervals, sample sizes and detectable changes of a net score: promoters minus detractors."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.intervals import adjusted_wald, normal_quantile


def adjusted_interval(promoters: float, detractors: float, n: float, level: float = 0.95) -> Estimate:
    """Return a net score with its adjusted Wald interval, the one the kit shows.

    Parameters
    ----------
    promoters, detractors, n : float
        Counts of promoters, of detractors and of all answers; effective (weighted) counts are allowed.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Estimate
        On the scale -1 to 1; the estimate is the plain score.

    Examples
    --------
    >>> found = adjusted_interval(50, 20, 100)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.3, 0.1405, 0.442)
    """
    if n == 0:
        return Estimate(value=None, low=None, high=None, level=level, reason="nobody answered")
    low, high = adjusted_wald(promoters, detractors, n, level)[1]
    return Estimate(value=(promoters - detractors) / n, low=low, high=high, level=level, n=int(n))


def kish_effect(weights: ArrayLike) -> float:
    """Return Kish's design effect of unequal weights: how many times larger the variance is.

    Parameters
    ----------
    weights : array_like of shape (n,)
        One weight above zero per answer.

    Returns
    -------
    float
        At least 1.

    Raises
    ------
    ValueError
        When a weight is not positive.

    Notes
    -----
    ``1 + cv(w)^2 = n sum(w^2) / sum(w)^2``; the effective number of answers is n divided by it.

    Examples
    --------
    >>> kish_effect([1, 1, 1, 3])
    1.3333333333333333
    """
    w = np.asarray(weights, float)
    if not len(w) or np.any(~(w > 0)):
        raise ValueError("Weights must be above zero, one for each answer.")
    return float(len(w) * (w**2).sum() / w.sum() ** 2)


def answers_needed(margin: float, variance: float = 1.0, level: float = 0.95) -> int:
    """Return how many answers a margin of error needs.

    Parameters
    ----------
    margin : float
        Half width of the interval on the scale -1 to 1 (0.05 is five points).
    variance : float
        ``p + d - (p - d)^2``; 1 is the worst case, 0.6 is typical.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    int

    Examples
    --------
    >>> answers_needed(0.05), answers_needed(0.05, 0.6)
    (1537, 922)
    """
    if margin <= 0 or not 0 < variance <= 1:
        raise ValueError("A margin must be above 0, and the variance of a net score lies between 0 and 1.")
    return math.ceil(normal_quantile(level) ** 2 * variance / margin**2)


def detectable_change(n: float, variance: float = 1.0, level: float = 0.95, power: float = 0.8) -> float:
    """Return the smallest change between two waves of `n` answers each that would be noticed.

    Parameters
    ----------
    n : float
        Answers per wave.
    variance : float
        ``p + d - (p - d)^2`` of an answer.
    level : float
        Confidence level of the comparison, 0-1.
    power : float
        Chance of noticing, 0-1.

    Returns
    -------
    float
        On the scale of the score, -1 to 1.

    Notes
    -----
    ``(z_level + z_power) sqrt(2 variance / n)``.

    Examples
    --------
    >>> round(100 * detectable_change(500, 0.6), 1)  # points
    13.7
    """
    return (normal_quantile(level) + NormalDist().inv_cdf(power)) * math.sqrt(2 * variance / n)
