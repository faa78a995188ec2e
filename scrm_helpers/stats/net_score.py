"""Intervals, sample sizes and detectable changes of a net score: promoters minus detractors."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.intervals import adjusted_wald, normal_quantile


def adjusted_interval(promoters: float, detractors: float, n: float, level: float = 0.95) -> Estimate:
    """Return a net score with its adjusted Wald interval, the one the kit shows."""
    if n == 0:
        return Estimate(value=None, low=None, high=None, level=level, reason="nobody answered")
    low, high = adjusted_wald(promoters, detractors, n, level)[1]
    return Estimate(value=(promoters - detractors) / n, low=low, high=high, level=level, n=int(n))


def kish_effect(weights: ArrayLike) -> float:
    """Return Kish's design effect of unequal weights: how many times larger the variance is."""
    w = np.asarray(weights, float)
    if not len(w) or np.any(~(w > 0)):
        raise ValueError("Weights must be above zero, one for each answer.")
    return float(len(w) * (w**2).sum() / w.sum() ** 2)


def answers_needed(margin: float, variance: float = 1.0, level: float = 0.95) -> int:
    """Return how many answers a margin of error needs."""
    if margin <= 0 or not 0 < variance <= 1:
        raise ValueError("A margin must be above 0, and the variance of a net score lies between 0 and 1.")
    return math.ceil(normal_quantile(level) ** 2 * variance / margin**2)


def detectable_change(n: float, variance: float = 1.0, level: float = 0.95, power: float = 0.8) -> float:
    """Return the smallest change between two waves of `n` answers each that would be noticed."""
    return (normal_quantile(level) + NormalDist().inv_cdf(power)) * math.sqrt(2 * variance / n)
