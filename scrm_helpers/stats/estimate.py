"""An estimate with its interval, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate with its interval, or the reason why there is none.

    Parameters
    ----------
    value : float or None
        The estimate in its own unit.
    low, high : float or None
        Ends of the interval; ``None`` when they cannot be given.
    level : float
        Confidence level, 0-1.
    n : int
        Rows (or clusters) that the interval rests on.
    reason : str
        Why an end is missing, in words.

    Examples
    --------
    >>> Estimate(value=0.2, low=0.1, high=0.3, n=50).excludes(0.0)
    True
    """

    value: float | None
    low: float | None
    high: float | None
    level: float = 0.95
    n: int = 0
    reason: str = ""

    def excludes(self, value: float) -> bool:
        """Whether the interval exists and `value` lies outside it."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high

    def times(self, factor: float) -> Estimate:
        """Return the interval in another unit: every number multiplied by a positive `factor`."""
        value, low, high = (None if end is None else end * factor for end in (self.value, self.low, self.high))
        return Estimate(value=value, low=low, high=high, level=self.level, n=self.n, reason=self.reason)


def difference(first: Estimate, second: Estimate, correlation: float = 0.0) -> Estimate:
    """Return second minus first, with an interval built from the two intervals.

    Parameters
    ----------
    first, second : Estimate
        Estimates at one level, in one unit.
    correlation : float
        Correlation of the two estimates (0 for separate samples).

    Returns
    -------
    Estimate

    Notes
    -----
    Method of variance estimates recovery: Zou and Donner (2008), *Statistics in Medicine* 27, 1693-1702.

    Examples
    --------
    >>> from scrm_helpers.stats.intervals import wilson
    >>> before, after = (
    ...     Estimate(value=k / n, low=wilson(k, n).low, high=wilson(k, n).high) for k, n in ((56, 70), (48, 80))
    ... )
    >>> change = difference(before, after)  # Newcombe (1998), method 10: 0.0524 to 0.3339
    >>> round(change.value, 2), round(change.low, 4), round(change.high, 4)
    (-0.2, -0.3339, -0.0524)
    """
    ends = (first.value, first.low, first.high, second.value, second.low, second.high)
    n = min(first.n, second.n)
    if any(end is None for end in ends):
        reason = first.reason or second.reason or "one of the two numbers is missing"
        return Estimate(value=None, low=None, high=None, level=first.level, n=n, reason=reason)
    d1, l1, u1, d2, l2, u2 = (float(end) for end in ends if end is not None)
    below = (d2 - l2) ** 2 + (u1 - d1) ** 2 - 2 * correlation * (d2 - l2) * (u1 - d1)
    above = (u2 - d2) ** 2 + (d1 - l1) ** 2 - 2 * correlation * (u2 - d2) * (d1 - l1)
    gap = d2 - d1
    return Estimate(
        value=gap,
        low=gap - float(np.sqrt(max(below, 0.0))),
        high=gap + float(np.sqrt(max(above, 0.0))),
        level=first.level,
        n=n,
    )
