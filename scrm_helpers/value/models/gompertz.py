"""Gamma-Gompertz/NBD: customers leave unseen, and the risk of leaving may rise or fall with the years."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.value.history.arrays import coded
from scrm_helpers.value.history.distinct_histories import Rows, collapse
from scrm_helpers.value.models.beta_geometric import unfit
from scrm_helpers.value.models.fitting import ModelFit, Objective, fit, without_fit
from scrm_helpers.value.models.mixture import mixed

NAMES = ("r", "alpha", "b", "s", "beta")
STARTS = ((0.6, 0.3, 0.01, 0.6, 0.003), (0.6, 0.3, 1.0, 0.6, 0.5), (1.0, 1.0, 5.0, 0.3, 20.0))
NODES = 60
REACH = 42.0  # exp(-42) of the integrand is below rounding


def fit_gompertz(history: pd.DataFrame) -> ModelFit:
    """Fit the Gamma-Gompertz/NBD model.

    Parameters
    ----------
    history : DataFrame
        ``frequency``, ``recency``, ``age`` of each customer in any one time unit.

    Returns
    -------
    ModelFit
        Parameters r, alpha (in the time unit), b (per time unit), s, beta. Where b and beta vanish together at a
        fixed ratio the model is the Pareto/NBD with beta over b, and the fit says that the two are not identified.

    Raises
    ------
    ValueError
        When a history is impossible (see :func:`collapse`).

    Notes
    -----
    Bemmaor and Glady (2012), Management Science 58(5).
    """
    rows = collapse(history)
    if reason := unfit(rows):
        return without_fit("Gamma-Gompertz/NBD", NAMES, rows.n, reason)
    longest, thinned = float(rows.T.max()), rows.thinned()
    small = log_likelihood(thinned) if thinned else None
    scale = (1.0, longest, 1 / longest, 1.0, 1.0)
    return fit("Gamma-Gompertz/NBD", NAMES, log_likelihood(rows), STARTS, scale, rows.n, small)


def log_likelihood(rows: Rows) -> Objective:
    """Return the log-likelihood with its gradient and Hessian as a function of r, alpha, b, s, beta.

    Parameters
    ----------
    rows : Rows
        Unique histories with weights.

    Returns
    -------
    callable

    Notes
    -----
    A customer stays beyond t with probability ``(beta / (beta + e^(b t) - 1))^s``. The likelihood of a row adds
    "stayed" to the integral over times of leaving after the last purchase, by Gauss-Legendre nodes.
    """
    from scipy.special import gammaln, polygamma, psi

    x_code, x_values = coded(rows.x)
    x_weight = np.bincount(x_code, weights=rows.weight)
    n = rows.weight.sum()

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        r, alpha, b, s, beta = parameters
        u, log_node = _times_of_leaving(parameters, rows)
        times = np.column_stack([u, rows.T])
        left, x = np.append(np.ones(u.shape[1]), 0.0), rows.x[:, None]
        aged, power = np.expm1(b * times), s + left
        below, since = beta + aged, alpha + times
        logs = np.column_stack([log_node, np.zeros(len(rows.T))]) + left * (np.log(s * b) + b * times - np.log(below))
        logs = logs - s * np.log1p(aged / beta) - r * np.log1p(times / alpha) - x * np.log(since)
        ageing = times * (1 + aged) / below
        slopes = (
            -np.log1p(times / alpha),
            (r * times / alpha - x) / since,
            left * (1 / b + times) - power * ageing,
            left / s - np.log1p(aged / beta),
            (s * aged / beta - left) / below,
        )
        bends = {
            (0, 1): times / (alpha * since),
            (1, 1): (x - r * times * (2 * alpha + times) / alpha**2) / since**2,
            (2, 2): -left / b**2 - power * times * ageing * (beta - 1) / below,
            (2, 3): -ageing,
            (2, 4): power * ageing / below,
            (3, 3): np.broadcast_to(-left / s**2, below.shape),
            (3, 4): aged / (beta * below),
            (4, 4): (left - s * aged * (2 * beta + aged) / beta**2) / below**2,
        }
        value, gradient, hessian = mixed(logs, slopes, bends, rows.weight)
        value += x_weight @ gammaln(r + x_values) - n * gammaln(r)
        gradient[0] += x_weight @ psi(r + x_values) - n * psi(r)
        hessian[0, 0] += x_weight @ polygamma(1, r + x_values) - n * polygamma(1, r)
        return float(value), gradient, hessian

    return evaluate


def _times_of_leaving(parameters: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss-Legendre nodes between the last purchase and now, and the logarithm of their weights.

    The nodes lie in ln(near + u), with `near` the distance of the integrand's next singularity: alpha, or where
    ``beta + e^(b u) - 1`` is zero. Along that axis the purchases made the integrand fall ever more steeply, and ageing
    lifts it by b (T - t_x) at most: what lies beyond that reach is rounding.
    """
    r, alpha, b, _, beta = parameters
    turn = np.log1p(-beta) if beta < 1 else np.hypot(np.log(max(beta - 1, 1e-300)), np.pi)
    near = min(alpha, abs(turn) / b)
    steep = (r + rows.x) * (near + rows.t_x) / (alpha + rows.t_x)
    start, end = np.log(near + rows.t_x), np.log(near + rows.T)
    end = np.minimum(end, start + (REACH + b * (rows.T - rows.t_x)) / steep)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = (end - start)[:, None] / 2
    place = start[:, None] + half * (1 + nodes)
    with np.errstate(divide="ignore"):
        return np.exp(place) - near, np.log(half * weights) + place
