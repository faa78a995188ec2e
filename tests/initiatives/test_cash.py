"""Cash arithmetic against published cases and closed forms."""

import math

import pytest

from scrm_helpers.initiatives.ledger.horizons import payback
from scrm_helpers.initiatives.plan.streams import discount_factors


def test_paybacks_differ_where_the_total_falls_back():
    flows = [-100, 150, -80, 60]  # totals -100, 50, -30, 30
    assert payback(flows) == pytest.approx(100 / 150)
    assert payback(flows, sustained=True) == pytest.approx(2.5)
    assert payback([-100, 150, -80], sustained=True) == math.inf
    assert payback([-100, 50]) == math.inf
    assert payback([80, -100, 0]) == 0  # paid at once, lost again
    assert payback([80, -100, 0], sustained=True) == math.inf
    assert payback([0, -100, 50, 100]) == pytest.approx(2.5)  # nothing spent yet is not money back


def test_discounting_by_quarter_compounds_to_the_year():
    assert 1 / discount_factors(0.10, 5)[4] == pytest.approx(1.10, rel=1e-14)
