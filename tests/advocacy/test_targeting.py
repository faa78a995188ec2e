"""Prediction, calibration and targeting."""

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.advocacy.asking.prediction import calibration_by_answer, fit_referral_model
from scrm_helpers.advocacy.asking.targeting import referral_history, referrals_after, targeting_curve
from scrm_helpers.answers.refusal import Refusal

CUT = pd.Timestamp("2025-04-01")


def test_history_knows_nothing_of_the_future(customers, surveys, referrals):
    known = referral_history(customers, surveys, referrals, CUT, 90)
    assert known.loc["A", ["past", "future", "score"]].tolist() == [3, 2, 10.0]
    assert known.loc["A", "days_observed"] == 456  # 2024-01-01 to 2025-04-01
    assert "E" not in known.index  # joined later
    shuffled = referrals.copy()
    late = shuffled["referred_on"] > CUT
    shuffled.loc[late, "referrer_id"] = "C"
    features = ["past", "days_observed", "score"]
    again = referral_history(customers, surveys, shuffled, CUT, 90)
    pd.testing.assert_frame_equal(again[features], known[features])


def test_referrals_after_a_day_leave_out_that_day_and_oneself(referrals):
    assert referrals_after(referrals, pd.Timestamp("2025-03-05"), 90)["referred_id"].tolist() == ["r", "s"]


def simulated(n, persistence, slope, seed):
    """Return two windows of customers with gamma rates; the second repeats the rate with `persistence`."""
    rng = np.random.default_rng(seed)
    observed = rng.integers(100, 1000, n).astype(float)
    first, fresh = rng.gamma(0.5, 2.0, n), rng.gamma(0.5, 2.0, n)
    score = np.where(rng.random(n) < 0.5, rng.integers(0, 11, n), np.nan)
    second = np.where(rng.random(n) < persistence, first, fresh)
    push = np.where(np.isnan(score), 1.0, np.exp(slope * (score - 5)))
    future = rng.poisson(365 * 0.001 * second * push)
    return pd.DataFrame(
        {"past": rng.poisson(0.001 * observed * first), "days_observed": observed, "score": score, "future": future}
    )


def test_a_lasting_record_is_given_weight_and_a_meaningless_one_none():
    lasting = fit_referral_model(simulated(20_000, 1.0, 0.0, 1))
    # gamma of shape 0.5: posterior weight 1/shape = 2
    assert lasting.record_weight == pytest.approx(2.0, rel=0.25)
    assert fit_referral_model(simulated(20_000, 0.0, 0.0, 2)).record_weight < 0.1


def test_the_slope_of_the_answer_is_recovered_and_totals_are_met():
    history = simulated(20_000, 1.0, 0.1, 3)
    model = fit_referral_model(history)
    assert model.answer_slope == pytest.approx(0.1, abs=0.03)
    assert model.expected(history, 365).sum() == pytest.approx(history["future"].sum(), rel=0.01)


def test_the_line_is_the_model():
    model = fit_referral_model(simulated(5000, 1.0, 0.1, 4))
    person = pd.DataFrame({"past": [2], "days_observed": [500.0], "score": [9.0]})
    start, step, weight = np.exp(model.answer_constant), np.exp(model.answer_slope), model.record_weight
    by_hand = 365 * model.rate * (1 + weight * 2) / (1 + weight * model.rate * 500) * start * step**9
    assert model.expected(person, 365)[0] == pytest.approx(by_hand)
    assert f"{weight:.2f} x referrals so far" in model.line


def test_predictions_keep_their_word_out_of_time():
    model = fit_referral_model(simulated(20_000, 1.0, 0.1, 5))
    found = calibration_by_answer(model, simulated(20_000, 1.0, 0.1, 6), TERMS)
    assert "no more than chance" in found.sentence
    assert found.tested("foretold_and_seen").verdict == "not shown"
    assert found.tested("better_than_one_share").direction == 1
    assert found.skill.value > 0
    slope = {one.name: one for one in found.measures}["calibration_slope"]
    assert slope.low < 1 < slope.high


def test_without_referrals_there_is_no_model_and_no_calibration():
    nothing = simulated(50, 1.0, 0.0, 7).assign(future=0)
    model = fit_referral_model(nothing)
    assert model.reason == "nobody referred in the window"
    assert "cannot be said" in calibration_by_answer(model, nothing, TERMS).sentence
    assert model.ranking(nothing).eq(0).all()
    with pytest.raises(Refusal, match="no model"):
        model.expected(nothing, 10)


def test_reach_and_regret_by_hand():
    # five customers bring 0, 3, 0, 1, 6; two contacts: ranking a takes 6 and 3, b takes 0 and 3; hindsight 9 of 10
    found = targeting_curve([0, 3, 0, 1, 6], {"a": [0, 2, 0, 1, 3], "b": [9, 8, 1, 1, 1]}, 2, TERMS)
    table = found.table.set_index("Ranking")
    assert table.loc["a", "Reached"] == pytest.approx(0.9)
    assert table.loc["a", "Regret"] == pytest.approx(0.0)
    assert table.loc["b", "Reached"] == pytest.approx(0.3)
    assert table.loc["at random", "Regret"] == pytest.approx(0.5)


def test_equal_scores_are_contacted_by_lot_and_missing_ones_last():
    # all equal: two of four reach half in expectation
    assert targeting_curve([4, 0, 0, 0], {"a": [1, 1, 1, 1]}, 2, TERMS).reached["a"].value == pytest.approx(0.5)
    assert targeting_curve([4, 0, 0, 0], {"a": [np.nan, 1, 1, 1]}, 3, TERMS).reached["a"].value == 0.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=30), st.integers(1, 10))
def test_nothing_reaches_more_than_hindsight(rows, contacts):
    amount, rank = np.array(rows).T
    found = targeting_curve(amount, {"a": rank}, contacts, TERMS)
    if found.reached:
        assert found.table["Regret"].min() >= -1e-9


def test_a_better_ranking_is_called_better_only_when_it_is():
    rng = np.random.default_rng(1)
    amount = rng.poisson(rng.gamma(0.3, 2, 3000))
    good, noise = amount + rng.normal(0, 1, 3000), rng.normal(size=3000)
    found = targeting_curve(amount, {"good": good, "noise": noise}, 300, TERMS)
    assert "less than that good" in found.sentence
    assert found.title == "With 300 contacts, ranking good reaches more than any other"
    both = targeting_curve(amount, {"noise": noise, "other": rng.normal(size=3000)}, 300, TERMS)
    assert "no difference from that noise can be shown" in both.sentence
    assert both.title == "No ranking can be shown to reach more than chance"
    assert "would show the difference seen" in both.sentence


def test_impossible_rankings_are_refused():
    with pytest.raises(Refusal, match="not negative"):
        targeting_curve([-1.0], {"a": [1]}, 1, TERMS)
    assert "nobody referred" in targeting_curve([0.0, 0.0], {"a": [1, 2]}, 1, TERMS).sentence
