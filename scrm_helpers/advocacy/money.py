"""How does the answer go with money? First who brings anything, then how much those bring: a two-part model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.linked import LinkedAnswers
from scrm_helpers.presentation import numbers
from scrm_helpers.presentation.result import Measure, Result
from scrm_helpers.stats.counts import collapse, logit
from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.fits import Fit
from scrm_helpers.stats.resample import percentile

FEW = 20
SHOWN = (0, 5, 7, 8, 9, 10)


@dataclass(frozen=True, kw_only=True)
class MoneyModel(Result):
    """Expected referral value per answer in two parts.

    Parameters
    ----------
    chance : Fit
        Logit of bringing anything.
    ratio : Estimate
        Expected value at an answer of 10 over that at 5.
    """

    chance: Fit
    ratio: Estimate


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
        From :func:`scrm_helpers.advocacy.linked.link_answers`.
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
    curve = _curve(score, amount, np.ones(len(score)))
    assert curve is not None
    rng = np.random.default_rng(seed)
    samples = np.full((draws, 11), np.nan)
    for draw in range(draws):
        times = np.bincount(rng.integers(0, len(score), len(score)), minlength=len(score)).astype(float)
        again = _curve(score, amount, times)
        if again is not None:
            samples[draw] = again
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


def _curve(score: NDArray, amount: NDArray, times: NDArray) -> NDArray | None:
    """Return the expected value at each answer, or None where a part cannot be fitted."""
    from scrm_helpers.stats.binary import fit_binary

    some = amount > 0
    weight = times[some]
    if weight.sum() < 3:
        return None
    answers = np.column_stack([np.ones(11), np.arange(11.0) - 5])
    total = np.bincount(score.astype(int), times, minlength=11)
    hits = np.bincount(score[some].astype(int), weight, minlength=11)
    beta, _, reason = fit_binary(answers, hits, total)
    x, logs = score[some] - 5, np.log(amount[some])
    design = np.column_stack([np.ones(len(x)), x])
    information = design.T @ (weight[:, None] * design)
    if beta is None or reason or np.linalg.cond(information) > 1e10:
        return None
    slope = np.linalg.solve(information, design.T @ (weight * logs))
    smear = float(weight @ np.exp(logs - design @ slope) / weight.sum())
    return smear * np.exp(answers @ slope) / (1 + np.exp(-(answers @ beta)))


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
