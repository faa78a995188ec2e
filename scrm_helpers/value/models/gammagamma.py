"""Gamma-Gamma: what a customer spends per purchase, drawn towards the average the fewer purchases there are."""

from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.value.history.order_days import coded
from scrm_helpers.value.models.fitting import Model, ModelFit, Objective, fit

GAMMAGAMMA = Model(
    "Gamma-Gamma",
    ("p", "q", "gamma"),
    ((5.0, 3.5, 0.5), (1.5, 2.5, 1.0), (30.0, 5.0, 0.1), (0.7, 8.0, 8.0)),
    "repeat customer",
)
FEW = 4_000  # evenly spaced customers on whom all starting points are tried


def fit_gammagamma(history: pd.DataFrame) -> ModelFit:
    """Fit the Gamma-Gamma model (Fader and Hardie 2013, note 025) to repeat customers whose mean is above zero."""
    x, mean = history["frequency"].to_numpy(float), history["mean_spend"].to_numpy(float)
    used = np.flatnonzero((x > 0) & (mean > 0) & np.isfinite(mean))
    x, mean, n = x[used], mean[used], len(used)
    if n < 2:
        reason = "fewer than two customers have a repeat purchase with positive spend"
        return ModelFit(of=GAMMAGAMMA, n=n, reason=reason)
    if np.log(mean.max() / mean.min()) < 1e-9:
        reason = "everybody spends the same, so there is no difference between customers to describe"
        return ModelFit(of=GAMMAGAMMA, n=n, reason=reason)
    scale = float(np.exp(np.log(mean).mean()))
    pick = np.linspace(0, n - 1, FEW).astype(int)
    small = log_likelihood(x[pick], mean[pick]) if n > 2 * FEW else None
    return fit(GAMMAGAMMA, log_likelihood(x, mean), (1.0, 1.0, scale), n, small)


def expected_spend(parameters: np.ndarray, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the spend per purchase expected of a customer with this history."""
    p, q, gamma = parameters
    spent = np.where(x > 0, x * np.nan_to_num(mean), 0.0)
    below = p * x + q - 1
    return np.where(below > 0, p * (gamma + spent) / np.where(below > 0, below, 1.0), np.nan)


def log_likelihood(x: np.ndarray, mean: np.ndarray) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of p, q, gamma."""
    from scipy.special import gammaln, psi, zeta  # zeta(2, x) is the trigamma function

    code, values = coded(x)
    count, log_mean = np.bincount(code).astype(float), np.bincount(code, weights=np.log(mean))
    n, log_mean_total, log_values = float(len(x)), float(log_mean.sum()), np.log(values)
    x_log_mean, x_log_x = float(values @ log_mean), float((count * values) @ log_values)

    def sums(each: np.ndarray) -> tuple[float, float]:
        return float(each.sum()), float(x @ each)

    def evaluate(parameters: np.ndarray, value_only: bool = False) -> tuple[float, Any, Any]:
        p, q, gamma = parameters
        below = gamma + x * mean
        (log_sum, x_log_sum), shape = sums(np.log(below)), p * values + q
        value = count @ (gammaln(shape) - gammaln(p * values)) - n * gammaln(q) + n * q * np.log(gamma)
        value = value + p * (x_log_mean + x_log_x) - log_mean_total - p * x_log_sum - q * log_sum
        if value_only:
            return float(value), None, None
        inverse = 1 / below
        (inverse_sum, x_inverse), (inverse_2, x_inverse_2) = sums(inverse), sums(inverse * inverse)
        psi_shape, tri_shape = psi(shape), zeta(2, shape)
        weighted = count * values
        gradient = np.array(
            [
                weighted @ (psi_shape - psi(p * values)) + x_log_mean + x_log_x - x_log_sum,
                count @ psi_shape - n * psi(q) + n * np.log(gamma) - log_sum,
                n * q / gamma - p * x_inverse - q * inverse_sum,
            ]
        )
        pp = (weighted * values) @ (tri_shape - zeta(2, p * values))
        pq = weighted @ tri_shape
        qq = count @ tri_shape - n * zeta(2, q)
        qg = n / gamma - inverse_sum
        gg = -n * q / gamma**2 + p * x_inverse_2 + q * inverse_2
        return float(value), gradient, np.array([[pp, pq, -x_inverse], [pq, qq, qg], [-x_inverse, qg, gg]])

    return evaluate
