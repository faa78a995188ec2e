"""The customers table."""

import numpy as np
import pandas as pd

from scrm_helpers.sample import world
from scrm_helpers.sample.columns import dates, ids, pick, words
from scrm_helpers.sample.customers.drawn_cascade import Arrays


def customer_table(rng: np.random.Generator, people: Arrays, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
    """One row per customer in the order of joining; influencers outside the customer base are not in it."""
    size = len(people["joined"])
    channel_names = (*world.ORGANIC_CHANNELS, "referral")
    channel = pick(rng, world.ORGANIC_SHARES, size)
    channel[people["parent"] != -1] = len(world.ORGANIC_CHANNELS)
    typical = np.array([world.ACQUISITION_COST[name] for name in channel_names])[channel]
    return pd.DataFrame(
        {
            "customer_id": ids("C", np.arange(1, size + 1), width),
            "joined_on": dates(people["joined"], as_of),
            "segment": words(world.SEGMENTS, _segments(rng, people["satisfaction"])),
            "region": words(world.REGIONS, people["region"]),
            "acquisition_channel": words(channel_names, channel),
            "acquisition_cost": np.round(typical * rng.gamma(20.0, 1 / 20.0, size), 2),
            "consent_contact": pd.array(rng.random(size) < world.CONSENT_SHARE, dtype="boolean"),
        }
    )


def _segments(rng: np.random.Generator, satisfaction: np.ndarray) -> np.ndarray:
    """Segments lean a little on satisfaction, so that segments differ in their scores."""
    weights = world.SEGMENT_SHARES * np.exp(np.outer(satisfaction, world.SEGMENT_TILT))
    below = np.cumsum(weights, axis=1)
    return (below < (rng.random(len(satisfaction)) * below[:, -1])[:, None]).sum(axis=1)
