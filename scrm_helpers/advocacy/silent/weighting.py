"""What would everybody have said? Answers weighted by the chance to answer, and the bounds without assumptions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import signs
from scrm_helpers.advocacy.silent.response import NOT_INVITED, invited_people
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Estimate, chances, classes, fit_logit, patterns
from scrm_helpers.stats.intervals import adjusted_interval, kish_effect

FEATURES = ("segment", "region", "acquisition_channel")
TRIM = 0.02  # nobody stands for more than fifty people


@dataclass(frozen=True, kw_only=True)
class WeightedScore(Answer):
    """The score of those who answered, the same weighted to all invited, and its bounds, in points."""

    weighted: Measure = unknown("nps_weighted_to_all_invited", "points")
    effective: Measure = unknown("effective_answers", "count")  # equally weighted answers that would be as precise
    plain: Estimate
    bounds: tuple[float, float] | None = None  # whatever the silent think
    lost: int = 0  # invited in classes with too few answers
    trimmed: int = 0  # weights cut

    def words(self) -> Words:
        rows = [
            ("Those who answered", self.plain.value, self.plain.low, self.plain.high),
            ("Weighted to all invited", self.weighted.value, self.weighted.low, self.weighted.high),
            ("Whatever the silent think", None, *(self.bounds or (None, None))),
        ]
        cut = f"; {numbers.count(self.lost)} invited in classes with too few answers are left out" if self.lost else ""
        cut += f"; {numbers.count(self.trimmed)} weights cut" if self.trimmed else ""
        return Words(
            sentence=self._reading(),
            table=pd.DataFrame(rows, columns=["Net Promoter Score", "Points", "Range from", "Range to"]),
            formats=dict.fromkeys(["Points", "Range from", "Range to"], "points"),
            caption="The score and those who did not answer",
            note=(
                f"n = {numbers.plural(self.weighted.n or 0, 'person', 'people')} invited; weighted answers are worth "
                f"{numbers.count(self.effective.value)} equal ones{cut}. The last line is no interval: it holds for "
                "certain."
            ),
        )

    def _reading(self) -> str:
        if self.plain.value is None or self.bounds is None:
            return f"There is no score to be weighted: {self.plain.reason}."
        span = numbers.interval(*self.bounds, numbers.points).replace(" to ", " and ")
        limits = f"Without any assumption about the silent it lies between {span}."
        if self.weighted.value is None:
            return f"The score cannot be weighted to all invited: {self.weighted.reason}. {limits}"
        moved = self.weighted.value - self.plain.value
        to = f"moves it by {numbers.points(moved)} to {numbers.points(self.weighted.value)}"
        change = "leaves it where it is" if abs(moved) < 1 else to
        return (
            f"The score of those who answered is {numbers.points(self.plain.value)}; weighting them to all invited, as "
            f"if the silent thought like those of their kind who answered, {change} "
            f"({numbers.span(self.weighted, numbers.points)}). Whether they do is not shown. {limits}"
        )


def manski_bounds(score: float, response_rate: float) -> tuple[float, float]:
    """Bound the score of all invited by letting all the silent be detractors, or all promoters."""
    if not 0 <= response_rate <= 1:
        raise ValueError(f"A response rate lies between 0 and 1: got {response_rate}.")
    silent = 100 * (1 - response_rate)
    return response_rate * score - silent, response_rate * score + silent


def weighted_to_invited(surveys: pd.DataFrame, customers: pd.DataFrame, terms: Terms) -> WeightedScore:
    """Weight the last answers to everybody invited, by what is known of all customers.

    Parameters
    ----------
    surveys, customers : pandas.DataFrame
        ``customer_id``, ``joined_on`` and, where known, ``segment``, ``region``, ``acquisition_channel``.
    terms : Terms
        Day of the analysis, level; the invited of classes with fewer answers than the smallest group are left out.

    Returns
    -------
    WeightedScore

    Notes
    -----
    Hajek: ``sum(R w y) / sum(R w)`` with ``w = 1 / P(R = 1 | X)`` from a logit; adjusted Wald after Kish.
    """
    try:
        invited = invited_people(surveys, terms.as_of, 0).set_index("customer_id")
    except Refusal:
        nothing = Estimate(reason=NOT_INVITED)
        return WeightedScore(plain=nothing, **_named(nothing, 0))
    known = customers.drop_duplicates("customer_id").set_index("customer_id").reindex(invited.index)
    features = known[[name for name in FEATURES if name in known]].dropna(axis="columns", how="all")
    features = features.assign(tenure=(invited["invited_on"] - known["joined_on"]).dt.days.astype(float))
    return weighted_score(invited["score"], features, terms)


def weighted_score(scores: pd.Series, features: pd.DataFrame, terms: Terms) -> WeightedScore:
    """Weight each answer, missing for the silent, by the inverse of the chance that somebody like that answers."""
    answered, level, n = scores.notna().to_numpy(), terms.level, len(scores)
    plain = _score(scores[answered], np.ones(int(answered.sum())), level)
    if not answered.any():
        return WeightedScore(plain=plain, **_named(plain, n))
    rate = float(answered.mean())
    bounds = manski_bounds(float(plain.value or 0.0), rate)
    if rate == 1.0:
        return WeightedScore(plain=plain, bounds=bounds, **_named(plain, n))
    own = {name: classes(features[name]) for name in features}
    kept = np.ones(n, bool)  # the invited whose classes all have enough answers to stand for them
    for kind in own.values():
        kept &= kind.map(kind[answered].value_counts()).fillna(0).to_numpy() >= terms.min_group
    lost, trimmed = int((~kept).sum()), 0
    design, which = patterns(pd.DataFrame({name: kind[kept] for name, kind in own.items()}))
    beta, reason = fit_logit(design, np.bincount(which, answered[kept]), np.bincount(which))
    found = Estimate(reason=reason)
    if beta is not None:
        chance = chances(design @ beta)[which][answered[kept]]
        found, trimmed = (
            _score(scores[kept & answered], 1 / np.maximum(chance, TRIM), level),
            int((chance < TRIM).sum()),
        )
    return WeightedScore(plain=plain, bounds=bounds, lost=lost, trimmed=trimmed, **_named(found, n))


def _named(found: Estimate, n: int) -> dict[str, Any]:
    effective = Measure(name="effective_answers", value=float(found.n), unit="count", n=n)
    if found.value is None:
        effective = unknown("effective_answers", "count", found.reason, n)
    return {"weighted": found.measure("nps_weighted_to_all_invited", "points", n=n), "effective": effective}


def _score(scores: pd.Series, weights: NDArray, level: float) -> Estimate:
    if not len(scores):
        return Estimate(reason="nobody answered")
    effective = len(scores) / kish_effect(weights)
    sides, share = signs(scores), weights / weights.sum() * effective
    up, down = float(share[sides > 0].sum()), float(share[sides < 0].sum())
    return adjusted_interval(up, down, effective, level).times(100)
