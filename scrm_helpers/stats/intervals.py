"""Intervals that hold what they promise, also for small groups and for shares near 0 and 1."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

ROUNDING = 1e-9  # parts of one sum may differ from it by the last bits, which is no reason to stop


class Interval(NamedTuple):
    """Low and high end of an interval."""

    low: float
    high: float


def normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile of a confidence level.

    Parameters
    ----------
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        When the level does not lie between 0 and 1.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if not 0 < level < 1:
        raise ValueError(f"The confidence level is {level}; it must lie between 0 and 1, such as 0.95.")
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """Return the score interval of a share.

    Parameters
    ----------
    successes, n : float
        Count of successes and of trials.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Interval
        Low and high share, 0-1; NaN where there were no trials.

    Raises
    ------
    ValueError
        When there are more successes than trials, or negative counts.

    Notes
    -----
    Wilson (1927), Journal of the American Statistical Association 22(158). Unlike the textbook interval it stays
    inside 0-1 and does not collapse at 0 successes.

    Examples
    --------
    >>> low, high = wilson(0, 5)
    >>> low, round(high, 3)
    (0.0, 0.434)
    """
    if not 0 <= successes <= max(n, 0) * (1 + ROUNDING):
        raise ValueError(f"{successes} successes in {n} trials: successes must lie between 0 and the trials.")
    if n == 0:
        return Interval(math.nan, math.nan)
    z2 = normal_quantile(level) ** 2
    share = min(successes / n, 1.0)
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    low = 0.0 if share == 0 else max(centre - half, 0.0)
    high = 1.0 if share == 1 else min(centre + half, 1.0)
    return Interval(low, high)


def adjusted_wald(promoters: float, detractors: float, n: float, level: float = 0.95) -> tuple[float, Interval]:
    """Return the adjusted estimate and interval of promoters minus detractors, as shares.

    Parameters
    ----------
    promoters, detractors, n : float
        Counts of promoters, of detractors and of all answers.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    centre : float
        Centre of the interval: three answers are added, three quarters of one to promoters and to detractors.
    interval : Interval
        Low and high end, cut to -1 and 1; NaN where there are no answers.

    Raises
    ------
    ValueError
        When counts are negative or promoters and detractors together exceed all answers.

    Notes
    -----
    Rocks (2016), The American Statistician 70(4): ``(p - d) +- z sqrt((p + d - (p - d)^2) / n)`` with the adjusted
    counts. The plain interval covers only 55 % at ten answers of which nine are promoters.

    Examples
    --------
    >>> centre, (low, high) = adjusted_wald(50, 20, 100)
    >>> [round(number, 4) for number in (centre, low, high)]
    [0.2913, 0.1405, 0.442]
    """
    if min(promoters, detractors) < 0 or promoters + detractors > n * (1 + ROUNDING):
        raise ValueError(f"{promoters} promoters and {detractors} detractors do not fit {n} answers.")
    if n == 0:
        return math.nan, Interval(math.nan, math.nan)
    size = n + 3
    p, d = (promoters + 0.75) / size, (detractors + 0.75) / size
    centre = p - d
    half = normal_quantile(level) * math.sqrt(max(p + d - centre**2, 0.0) / size)
    return centre, Interval(max(centre - half, -1.0), min(centre + half, 1.0))


def fisher_interval(estimate: float, error: float, level: float = 0.95) -> Interval:
    """Return the interval of a coefficient between -1 and 1 on Fisher's scale, where its error is steadier.

    Parameters
    ----------
    estimate, error : float
        A coefficient and its standard error.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Interval
        Inside -1 and 1; the estimate itself where it is -1 or 1.

    Notes
    -----
    ``tanh(atanh(r) +- z error / (1 - r^2))``.

    Examples
    --------
    >>> low, high = fisher_interval(0.0, 0.1)
    >>> round(low, 4), round(high, 4)
    (-0.1935, 0.1935)
    """
    if abs(estimate) >= 1:
        return Interval(estimate, estimate)
    half = normal_quantile(level) * error / (1 - estimate**2)
    return Interval(*np.tanh(np.arctanh(estimate) + np.array([-half, half])).tolist())
