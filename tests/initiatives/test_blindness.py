"""The worked case of METHODS 6.7: cost 100, then 15 * 0.9**(k-1) a quarter, ten per cent a year."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.ledger.quarterly_view import (
    blindness,
    break_even_weight,
    break_even_weights,
    quarter_blindness,
    return_curve,
)
from scrm_helpers.initiatives.plan.cash import payback, quarterly_rate

RATE = quarterly_rate(0.10)
LONG = 1200
BENEFITS = np.concatenate([[0.0], 15 * 0.9 ** np.arange(LONG)])
COSTS = np.concatenate([[100.0], np.zeros(LONG)])


def test_the_published_curve():
    curve = return_curve(BENEFITS, COSTS, RATE)
    published = {1: -0.8535, 2: -0.7248, 4: -0.5123, 8: -0.2214, 12: -0.0479, 16: 0.0556, 20: 0.1173, 40: 0.2017}
    assert {h: round(float(curve[h]), 4) for h in published} == published
    assert curve[-1] == pytest.approx(0.20856934562586532, abs=1e-9)
    assert np.ceil(payback(BENEFITS - COSTS, RATE)) == 14


def test_blindness_of_the_whole_future():
    # 1 - PV(1)/PV(inf) = carry * discount factor = .9 * .9764541
    assert blindness(BENEFITS, RATE) == pytest.approx(0.8788086807086795, abs=1e-9)


def test_break_even_weight_and_its_identity():
    trust = np.array([0.0, 2, 2, 2, 2])
    weight = break_even_weight(BENEFITS[:5], COSTS[:5], trust, RATE)
    assert weight == pytest.approx(6.79422562261091, abs=1e-9)
    assert return_curve(BENEFITS[:5] + weight * trust, COSTS[:5], RATE)[-1] == pytest.approx(0, abs=1e-12)
    # rescaling the score rescales the weight and nothing else
    assert break_even_weight(BENEFITS[:5], COSTS[:5], 10 * trust, RATE) == pytest.approx(weight / 10)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=12), st.floats(1, 1e6), st.floats(0.001, 1000))
def test_the_curve_does_not_depend_on_the_currency(benefits, cost, factor):
    costs = [cost] + [0.0] * (len(benefits) - 1)
    scaled = return_curve(np.array(benefits) * factor, np.array(costs) * factor, RATE)
    np.testing.assert_allclose(scaled, return_curve(benefits, costs, RATE), rtol=1e-9, atol=1e-9)


def small_ledger(as_of="2025-12-31"):
    initiatives = pd.DataFrame({"initiative_id": ["a"], "started_on": ["2024-12-31"], "cost": [100.0]})
    rows = pd.DataFrame(
        [
            ("a", "2025Q1", "direct", 10.0, "EUR"),
            ("a", "2025Q4", "direct", 40.0, "EUR"),
            ("a", "2025Q2", "trust", 4.0, "points"),
        ],
        columns=["initiative_id", "quarter", "stream", "amount", "unit"],
    )
    return read_ledger(initiatives, rows, as_of=as_of)


def test_the_ledger_tells_what_one_quarter_misses():
    result = quarter_blindness(small_ledger(), discount_rate_annual=0.0)
    assert result.horizon == 4
    assert result.missed == pytest.approx(0.8)


def test_before_anything_ripened_the_answer_is_a_reason():
    result = quarter_blindness(small_ledger("2025-03-31"))
    assert result.missed is None
    assert result.measures[0].reason == "no initiative has 2 quarters behind it"


def test_scores_stay_apart_and_get_a_break_even_price():
    # shortfall 50 over 4 trust points: 12.50 a point
    result = break_even_weights(small_ledger(), discount_rate_annual=0.0)
    assert result.weights.tolist() == pytest.approx([12.5])
    assert "€12.50" in result.sentence
