"""Worlds of conversations: what is not there is rarely claimed, what was planted is, and ranges hold the truth."""

import numpy as np
import pytest

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
