"""Callaway and Sant'Anna's cells and their means, with influence functions: the arithmetic of a staggered roll-out.

Own code, although diff-diff gives the same figures where no period is missing (a test holds both side by side): its
event time counts columns, so where periods are missing it averages effects of different age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scrm_helpers.initiatives.attribution.panel import NEVER, Panel

Comparison = Literal["never", "not_yet"]


@dataclass(frozen=True)
class Cells:
    """ATT of every cohort in every period, with influence functions."""

    cohort: np.ndarray
    period: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    share: np.ndarray

    @property
    def se(self) -> np.ndarray:
        """Standard error of each cell, clustered by unit."""
        return np.sqrt((self.influence**2).mean(axis=0) / len(self.influence))


@dataclass(frozen=True)
class Aggregate:
    """A weighted mean of cells by event time, cohort or calendar period, and its overall mean."""

    key: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    overall: float
    overall_influence: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """Joint covariance of the estimates."""
        return self.influence.T @ self.influence / len(self.influence) ** 2

    @property
    def se(self) -> np.ndarray:
        """Standard error of each estimate."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def overall_se(self) -> float:
        """Standard error of the overall mean."""
        return float(np.sqrt((self.overall_influence**2).mean() / len(self.overall_influence)))


def att_cells(panel: Panel, comparison: Comparison = "never") -> Cells:
    """Estimate the effect on each cohort in each period."""
    first, begun, (units, periods) = panel.first, panel.begun, panel.values.shape
    by_period = np.ascontiguousarray(panel.values.T)
    cohorts = np.unique(begun[panel.treated])
    later = np.arange(1, periods)
    rows = np.empty((len(cohorts), len(later), units))
    att = np.empty(rows.shape[:2])
    for place, start in enumerate(cohorts):
        mine = begun == start
        g, own = int(first[mine][0]), mine / mine.sum()
        others = (first == NEVER)[None, :]
        if comparison == "not_yet":
            others = others | ((first > later[:, None]) & ~mine)
        others = others / others.sum(axis=1, keepdims=True)
        change = rows[place]
        np.subtract(by_period[1:g], by_period[: g - 1], out=change[: g - 1])  # before the start: on the period before
        np.subtract(by_period[g:], by_period[g - 1], out=change[g - 1 :])  # after it: on the last one without it
        here, there = change @ own, np.vecdot(change, others)
        att[place] = here - there
        change *= units * (own - others)  # from here on the influence of each unit
        change -= np.outer(units * here, own)
        change += (units * there)[:, None] * others
    share = np.array([(begun == start).mean() for start in cohorts])
    return Cells(
        np.repeat(cohorts, len(later)),
        np.tile(panel.places[1:], len(cohorts)),
        att.ravel(),
        rows.reshape(-1, units).T,
        np.repeat(share, len(later)),
    )


def aggregate(panel: Panel, cells: Cells, by: Literal["event", "cohort", "calendar", "simple"]) -> Aggregate:
    """Average cells with the shares of the cohorts as weights, and carry the error of these shares along."""
    from scipy.sparse import csr_array

    post = cells.period >= cells.cohort
    event = cells.period - cells.cohort
    label = {"event": event, "cohort": cells.cohort, "calendar": cells.period, "simple": np.zeros_like(event)}[by]
    used = np.flatnonzero(np.ones_like(post) if by == "event" else post)
    keys, key = np.unique(label[used], return_inverse=True)
    share = np.ones(len(used)) if by == "cohort" else cells.share[used]
    weight = share / np.bincount(key, share)[key]
    att = np.bincount(key, weight * cells.att[used])
    order = np.argsort(key, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(key)))
    spread = csr_array((weight[order], used[order], starts), shape=(len(keys), len(cells.att))) @ cells.influence.T
    if by == "cohort":
        size = np.array([cells.share[cells.cohort == g][0] for g in keys])
        total = size / size.sum()
        overall = (total @ spread)[None]
        _add_share_error(overall, keys, np.zeros(len(keys), dtype=int), size, att, panel.begun)
        return Aggregate(keys, att, spread.T, float(att @ total), overall[0])
    _add_share_error(spread, cells.cohort[used], key, share, cells.att[used], panel.begun)
    counted = keys >= 0 if by == "event" else np.ones(len(keys), dtype=bool)
    return Aggregate(keys, att, spread.T, float(att[counted].mean()), counted / counted.sum() @ spread)


def bands(estimate: Aggregate, *, level: float = 0.95, draws: int = 999, seed: int = 0) -> float:
    """Return the critical value of simultaneous bands by the multiplier bootstrap."""
    from scipy.stats import norm

    rng = np.random.default_rng(seed)
    units = len(estimate.influence)
    standard = estimate.influence / (estimate.se * units)
    signs = rng.integers(0, 2, (draws, units)) * 2.0 - 1.0
    largest = np.abs(signs @ standard).max(axis=1)
    return max(float(np.quantile(largest, level)), float(norm.ppf((1 + level) / 2)))


def two_way(panel: Panel) -> float:
    """Return what a plain two-way fixed effects regression would have said; biased where effects grow."""
    treated = (np.arange(len(panel.periods)) >= panel.first[:, None]) & panel.treated[:, None]
    within = treated - treated.mean(axis=0) - treated.mean(axis=1, keepdims=True) + treated.mean()
    return float((within * panel.values).sum() / (within**2).sum())


def permutation_p(panel: Panel, *, draws: int = 999, seed: int = 0) -> float:
    """Share of random reassignments of the roll-out that bring at least as large a mean effect."""
    rng = np.random.default_rng(seed)
    observed = abs(_simple(panel.values, panel.first))
    reached = sum(abs(_simple(panel.values, rng.permutation(panel.first))) >= observed - 1e-12 for _ in range(draws))
    return (1 + reached) / (1 + draws)


def _add_share_error(
    influence: np.ndarray, cohorts: np.ndarray, key: np.ndarray, share: np.ndarray, att: np.ndarray, begun: np.ndarray
) -> None:
    """Add, in place, what estimating the cohorts' shares does to means of `att` weighted by them, (keys, units)."""
    total = np.bincount(key, share)
    lean = (att - (np.bincount(key, share * att) / total)[key]) / total[key]
    for g in np.unique(cohorts):
        of_cohort = np.bincount(key[cohorts == g], lean[cohorts == g], minlength=len(total))
        influence[:, begun == g] += of_cohort[:, None]


def _simple(values: np.ndarray, first: np.ndarray) -> float:
    """Mean effect over treated cells against the never treated, from cohort means alone."""
    control = values[first == NEVER].mean(axis=0)
    total, weight = 0.0, 0.0
    for g in np.unique(first[first != NEVER]):
        own = values[first == g]
        gap = own.mean(axis=0) - control
        total += len(own) * float((gap[g:] - gap[g - 1]).sum())
        weight += len(own) * (values.shape[1] - int(g))
    return total / weight
