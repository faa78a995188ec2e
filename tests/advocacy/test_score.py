"""Net Promoter Score, waves, precision and weighting."""

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from worlds import waves_world

from scrm_helpers.advocacy.score.nps import latest_answers, net_promoter_score
from scrm_helpers.advocacy.score.waves import compare_waves, score_of_every_answer
from scrm_helpers.advocacy.silent.weighting import manski_bounds, weighted_to_invited
from scrm_helpers.answers.terms import Terms

MIXED = pd.Series([10.0] * 50 + [8.0] * 30 + [3.0] * 20)


def test_score_and_range_of_the_published_example():
    found = net_promoter_score(MIXED, TERMS)
    assert (found.nps.value, *found.nps.ends) == pytest.approx((30.0, 14.05, 44.20), abs=0.01)
    assert found.counts == (20, 30, 50)
    assert "more promoters than detractors" in found.sentence


def test_a_score_that_may_be_zero_says_so():
    assert "neither" in net_promoter_score(pd.Series([10.0] * 10 + [3.0] * 9), TERMS).sentence


def test_few_answers_are_not_shown():
    found = net_promoter_score(pd.Series([10.0, 2.0]), TERMS)
    assert found.nps.value is None
    assert found.nps.reason == "only 2 people answered"


def test_the_latest_answer_of_each_person_counts_once(surveys, as_of):
    latest = latest_answers(surveys, as_of).set_index("customer_id")["score"]
    assert latest.to_dict() == {"A": 10.0, "B": 9.0, "C": 2.0, "E": 8.0}


def wave(name, day, scores):
    ids = [f"C{number}" for number in range(len(scores))]
    return pd.DataFrame({"customer_id": ids, "wave": name, "responded_on": pd.Timestamp(day), "score": scores})


def test_a_change_within_the_margin_is_not_called_a_change():
    first, second = wave("W1", "2025-01-01", list(MIXED)), wave("W2", "2025-06-01", list(MIXED[5:]))
    found = compare_waves(pd.concat([first, second]), TERMS)
    assert "no change" in found.sentence
    assert found.change.low < 0 < found.change.high


def test_a_large_change_is_found_and_named():
    first = wave("W1", "2025-01-01", [3.0] * 150 + [10.0] * 50)
    second = wave("W2", "2025-06-01", [3.0] * 50 + [10.0] * 150)
    found = compare_waves(pd.concat([second, first]), TERMS)
    assert "rose" in found.sentence
    assert found.change.value == pytest.approx(100.0)


def test_the_same_people_make_the_change_more_precise():
    scores = list(np.random.default_rng(1).permutation(np.tile(MIXED, 3)))
    together = pd.concat([wave("W1", "2025-01-01", scores), wave("W2", "2025-06-01", scores)])
    apart = together.assign(customer_id=together["customer_id"] + together["wave"])
    narrow, wide = (compare_waves(table, TERMS).change for table in (together, apart))
    assert narrow.high - narrow.low < 0.2 * (wide.high - wide.low)


def test_one_wave_has_no_change():
    found = compare_waves(wave("W1", "2025-01-01", list(MIXED)), TERMS)
    assert found.change.value is None
    assert "needs two" in found.sentence


def test_every_answer_counts_persons_not_rows():
    # ten people who answer five times alike: as precise as ten answers, not as fifty
    once = wave("W1", "2025-01-01", [10.0] * 5 + [8.0] * 2 + [2.0] * 3)
    often = pd.concat([once.assign(responded_on=once["responded_on"] + pd.Timedelta(days=day)) for day in range(5)])
    found = [score_of_every_answer(table, TERMS).score for table in (once, often)]
    assert len(often) == 50
    assert found[1].value == pytest.approx(20.0)
    assert found[1].low == pytest.approx(found[0].low)
    nobody = score_of_every_answer(once.assign(score=np.nan), TERMS)
    assert "cannot be computed" in nobody.sentence


