"""Pareto/NBD: customers buy at their own rate and leave unseen at any moment."""

from functools import partial

import numpy as np

from scrm_helpers.value.history.order_days import Rows, blocks, coded
from scrm_helpers.value.models.beta_geometric import fit_histories
from scrm_helpers.value.models.fitting import Model, Objective, mixed

PARETO = Model(
    "Pareto/NBD",
    ("r", "alpha", "s", "beta"),
    ((0.6, 0.3, 0.6, 0.3), (1.0, 1.0, 1.0, 1.0), (2.0, 0.3, 0.2, 1.0), (0.3, 0.1, 2.0, 2.0)),
)
NODES = 40
COARSE = 16  # nodes while the starting points are tried: right to a millionth, at a third of the time
REACH = 42.0  # exp(-42) of the integrand is below rounding


def _left_before(
    parameters: np.ndarray, x: np.ndarray, t_x: np.ndarray, age: np.ndarray, count: int = NODES
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times of leaving between the last purchase and now with the log-weight of each, and of having stayed."""
    r, alpha, s, beta = parameters
    nodes, weights = np.polynomial.legendre.leggauss(count)
    smaller = min(alpha, beta)
    start, end = np.log(smaller + t_x), np.log(smaller + age)
    steep = (r + x) * (smaller + t_x) / (alpha + t_x) + s * (smaller + t_x) / (beta + t_x)
    end = np.minimum(end, start + np.maximum(REACH / np.maximum(steep, 1e-12), 0.0))
    half = (end - start)[:, None] / 2
    v = start[:, None] + half * (1 + nodes)
    u = np.exp(v) - smaller
    with np.errstate(divide="ignore"):
        log_node = np.log(half * weights) + v
    log_left = _log_stayed(parameters, x[:, None], u) + np.log(s) - np.log(beta + u)
    return u, log_node + log_left, _log_stayed(parameters, x, age)


def _log_stayed(parameters: np.ndarray, x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return ``ln alpha^r beta^s (alpha+T)^-(r+x) (beta+T)^-s``, in a form that keeps its digits for large r and s."""
    r, alpha, s, beta = parameters
    return -r * np.log1p(age / alpha) - x * np.log(alpha + age) - s * np.log1p(age / beta)


def log_likelihood(rows: Rows, count: int = NODES) -> Objective:
    """Return the log-likelihood with its gradient and Hessian as a function of r, alpha, s, beta."""
    from scipy.special import gammaln, polygamma, psi

    x_code, x_values = coded(rows.x)
    x_weight = np.bincount(x_code, weights=rows.weight)
    n = rows.weight.sum()

    def evaluate(parameters: np.ndarray, _value_only: bool = False) -> tuple[float, np.ndarray, np.ndarray]:
        r, alpha, s, beta = parameters
        u, log_left, log_stayed = _left_before(parameters, rows.x, rows.t_x, rows.T, count)
        times, x = np.column_stack([u, rows.T]), rows.x[:, None]
        left = np.append(np.ones(u.shape[1]), 0.0)
        since_alpha, since_beta = alpha + times, beta + times
        slopes = (
            -np.log1p(times / alpha),
            (r * times / alpha - x) / since_alpha,
            left / s - np.log1p(times / beta),
            (s * times / beta - left) / since_beta,
        )
        bends = {
            (0, 1): times / (alpha * since_alpha),
            (1, 1): (x - r * times * (2 * alpha + times) / alpha**2) / since_alpha**2,
            (2, 2): np.broadcast_to(-left / s**2, times.shape),
            (2, 3): times / (beta * since_beta),
            (3, 3): (left - s * times * (2 * beta + times) / beta**2) / since_beta**2,
        }
        value, gradient, hessian = mixed(np.column_stack([log_left, log_stayed]), slopes, bends, rows.weight)
        value += x_weight @ gammaln(r + x_values) - n * gammaln(r)
        gradient[0] += x_weight @ psi(r + x_values) - n * psi(r)
        hessian[0, 0] += x_weight @ polygamma(1, r + x_values) - n * polygamma(1, r)
        return float(value), gradient, hessian

    return evaluate


def p_alive(parameters: np.ndarray, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the probability that a customer with this history has not left."""
    out = np.empty(len(x))
    for part in blocks(len(x), 50_000):
        _, log_left, log_stayed = _left_before(parameters, x[part], t_x[part], age[part])
        out[part] = 1 / (1 + np.exp(np.minimum(log_left - log_stayed[:, None], 700)).sum(axis=1))
    return out


def expected_if_alive(parameters: np.ndarray, t: np.ndarray | float, x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the purchases expected in the next `t` of a customer who has not left."""
    r, alpha, s, beta = parameters
    grown = np.log1p(t / (beta + age))
    time = grown if abs(s - 1) < 1e-12 else -np.expm1((1 - s) * grown) / (s - 1)
    return (r + x) / (alpha + age) * (beta + age) * time


fit_paretonbd = partial(fit_histories, PARETO, likelihood=log_likelihood, quick=partial(log_likelihood, count=COARSE))
