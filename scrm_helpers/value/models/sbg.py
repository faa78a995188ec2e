"""Shifted-beta-geometric: how many contract customers renew, and why retention seems to rise with age."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.models.fitting import Model, ModelFit, Objective, beta_slopes, fit

SBG = Model("shifted-beta-geometric", ("alpha", "beta"), ((1.0, 1.0), (0.5, 4.0), (5.0, 20.0)))
PERIODS = 200  # after so many periods nothing that counts is left


def fit_sbg(survivors: pd.Series) -> ModelFit:
    """Fit the shifted-beta-geometric model to the survivors of one cohort."""
    stay = survivors.to_numpy(float)
    if len(stay) < 2 or np.isnan(stay).any() or (np.diff(stay) > 0).any() or stay[0] <= 0:
        raise Refusal(
            "Survivors of a cohort must start above 0, never grow, and cover one renewal or more. Otherwise they do "
            "not belong to one cohort. Give the counts of one cohort in order."
        )
    lost = -np.diff(stay)
    n = round(stay[0])
    if lost.sum() == 0:
        return ModelFit(of=SBG, n=n, reason="nobody has left yet")
    if stay[-1] == 0 and len(stay) == 2:
        return ModelFit(of=SBG, n=n, reason="everybody left at the first renewal")
    return fit(SBG, log_likelihood(lost, stay[-1]), (1.0, 1.0), n)


def survival(parameters: np.ndarray, renewals: np.ndarray) -> np.ndarray:
    """Return the share of a cohort that is expected to be there after so many renewals."""
    from scipy.special import betaln

    alpha, beta = parameters
    return np.exp(betaln(alpha, beta + np.asarray(renewals, float)) - betaln(alpha, beta))


def residual_value(parameters: np.ndarray, renewals: int, margin: float, discount_rate: float) -> float:
    """Return the discounted margin of a customer who has renewed so many times, from the next renewal on."""
    ahead = np.arange(1, PERIODS + 1)
    there = survival(parameters, renewals + ahead) / survival(parameters, np.array([renewals]))
    return float(margin * (there / (1 + discount_rate) ** ahead).sum())


def log_likelihood(lost: np.ndarray, still: float) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of alpha and beta."""
    from scipy.special import betaln

    period = np.arange(1, len(lost) + 1)
    weight = np.append(lost, still)
    went = np.append(np.ones(len(lost)), 0.0)
    stayed = np.append(period - 1, len(lost)).astype(float)

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        alpha, beta = parameters
        value = weight @ (betaln(alpha + went, beta + stayed) - betaln(alpha, beta))
        slopes, bends = beta_slopes(alpha, beta, went, stayed)
        aa, ab, bb = (weight @ bend for bend in bends)
        return float(value), np.array([weight @ slope for slope in slopes]), np.array([[aa, ab], [ab, bb]])

    return evaluate
