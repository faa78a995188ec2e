"""The bridge sums exactly, whatever the flows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.initiatives.ledger.quarterly_view import bridge
from scrm_helpers.initiatives.plan.streams import ValuationTerms, discount_factors

AMOUNTS = st.lists(st.floats(-1e5, 1e5), min_size=5, max_size=5)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.sampled_from(["cash", "economic", "shadow"]), st.floats(0, 0.5))
def test_the_steps_sum_to_the_net_value(direct, retained, cash, hours, view, annual):
    streams = {"direct": np.array(direct), "retained": np.array(retained)}
    costs = {"cash": np.array(cash), "paid_time": np.array(hours), "volunteered_time": np.array(hours)}
    steps = bridge(streams, costs, ValuationTerms(4, annual, view)).steps
    times = {"cash": 0, "economic": 1, "shadow": 2}[view]
    flows = streams["direct"] + streams["retained"] - costs["cash"] - times * costs["paid_time"]
    expected = (flows * discount_factors(annual, 2)[1] ** np.arange(len(flows))).sum()
    assert steps.iloc[-1] == pytest.approx(expected, abs=1e-6)
    assert steps.iloc[:-1].sum() == pytest.approx(expected, abs=1e-6)


def test_the_start_is_what_finance_books():
    steps = bridge({"direct": [0, 30, 50], "ideas": [0, 99, 0]}, {"cash": [100, 5, 5]}, ValuationTerms(horizon=2)).steps
    assert steps.iloc[0] == 30 - 105
    assert steps["Ideas"] == 99
