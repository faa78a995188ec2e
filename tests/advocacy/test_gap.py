"""Stated against actual: shares, worth, order, placebo, models and money."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from worlds import survey_world

from scrm_helpers.advocacy.deeds.association import answer_and_referral, referral_models, reversed_time_placebo
from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers, link_answers, referral_by_answer
from scrm_helpers.advocacy.deeds.value_by_answer import two_part_model, worth_by_answer
from scrm_helpers.tables import open_company

SAMPLE = Path(__file__).resolve().parents[1] / "frozen" / "sample"


def world_linked(**kinds):
    world = survey_world(**kinds)
    return world, link_answers(world.surveys, world.referrals, world.as_of, 365)


def people(scores, counts):
    ids = [f"C{number}" for number in range(len(scores))]
    counts = np.asarray(counts)
    table = pd.DataFrame({"customer_id": ids, "score": scores, "referrals": counts, "customers_brought": counts})
    table = table.assign(referred=counts > 0, brought=counts > 0, responded_on=pd.Timestamp("2025-01-01"))
    return LinkedAnswers(people=table, window_days=365, too_young=0, made=pd.DataFrame())


def test_share_by_answer_has_wilson_ranges_and_pools_small_answers():
    # 40 tens of whom 10 refer: Wilson 0.1419 to 0.4019
    linked = people([10.0] * 40 + [9.0] * 3 + [2.0] * 35, [1] * 10 + [0] * 68)
    groups = referral_by_answer(linked, TERMS).groups.set_index("high_answer")
    assert groups.loc[10, "People"] == 43  # the three nines cannot stand alone
    alone = referral_by_answer(people([10.0] * 40, [1] * 10 + [0] * 30), TERMS).groups.iloc[0]
    assert (alone["Range from"], alone["Range to"]) == pytest.approx((0.1419, 0.4019), abs=1e-4)


def test_worth_is_hidden_where_few_people_gave_the_answer_and_nothing_gives_it_away():
    linked = people([10.0] * 30 + [9.0] * 20 + [3.0] * 2, [1, 0] * 26)
    nothing = pd.Series(dtype=float)
    means = worth_by_answer(linked, TERMS, nothing).means["Referrals each"]
    assert np.isnan(means[3])
    assert np.isnan(means[9])  # the next smallest, or the total would tell
    assert means[10] == pytest.approx(0.5)


def test_worth_takes_the_value_of_each_person():
    linked = people([10.0] * 10, [1] * 10)
    found = worth_by_answer(linked, TERMS, pd.Series({"C0": 30.0, "C1": 70.0}))
    assert found.means.loc[10, "Referral value each"] == pytest.approx(10.0)
    assert {one.name: one.kind for one in found.measures}["value_per_person"] == "attributed"


def test_a_planted_connection_is_found_and_the_placebo_is_not():
    world, linked = world_linked(n=1500, slope=0.25, seed=5)
    found = reversed_time_placebo(linked, world.referrals, world.customers.set_index("customer_id")["joined_on"], TERMS)
    assert found.after.low > 0
    assert found.before.reason == "undefined: no variation in the outcome"
    assert (
        "something" in answer_and_referral(linked, TERMS).sentence
        or "good deal" in answer_and_referral(linked, TERMS).sentence
    )


def test_referrals_before_the_answer_are_seen_by_the_placebo_only():
    world, linked = world_linked(n=1500, slope=0.25, seed=5, before=True)
    found = reversed_time_placebo(linked, world.referrals, world.customers.set_index("customer_id")["joined_on"], TERMS)
    assert not linked.people["referred"].any()
    assert found.before.low > 0


def test_a_difference_that_chance_gives_is_no_word_on_past_or_future():
    """The sample company: Somers' D 0.07 after the answer and 0.10 before it, among 178 people."""
    company = open_company(SAMPLE, as_of="2026-09-30")
    referrals = company.table("referrals")
    linked = link_answers(company.table("surveys"), referrals, company.as_of)
    found = reversed_time_placebo(linked, referrals, company.customers.set_index("customer_id")["joined_on"], TERMS)
    assert found.before.low > 0 > found.after.low
    assert "The two cannot be told apart (difference" in found.sentence
    gap = found.tested("answer_tells_more_of_future")
    assert gap.verdict == "not shown"
    assert (gap.estimate.value, gap.estimate.low, gap.estimate.high) == pytest.approx((-0.03, -0.17, 0.12), abs=0.02)
    assert "more about the past" not in found.sentence
    world, planted = world_linked(n=1500, slope=0.25, seed=5, before=True)
    joined = world.customers.set_index("customer_id")["joined_on"]
    apart = reversed_time_placebo(planted, world.referrals, joined, TERMS)
    assert "cannot be told apart" not in apart.sentence


