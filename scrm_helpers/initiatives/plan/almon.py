"""How an effect spreads over the periods after its cause when it need not fade evenly: the Almon polynomial lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Measure, Result
from scrm_helpers.initiatives.refused import InitiativeRefused


@dataclass(frozen=True, kw_only=True)
class Almon(Result):
    """Effect of one unit after 0 ... L periods, its covariance, and the sum of all lags with its error."""

    lag_effects: np.ndarray
    covariance: np.ndarray
    long_run: float
    long_run_se: float


def lag_polynomials(lags: int, degree: int) -> np.ndarray:
    """Return an orthonormal basis of the polynomials up to `degree` over the lags 0 to `lags`.

    >>> lag_polynomials(2, 0).round(3).ravel().tolist()
    [-0.577, -0.577, -0.577]
    """
    return np.linalg.qr(np.vander(np.linspace(-1, 1, lags + 1), degree + 1, increasing=True))[0]


def fit_almon(outcome: pd.Series, driver: pd.Series, *, lags: int, degree: int) -> Almon:
    """Fit ``y[t] = a + sum over i = 0..lags of beta[i] x[t-i]`` with the betas on a polynomial in i.

    Parameters
    ----------
    outcome, driver : pandas.Series
        Equally long, in time order, one value per period.
    lags : int
        Last lag L, in periods.
    degree : int
        Degree of the polynomial, 0 to L; at L nothing is restricted.

    Returns
    -------
    Almon

    Raises
    ------
    InitiativeRefused
        When the series have gaps, are too short for the lags, or the driver varies too little to tell lags apart.

    Notes
    -----
    Almon (1965): ``beta[i] = sum over k = 0..degree of theta[k] i**k``, a linear restriction on least squares. The
    powers of i are replaced by an orthonormal basis of the same polynomials, so high degrees keep their digits. The
    errors hold for disturbances without memory; a wrong degree biases every lag, and the unit of time is part of the
    result (Leone 1995).

    Examples
    --------
    >>> x = pd.Series(np.random.default_rng(1).normal(size=40))
    >>> y = 5 + 3 * x + 2 * x.shift(1, fill_value=0) + x.shift(2, fill_value=0)
    >>> fit_almon(y, x, lags=2, degree=1).lag_effects.round(6).tolist()
    [3.0, 2.0, 1.0]
    """
    from scipy.stats import t

    y, x = outcome.to_numpy(dtype=float), driver.to_numpy(dtype=float)
    if not 0 <= degree <= lags:
        raise InitiativeRefused(
            f"The polynomial has degree {degree} over {lags} lags; it must lie between 0 and the number of lags. "
            "A higher one cannot be told apart. Give a lower degree or more lags."
        )
    least = lags + 3 * (degree + 2)
    if len(y) != len(x) or len(y) < least or not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise InitiativeRefused(
            f"{lags} lags on a polynomial of degree {degree} need two gap-free series of one length and {least} "
            f"periods or more; these have {len(y)} and {len(x)}. Use fewer lags, a lower degree or a longer series."
        )
    past = np.column_stack([x[lags - i : len(x) - i] for i in range(lags + 1)])
    basis = lag_polynomials(lags, degree)
    design, now = (past - past.mean(axis=0)) @ basis, y[lags:] - y[lags:].mean()
    if np.ptp(x) == 0 or np.linalg.matrix_rank(design) < degree + 1:
        raise InitiativeRefused(
            f"The driver varies too little to tell {degree + 1} shapes of its lags apart, so the effect of one lag "
            "would be guesswork. Use a lower degree or a period in which the driver moved."
        )
    q, r = np.linalg.qr(design)
    spread = basis @ np.linalg.inv(r)
    effects = spread @ (q.T @ now)
    rest, free = now - q @ (q.T @ now), len(now) - degree - 2
    covariance = spread @ spread.T * float(rest @ rest) / free
    errors, reach = np.sqrt(np.diag(covariance)), float(t.ppf(0.975, free))
    long_run, error = float(effects.sum()), float(np.sqrt(covariance.sum()))
    low, high = long_run - reach * error, long_run + reach * error
    ends = numbers.interval(low, high, numbers.decimal)
    return Almon(
        sentence=(
            f"One unit brings {numbers.decimal(long_run)} in all (95% range {ends}) within "
            f"{numbers.plural(lags, 'period')}, most of it after {int(np.abs(effects).argmax())}."
            if low > 0 or high < 0
            else f"No effect in the long run can be shown: the sum of the lags is {numbers.decimal(long_run)} and its "
            f"95% range ({ends}) holds zero."
        ),
        table=pd.DataFrame(
            {
                "Periods later": [*map(str, range(lags + 1)), "all"],
                "Effect": [*effects, long_run],
                "95% range low": [*(effects - reach * errors), low],
                "95% range high": [*(effects + reach * errors), high],
            }
        ),
        formats=dict.fromkeys(["Effect", "95% range low", "95% range high"], "decimal3"),
        caption="How the effect of one unit spreads over time",
        note=f"n = {len(now)} periods; polynomial of degree {degree} over lags 0 to {lags}; least squares.",
        measures=(Measure(name="long_run_effect", value=long_run, unit="ratio", n=len(now), low=low, high=high),),
        lag_effects=effects,
        covariance=covariance,
        long_run=long_run,
        long_run_se=error,
        drawable=False,
    )
