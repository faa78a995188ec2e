"""How sure the parameters are: draws around the maximum, and an exact check of them."""

from __future__ import annotations

import numpy as np

from scrm_helpers.value.fitting import ModelFit


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
    ValueError
        When the parameters are not identified.

    Notes
    -----
    A flat prior on the log-parameters and a Gaussian around the maximum (Laplace). Unlike a range on the raw scale it
    is never negative and agrees with bootstrap and Markov chains on the literature's data.
    """
    if fit.parameters is None or fit.covariance is None:
        raise ValueError(
            f"The {fit.model} parameters cannot be drawn: {fit.reason}. Show the estimate without a range."
        )
    rng = np.random.default_rng(seed)
    half = rng.standard_normal(((draws + 1) // 2, len(fit.names)))
    both = np.concatenate([half, -half])[:draws]
    return fit.parameters * np.exp(both @ np.linalg.cholesky(fit.covariance).T)


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
    ValueError
        When the parameters are not identified.

    Notes
    -----
    Independence sampler with a multivariate t around the maximum: where the Laplace draws are good, nearly every
    proposal is accepted and successive draws hardly depend on each other; a low share says that they are not.
    """
    if fit.parameters is None or fit.covariance is None or fit.objective is None:
        raise ValueError(
            f"The {fit.model} parameters cannot be drawn: {fit.reason}. Show the estimate without a range."
        )
    rng = np.random.default_rng(seed)
    size = len(fit.names)
    normal = rng.standard_normal((draws, size))
    stretch = np.sqrt(freedom / rng.chisquare(freedom, draws))
    standard = normal * stretch[:, None]
    proposals = fit.parameters * np.exp(standard @ np.linalg.cholesky(fit.covariance).T)
    proposal_density = -(freedom + size) / 2 * np.log1p((standard**2).sum(axis=1) / freedom)
    luck = np.log(rng.random(draws))

    chain = np.empty((draws, size))
    now, now_weight, accepted = fit.parameters, float(fit.log_likelihood or 0.0), 0
    for i in range(draws):
        weight = fit.objective(proposals[i])[0] - proposal_density[i]
        if luck[i] < weight - now_weight:
            now, now_weight, accepted = proposals[i], weight, accepted + 1
        chain[i] = now
    return chain, accepted / draws
