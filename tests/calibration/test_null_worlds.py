"""Many segments and two waves that differ by chance seldom show a difference."""

import numpy as np
import pandas as pd
from given import TERMS
from worlds import survey_world

from scrm_helpers.advocacy.deeds.by_answer import link_answers
from scrm_helpers.advocacy.deeds.segments import by_segment, within_segments
from scrm_helpers.advocacy.score.waves import compare_waves
from scrm_helpers.answers.terms import Terms


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
