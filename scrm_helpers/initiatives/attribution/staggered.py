"""Staggered roll-out: event study, pre-periods and simultaneous bands, ready for a valuation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.callaway import (
    Comparison,
    aggregate,
    att_cells,
    bands,
    permutation_p,
    two_way,
)
from scrm_helpers.initiatives.attribution.panel import Panel, between, effect_measure, effect_writer, in_points, need
from scrm_helpers.initiatives.plan.streams import EffectPath, path_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
