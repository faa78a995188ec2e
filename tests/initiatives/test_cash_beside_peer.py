"""Rates of return beside an independent implementation, on flows that change sign once and so have one rate."""

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from scrm_helpers.initiatives.plan.cash import irr_all, mirr, npv

COSTS = st.lists(st.floats(-1e6, -1), min_size=1, max_size=6)
RETURNS = st.lists(st.floats(1, 1e6), min_size=1, max_size=12)


@given(costs=COSTS, returns=RETURNS)
def test_one_change_of_sign_gives_the_one_rate_of_the_peer(costs, returns):
    flows = np.array([*costs, *returns])
    peer = pyxirr.irr(flows, silent=True)
    assume(peer is not None and -0.9 < peer < 10)  # the peer's search gives up at the ends of the range
    assert irr_all(flows) == pytest.approx((peer,), rel=1e-6, abs=1e-8)


@given(costs=COSTS, returns=RETURNS, rate=st.floats(0.0, 0.5))
def test_present_value_and_modified_rate_agree(costs, returns, rate):
    flows = np.array([*costs, *returns])
    assert npv(rate, flows) == pytest.approx(pyxirr.npv(rate, flows), rel=1e-9, abs=1e-6)
    assert mirr(flows, rate, rate) == pytest.approx(pyxirr.mirr(flows, rate, rate), rel=1e-9, abs=1e-9)
