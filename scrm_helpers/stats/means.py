"""Means and ratios of skewed amounts, with intervals that keep their promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.resample import block_sums, draw_sums

MANY_ROWS = 10_000  # beyond this, sums of random blocks of rows are drawn instead of rows
FEW_ROWS = 5  # below this, an interval for a mean or a ratio is a guess


def mean_bootstrap_t(
    values: ArrayLike,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    clusters: ArrayLike | None = None,
) -> Estimate:
    """Return a mean with its bootstrap-t interval, for amounts with many zeros and a long tail."""
    amounts = np.asarray(values, float)
    return ratio_bootstrap_t(amounts, np.ones(len(amounts)), level, draws, seed, clusters)


def ratio_bootstrap_t(
    numerator: ArrayLike,
    denominator: ArrayLike,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
    clusters: ArrayLike | None = None,
) -> Estimate:
    r"""Return a ratio of two sums with its bootstrap-t interval."""
    top, bottom = np.asarray(numerator, float), np.asarray(denominator, float)
    if clusters is not None:
        top, bottom = _sums_by(clusters, top, bottom)
    n = len(top)
    if n < FEW_ROWS or bottom.sum() == 0:
        return _undefined(top, bottom, level)
    if np.count_nonzero(top) + np.count_nonzero(bottom) > 2 * MANY_ROWS:
        top, bottom = block_sums(np.column_stack([top, bottom]), MANY_ROWS, seed).T
    estimate = float(top.sum() / bottom.sum())
    residual = top - estimate * bottom
    error = np.sqrt((residual**2).sum()) / abs(bottom.sum())
    if error <= 1e-12 * max(abs(estimate), 1e-300):
        return Estimate(
            value=estimate, low=None, high=None, level=level, n=n, reason="undefined: no variation between rows"
        )
    moments = np.column_stack([top, bottom, top * top, top * bottom, bottom * bottom])
    y, x, yy, yx, xx = draw_sums(moments, draws, seed).T
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = y / x
        errors = np.sqrt(np.maximum(yy - 2 * ratio * yx + ratio**2 * xx, 0.0)) / np.abs(x)
        pivots = (ratio - estimate) / errors
    pivots = np.where(np.isnan(pivots), 0.0, pivots)  # a sample that repeats one row says nothing about the spread
    lower, upper = np.quantile(pivots, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    ends = estimate - upper * error, estimate - lower * error
    if not np.all(np.isfinite(ends)):
        reason = "unbounded: too few rows differ from zero"
        return Estimate(value=estimate, low=None, high=None, level=level, n=n, reason=reason)
    return Estimate(value=estimate, low=float(ends[0]), high=float(ends[1]), level=level, n=n)


def _sums_by(clusters: ArrayLike, top: NDArray, bottom: NDArray) -> tuple[NDArray, NDArray]:
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(codes, top), np.bincount(codes, bottom)


def _undefined(top: NDArray, bottom: NDArray, level: float) -> Estimate:
    n = len(top)
    zero = n == 0 or bottom.sum() == 0
    reason = "undefined: the denominator is zero" if n and zero else f"too few rows for an interval ({n})"
    estimate = None if zero else float(top.sum() / bottom.sum())
    return Estimate(value=estimate, low=None, high=None, level=level, n=n, reason=reason)
