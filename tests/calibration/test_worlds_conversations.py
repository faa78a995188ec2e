"""Worlds of conversations: what is not there is rarely claimed, what was planted is, and ranges hold the truth."""

import numpy as np
import pytest
from conversation_worlds import drawn_units
from given import TERMS

from scrm_helpers.conversations.triage.lottery_evaluation import judge_units
from scrm_helpers.stats.intervals import clustered_share

WORLDS = 2000


@pytest.mark.parametrize(("authors", "more", "spread"), [(20, 4, (1, 4)), (200, 3, (2, 2)), (100, 0, (3, 1))])
def test_a_share_of_messages_holds_its_range_where_authors_are_alike(in_band, authors, more, spread):
    rng, held = np.random.default_rng(1), []
    truth = spread[0] / sum(spread)
    for _ in range(WORLDS):
        author = np.repeat(np.arange(authors), 1 + rng.poisson(more, authors))
        found = clustered_share(rng.random(len(author)) < rng.beta(*spread, authors)[author], author)
        held.append(found.low <= truth <= found.high)
    assert in_band(held), np.mean(held)


def test_the_effect_of_answering_that_was_planted_lies_in_its_ranges():
    held = []
    for seed in range(400):
        found = judge_units(drawn_units(seed), TERMS)
        truth = {"effect": 0.15, "weighted": 0.15, "uplift": 0.15 / 0.35}
        ranges = [getattr(found, name).ends for name in truth]
        held.append([low <= true <= high for (low, high), true in zip(ranges, truth.values(), strict=True)])
    assert np.abs(np.mean(held, axis=0) - 0.95).max() <= 0.033, np.mean(held, axis=0)  # three standard errors


def test_where_answering_changes_nothing_it_is_rarely_claimed():
    claimed = [
        judge_units(drawn_units(seed, effect=0.0), TERMS).claims[0].verdict == "shown" for seed in range(1000, 1300)
    ]
    assert np.mean(claimed) <= 0.05 + 3 * 0.0126


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
    assert in_band([waits.within(3).sooner(group, 0.95)[1] > 0.05 for waits, group in worlds])


def test_the_share_answered_and_the_median_hold_their_ranges(in_band):
    rng = np.random.default_rng(3)
    many, _ = waiting(rng, 100_000)
    share, median, held = many.answered_by(1, 0.95).value, many.median(0.95).value, []
    for _ in range(400):
        part, half = (
            found for waits in [waiting(rng)[0]] for found in (waits.answered_by(1, 0.95), waits.median(0.95))
        )
        held.append((part.low <= share <= part.high, half.low <= median <= (half.high or np.inf)))
    assert all(in_band(column, band=0.03) for column in np.transpose(held)), np.mean(held, axis=0)


def test_the_number_there_are_holds_its_range(in_band):
    rng = np.random.default_rng(4)
    found = rng.random((WORLDS, 2, 200)) < np.array([0.7, 0.5])[:, None]
    counts = [(*world.sum(axis=1), world.all(axis=0).sum()) for world in found]
    ranges = [chapman(*map(int, world)) for world in counts]
    assert in_band([each.low <= 200 <= each.high for each in ranges])


@pytest.mark.parametrize(("factor", "least", "most"), [(1.0, 0.0, 0.1), (4.0, 0.9, 1.0)])
def test_a_step_is_found_where_it_was_planted_and_nowhere_else(factor, least, most):
    rng, claimed, held = np.random.default_rng(5), [], []
    for seed in range(100):
        out_of = rng.poisson(120, 30) + 1.0
        share = 0.06 * np.where(np.arange(30) >= 18, factor, 1)
        step = Monthly(rng.negative_binomial(out_of * share / 0.4, 1 / 1.4).astype(float), out_of, seed=seed).step()
        claimed.append(step.p <= 0.05)
        held.append(step.factor.low <= factor <= step.factor.high)
    assert least <= np.mean(claimed) <= most
    assert np.mean(held) >= 0.93
