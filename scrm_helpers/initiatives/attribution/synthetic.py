"""Few treated units: a weighted mix of the others stands in for them, judged by placebo runs on the others.

Own weights, although diff-diff has both methods: they lie at the optimum, where its synthetic difference in differences
stops before it (effects up to 0.003 apart where the effect is 2.5), and are found in a fraction of its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import Panel, effect_writer, need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Method = Literal["synthetic control", "synthetic difference in differences", "difference in differences"]


def simplex_weights(
    target: np.ndarray, donors: np.ndarray, ridge: float = 0.0, *, intercept: bool = False
) -> np.ndarray:
    """Find weights >= 0 that sum to one and bring a mix of donors closest to a target."""
    from scipy.optimize import nnls

    if intercept:
        target, donors = target - target.mean(), donors - donors.mean(axis=0)
    scale = float(np.abs(donors).max()) or 1.0
    heavy = 1e4 * scale * np.sqrt(len(target))
    rows = np.vstack([donors, np.sqrt(ridge) * np.eye(donors.shape[1]), np.full((1, donors.shape[1]), heavy)])
    goal = np.concatenate([target, np.zeros(donors.shape[1]), [heavy]])
    found, _ = nnls(rows, goal, maxiter=50 * donors.shape[1])
    return found / found.sum()


def synthetic_gap(
    values: np.ndarray, treated: np.ndarray, start: int, method: Method
) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean effect after `start`, with the weights of the other units and the mix they give."""
    own, others = values[treated].mean(axis=0), values[~treated]
    after = values.shape[1] - start
    if method == "synthetic control":
        weights = simplex_weights(own[:start], others[:, :start].T)
        times = np.zeros(start)
    elif method == "difference in differences":
        weights, times = np.full(len(others), 1 / len(others)), np.full(start, 1 / start)
    else:
        noise = np.diff(others[:, :start], axis=1).std(ddof=1) if start > 2 else 0.0
        spread = (int(treated.sum()) * after) ** 0.25 * noise
        weights = simplex_weights(own[:start], others[:, :start].T, spread**2 * start, intercept=True)
        level = others[:, start:].mean(axis=1)
        times = simplex_weights(level, others[:, :start], (1e-6 * noise) ** 2 * len(others), intercept=True)
    mix = weights @ others
    gap = own - mix
    return float(gap[start:].mean() - times @ gap[:start]), weights, mix + times @ gap[:start]


@dataclass(frozen=True, kw_only=True)
class SyntheticEffect(Result):
    """Effect on few treated units against a weighted mix of the others, with the placebo distribution."""

    att: float
    p_value: float
    placebo: np.ndarray
    weights: pd.Series
    own: pd.Series
    mix: pd.Series
    places: np.ndarray
    start: str
    outcome: str
    grade: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the treated units, their stand-in, and when treatment began."""
        ax = style.axes_for(ax)
        place = self.places
        ax.plot(place, self.mix, color=style.GREY, linewidth=2, linestyle="--")
        ax.plot(place, self.own, color=style.BLUE, linewidth=2)
        ax.axvline(self.places[list(self.own.index).index(self.start)] - 0.5, color=style.ORANGE, linewidth=1)
        ends = sorted([(self.own.iloc[-1], "treated", style.BLUE), (self.mix.iloc[-1], "stand-in", style.GREY)])
        span = float(np.ptp(ax.get_ylim())) * 0.06
        top = max(ends[1][0], ends[0][0] + span)
        for (_, words, colour), height in zip(ends, (ends[0][0], top), strict=True):
            ax.text(place[-1] * 1.012, height, words, color=colour, va="center")
        ax.set_xlim(0, place[-1] * 1.14)
        step = max(1, len(place) // 8)
        ax.set_xticks(place[::step], [str(name) for name in self.own.index[::step]])
        ax.set_ylabel(self.outcome[:1].upper() + self.outcome[1:])
        ax.set_xlabel("Period; the line marks the start")
        return ax


def synthetic_effect(panel: Panel, *, method: Method = "synthetic difference in differences") -> SyntheticEffect:
    """Estimate the effect on few treated units that start together."""
    need(panel, 1, 5, method)
    starts = np.unique(panel.first[panel.treated])
    if len(set(panel.begun[panel.treated].tolist())) > 1 or starts[0] < 3:
        raise Refusal(
            f"The {method} of {panel.outcome} needs one common start with at least three periods before it. Use the "
            "staggered comparison, or add earlier periods."
        )
    start, treated = int(starts[0]), panel.treated
    att, weights, mix = synthetic_gap(panel.values, treated, start, method)
    others = np.flatnonzero(~treated)
    placebo = np.array(
        [
            synthetic_gap(panel.values[others], np.arange(len(others)) == one, start, method)[0]
            for one in range(len(others))
        ]
    )
    chance = (1 + int((np.abs(placebo) >= abs(att)).sum())) / (1 + len(placebo))
    write = effect_writer(panel, float(placebo.std(ddof=1)))
    shown = chance <= max(0.05, 1 / (1 + len(placebo)))
    named = pd.Series(weights, index=[panel.units[unit] for unit in others]).sort_values(ascending=False, kind="stable")
    largest = named[named > 0.005].head(8)
    return SyntheticEffect(
        sentence=(
            f"The {method} shows {write(att)} on {panel.outcome}; among {len(placebo)} placebo runs "
            f"{int((np.abs(placebo) >= abs(att)).sum())} were as large (p = {numbers.decimal(chance, 3)}; grade B-)."
            if shown
            else f"No effect on {panel.outcome} can be shown by {method}: {write(att)}, no larger than what placebo "
            f"runs on untreated units bring (p = {numbers.decimal(chance, 3)}; grade B-)."
        ),
        table=pd.DataFrame({"Unit": largest.index, "Weight in the stand-in": largest.to_numpy()}),
        formats={"Weight in the stand-in": "percent"},
        title=f"{panel.outcome[:1].upper() + panel.outcome[1:]}: {write(att)} against the stand-in",
        caption="Which units stand in for the treated",
        note=f"n = {panel.base}; placebo in space; smallest possible p = {numbers.decimal(1 / (1 + len(placebo)), 3)}.",
        alt=(
            f"Two lines over {len(panel.periods)} periods: the treated units and their weighted stand-in, close "
            f"together before the start and {write(att)} apart after it."
        ),
        measures=(
            Measure(
                name=measure_name("synthetic", panel.outcome),
                value=att,
                unit="outcome",
                n=len(panel.units),
                kind="incremental",
            ),
        ),
        att=att,
        p_value=chance,
        placebo=placebo,
        weights=named,
        own=pd.Series(panel.values[treated].mean(axis=0), index=list(panel.periods)),
        mix=pd.Series(mix, index=list(panel.periods)),
        places=panel.places - panel.places[0],
        start=panel.periods[start],
        outcome=panel.outcome,
        grade="B-",
    )
