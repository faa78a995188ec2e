"""NBD, BG/NBD and MBG/NBD: customers buy at their own rate and never leave, or may leave after any purchase."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.value.history.order_days import Rows, blocks, coded, collapse
from scrm_helpers.value.models.fitting import Model, ModelFit, Objective, fit

Likelihood = Callable[[Rows], Objective]
TIMES = ("alpha", "beta")  # parameters on the scale of the ages
SMALL = 1 << 13  # histories at a time: products of matrices this small never wake a second thread
NBD = Model("NBD", ("r", "alpha"), ((0.5, 0.5), (2.0, 1.0), (0.1, 0.1)))
BGNBD = Model(
    "BG/NBD",
    ("r", "alpha", "a", "b"),
    ((0.5, 0.2, 0.8, 2.5), (1.0, 1.0, 0.3, 3.0), (2.0, 0.5, 0.05, 1.0), (0.2, 0.05, 2.0, 2.0)),
)
MBGNBD = replace(BGNBD, name="MBG/NBD")


def fit_histories(
    model: Model, history: pd.DataFrame, *, likelihood: Likelihood, quick: Likelihood | None = None
) -> ModelFit:
    """Fit a purchase model to histories, where they carry one; starts are tried on some of many, by `quick`."""
    rows = collapse(history)
    no_time = "all purchases are on the last day, so no time has passed in which anybody could have returned"
    for holds, reason in (
        (rows.n == 0, "no customer has bought anything"),
        (rows.n == 1, "one customer does not show how customers differ"),
        (not rows.T.any(), no_time),
        (not rows.x.any(), "nobody bought a second time"),
    ):
        if holds:
            return ModelFit(of=model, n=rows.n, reason=reason)
    scale = [float(rows.T.max()) if name in TIMES else 1.0 for name in model.parameters]
    return fit(model, likelihood(rows), scale, rows.n, quick(rows.thinned() or rows) if quick else None)


def p_alive(parameters: NDArray, x: NDArray, t_x: NDArray, age: NDArray, modified: int = 0) -> NDArray:
    """Return the probability that a customer with this history has not left."""
    r, alpha, a, b = parameters
    may_leave = x + modified > 0
    after = np.where(may_leave, b + x + modified - 1, 1.0)
    logit = np.log(a / after) + (r + x) * np.log((alpha + age) / (alpha + t_x))
    return np.where(may_leave, 1 / (1 + np.exp(np.minimum(logit, 700))), 1.0)


def expected_if_alive(parameters: NDArray, t: NDArray | float, x: NDArray, age: NDArray, modified: int = 0) -> NDArray:
    """Return the purchases expected in the next `t` of a customer who has not left."""
    r, alpha, a, b = parameters
    if abs(a - 1) < 2e-5:  # a = 1 is a removable point: the mean of both sides is right to 1e-9
        sides = [expected_if_alive(np.array([r, alpha, a + side, b]), t, x, age, modified) for side in (-4e-5, 4e-5)]
        return (sides[0] + sides[1]) / 2
    from scipy.special import hyp2f1

    b = b + modified
    x, z = np.broadcast_arrays(x, t / (alpha + age + t))
    first, c = a + b - 1 - r, a + b + x - 1
    power = (1 - z) ** (a - 1)
    safe = np.where(c > 0.5, c, 2.0)
    with np.errstate(over="ignore", invalid="ignore"):
        usual = safe * (1 - power * hyp2f1(first, a - 1, safe, z)) / (a - 1)
    lost = ~np.isfinite(usual) | ((abs(a - 1) < 0.01) & (z < 2e-3))  # so short ahead the difference keeps few digits
    if lost.any():
        usual = np.where(lost, _by_integral(r, a, b, x, z), usual)
    if (c > 0.5).all():
        return usual
    near = (c - power * c * hyp2f1(first, a - 1, c + 1, z)) / (a - 1)
    near = near - power * first * z / (c + 1) * hyp2f1(first + 1, a, c + 2, z)
    return np.where(c > 0.5, usual, near)


def stays(parameters: NDArray, x: NDArray, t_x: NDArray, age: NDArray) -> NDArray:  # noqa: ARG001
    """Return the probability that a customer of the NBD has not left."""
    return np.ones(np.shape(x))


def expected_of_stayers(parameters: NDArray, t: NDArray | float, x: NDArray, age: NDArray) -> NDArray:
    """Return the purchases expected in the next `t` of a customer of the NBD."""
    r, alpha = parameters
    return (r + x) / (alpha + age) * t


def _by_integral(r: float, a: float, b: float, x: NDArray, z: NDArray) -> NDArray:
    """Return expected purchases if alive as the mean of ``(1 - (1 + p t / (alpha + T))^-(r + x)) / p`` over p."""
    values, code = np.unique(x, return_inverse=True)
    out = np.empty(np.shape(x))
    for number, own in enumerate(values):
        here = code.reshape(np.shape(x)) == number
        chance, weights = _beta_nodes(a, b + own)
        grown = np.log1p(chance * (z[here] / (1 - z[here]))[:, None])
        out[here] = (-np.expm1(-(r + own) * grown) / chance) @ weights
    return out


@lru_cache(maxsize=256)  # the months of a horizon ask for the same nodes
def _beta_nodes(a: float, b: float, count: int = 200) -> tuple[NDArray, NDArray]:
    """Return Gauss nodes and weights of a Beta(a, b) distribution (Golub and Welsch), safe for large a and b."""
    from scipy.linalg import eigh_tridiagonal

    low, high, k = b - 1, a - 1, np.arange(1, count)
    total = 2 * k + low + high
    middle = np.append((high - low) / (low + high + 2), (high**2 - low**2) / (total * (total + 2)))
    square = 4 * k * (k + low) * (k + high) / (total**2 * (total + 1))
    square[1:] *= (k[1:] + low + high) / (total[1:] - 1)  # the first one is 0 / 0 where a + b = 1
    places, vectors = eigh_tridiagonal(middle, np.sqrt(square))
    return np.clip((1 + places) / 2, 1e-300, 1.0), vectors[0] ** 2


def nbd_log_likelihood(rows: Rows) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of r and alpha."""
    from scipy.special import gammaln, psi, zeta  # zeta(2, x) is the trigamma function

    (x_code, x_values), (t_code, t_values), n = coded(rows.x), coded(rows.T), rows.weight.sum()
    x_weight = np.bincount(x_code, weights=rows.weight)
    t_weight, bought = (np.bincount(t_code, weights=each) for each in (rows.weight, rows.weight * rows.x))

    def evaluate(parameters: NDArray, value_only: bool = False) -> tuple[float, Any, Any]:
        r, alpha = parameters
        log_t, power = np.log(alpha + t_values), r * t_weight + bought
        value = x_weight @ gammaln(r + x_values) + n * (r * np.log(alpha) - gammaln(r)) - power @ log_t
        if value_only:
            return float(value), None, None
        inverse_t = 1 / (alpha + t_values)
        by_r = x_weight @ psi(r + x_values) + n * (np.log(alpha) - psi(r)) - t_weight @ log_t
        by_alpha = n * r / alpha - power @ inverse_t
        rr = x_weight @ zeta(2, r + x_values) - n * zeta(2, r)
        mixed = n / alpha - t_weight @ inverse_t
        aa = power @ inverse_t**2 - n * r / alpha**2
        return float(value), np.array([by_r, by_alpha]), np.array([[rr, mixed], [mixed, aa]])

    return evaluate


