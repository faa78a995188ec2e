"""An estimate with its interval, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate with its interval, or the reason why there is none."""

    value: float | None  # the estimate in its own unit
    low: float | None  # ends of the interval; ``None`` when they cannot be given
    high: float | None  # ends of the interval; ``None`` when they cannot be given
    level: float = 0.95  # confidence level, 0-1
    n: int = 0  # rows (or clusters) that the interval rests on
    reason: str = ""  # why an end is missing, in words

    def excludes(self, value: float) -> bool:
        """Whether the interval exists and `value` lies outside it."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high

    def times(self, factor: float) -> Estimate:
        """Return the interval in another unit: every number multiplied by a positive `factor`."""
        value, low, high = (None if end is None else end * factor for end in (self.value, self.low, self.high))
        return Estimate(value=value, low=low, high=high, level=self.level, n=self.n, reason=self.reason)


def difference(first: Estimate, second: Estimate, correlation: float = 0.0) -> Estimate:
    """Return second minus first, with an interval built from the two intervals."""
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
