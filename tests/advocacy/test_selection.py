"""Who answers: response, Heckman's correction, the effect of asking, earned growth."""

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from worlds import survey_world

from scrm_helpers.advocacy.score.waves import earned_growth
from scrm_helpers.advocacy.silent.response import invited_people, survey_effect, who_answers
from scrm_helpers.answers.terms import Terms


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


def selected(n, correlation, seed):
    rng = np.random.default_rng(seed)
    kind, reminder, unseen = rng.integers(0, 3, n), rng.integers(0, 2, n), rng.normal(size=n)
    mood = correlation * unseen + np.sqrt(1 - correlation**2) * rng.normal(size=n)
    answer = np.clip(np.round(6 + 0.5 * kind + 1.5 * mood), 0, 10)
    responds = -0.8 + 0.2 * kind + 0.9 * reminder + unseen > 0
    features = pd.DataFrame({"kind": kind.astype(str), "reminder": np.where(reminder, "yes", "no")})
    return pd.Series(np.where(responds, answer, np.nan)), features, answer.mean()


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
