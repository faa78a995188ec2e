"""Do predictions keep their word? Foretold against seen, answer by answer, in a time that the model did not see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.asking.prediction import ReferralModel
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Fit, maximise
from scrm_helpers.stats.intervals import normal_quantile, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLASSES = ((0, 6), (7, 7), (8, 8), (9, 9), (10, 10))


@dataclass(frozen=True, kw_only=True)
class Calibration(Answer):
    """Foretold and seen shares who refer."""

    ABSENT = "Whether predictions keep their word cannot be said: {reason}."

    brier: Measure = unknown("brier_score", "ratio")  # mean squared error of the probabilities
    skill: Measure = unknown("brier_skill", "ratio")  # share of it saved against telling everybody the same share
    slope: Measure = unknown("calibration_slope", "ratio")
    groups: pd.DataFrame = field(
        default_factory=pd.DataFrame
    )  # ``group``, ``n``, ``foretold``, ``seen``, ``low``, ``high``
    foretold: float = 0.0  # shares of all customers
    seen: float = 0.0
    seen_range: tuple[float, float] = (0.0, 0.0)

    def words(self) -> Words:
        """Whether the share foretold came, person by person too."""
        (low, high), n = self.seen_range, numbers.plural(self.brier.n or 0, "customer")
        foretold, seen = numbers.percent(self.foretold), numbers.percent(self.seen)
        met = "within the range" if low <= self.foretold <= high else "too high" if self.foretold > high else "too low"
        text = (
            f"The model foretold that {foretold} would refer; {seen} did "
            f"({numbers.interval(low, high, numbers.percent)}): {met}."
        )
        if self.skill.value is not None:
            better = "better" if self.skill.value > 0 else "no better"
            text += f" Person by person it is {better} than telling everybody the same share "
            text += f"(Brier skill {numbers.decimal(self.skill.value, 3)})."
        if self.slope.high is not None and self.slope.high < 1:
            text += " Its differences between people are too bold."
        heads = dict(zip(self.groups, ("Answer", "People", "Foretold", "Seen", "Range from", "Range to"), strict=True))
        return Words(
            sentence=text,
            table=self.groups.rename(columns=heads),
            formats={"People": "count"} | dict.fromkeys(["Foretold", "Seen", "Range from", "Range to"], "percent"),
            title=f"Foretold {foretold}, seen {seen}",
            caption="Share who refer: foretold against seen",
            note=(
                f"n = {n}; {self.window} that the model had not seen; lines: {numbers.percent(self.slope.level)} "
                "Wilson range of what was seen."
            ),
            alt=(
                f"{numbers.plural(len(self.groups), 'group')} of customers by answer: the share who referred with its "
                f"range, and beside it the share foretold; over all {seen} seen and {foretold} foretold."
            ),
        )

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
    model: ReferralModel, history: pd.DataFrame, terms: Terms, window_days: int = 365
) -> Calibration:
    """Compare the share foretold with the share seen, in a window after the one the model was fitted on.

    Parameters
    ----------
    model : ReferralModel
        From :func:`fit_referral_model`, fitted on an earlier window.
    history : pandas.DataFrame
        From :func:`referral_history`, at the later cut.
    terms : Terms
        Level; answer groups of fewer people than the smallest group are not shown.
    window_days : int
        Length of the window in days.

    Returns
    -------
    Calibration

    Notes
    -----
    Brier (1950). Intercept and slope belong to the logit of what was seen on the logit of what was foretold
    (Cox 1958): 0 and 1 when the predictions keep their word.
    """
    n, level = len(history), terms.level
    if model.reason or not n or history["future"].eq(0).all():
        reason = model.reason or "nobody referred in the window"
        return Calibration(reason=reason, brier=unknown("brier_score", "ratio", reason, n))
    chance, did = model.chance(history, window_days), history["future"].to_numpy() > 0
    brier, base = float(np.mean((chance - did) ** 2)), float(did.mean() * (1 - did.mean()))
    return Calibration(
        brier=Measure(name="brier_score", value=brier, unit="ratio", n=n),
        skill=Measure(name="brier_skill", value=1 - brier / base, unit="ratio", n=n)
        if base
        else unknown("brier_skill", "ratio", "everybody referred", n),
        slope=_slope(_recalibration(chance, did), n, level),
        groups=_groups(history["score"].to_numpy(float), chance, did, terms.min_group, level),
        foretold=float(chance.mean()),
        seen=float(did.mean()),
        seen_range=wilson(int(did.sum()), n, level),
        window=f"{window_days} days",
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
        return replace(unknown("calibration_slope", "ratio", line.reason, n), level=level)
    half = normal_quantile(level) * float(line.errors[1])
    slope = line["slope"]
    return Measure(
        name="calibration_slope", value=slope, unit="ratio", n=n, low=slope - half, high=slope + half, level=level
    )
