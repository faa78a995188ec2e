"""Referral value: the constructed example of the published formula, its identities and split credit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.social.referral_value import (
    ReferralFlows,
    Switches,
    referral_components,
    referral_flows,
    referral_value_draws,
    referral_value_per_person,
)

# One type-one and one type-two referral in two half-years.
EXAMPLE = ReferralFlows(
    rows=pd.DataFrame({"p_type1": [1.0, 0.0]}),
    margin=np.array([[100.0, 100], [0, 0]]),
    reward=np.array([[20.0, 0], [0, 0]]),
    marketing=np.array([[5.0, 5], [0, 0]]),
    saved=np.array([[50.0, 0], [50, 0]]),
    expected_rest=np.zeros((2, 2)),
)


def test_constructed_example():
    parts = referral_components(EXAMPLE, 0.15)
    assert parts.sum() == pytest.approx(245.7970370942288, abs=1e-9)
    assert parts[0].sum() == pytest.approx(116.56310103003922 + 82.6086956521739, abs=1e-9)
    assert parts[1].sum() == pytest.approx(46.625240412015685, abs=1e-9)


def test_all_type_two_depends_on_saved_cost_only():
    second = EXAMPLE.with_type1(0.0)
    value = referral_components(second, 0.15).sum()
    others = {name: getattr(second, name) * 7 + 1 for name in ("margin", "reward", "marketing")}
    assert referral_components(replace(second, **others), 0.15).sum() == pytest.approx(value)
    assert value == pytest.approx(2 * 50 / 1.15**0.5)


def test_without_discount_plain_sums():
    assert referral_components(EXAMPLE, 0.0).sum() == pytest.approx(200 - 20 - 10 + 50 + 50)


def test_slope_in_the_probability_of_type_one():
    low, high = (
        referral_components(replace(EXAMPLE, rows=pd.DataFrame({"p_type1": [p, 0.0]})), 0.15).sum() for p in (0.2, 0.7)
    )
    slope = (125 - 50) / 1.15**0.5 + 95 / 1.15
    assert (high - low) / 0.5 == pytest.approx(slope)


def test_switches_move_what_they_name():
    faithful = referral_components(EXAMPLE, 0.15).sum()
    no_credit = referral_components(EXAMPLE, 0.15, Switches(credit_acquisition_type1=False)).sum()
    assert faithful - no_credit == pytest.approx(50 / 1.15**0.5)
    second = EXAMPLE.with_type1(0.0)
    charged = referral_components(second, 0.15, Switches(charge_reward_on_type2=True)).sum()
    assert referral_components(second, 0.15).sum() - charged == pytest.approx(20 / 1.15**0.5)


def dates(*days):
    return pd.to_datetime(list(days)).astype("datetime64[us]")


@pytest.fixture
def tables():
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "joined_on": dates(*["2024-01-01"] * 4),
            "acquisition_cost": [10.0, 30, 0, 0],
        }
    )
    transactions = pd.DataFrame(
        {"customer_id": ["c", "d"], "ordered_on": dates("2024-01-01", "2024-02-01"), "margin": [100.0, 50.0]}
    )
    referrals = pd.DataFrame(
        {
            "referrer_id": ["a", "b", "c", "c"],
            "referred_id": ["c", "c", "d", "c"],
            "referred_on": dates("2023-12-01", "2023-12-02", "2023-12-01", "2023-12-01"),
            "converted_on": dates(*["2024-01-01"] * 4),
            "p_type1": [1.0, 1.0, 1.0, 1.0],
        }
    )
    return {"referrals": referrals, "transactions": transactions, "customers": customers}


def flows_of(tables):
    return referral_flows(**tables, as_of=pd.Timestamp("2026-01-01"))


def test_credit_of_several_referrers_sums_to_one_and_self_referrals_are_left_out(tables):
    tables["customers"] = tables["customers"].drop(columns="acquisition_cost")
    flows = flows_of(tables)
    worth = referral_value_per_person(flows, 0.0)["crv"]
    assert worth[["a", "b"]].tolist() == [50.0, 50.0]
    assert worth["c"] == 50  # the referral of oneself brings nothing
    assert flows.rows.groupby("referred_id")["credit"].sum().tolist() == [1.0, 1.0]
    assert any("1 referrals of oneself" in note for note in flows.notes)
    assert "1 of 2 customers were referred by several people; they share the credit equally." in flows.notes


def test_saved_cost_is_the_mean_cost_of_those_nobody_referred(tables):
    assert flows_of(tables).saved[:, 0].tolist() == [20.0, 20.0, 20.0]


def test_a_second_generation_passes_a_share_on(tables):
    tables["customers"] = tables["customers"].drop(columns="acquisition_cost")
    worth = referral_value_per_person(flows_of(tables), 0.0, Switches(generations=2))["crv"]
    assert worth["a"] == 50 + 0.5 * 0.5 * 50  # half the credit for c, who earned 50 by referring d


def test_young_referrals_get_the_rest_of_the_average_year():
    old, young = [f"o{i:02d}" for i in range(30)], ["y"]
    customers = pd.DataFrame({"customer_id": old + young, "joined_on": dates(*["2024-01-01"] * 30, "2025-11-22")})
    # complete ones: 10 on day 0 and 20 on day 100; the young one has 40 days behind it and has shown 10
    transactions = pd.DataFrame(
        {
            "customer_id": old + old + young,
            "ordered_on": dates(*["2024-01-01"] * 30, *["2024-04-10"] * 30, "2025-11-22"),
            "margin": [10.0] * 30 + [20.0] * 30 + [10.0],
        }
    )
    referrals = pd.DataFrame(
        {
            "referrer_id": "r",
            "referred_id": old + young,
            "referred_on": customers["joined_on"],
            "converted_on": customers["joined_on"],
            "p_type1": 1.0,
        }
    )
    flows = referral_flows(referrals, transactions, customers, pd.Timestamp("2025-12-31"))
    assert referral_value_per_person(flows, 0.0).loc["r", "crv"] == pytest.approx(31 * 30)
    assert referral_value_per_person(flows, 0.0).loc["r", "expected_rest"] == pytest.approx(20)
    plain = referral_value_per_person(flows, 0.0, Switches(correct_exposure=False))
    assert plain.loc["r", "crv"] == pytest.approx(30 * 30 + 10)


def test_draws_centre_on_the_expectation():
    rng = np.random.default_rng(1)
    ids = [f"c{i:03d}" for i in range(400)]
    customers = pd.DataFrame({"customer_id": ids, "joined_on": dates(*["2024-01-01"] * 400)})
    transactions = pd.DataFrame(
        {"customer_id": ids, "ordered_on": dates(*["2024-01-05"] * 400), "margin": rng.gamma(2, 50, 400)}
    )
    referrals = pd.DataFrame(
        {
            "referrer_id": "r",
            "referred_id": ids,
            "referred_on": dates(*["2024-01-01"] * 400),
            "converted_on": dates(*["2024-01-01"] * 400),
        }
    )
    flows = referral_flows(referrals, transactions, customers, pd.Timestamp("2026-01-01"))
    expected = referral_value_per_person(flows, 0.1).loc["r", "crv"]
    _, draws = referral_value_draws(flows, 0.1, draws=400, seed=2)
    assert abs(draws.mean() - expected) < 4 * draws.std() / 20  # four standard errors of a mean of 400 draws
