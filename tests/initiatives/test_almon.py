"""The Almon lag against unrestricted and restricted least squares, and in a world whose lags are known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from scrm_helpers.initiatives.plan.almon import fit_almon
from scrm_helpers.initiatives.refused import InitiativeRefused

SHAPE = np.array([0.4, 0.9, 1.2, 1.3, 1.2, 0.9, 0.4])  # 1.3 - 0.1 (i - 3)^2, exactly of degree 2; sum 6.3


def world(periods=200, seed=3, noise=1.0, shape=SHAPE):
    rng = np.random.default_rng(seed)
    x = rng.normal(10, 2, periods)
    y = 7 + np.convolve(x, shape)[:periods] + rng.normal(0, noise, periods)
    y[: len(shape) - 1] += 1000  # before the first full window nothing may be read
    return pd.Series(y), pd.Series(x)


def lagged(x, lags):
    return np.column_stack([x.shift(i).to_numpy() for i in range(lags + 1)])[lags:]


@pytest.mark.parametrize("lags", [0, 1, 4, 8])
def test_the_full_degree_is_plain_least_squares(lags):
    y, x = world()
    plain = sm.OLS(y[lags:].to_numpy(), sm.add_constant(lagged(x, lags))).fit()
    found = fit_almon(y, x, lags=lags, degree=lags)
    assert found.lag_effects == pytest.approx(plain.params[1:], rel=1e-10, abs=1e-10)
    assert found.covariance == pytest.approx(plain.cov_params()[1:, 1:], rel=1e-10, abs=1e-10)
    ones = np.r_[0.0, np.ones(lags + 1)]
    test = plain.t_test(ones)
    assert found.long_run_se == pytest.approx(test.sd[0, 0], rel=1e-10)
    assert found.measures[0].low == pytest.approx(test.conf_int()[0, 0], rel=1e-9)


def test_a_lower_degree_is_least_squares_on_powers_of_the_lag():
    y, x = world()
    powers = np.arange(7)[:, None] ** np.arange(3)
    theta = sm.OLS(y[6:].to_numpy(), sm.add_constant(lagged(x, 6) @ powers)).fit()
    found = fit_almon(y, x, lags=6, degree=2)
    assert found.lag_effects == pytest.approx(powers @ theta.params[1:], rel=1e-8)
    assert found.covariance == pytest.approx(powers @ theta.cov_params()[1:, 1:] @ powers.T, rel=1e-6)


def test_known_lags_are_found_without_noise():
    y, x = world(noise=0.0)
    found = fit_almon(y, x, lags=6, degree=2)
    assert found.lag_effects == pytest.approx(SHAPE, abs=1e-9)
    assert found.long_run == pytest.approx(6.3)
    assert "most of it after 3" in found.sentence


def test_the_range_of_the_long_run_holds_its_level():
    # 95 % of 200 worlds: exact binomial 99.9 % limits 178 and 198
    held = 0
    for seed in range(200):
        measure = fit_almon(*world(60, seed), lags=6, degree=2).measures[0]
        held += measure.low <= 6.3 <= measure.high
    assert 178 <= held <= 198


def test_noise_shows_no_effect():
    y, x = world(60, seed=5, shape=np.zeros(7))
    assert fit_almon(y, x, lags=6, degree=2).sentence.startswith("No effect in the long run can be shown")


def test_what_cannot_be_told_is_refused_in_words():
    y, x = world(40)
    with pytest.raises(InitiativeRefused, match="18 periods or more; these have 17 and 17"):
        fit_almon(y[:17], x[:17], lags=6, degree=2)
    with pytest.raises(InitiativeRefused, match="gap-free"):
        fit_almon(y, x.where(x.index != 20), lags=6, degree=2)
    with pytest.raises(InitiativeRefused, match="varies too little"):
        fit_almon(y, pd.Series(np.full(40, 0.1)), lags=6, degree=2)
    with pytest.raises(InitiativeRefused, match="varies too little"):
        fit_almon(y, pd.Series(np.arange(40.0)), lags=6, degree=2)
    with pytest.raises(InitiativeRefused, match="between 0 and the number of lags"):
        fit_almon(y, x, lags=1, degree=2)
