"""Selection by what is not seen: Heckman's two steps, only where somebody declares why people were silent by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import check_scores
from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Measure, Result
from scrm_helpers.stats.binary import Patterns, classes, fit_binary, patterns
from scrm_helpers.stats.estimate import Estimate
from scrm_helpers.stats.resample import percentile

DRAWS = 400


@dataclass(frozen=True, kw_only=True)
class SelectionModel(Result):
    """The mean answer of those who answered and of everybody.

    Parameters
    ----------
    plain : float or None
        Mean answer of those who answered.
    corrected : Estimate
        Mean answer that everybody invited would have given, under the model.
    selection : Estimate
        Coefficient of the inverse Mills ratio (rho times sigma): zero without selection by unseen causes.
    """

    plain: float | None
    corrected: Estimate
    selection: Estimate


def mills_ratio(line: NDArray) -> NDArray:
    """Return the inverse Mills ratio: density over distribution of the standard normal.

    Examples
    --------
    >>> round(float(mills_ratio(np.array([0.0]))[0]), 6)
    0.797885
    """
    from scipy.special import log_ndtr

    return np.exp(-(line**2) / 2 - log_ndtr(line)) / np.sqrt(2 * np.pi)


def heckman_mean(
    scores: pd.Series, features: pd.DataFrame, exclusion: str, level: float = 0.95, seed: int = 0
) -> SelectionModel:
    """Correct the mean answer for selection by unseen causes, with a declared exclusion.

    Parameters
    ----------
    scores : pandas.Series
        One row per invited person: the answer, missing where there was none.
    features : pandas.DataFrame
        What is known of everybody invited, on the same index, the exclusion among it.
    exclusion : str
        Name of the feature that moves the chance to answer and cannot move the answer itself, such as a reminder sent
        by lot. Without one the correction would rest on the shape of a curve, and is refused.
    level : float
        Confidence level, 0-1.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    SelectionModel

    Raises
    ------
    ValueError
        When no exclusion is declared or it is not among the features.

    Notes
    -----
    Heckman (1979): a probit of answering on all features, then least squares of the answer on the features without
    the exclusion and the inverse Mills ratio. Percentile interval of whole two-step fits on resampled people.
    """
    if not exclusion or exclusion not in features:
        raise ValueError(
            f"The exclusion {exclusion!r} is not among the features ({', '.join(map(str, features))}). A Heckman "
            "correction needs a feature that moves who answers but not what they answer, such as a reminder sent by "
            "lot; without one it rests on the shape of a curve. Name it, or use weighted_score and its bounds."
        )
    check_scores(scores)
    answered = scores.notna().to_numpy()
    plain = float(scores.mean()) if answered.any() else None
    known = pd.DataFrame({name: classes(features[name]) for name in features})
    choice, outcome = patterns(known), patterns(known.drop(columns=exclusion))
    moves = _moves(known[exclusion], answered)
    reason = moves or ("everybody answered" if answered.all() else "" if answered.any() else "nobody answered")
    found = None if reason else _two_steps(choice, outcome, scores.to_numpy(float), answered, np.ones(len(scores)))
    if found is None:
        reason = reason or "the classes do not determine the model"
        return _result(plain, _none(reason, level), _none(reason, level), exclusion, len(scores), level)
    rng = np.random.default_rng(seed)
    draws = np.full((DRAWS, 2), np.nan)
    for draw in range(DRAWS):
        times = np.bincount(rng.integers(0, len(scores), len(scores)), minlength=len(scores)).astype(float)
        again = _two_steps(choice, outcome, scores.to_numpy(float), answered, times)
        if again is not None:
            draws[draw] = again
    both = [_estimate(value, draws[:, column], level, len(scores)) for column, value in enumerate(found)]
    return _result(plain, both[0], both[1], exclusion, len(scores), level)


def _moves(exclusion: pd.Series, answered: NDArray) -> str:
    if exclusion.nunique() < 2:
        return "the declared exclusion does not vary"
    rates = pd.Series(answered, index=exclusion.index).groupby(exclusion).agg(["sum", "count", "mean"])
    pooled = answered.mean()
    chi2 = float(((rates["sum"] - rates["count"] * pooled) ** 2 / (rates["count"] * pooled * (1 - pooled))).sum())
    weak = chi2 / (len(rates) - 1) < 10  # the usual rule for a weak instrument
    return "the declared exclusion hardly moves who answers" if weak else ""


def _two_steps(
    choice: Patterns, outcome: Patterns, scores: NDArray, answered: NDArray, times: NDArray
) -> tuple[float, float] | None:
    """Return the mean answer of everybody and the coefficient of the Mills ratio."""
    size = len(choice.design)
    total = np.bincount(choice.which, times, minlength=size)
    hits = np.bincount(choice.which, times * answered, minlength=size)
    gamma, _, reason = fit_binary(choice.design, hits, total, "probit")
    if gamma is None or reason:
        return None
    mills = mills_ratio(choice.design @ gamma)
    first = np.zeros(size, np.int64)
    first[choice.which] = outcome.which  # outcome pattern of each choice pattern
    design = np.column_stack([outcome.design[first], mills])
    sums = np.bincount(choice.which, times * np.where(answered, scores, 0.0), minlength=size)
    information = design.T @ (hits[:, None] * design)
    if np.linalg.cond(information) > 1e12:
        return None
    beta = np.linalg.solve(information, design.T @ sums)
    mean = float(total @ (design[:, :-1] @ beta[:-1]) / total.sum())
    return mean, float(beta[-1])


def _estimate(value: float, draws: NDArray, level: float, n: int) -> Estimate:
    ends = percentile(draws, level)
    if ends is None:
        reason = "the model cannot be fitted in too many resamples"
        return Estimate(value=value, low=None, high=None, level=level, n=n, reason=reason)
    return Estimate(value=value, low=ends[0], high=ends[1], level=level, n=n)


def _none(reason: str, level: float) -> Estimate:
    return Estimate(value=None, low=None, high=None, level=level, reason=reason)


def _result(
    plain: float | None, corrected: Estimate, selection: Estimate, exclusion: str, n: int, level: float
) -> SelectionModel:
    rows = [
        ("Mean answer of those who answered", plain, None, None),
        ("Mean answer of all invited, corrected", corrected.value, corrected.low, corrected.high),
        ("Selection by unseen causes (0: none)", selection.value, selection.low, selection.high),
    ]
    return SelectionModel(
        sentence=_sentence(plain, corrected, selection),
        table=pd.DataFrame(rows, columns=["Quantity", "Estimate", "Range from", "Range to"]),
        caption="Selection by unseen causes",
        note=(
            f"n = {numbers.plural(n, 'person', 'people')} invited; declared exclusion: {exclusion}. The correction is "
            "as good as that declaration."
        ),
        formats=dict.fromkeys(["Estimate", "Range from", "Range to"], "decimal"),
        drawable=False,
        measures=(
            Measure(
                name="mean_answer_corrected",
                value=corrected.value,
                unit="ratio",
                n=n,
                low=corrected.low,
                high=corrected.high,
                level=level,
                reason=corrected.reason,
            ),
        ),
        plain=plain,
        corrected=corrected,
        selection=selection,
    )


def _sentence(plain: float | None, corrected: Estimate, selection: Estimate) -> str:
    if corrected.value is None or plain is None:
        return f"The mean answer cannot be corrected for unseen causes: {corrected.reason}."
    figures = f"{numbers.decimal(plain, 1)} among those who answered, {numbers.decimal(corrected.value, 1)} corrected"
    if selection.excludes(0.0):
        kind = "happier" if (selection.value or 0) > 0 else "less happy"
        return f"Those who answered are {kind} than others with the same features (mean answer {figures})."
    return f"That unseen causes decide who answers cannot be shown (mean answer {figures})."
