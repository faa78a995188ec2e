"""Lorenz, Gini, whale: published and analytic values, identities, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.lifetime.without_model import margin_multiple, simple_lifetime_value
from scrm_helpers.value.matrix.concentration import concentration_of, gini, persistence, top_share
from scrm_helpers.value.matrix.whale import whale_curve

AS_OF, YEAR = pd.Timestamp("2026-09-30"), pd.DateOffset(years=1)


def test_cdnow_master(shared_data):
    raw = pd.read_csv(shared_data / "cdnow" / "CDNOW_master.txt", sep=r"\s+", dtype={"customer_id": str})
    spent = raw.groupby("customer_id")["dollar_value"].sum()
    assert (len(spent), len(raw)) == (23_570, 69_659)
    assert spent.sum() == pytest.approx(2_500_315.63, abs=0.005)
    assert gini(spent.to_numpy()) == pytest.approx(0.634571184581596, abs=1e-12)
    shares = [top_share(spent.to_numpy(), share) for share in (0.2, 0.1, 0.01)]
    assert shares[:2] == pytest.approx([0.677774, 0.509427], abs=1e-6)
    assert shares[2] == pytest.approx(0.158758, abs=5e-4)  # 235.7 customers are 1 %; published: whole ones
    whole = concentration_of(spent, draws=40)
    assert whole.measures[0].low < 0.677774 < whole.measures[0].high


def test_analytic_values():
    quantiles = (np.arange(200_000) + 0.5) / 200_000
    assert gini(-np.log1p(-quantiles)) == pytest.approx(0.5, abs=1e-4)  # exponential
    from scipy.special import ndtri

    assert gini(np.exp(ndtri(quantiles))) == pytest.approx(0.5205, abs=3e-4)  # lognormal, erf(1/2)
    assert gini(np.ones(7)) == pytest.approx(0)
    assert gini(np.array([0.0, 0, 0, 0, 9])) == pytest.approx(0.8)  # (n - 1) / n


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=60).filter(any), st.floats(0.01, 100))
def test_currency_and_order_do_not_matter(values, factor):
    amounts = np.array(values, float)
    assert gini(amounts * factor) == pytest.approx(gini(amounts), abs=1e-12)
    assert top_share(amounts[::-1]) == pytest.approx(top_share(amounts), abs=1e-12)
    assert 0 <= gini(amounts) <= 1
    assert top_share(amounts) >= 0.2 - 1e-12


def test_losses_count_as_nothing():
    counted = concentration_of(pd.Series([-1.0, 5, 5, 5, 5, 5]))
    assert "customers below zero count as zero" in counted.note
    assert concentration_of(pd.Series([0.0] * 9)).top_20.value is None


def test_the_best_are_followed_by_what_they_were():
    before = pd.DataFrame({"customer_id": list("abcde"), "amount": [80.0, 5, 5, 5, 5], "ordered_on": AS_OF - YEAR})
    now = pd.DataFrame({"customer_id": ["b", "a", "new"], "amount": [50.0, 30, 1000], "ordered_on": AS_OF})
    followed = persistence(pd.concat([before, now]), AS_OF)
    assert followed.table["Figure"].tolist() == pytest.approx([0.8, 0.375, 0.625, 1.0])
    assert persistence(pd.concat([before, now[2:]]), AS_OF).reason


def test_benchmarks_stand_beside_the_own_figure():
    own = concentration_of(pd.Series(np.arange(1.0, 101)))
    assert own.beside_published.table["Best 20% hold"].tolist()[1:] == [0.73, 0.67, 0.68, 0.59, 0.60]


def test_whale_curve_of_the_worked_example():
    profits = pd.Series([50.0, 30, 20, 10, 5, 0, -5, -10, -20, -30])
    whale = whale_curve(profits, min_group=1)
    by_hand = [100, 160, 200, 220, 230, 230, 220, 200, 160, 100]
    # profits 50, 80, 100, 110, 115, 115, 110, 100, 80, 50 of a total of 50
    assert (100 * whale.curve[1:]).tolist() == pytest.approx(by_hand)
    assert whale.peak.value == pytest.approx(2.3)
    assert "4 customers (40%)" in whale.sentence
    assert "4 customers" not in whale_curve(profits).sentence  # a group of four is not shown by itself


def test_whale_without_profit_or_loss():
    assert whale_curve(pd.Series([-1.0, -2])).peak.value is None
    assert "never falls" in whale_curve(pd.Series([1.0, 2])).sentence


def test_value_by_hand():
    assert margin_multiple(0.8, 0.1) == pytest.approx(2.666667, abs=5e-7)


def test_margin_and_retention_are_counted():
    # a and b bought the year before; of them a bought last year, and so did c: margins 30 and 50, retention 1 of 2
    rows = [("a", "2025-03-01", 10.0), ("b", "2025-03-01", 10.0), ("a", "2026-03-01", 30.0), ("c", "2026-03-01", 50.0)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "margin"]).assign(amount=1.0)
    orders["ordered_on"] = pd.to_datetime(orders["ordered_on"])
    simple = simple_lifetime_value(orders, Terms(pd.Timestamp("2026-06-30")))
    assert (simple.margin, simple.retention.value) == (40.0, 0.5)
    assert simple.simple_value_per_customer.value == pytest.approx(40 * 0.5 / (1.1 - 0.5))
    assert simple_lifetime_value(orders[2:], Terms(pd.Timestamp("2026-06-30"))).simple_value_per_customer.value is None
    assert simple.measures[1].low is None
    assert "no range: fewer than 5 customers" in simple.sentence


@pytest.mark.parametrize("come_back", [0, 3, 6])
def test_range_of_the_value_by_hand_holds_the_value(come_back):
    # six buy in the year before; the first of them, or six others, in the last year; all leave 20, so that only
    # retention is uncertain: with all or none back the value lies at the end of what retention can be
    last = [*range(come_back), *range(6, 12 - come_back)]
    days = ["2025-03-01"] * 6 + ["2026-03-01"] * 6
    orders = pd.DataFrame({"customer_id": [*range(6), *last], "ordered_on": pd.to_datetime(days), "margin": 20.0})
    worth = simple_lifetime_value(orders.assign(amount=20.0), Terms(pd.Timestamp("2026-06-30"))).measures[1]
    assert worth.low <= worth.value <= worth.high
    assert worth.low < worth.high


def test_a_sum_without_end_is_said():
    days = pd.to_datetime(["2025-01-01", "2026-01-01"] * 2)
    orders = pd.DataFrame({"customer_id": ["a", "a", "b", "b"], "ordered_on": days, "margin": 10.0, "amount": 10.0})
    endless = simple_lifetime_value(orders, Terms(pd.Timestamp("2026-06-30"), discount_rate=0.0))
    assert "everybody came back and nothing is discounted" in endless.sentence
    assert endless.simple_value_per_customer.value is None


def test_a_loss_of_few_customers_is_told_nowhere():
    few = whale_curve(pd.Series([90.0] * 20 + [-1.0] * 3))
    assert few.losing.value is None
    assert few.losing.reason == "fewer than 5 customers"
