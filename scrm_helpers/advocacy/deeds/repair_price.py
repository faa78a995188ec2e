"""How does the answer go with money? First who brings anything, then how much those bring: a two-part model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.counts import collapse, logit
from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.fits import Fit
from scrm_helpers.stats.resample import percentile

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
        sentence=_sentence(ratio, curve, currency),
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


def _sentence(ratio: Estimate, curve: NDArray, currency: str) -> str:
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
