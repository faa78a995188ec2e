"""What would everybody have said? Answers weighted by the chance to answer, and the bounds without assumptions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, check_scores
from scrm_helpers.advocacy.silent.response import MissingInvitations, invited_people
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.binary import classes, fit_binary, inverse_link, patterns
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import adjusted_interval, kish_effect

FEATURES = ("segment", "region", "acquisition_channel")
TRIM = 0.02  # nobody stands for more than fifty people


@dataclass(frozen=True, kw_only=True)
class WeightedScore(Result):
    """The score of those who answered, the same weighted to all invited, and its bounds."""

    plain: Estimate  # net Promoter Scores in points
    weighted: Estimate  # net Promoter Scores in points
    bounds: tuple[float, float] | None
    effective_n: float | None  # number of equally weighted answers that would be as precise


def manski_bounds(score: float, response_rate: float) -> tuple[float, float]:
    """Bound the score of all invited by letting all the silent be detractors, or all promoters."""
    if not 0 <= response_rate <= 1:
        raise ValueError(f"A response rate lies between 0 and 1: got {response_rate}.")
    silent = 100 * (1 - response_rate)
    return response_rate * score - silent, response_rate * score + silent


def weighted_to_invited(
    surveys: pd.DataFrame, customers: pd.DataFrame, as_of: pd.Timestamp, min_group: int = 5, level: float = 0.95
) -> WeightedScore:
    """Weight the last answers to everybody invited, by what is known of all customers.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys``, with ``invited_on`` and one row per invitation.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on`` and, where known, ``segment``, ``region``, ``acquisition_channel``.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive.
    min_group : int
        Classes in which fewer people answered stand for nobody.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    WeightedScore

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.
    """
    try:
        invited = invited_people(surveys, as_of, 0).set_index("customer_id")
    except MissingInvitations as missing:
        nothing = _missing(missing.short, level)
        return _result(nothing, nothing, None, None, 0, 0, 0, level)
    known = customers.drop_duplicates("customer_id").set_index("customer_id").reindex(invited.index)
    features = known[[name for name in FEATURES if name in known]].dropna(axis="columns", how="all")
    features = features.assign(tenure=(invited["invited_on"] - known["joined_on"]).dt.days.astype(float))
    return weighted_score(invited["score"], features, min_group, level)


def weighted_score(scores: pd.Series, features: pd.DataFrame, min_group: int = 5, level: float = 0.95) -> WeightedScore:
    """Weight each answer by the inverse of the chance that somebody like that answers.

    Parameters
    ----------
    scores : pandas.Series
        One row per invited person: the answer, missing where there was none.
    features : pandas.DataFrame
        What is known of everybody invited (segment, tenure, spend, channel), on the same index; numbers are cut into
        fifths.
    min_group : int
        Classes in which fewer people answered stand for nobody: those invited in them are left out and counted.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    WeightedScore

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    Hajek: ``sum(R w y) / sum(R w)`` with ``w = 1 / P(R = 1 | X)`` from a logit, chances below two per cent lifted to
    it. It corrects for what the features tell, not for what they do not; the adjusted Wald interval takes the
    effective number of answers after Kish.
    """
    check_scores(scores)
    answered = scores.notna().to_numpy()
    plain = _score(scores[answered], np.ones(int(answered.sum())), level)
    if not len(scores) or not answered.any():
        return _result(plain, _missing("nobody answered", level), None, None, len(scores), 0, 0, level)
    rate = float(answered.mean())
    bounds = manski_bounds(float(plain.value or 0.0), rate)
    kept = _overlap(features, answered, min_group)
    n_lost = int((~kept).sum())
    known = pd.DataFrame({name: classes(features[name])[kept] for name in features})
    cells = patterns(known)
    total = np.bincount(cells.which)
    hits = np.bincount(cells.which, answered[kept])
    beta, _, reason = fit_binary(cells.design, hits, total)
    if rate == 1.0:
        return _result(plain, plain, bounds, float(len(scores)), len(scores), 0, 0, level)
    if beta is None:
        return _result(plain, _missing(reason, level), bounds, None, len(scores), n_lost, 0, level)
    chance = inverse_link(cells.design @ beta, "logit")[0][cells.which][answered[kept]]
    trimmed = int((chance < TRIM).sum())
    weights = 1 / np.maximum(chance, TRIM)
    found = _score(scores[kept & answered], weights, level)
    return _result(plain, found, bounds, found.n, len(scores), n_lost, trimmed, level)


def _overlap(features: pd.DataFrame, answered: NDArray, min_group: int) -> NDArray:
    """Mark the invited whose classes all have enough answers to stand for them."""
    kept = np.ones(len(features), bool)
    for name in features:
        own = classes(features[name])
        answers = own[answered].value_counts()
        kept &= own.map(answers).fillna(0).to_numpy() >= min_group
    return kept


def _score(scores: pd.Series, weights: NDArray, level: float) -> Estimate:
    if not len(scores):
        return _missing("nobody answered", level)
    effective = len(scores) / kish_effect(weights)
    values, share = scores.to_numpy(float), weights / weights.sum() * effective
    up, down = float(share[values >= PROMOTER_FROM].sum()), float(share[values <= DETRACTOR_TO].sum())
    return adjusted_interval(up, down, effective, level).times(100)


def _missing(reason: str, level: float) -> Estimate:
    return Estimate(value=None, low=None, high=None, level=level, reason=reason)


def _result(
    plain: Estimate,
    weighted: Estimate,
    bounds: tuple[float, float] | None,
    effective: float | None,
    n: int,
    lost: int,
    trimmed: int,
    level: float,
) -> WeightedScore:
    rows = [
        ("Those who answered", plain.value, plain.low, plain.high),
        ("Weighted to all invited", weighted.value, weighted.low, weighted.high),
        ("Whatever the silent think", None, *(bounds or (None, None))),
    ]
    remarks = f"; {numbers.count(lost)} invited in classes with too few answers are left out" if lost else ""
    remarks += f"; {numbers.count(trimmed)} weights cut" if trimmed else ""
    return WeightedScore(
        sentence=_sentence(plain, weighted, bounds),
        table=pd.DataFrame(rows, columns=["Net Promoter Score", "Points", "Range from", "Range to"]),
        caption="The score and those who did not answer",
        note=(
            f"n = {numbers.plural(n, 'person', 'people')} invited; weighted answers are worth "
            f"{numbers.count(effective)} equal ones{remarks}. The last line is no interval: it holds for certain."
        ),
        formats=dict.fromkeys(["Points", "Range from", "Range to"], "points"),
        drawable=False,
        measures=(
            Measure(
                name="nps_weighted_to_all_invited",
                value=weighted.value,
                unit="points",
                n=n,
                low=weighted.low,
                high=weighted.high,
                level=level,
                reason=weighted.reason,
            ),
            Measure(
                name="effective_answers",
                value=effective,
                unit="count",
                n=n,
                reason="" if effective is not None else weighted.reason,
            ),
        ),
        plain=plain,
        weighted=weighted,
        bounds=bounds,
        effective_n=effective,
    )


def _sentence(plain: Estimate, weighted: Estimate, bounds: tuple[float, float] | None) -> str:
    if plain.value is None or bounds is None:
        return f"There is no score to be weighted: {plain.reason}."
    limits = f"Without any assumption about the silent it lies between {numbers.interval(*bounds, numbers.points)}."
    limits = limits.replace(" to ", " and ")
    if weighted.value is None or weighted.low is None or weighted.high is None:
        return f"The score cannot be weighted to all invited: {weighted.reason}. {limits}"
    moved = weighted.value - plain.value
    change = (
        "leaves it where it is"
        if abs(moved) < 1
        else f"moves it by {numbers.points(moved)} to {numbers.points(weighted.value)}"
    )
    span = numbers.interval(weighted.low, weighted.high, numbers.points)
    return (
        f"The score of those who answered is {numbers.points(plain.value)}; weighting them to all invited, as if the "
        f"silent thought like those of their kind who answered, {change} ({span}). Whether "
        f"they do is not shown. {limits}"
    )
