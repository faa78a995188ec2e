"""Staggered roll-out: event study, pre-periods and simultaneous bands, ready for a valuation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import (
    NEVER,
    Panel,
    between,
    effect_measure,
    effect_writer,
    in_points,
    need,
)
from scrm_helpers.initiatives.plan.streams import EffectPath, path_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


@dataclass(frozen=True, kw_only=True)
class StaggeredEffect(Result):
    """Effect of a staggered roll-out. `path` goes on into a valuation."""

    att: float
    se: float
    low: float
    high: float
    event: pd.DataFrame
    pre_trend: bool
    plain: float
    p_value: float
    grade: str
    path: EffectPath
    outcome: str
    shares: bool

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the event study: estimates with intervals, simultaneous bands, and the periods before treatment."""
        ax = style.axes_for(ax)
        before, after = self.event[self.event["event"] < 0], self.event[self.event["event"] >= 0]
        ax.fill_between(
            self.event["event"], self.event["band_low"], self.event["band_high"], color=style.PALE_GREY, step="mid"
        )
        for part, colour, mark, label in (
            (before, style.GREY, "o", "before the start"),
            (after, style.BLUE, "D", "after the start"),
        ):
            ax.vlines(part["event"], part["low"], part["high"], color=style.INK, linewidth=1.2)
            ax.plot(part["event"], part["att"], mark, color=colour, markersize=6, label=label)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.axvline(-0.5, color=style.ORANGE, linewidth=1, linestyle="--")
        ax.set_xticks(self.event["event"].tolist())
        ax.set_xlabel("Periods since the unit was treated")
        ax.set_ylabel(in_points(ax.yaxis, self.outcome, self.shares))
        ax.legend(loc="upper left", handletextpad=0.2)
        return ax


def staggered_effect(
    panel: Panel, *, comparison: Comparison = "never", level: float = 0.95, seed: int = 0, draws: int = 999
) -> StaggeredEffect:
    """Estimate what a staggered roll-out did, with event study, pre-periods and bands."""
    from scipy.stats import norm

    need(panel, 2, 2, "staggered comparison")
    cells = att_cells(panel, comparison)
    simple, event = aggregate(panel, cells, "simple"), aggregate(panel, cells, "event")
    critical, point = bands(event, level=level, draws=draws, seed=seed), float(norm.ppf((1 + level) / 2))
    att, se = simple.overall, simple.overall_se
    low, high = att - point * se, att + point * se
    frame = pd.DataFrame({"event": event.key, "att": event.att, "se": event.se})
    frame["low"], frame["high"] = frame["att"] - point * frame["se"], frame["att"] + point * frame["se"]
    frame["band_low"], frame["band_high"] = frame["att"] - critical * frame["se"], frame["att"] + critical * frame["se"]
    pre = frame[frame["event"] < 0]
    trend = bool(((pre["band_low"] > 0) | (pre["band_high"] < 0)).any())
    after = event.key >= 0
    few = min(int(panel.treated.sum()), int((~panel.treated).sum())) < 8
    grade = "B-" if few else "B"
    chance = permutation_p(panel, draws=draws, seed=seed)
    shown = chance < 1 - level if few else low > 0 or high < 0
    write = effect_writer(panel, se)
    plain = two_way(panel)
    return StaggeredEffect(
        sentence=_sentence(panel.outcome, shown, trend, write(att), between(low, high, write), grade),
        table=pd.DataFrame(
            {
                "Periods since treated": frame["event"],
                "Effect": frame["att"],
                "95% range low": frame["low"],
                "95% range high": frame["high"],
            }
        ),
        title=f"{panel.outcome[:1].upper() + panel.outcome[1:]}: {write(att)} where it was rolled out"
        if shown
        else f"No effect on {panel.outcome} can be shown",
        caption=f"Effect on {panel.outcome} by time since the roll-out",
        note=(
            f"n = {panel.base}; grey band: {numbers.percent(level, 0)} for all periods at once; permutation p = "
            f"{numbers.decimal(chance, 3)}; grade {grade}. A plain regression would have said {write(plain)}."
        ),
        alt=(
            "Estimated effect by period since treatment with black 95% lines: near zero before the start, "
            f"{write(event.att[after][0])} in the first period, {write(event.att[-1])} in the last; a grey band "
            "covers all periods at once."
        )
        if not trend
        else "Estimated effect by period since treatment with black 95% lines; before the start the band leaves "
        f"zero; {write(event.att[-1])} in the last period.",
        formats={"Periods since treated": "count"}
        | dict.fromkeys(["Effect", "95% range low", "95% range high"], "decimal4"),
        measures=(effect_measure("att", panel, att, low, high, level),),
        att=att,
        se=se,
        low=low,
        high=high,
        event=frame,
        pre_trend=trend,
        plain=plain,
        p_value=chance,
        grade=grade,
        path=path_of(event.key[after], event.att[after], event.covariance[np.ix_(after, after)], grade),
        outcome=panel.outcome,
        shares=panel.shares,
    )


def _sentence(outcome: str, shown: bool, trend: bool, effect: str, ends: str, grade: str) -> str:
    if trend:
        return (
            f"The units already drifted apart before the start, so the change in {outcome} after it ({effect}, 95% "
            f"range {ends}) is not the effect of the roll-out alone."
        )
    if not shown:
        return f"No effect on {outcome} can be shown: {effect}, 95% range {ends} (grade {grade})."
    return (
        f"The roll-out changed {outcome} by {effect} (95% range {ends}; grade {grade}); before it the units moved "
        "alike."
    )
