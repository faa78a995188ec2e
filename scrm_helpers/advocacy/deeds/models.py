"""Which count model describes the referrals? Negative binomial, hurdle and zero-inflated, judged on held-out people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
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
class ReferralModels(Result):
    """Count models of referrals given the answer."""

    fits: dict[str, tuple[Fit, ...]]  # the parts of each model, fitted on everybody
    scores: dict[str, float]  # mean log probability of people held out; missing for models that could not be fitted


def referral_models(linked: LinkedAnswers, level: float = 0.95, seed: int = 0) -> ReferralModels:
    """Fit three count models of the number of referrals given the answer and judge them on held-out people.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`; equal windows stand for equal exposure.
    level : float
        Confidence level of the ranges, 0-1.
    seed : int
        Seed of the division into five parts.

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
    fold = np.random.default_rng(seed).permutation(len(people)) % FOLDS
    tried = {name: _held_out(name, counts, score, fold) for name in sound}
    scores = {name: value for name, value in tried.items() if value is not None}
    z = normal_quantile(level)
    rows = [_row(name, fits[name], scores.get(name), z) for name in fits]
    columns = ["Model", "Reading", "Factor per answer point", "Range from", "Range to", "Held-out log score", "Remark"]
    best = max(scores, key=lambda name: scores[name]) if scores else ""
    return ReferralModels(
        sentence=_sentence(fits, best, z),
        table=pd.DataFrame(rows, columns=columns),
        caption="Count models of referrals given the answer",
        note=f"{linked.note} Higher log score is better. Factor: times more per point (of the odds in a hurdle).",
        formats=dict.fromkeys(columns[2:5], "decimal") | {columns[5]: "decimal4"},
        drawable=False,
        measures=(_measure(fits, best, z, level, len(people)),),
        fits=fits,
        scores=scores,
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
        return Measure(name="referral_factor_per_point", value=None, unit="ratio", n=n, reason=reason)
    value, low, high = _factor(fits[best][0], z)
    return Measure(name="referral_factor_per_point", value=value, unit="ratio", n=n, low=low, high=high, level=level)


def _sentence(fits: dict[str, tuple[Fit, ...]], best: str, z: float) -> str:
    if not best:
        reason = next((part.reason for parts in fits.values() for part in parts if not part.ok), "nobody answered")
        return f"No count model of the referrals can be given: {reason}."
    value, low, high = _factor(fits[best][0], z)
    what = "the odds of referring at all" if best == "hurdle" else "the expected number of referrals"
    text = f"People left out of the fit are described best by the {best} model ({MODELS[best]}). In it "
    if low <= 1 <= high:
        return f"{text}no change of {what} from answer to answer can be shown."
    change = f"{numbers.decimal(value)} ({numbers.decimal(low)} to {numbers.decimal(high)})"
    return f"{text}each point of the answer multiplies {what} by {change}."


FEW = 20
BLOCKS = 2000  # people are drawn in random blocks where there are more
NEWTON_STEPS = 12
SHOWN = (0, 5, 7, 8, 9, 10)


@dataclass(frozen=True, kw_only=True)
class MoneyModel(Result):
    """Expected referral value per answer in two parts."""

    chance: Fit  # logit of bringing anything
    ratio: Estimate  # expected value at an answer of 10 over that at 5


def two_part_model(
    linked: LinkedAnswers,
    value: pd.Series,
    currency: str = "EUR",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> MoneyModel:
    """Model referral value as the chance to bring any times the amount brought by those who do.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    value : pandas.Series
        Value of the referrals of each person made in the window, indexed by person; others brought nothing. Values
        below zero count as nothing brought.
    currency : str
        ISO code of `value`.
    level : float
        Confidence level, 0-1.
    draws : int
        Bootstrap samples of people.
    seed : int
        Seed of the draws.

    Returns
    -------
    MoneyModel

    Notes
    -----
    Duan, Manning, Morris and Newhouse (1983): logit, then least squares of the logarithm with Duan's smearing factor
    ``mean(exp(residual))`` to come back to money.
    """
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
        return _nothing(reason, chance, len(people), level)
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
        sentence=_price_sentence(ratio, curve, currency),
        table=pd.DataFrame(rows, columns=["Answer", "Expected value each", "Range from", "Range to"]),
        caption="Expected referral value per person, by answer",
        note=f"{linked.note} Two-part model; {numbers.percent(level)} bootstrap range; attributed, not additional.",
        formats=dict.fromkeys(["Expected value each", "Range from", "Range to"], "money"),
        drawable=False,
        measures=(
            Measure(
                name="value_ratio_answer_10_to_5",
                value=ratio.value,
                unit="ratio",
                n=ratio.n,
                low=ratio.low,
                high=ratio.high,
                level=level,
                kind="attributed",
            ),
        ),
        chance=chance,
        ratio=ratio,
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


def _price_sentence(ratio: Estimate, curve: NDArray, currency: str) -> str:
    at = [numbers.money(float(curve[answer]), currency) for answer in (5, 10)]
    text = f"A person who answers 10 is expected to bring {at[1]} of referral value, one who answers 5 {at[0]}"
    if ratio.low is None or ratio.high is None or ratio.low <= 1 <= ratio.high:
        return f"{text}; that they differ cannot be shown."
    times, low, high = (numbers.decimal(end, 1) for end in (ratio.value, ratio.low, ratio.high))
    return f"{text}: {times} times ({low} to {high})."


def _nothing(reason: str, chance: Fit, n: int, level: float) -> MoneyModel:
    return MoneyModel(
        sentence=f"How the answer goes with referral value cannot be computed: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="value_ratio_answer_10_to_5", value=None, unit="ratio", n=n, reason=reason),),
        chance=chance,
        ratio=Estimate(value=None, low=None, high=None, level=level, reason=reason),
    )
