"""Sizes that stand apart: how far above the rest the largest values of a column lie, beside its own tail."""

from __future__ import annotations

import numpy as np

FEWEST = 12
_MOST_APART = 50
_TAIL = (5, 50)
_CHANCE = 1e-4  # of a step this long in a Pareto tail, whose mean step is known from as many values only
_MANY = 100_000


def apart(values: np.ndarray, least_factor: float = 20.0) -> tuple[float, float] | None:
    """Return the largest ordinary size and the factor by which the next one exceeds it; None when none stands apart."""
    if len(values) > _MANY and _surely_together(values, least_factor):
        return None
    sizes = np.abs(values)
    sizes = sizes[(sizes > 0) & np.isfinite(sizes)]
    if len(sizes) < FEWEST:
        return None
    reach = min(max(1, len(sizes) // 100), _MOST_APART)
    tail = int(np.clip(len(sizes) // 10, *_TAIL))
    n = reach + tail + 1
    logs = np.log(np.sort(np.partition(sizes, -n)[-n:])[::-1])
    steps = logs[:reach] - logs[1 : reach + 1]
    place = int(steps.argmax())
    rest = logs[place + 1 : place + 2 + tail]
    longest = tail * (_CHANCE ** (-1 / tail) - 1) * float((rest[:-1] - rest[-1]).mean())
    if steps[place] <= max(np.log(least_factor), longest):
        return None
    return round(float(np.exp(rest[0])), 9), round(float(np.exp(steps[place])), 9)


def _surely_together(values: np.ndarray, least_factor: float) -> bool:
    """Whether the largest of many values is near the third largest of every hundredth: then nothing is sorted."""
    some = np.nan_to_num(np.abs(values[:: len(values) // (_MANY // 10)]))
    largest = max(np.nanmax(values), -np.nanmin(values)) if some.any() else 0.0
    return bool(largest <= least_factor * np.partition(some, -3)[-3])
