"""Carry-over against closed forms and the Lydia Pinkham series."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.initiatives.plan import carryover


def test_geometric_effect_shows_by_its_closed_form():
    kernel = carryover.geometric(0.85, 400)
    for quarters in (1, 4, 8, 12):
        assert kernel[:quarters].sum() / kernel.sum() == pytest.approx(carryover.share_visible(0.85, quarters))
    assert kernel.sum() == pytest.approx(carryover.long_run_multiplier(0.85))


def test_published_lags_at_seven_tenths():
    # METHODS 6.5: mean lag 2.3333, half-life 1.9434, 90 % duration 6.4557, first share .30
    assert carryover.mean_lag(0.7) == pytest.approx(2.3333, abs=5e-5)
    assert carryover.half_life(0.7) == pytest.approx(1.9434, abs=5e-5)
    assert carryover.duration(0.7, 0.9) == pytest.approx(6.455696235812881)
    assert carryover.share_visible(0.7, 1) == pytest.approx(0.30)


def test_retained_stock_closed_form():
    # a*m*(1-rho^q)/(1-rho) with a*m = 10 and rho = .9 after 12 quarters
    assert carryover.retained_stock(np.full(12, 10.0), 0.9)[-1] == pytest.approx(10 * (1 - 0.9**12) / 0.1)


def test_carry_forward_is_a_convolution():
    path, kernel = np.array([[1.0, 2.0, 0.0, 4.0]]), np.array([1.0, 0.5, 0.25])
    assert carryover.carry_forward(path, kernel)[0] == pytest.approx(np.convolve(path[0], kernel)[:4])


def test_delayed_kernel_peaks_late():
    assert carryover.delayed(0.6, 3, 8).argmax() == 3


@pytest.mark.parametrize("carry", [1.0, -0.1, 1.5])
def test_an_effect_that_never_ends_is_refused(carry):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
        carryover.geometric(carry, 4)


def test_pinkham_koyck_regression(shared_data):
    # plain Koyck on Palda's series; equal to statsmodels ARDL(1, 0)
    series = pd.read_csv(shared_data / "roi" / "pinkham.csv")
    fit = carryover.fit_koyck(series["sales"], series["advertising"])
    assert fit.immediate == pytest.approx(0.3287615, abs=1e-5)
    assert fit.carry == pytest.approx(0.7593065, abs=1e-5)
    assert fit.long_run == pytest.approx(1.365893, abs=1e-5)
    assert fit.long_run_se == pytest.approx(0.3485986, abs=1e-5)


def test_noise_without_carry_over_shows_no_lasting_effect():
    rng = np.random.default_rng(4)
    fit = carryover.fit_koyck(pd.Series(rng.normal(size=40)), pd.Series(rng.normal(size=40)))
    assert fit.sentence.startswith("No lasting effect can be shown")
