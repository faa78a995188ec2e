"""Means and ratios of skewed amounts against values worked by other means."""

import numpy as np
import pytest

from scrm_helpers.stats.chance import mean_bootstrap_t, ratio_bootstrap_t
from scrm_helpers.stats.fits import Estimate, difference

AMOUNTS = np.array([0.0] * 20 + [3.0, 5.0, 8.0, 40.0, 2.0, 9.0, 1.0, 12.0, 30.0, 4.0])


def test_bootstrap_t_reaches_further_on_the_side_of_the_long_tail():
    found = mean_bootstrap_t(AMOUNTS, seed=1)
    assert found.value == pytest.approx(3.8)
    assert found.high - found.value > found.value - found.low > 0


def test_bootstrap_t_of_symmetric_amounts_is_students_interval():
    values = np.random.default_rng(4).normal(10, 2, 400)
    found = mean_bootstrap_t(values, draws=4000, seed=1)
    half = 1.966 * values.std(ddof=1) / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.high == pytest.approx(values.mean() + half, abs=0.03)


def test_clusters_of_equal_rows_count_once():
    # ten accounts, each row twice: the interval must not be narrower than that of the ten rows
    values = np.array([0.0, 0, 1, 5, 0, 2, 9, 0, 3, 4])
    single = mean_bootstrap_t(values, seed=3)
    double = mean_bootstrap_t(np.repeat(values, 2), seed=3, clusters=np.repeat(np.arange(10), 2))
    assert (double.low, double.high) == pytest.approx((single.low, single.high))
    assert double.n == 10


def test_the_interval_scales_with_the_currency():
    euro, cent = (mean_bootstrap_t(AMOUNTS * factor, seed=2) for factor in (1, 100))
    assert (cent.low, cent.high) == pytest.approx((100 * euro.low, 100 * euro.high))


@pytest.mark.parametrize(
    ("values", "reason"), [([1.0, 2.0], "too few rows"), ([3.0] * 8, "no variation"), ([0.0] * 8, "no variation")]
)
def test_no_interval_without_rows_or_variation(values, reason):
    found = mean_bootstrap_t(values)
    assert found.low is None
    assert reason in found.reason


def test_one_referrer_among_many_leaves_the_upper_end_open():
    found = mean_bootstrap_t([0.0] * 60 + [100.0], seed=1)
    assert found.low is None
    assert "unbounded" in found.reason


def test_ratio_of_nothing_is_undefined():
    found = ratio_bootstrap_t([1.0] * 8, [0.0] * 8)
    assert found.value is None
    assert "denominator is zero" in found.reason


def test_difference_of_the_same_people_is_narrower():
    first, second = Estimate(value=0.2, low=0.1, high=0.3), Estimate(value=0.3, low=0.2, high=0.4)
    apart, paired = difference(first, second), difference(first, second, correlation=0.5)
    assert apart.high - apart.low == pytest.approx(0.2 * np.sqrt(2))
    assert paired.high - paired.low == pytest.approx(0.2)


def test_difference_with_a_missing_number_keeps_the_reason():
    missing = Estimate(value=None, low=None, high=None, reason="nobody answered")
    assert difference(missing, Estimate(value=0.1, low=0.0, high=0.2)).reason == "nobody answered"
