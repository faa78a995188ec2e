"""Do the 95 % ranges of the customer value models hold the truth 95 times in 100? Simulated companies, every model.

The band is 93 to 97 %. With h companies the Monte Carlo error of a true 95 % is 22/sqrt(h) points: 0.9 at 600. The
climb starts at the truth only: what is measured is the range, not the search for the maximum. The slowest of these
models are tried on more companies in `tests/long`.

Three quarters of a minute.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.lifetime.clv import customer_lifetime_value
from scrm_helpers.value.lifetime.purchase_models import MODELS, month_steps
from scrm_helpers.value.models import beta_geometric, discrete_time, gammagamma, paretonbd
from scrm_helpers.value.models.beta_geometric import fit_bgnbd, fit_mbgnbd
from scrm_helpers.value.models.fitting import Z95
from scrm_helpers.value.models.posterior import with_profile_ranges

AGE = 39.0
TRUTH = {
    "BG/NBD": (0.243, 4.414, 0.793, 2.426),
    "MBG/NBD": (0.525, 6.183, 0.891, 1.614),
    "Pareto/NBD": (0.553, 10.578, 0.606, 11.669),
    "BG/BB": (1.2, 0.75, 0.66, 2.8),
    "sBG": (0.668, 3.806),
    "Gamma-Gamma": (6.25, 3.74, 15.44),
}
TIMED = ("BG/NBD", "MBG/NBD", "Pareto/NBD")


def buyers(n, rng, model="BG/NBD"):
    """Return histories of customers who may leave after each purchase, under the MBG/NBD after the first one too."""
    r, alpha, a, b = TRUTH[model]
    rate, leave, age = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n), AGE - rng.uniform(0, 12, n)
    x, last, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.flatnonzero(rng.random(n) >= leave) if model == "MBG/NBD" else np.arange(n)
    while len(active):
        clock[active] += rng.exponential(1 / np.maximum(rate[active], 1e-300))
        active = active[clock[active] < age[active]]
        x[active] += 1
        last[active] = clock[active]
        active = active[rng.random(len(active)) >= leave[active]]
    return pd.DataFrame({"frequency": x, "recency": last, "age": age})


def unseen_leavers(n, rng):
    r, alpha, s, beta = TRUTH["Pareto/NBD"]
    age = AGE - rng.uniform(0, 12, n)
    life = np.minimum(rng.exponential(1 / np.maximum(rng.gamma(s, 1 / beta, n), 1e-300)), age)
    x = rng.poisson(rng.gamma(r, 1 / alpha, n) * life)
    last = np.where(x > 0, life * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return pd.DataFrame({"frequency": x, "recency": last, "age": age})


def donors(n, rng, offered=8):
    alpha, beta, gamma, delta = TRUTH["BG/BB"]
    stays = rng.geometric(rng.beta(gamma, delta, n)) - 1
    took = (rng.random((n, offered)) < rng.beta(alpha, beta, n)[:, None]) & (np.arange(offered) < stays[:, None])
    last = np.where(took.any(axis=1), offered - np.argmax(took[:, ::-1], axis=1), 0)
    return pd.DataFrame({"taken": took.sum(axis=1), "last": last, "offered": offered})


def cohort(n, rng):
    left = rng.geometric(rng.beta(*TRUTH["sBG"], n))
    return pd.Series([(left > renewal).sum() for renewal in range(8)])


def mean_spend(x, rng):
    p, q, gamma = TRUTH["Gamma-Gamma"]
    several = np.maximum(x, 1)
    each = rng.gamma(p * several, 1 / rng.gamma(q, 1 / gamma, len(x))) / several
    return np.where(x > 0, each, np.nan)


def spenders(n, rng):
    x = rng.geometric(0.4, n).astype(float)
    return pd.DataFrame({"frequency": x, "mean_spend": mean_spend(x, rng)})


@pytest.fixture(autouse=True)
def one_start(monkeypatch):
    in_ages = {model: np.array(TRUTH[model]) / (1, AGE, 1, AGE if model == "Pareto/NBD" else 1) for model in TIMED}
    for room, name, starts in (
        (beta_geometric, "BGNBD", [in_ages["BG/NBD"]]),
        (beta_geometric, "MBGNBD", [in_ages["MBG/NBD"]]),
        (paretonbd, "PARETO", [in_ages["Pareto/NBD"]]),
        (discrete_time, "BGBB", [TRUTH["BG/BB"]]),
        (discrete_time, "SBG", [TRUTH["sBG"]]),
        (gammagamma, "GAMMAGAMMA", gammagamma.GAMMAGAMMA.starts[:1]),
    ):
        monkeypatch.setattr(room, name, replace(getattr(room, name), starts=starts))


@pytest.mark.parametrize(
    ("model", "worlds", "n", "simulate", "fitter", "unidentified"),
    [
        ("BG/NBD", 600, 2_000, buyers, fit_bgnbd, 0),
        ("Pareto/NBD", 120, 1_500, unseen_leavers, paretonbd.fit_paretonbd, 4),
        ("BG/BB", 400, 3_000, donors, discrete_time.fit_bgbb, 0),
        ("sBG", 1_200, 2_000, cohort, discrete_time.fit_sbg, 0),
        ("Gamma-Gamma", 1_000, 1_000, spenders, gammagamma.fit_gammagamma, 0),
    ],
)
def test_ranges_of_parameters(model, worlds, n, simulate, fitter, unidentified):
    held = []
    for seed in range(worlds):
        fitted = fitter(simulate(n, np.random.default_rng([1, seed])))
        if fitted.identified:
            error = np.sqrt(np.diag(fitted.covariance))
            held.append(np.abs(np.log(fitted.parameters / np.array(TRUTH[model]))) < Z95 * error)
    assert worlds - len(held) <= unidentified
    assert 0.93 <= np.mean(held) <= 0.97
    monte_carlo = 0.22 / np.sqrt(worlds)
    assert (np.abs(np.mean(held, axis=0) - 0.95) < 0.02 + monte_carlo).all()


@pytest.mark.parametrize(("n", "worlds"), [(1_500, 120)])
def test_ranges_of_parameters_where_customers_may_leave_after_the_first_purchase(n, worlds):
    """The MBG/NBD's likelihood is no parabola: the profile is right where the curvature holds 91 to 93 %.

    The curvature needs some 20,000 customers: measured once, it held 93.2 % of 800 companies of 10,000 customers and
    94.1 % of 400 companies of 20,000.
    """
    profile, curvature = [], []
    truth = np.array(TRUTH["MBG/NBD"])
    for seed in range(worlds):
        fitted = fit_mbgnbd(buyers(n, np.random.default_rng([2, seed]), "MBG/NBD"))
        if fitted.identified:
            for found, one in ((profile, with_profile_ranges(fitted)), (curvature, fitted)):
                low, high = (one.table[f"95% range {end}"].to_numpy() for end in ("low", "high"))
                found.append((low <= truth) & (truth <= high))
    assert len(profile) >= 0.99 * worlds
    assert 0.93 <= np.mean(profile) <= 0.97
    assert np.mean(profile) > np.mean(curvature)


@pytest.mark.parametrize(
    ("model", "fitter", "n", "worlds"),
    [("BG/NBD", fit_bgnbd, 2_500, 24)],  # the other model, and more companies, in `tests/long`
)
def test_ranges_of_single_customers_hold_what_is_expected_of_them(model, fitter, n, worlds):
    """Against the expectation under the true parameters; fifty customers of each company, from seldom to often.

    Customers of one company err together, so the Monte Carlo error of 24 is 2.8 points. Measured once on 150 companies,
    of purchases and value: BG/NBD 96 and 95 % at 2,500 customers; MBG/NBD 91 and 92 % at 2,500, 95 and 94 % at 5,000
    (89 and 88 % at 2,500 with the normal approximation alone).
    """
    purchases, spend, held = np.array(TRUTH[model]), np.array(TRUTH["Gamma-Gamma"]), []
    alive, expected = MODELS[model]
    ends, weights = month_steps(12, 0.1)
    for seed in range(worlds):
        rng = np.random.default_rng([4, seed])
        history = buyers(n, rng, model)
        history["mean_spend"] = mean_spend(history["frequency"].to_numpy(), rng)
        some = history.sort_values("frequency", kind="stable").iloc[:: n // 50]
        terms = Terms(pd.Timestamp(0), seed=seed)
        found = customer_lifetime_value(some, fitter(history), gammagamma.fit_gammagamma(history), terms).customers
        x, last, age, mean = (some[name].to_numpy() for name in ("frequency", "recency", "age", "mean_spend"))
        until = alive(purchases, x, last, age) * np.stack([expected(purchases, end, x, age) for end in ends])
        truths = {
            "expected_purchases": until[-1],
            "clv": weights @ until * gammagamma.expected_spend(spend, x, mean),
        }
        held.append(
            [(found[f"{name}_low"] <= truth) & (truth <= found[f"{name}_high"]) for name, truth in truths.items()]
        )
    assert (np.abs(np.mean(held, axis=(0, 2)) - 0.95) < 0.05).all()
