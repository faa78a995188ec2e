"""Looking back: what was believed in each quarter, and when the right verdict could first be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.hindsight.promised_ranges import exact_interval
from scrm_helpers.initiatives.hindsight.realisation import Beliefs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLAIM = 0.9
"""Nine times out of ten you have to look back (post 000)."""


_COUNTS = {"Quarters since the start": "count", "Judged": "count", "Brier score, forecast": "decimal"}
_SHARES = [f"{what}, by {rule}" for what in ("Right", "Successes missed") for rule in ("money back", "forecast")]


@dataclass(frozen=True, kw_only=True)
class LookingBack(Result):
    """Hit rates by quarter for two rules, and the test of "nine times out of ten"."""

    OFFERS: ClassVar = ("figure", "table")

    by_quarter: pd.DataFrame
    unseen: float | None
    low: float | None
    high: float | None
    successes: int

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
    if successes == 0:
        unseen, low, high = None, None, None
        text = "Nine times out of ten cannot be tested: no initiative has yet turned out to pay."
    else:
        unseen = unseen_count / successes
        low, high = exact_interval(unseen_count, successes)
        place = (
            "is consistent with"
            if low <= CLAIM <= high
            else "is more often than"
            if low > CLAIM
            else "is less often than"
        )
        text = (
            f"Of {numbers.plural(successes, 'initiative')} that turned out to pay, {unseen_count} had not shown it "
            f"after one quarter ({numbers.percent(unseen)}, 95% range "
            f"{numbers.interval(low, high, numbers.percent)}): that {place} nine times out of ten."
        )
        if high - low > 0.5:
            text += " With so few initiatives the range is wide."
    lost = [name for name, dead, value in zip(seen.names, seen.killed, seen.final, strict=True) if dead and value > 0]
    if lost:
        text += f" Stopped while the last forecast was above zero: {', '.join(lost)}."
    return LookingBack(
        sentence=text,
        table=pd.DataFrame(
            {
                "Quarters since the start": frame.index,
                "Judged": frame["n"].to_numpy(),
                "Later successes": frame["base"].to_numpy(),
                "Right, by money back": frame["hit_cash"].to_numpy(),
                "Successes missed, by money back": frame["false_kill_cash"].to_numpy(),
                "Right, by forecast": frame["hit_forecast"].to_numpy(),
                "Successes missed, by forecast": frame["false_kill_forecast"].to_numpy(),
                "Brier score, forecast": frame["brier"].to_numpy(),
            }
        ),
        formats=_COUNTS | dict.fromkeys(["Later successes", *_SHARES], "percent"),
        title="Money back comes late: early verdicts miss later successes" if unseen else "Early verdicts were right",
        caption="Would we have known?",
        note=(
            f"n = {numbers.plural(int(judged.sum()), 'initiative')} judged at {seen.so_far.shape[1] - 1} quarters, "
            f"{int(seen.killed[judged].sum())} of them stopped before; each quarter with what was known then; read a "
            "hit rate against the share of later successes, a Brier score against 0.25 for a coin; by forecast the "
            f"verdict was right for good from quarter {_right_for_good(seen, judged)} on (median)."
        ),
        alt=(
            "Two lines, the share of later successes recognised by money already back and by the forecast: "
            f"{_both(frame, 0)} after {frame.index[0]}, {_both(frame, -1)} after {frame.index[-1]} quarters."
        ),
        measures=(
            Measure(
                name="successes_unseen_after_one_quarter",
                value=unseen,
                unit="share",
                n=successes,
                low=low,
                high=high,
                reason="" if unseen is not None else "no initiative has yet turned out to pay",
            ),
        ),
        by_quarter=frame,
        unseen=unseen,
        low=low,
        high=high,
        successes=successes,
        drawable=successes > 0,
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
