"""How sure the parameters are: draws around the maximum, and an exact check of them."""

from __future__ import annotations

import numpy as np

from scrm_helpers.answers.refusal import CannotSay
from scrm_helpers.value.models.fitting import Z95, ModelFit

SHARP = 0.1  # with standard errors of the log-parameters below this the likelihood is a parabola near its top
AGREES = 0.1  # how far the root of twice the drop in log-likelihood may be from 1.96 for the normal approximation
PROPOSALS = 1_000
FREEDOM = 4.0


def laplace_draws(fit: ModelFit, draws: int, seed: int) -> np.ndarray:
    """Draw parameters from the normal approximation in their logarithms.

    Parameters
    ----------
    fit : ModelFit
        A fit with a covariance.
    draws : int
        Number of draws; every draw has its mirror image, so that the mean of the logarithms is exact.
    seed : int
        Seed of the generator.

    Returns
    -------
    ndarray of shape (draws, parameters)

    Raises
    ------
    CannotSay
        When the parameters are not identified.

    Notes
    -----
    A flat prior on the log-parameters and a Gaussian around the maximum (Laplace). Unlike a range on the raw scale it
    is never negative and agrees with bootstrap and Markov chains on the literature's data.
    """
    if fit.parameters is None or fit.covariance is None:
        raise CannotSay(f"The {fit.model} parameters cannot be drawn: {fit.reason}. Show the estimate without a range.")
    rng = np.random.default_rng(seed)
    half = rng.standard_normal(((draws + 1) // 2, len(fit.names)))
    both = np.concatenate([half, -half])[:draws]
    return fit.parameters * np.exp(both @ np.linalg.cholesky(fit.covariance).T)


def parameter_draws(fit: ModelFit, draws: int, seed: int) -> np.ndarray:
    """Draw parameters: from the normal approximation where it is good, else from the likelihood itself.

    Parameters
    ----------
    fit : ModelFit
        A fit with a covariance.
    draws : int
        Number of draws.
    seed : int
        Seed of the generator.

    Returns
    -------
    ndarray of shape (draws, parameters)

    Raises
    ------
    CannotSay
        When the parameters are not identified.

    Notes
    -----
    In small samples, the MBG/NBD's above all, the top of the likelihood is bent and the normal approximation too
    narrow. Where the likelihood at its 95 % ends says so, heavy-tailed proposals are weighted by the likelihood and
    resampled (sampling-importance-resampling, Rubin 1988).
    """
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
    """Draw parameters from the exact posterior with a flat prior on the log-parameters.

    Parameters
    ----------
    fit : ModelFit
        A fit with a covariance and its likelihood.
    draws : int
        Length of the chain; it starts at the maximum.
    seed : int
        Seed of the generator.
    freedom : float
        Degrees of freedom of the proposal; few make its tails heavy.

    Returns
    -------
    tuple of ndarray of shape (draws, parameters) and float
        The chain, and the share of proposals accepted.

    Raises
    ------
    CannotSay
        When the parameters are not identified.

    Notes
    -----
    Independence sampler with a multivariate t around the maximum: where the Laplace draws are good, nearly every
    proposal is accepted and successive draws hardly depend on each other; a low share says that they are not.
    """
    if fit.parameters is None or fit.covariance is None or fit.objective is None:
        raise CannotSay(f"The {fit.model} parameters cannot be drawn: {fit.reason}. Show the estimate without a range.")
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
