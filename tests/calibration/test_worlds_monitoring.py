"""Worlds of monitoring: ranges hold what was planted, and nothing is told apart where nothing is."""

import numpy as np
import pytest
from calibration.conftest import ASKED

from scrm_helpers.conversations.monitoring.first_reply import Waits
from scrm_helpers.conversations.monitoring.monitor_recall import chapman
from scrm_helpers.conversations.monitoring.term_growth import Monthly

WORLDS = ASKED or 1000


def waiting(rng, authors=120):
    """Conversations of authors who are answered more or less soon, some never, and watched for different times."""
    who = np.repeat(np.arange(authors), 1 + rng.poisson(1.5, authors))
    time = rng.exponential(2 / rng.gamma(2, 0.5, authors)[who])
    time[rng.random(len(who)) < 0.2] = np.inf
    watched = rng.uniform(1, 60, len(who))
    return Waits(np.minimum(time, watched), time <= watched, who), rng.random(authors)[who] < 0.4


def test_groups_that_wait_alike_are_told_apart_in_one_world_of_twenty(in_band):
    rng = np.random.default_rng(2)
    worlds = [waiting(rng) for _ in range(WORLDS)]
    assert in_band([waits.within(3).sooner(group, 0.95).p > 0.05 for waits, group in worlds])


def test_the_share_answered_and_the_median_hold_their_ranges(in_band):
    rng = np.random.default_rng(3)
    many, _ = waiting(rng, 100_000)
    share, median, held = many.answered_by(1, 0.95).value, many.median(0.95).value, []
    for _ in range(ASKED or 200):
        waits, _ = waiting(rng)
        part, half = waits.answered_by(1, 0.95), waits.median(0.95)
        held.append((part.low <= share <= part.high, half.low <= median <= (half.high or np.inf)))
    assert all(in_band(column, band=None) for column in np.transpose(held)), np.mean(held, axis=0)


def test_the_number_there_are_holds_its_range(in_band):
    rng = np.random.default_rng(4)
    found = rng.random((WORLDS, 2, 200)) < np.array([0.7, 0.5])[:, None]
    counts = [(*world.sum(axis=1), world.all(axis=0).sum()) for world in found]
    ranges = [chapman(*map(int, world)) for world in counts]
    assert in_band([each.low <= 200 <= each.high for each in ranges])


@pytest.mark.parametrize(("factor", "least", "most"), [(1.0, 0.0, 0.1), (4.0, 0.9, 1.0)])
def test_a_step_is_found_where_it_was_planted_and_nowhere_else(factor, least, most):
    rng, claimed, held = np.random.default_rng(5), [], []
    for seed in range(ASKED // 5 or 40):
        out_of = rng.poisson(120, 30) + 1.0
        share = 0.06 * np.where(np.arange(30) >= 18, factor, 1)
        step = Monthly(rng.negative_binomial(out_of * share / 0.4, 1 / 1.4).astype(float), out_of, seed=seed).step()
        claimed.append(step.factor.p <= 0.05)
        held.append(step.factor.low <= factor <= step.factor.high)
    assert least <= np.mean(claimed) <= most
    assert np.mean(held) >= 0.93
