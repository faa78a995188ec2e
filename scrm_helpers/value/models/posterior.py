"""How sure the parameters are: draws around the maximum, and an exact check of them."""

from dataclasses import field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Measure, Refusal, Words, counted, numbers, unknown
from scrm_helpers.value.models.fitting import BOUND, Z95, ModelFit, Objective, climb, in_logs

SHARP = 0.1  # with standard errors of the log-parameters below this the likelihood is a parabola near its top
AGREES = 0.1  # how far the root of twice the drop in log-likelihood may be from 1.96 for the normal approximation
PROPOSALS = 1_000
FREEDOM = 4.0


def laplace_draws(fit: ModelFit, draws: int, seed: int) -> NDArray:
    """Draw parameters from the normal approximation in their logarithms."""
    parameters, covariance, _ = _sure(fit)
    half = np.random.default_rng(seed).standard_normal(((draws + 1) // 2, len(parameters)))
    return parameters * np.exp(np.concatenate([half, -half])[:draws] @ np.linalg.cholesky(covariance).T)


def _sure(fit: ModelFit) -> tuple[NDArray, NDArray, Objective]:
    if fit.parameters is None or fit.covariance is None or fit.objective is None:
        raise Refusal(f"The {fit.model} parameters cannot be drawn: {fit.doubt}. Show the estimate without a range.")
    return fit.parameters, fit.covariance, fit.objective


def parameter_draws(fit: ModelFit, draws: int, seed: int) -> NDArray:
    """Draw parameters: from the normal approximation where it is good, else from the likelihood itself."""
    if _nearly_normal(fit):
        return laplace_draws(fit, draws, seed)
    rng = np.random.default_rng(seed)
    proposals, log_weight = _weighted_proposals(fit, PROPOSALS, FREEDOM, rng)
    weight = np.exp(log_weight - log_weight.max())
    reached = np.cumsum(weight) / weight.sum()
    spread = (rng.random() + np.arange(draws)) / draws
    return proposals[np.minimum(np.searchsorted(reached, spread), len(proposals) - 1)][rng.permutation(draws)]


def _nearly_normal(fit: ModelFit) -> bool:
    """Return whether the likelihood at the ends of the normal 95 % ranges is as low as it should be there."""
    parameters, covariance, objective = _sure(fit)
    errors = np.sqrt(np.diag(covariance))
    if errors.max() < SHARP:
        return True
    steps = (Z95 * covariance / errors).T
    with np.errstate(all="ignore"):
        level = np.array([objective(parameters * np.exp(side), True)[0] for side in (*steps, *-steps)])
    root = np.sqrt(np.maximum(2 * ((fit.log_likelihood or 0.0) - level), 0.0))
    return bool((np.abs(root / Z95 - 1) < AGREES).all())


def _weighted_proposals(fit: ModelFit, count: int, freedom: float, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Return proposals from a multivariate t around the maximum and the logarithm of likelihood over density."""
    parameters, covariance, objective = _sure(fit)
    size = len(parameters)
    standard = rng.standard_normal((count, size)) * np.sqrt(freedom / rng.chisquare(freedom, count))[:, None]
    proposals = parameters * np.exp(standard @ np.linalg.cholesky(covariance).T)
    with np.errstate(all="ignore"):
        level = np.array([objective(one, True)[0] for one in proposals])
    log_weight = level + (freedom + size) / 2 * np.log1p((standard**2).sum(axis=1) / freedom)
    return proposals, np.where(np.isfinite(log_weight), log_weight, -np.inf)


def metropolis_draws(fit: ModelFit, draws: int, seed: int, freedom: float = 6.0) -> tuple[NDArray, float]:
    """Draw parameters from the exact posterior with a flat prior on the log-parameters."""
    now, *_ = _sure(fit)
    rng = np.random.default_rng(seed)
    proposals, weight = _weighted_proposals(fit, draws, freedom, rng)
    luck = np.log(rng.random(draws))
    chain = np.empty((draws, len(now)))
    now_weight, accepted = float(fit.log_likelihood or 0.0), 0
    for i in range(draws):
        if luck[i] < weight[i] - now_weight:
            now, now_weight, accepted = proposals[i], weight[i], accepted + 1
        chain[i] = now
    return chain, accepted / draws


ENOUGH = 0.02  # the root of twice the drop in log-likelihood is 1.96 at the end of a range, give or take this
TRIES = 25
SHARP_PROFILE = 0.05  # with standard errors of the log-parameters below this both ranges agree to a hundredth


def with_profile_ranges(fitted: ModelFit) -> ModelFit:
    """Replace the 95 % ranges of the parameters by those of the profile likelihood.

    A range holds every value of a parameter at which the likelihood, with the other parameters at their best, is at
    most 1.92 below its maximum (half the 95 % quantile of chi-squared with one degree of freedom).

    Parameters
    ----------
    fitted : ModelFit

    Returns
    -------
    ModelFit
        An end that the data leave open is 0 or unbounded. A fit without standard errors, or with very small ones, is
        handed back as it is.
    """
    if not fitted.identified:
        return fitted
    parameters, covariance, _ = _sure(fitted)
    errors = np.sqrt(np.diag(covariance))
    if errors.max() < SHARP_PROFILE:
        return fitted
    ends = np.exp([[_end(fitted, place, side * error) for side in (-1, 1)] for place, error in enumerate(errors)])
    return replace(fitted, profile=parameters * ends.T)


def _end(fitted: ModelFit, place: int, error: float) -> float:
    """Return how far the logarithm of a parameter can move to the side of `error` before the likelihood objects."""
    _, covariance, _ = _sure(fitted)
    others = np.delete(covariance[:, place] / covariance[place, place], place) * Z95 * error
    inside, outside, step = 0.0, np.inf, Z95 * error
    for _ in range(TRIES):
        if abs(step) >= BOUND:
            return float(np.copysign(np.inf, error))
        best = climb(_held(fitted, place, step), others)
        drop = float(fitted.log_likelihood or 0.0) - best.value * fitted.n
        root = np.sqrt(max(2 * drop, 0.0))
        if abs(root - Z95) < ENOUGH:
            return step
        if root < Z95:
            inside = step
        else:
            outside = step
        others = best.at
        wanted = step * Z95 / max(root, 0.4)
        between = min(abs(inside), abs(outside)) < abs(wanted) < max(abs(inside), abs(outside))
        step = wanted if between else (inside + outside) / 2 if np.isfinite(outside) else 2 * step
    return step


def _held(fitted: ModelFit, place: int, value: float) -> Objective:
    """Return the objective of the other log-parameters, per customer, with one held at a distance from its estimate."""
    parameters, _, objective = _sure(fitted)
    whole = in_logs(objective, np.log(parameters), fitted.n)
    free = np.arange(len(parameters)) != place

    def held(others: NDArray) -> tuple[float, NDArray, NDArray]:
        level, slope, bend = whole(np.insert(others, place, value))
        return level, slope[free], bend[np.ix_(free, free)]

    return held


CLOSE = 0.12  # of the width of a range: a shift of an end that nobody would act on
FEWEST_ACCEPTED = 0.2
STEPS = 1_500  # of each chain
DRAWS = 4_000  # that are compared with it
ENDS = ("Draws, low", "Draws, high", "Chain, low", "Chain, high")
SHIFT = "Shift of an end"


class RangeCheck(Answer):
    """Whether a Markov chain confirms the ranges: by how much an end of them moves at the most."""

    ABSENT = "There are no ranges to check: {reason}."

    range_shift: Measure = unknown("range_shift", "share")
    accepted: float = 0.0  # smallest share of its proposals that a chain accepted
    parameters: pd.DataFrame = field(default_factory=pd.DataFrame)  # both ranges of each parameter of each model

    def words(self) -> Words:
        worst = self.range_shift.value or 0.0
        moved = f"the ends of the ranges differ by at most {numbers.percent(worst)} of their width"
        if self.accepted < FEWEST_ACCEPTED:
            verdict = "too few steps were accepted for the chain to judge the ranges"
        elif worst <= CLOSE:
            verdict = f"it confirms the ranges: {moved}"
        else:
            verdict = f"the ranges are rough: {moved}"
        return Words(
            sentence=f"A Markov chain of {numbers.count(STEPS)} steps for each model "
            f"({numbers.percent(self.accepted)} of its proposals accepted at the least) draws from the exact "
            f"posterior; {verdict}.",
            table=self.parameters,
            caption="95% ranges of the parameters, by the draws that are used and by the chain",
            note=f"{' and '.join(self.parameters['Model'].unique())}; flat prior on the logarithms; shift of an end: "
            "over the width of the range, of the logarithms",
            formats=dict.fromkeys(ENDS, "decimal3") | {SHIFT: "percent"},
        )


def check_ranges(*fits: ModelFit, seed: int) -> RangeCheck:
    """Compare the draws that the ranges of lifetime values use with a Metropolis chain.

    Parameters
    ----------
    *fits, seed : fits without standard errors have no ranges to check and are left out

    Returns
    -------
    RangeCheck
        ``range_shift`` is the largest difference between the ends of the 95 % ranges of a parameter's logarithm, over
        the width of the range. Two chains of this length differ by about 0.05 from each other.
    """
    tables, accepted = [], []
    for number, fitted in enumerate(one for one in fits if one.identified):
        drawn = np.log(parameter_draws(fitted, DRAWS, seed + number))
        chain, share = metropolis_draws(fitted, STEPS, seed + number)
        by_draws, by_chain = (np.quantile(one, [0.025, 0.975], axis=0) for one in (drawn, np.log(chain)))
        table = pd.DataFrame({"Model": fitted.model, "Parameter": fitted.of.parameters})
        table[list(ENDS)] = np.exp([*by_draws, *by_chain]).T
        table[SHIFT] = np.abs(by_draws - by_chain).max(axis=0) / (by_chain[1] - by_chain[0])
        tables.append(table)
        accepted.append(share)
    if not tables:
        return RangeCheck(reason="no model has standard errors")
    found = pd.concat(tables, ignore_index=True)
    shift = counted("range_shift", found[SHIFT].max(), STEPS, "share", "two chains differ by about 0.05")
    of = "parameters of the fitted models"
    return RangeCheck(population=of, window="all orders", range_shift=shift, accepted=min(accepted), parameters=found)
