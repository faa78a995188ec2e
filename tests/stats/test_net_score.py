"""Net scores: the values of METHODS, the score test turned round, sample sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.stats.intervals import adjusted_interval, answers_needed, detectable_change, kish_effect, wilson


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "value", "low", "high"),
    [
        (5, 1, 10, 0.4, -0.0698, 0.6852),
        (50, 20, 100, 0.3, 0.1405, 0.4420),
        (500, 200, 1000, 0.3, 0.2508, 0.3474),
        (10, 0, 10, 1.0, 0.4750, 1.0),
    ],
)
def test_adjusted_interval(promoters, detractors, n, value, low, high):
    found = adjusted_interval(promoters, detractors, n)
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("variance", "needed"),
    [
        (1.0, (385, 1537, 4269, 9604)),
        (0.8, (308, 1230, 3415, 7683)),
        (0.6, (231, 922, 2561, 5763)),
        (0.5, (193, 769, 2135, 4802)),
    ],
)
def test_sample_sizes(variance, needed):
    assert tuple(answers_needed(margin, variance) for margin in (0.10, 0.05, 0.03, 0.02)) == needed


def test_a_detectable_change_needs_the_planned_number_of_answers():
    # n per wave = (z + z_power)^2 2 variance / change^2
    change = detectable_change(400, 0.7)
    assert (1.959964 + 0.841621) ** 2 * 2 * 0.7 / change**2 == pytest.approx(400, rel=1e-5)


def test_equal_weights_cost_nothing():
    assert kish_effect([2.0] * 7) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="above zero"):
        kish_effect([1.0, 0.0])


@given(st.lists(st.tuples(st.sampled_from([-1, 1]), st.floats(1e-3, 1e3)), min_size=1, max_size=300))
def test_rounding_of_weighted_shares_never_stops_a_score(answers):
    sides, weights = np.array(answers).T
    effective = len(weights) / kish_effect(weights)
    share = weights / weights.sum() * effective
    found = adjusted_interval(float(share[sides > 0].sum()), float(share[sides < 0].sum()), effective)
    assert -1 <= found.low <= found.high <= 1


@given(st.floats(0, 1), st.integers(1, 1000))
def test_a_share_that_rounding_lifts_above_the_whole_is_the_whole(excess, n):
    assert wilson(n * (1 + excess * 1e-10), n)[1] == 1.0
    with pytest.raises(ValueError, match="successes must lie"):
        wilson(n + 0.5, n)
