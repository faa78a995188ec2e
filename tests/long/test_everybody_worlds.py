"""The range of the score of everybody where the answer decides who answers: a thousand worlds a kind, five minutes."""

import numpy as np
import pandas as pd
import pytest
from worlds import waves_world

from scrm_helpers.advocacy.silent.weighting import weighted_to_invited
from scrm_helpers.answers.terms import Terms

NOTHING = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
NO_ORDERS = pd.DataFrame({"customer_id": [], "ordered_on": pd.to_datetime([])})
KINDS = {
    "the happy answer more": {},
    "who answers is left to chance": {"response": np.full(11, 0.45)},
    "the unhappy answer more": {"response": np.repeat([0.55, 0.45, 0.35], [7, 2, 2])},
    "both ends answer more": {"response": np.repeat([0.45, 0.3, 0.6], [7, 2, 2])},
    "some have the habit of answering": {"habit": 1.0},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_range_of_everybody_holds_the_truth(kind):
    held, shown = [], 0
    for seed in range(1000):
        world = waves_world(seed=seed, n=1500, **KINDS[kind])
        found = weighted_to_invited(world.surveys, world.customers, NOTHING, NO_ORDERS, Terms(world.as_of))
        low, high = found.everybody.ends
        held.append(low <= world.truth <= high)
        shown += found.tested("everybody_scores_otherwise").verdict == "shown"
    assert np.mean(held) >= 0.93
    if kind == "who answers is left to chance":
        assert shown / 1000 <= 0.065
