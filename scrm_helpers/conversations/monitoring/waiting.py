"""Times that may not have ended yet: ranges and log-rank comparisons where rows of one author are alike.

Own code beside statsmodels, whose survival curve and log-rank test take every row for a person of its own; without
clusters both agree with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import design_effect, normal_quantile


@dataclass(frozen=True)
class Waits:
    """Times from a question to its answer, or to the last day, of everybody or of a group."""

    time: NDArray
    ended: NDArray  # whether it was answered; else it still waits
    who: NDArray  # clusters

    def of(self, rows: NDArray) -> Waits:
        """Keep some of them."""
        return Waits(self.time[rows], self.ended[rows], self.who[rows])

    def within(self, time: float) -> Waits:
        """Watch nobody for longer than a time."""
        return Waits(np.minimum(self.time, time), self.ended & (self.time <= time), self.who)

    def curve(self, level: float, near: float) -> pd.DataFrame:
        """Return the share answered by each time, by Kaplan and Meier, with its range; clusters count as at `near`."""
        from statsmodels.duration.survfunc import SurvfuncRight

        found = SurvfuncRight(self.time, self.ended.astype(float))
        left, error = found.surv_prob, found.surv_prob_se
        seen = self.ended | (self.time >= near)
        wide = normal_quantile(level) * np.sqrt(design_effect(self.time[seen] <= near, self.who[seen])[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.exp(wide * error / (left * np.abs(np.log(left))))
            low, high = left**shift, left ** (1 / shift)
        inner = (left > 0) & (left < 1)
        low, high = np.where(inner, low, left), np.where(inner, high, left)
        return pd.DataFrame({"time": found.surv_times, "share": 1 - left, "low": 1 - high, "high": 1 - low})

    def answered_by(self, time: float, level: float) -> Estimate:
        """Estimate the share answered by a time; none where nobody was watched for so long."""
        if not len(self.time) or self.time.max() < time:
            return Estimate(level=level, n=len(self.time), reason="no conversation was watched for so long")
        curve = self.curve(level, time)
        at = int(np.searchsorted(curve["time"], time, side="right")) - 1
        if at < 0:
            return Estimate(value=0.0, level=level, n=len(self.time), reason="nothing was answered so soon")
        value, low, high = map(float, curve.loc[at, ["share", "low", "high"]])
        return Estimate(value=value, low=low, high=high, level=level, n=len(self.time))

    def median(self, level: float) -> Estimate:
        """Estimate the time by which half are answered (Brookmeyer and Crowley); none where half never are."""
        known = Estimate(
            level=level, n=len(self.time), reason="fewer than half were answered as long as they were watched"
        )
        if not self.ended.any():
            return known
        first = self.curve(level, float(np.median(self.time)))
        half = first.loc[first["share"] >= 0.5, "time"]
        if not len(half):
            return known
        curve = self.curve(level, float(half.iloc[0]))
        low, high = (curve.loc[curve[end] >= 0.5, "time"].min() for end in ("high", "low"))
        reason = "" if np.isfinite(high) else "the slower end has no limit"
        value, late = float(half.iloc[0]), float(high) if np.isfinite(high) else None
        return Estimate(value=value, low=float(low), high=late, level=level, n=len(self.time), reason=reason)

    def sooner(self, group: NDArray, level: float) -> tuple[Estimate, float]:
        """Estimate how many times as often a group is answered as the others at the same wait; with the log-rank p.

        One-step rate ratio (Peto), errors by cluster (Lin and Wei 1989).
        """
        from scipy.special import ndtr

        order = np.argsort(self.time, kind="stable")
        time, ended, inside, who = self.time[order], self.ended[order], group[order].astype(float), self.who[order]
        first = np.searchsorted(time, time)  # those at risk are from here to the end
        risk, ours = len(time) - first, (np.cumsum(inside[::-1])[::-1])[first]
        part = ours / risk
        last = np.searchsorted(time, time, side="right") - 1
        hazard, shared = np.cumsum(ended / risk)[last], np.cumsum(ended * part / risk)[last]
        each = ended * (inside - part) - (inside * hazard - shared)
        clusters = np.bincount(np.unique(who, return_inverse=True)[1], each)
        n = len(clusters)
        information, spread = float((ended * part * (1 - part)).sum()), float((clusters**2).sum()) * n / max(n - 1, 1)
        if information <= 0 or spread <= 0:
            return Estimate(
                level=level, n=int(group.sum()), reason="nothing was answered that could be compared"
            ), np.nan
        score = float(each.sum())
        half = normal_quantile(level) * np.sqrt(spread)
        value, low, high = np.exp(np.array([score, score - half, score + half]) / information)
        p = 2 * float(ndtr(-abs(score) / np.sqrt(spread)))
        return Estimate(value=float(value), low=float(low), high=float(high), level=level, n=int(group.sum())), p
