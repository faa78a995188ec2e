"""How precise is the score? Three intervals, weights, and how many answers the next survey needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, check_scores, latest_answers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.intervals import adjusted_interval, answers_needed
from scrm_helpers.stats.resample import mean_bootstrap_t

MARGINS = (0.10, 0.05, 0.03, 0.02)


@dataclass(frozen=True, kw_only=True)
class EveryAnswer(Answer):
    """The score over every answer ever given, beside the one over the latest answer of each person."""

    score: Measure = unknown("nps_every_answer", "points")
    beside: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        """What the score is when people who answered often weigh more."""
        told = f"The Net Promoter Score over every answer cannot be computed: {self.score.reason}."
        if self.score.value is not None:
            told = (
                "Over every answer, also earlier ones of the same people, the score is "
                f"{numbers.points(self.score.value)} ({numbers.span(self.score, numbers.points)})."
            )
        people, level = numbers.plural(self.score.n or 0, "person", "people"), numbers.percent(self.score.level)
        return Words(
            sentence=told,
            table=self.beside,
            formats={"Answers": "count", "NPS": "points", "Range from": "points", "Range to": "points"},
            caption="Net Promoter Score by what counts as an answer",
            note=f"{people}; {level} ranges, persons drawn whole.",
        )


def score_of_every_answer(surveys: pd.DataFrame, terms: Terms, draws: int = 2000) -> EveryAnswer:
    """Compute the score over every answer ever given, beside the one over the latest answer of each person.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys``.
    terms : Terms
        Day of the analysis, level, seed.
    draws : int
        Bootstrap samples of persons.

    Returns
    -------
    EveryAnswer

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    Answers of one person are alike, so persons are drawn, each with all answers (bootstrap-t). People who answered
    often weigh more here; the latest answer of each person gives everybody one voice.
    """
    latest = latest_answers(surveys, terms.as_of)
    there = surveys["score"].notna() & surveys["customer_id"].notna() & (surveys["responded_on"] <= terms.as_of)
    answered = surveys[there]
    signs = [up.astype(float) - down for up, down in (_sides(answered["score"]), _sides(latest["score"]))]
    who, level = answered["customer_id"].to_numpy(), terms.level
    every = mean_bootstrap_t(signs[0], level, draws, terms.seed, clusters=who if len(who) else None).times(100)
    once = adjusted_interval(int((signs[1] > 0).sum()), int((signs[1] < 0).sum()), len(latest), level).times(100)
    rows = [
        ("Latest answer of each person", len(latest), once.value, once.low, once.high),
        ("Every answer", len(answered), every.value, every.low, every.high),
    ]
    beside = pd.DataFrame(rows, columns=["Answers counted", "Answers", "NPS", "Range from", "Range to"])
    return EveryAnswer(score=every.measure("nps_every_answer", "points"), beside=beside)


@dataclass(frozen=True, kw_only=True)
class SampleSize(Answer):
    """How many answers a margin of error needs."""

    needed: pd.DataFrame
    spread: float  # variance of the signs of these answers; 1 at worst
    level: float

    def words(self) -> Words:
        """How many answers a usual margin needs."""
        usual = self.needed.iloc[1]
        return Words(
            sentence=(
                f"A margin of plus or minus {numbers.count(usual['Margin, points'])} points needs "
                f"{numbers.plural(usual['Answers needed here'], 'answer')} where answers spread as here."
            ),
            table=self.needed,
            formats=dict.fromkeys(map(str, self.needed), "count"),
            caption="Answers needed for a margin of error",
            note=(
                f"{numbers.percent(self.level)} level; spread of these answers {numbers.decimal(self.spread)} (1 at "
                "worst)."
            ),
        )


def sample_size_table(scores: pd.Series, level: float = 0.95) -> SampleSize:
    """Say how many answers a margin of error needs, at the spread of these answers and at worst.

    Parameters
    ----------
    scores : pandas.Series of shape (n,)
        Answers from 0 to 10, from which the spread is taken.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    SampleSize

    Examples
    --------
    >>> sample_size_table(pd.Series([10] * 50 + [8] * 30 + [3] * 20)).table["At worst"].tolist()
    [385, 1537, 4269, 9604]
    """
    check_scores(scores)
    up, down = _sides(scores.dropna())
    variance = float((up.astype(float) - down).var(ddof=0)) if len(up) else 1.0
    spread = variance if variance > 0 else 1.0
    here = [answers_needed(margin, spread, level) for margin in MARGINS]
    table = pd.DataFrame(
        {
            "Margin, points": [100 * margin for margin in MARGINS],
            "Answers needed here": here,
            "At worst": [answers_needed(margin, 1.0, level) for margin in MARGINS],
        }
    )
    return SampleSize(needed=table, spread=spread, level=level)


def _sides(scores: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    values = scores.to_numpy(float)
    return values >= PROMOTER_FROM, values <= DETRACTOR_TO
