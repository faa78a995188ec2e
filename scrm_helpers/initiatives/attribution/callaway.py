"""Callaway and Sant'Anna's cells and their means, with influence functions: the arithmetic of a staggered roll-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scrm_helpers.initiatives.attribution.panel import NEVER, Panel

Comparison = Literal["never", "not_yet"]


@dataclass(frozen=True)
class Cells:
    """ATT of every cohort in every period, with influence functions.

    `cohort` and `period` are columns of the panel; `influence` has shape (units, cells).
    """

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
    """Estimate the effect on each cohort in each period.

    Parameters
    ----------
    panel : Panel
        Units by periods.
    comparison : {"never", "not_yet"}
        Units that were never treated, or all that are not treated yet.

    Returns
    -------
    Cells

    Notes
    -----
    ``ATT(g, t) = mean(Y_t - Y_b | cohort g) - mean(Y_t - Y_b | comparison)`` with the last period before treatment as
    b for t >= g and the period before t otherwise (Callaway and Sant'Anna 2021, no covariates).
    """
    first = panel.first
    units, periods = panel.values.shape
    by_period = np.ascontiguousarray(panel.values.T)
    cohorts = np.unique(first[first != NEVER])
    cells = [(g, t) for g in cohorts for t in range(1, periods)]
    rows = np.zeros((len(cells), units))
    att = np.empty(len(cells))
    members = {g: np.flatnonzero(first == g) for g in cohorts}
    never = np.flatnonzero(first == NEVER)
    for place, (g, t) in enumerate(cells):
        base = g - 1 if t >= g else t - 1
        own, others = members[g], never
        if comparison == "not_yet":
            others = np.flatnonzero((first == NEVER) | ((first > max(t, base)) & (first != g)))
        change = by_period[t] - by_period[base]
        mine, theirs = change[own], change[others]
        here, there = mine.mean(), theirs.mean()
        att[place] = here - there
        rows[place, own] = (mine - here) * (units / len(own))
        rows[place, others] = (there - theirs) * (units / len(others))
    cohort, period = np.array(cells).T
    share = np.array([len(members[g]) for g in cohort]) / units
    return Cells(cohort, period, att, rows.T, share)


def aggregate(panel: Panel, cells: Cells, by: Literal["event", "cohort", "calendar", "simple"]) -> Aggregate:
    """Average cells with the shares of the cohorts as weights, and carry the error of these shares along.

    Parameters
    ----------
    panel : Panel
        The panel of the cells.
    cells : Cells
        From :func:`att_cells`.
    by : {"event", "cohort", "calendar", "simple"}
        Quarters since treatment, cohorts, calendar periods, or one mean over all treated cells.

    Returns
    -------
    Aggregate
        `overall` is the mean over keys (event time from 0 on; cohorts by their share).
    """
    post = cells.period >= cells.cohort
    event = cells.period - cells.cohort
    label = {"event": event, "cohort": cells.cohort, "calendar": cells.period, "simple": np.zeros_like(event)}[by]
    used = np.ones_like(post) if by == "event" else post
    keys = np.unique(label[used])
    rows = cells.influence.T
    att, spread = np.empty(len(keys)), np.empty((len(keys), len(panel.units)))
    onehot = {g: panel.first == g for g in np.unique(cells.cohort)}
    for place, key in enumerate(keys):
        chosen = np.flatnonzero(used & (label == key))
        share = np.ones(len(chosen)) if by == "cohort" else cells.share[chosen]
        weight = share / share.sum()
        att[place] = weight @ cells.att[chosen]
        spread[place] = weight @ rows[chosen]
        if by != "cohort":
            spread[place] += _share_error(onehot, cells.cohort[chosen], share, cells.att[chosen])
    influence = spread.T
    if by == "cohort":
        share = np.array([onehot[g].mean() for g in keys])
        total = share / share.sum()
        return Aggregate(
            keys, att, influence, float(att @ total), influence @ total + _share_error(onehot, keys, share, att)
        )
    counted = keys >= 0 if by == "event" else np.ones(len(keys), dtype=bool)
    return Aggregate(keys, att, influence, float(att[counted].mean()), influence[:, counted].mean(axis=1))


def bands(estimate: Aggregate, *, level: float = 0.95, draws: int = 999, seed: int = 0) -> float:
    """Return the critical value of simultaneous bands by the multiplier bootstrap.

    Parameters
    ----------
    estimate : Aggregate
        Estimates to be covered together.
    level : float
        Chance that the bands hold all of them.
    draws : int
        Bootstrap draws.
    seed : int
        Seed.

    Returns
    -------
    float
        Number of standard errors on either side; never less than the pointwise one.
    """
    from scipy.stats import norm

    rng = np.random.default_rng(seed)
    units = len(estimate.influence)
    standard = estimate.influence / (estimate.se * units)
    signs = rng.integers(0, 2, (draws, units)) * 2.0 - 1.0
    largest = np.abs(signs @ standard).max(axis=1)
    return max(float(np.quantile(largest, level)), float(norm.ppf((1 + level) / 2)))


def two_way(panel: Panel) -> float:
    """Return what a plain two-way fixed effects regression would have said; biased where effects grow.

    Notes
    -----
    Shown beside the estimate, never in its place (Goodman-Bacon 2021).
    """
    treated = (np.arange(len(panel.periods)) >= panel.first[:, None]) & panel.treated[:, None]
    within = treated - treated.mean(axis=0) - treated.mean(axis=1, keepdims=True) + treated.mean()
    return float((within * panel.values).sum() / (within**2).sum())


def permutation_p(panel: Panel, *, draws: int = 999, seed: int = 0) -> float:
    """Share of random reassignments of the roll-out that bring at least as large a mean effect.

    Parameters
    ----------
    panel : Panel
        The panel.
    draws : int
        Reassignments.
    seed : int
        Seed.

    Returns
    -------
    float
        ``(1 + count) / (1 + draws)``.
    """
    rng = np.random.default_rng(seed)
    observed = abs(_simple(panel.values, panel.first))
    reached = sum(abs(_simple(panel.values, rng.permutation(panel.first))) >= observed - 1e-12 for _ in range(draws))
    return (1 + reached) / (1 + draws)


def _share_error(onehot: dict[int, np.ndarray], cohorts: np.ndarray, share: np.ndarray, att: np.ndarray) -> np.ndarray:
    """Influence of estimating the cohort shares on a mean weighted by them, shape (units,)."""
    lean = (att - att @ share / share.sum()) / share.sum()
    found = np.full(len(next(iter(onehot.values()))), -float(lean @ share))
    for g in np.unique(cohorts):
        found += onehot[g] * lean[cohorts == g].sum()
    return found


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
