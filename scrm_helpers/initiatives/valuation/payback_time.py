"""When is the money back? In which share of futures by each quarter, and in which it is lost again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.valuation.case_value import Valuation

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class PaybackCurve(Result):
    """Share of futures whose money is back by each quarter: for the first time, and for good."""

    first: pd.Series
    lasting: pd.Series

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both shares as steps."""
        ax = style.axes_for(ax, height=2.8)
        quarters = self.first.index.to_numpy()
        ax.step(quarters, self.first, where="post", color=style.GREY, linewidth=1.5, linestyle="--")
        ax.step(quarters, self.lasting, where="post", color=style.BLUE, linewidth=2)
        near = abs(float(self.first.iloc[-1] - self.lasting.iloc[-1])) < 0.06
        lift = 0.045 if near else 0.0
        for series, words, colour, side in (
            (self.first, "for the first time", style.GREY, lift),
            (self.lasting, "for good", style.BLUE, -lift),
        ):
            ax.text(quarters[-1] * 1.015, float(series.iloc[-1]) + side, words, color=colour, va="center")
        ax.set_xlim(0, quarters[-1] * 1.2)
        ax.set_ylim(0, 1.06)
        ax.set_xticks([quarter for quarter in (0, 1, 2, 4, 8, 12, 16, 20) if quarter <= quarters[-1]])
        ax.yaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_xlabel("Quarters since the start")
        ax.set_ylabel("Futures with money back")
        ax.grid(axis="y")
        return ax


def payback_curve(valued: Valuation) -> PaybackCurve:
    """Count, over the simulated futures, when the discounted money is back."""
    last = valued.net.shape[1] - 1
    grid = np.arange(last + 1)
    first, lasting = (
        pd.Series([float((when <= quarter).mean()) for quarter in grid], index=grid)
        for when in (valued.payback, valued.payback_sustained)
    )
    back, kept = float(first.iloc[-1]), float(lasting.iloc[-1])
    half = float(np.median(valued.payback))
    middle = (
        f"half of the futures have it within {numbers.decimal(half, 1)} quarters"
        if np.isfinite(half)
        else "fewer than half of the futures ever have it"
    )
    lost = f", but in {numbers.percent(back - kept)} it is lost again" if back - kept >= 0.005 else ""
    shown = [quarter for quarter in (1, 2, 4, 8, 12, last) if quarter <= last]
    return PaybackCurve(
        sentence=(
            f"When is the money of {valued.name} back? {middle[:1].upper() + middle[1:]}, {numbers.percent(back)} "
            f"within {last}{lost}."
        ),
        table=pd.DataFrame(
            {
                "Quarters": sorted(set(shown)),
                "Back for the first time": first[sorted(set(shown))].to_numpy(),
                "Back for good": lasting[sorted(set(shown))].to_numpy(),
            }
        ),
        formats={"Quarters": "count", "Back for the first time": "percent", "Back for good": "percent"},
        title=f"Money back within a year in {numbers.percent(float(first.get(4, 0.0)))} of futures",
        caption=f"When the money is back: {valued.name}",
        note=f"{numbers.count(len(valued.net))} simulated futures; {valued.view} view of cost; discounted.",
        alt=(
            f"Two rising step lines over {last} quarters: share of futures with the money back for the first time "
            f"({numbers.percent(back)} in the end) and for good ({numbers.percent(kept)})."
        ),
        measures=(
            Measure(
                name=measure_name("money_back_within_a_year", valued.id),
                value=float(first.get(4, 0.0)),
                unit="share",
                n=len(valued.net),
            ),
        ),
        first=first,
        lasting=lasting,
    )
