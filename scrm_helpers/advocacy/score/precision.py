"""How precise is the score? Three intervals, weights, and how many answers the next survey needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, check_scores, latest_answers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import adjusted_interval, answers_needed
from scrm_helpers.stats.resample import mean_bootstrap_t

MARGINS = (0.10, 0.05, 0.03, 0.02)


def score_of_every_answer(
    surveys: pd.DataFrame, as_of: pd.Timestamp, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> Result:
    """Compute the score over every answer ever given, beside the one over the latest answer of each person.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys``.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive.
    level : float
        Confidence level, 0-1.
    draws : int
        Bootstrap samples of persons.
    seed : int
        Seed of the draws.

    Returns
    -------
    Result

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    Answers of one person are alike, so persons are drawn, each with all answers (bootstrap-t). People who answered
    often weigh more here; the latest answer of each person gives everybody one voice.
    """
    latest = latest_answers(surveys, as_of)
    answered = surveys[surveys["score"].notna() & surveys["customer_id"].notna() & (surveys["responded_on"] <= as_of)]
    signs = [up.astype(float) - down for up, down in (_sides(answered["score"]), _sides(latest["score"]))]
    who = answered["customer_id"].to_numpy()
    every = mean_bootstrap_t(signs[0], level, draws, seed, clusters=who if len(who) else None).times(100)
    once = adjusted_interval(int((signs[1] > 0).sum()), int((signs[1] < 0).sum()), len(latest), level).times(100)
    rows = [
        ("Latest answer of each person", len(latest), once.value, once.low, once.high),
        ("Every answer", len(answered), every.value, every.low, every.high),
    ]
    told = f"The Net Promoter Score over every answer cannot be computed: {every.reason}."
    if every.value is not None and every.low is not None and every.high is not None:
        told = (
            f"Over every answer, also earlier ones of the same people, the score is {numbers.points(every.value)} "
            f"({numbers.interval(every.low, every.high, numbers.points)})."
        )
    return Result(
        sentence=told,
        table=pd.DataFrame(rows, columns=["Answers counted", "Answers", "NPS", "Range from", "Range to"]),
        caption="Net Promoter Score by what counts as an answer",
        note=f"{numbers.plural(every.n, 'person', 'people')}; {numbers.percent(level)} ranges, persons drawn whole.",
        formats={"Answers": "count", "NPS": "points", "Range from": "points", "Range to": "points"},
        drawable=False,
        measures=(_measure("nps_every_answer", every, level),),
    )


def sample_size_table(scores: pd.Series, level: float = 0.95) -> Result:
    """Say how many answers a margin of error needs, at the spread of these answers and at worst.

    Parameters
    ----------
    scores : pandas.Series of shape (n,)
        Answers from 0 to 10, from which the spread is taken.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Result

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
    return Result(
        sentence=(
            f"A margin of plus or minus {numbers.count(100 * MARGINS[1])} points needs "
            f"{numbers.plural(here[1], 'answer')} where answers spread as here."
        ),
        table=table,
        caption="Answers needed for a margin of error",
        note=f"{numbers.percent(level)} level; spread of these answers {numbers.decimal(spread)} (1 at worst).",
        formats={"Margin, points": "count", "Answers needed here": "count", "At worst": "count"},
        drawable=False,
    )


def _sides(scores: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    values = scores.to_numpy(float)
    return values >= PROMOTER_FROM, values <= DETRACTOR_TO


def _points(found: Estimate) -> tuple[float | None, float | None, float | None]:
    points = found.times(100)
    return points.value, points.low, points.high


def _measure(name: str, found: Estimate, level: float) -> Measure:
    value, low, high = _points(found)
    return Measure(
        name=name, value=value, unit="points", n=found.n, low=low, high=high, level=level, reason=found.reason
    )
