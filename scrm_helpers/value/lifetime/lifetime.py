"""From a purchase history to lifetime values: the usual model first, a fallback with its reason in words."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.value.lifetime.clv import LifetimeValue, customer_lifetime_value
from scrm_helpers.value.models.beta_geometric import fit_bgnbd, fit_mbgnbd
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.paretonbd import fit_paretonbd

FITTERS = {"BG/NBD": fit_bgnbd, "MBG/NBD": fit_mbgnbd, "Pareto/NBD": fit_paretonbd}


def fit_purchases(history: pd.DataFrame, model: str = "BG/NBD") -> ModelFit:
    """Fit a purchase model, and the MBG/NBD where the BG/NBD cannot be identified but the MBG/NBD can.

    Parameters
    ----------
    history : DataFrame
        See :func:`purchase_history`.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Model to try first.

    Returns
    -------
    ModelFit

    Raises
    ------
    ValueError
        When the model is unknown.
    """
    if model not in FITTERS:
        raise ValueError(f"The purchase model is {model!r}; known are {', '.join(FITTERS)}.")
    first = FITTERS[model](history)
    if first.identified or model == "MBG/NBD":
        return first
    second = fit_mbgnbd(history)
    return second if second.identified or not first.converged else first


def lifetime_values(
    history: pd.DataFrame,
    *,
    model: str = "BG/NBD",
    months: int = 12,
    discount_rate_annual: float = 0.10,
    margin_rate: float = 1.0,
    unit: str = "week",
    draws: int = 200,
    seed: int = 20260930,
    currency: str = "EUR",
) -> LifetimeValue:
    """Fit purchases and spend and value every customer.

    Parameters
    ----------
    history : DataFrame
        See :func:`purchase_history`.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Purchase model to try first.
    months, discount_rate_annual, margin_rate, unit, draws, seed, currency
        See :func:`customer_lifetime_value`.

    Returns
    -------
    LifetimeValue

    Examples
    --------
    >>> nobody = pd.DataFrame({"frequency": [0.0, 0], "recency": [0.0, 0], "age": [9.0, 9], "mean_spend": [None, None]})
    >>> lifetime_values(nobody.astype(float)).sentence
    'No lifetime value can be given, because the MBG/NBD model cannot be fitted: nobody bought a second time.'
    """
    return customer_lifetime_value(
        history,
        fit_purchases(history, model),
        fit_gammagamma(history),
        months=months,
        discount_rate_annual=discount_rate_annual,
        margin_rate=margin_rate,
        unit=unit,
        draws=draws,
        seed=seed,
        currency=currency,
    )
