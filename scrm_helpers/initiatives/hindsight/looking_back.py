"""Looking back: what was believed in each quarter, and when the right verdict could first be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.initiatives.hindsight.promised_ranges import exact_interval
from scrm_helpers.initiatives.hindsight.realisation import Beliefs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLAIM = 0.9
"""Nine times out of ten you have to look back (post 000)."""


HEADS = {
    "n": "Judged",
    "base": "Later successes",
    "hit_cash": "Right, by money back",
    "false_kill_cash": "Successes missed, by money back",
    "hit_forecast": "Right, by forecast",
    "false_kill_forecast": "Successes missed, by forecast",
    "brier": "Brier score, forecast",
}
_COUNTS = {"Quarters since the start": "count", "Judged": "count", "Brier score, forecast": "decimal"}
_SHARES = [f"{what}, by {rule}" for what in ("Right", "Successes missed") for rule in ("money back", "forecast")]


@dataclass(frozen=True, kw_only=True)
class LookingBack(Answer):
    """Hit rates by quarter for two rules, and the test of "nine times out of ten"."""

    OFFERS: ClassVar = ("figure", "table")

    unseen: Measure = unknown("successes_unseen_after_one_quarter", "share")
    by_quarter: pd.DataFrame = field(default_factory=pd.DataFrame)
    judged: int = 0
    stopped: int = 0  # of them, before the horizon
    horizon: int = 0
    lost: tuple[str, ...] = ()  # stopped while the last forecast was above zero
    right_for_good: str = ""  # median quarter from which the forecast stayed right

    @property
    def drawable(self) -> bool:
        """Whether an initiative has turned out to pay."""
        return self.unseen.value is not None

    def words(self) -> Words:
        """Whether nine out of ten later successes had not shown after one quarter."""
        frame, n = self.by_quarter, self.unseen.n or 0
        text = "Nine times out of ten cannot be tested: no initiative has yet turned out to pay."
        if self.unseen.value is not None:
            low, high = self.unseen.ends
            sure = (
                "is consistent with" if low <= CLAIM <= high else f"is {'more' if low > CLAIM else 'less'} often than"
            )
            text = (
                f"Of {numbers.plural(n, 'initiative')} that turned out to pay, {round(self.unseen.value * n)} had not "
                f"shown it after one quarter ({numbers.percent(self.unseen.value)}, 95% range "
                f"{numbers.interval(low, high, numbers.percent)}): that {sure} nine times out of ten."
            )
            text += " With so few initiatives the range is wide." if high - low > 0.5 else ""
        if self.lost:
            text += f" Stopped while the last forecast was above zero: {', '.join(self.lost)}."
        late = "Money back comes late: early verdicts miss later successes"
        return Words(
            sentence=text,
            table=frame[[*HEADS]].rename(columns=HEADS).rename_axis("Quarters since the start").reset_index(),
            formats=_COUNTS | dict.fromkeys(["Later successes", *_SHARES], "percent"),
            title=late if self.unseen.value else "Early verdicts were right",
            caption="Would we have known?",
            note=(
                f"n = {numbers.plural(self.judged, 'initiative')} judged at {self.horizon} quarters, {self.stopped} of "
                "them stopped before; each quarter with what was known then; read a hit rate against the share of "
                "later successes, a Brier score against 0.25 for a coin; by forecast the verdict was right for good "
                f"from quarter {self.right_for_good} on (median)."
            ),
            alt=(
                "Two lines, the share of later successes recognised by money already back and by the forecast: "
                f"{_both(frame, 0)} after {frame.index[0]}, {_both(frame, -1)} after {frame.index[-1]} quarters."
            ),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of later successes that each rule recognised, by quarter."""
        ax = style.axes_for(ax)
        quarters = self.by_quarter.index
        ax.plot(
            quarters,
            self.by_quarter["seen_by_cash"],
            "s-",
            color=style.ORANGE,
            markersize=6,
            label="money is back already",
        )
        ax.plot(
            quarters,
            self.by_quarter["seen_by_forecast"],
            "D--",
            color=style.BLUE,
            markersize=6,
            label="forecast for the horizon",
        )
        ax.set_ylim(-0.04, 1.06)
        ax.set_xticks(list(quarters))
        ax.yaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_xlabel("Quarters since the start")
        ax.set_ylabel("Later successes recognised")
        ax.grid(axis="y")
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, title=None)
        return ax


