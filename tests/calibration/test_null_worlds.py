"""In worlds without a connection the headline finds nothing; where one was planted, it is found."""

from dataclasses import replace

import numpy as np
import pandas as pd
from given import TERMS
from worlds import survey_world

from scrm_helpers.advocacy.asking.targeting import targeting_curve
from scrm_helpers.advocacy.deeds.association import answer_and_referral
from scrm_helpers.advocacy.deeds.by_answer import link_answers
from scrm_helpers.advocacy.deeds.segments import by_segment, within_segments
from scrm_helpers.advocacy.score.waves import compare_waves
from scrm_helpers.answers.terms import Terms

WORLDS = 300
NOTHING = "cannot be shown"


def share_found(worlds=WORLDS, **kinds):
    """Return how often the chapter's headline claims that the answer tells who will refer."""
    found = 0
    for seed in range(worlds):
        world = survey_world(seed=seed, **kinds)
        linked = link_answers(world.surveys, world.referrals, world.as_of, 365)
        found += NOTHING not in answer_and_referral(linked, TERMS).sentence
    return found / worlds


def test_the_headline_finds_nothing_where_there_is_nothing():
    # 5 % of 300 worlds plus three standard errors
    assert share_found(n=400) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / WORLDS)


def test_the_headline_finds_what_was_planted():
    assert share_found(worlds=150, n=800, slope=0.2) >= 0.8


def test_twenty_segments_without_difference_seldom_show_one():
    found = named = 0
    for seed in range(60):
        world = survey_world(n=2000, seed=seed)
        linked = link_answers(world.surveys, world.referrals, world.as_of, 365)
        segments = pd.Series([f"s{number % 20}" for number in range(2000)], index=world.customers["customer_id"])
        rows = within_segments(linked, segments, TERMS).table
        found += (rows["Reading"] == "beyond chance").any()
        named += "refer more often" in by_segment(linked, segments, TERMS).sentence
    assert found <= 8  # 3 of sixty, plus three standard errors
    assert named <= 8


def test_a_wave_without_change_seldom_shows_one():
    found = 0
    for seed in range(100):
        first, second = (survey_world(n=300, seed=one) for one in (seed, seed + 1000))
        later = second.surveys.assign(
            wave="W2",
            customer_id="X" + second.surveys["customer_id"],
            responded_on=second.surveys["responded_on"] + pd.Timedelta(days=30),
        )
        waves = compare_waves(pd.concat([first.surveys, later]), Terms(first.as_of))
        found += not waves.change.low <= 0 <= waves.change.high
    assert found / 100 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_two_rankings_by_chance_are_seldom_told_apart():
    rng, found = np.random.default_rng(1), 0
    for seed in range(200):
        amount = rng.poisson(rng.gamma(0.3, 2, 600))
        ranks = {"one": rng.normal(size=600), "other": rng.normal(size=600)}
        asked = targeting_curve(amount, ranks, 100, replace(TERMS, seed=seed))
        found += "no difference from the first can be shown" not in asked.sentence
    assert found / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
