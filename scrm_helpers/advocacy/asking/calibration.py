"""Do predictions keep their word? Foretold against seen, answer by answer, in a time that the model did not see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.asking.prediction import ReferralModel
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.fits import Fit, maximise
from scrm_helpers.stats.intervals import normal_quantile, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLASSES = ((0, 6), (7, 7), (8, 8), (9, 9), (10, 10))


@dataclass(frozen=True, kw_only=True)
class Calibration(Result):
    """Foretold and seen shares who refer."""

    groups: pd.DataFrame  # one row per answer group shown: ``group``, ``n``, ``foretold``, ``seen``, ``low``, ``high``
    brier: float | None  # mean squared error of the probabilities
    skill: float | None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw for each answer the share seen with its range and the share foretold."""
        ax = style.axes_for(ax, height=3.2)
        places = np.arange(len(self.groups))
        ax.vlines(places, self.groups["low"], self.groups["high"], color="black", linewidth=1.2)
        ax.plot(places, self.groups["seen"], "o", color=style.BLUE, markersize=7, label="seen, with range")
        foretold = self.groups["foretold"]
        ax.plot(places + 0.16, foretold, "_", color=style.ORANGE, markersize=10, markeredgewidth=2, label="foretold")
        labels = zip(self.groups["group"], self.groups["n"], strict=True)
        ax.set_xticks(places, [f"{group}\n(n = {numbers.count(n)})" for group, n in labels])
        ax.set_xlim(-0.5, len(places) - 0.5)
        ax.set_ylim(0, float(self.groups[["high", "foretold"]].to_numpy().max()) * 1.3)
        ax.yaxis.set_major_formatter(lambda tick, _: numbers.percent(tick, 0))
        ax.legend(loc="upper left", ncols=2)
        ax.grid(axis="y")
        ax.set_xlabel("Stated likelihood to recommend, 0 to 10")
        ax.set_ylabel("Referred in the window")
        return ax


def calibration_by_answer(
    model: ReferralModel, history: pd.DataFrame, window_days: int = 365, min_group: int = 5, level: float = 0.95
) -> Calibration:
    """Compare the share foretold with the share seen, in a window after the one the model was fitted on.

    Parameters
    ----------
    model : ReferralModel
        From :func:`fit_referral_model`, fitted on an earlier window.
    history : pandas.DataFrame
        From :func:`referral_history`, at the later cut.
    window_days : int
        Length of the window in days.
    min_group : int
        Answer groups of fewer people are not shown.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Calibration

    Notes
    -----
    Brier (1950). Intercept and slope belong to the logit of what was seen on the logit of what was foretold
    (Cox 1958): 0 and 1 when the predictions keep their word.
    """
    n = len(history)
    if model.reason or not n or history["future"].eq(0).all():
        return _nothing(model.reason or "nobody referred in the window", n)
    chance, did = model.chance(history, window_days), history["future"].to_numpy() > 0
    groups = _groups(history["score"].to_numpy(float), chance, did, min_group, level)
    brier, base = float(np.mean((chance - did) ** 2)), float(did.mean() * (1 - did.mean()))
    skill = 1 - brier / base if base else None
    line = _recalibration(chance, did)
    return Calibration(
        sentence=_sentence(chance, did, skill, line, level),
        table=groups.rename(
            columns={
                "group": "Answer",
                "n": "People",
                "foretold": "Foretold",
                "seen": "Seen",
                "low": "Range from",
                "high": "Range to",
            }
        ),
        title=f"Foretold {numbers.percent(float(chance.mean()))}, seen {numbers.percent(float(did.mean()))}",
        caption="Share who refer: foretold against seen",
        note=(
            f"n = {numbers.plural(n, 'customer')}; {window_days} days that the model had not seen; lines: "
            f"{numbers.percent(level)} Wilson range of what was seen."
        ),
        alt=(
            f"{numbers.plural(len(groups), 'group')} of customers by answer: the share who referred with its range, "
            f"and beside it the share foretold; over all {numbers.percent(float(did.mean()))} seen and "
            f"{numbers.percent(float(chance.mean()))} foretold."
        ),
        formats={"People": "count"} | dict.fromkeys(["Foretold", "Seen", "Range from", "Range to"], "percent"),
        measures=(
            Measure(name="brier_score", value=brier, unit="ratio", n=n),
            Measure(name="brier_skill", value=skill, unit="ratio", n=n, reason="" if base else "everybody referred"),
            _slope(line, n, level),
        ),
        groups=groups,
        brier=brier,
        skill=skill,
    )


def _groups(score: NDArray, chance: NDArray, did: NDArray, min_group: int, level: float) -> pd.DataFrame:
    rows = []
    spans = [
        (f"{low} to {high}" if low < high else str(low), (score >= low) & (score <= high)) for low, high in CLASSES
    ]
    for name, inside in [("no answer", np.isnan(score)), *spans]:
        size = int(inside.sum())
        if size >= min_group:
            hits = int(did[inside].sum())
            rows.append((name, size, chance[inside].mean(), hits / size, *wilson(hits, size, level)))
    return pd.DataFrame(rows, columns=["group", "n", "foretold", "seen", "low", "high"])


def _recalibration(chance: NDArray, did: NDArray) -> Fit:
    grid = np.round(np.log(chance / (1 - chance)), 2)  # a hundredth of a logit is far finer than any error of the fit
    level, which = np.unique(grid, return_inverse=True)
    yes, all_ = np.bincount(which, did), np.bincount(which)

    def likelihood(point: NDArray) -> float:
        line = point[0] + point[1] * level
        return float(yes @ line - all_ @ np.logaddexp(0, line))

    return maximise(likelihood, [0.0, 1.0], ("intercept", "slope"), len(did))


def _slope(line: Fit, n: int, level: float) -> Measure:
    if not line.ok:
        return Measure(name="calibration_slope", value=None, unit="ratio", n=n, reason=line.reason)
    half = normal_quantile(level) * float(line.errors[1])
    slope = line["slope"]
    return Measure(
        name="calibration_slope", value=slope, unit="ratio", n=n, low=slope - half, high=slope + half, level=level
    )


def _sentence(chance: NDArray, did: NDArray, skill: float | None, line: Fit, level: float) -> str:
    low, high = wilson(int(did.sum()), len(did), level)
    met = "within the range" if low <= chance.mean() <= high else "too high" if chance.mean() > high else "too low"
    text = (
        f"The model foretold that {numbers.percent(float(chance.mean()))} would refer; "
        f"{numbers.percent(float(did.mean()))} did ({numbers.interval(low, high, numbers.percent)}): {met}."
    )
    if skill is not None:
        better = "better" if skill > 0 else "no better"
        text += f" Person by person it is {better} than telling everybody the same share "
        text += f"(Brier skill {numbers.decimal(skill, 3)})."
    if line.ok and line["slope"] + normal_quantile(level) * float(line.errors[1]) < 1:
        text += " Its differences between people are too bold."
    return text


def _nothing(reason: str, n: int) -> Calibration:
    return Calibration(
        sentence=f"Whether predictions keep their word cannot be said: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="brier_score", value=None, unit="ratio", n=n, reason=reason),),
        groups=pd.DataFrame(),
        brier=None,
        skill=None,
    )
