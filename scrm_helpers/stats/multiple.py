"""Several tests at once: p-values corrected over the family that was declared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.intervals import ROUNDING


def holm(p_values: ArrayLike) -> NDArray:
    """Return Holm-adjusted p-values: the chance of any false finding in the family stays below the level."""
    return _stepwise(p_values, lambda ordered, m: np.maximum.accumulate(ordered * (m - np.arange(m))))


def _stepwise(p_values: ArrayLike, step: object) -> NDArray:
    raw = np.asarray(p_values, float)
    if np.any((raw < -ROUNDING) | (raw > 1 + ROUNDING)):
        raise ValueError("A p-value lies between 0 and 1.")
    raw = np.clip(raw, 0.0, 1.0)
    known = np.flatnonzero(~np.isnan(raw))
    order = known[np.argsort(raw[known], kind="stable")]
    adjusted = np.full(raw.shape, np.nan)
    adjusted[order] = np.minimum(step(raw[order], len(order)), 1.0)  # type: ignore[operator]
    return adjusted