def test_customers_without_a_full_window_before_the_answer_are_not_compared():
    world, linked = world_linked(n=200, seed=1)
    joined = world.customers.set_index("customer_id")["joined_on"].copy()
    joined.iloc[:150] = linked.people["responded_on"].iloc[0] - pd.Timedelta(days=10)
    assert reversed_time_placebo(linked, world.referrals, joined, TERMS).after.n == 50


def test_a_negative_connection_is_called_by_its_name():
    _, linked = world_linked(n=3000, slope=-0.4, seed=2)
    assert "referred less often" in answer_and_referral(linked, TERMS).sentence


@pytest.mark.parametrize(
    ("scores", "counts", "reason"),
    [
        ([8.0] * 20, [0, 1] * 10, "no variation in the answer"),
        (list(range(11)) * 2, [0] * 22, "no variation in the outcome"),
        ([9.0], [1], "no variation in the answer"),
    ],
)
def test_what_cannot_be_ordered_is_undefined_in_words(scores, counts, reason):
    found = answer_and_referral(people(np.array(scores, float), counts), TERMS)
    assert reason in found.sentence
    assert all(measure.value is None for measure in found.measures)


def test_models_agree_with_the_planted_slope_and_refuse_what_is_not_there():
    _, linked = world_linked(n=4000, slope=0.2, seed=6)
    found = referral_models(linked, TERMS)
    factors = np.log(
        found.table.set_index("Model").loc["hurdle", ["Factor per answer point", "Range to"]].to_numpy(float)
    )
    assert factors[0] == pytest.approx(0.2, abs=3 * (factors[1] - factors[0]) / 1.96)
    assert "multiplies" in found.sentence
    assert "nobody referred" in referral_models(people([1.0, 9.0] * 20, [0] * 40), TERMS).sentence


def test_perfect_separation_is_a_reason():
    found = referral_models(people([2.0] * 30 + [9.0] * 30, [0] * 30 + [1, 2, 1] * 10), TERMS)
    assert "perfect separation" in found.table.set_index("Model").loc["hurdle", "Remark"]


def test_money_in_two_parts_multiplies_to_the_mean_where_answers_do_not_matter():
    rng = np.random.default_rng(1)
    linked = people(np.tile(np.arange(11.0), 300), np.ones(3300, int))
    amounts = np.where(rng.random(3300) < 0.3, rng.lognormal(3, 0.5, 3300), 0.0)
    found = two_part_model(linked, pd.Series(amounts, index=linked.people["customer_id"]), TERMS)
    assert found.table["Expected value each"].mean() == pytest.approx(amounts.mean(), rel=0.05)
    assert found.ratio.low < 1 < found.ratio.high
    assert "cannot be shown" in found.sentence


def test_money_parts_are_those_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    score = rng.integers(0, 11, 2000).astype(float)
    amount = np.where(rng.random(2000) < 0.1 + 0.04 * score, rng.lognormal(2 + 0.05 * score, 0.6), 0.0)
    linked = people(score, (amount > 0).astype(int))
    found = two_part_model(linked, pd.Series(amount, index=linked.people["customer_id"]), TERMS).table
    x = sm.add_constant(score)
    some = amount > 0
    chance = sm.Logit(some, x).fit(disp=0).predict([1, 10])[0]
    logs = sm.OLS(np.log(amount[some]), x[some]).fit()
    expected = chance * np.exp(logs.predict([1, 10])[0]) * np.exp(logs.resid).mean()
    assert found.set_index("Answer").loc["10", "Expected value each"] == pytest.approx(expected, rel=1e-6)
