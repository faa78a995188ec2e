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
