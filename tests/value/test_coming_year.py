"""The coming twelve months: counts with age and exposure by hand, and the sample company a year back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.people import People
from scrm_helpers.tables import open_company
from scrm_helpers.value.social.coming_referrals import bringing_again, worth_by_month
from scrm_helpers.value.social.coming_year import Deeds, Seen, _own_worth, age_at, foretell, pace_of
from scrm_helpers.value.social.referral_totals import like_for_like
from scrm_helpers.value.social.referral_value import ReferralFlows

SAMPLE = Path(__file__).parents[1] / "frozen" / "sample"


@pytest.fixture(scope="module")
def people():
    return People(open_company(SAMPLE, as_of="2026-09-30"))


def seen(n, years):
    return np.zeros(n), np.full(n, float(years))


def test_where_everybody_is_alike_everybody_is_expected_to_do_the_same():
    rng = np.random.default_rng(1)
    many = rng.poisson(1.5, 400)  # in three years, half a deed a year
    person = np.repeat(np.arange(400), many)
    found = pace_of(*seen(400, 3), person, rng.uniform(0, 3, len(person)))
    assert found.expected.mean() == pytest.approx(many.sum() / 1200, rel=0.15)
    assert found.bursts == pytest.approx(1, abs=0.15)
    assert found.expected.std() < 0.25 * found.expected.mean()


def test_who_lastingly_does_more_is_expected_to_do_more():
    rng = np.random.default_rng(2)
    rate = np.repeat([0.1, 2.0], 200)
    person = np.repeat(np.arange(400), rng.poisson(3 * rate))
    found = pace_of(*seen(400, 3), person, rng.uniform(0, 3, len(person)))
    low, high = found.expected[:200].mean(), found.expected[200:].mean()
    assert 0.1 < low < 0.45  # both are drawn to the middle of 1.05 a year
    assert 1.5 < high < 2.0


def test_a_burst_is_no_habit():
    person = np.repeat(np.arange(60), 5)  # everybody of these five times at one moment, and never again
    when = np.repeat(np.random.default_rng(3).uniform(0, 3, 60), 5)
    found = pace_of(*seen(400, 3), person, when)
    assert found.bursts > 4
    assert found.expected[:60].mean() < 1.3 * found.expected[60:].mean()
    assert found.expected.sum() == pytest.approx(100, rel=0.15)  # 300 deeds in three years


def test_rates_of_young_customers_are_not_those_of_old_ones():
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(500), 1)  # each a deed in the first half-year, and none later
    found = pace_of(*seen(500, 3), person, rng.uniform(0, 0.5, 500))
    assert found.expected.sum() == pytest.approx(0, abs=1e-9)
    young = pace_of(np.zeros(500), np.repeat([3.0, 0.0], 250), np.arange(250), rng.uniform(0, 0.5, 250))
    assert young.expected[250:].sum() == pytest.approx(250, rel=0.1)  # who has just come still has it before him


def test_worth_of_a_deed_is_drawn_to_that_of_all_by_how_little_was_seen():
    person = np.array([0] * 8 + [1] * 8 + [2])
    size = np.array([10.0, 14] * 4 + [30, 34] * 4 + [60])
    own = _own_worth(Deeds(person, np.zeros(17), size[:, None] * np.ones(12), size), 4) * size.mean()
    assert own[0] == pytest.approx(12, rel=0.1)
    assert own[1] == pytest.approx(32, rel=0.1)
    assert size.mean() < own[2] < 60  # seen once
    assert own[3] == pytest.approx(size.mean())  # never seen


def test_a_deed_counts_only_until_the_year_is_over():
    rows = pd.DataFrame({"p_type1": [0.5], "credit": [1.0], "exposure": [1.0]})
    none, half = np.zeros((1, 2)), np.array([[6.0, 0.0]])
    flows = ReferralFlows(
        rows=rows,
        margin=none,
        marketing=none,
        reward=half,
        saved=half,
        expected_rest=none,
        monthly=np.full((1, 12), 2.0),
    )
    worth = worth_by_month(flows, 0.0)[0]
    # 6 saved less half of 6 as reward, and half of 2 for each of the months that are left: 11.5, at last half a one
    assert worth[0] == pytest.approx(3 + 0.5 * 2 * 11.5)
    assert worth[11] == pytest.approx(3 + 0.5 * 2 * 0.5)
    assert worth_by_month(flows, 0.1)[0, 11] == pytest.approx((3 + 0.5) / 1.1)
    young = replace(flows, rows=rows.assign(exposure=0.5))
    assert np.isnan(worth_by_month(young, 0.0)[0]).tolist() == [True] * 6 + [False] * 6
    assert worth_by_month(flows, 0.0, np.array([11]))[0] == pytest.approx(3 + 12)  # what came, as it came


def test_ages_and_who_was_seen_when():
    known = pd.DataFrame(
        {"seen_on": pd.to_datetime(["2024-01-01", None]), "is_customer": [True, False]}, index=["a", "b"]
    )
    place, age = age_at(known, pd.Series(["a", "b"]), pd.to_datetime(pd.Series(["2025-01-01", "2025-01-01"])))
    assert place.tolist() == [0, 1]
    assert age.tolist() == pytest.approx([1.0, 0.0], abs=0.01)
    span = Seen.between(known, pd.Timestamp("2024-07-01"), pd.Timestamp("2026-01-01"))
    assert span.start.tolist() == pytest.approx([0.5, 0.0], abs=0.01)
    assert span.age.tolist() == pytest.approx([2.0, 1.5], abs=0.01)


def test_too_few_deeds_foretell_nothing():
    few = Deeds(np.zeros(3, int), np.ones(3), np.ones((3, 12)), np.ones(3))
    assert "only 3 of them" in foretell(Seen(*seen(9, 3), np.zeros(9, int)), few, 1).reason


def test_the_sample_company_a_year_back(people):
    coming = people.coming
    assert coming.ratio.value == pytest.approx(0.97, abs=0.06)
    assert coming.tested("referral_forecast_misses").verdict == "not shown"
    assert coming.tested("those_who_brought_bring_again").verdict == "not shown"  # referring comes in bursts there
    assert "inside that range" in coming.sentence
    assert coming.by_person["value"].sum() == pytest.approx(coming.value.value)
    assert (coming.by_person["low"] <= coming.by_person["value"]).all()
    assert {measure.name for measure in coming.measures if measure.value is None} == set()


def test_the_last_year_like_for_like(people):
    year = people.last_year
    assert year.value.value == pytest.approx(15_555, abs=1)
    assert year.margin.value == pytest.approx(70_050, abs=1)
    assert 0.22 <= year.share.value <= 0.23  # both before marketing cost
    assert year.share.low < year.share.value < year.share.high


def test_absent_unknown_and_zero_are_three_sentences(people):
    margin = pd.Series({"a": 100.0, "b": 20.0})
    absent = like_for_like(None, margin, TERMS)
    unknown = like_for_like(replace(people.flows, unknown="none of the people referred is a customer"), margin, TERMS)
    early = people.flows.since(pd.Timestamp("2030-01-01"))
    said = [absent.sentence, unknown.sentence, like_for_like(early, margin, TERMS).sentence]
    assert len(set(said)) == 3
    assert "no table referrals" in said[0]
    assert "is a customer" in said[1]
    assert said[2].startswith("No referral brought a customer")


def test_what_friends_and_helpers_bring_after_what_they_cost(people):
    assert people.referral.total.value == pytest.approx(29_473, abs=1)
    assert people.referral.net == pytest.approx(23_552, abs=1)  # less what the customers brought cost to acquire
    assert f"€{people.referral.net / 1000:.1f}k net" in people.referral.sentence
    profit, margin = people.profit, people.orders.groupby("customer_id")["margin"].sum()
    brought = people.flows.rows["referred_id"].unique()
    assert (margin.reindex(brought) > 0).mean() > 0.98
    assert (profit.reindex(brought) > 0).mean() == pytest.approx(0.69, abs=0.05)
    assert people.support.by_person["contacts"].sum() == pytest.approx(18.5, abs=0.1)  # 31 with e-mail, phone, shop


def test_sums_are_of_the_same_twelve_months(people):
    views = people.views
    by_part = views.people[["own", "new"]].sum().sum()
    assert views.reconciled.value == pytest.approx(by_part)
    assert views.new["customers they will win"] == pytest.approx(people.coming.value.value)
    assert all(name.startswith("past") for name in views.table["Part"].tail(3))
    assert "In the past, and in neither" in views.sentence


def test_the_same_people_bring_again_where_it_is_planted():
    rng = np.random.default_rng(5)
    n, day = 600, pd.Timestamp("2025-09-30")
    known = pd.DataFrame({"seen_on": day - pd.to_timedelta(rng.integers(30, 900, n), "D"), "is_customer": True})
    keen = rng.random(n) < 0.15
    rows = []
    for since, until in ((-700, 0), (0, 365)):
        who = np.flatnonzero(rng.random(n) < np.where(keen, 0.6, 0.08))
        when = day + pd.to_timedelta(rng.integers(since + 1, until, len(who)), "D")
        rows.append(pd.DataFrame({"referrer_id": who, "converted_on": when}))
    share, chance = bringing_again(pd.concat(rows), known, day)
    assert chance.exceeded_by(share)
    assert share.value > chance.value


def test_who_did_nothing_is_worth_the_average_where_each_persons_deeds_are_equal():
    person = np.array([0, 0, 1, 1])
    done = Deeds(person, np.ones(4), np.ones((4, 12)), np.array([10.0, 10.0, 30.0, 30.0]))
    assert _own_worth(done, 3).tolist() == pytest.approx([0.5, 1.5, 1.0])
