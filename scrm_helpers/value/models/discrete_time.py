"""Models of time in steps: the BG/BB of occasions that are taken or not, the shifted-beta-geometric of contracts."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Refusal
from scrm_helpers.value.models.fitting import Model, ModelFit, Objective, beta_slopes, fit, mixed

BGBB = Model(
    "BG/BB", ("alpha", "beta", "gamma", "delta"), ((1.0, 1.0, 0.7, 3.0), (0.5, 2.0, 0.2, 1.0), (3.0, 1.0, 2.0, 8.0))
)


def fit_bgbb(occasions: pd.DataFrame) -> ModelFit:
    """Fit the BG/BB (Fader, Hardie, Shang 2010) to occasions taken after the first, the last of them, and offered."""
    rows = occasions if "customers" in occasions else occasions.assign(customers=1.0)
    rows = rows.groupby(["taken", "last", "offered"])[["customers"]].sum().reset_index()
    n = round(rows["customers"].sum())
    if rows["taken"].max() == 0:
        return ModelFit(of=BGBB, n=n, reason="nobody took a second occasion")
    return fit(BGBB, bgbb_log_likelihood(rows), (1.0, 1.0, 1.0, 1.0), n)


def p_alive(parameters: NDArray, taken: NDArray, last: NDArray, offered: NDArray) -> NDArray:
    """Return the probability that a customer has not left before the next occasion."""
    return _ahead(parameters, 1, 0, taken, last, offered)


def expected_occasions(parameters: NDArray, ahead: int, taken: NDArray, last: NDArray, offered: NDArray) -> NDArray:
    """Return the occasions that a customer is expected to take of the next ones."""
    return _ahead(parameters, ahead, 1, taken, last, offered)


def _ahead(parameters: NDArray, ahead: int, takes: int, taken: NDArray, last: NDArray, offered: NDArray) -> NDArray:
    """Sum over the coming occasions the chance to be there and, where `takes` is 1, to take it."""
    from scipy.special import betaln

    alpha, beta, gamma, delta = parameters
    taken, last, offered = (np.asarray(values, float) for values in (taken, last, offered))
    known = betaln(alpha, beta) + betaln(gamma, delta) + _row_log_likelihood(parameters, taken, last, offered)
    took = betaln(alpha + taken + takes, beta + offered - taken) - known
    return np.exp(took[..., None] + betaln(gamma, delta + offered[..., None] + np.arange(1, ahead + 1))).sum(axis=-1)


def bgbb_log_likelihood(rows: pd.DataFrame) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of the parameters."""
    taken, last, offered, weight = (rows[name].to_numpy(float) for name in ("taken", "last", "offered", "customers"))
    terms = _terms(taken, last, offered)
    took, passed, left, stayed, _ = terms

    def evaluate(parameters: NDArray, _value_only: bool = False) -> tuple[float, NDArray, NDArray]:
        alpha, beta, gamma, delta = parameters
        by_taking, (aa, ab, bb) = beta_slopes(alpha, beta, took, passed)
        by_leaving, (gg, gd, dd) = beta_slopes(gamma, delta, left, stayed)
        bends = {(0, 0): aa, (0, 1): ab, (1, 1): bb, (2, 2): gg, (2, 3): gd, (3, 3): dd}
        return mixed(_logs(parameters, terms), (*by_taking, *by_leaving), bends, weight)

    return evaluate


def _terms(taken: NDArray, last: NDArray, offered: NDArray) -> tuple[NDArray, ...]:
    """Return for every term of every row: occasions taken, passed, whether left, occasions stayed, possible or not."""
    silent = offered - last
    step = np.arange(int(silent.max()) + 1)[None, :]
    alive = step == silent[:, None]
    until = last[:, None] + step
    return taken[:, None] + 0 * step, until - taken[:, None], 1.0 - alive, until, step <= silent[:, None]


def _logs(parameters: NDArray, terms: tuple[NDArray, ...]) -> NDArray:
    from scipy.special import betaln

    alpha, beta, gamma, delta = parameters
    took, passed, left, stayed, possible = terms
    logs = betaln(alpha + took, beta + passed) + betaln(gamma + left, delta + stayed)
    return np.where(possible, logs - betaln(alpha, beta) - betaln(gamma, delta), -np.inf)


def _row_log_likelihood(parameters: NDArray, taken: NDArray, last: NDArray, offered: NDArray) -> NDArray:
    from scipy.special import logsumexp

    flat = [np.ravel(values) for values in np.broadcast_arrays(taken, last, offered)]
    return logsumexp(_logs(parameters, _terms(*flat)), axis=1).reshape(np.shape(taken))


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
    return fit(SBG, sbg_log_likelihood(lost, stay[-1]), (1.0, 1.0), n)


def survival(parameters: NDArray, renewals: NDArray) -> NDArray:
    """Return the share of a cohort that is expected to be there after so many renewals."""
    from scipy.special import betaln

    alpha, beta = parameters
    return np.exp(betaln(alpha, beta + np.asarray(renewals, float)) - betaln(alpha, beta))


def residual_value(parameters: NDArray, renewals: int, margin: float, discount_rate: float) -> float:
    """Return the discounted margin of a customer who has renewed so many times, from the next renewal on."""
    ahead = np.arange(1, PERIODS + 1)
    there = survival(parameters, renewals + ahead) / survival(parameters, np.array([renewals]))
    return float(margin * (there / (1 + discount_rate) ** ahead).sum())


def sbg_log_likelihood(lost: NDArray, still: float) -> Objective:
    """Return the log-likelihood with its exact gradient and Hessian as a function of alpha and beta."""
    from scipy.special import betaln

    weight, stayed = np.append(lost, still), np.arange(len(lost) + 1.0)
    went = np.append(np.ones(len(lost)), 0.0)

    def evaluate(parameters: NDArray, _value_only: bool = False) -> tuple[float, NDArray, NDArray]:
        alpha, beta = parameters
        value = weight @ (betaln(alpha + went, beta + stayed) - betaln(alpha, beta))
        slopes, bends = beta_slopes(alpha, beta, went, stayed)
        aa, ab, bb = (weight @ bend for bend in bends)
        return float(value), np.array([weight @ slope for slope in slopes]), np.array([[aa, ab], [ab, bb]])

    return evaluate