def log_likelihood(rows: Rows, modified: int = 0) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of r, alpha, a, b."""
    from scipy.special import gammaln, psi, zeta

    stays, (x_code, x_values), n = nbd_log_likelihood(rows), coded(rows.x), rows.weight.sum()
    x_weight, moved = np.bincount(x_code, weights=rows.weight), x_values + modified
    may_leave = rows.x + modified > 0
    x, t_x, age, weight = (part[may_leave] for part in (rows.x, rows.t_x, rows.T, rows.weight))

    def odds(parameters: NDArray, part: slice) -> tuple[NDArray, ...]:
        """Return the logarithm of the odds of having left, last, and what it is made of."""
        r, alpha, a, b = parameters
        seen, until, drop = alpha + t_x[part], alpha + age[part], 1 / (b - 1 + modified + x[part])
        d_by_r = np.log(until / seen)
        return seen, until, drop, d_by_r, np.log(a * drop) + (r + x[part]) * d_by_r

    def evaluate(parameters: NDArray, value_only: bool = False) -> tuple[float, Any, Any]:
        r, _, a, b = parameters
        value, slope, bend = stays(parameters[:2], value_only)
        value += x_weight @ (gammaln(b + moved) - gammaln(a + b + moved)) + n * (gammaln(a + b) - gammaln(b))
        if value_only:
            for part in blocks(len(weight), SMALL):
                *_, d = odds(parameters, part)
                value += weight[part] @ (np.maximum(d, 0) + np.log(1 + np.exp(-np.abs(d))))
            return float(value), None, None
        g_a = n * psi(a + b) - x_weight @ psi(a + b + moved)
        gradient = np.array([*slope, g_a, g_a + x_weight @ psi(b + moved) - n * psi(b)])
        h_aa = n * zeta(2, a + b) - x_weight @ zeta(2, a + b + moved)
        hessian = np.zeros((4, 4))
        hessian[:2, :2] = bend
        hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = h_aa
        hessian[3, 3] = h_aa + x_weight @ zeta(2, b + moved) - n * zeta(2, b)

        for part in blocks(len(weight), SMALL):
            seen, until, drop, d_by_r, d = odds(parameters, part)
            gap = 1 / until - 1 / seen
            d_by_alpha, tail = (r + x[part]) * gap, np.exp(-np.abs(d))
            value += weight[part] @ (np.maximum(d, 0) + np.log(1 + tail))
            gone = np.where(d > 0, 1.0, tail) / (1 + tail)
            left = weight[part] * gone
            slopes = np.stack([d_by_r, d_by_alpha, np.full(len(d), 1 / a), -drop])
            gradient += slopes @ left
            hessian += (slopes * (left * (1 - gone))) @ slopes.T
            hessian[[0, 1], [1, 0]] += left @ gap
            hessian[1, 1] -= left @ (d_by_alpha * (1 / until + 1 / seen))
            hessian[2, 2] -= left.sum() / a**2
            hessian[3, 3] += left @ drop**2
        return float(value), gradient, hessian

    return evaluate


# Ehrenberg (1959, Applied Statistics 8(1)) by purchase times, so that models of leaving compare with it; in the second,
# customers may leave after a repeat purchase, in the third after the first one already
fit_nbd = partial(fit_histories, NBD, likelihood=nbd_log_likelihood)
fit_bgnbd = partial(fit_histories, BGNBD, likelihood=log_likelihood, quick=log_likelihood)
_modified = partial(log_likelihood, modified=1)
fit_mbgnbd = partial(fit_histories, MBGNBD, likelihood=_modified, quick=_modified)
