"""Intervals, sample sizes and detectable changes of a net score: promoters minus detractors."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.intervals import adjusted_wald, normal_quantile
from scrm_helpers.stats.resample import cluster_tables, percentile


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


def score_interval(promoters: float, detractors: float, n: float, level: float = 0.95) -> Estimate:
    """Return a Net Promoter Score with its score interval: all values that a score test would not reject.

    Parameters
    ----------
    promoters, detractors, n : float
        Counts of promoters, of detractors and of all answers.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        On the scale -1 to 1.

    Notes
    -----
    Tango (1998), *Statistics in Medicine* 17, 891-908, for a difference of two shares of one sample: the variance
    is the constrained maximum-likelihood one at the tested value.

    Examples
    --------
    >>> score = score_interval(50, 20, 100)
    >>> round(score.low, 4), round(score.high, 4)
    (0.1396, 0.4434)
    """
    from scipy.optimize import brentq

    if n == 0:
        return Estimate(value=None, low=None, high=None, level=level, reason="nobody answered")
    z, estimate = normal_quantile(level), (promoters - detractors) / n

    def distance(theta: float) -> float:
        linear = (2 * n - promoters + detractors) * theta - promoters - detractors
        constant = -detractors * theta * (1 - theta)
        share = (np.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
        variance = max(n * (2 * share + theta * (1 - theta)), 0.0)
        gap = promoters - detractors - n * theta
        return float(gap**2 - z**2 * variance)

    edge = 1 - 1e-12
    low = -1.0 if estimate <= -edge or distance(-edge) <= 0 else brentq(distance, -edge, estimate)
    high = 1.0 if estimate >= edge or distance(edge) <= 0 else brentq(distance, estimate, edge)
    return Estimate(value=estimate, low=float(low), high=float(high), level=level, n=int(n))


def bootstrap_interval(
    promoters: int, detractors: int, n: int, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> Estimate:
    """Return a net score with its percentile bootstrap interval.

    Parameters
    ----------
    promoters, detractors, n : int
        Counts of promoters, of detractors and of all answers.
    level : float
        Confidence level, 0-1.
    draws : int
        Bootstrap samples.
    seed : int
        Seed of the draws.

    Returns
    -------
    Estimate
        On the scale -1 to 1; without ends where all answers are of one kind, because nothing varies.

    Examples
    --------
    >>> found = bootstrap_interval(500, 200, 1000, seed=1)
    >>> abs(found.low - 0.25) < 0.01, abs(found.high - 0.35) < 0.01
    (True, True)
    """
    if n == 0:
        return Estimate(value=None, low=None, high=None, level=level, reason="nobody answered")
    value = (promoters - detractors) / n
    if max(promoters, detractors, n - promoters - detractors) == n:
        reason = "undefined: no variation, all answers are of one kind"
        return Estimate(value=value, low=None, high=None, level=level, n=n, reason=reason)
    kinds = np.repeat([0, 1, 2], [detractors, n - promoters - detractors, promoters])
    tables = cluster_tables(kinds, None, 3, draws, seed)
    ends = percentile((tables[:, 2] - tables[:, 0]) / n, level)
    low, high = ends if ends else (None, None)
    return Estimate(value=value, low=low, high=high, level=level, n=n)


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
