"""How sure the parameters are: draws around the maximum, and an exact check of them."""

from __future__ import annotations

import numpy as np

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.models.fitting import Z95, ModelFit

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
