"""In worlds without a connection the headline finds nothing; where one was planted, it is found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from worlds import survey_world

from scrm_helpers.advocacy.asking.targeting import targeting_curve
from scrm_helpers.advocacy.deeds.association import answer_and_referral
from scrm_helpers.advocacy.deeds.by_answer import link_answers
from scrm_helpers.advocacy.deeds.segments import by_segment, within_segments
from scrm_helpers.advocacy.score.precision import compare_waves
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.rank import cluster_contributions, somers_d
from scrm_helpers.stats.resample import sign_flip_p

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
        asked = targeting_curve(amount, ranks, 100, replace(TERMS, seed=seed), draws=300)
        found += "no difference can be shown" not in asked.sentence
    assert found / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def alike(accounts, each, rng):
    """Rows of one account share part of their answer and part of their referring; the two have no connection."""
    codes = np.repeat(np.arange(accounts), each)
    score = np.clip(np.round(7 + 1.5 * rng.normal(size=accounts)[codes] + rng.normal(size=len(codes))), 0, 10)
    made = (rng.normal(size=accounts)[codes] + rng.normal(size=len(codes)) > 0.8).astype(int)
    return score, made, codes


@pytest.mark.parametrize("accounts", [20, 60])
def test_accounts_are_the_unit(accounts):
    rng, by_row, by_account, flipped = np.random.default_rng(2), 0, 0, 0
    for seed in range(600):
        score, made, codes = alike(accounts, 10, rng)
        by_row += not somers_d(made, score).interval.low <= 0 <= somers_d(made, score).interval.high
        whole = somers_d(made, score, clusters=codes).interval
        by_account += not whole.low <= 0 <= whole.high
        p = sign_flip_p(cluster_contributions(made, score, codes), draws=400, seed=seed)
        flipped += p is not None and p < 0.05
    assert by_row / 600 > 0.12  # rows taken for independent find what is not there
    assert flipped / 600 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)
    assert by_account / 600 <= (0.11 if accounts < 40 else 0.08)
