"""Cash arithmetic against published cases and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.initiatives.plan.cash import cash_case, irr_all, mirr, npv, payback, quarterly_rate


def test_salesloft_case_matches_forrester_to_the_dollar():
    # Forrester, The Total Economic Impact of SalesLoft, p. 19: risk-adjusted totals, 10 %, years 1-3 at year end
    case = cash_case([53150, 666715, 636772, 647783], [0, 1606511, 3061331, 4229760], 0.10, currency="USD")
    assert case.pv_costs == pytest.approx(1_672_201, abs=1)
    assert case.pv_benefits == pytest.approx(7_168_371, abs=1)
    assert case.npv == pytest.approx(5_496_170, abs=1)
    assert case.roi == pytest.approx(3.286787, abs=1e-6)
    assert case.payback * 12 == pytest.approx(0.68, abs=0.005)
    assert case.irr[-1] == pytest.approx(19.116, abs=0.001)


@pytest.mark.parametrize(
    ("costs", "benefits", "roi", "net", "months"),
    [
        ([100], [300], 2.00, 200, None),
        ([10000, 5000, 5000, 5000], [0, 15000, 15000, 15000], 0.66, 20_000, 12),
        ([250000, 150000, 150000, 150000], [0, 300000, 300000, 300000], 0.20, 200_000, 20),
    ],
)
def test_forrester_lemonade_mixes_discounted_roi_with_undiscounted_net(costs, benefits, roi, net, months):
    case = cash_case(costs, benefits, 0.10)
    assert case.roi == pytest.approx(roi, abs=0.005)
    assert case.net_undiscounted == net
    if months:
        assert case.payback * 12 == pytest.approx(months)


def test_phillips_benefit_cost_ratio():
    # P. Phillips: 750k benefits on 425k costs, ROI 76 %
    assert cash_case([425_000], [750_000], 0.0).roi == pytest.approx(0.76, abs=0.01)


@pytest.mark.parametrize(
    ("flows", "finance", "reinvest", "value"),
    [
        ([-4500, -800, 800, 800, 600, 600, 800, 800, 700, 3000], 0.08, 0.055, 0.0666),
        ([-120000, 39000, 30000, 21000, 37000, 46000], 0.10, 0.12, 0.126094),
        ([100, 200, -50, 300, -200], 0.05, 0.06, 0.3428),
    ],
)
def test_mirr_matches_the_numpy_financial_tests(flows, finance, reinvest, value):
    assert mirr(flows, finance, reinvest) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-1678.87, 771.96, 1814.05, 3520.30, 3552.95, 3584.99, -1], 0.9688775470209),
        ([-1678.87, 771.96, 1814.05, 3520.30, 3552.95, 3584.99, 4789.91, -1], 1.004269848720547),
        ([-100, 39, 59, 55, 20], 0.28094842),
    ],
)
def test_rates_that_numpy_financial_gets_wrong(flows, rate):
    # numpy-financial issues #28, #44, #98; a last outflow adds a second root near -100 %
    assert irr_all(flows)[-1] == pytest.approx(rate, abs=1e-6)


def test_every_rate_is_found():
    assert irr_all([-50, -100, 600, 300, -100]) == pytest.approx((-0.76889547, 1.85441783), abs=1e-6)
    assert irr_all([-1000, 3600, -4310, 1716]) == pytest.approx((0.1, 0.2, 0.3), abs=1e-6)  # (x-1.1)(x-1.2)(x-1.3)
    assert irr_all([100, -150, 100]) == ()  # never zero: the discriminant is negative


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=9))
def test_net_value_is_zero_at_every_rate_found(flows):
    for rate in irr_all(flows):
        terms = np.abs(np.array(flows) * (1 + rate) ** -np.arange(len(flows), dtype=float)).sum()
        assert abs(npv(rate, flows)) <= 1e-6 * terms


def test_paybacks_differ_where_the_total_falls_back():
    flows = [-100, 150, -80, 60]  # totals -100, 50, -30, 30
    assert payback(flows) == pytest.approx(100 / 150)
    assert payback(flows, sustained=True) == pytest.approx(2.5)
    assert payback([-100, 150, -80], sustained=True) == math.inf
    assert payback([-100, 50]) == math.inf
    assert payback([80, -100, 0]) == 0  # paid at once, lost again
    assert payback([80, -100, 0], sustained=True) == math.inf
    assert payback([0, -100, 50, 100]) == pytest.approx(2.5)  # nothing spent yet is not money back


def test_quarterly_rate_compounds_to_the_year():
    assert (1 + quarterly_rate(0.10)) ** 4 == pytest.approx(1.10, rel=1e-14)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_flows_that_are_no_number_are_refused(bad):
    with pytest.raises(ValueError, match="missing or infinite amount at period 1"):
        npv(0.1, [1.0, bad])


def test_cost_zero_is_refused():
    with pytest.raises(ValueError, match="undefined"):
        cash_case([0, 0], [1, 1], 0.1)
