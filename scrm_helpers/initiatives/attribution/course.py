"""The course of an effect by periods since the start, and what a drift that was there before would make of it.

Estimates and covariance are diff-diff's. Two things beside it are own code. Cohorts below six units: their influence
functions are small or zero (one or two units: false alarms in 164 of 200 worlds), so errors come from the spread
within all cohorts pooled. Drift: with `HonestDiD` under M = 0 a nominal 5 % test rejects in 5 to 10 %, and its ranges
relative to the largest step before are 4 to 8 standard deviations wide; the straight line here has fixed weights and
keeps to 5 % down to 8 + 8 units.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal
from scrm_helpers.initiatives.attribution.panel import NEVER, Panel
from scrm_helpers.initiatives.attribution.rung import LEVEL, Estimate
from scrm_helpers.tables.values.periods import MISSING

ENOUGH_IN_COHORT = 6  # units, from which errors are taken cohort by cohort


@dataclass(frozen=True)
class Course:
    """Effects by periods since the start, all but the reference, the last period before it, with joint covariance."""

    event: np.ndarray
    att: np.ndarray
    vcov: np.ndarray
    weights: np.ndarray  # of the values in each effect, shape (events, units, periods)
    values: np.ndarray  # these values, units by periods
    treated: np.ndarray  # units behind each effect
    away: np.ndarray  # periods from the reference
    df: int
    whole: float  # error of the mean effect

    @property
    def after(self) -> np.ndarray:
        """Which effects lie at or after the start."""
        return self.event >= 0

    @cached_property
    def mean(self) -> np.ndarray:
        """Weights of the mean effect over treated cells."""
        found: np.ndarray = np.where(self.after, self.treated, 0) / self.treated[self.after].sum()
        return found

    @cached_property
    def line(self) -> np.ndarray | None:
        """Weights of the drift per period: the line through the effects before the start and the reference."""
        away = np.where(self.after, 0.0, self.away)
        return away / (away @ away) if away.any() else None

    def read(self, weights: np.ndarray) -> Estimate:
        """Value and error of a weighted sum of the effects."""
        return Estimate(float(weights @ self.att), float(np.sqrt(weights @ self.vcov @ weights)), self.df)

    @property
    def effect(self) -> Estimate:
        """Mean effect after the start."""
        return Estimate(float(self.mean @ self.att), self.whole, self.df)

    @property
    def drift(self) -> Estimate | None:
        """Drift per period before the start, None where one period alone was seen."""
        return None if self.line is None else self.read(self.line)

    @property
    def undrifted(self) -> Estimate | None:
        """Mean effect less the drift before the start, carried on."""
        return None if self.line is None else self.read(self.mean - self.mean @ self.away * self.line)

    @property
    def seen(self) -> float:
        """Chance that a drift which explains the whole effect would have been found before the start."""
        from scipy.special import stdtrit
        from scipy.stats import nct

        if self.drift is None or self.drift.se == 0:
            return float("nan")
        explains = abs(self.effect.value) / (self.mean @ self.away) / self.drift.se
        reach = stdtrit(self.df, 1 - LEVEL / 2)
        return float(nct.sf(reach, self.df, explains) + nct.cdf(-reach, self.df, explains))

    def reassigned(self, draws: int, seed: int) -> float:
        """Share of random reassignments of the roll-out that bring at least as large a mean effect."""
        rng = np.random.default_rng(seed)
        pairs = np.tensordot(self.mean, self.weights, 1) @ self.values.T  # weights of one unit, values of another
        order = np.argsort(rng.random((draws, len(pairs))), axis=1)
        drawn = np.abs(pairs[np.arange(len(pairs)), order].sum(axis=1))
        return float(1 + (drawn >= abs(np.trace(pairs)) - 1e-12).sum()) / (1 + draws)


def course_of(panel: Panel) -> Course:
    """Callaway and Sant'Anna's effects against the never treated, or where there are none the not yet treated."""
    later = bool(panel.treated.all())
    if later:  # until the last are treated, they are the ones who never are
        last, seen = panel.begun == panel.begun.max(), panel.places < panel.begun.max()
        first, begun = np.where(last, NEVER, panel.first), np.where(last, MISSING, panel.begun)
        panel = replace(panel, values=panel.values[:, seen], places=panel.places[seen], first=first, begun=begun)
    event, weights, treated, away = cohort_weights(panel, later)
    cohorts = np.unique(panel.begun, return_inverse=True)[1]
    flat, units = weights.reshape(len(event), -1), len(panel.units)
    mean = np.where(event >= 0, treated, 0) / treated[event >= 0].sum()
    if np.bincount(cohorts).min() >= ENOUGH_IN_COHORT:
        att, vcov, error = _by_library(panel, later)
        df, small = units - 2, units / (units - 2)
        whole = error * float(np.sqrt(small))
        return Course(event, att, vcov * small, weights, panel.values, treated, away, df, whole)
    means = pd.DataFrame(panel.values).groupby(cohorts).transform("mean").to_numpy()
    df = units - int(cohorts.max()) - 1
    if df < 1:
        raise Refusal(f"{panel.label} was rolled out to one unit at a time, so chance cannot be told from an effect.")
    spread = (panel.values - means).T @ (panel.values - means) / df
    vcov = np.einsum("eut,fut->ef", weights @ spread, weights)
    whole = float(np.sqrt(mean @ vcov @ mean))
    return Course(event, flat @ panel.values.ravel(), vcov, weights, panel.values, treated, away, df, whole)


def _by_library(panel: Panel, later: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Effects and joint covariance by diff-diff, and the error of the mean effect."""
    from diff_diff import CallawaySantAnna  # 0.1 s, and most chapters estimate no roll-out

    units, periods = panel.values.shape
    origin = panel.places[0] - 1  # places in the calendar, not columns, so that a hole counts; 0 means never there
    rows = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "time": np.tile(panel.places - origin, units),
            "first": np.repeat(np.where(panel.treated, panel.begun - origin, 0), periods),
            "y": panel.values.ravel(),
        }
    )
    fit = CallawaySantAnna(base_period="universal", control_group="not_yet_treated" if later else "never_treated")
    found = fit.fit(rows, outcome="y", unit="unit", time="time", first_treat="first")
    event = found.aggregate("event_study")
    return event.att[np.isfinite(event.se)], event.vcov, float(found.se)  # all but the reference


def cohort_weights(panel: Panel, later: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events; the weights of all values in the effect of each; the units behind it; its periods from the reference."""
    effects: dict[int, np.ndarray] = {}
    behind: dict[int, float] = {}
    away: dict[int, float] = {}
    for begun in np.unique(panel.begun[panel.treated]):
        own, base = panel.begun == begun, int(np.searchsorted(panel.places, begun)) - 1
        for column, place in enumerate(panel.places):
            others = ~panel.treated | (later & ~own & (panel.begun > max(place, panel.places[base])))
            if column == base:
                continue
            cell = np.zeros(panel.values.shape)
            cell[own, column], cell[others, column] = 1.0, -own.sum() / others.sum()
            cell[:, base] -= cell[:, column]
            event = int(place - begun)
            effects[event] = effects.get(event, 0.0) + cell
            behind[event] = behind.get(event, 0.0) + own.sum()
            away[event] = away.get(event, 0.0) + own.sum() * (place - panel.places[base])
    events = sorted(effects)
    counts = np.array([behind[event] for event in events])
    weights = np.array([effects[event] for event in events]) / counts[:, None, None]
    return np.array(events), weights, counts, np.array([away[event] for event in events]) / counts
