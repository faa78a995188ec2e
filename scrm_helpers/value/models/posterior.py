"""How sure the parameters are: draws around the maximum, and an exact check of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.value.models.fitting import BOUND, Z95, ModelFit, Objective, climb

SHARP = 0.1  # with standard errors of the log-parameters below this the likelihood is a parabola near its top
AGREES = 0.1  # how far the root of twice the drop in log-likelihood may be from 1.96 for the normal approximation
PROPOSALS = 1_000
FREEDOM = 4.0


def laplace_draws(fit: ModelFit, draws: int, seed: int) -> np.ndarray:
    """Draw parameters from the normal approximation in their logarithms."""
    if fit.parameters is None or fit.covariance is None:
        raise Refusal(f"The {fit.model} parameters cannot be drawn: {fit.reason}. Show the estimate without a range.")
    rng = np.random.default_rng(seed)
    half = rng.standard_normal(((draws + 1) // 2, len(fit.names)))
    both = np.concatenate([half, -half])[:draws]
    return fit.parameters * np.exp(both @ np.linalg.cholesky(fit.covariance).T)


def parameter_draws(fit: ModelFit, draws: int, seed: int) -> np.ndarray:
    """Draw parameters: from the normal approximation where it is good, else from the likelihood itself."""
    if fit.objective is None or _nearly_normal(fit):
        return laplace_draws(fit, draws, seed)
    rng = np.random.default_rng(seed)
    proposals, log_weight = _weighted_proposals(fit, PROPOSALS, FREEDOM, rng)
    weight = np.exp(log_weight - log_weight.max())
    reached = np.cumsum(weight) / weight.sum()
    spread = (rng.random() + np.arange(draws)) / draws
    chosen = proposals[np.minimum(np.searchsorted(reached, spread), len(proposals) - 1)]
    return chosen[rng.permutation(draws)]


def _nearly_normal(fit: ModelFit) -> bool:
    """Return whether the likelihood at the ends of the normal 95 % ranges is as low as it should be there."""
    if fit.covariance is None or fit.parameters is None or fit.objective is None or fit.log_likelihood is None:
        return True
    errors = np.sqrt(np.diag(fit.covariance))
    if errors.max() < SHARP:
        return True
    for step in (Z95 * fit.covariance / errors).T:
        for side in (-step, step):
            with np.errstate(all="ignore"):
                drop = fit.log_likelihood - fit.objective(fit.parameters * np.exp(side))[0]
            if not abs(np.sqrt(max(2 * drop, 0.0)) / Z95 - 1) < AGREES:
                return False
    return True


def _weighted_proposals(
    fit: ModelFit, count: int, freedom: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return proposals from a multivariate t around the maximum and the logarithm of likelihood over density."""
    assert fit.covariance is not None
    assert fit.objective is not None
    size = len(fit.names)
    standard = rng.standard_normal((count, size)) * np.sqrt(freedom / rng.chisquare(freedom, count))[:, None]
    proposals = fit.parameters * np.exp(standard @ np.linalg.cholesky(fit.covariance).T)
    with np.errstate(all="ignore"):
        level = np.array([fit.objective(one)[0] for one in proposals])
    log_weight = level + (freedom + size) / 2 * np.log1p((standard**2).sum(axis=1) / freedom)
    return proposals, np.where(np.isfinite(log_weight), log_weight, -np.inf)


def metropolis_draws(fit: ModelFit, draws: int, seed: int, freedom: float = 6.0) -> tuple[np.ndarray, float]:
    """Draw parameters from the exact posterior with a flat prior on the log-parameters."""
    if fit.parameters is None or fit.covariance is None or fit.objective is None:
        raise Refusal(f"The {fit.model} parameters cannot be drawn: {fit.reason}. Show the estimate without a range.")
    rng = np.random.default_rng(seed)
    proposals, weight = _weighted_proposals(fit, draws, freedom, rng)
    luck = np.log(rng.random(draws))
    chain = np.empty((draws, len(fit.names)))
    now, now_weight, accepted = fit.parameters, float(fit.log_likelihood or 0.0), 0
    for i in range(draws):
        if luck[i] < weight[i] - now_weight:
            now, now_weight, accepted = proposals[i], weight[i], accepted + 1
        chain[i] = now
    return chain, accepted / draws


ENOUGH = 0.02  # the root of twice the drop in log-likelihood is 1.96 at the end of a range, give or take this
TRIES = 25
SHARP_PROFILE = (
    0.05  # with standard errors of the log-parameters below this both ranges agree to a hundredth of their width
)


