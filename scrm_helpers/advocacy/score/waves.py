"""Did the score change? Waves of a survey beside each other, with the smallest change that would be noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, check_scores, in_order
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import adjusted_interval, detectable_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Waves(Result):
    """Net Promoter Scores of consecutive waves."""

    scores: pd.DataFrame
    change: Estimate  # last wave minus the one before, in points

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each wave as a point with its range."""
        ax = style.axes_for(ax, height=2.6)
        places = np.arange(len(self.scores))
        ax.axhline(0, color=style.RULE, linewidth=0.8)
        ax.vlines(places, self.scores["low"], self.scores["high"], color="black", linewidth=1.2)
        ax.plot(places, self.scores["score"], "o", color=style.BLUE, markersize=7)
        for place, score in zip(places, self.scores["score"], strict=True):
            label = numbers.points(score)
            ax.annotate(label, (place, score), xytext=(9, 0), textcoords="offset points", va="center", weight="bold")
        labels = [
            f"{wave}\n(n = {numbers.count(n)})" for wave, n in zip(self.scores["wave"], self.scores["n"], strict=True)
        ]
        ax.set_xticks(places, labels)
        ax.set_xlim(-0.5, len(places) - 0.5)
        ax.yaxis.set_major_formatter(lambda tick, _: numbers.points(tick))
        ax.set_ylabel("Net Promoter Score, points")
        ax.grid(axis="y")
        return ax


def compare_waves(surveys: pd.DataFrame, as_of: pd.Timestamp, min_group: int = 5, level: float = 0.95) -> Waves:
    """Compare the waves of a survey, each by the latest answer of a person in it.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys`` with the column ``wave``; without it all answers are one wave.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive.
    min_group : int
        Waves with fewer answers are left out.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Waves

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    The interval of the change recovers the variances of the two adjusted intervals (Zou and Donner 2008); people who
    answered in both waves make it narrower, through the correlation of their answers.
    """
    check_scores(surveys["score"])
    answers = _answers(surveys, as_of)
    order = answers.groupby("wave")["responded_on"].median().sort_values(kind="stable").index
    waves = [wave for wave in order if (answers["wave"] == wave).sum() >= min_group]
    found = [_score(answers[answers["wave"] == wave], level) for wave in waves]
    table = pd.DataFrame(
        [(w, f.n, f.value, f.low, f.high) for w, f in zip(waves, found, strict=True)],
        columns=["wave", "n", "score", "low", "high"],
    )
    if len(found) < 2:
        reason = f"{numbers.plural(len(found), 'wave')} with at least {min_group} answers; a change needs two"
        change, noticed = Estimate(value=None, low=None, high=None, level=level, reason=reason), None
    else:
        change = difference(found[-2], found[-1], _correlation(answers, waves[-2], waves[-1]))
        noticed = _noticeable(answers, waves[-2:], level)
    return Waves(
        sentence=_sentence(change, waves, noticed, level),
        table=table.rename(
            columns={"wave": "Wave", "n": "Answers", "score": "NPS", "low": "Range from", "high": "Range to"}
        ),
        title=_title(change),
        caption="Net Promoter Score by wave",
        note=f"Latest answer of each person in each wave; lines: {numbers.percent(level)} adjusted range.",
        alt=f"{numbers.plural(len(found), 'point')}, one per wave: "
        + ", ".join(f"{w} {numbers.points(f.value)}" for w, f in list(zip(waves, found, strict=True))[-6:])
        + ", each with its range.",
        formats={"Answers": "count", "NPS": "points", "Range from": "points", "Range to": "points"},
        drawable=len(found) > 0,
        measures=(
            Measure(
                name="nps_change",
                value=change.value,
                unit="points",
                n=change.n,
                low=change.low,
                high=change.high,
                level=level,
                reason=change.reason,
            ),
        ),
        scores=table,
        change=change,
    )


def _answers(surveys: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    known = surveys[surveys["score"].notna() & surveys["customer_id"].notna() & (surveys["responded_on"] <= as_of)]
    wave = known["wave"] if "wave" in known else pd.Series("all answers", index=known.index)
    known = known.assign(wave=wave)[["customer_id", "wave", "responded_on", "score"]].dropna(subset=["wave"])
    ordered = in_order(known, ["wave", "customer_id", "responded_on"])
    return ordered.drop_duplicates(["wave", "customer_id"], keep="last")


def _score(answers: pd.DataFrame, level: float) -> Estimate:
    promoters = int((answers["score"] >= PROMOTER_FROM).sum())
    detractors = int((answers["score"] <= DETRACTOR_TO).sum())
    return adjusted_interval(promoters, detractors, len(answers), level).times(100)


def _signs(answers: pd.DataFrame) -> pd.Series:
    signs = (answers["score"] >= PROMOTER_FROM).astype(float) - (answers["score"] <= DETRACTOR_TO)
    return signs.set_axis(answers["customer_id"])


def _correlation(answers: pd.DataFrame, first: str, second: str) -> float:
    """Return the correlation of the two scores that the people in both waves bring about."""
    one, two = (_signs(answers[answers["wave"] == wave]) for wave in (first, second))
    both = one.index.intersection(two.index)
    if len(both) < 3:
        return 0.0
    a, b = one.loc[both].to_numpy(), two.loc[both].to_numpy()
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1] * len(both) / np.sqrt(len(one) * len(two)))


def _noticeable(answers: pd.DataFrame, waves: list[str], level: float) -> float:
    sizes = [int((answers["wave"] == wave).sum()) for wave in waves]
    variance = float(np.mean([_signs(answers[answers["wave"] == wave]).var(ddof=0) for wave in waves]))
    harmonic = 2 / (1 / sizes[0] + 1 / sizes[1])
    return 100 * detectable_change(harmonic, max(variance, 1e-9), level)


def _sentence(change: Estimate, waves: list[str], noticed: float | None, level: float) -> str:
    if change.value is None or change.low is None or change.high is None or noticed is None:
        return f"A change of the Net Promoter Score cannot be computed: {change.reason}."
    moved = "rose" if change.low > 0 else "fell" if change.high < 0 else ""
    span = (
        f"{numbers.points(change.value)} points, {numbers.percent(level)} range "
        f"{numbers.interval(change.low, change.high, numbers.points)}"
    )
    limit = f"a change of less than {numbers.count(np.ceil(noticed))} points would often go unnoticed"
    if moved:
        return f"From {waves[-2]} to {waves[-1]} the Net Promoter Score {moved} ({span}); {limit}."
    return f"From {waves[-2]} to {waves[-1]} no change of the Net Promoter Score can be shown ({span}); {limit}."


def _title(change: Estimate) -> str:
    if change.low is None or change.high is None:
        return "The Net Promoter Score by wave"
    return "No change of the score can be shown" if change.low <= 0 <= change.high else "The score changed"
