"""Intervals that hold what they promise, also for small groups and for shares near 0 and 1."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from scrm_helpers.stats.fits import Estimate

ROUNDING = 1e-9  # parts of one sum may differ from it by the last bits, which is no reason to stop


def normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile of a confidence level."""
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share."""
    if not 0 <= successes <= max(n, 0) * (1 + ROUNDING):
        raise ValueError(f"{successes} successes in {n} trials: successes must lie between 0 and the trials.")
    if n == 0:
        return math.nan, math.nan
    z2 = normal_quantile(level) ** 2
    share = min(successes / n, 1.0)
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    low = 0.0 if share == 0 else max(centre - half, 0.0)
    high = 1.0 if share == 1 else min(centre + half, 1.0)
    return low, high


def share_estimate(successes: int, n: int, level: float = 0.95, nobody: str = "nobody answered") -> Estimate:
    """Return a share with its score interval; `nobody` says why there is none of nothing."""
    if n == 0:
        return Estimate(level=level, reason=nobody)
    low, high = wilson(successes, n, level)
    return Estimate(value=successes / n, low=low, high=high, level=level, n=n)


def design_effect(values: ArrayLike, *clusters: ArrayLike) -> tuple[float, int]:
    """Return how many times larger clusters make the variance of a mean, and how many there are; at most two kinds."""
    # Two kinds that cross, such as authors and threads, count by Cameron, Gelbach and Miller (2011)
    gap = np.asarray(values, float)
    gap = gap - gap.mean()
    kinds = [np.unique(np.asarray(kind), return_inverse=True)[1] for kind in clusters]
    if len(kinds) == 2:
        both = kinds[0].astype(np.int64) * (kinds[1].max(initial=0) + 1) + kinds[1]
        kinds.append(np.unique(both, return_inverse=True)[1])
    number, alone, total = [int(kind.max()) + 1 for kind in kinds], float((gap**2).sum()), 0.0
    for sign, kind, n in zip((1, 1, -1), kinds, number, strict=False):
        total += sign * float((np.bincount(kind, gap) ** 2).sum()) * n / max(n - 1, 1)
    effect = total / alone if alone else len(gap) / min(number)
    return max(effect, 1.0), min(number)


def clustered_share(hits: ArrayLike, *clusters: ArrayLike, level: float = 0.95) -> Estimate:
    """Return a share with the score interval of as many independent rows as tell as much as these, row by cluster."""
    # Messages of one author are alike; few clusters know their spread badly, as in Student's t (Korn and Graubard
    # 1998).
    from scipy.special import stdtrit

    yes = np.asarray(hits, float)
    n = len(yes)
    if n == 0:
        return Estimate(level=level, reason="there is nothing of which a share could be taken")
    effect, groups = design_effect(yes, *clusters)
    size = n / effect
    if groups > 1:
        size *= (normal_quantile(level) / float(stdtrit(groups - 1, (1 + level) / 2))) ** 2
    low, high = wilson(float(yes.mean()) * size, size, level)
    return Estimate(value=float(yes.mean()), low=low, high=high, level=level, n=n)


def fisher_interval(estimate: float, error: float, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a coefficient between -1 and 1 on Fisher's scale, where its error is steadier."""
    if abs(estimate) >= 1:
        return estimate, estimate
    half = normal_quantile(level) * error / (1 - estimate**2)
    low, high = np.tanh(np.arctanh(estimate) + np.array([-half, half])).tolist()
    return low, high


def adjusted_interval(promoters: float, detractors: float, n: float, level: float = 0.95) -> Estimate:
    """Return a net score with its adjusted Wald interval, the one the kit shows."""
    if n == 0:
        return Estimate(level=level, reason="nobody answered")
    size = n + 3
    p, d = (promoters + 0.75) / size, (detractors + 0.75) / size
    half = normal_quantile(level) * math.sqrt(max(p + d - (p - d) ** 2, 0.0) / size)
    low, high = max(p - d - half, -1.0), min(p - d + half, 1.0)
    return Estimate(value=(promoters - detractors) / n, low=low, high=high, level=level, n=int(n))


def kish_effect(weights: ArrayLike) -> float:
    """Return Kish's design effect of unequal weights: how many times larger the variance is."""
    w = np.asarray(weights, float)
    if not len(w) or np.any(~(w > 0)):
        raise ValueError("Weights must be above zero, one for each answer.")
    return float(len(w) * (w**2).sum() / w.sum() ** 2)


def answers_needed(margin: float, variance: float = 1.0, level: float = 0.95) -> int:
    """Return how many answers a margin of error needs."""
    return math.ceil(normal_quantile(level) ** 2 * variance / margin**2)


def detectable_change(n: float, variance: float = 1.0, level: float = 0.95, power: float = 0.8) -> float:
    """Return the smallest change between two waves of `n` answers each that would be noticed."""
    return (normal_quantile(level) + NormalDist().inv_cdf(power)) * math.sqrt(2 * variance / n)
