"""NBD: customers buy at their own rate and never leave, the model every model of leaving has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.value.history.order_days import Rows, coded, collapse
from scrm_helpers.value.models.beta_geometric import unfit
from scrm_helpers.value.models.fitting import ModelFit, Objective, fit, without_fit

NAMES = ("r", "alpha")
STARTS = ((0.5, 0.5), (2.0, 1.0), (0.1, 0.1))


def fit_nbd(history: pd.DataFrame) -> ModelFit:
    """Fit the NBD model, in which nobody ever leaves.

    Parameters
    ----------
    history : DataFrame
        ``frequency``, ``recency``, ``age`` of each customer in any one time unit.

    Returns
    -------
    ModelFit
        Parameters r and alpha (in the time unit).

    Raises
    ------
    ValueError
        When a history is impossible (see :func:`collapse`).

    Notes
    -----
    Ehrenberg (1959), Applied Statistics 8(1). The likelihood is that of the purchase times, as in the models of
    leaving, so that their maxima compare; :func:`count_constant` turns it into that of the counts.

    Examples
    --------
    >>> one = pd.DataFrame({"frequency": [2.0], "recency": [3.0], "age": [9.0]})
    >>> fit_nbd(one).sentence
    'The NBD model cannot be fitted to 1 customer: one customer does not show how customers differ.'
    """
    rows = collapse(history)
    if reason := unfit(rows):
        return without_fit("NBD", NAMES, rows.n, reason)
    return fit("NBD", NAMES, log_likelihood(rows), STARTS, (1.0, float(rows.T.max())), rows.n)


def log_likelihood(rows: Rows) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of r and alpha."""
    from scipy.special import gammaln, polygamma, psi

    x_code, x_values = coded(rows.x)
    x_weight = np.bincount(x_code, weights=rows.weight)
    t_code, t_values = coded(rows.T)
    t_weight = np.bincount(t_code, weights=rows.weight)
    bought = np.bincount(t_code, weights=rows.weight * rows.x)
    n = rows.weight.sum()

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        r, alpha = parameters
        log_t, inverse_t = np.log(alpha + t_values), 1 / (alpha + t_values)
        power = r * t_weight + bought
        value = x_weight @ gammaln(r + x_values) + n * (r * np.log(alpha) - gammaln(r)) - power @ log_t
        by_r = x_weight @ psi(r + x_values) + n * (np.log(alpha) - psi(r)) - t_weight @ log_t
        by_alpha = n * r / alpha - power @ inverse_t
        rr = x_weight @ polygamma(1, r + x_values) - n * polygamma(1, r)
        mixed = n / alpha - t_weight @ inverse_t
        aa = power @ inverse_t**2 - n * r / alpha**2
        return float(value), np.array([by_r, by_alpha]), np.array([[rr, mixed], [mixed, aa]])

    return evaluate
