"""How long an effect lasts: kernels that carry a quarter's effect on, retained customers as a stock, the Koyck fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Measure, Result
from scrm_helpers.initiatives.refused import InitiativeRefused


def _share(value: float, name: str) -> float:
    if not 0 <= value < 1:
        raise InitiativeRefused(
            f"The {name} is {value}; it must lie in [0, 1). At 1 the effect would never end. Give the share of the "
            "effect that is still there one quarter later."
        )
    return float(value)


def geometric(carry: float, lags: int) -> np.ndarray:
    """Return the geometric kernel ``carry**l`` for l = 0 ... lags-1.

    Parameters
    ----------
    carry : float
        Share of the effect still there one quarter later, in [0, 1).
    lags : int
        Number of quarters.

    Returns
    -------
    numpy.ndarray, shape (lags,)

    Examples
    --------
    >>> geometric(0.5, 3)
    array([1.  , 0.5 , 0.25])
    """
    return _share(carry, "carry-over") ** np.arange(lags, dtype=float)


def delayed(carry: float, peak: float, lags: int) -> np.ndarray:
    """Return the delayed kernel ``carry**((l-peak)**2)``: the effect is strongest `peak` quarters after its cause.

    Examples
    --------
    >>> delayed(0.5, 1, 3)
    array([0.5, 1. , 0.5])
    """
    return _share(carry, "carry-over") ** ((np.arange(lags, dtype=float) - peak) ** 2)


def carry_forward(paths: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Spread each quarter's effect over the quarters after it.

    Parameters
    ----------
    paths : numpy.ndarray, shape (..., quarters)
        New effect per quarter.
    kernel : numpy.ndarray, shape (lags,)
        Share of the effect left after 0, 1, ... quarters.

    Returns
    -------
    numpy.ndarray
        Same shape: what is in force in each quarter.

    Examples
    --------
    >>> carry_forward(np.array([1.0, 0.0, 0.0]), geometric(0.5, 3))
    array([1.  , 0.5 , 0.25])
    """
    quarters = paths.shape[-1]
    spread = np.zeros_like(paths, dtype=float)
    for lag in np.flatnonzero(kernel[:quarters]):
        spread[..., lag:] += kernel[lag] * paths[..., : quarters - lag]
    return spread


def retained_stock(rescued: np.ndarray, survival: float) -> np.ndarray:
    """Keep rescued customers as a stock that melts: ``stock[q] = survival * stock[q-1] + rescued[q]``.

    A rescued customer is worth the margin of the quarters in which they are still there, never a whole lifetime at
    the moment of rescue.

    Examples
    --------
    >>> retained_stock(np.array([10.0, 10.0, 10.0]), 0.5)
    array([10. , 15. , 17.5])
    """
    return carry_forward(rescued, geometric(survival, rescued.shape[-1]))


def share_visible(carry: float, quarters: float) -> float:
    """Share of a geometric effect that shows within `quarters`: ``1 - carry**quarters``.

    >>> [round(share_visible(0.85, h), 2) for h in (1, 4, 8, 12)]
    [0.15, 0.48, 0.73, 0.86]
    """
    return float(1 - _share(carry, "carry-over") ** quarters)


def long_run_multiplier(carry: float) -> float:
    """Total effect over the effect in the first quarter: ``1/(1-carry)``.

    >>> long_run_multiplier(0.5)
    2.0
    """
    return 1 / (1 - _share(carry, "carry-over"))


def half_life(carry: float) -> float:
    """Quarters until half of a geometric effect is gone: ``ln(1/2)/ln(carry)``.

    >>> round(half_life(0.7), 4)
    1.9434
    """
    return duration(carry, 0.5)


def duration(carry: float, share: float) -> float:
    """Quarters until `share` of a geometric effect has shown: ``ln(1-share)/ln(carry)``.

    >>> round(duration(0.7, 0.9), 4)
    6.4557
    """
    carry = _share(carry, "carry-over")
    return 0.0 if carry == 0 else math.log(1 - share) / math.log(carry)


def mean_lag(carry: float) -> float:
    """Mean delay of a geometric effect: ``carry/(1-carry)``.

    >>> round(mean_lag(0.7), 4)
    2.3333
    """
    return _share(carry, "carry-over") / (1 - carry)


@dataclass(frozen=True, kw_only=True)
class Koyck(Result):
    """Short-run effect, carry-over and long-run effect of one input on one outcome."""

    immediate: float
    carry: float
    long_run: float
    long_run_se: float


def fit_koyck(outcome: pd.Series, driver: pd.Series) -> Koyck:
    """Fit ``y[t] = a + b x[t] + carry y[t-1]`` by least squares and read off the long run.

    Parameters
    ----------
    outcome, driver : pandas.Series
        Equally long, in time order.

    Returns
    -------
    Koyck

    Raises
    ------
    InitiativeRefused
        When the series differ in length, hold gaps or are shorter than 12 periods.

    Notes
    -----
    Koyck (1954); ``long run = b / (1 - carry)`` with a delta-method error. Least squares is inconsistent when the
    transformed error is a moving average, and coarser periods make the effect look longer (Leone 1995): the time unit
    is part of the result.

    Examples
    --------
    >>> x = pd.Series([1.0, 5, 2, 8, 3, 9, 1, 7, 2, 6, 4, 8, 5]); y = x.copy()
    >>> for t in range(1, 13): y[t] = 2 + 0.5 * y[t - 1] + x[t]
    >>> round(fit_koyck(y, x).long_run, 6)
    2.0
    """
    y, x = outcome.to_numpy(dtype=float), driver.to_numpy(dtype=float)
    if len(y) != len(x) or len(y) < 12 or not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise InitiativeRefused(
            f"The carry-over needs two gap-free series of one length and 12 periods or more; these have {len(y)} and "
            f"{len(x)}. Shorter series cannot tell a lasting effect from chance."
        )
    design = np.column_stack([np.ones(len(y) - 1), x[1:], y[:-1]])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y[1:]
    rest = y[1:] - design @ beta
    covariance = inverse * (rest @ rest) / (len(rest) - 3)
    immediate, carry = float(beta[1]), float(beta[2])
    slope = np.array([0.0, 1 / (1 - carry), immediate / (1 - carry) ** 2])
    long_run, error = immediate / (1 - carry), float(np.sqrt(slope @ covariance @ slope))
    low, high = long_run - 1.96 * error, long_run + 1.96 * error
    lasting = 0 < carry < 1
    return Koyck(
        sentence=(
            f"One unit brings {numbers.decimal(immediate)} in the same period and {numbers.decimal(long_run)} in the "
            f"long run (95% range {numbers.interval(low, high, numbers.decimal)}); half of it shows within "
            f"{numbers.decimal(duration(carry, 0.5), 1)} periods."
            if lasting and (low > 0 or high < 0)
            else "No lasting effect can be shown: the range of the long-run effect holds zero or the effect does not "
            "fade."
        ),
        table=pd.DataFrame(
            {
                "Quantity": ["Effect in the same period", "Share carried over per period", "Effect in the long run"],
                "Estimate": [immediate, carry, long_run],
                "Standard error": [*np.sqrt(np.diag(covariance))[1:], error],
            }
        ),
        formats={"Estimate": "decimal3", "Standard error": "decimal3"},
        caption="Carry-over of one input",
        note=f"n = {len(rest)} periods; least squares with the outcome of the period before; delta-method error.",
        measures=(Measure(name="long_run_effect", value=long_run, unit="ratio", n=len(rest), low=low, high=high),),
        immediate=immediate,
        carry=carry,
        long_run=long_run,
        long_run_se=error,
    )
