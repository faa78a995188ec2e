"""Funnel, bounds from totals, segments, within and between, columns of one origin, the debate."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.advocacy.deeds.association import answer_and_referral
from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers, link_answers, referral_by_answer
from scrm_helpers.advocacy.deeds.funnel import (
    intention_funnel,
    phi_bounds,
    referral_given_intent_bounds,
    what_totals_allow,
)
from scrm_helpers.advocacy.deeds.segments import by_segment, within_segments
from scrm_helpers.advocacy.score.nps import score_debate
from scrm_helpers.answers.refusal import Refusal

PUBLISHED = pd.DataFrame(
    {
        "firm": ["financial services"] * 2 + ["telecom"] * 2,
        "stage": ["intended to refer", "referred"] * 2,
        "share": [0.68, 0.33, 0.81, 0.30],
        "status": ["verified"] * 4,
    }
)
PROFIT = pd.Series({"r": -5.0})


@pytest.mark.parametrize(
    ("intend", "refer", "given", "phi"),
    [
        (0.68, 0.33, (0.014705882352941188, 0.4852941176470588), (-0.9774644342085305, 0.48143770640121647)),
        (0.81, 0.30, (0.13580246913580257, 0.37037037037037035), (-0.7398142353865989, 0.31706324373711403)),
    ],
)
def test_frechet_bounds_of_the_published_totals(intend, refer, given, phi):
    assert referral_given_intent_bounds(intend, refer) == pytest.approx(given, abs=1e-12)
    assert phi_bounds(intend, refer) == pytest.approx(phi, abs=1e-12)


@pytest.mark.parametrize(("intend", "refer"), [(1.0, 0.3), (0.5, 0.0), (0.5, 1.0)])
def test_without_variation_there_is_no_correlation_to_bound(intend, refer):
    with pytest.raises(Refusal, match="no variation"):
        phi_bounds(intend, refer)


def test_the_sentence_says_what_totals_allow():
    found = what_totals_allow(PUBLISHED)
    assert "in telecom between 14% and 37% of them did" in found.sentence
    assert "recalled" not in what_totals_allow(PUBLISHED.assign(status="recalled, illustration only")).sentence
    assert "No published totals" in what_totals_allow(PUBLISHED.assign(status="recalled, illustration only")).sentence


@pytest.mark.parametrize("min_group", [1, 3, 4, 5])
def test_funnel_and_answers_agree_on_every_number_they_share(surveys, referrals, as_of, min_group):
    terms = replace(TERMS, min_group=min_group)
    linked = link_answers(surveys, referrals, as_of, 90)  # three people: shown up to a smallest group of three
    results = intention_funnel(linked, terms, 9, PUBLISHED, PROFIT), referral_by_answer(linked, terms)
    ours, theirs = ({measure.name: measure for measure in result.measures} for result in results)
    assert all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())
    assert results[0].drawable == (min_group <= 3)
    assert results[1].drawable == (min_group == 1)  # no answer was given by more than two of the three


def test_stages_of_the_funnel_are_shares_of_all_who_answered(surveys, referrals, as_of):
    linked = link_answers(surveys, referrals, as_of, 90)
    shares = intention_funnel(linked, replace(TERMS, min_group=1), 9, PUBLISHED, PROFIT).shares["Share"]
    assert shares.tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3, 0.0])  # A and B intend; A refers; r loses money


def test_a_funnel_of_few_people_is_not_shown(surveys, referrals, as_of):
    found = intention_funnel(link_answers(surveys, referrals, as_of, 90), TERMS, 9, PUBLISHED, PROFIT)
    assert "only 3 people" in found.sentence
    assert found.table.empty


def linked_of(scores, referred, ids=None, brings=False):
    ids = ids or [f"C{number}" for number in range(len(scores))]
    done = np.asarray(referred, bool)
    table = pd.DataFrame({"customer_id": ids, "score": np.asarray(scores, float), "referred": done})
    if brings:
        table = table.assign(referrals=done.astype(int), brought=done)
    return LinkedAnswers(people=table, window_days=365, too_young=0, made=pd.DataFrame())


def test_a_small_segment_is_left_out_with_a_second_one():
    linked = linked_of([10.0] * 63, [1, 0, 0] * 21)
    segments = pd.Series(["a"] * 40 + ["b"] * 20 + ["c"] * 3, index=linked.people["customer_id"])
    table = by_segment(linked, segments, TERMS).table.set_index("Segment")
    assert table.index.tolist() == ["a"]
    assert table.loc["a", "NPS"] == 100.0


def test_simpsons_reversal_is_shown():
    # within x and y the higher answer refers more; y answers higher and refers less
    rng = np.random.default_rng(1)
    low, high = rng.integers(0, 6, 1500), rng.integers(5, 11, 1500)
    score = np.concatenate([low, high])
    chance = np.concatenate([0.6 + 0.06 * (low - 2.5), 0.2 + 0.06 * (high - 7.5)])
    linked = linked_of(score, rng.random(3000) < chance)
    segments = pd.Series(["x"] * 1500 + ["y"] * 1500, index=linked.people["customer_id"])
    found = within_segments(linked, segments, TERMS)
    assert found.pooled.high < 0 < found.within.low
    assert found.tested("order_differs_within_segments").verdict == "shown"
    assert "turns round within segments" in found.sentence


def test_segments_that_differ_only_in_their_means_show_nothing_within():
    # ecological: means of segments go together perfectly, persons not at all
    rng = np.random.default_rng(2)
    places = np.repeat(np.arange(6), 500)
    linked = linked_of(np.clip(rng.integers(0, 5, 3000) + places, 0, 10), rng.random(3000) < 0.1 + 0.1 * places)
    segments = pd.Series([f"s{place}" for place in places], index=linked.people["customer_id"])
    found = within_segments(linked, segments, TERMS)
    assert found.pooled.low > 0.1
    assert found.within.low < 0 < found.within.high
    assert "rank correlation is 1.00" in found.sentence


EVIDENCE = pd.DataFrame(
    {
        "study": ["One", "Two", "Three"],
        "base": "firms",
        "finding": "something",
        "supports_nps": ["yes", "no", "no"],
        "source": ["A 2003", "B 2007", "C 2006"],
    }
)


def test_both_sides_are_counted_and_cited():
    order = answer_and_referral(linked_of([8.0] * 20 + [9.0] * 20, [0, 1] * 20, brings=True), TERMS)
    found = score_debate(EVIDENCE, order)
    assert "1 speak for the score, 0 partly and 2 against" in found.sentence
    assert "no connection with later referrals can be shown" in found.sentence
    assert "B 2007" in found.note
