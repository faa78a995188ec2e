"""Which count model describes the referrals? Negative binomial, hurdle and zero-inflated, judged on held-out people."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.counts import (
    Cells,
    collapse,
    hurdle,
    log_probability,
    logit,
    negative_binomial,
    zero_inflated,
)
from scrm_helpers.stats.fits import Estimate, Fit
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.resample import percentile

MODELS = {
    "negative binomial": "everybody refers at a rate, and rates differ",
    "hurdle": "first who refers at all, then how often",
    "zero-inflated": "some can never refer, the others refer at a rate",
}
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class ReferralModels(Answer):
    """Count models of referrals given the answer."""

    factor: Measure = unknown("referral_factor_per_point", "ratio")  # in the model that foretells best
    best: str = ""
    fits: dict[str, tuple[Fit, ...]] = field(default_factory=dict)  # the parts of each model, fitted on everybody
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    base: str = ""

    def words(self) -> Words:
        """Which model describes people left out of the fit best, and what a point of the answer goes with in it."""
        columns = [*map(str, self.lines)]
        text = f"No count model of the referrals can be given: {self.factor.reason}."
        if self.best:
            low, high = self.factor.ends
            what = "the odds of referring at all" if self.best == "hurdle" else "the expected number of referrals"
            change = f"{numbers.decimal(self.factor.value)} ({numbers.decimal(low)} to {numbers.decimal(high)})"
            text = (
                f"People left out of the fit are described best by the {self.best} model ({MODELS[self.best]}). In it "
            )
            text += (
                f"no change of {what} from answer to answer can be shown."
                if low <= 1 <= high
                else f"each point of the answer multiplies {what} by {change}."
            )
        return Words(
            sentence=text,
            table=self.lines,
            formats=dict.fromkeys(columns[2:5], "decimal") | {columns[5]: "decimal4"},
            caption="Count models of referrals given the answer",
            note=f"{self.base} Higher log score is better. Factor: times more per point (of the odds in a hurdle).",
        )


def referral_models(linked: LinkedAnswers, terms: Terms) -> ReferralModels:
    """Fit three count models of the number of referrals given the answer and judge them on held-out people.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`; equal windows stand for equal exposure.
    terms : Terms
        Level of the ranges, and seed of the division into five parts.

    Returns
    -------
    ReferralModels

    Notes
    -----
    Compared by the logarithm of the probability of people who were left out of the fit (five parts), not by Vuong's
    test, which is not valid for zero inflation. A fit that did not converge is a reason, never a number.
    """
    people = linked.people
    counts, score = people["referrals"].to_numpy(float), people["score"].to_numpy(float)
    whole = collapse(counts, score) if len(people) else None
    fits = {name: _fit(name, whole) for name in MODELS} if whole else {}
    sound = [name for name, parts in fits.items() if all(part.ok for part in parts)]
    fold = np.random.default_rng(terms.seed).permutation(len(people)) % FOLDS
    tried = {name: _held_out(name, counts, score, fold) for name in sound}
    scores = {name: value for name, value in tried.items() if value is not None}
    z = normal_quantile(terms.level)
    rows = [_row(name, fits[name], scores.get(name), z) for name in fits]
    columns = ["Model", "Reading", "Factor per answer point", "Range from", "Range to", "Held-out log score", "Remark"]
    best = max(scores, key=lambda name: scores[name]) if scores else ""
    return ReferralModels(
        factor=_measure(fits, best, z, terms.level, len(people)),
        best=best,
        fits=fits,
        lines=pd.DataFrame(rows, columns=columns),
        base=linked.note,
    )


def _fit(name: str, cells: Cells) -> tuple[Fit, ...]:
    if name == "hurdle":
        return hurdle(cells)
    return (negative_binomial(cells) if name == "negative binomial" else zero_inflated(cells),)


def _held_out(name: str, counts: NDArray, score: NDArray, fold: NDArray) -> float | None:
    total = 0.0
    for part in range(FOLDS):
        out = fold == part
        fits = _fit(name, collapse(counts[~out], score[~out]))
        if not all(one.ok for one in fits):
            return None
        cells = collapse(counts[out], score[out])
        total += float(cells.weight @ log_probability(name, fits, cells))
    return total / len(counts)


def _row(name: str, parts: tuple[Fit, ...], score: float | None, z: float) -> tuple[object, ...]:
    reason = next((part.reason for part in parts if not part.ok), "")
    if reason:
        return name, MODELS[name], None, None, None, None, reason
    return name, MODELS[name], *_factor(parts[0], z), score, "" if score is not None else "no held-out fit"


def _factor(fit: Fit, z: float) -> tuple[float, float, float]:
    slope, error = fit["slope"], float(fit.errors[fit.names.index("slope")])
    return float(np.exp(slope)), float(np.exp(slope - z * error)), float(np.exp(slope + z * error))


def _measure(fits: dict[str, tuple[Fit, ...]], best: str, z: float, level: float, n: int) -> Measure:
    if not best:
        reason = next((part.reason for parts in fits.values() for part in parts if not part.ok), "nobody answered")
        return unknown("referral_factor_per_point", "ratio", reason, n)
    value, low, high = _factor(fits[best][0], z)
    return Measure(name="referral_factor_per_point", value=value, unit="ratio", n=n, low=low, high=high, level=level)


FEW = 20
BLOCKS = 2000  # people are drawn in random blocks where there are more
NEWTON_STEPS = 12
SHOWN = (0, 5, 7, 8, 9, 10)


@dataclass(frozen=True, kw_only=True)
class MoneyModel(Answer):
    """Expected referral value per answer in two parts."""

    ABSENT = "How the answer goes with referral value cannot be computed: {reason}."

    ratio: Measure = unknown("value_ratio_answer_10_to_5", "ratio")  # expected value at 10 over that at 5
    curve: tuple[float, ...] = ()  # expected value at each answer
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str = "EUR"
    base: str = ""

    def words(self) -> Words:
        """What a high and a middling answer are expected to bring."""
        at = [numbers.money(self.curve[answer], self.currency) for answer in (5, 10)]
        text = f"A person who answers 10 is expected to bring {at[1]} of referral value, one who answers 5 {at[0]}"
        if self.ratio.low is None or self.ratio.low <= 1 <= self.ratio.ends[1]:
            text += "; that they differ cannot be shown."
        else:
            times, low, high = (numbers.decimal(end, 1) for end in (self.ratio.value, *self.ratio.ends))
            text += f": {times} times ({low} to {high})."
        level = numbers.percent(self.ratio.level)
        return Words(
            sentence=text,
            table=self.lines,
            formats=dict.fromkeys(["Expected value each", "Range from", "Range to"], "money"),
            caption="Expected referral value per person, by answer",
            note=f"{self.base} Two-part model; {level} bootstrap range; attributed, not additional.",
        )


def two_part_model(linked: LinkedAnswers, value: pd.Series, terms: Terms, draws: int = 1000) -> MoneyModel:
    """Model referral value as the chance to bring any times the amount brought by those who do.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    value : pandas.Series
        Value of the referrals of each person made in the window, indexed by person; others brought nothing. Values
        below zero count as nothing brought.
    terms : Terms
        Currency, level and seed.
    draws : int
        Bootstrap samples of people.

    Returns
    -------
    MoneyModel

    Notes
    -----
    Duan, Manning, Morris and Newhouse (1983): logit, then least squares of the logarithm with Duan's smearing factor
    ``mean(exp(residual))`` to come back to money.
    """
    level, seed = terms.level, terms.seed
    people = linked.people
    amount = np.maximum(people["customer_id"].map(value).fillna(0.0).to_numpy(float), 0.0)
    score = people["score"].to_numpy(float)
    some = amount > 0
    chance = logit(collapse(some.astype(float), score)) if len(people) else Fit(names=(), reason="nobody answered")
    reason = chance.reason
    if not reason and some.sum() < FEW:
        reason = f"only {numbers.plural(int(some.sum()), 'person', 'people')} brought any value; {FEW} are needed"
    if not reason and np.ptp(score[some]) == 0:
        reason = "undefined: all who brought value gave the same answer"
    if reason:
        return MoneyModel(reason=reason, ratio=unknown("value_ratio_answer_10_to_5", "ratio", reason, len(people)))
    sums = _sums(score, amount, seed)
    curve = _curves(sums.sum(axis=0)[None])[0]
    times = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=draws)
    samples = _curves(np.tensordot(times.astype(float), sums, axes=1))
    ranges = [percentile(samples[:, answer], level) for answer in SHOWN]
    rows = [(str(answer), curve[answer], *(ends or (None, None))) for answer, ends in zip(SHOWN, ranges, strict=True)]
    ends = percentile(samples[:, 10] / samples[:, 5], level)
    ratio = Estimate(
        value=float(curve[10] / curve[5]),
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        level=level,
        n=len(people),
        reason="" if ends else "the model cannot be fitted in too many resamples",
    )
    return MoneyModel(
        ratio=ratio.measure("value_ratio_answer_10_to_5", "ratio", kind="attributed"),
        curve=tuple(curve.tolist()),
        lines=pd.DataFrame(rows, columns=["Answer", "Expected value each", "Range from", "Range to"]),
        currency=terms.currency,
        base=linked.note,
    )


def _sums(score: NDArray, amount: NDArray, seed: int) -> NDArray:
    """Return, for each person or random block of people, what the model needs per answer: a (blocks, 4, 11) array."""
    some = amount > 0
    logs = np.log(np.where(some, amount, 1.0))
    blocks = np.random.default_rng(seed).permutation(len(score)) % min(len(score), BLOCKS)
    cells = blocks * 11 + score.astype(int)
    size = (int(blocks.max()) + 1) * 11
    parts = [np.bincount(cells, part, minlength=size) for part in (np.ones(len(score)), some, logs, amount)]
    return np.stack([part.reshape(-1, 11) for part in parts], axis=1)


def _curves(sums: NDArray) -> NDArray:
    """Return the expected value at each answer for many samples of sums; NaN where a part cannot be fitted."""
    people, hits, logs, amounts = sums.transpose(1, 0, 2)
    x = np.arange(11.0) - 5
    with np.errstate(all="ignore"):
        n, mean_x = hits.sum(axis=1), hits @ x / hits.sum(axis=1)
        slope = (logs @ x - mean_x * logs.sum(axis=1)) / (hits @ x**2 - n * mean_x**2)
        line = (logs.sum(axis=1) / n - slope * mean_x)[:, None] + slope[:, None] * x
        smear = (amounts * np.exp(-line)).sum(axis=1) / n
        curve = smear[:, None] * np.exp(line) * _chances(people, hits, x)
    return np.where(np.isfinite(curve), curve, np.nan)


def _chances(people: NDArray, hits: NDArray, x: NDArray) -> NDArray:
    """Return the logit share per answer of many samples at once, by Newton steps."""
    share = hits.sum(axis=1) / people.sum(axis=1)
    constant, slope = np.log(share / (1 - share)), np.zeros(len(people))
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-(constant[:, None] + slope[:, None] * x)))
        weight, rest = people * chance * (1 - chance), hits - people * chance
        a, b, c = weight.sum(axis=1), weight @ x, weight @ x**2
        u, v = rest.sum(axis=1), rest @ x
        step = (c * u - b * v) / (a * c - b * b), (a * v - b * u) / (a * c - b * b)
        constant, slope = constant + step[0], slope + step[1]
    settled = np.maximum(np.abs(step[0]), np.abs(step[1])) < 1e-6
    chance = 1 / (1 + np.exp(-(constant[:, None] + slope[:, None] * x)))
    return np.where(settled[:, None], chance, np.nan)
