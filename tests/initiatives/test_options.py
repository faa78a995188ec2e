"""Options against textbook values, bounds and the limit of the tree."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.initiatives.plan.options import expansion_option, expansion_tree, triangular_mean
from scrm_helpers.initiatives.refused import InitiativeRefused


def test_textbook_values():
    assert expansion_option(42, 40, 0.10, 0.20, 0.5) == pytest.approx(4.76, abs=0.005)  # Hull, worked example
    assert expansion_option(100, 100, 0.05, 0.20, 1) == pytest.approx(10.450583572185565, abs=1e-9)
    assert expansion_tree(100, 100, 0.05, 0.20, 1, 50) == pytest.approx(10.410691540732644, abs=1e-9)
    assert expansion_tree(100, 100, 0.05, 0.20, 1, 500) == pytest.approx(10.446585136446535, abs=1e-9)


@given(st.floats(1, 500), st.floats(1, 500), st.floats(0, 0.2), st.floats(0.05, 1), st.floats(0.1, 5))
def test_an_option_is_worth_at_least_what_it_gives_for_sure_and_grows_with_uncertainty(value, cost, rate, sd, years):
    worth = expansion_option(value, cost, rate, sd, years)
    assert worth >= max(0.0, value - cost * math.exp(-rate * years)) - 1e-9 * value
    assert worth <= value
    assert expansion_option(value, cost, rate, sd + 0.1, years) >= worth - 1e-9 * value


def test_without_uncertainty_there_is_no_option():
    with pytest.raises(InitiativeRefused, match="nothing to wait for"):
        expansion_option(100, 100, 0.05, 0.0, 1)


def test_forrester_risk_adjustment():
    assert triangular_mean(80, 100, 110) == pytest.approx(96.6667, abs=5e-5)  # 3.33 % below the likely amount
    with pytest.raises(InitiativeRefused, match="not in the order"):
        triangular_mean(3, 2, 1)