def test_bounds_meet_when_everybody_answers():
    assert manski_bounds(30.0, 1.0) == (30.0, 30.0)
    assert manski_bounds(30.0, 0.0) == (-100.0, 100.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        manski_bounds(30.0, 1.2)


NOTHING = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
NO_ORDERS = pd.DataFrame({"customer_id": [], "ordered_on": pd.to_datetime([])})


def asked(score, **known):
    """Invitations of one day, with what is known of the people."""
    ids = [f"C{number}" for number in range(len(score))]
    surveys = pd.DataFrame({"customer_id": ids, "invited_on": pd.Timestamp("2026-01-01"), "score": score})
    return surveys, pd.DataFrame({"customer_id": ids, "joined_on": pd.Timestamp("2025-01-01"), **known})


def test_the_cause_of_answering_restores_the_truth_and_an_unrelated_feature_changes_nothing():
    # two kinds: 1,000 happy people of whom 60 % answer, 1,000 unhappy ones of whom 20 % answer: truth 0 points
    answered = np.concatenate([np.arange(1000) < 600, np.arange(1000) < 200])
    score = np.where(answered, np.repeat([10.0, 2.0], 1000), np.nan)
    found = weighted_to_invited(*asked(score, segment=np.repeat(["happy", "unhappy"], 1000)), NOTHING, NO_ORDERS, TERMS)
    assert found.answered.value == pytest.approx(50.0)
    assert found.everybody.value == pytest.approx(0.0, abs=1e-6)
    assert found.everybody.low < 0 < found.everybody.high
    assert found.effective.value < 800
    constant = weighted_to_invited(*asked(score), NOTHING, NO_ORDERS, TERMS)
    assert constant.everybody.value == pytest.approx(50.0)
    assert "whether the silent think otherwise is unknown" in constant.sentence
    assert constant.tested("everybody_scores_otherwise").verdict == "not shown"


@pytest.mark.parametrize("answers", [[10.0], [9.0, 10.0] * 20, [3.0] * 5])
def test_answers_of_one_kind_tell_nothing_of_the_silent(answers):
    found = weighted_to_invited(*asked(np.array([*answers, np.nan, np.nan])), NOTHING, NO_ORDERS, TERMS)
    assert found.everybody.value is None
    assert "one kind" in found.sentence
    assert weighted_to_invited(*asked(np.array(answers)), NOTHING, NO_ORDERS, TERMS).everybody.value is not None


def test_where_the_answer_decides_nothing_the_weights_are_those_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    kind, region = rng.integers(0, 3, 4000), rng.integers(0, 2, 4000)
    answers = rng.random(4000) < 1 / (1 + np.exp(1 - 0.7 * kind - 0.5 * region))
    score = np.where(answers, np.clip(rng.normal(5 + kind + region, 3, 4000).round(), 0, 10), np.nan)
    surveys, customers = asked(score, segment=kind.astype(str), region=region.astype(str))
    found = weighted_to_invited(surveys, customers, NOTHING, NO_ORDERS, TERMS)
    design = sm.add_constant(np.column_stack([kind == 1, kind == 2, region]).astype(float))
    chance = sm.Logit(answers.astype(float), design).fit(disp=0).predict(design)[answers]
    sides = (score[answers] >= 9).astype(float) - (score[answers] <= 6)
    assert found.everybody.value == pytest.approx(100 * np.average(sides, weights=1 / chance), abs=0.2)


def test_people_who_answered_another_time_tell_how_the_answer_decides():
    world = waves_world(seed=4, n=6000)
    found = weighted_to_invited(world.surveys, world.customers, NOTHING, NO_ORDERS, Terms(world.as_of))
    assert found.everybody.low < world.truth < found.everybody.high < found.answered.low
    assert found.tested("everybody_scores_otherwise").direction == -1
    assert found.tested("promoters_answer_otherwise").direction == 1
    assert "lower than those who answered" in found.sentence
    # the silent would have to score 100 (plain / share silent) points below
    away = found.answered.value / (1 - found.rate)
    assert f"if the silent scored {away:.0f} points below" in found.sentence


def test_hardly_moves_only_where_the_test_had_power():
    world = waves_world(seed=1, n=60_000, response=np.full(11, 0.6))
    found = weighted_to_invited(world.surveys, world.customers, NOTHING, NO_ORDERS, Terms(world.as_of))
    assert "points away" in found.sentence
    small = waves_world(seed=1, n=800, response=np.full(11, 0.6))
    found = weighted_to_invited(small.surveys, small.customers, NOTHING, NO_ORDERS, Terms(small.as_of))
    assert "cannot be told" in found.sentence


def test_without_invitations_nothing_is_weighted(surveys, customers, referrals, as_of):
    found = weighted_to_invited(surveys.drop(columns="invited_on"), customers, referrals, NO_ORDERS, Terms(as_of))
    assert "who was invited" in found.sentence
    assert {claim.verdict for claim in found.claims} == {"cannot say"}


def test_everybody_who_answers_speaks_for_everybody():
    found = weighted_to_invited(*asked(MIXED), NOTHING, NO_ORDERS, TERMS)
    assert found.everybody.value == found.answered.value == 30.0
    assert "Nobody was silent." in found.sentence