def with_profile_ranges(fitted: ModelFit) -> ModelFit:
    """Replace the 95 % ranges of the parameters by those of the profile likelihood.

    Parameters
    ----------
    fitted : ModelFit
        A fitted model.

    Returns
    -------
    ModelFit
        The same fit; only the ranges in `table`, `measures` and `note` differ. An end that the data leave open is 0 or
        unbounded. A fit without standard errors, or with very small ones, is handed back as it is.

    Notes
    -----
    A range holds every value of a parameter at which the likelihood, with the other parameters at their best, is at
    most 1.92 below its maximum (half the 95 % quantile of chi-squared with one degree of freedom). In simulated
    companies of 1,000 and 2,500 customers under the MBG/NBD these ranges held r in 95 % of the cases, where those
    from the curvature held it in 88 % and 90 %; the two agree from some 20,000 customers on.
    """
    if fitted.parameters is None or fitted.covariance is None or fitted.objective is None:
        return fitted
    errors = np.sqrt(np.diag(fitted.covariance))
    if errors.max() < SHARP_PROFILE:
        return fitted
    ends = np.exp([[_end(fitted, place, side * error) for side in (-1, 1)] for place, error in enumerate(errors)])
    low, high = fitted.parameters * ends.T
    measures = tuple(
        replace(measure, low=float(below), high=float(above))
        for measure, below, above in zip(fitted.measures, low, high, strict=True)
    )
    return replace(
        fitted,
        table=fitted.table.assign(**{"95% range low": low, "95% range high": high}),
        measures=measures,
        note=fitted.note.replace("ranges from the curvature in log-parameters", "ranges from the profile likelihood"),
    )


def _end(fitted: ModelFit, place: int, error: float) -> float:
    """Return how far the logarithm of a parameter can move to the side of `error` before the likelihood objects."""
    assert fitted.covariance is not None
    along = fitted.covariance[:, place] / fitted.covariance[place, place]
    others = np.delete(along, place) * Z95 * error
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
    assert fitted.objective is not None
    objective = fitted.objective

    def held(others: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        parameters = fitted.parameters * np.exp(np.insert(others, place, value))
        level, gradient, hessian = objective(parameters)
        slope = gradient * parameters
        bend = hessian * np.outer(parameters, parameters) + np.diag(slope)
        free = np.arange(len(parameters)) != place
        return level / fitted.n, slope[free] / fitted.n, bend[np.ix_(free, free)] / fitted.n

    return held


CLOSE = 0.12  # of the width of a range: a shift of an end that nobody would act on
FEWEST_ACCEPTED = 0.2


def check_ranges(*fits: ModelFit, steps: int = 1_500, draws: int = 4_000, seed: int = 20260930) -> Result:
    """Compare the draws that the ranges of lifetime values use with a Metropolis chain.

    Parameters
    ----------
    *fits : ModelFit
        Fitted models; those without standard errors have no ranges to check and are left out.
    steps : int
        Length of each chain.
    draws, seed : int
        Draws that are checked, and the seed of both.

    Returns
    -------
    Result
        Measure ``range_shift``: the largest difference between the ends of the 95 % ranges of a parameter's logarithm,
        over the width of the range. Two chains of this length differ by about 0.05 from each other.
    """
    rows, accepted, models = [], [], []
    for number, fitted in enumerate(one for one in fits if one.identified and one.objective is not None):
        drawn = np.log(parameter_draws(fitted, draws, seed + number))
        chain, share = metropolis_draws(fitted, steps, seed + number)
        ends = [np.quantile(values, [0.025, 0.975], axis=0) for values in (drawn, np.log(chain))]
        shift = np.abs(ends[0] - ends[1]).max(axis=0) / (ends[1][1] - ends[1][0])
        columns = zip(fitted.names, *np.exp(ends[0]), *np.exp(ends[1]), shift, strict=True)
        rows += [(fitted.model, *column) for column in columns]
        accepted.append(share)
        models.append(fitted.model)
    if not rows:
        reason = "no model has standard errors"
        return Result(
            sentence=f"There are no ranges to check: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="range_shift", value=None, unit="share", reason=reason),),
            drawable=False,
        )
    names = ["Model", "Parameter", "Draws, low", "Draws, high", "Chain, low", "Chain, high", "Shift of an end"]
    table = pd.DataFrame(rows, columns=names)
    worst = float(table["Shift of an end"].max())
    moved = f"the ends of the ranges differ by at most {numbers.percent(worst)} of their width"
    if min(accepted) < FEWEST_ACCEPTED:
        verdict = "too few steps were accepted for the chain to judge the ranges"
    elif worst <= CLOSE:
        verdict = f"it confirms the ranges: {moved}"
    else:
        verdict = f"the ranges are rough: {moved}"
    return Result(
        sentence=f"A Markov chain of {numbers.count(steps)} steps for each model "
        f"({numbers.percent(min(accepted))} of its proposals accepted at the least) draws from the exact posterior; "
        f"{verdict}.",
        table=table,
        caption="95% ranges of the parameters, by the draws that are used and by the chain",
        note=f"{' and '.join(models)}; flat prior on the logarithms; shift of an end: over the width of the range, of "
        "the logarithms",
        formats=dict.fromkeys(names[2:6], "decimal3") | {"Shift of an end": "percent"},
        measures=(Measure(name="range_shift", value=worst, unit="share", n=steps),),
        drawable=False,
    )