def look_back(seen: Beliefs, *, quarters: Sequence[int] = (1, 2, 4, 6, 8)) -> LookingBack:
    """Compare the verdicts of every quarter with the verdict at the horizon.

    Parameters
    ----------
    seen : Beliefs
        From :func:`beliefs`.
    quarters : sequence of int
        Quarters to report.

    Returns
    -------
    LookingBack
        Per quarter and rule: hit rate, balanced hit rate, false-kill (a later success called a stop), false-keep,
        Brier score of the chance to pay; beside them the base rate, without which a hit rate says nothing.

    Notes
    -----
    Rules: *cash* (discounted net so far above zero, what a quarterly ROI culture asks) and *forecast* (expected net at
    the horizon above zero). The claim is tested on the later successes: the share not recognised by cash after one
    quarter, exact binomial interval. Only initiatives past the horizon, or stopped before it, are judged.
    """
    judged = seen.ripe | seen.killed
    good = seen.final[judged] > 0
    rows = {}
    for quarter in [q for q in quarters if q < seen.so_far.shape[1]]:
        row: dict[str, float] = {"n": 0.0, "base": math.nan}
        for rule, grid in (("cash", seen.so_far), ("forecast", seen.expected)):
            values = grid[judged, quarter]
            known = np.isfinite(values)
            says, truth = values[known] > 0, good[known]
            row |= {"n": float(known.sum()), "base": _share(truth)}
            if rule == "forecast":
                row |= _calibration(values, seen.left()[judged, quarter], seen.final[judged])
            row |= {
                f"hit_{rule}": _share(says == truth),
                f"seen_by_{rule}": _share(says[truth]),
                f"false_kill_{rule}": _share(~says[truth]),
                f"false_keep_{rule}": _share(says[~truth]),
                f"balanced_{rule}": (_share(says[truth]) + _share(~says[~truth])) / 2,
            }
        rows[quarter] = row
    frame = pd.DataFrame.from_dict(rows, orient="index")
    first = seen.so_far[judged, 1][good]
    first = first[np.isfinite(first)]
    successes, unseen_count = len(first), int((first <= 0).sum())
    lost = [name for name, dead, value in zip(seen.names, seen.killed, seen.final, strict=True) if dead and value > 0]
    name, why = "successes_unseen_after_one_quarter", "no initiative has yet turned out to pay"
    share = unknown(name, "share", why, 0)
    if successes:
        low, high = exact_interval(unseen_count, successes)
        share = Measure(name=name, value=unseen_count / successes, unit="share", n=successes, low=low, high=high)
    return LookingBack(
        unseen=share,
        by_quarter=frame,
        judged=int(judged.sum()),
        stopped=int(seen.killed[judged].sum()),
        horizon=seen.so_far.shape[1] - 1,
        lost=tuple(lost),
        right_for_good=_right_for_good(seen, judged),
    )


def brier(chances: np.ndarray, outcomes: np.ndarray) -> float:
    """Mean squared distance of forecast chances from what happened; 0.25 is a coin.

    >>> brier(np.array([1.0, 0.5]), np.array([True, False]))
    0.125
    """
    return float(((chances - outcomes) ** 2).mean())


def _calibration(expected: np.ndarray, left: np.ndarray, final: np.ndarray) -> dict[str, float]:
    """Brier score of the chance to pay, and how often the 90 % range of a forecast held what came."""
    from scipy.stats import norm

    known = np.isfinite(expected) & (left > 0)
    chance = norm.cdf(expected[known] / left[known])
    inside = np.abs(final[known] - expected[known]) <= norm.ppf(0.95) * left[known]
    return {"brier": brier(chance, final[known] > 0) if known.any() else math.nan, "covered": _share(inside)}


def _right_for_good(seen: Beliefs, judged: np.ndarray) -> str:
    """Median quarter from which the forecast stayed on the side that it ended on."""
    first = []
    for expected, final in zip(seen.expected[judged], seen.final[judged], strict=True):
        wrong = np.flatnonzero(np.isfinite(expected) & ((expected > 0) != (final > 0)))
        first.append(int(wrong[-1]) + 1 if len(wrong) else 0)
    return numbers.decimal(float(np.median(first)), 0) if first else "n/a"


def _both(frame: pd.DataFrame, place: int) -> str:
    row = frame.iloc[place]
    return f"{numbers.percent(float(row['seen_by_cash']))} and {numbers.percent(float(row['seen_by_forecast']))}"


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else math.nan
