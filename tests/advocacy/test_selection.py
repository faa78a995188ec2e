"""Who answers: response, Heckman's correction, the effect of asking, earned growth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from worlds import survey_world

from scrm_helpers.advocacy.deeds.by_answer import link_answers, referral_by_answer
from scrm_helpers.advocacy.deeds.funnel import intention_funnel
from scrm_helpers.advocacy.deeds.segments import by_segment, within_segments
from scrm_helpers.advocacy.deeds.value_by_answer import worth_by_answer
from scrm_helpers.advocacy.score.waves import earned_growth
from scrm_helpers.advocacy.silent.response import _needed, invited_people, survey_effect, who_answers
from scrm_helpers.answers.terms import Terms
from scrm_helpers.tables import open_company


def test_invitations_without_an_answer_are_the_silent(surveys, referrals, as_of):
    people = invited_people(surveys, as_of, 90).set_index("customer_id")
    assert people["answered"].to_dict() == {"A": True, "B": True, "C": True, "D": False}
    assert people.loc["A", "invited_on"] == pd.Timestamp("2025-03-01")


def test_the_silent_are_compared_on_what_they_did():
    world = survey_world(n=4000, slope=0.4, response=0.5, response_slope=0.4, seed=1)
    segments = pd.Series("all", index=world.customers["customer_id"])
    found = who_answers(world.surveys, world.referrals, segments, Terms(world.as_of))
    assert found.rate.value == pytest.approx(0.5, abs=0.05)
    assert found.gap.low > 0
    assert "do not stand for all" in found.sentence


def test_no_selection_no_difference():
    world = survey_world(n=4000, slope=0.4, response=0.15, seed=2)
    segments = pd.Series("all", index=world.customers["customer_id"])
    found = who_answers(world.surveys, world.referrals, segments, Terms(world.as_of))
    assert "No difference" in found.sentence
    assert "Below 20%" in found.sentence


def test_small_segments_hide_what_their_people_did():
    world = survey_world(n=300, response=0.5, seed=3)
    names = ["big"] * 200 + ["middle"] * 96 + ["tiny"] * 4
    segments = pd.Series(names, index=world.customers["customer_id"])
    table = who_answers(world.surveys, world.referrals, segments, Terms(world.as_of)).table.set_index("Segment")
    assert list(table.index) == ["big", "All"]  # "tiny" alone would follow from the total, so "middle" goes as well
    assert not np.isnan(table.loc["big", "Referred, answered"])


def test_asking_is_never_called_causal_and_quoted_as_a_caution_without_control():
    world = survey_world(n=1000, seed=4)
    others = world.customers.assign(customer_id="N" + world.customers["customer_id"])
    both = pd.concat([world.customers, others])
    chosen = survey_effect(world.surveys, world.referrals, both, Terms(world.as_of))
    assert chosen.gap.low > 0
    assert chosen.measures[0].kind == "descriptive"
    assert "not left to chance" in chosen.sentence
    alone = survey_effect(world.surveys, world.referrals, world.customers, Terms(world.as_of))
    assert "58%" in alone.sentence
    assert "not a correction" in alone.sentence


def test_earned_growth_by_hand():
    # last year 100 a head for ten customers (1,000); this year 80 each from them (800); one friend brings 300, one
    # stranger 400: retention 80 %, earned new 30 %, rate 10 %
    old = [f"C{number}" for number in range(10)]
    rows = [(one, "2025-03-01", 100.0) for one in old] + [(one, "2026-03-01", 80.0) for one in old]
    rows += [("friend", "2026-05-01", 300.0), ("stranger", "2026-05-01", 400.0), ("C0", "2020-01-01", 999.0)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"])
    orders["ordered_on"] = pd.to_datetime(orders["ordered_on"])
    joined = ["2020-01-01"] * 10 + ["2026-04-20", "2026-04-20"]
    customers = pd.DataFrame({"customer_id": [*old, "friend", "stranger"], "joined_on": pd.to_datetime(joined)})
    referrals = pd.DataFrame({"referred_id": ["friend"], "referred_on": pd.to_datetime(["2026-04-01"])})
    found = earned_growth(orders, customers, referrals, TERMS)
    assert found.retention.value == pytest.approx(0.8)
    assert found.earned_new.value == pytest.approx(0.3)
    assert found.rate.value == pytest.approx(0.1)
    assert "added 40%" in found.sentence


def test_no_earlier_revenue_no_growth_rate(customers, referrals, as_of):
    orders = pd.DataFrame({"customer_id": ["A"], "ordered_on": [as_of], "amount": [5.0]})
    assert "no revenue in the year before" in earned_growth(orders, customers, referrals, Terms(as_of)).sentence


def test_a_group_of_one_is_nowhere_in_the_sample():
    company = open_company(Path(__file__).resolve().parents[1] / "frozen" / "sample", as_of="2026-09-30")
    surveys, referrals, terms = company.table("surveys"), company.table("referrals"), company.terms
    segment = company.customers.set_index("customer_id")["segment"]
    asked = who_answers(surveys, referrals, segment, terms)
    linked = link_answers(surveys, referrals, company.as_of)
    answers = asked, by_segment(linked, segment, terms), within_segments(linked, segment, terms)
    assert "Pilot group" in set(segment)
    assert all("Pilot group" not in answer.table.to_string() + answer.sentence + answer.note for answer in answers)
    # of those asked and of those who answered are two numbers, over two populations
    assert (asked.would.name, asked.did.name) == ("share_intending_of_asked", "share_referring_of_asked")
    assert (asked.would.value, asked.did.value) == pytest.approx((0.34, 0.30), abs=0.01)
    assert all("invited" in one.population for one in asked.measures)


def test_a_lot_says_how_many_people_it_needs():
    # 30 % and 35 % are h = 2 (asin(.35 ** .5) - asin(.3 ** .5)) = .1068 apart: 2 (1.960 + 1.282) ** 2 / h ** 2 = 1,842
    assert _needed(0.30, 0.95) == 1842


def test_who_brought_a_customer_is_unknown_and_not_zero_where_no_first_purchase_is_recorded():
    world = survey_world(n=300, seed=3)
    bare = world.referrals.drop(columns="converted_on", errors="ignore")
    linked = link_answers(world.surveys, bare, world.as_of)
    shares = pd.DataFrame({"firm": [], "stage": [], "share": [], "status": pd.Series([], dtype=str)})
    funnel = intention_funnel(linked, TERMS, 8, shares, pd.Series(dtype=float))
    assert [stage.value is None for stage in funnel.stages] == [False, False, True, True]
    assert "how many brought a customer cannot be said" in funnel.sentence
    assert "unknown and not zero" in worth_by_answer(linked, TERMS, pd.Series(dtype=float)).sentence
    nobody = link_answers(world.surveys, world.referrals.iloc[:0], world.as_of)
    assert "is recorded as a referrer" in referral_by_answer(nobody, TERMS).sentence
