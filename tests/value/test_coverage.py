"""Simulated worlds with known parameters: 95 % ranges hold the truth about 95 times in 100, for every model."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value import beta_geometric
from scrm_helpers.value.beta_geometric import fit_bgnbd, fit_mbgnbd
from scrm_helpers.value.bgbb import fit_bgbb
from scrm_helpers.value.clv import customer_lifetime_value
from scrm_helpers.value.gammagamma import fit_gammagamma
from scrm_helpers.value.paretonbd import fit_paretonbd
from scrm_helpers.value.sbg import fit_sbg

Z95 = 1.959963984540054


def pareto(n, seed, parameters):
    rng = np.random.default_rng(seed)
    r, alpha, s, beta = parameters
    age = 39 - rng.uniform(0, 12, n)
    life = np.minimum(rng.exponential(1 / np.maximum(rng.gamma(s, 1 / beta, n), 1e-300)), age)
    x = rng.poisson(rng.gamma(r, 1 / alpha, n) * life)
    last = np.where(x > 0, life * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return pd.DataFrame({"frequency": x, "recency": last, "age": age})


def donors(n, seed, parameters, offered=8):
    rng = np.random.default_rng(seed)
    alpha, beta, gamma, delta = parameters
    stays = rng.geometric(rng.beta(gamma, delta, n)) - 1
    took = (rng.random((n, offered)) < rng.beta(alpha, beta, n)[:, None]) & (np.arange(offered) < stays[:, None])
    last = np.where(took.any(axis=1), offered - np.argmax(took[:, ::-1], axis=1), 0)
    return pd.DataFrame({"taken": took.sum(axis=1), "last": last, "offered": offered})


def cohort(n, seed, parameters):
    rng = np.random.default_rng(seed)
    left = rng.geometric(rng.beta(*parameters, n))
    return pd.Series([(left > renewal).sum() for renewal in range(8)])


def share_of_hits(fits, truth):
    hits = []
    for fitted in fits:
        assert fitted.identified, fitted.sentence
        error = np.sqrt(np.diag(fitted.covariance))
        hits.append(np.abs(np.log(fitted.parameters / np.array(truth))) < Z95 * error)
    return float(np.mean(hits))


@pytest.mark.parametrize("model", ["BG/NBD", "MBG/NBD", "Gamma-Gamma", "Pareto/NBD", "BG/BB", "sBG"])
def test_parameter_ranges_cover(simulate, model):
    purchases, modified, spend = (0.243, 4.414, 0.793, 2.426), (0.525, 6.183, 0.891, 1.614), (6.25, 3.74, 15.44)
    left, occasions, contract = (0.553, 10.578, 0.606, 11.669), (1.2, 0.75, 0.66, 2.8), (0.668, 3.806)
    worlds, truth = {
        "BG/NBD": ((fit_bgnbd(simulate(2_000, seed)) for seed in range(80)), purchases),
        "MBG/NBD": ((fit_mbgnbd(simulate(8_000, seed, modified, modified=1)) for seed in range(80)), modified),
        "Gamma-Gamma": ((fit_gammagamma(simulate(2_000, seed)) for seed in range(80)), spend),
        "Pareto/NBD": ((fit_paretonbd(pareto(1_500, seed, left)) for seed in range(16)), left),
        "BG/BB": ((fit_bgbb(donors(4_000, seed, occasions)) for seed in range(80)), occasions),
        "sBG": ((fit_sbg(cohort(2_000, seed, contract)) for seed in range(160)), contract),
    }[model]
    assert share_of_hits(worlds, truth) == pytest.approx(0.95, abs=0.08 if model == "Pareto/NBD" else 0.04)


def test_customer_ranges_cover_the_expectation_under_the_truth(simulate):
    """Purchases expected of each customer were the parameters known, against the range of the fitted models."""
    truth, hits = np.array([0.243, 4.414, 0.793, 2.426]), []
    for seed in range(40):
        history = simulate(1_000, 500 + seed)
        worth = customer_lifetime_value(history, fit_bgnbd(history), fit_gammagamma(history), seed=seed)
        x, t_x, age = (history[name].to_numpy() for name in ("frequency", "recency", "age"))
        known = beta_geometric.p_alive(truth, x, t_x, age) * beta_geometric.expected_if_alive(truth, 365.25 / 7, x, age)
        people = worth.customers
        inside = (people["expected_purchases_low"] <= known) & (known <= people["expected_purchases_high"])
        hits.append(inside.mean())
    assert np.mean(hits) == pytest.approx(0.95, abs=0.05)
