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
    negative_binomial,
    zero_inflated,
)
from scrm_helpers.stats.fits import Fit
from scrm_helpers.stats.intervals import normal_quantile

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
