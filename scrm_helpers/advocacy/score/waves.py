"""Did the score change? Waves of a survey beside each other, with the smallest change that would be noticed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, check_scores, in_order
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import adjusted_interval, detectable_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TITLE = "The Net Promoter Score by wave"


@dataclass(frozen=True, kw_only=True)
class Waves(Answer):
    """Net Promoter Scores of consecutive waves."""

    change: Measure = unknown("nps_change", "points")  # last wave minus the one before
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)  # one row per wave
    noticed: float = 0.0  # smallest change in points that would be noticed

    @property
    def drawable(self) -> bool:
        """Whether there is a wave."""
        return len(self.scores) > 0

    def words(self) -> Words:
        """Whether the score changed beyond chance."""
        waves, change, level = self.scores["wave"].tolist(), self.change, numbers.percent(self.change.level)
        heads = {"wave": "Wave", "n": "Answers", "score": "NPS", "low": "Range from", "high": "Range to"}
        last = self.scores.tail(6).to_dict("records")
        points = ", ".join(f"{row['wave']} {numbers.points(row['score'])}" for row in last)
        sentence, title = f"A change of the Net Promoter Score cannot be computed: {change.reason}.", TITLE
        if change.value is not None:
            low, high = change.ends
            moved = "rose" if low > 0 else "fell" if high < 0 else ""
            said = f"the Net Promoter Score {moved}" if moved else "no change of the Net Promoter Score can be shown"
            title = "The score changed" if moved else "No change of the score can be shown"
            sentence = (
                f"From {waves[-2]} to {waves[-1]} {said} ({numbers.points(change.value)} points, {level} range "
                f"{numbers.interval(low, high, numbers.points)}); a change of less than "
                f"{numbers.count(np.ceil(self.noticed))} points would often go unnoticed."
            )
        return Words(
            sentence=sentence,
            table=self.scores.rename(columns=heads),
            formats={"Answers": "count", "NPS": "points", "Range from": "points", "Range to": "points"},
            title=title,
            caption="Net Promoter Score by wave",
            note=f"Latest answer of each person in each wave; lines: {level} adjusted range.",
            alt=f"{numbers.plural(len(waves), 'point')}, one per wave: {points}, each with its range.",
        )

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


def compare_waves(surveys: pd.DataFrame, terms: Terms) -> Waves:
    """Compare the waves of a survey, each by the latest answer of a person in it.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys`` with the column ``wave``; without it all answers are one wave.
    terms : Terms
        Day of the analysis, level; waves with fewer answers than the smallest group are left out.

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
    answers = _answers(surveys, terms.as_of)
    order = answers.groupby("wave")["responded_on"].median().sort_values(kind="stable").index
    waves = [wave for wave in order if (answers["wave"] == wave).sum() >= terms.min_group]
    found = [_score(answers[answers["wave"] == wave], terms.level) for wave in waves]
    scores = pd.DataFrame(
        [(w, f.n, f.value, f.low, f.high) for w, f in zip(waves, found, strict=True)],
        columns=["wave", "n", "score", "low", "high"],
    )
    if len(found) < 2:
        reason = f"{numbers.plural(len(found), 'wave')} with at least {terms.min_group} answers; a change needs two"
        return Waves(change=replace(unknown("nps_change", "points", reason, 0), level=terms.level), scores=scores)
    change = difference(found[-2], found[-1], _correlation(answers, waves[-2], waves[-1]))
    noticed = _noticeable(answers, waves[-2:], terms.level)
    return Waves(change=change.measure("nps_change", "points"), scores=scores, noticed=noticed)


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
