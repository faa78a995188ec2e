"""Worlds of threads: labels without meaning are rarely claimed, planted ones are, and the shares hold their ranges.

About half a minute.
"""

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.conversations import intent_or_channel_model, social_without_media
from scrm_helpers.conversations.degrees.six_degrees import Judged

INTENTS = np.array(["praise", "complaint", "question", "idea", "chat"])
CHANNELS = np.array(["community", "social", "blog", "e-mail", "phone", "shop"])
PLANTED = np.array([-1.0, -0.8, 0.0, 0.9, 0.4])  # log odds that others join


def world(seed, by_intent=0.0, by_channel=0.0, threads=700):
    """Threads of authors who differ, each with one intent and one channel that they often come back to."""
    rng = np.random.default_rng(seed)
    author = rng.integers(0, threads // 3, threads)
    habit = rng.random(threads) < 0.5
    intent = np.where(habit, author % 5, rng.integers(0, 5, threads))
    channel = np.where(habit, author // 5 % 6, rng.integers(0, 6, threads))
    odds = by_intent * PLANTED[intent] + by_channel * np.linspace(-1, 1, 6)[channel]
    line = odds + rng.normal(0, 0.6, threads)[author] + rng.logistic(size=threads)
    level = np.digitize(line, [-0.5, 0.5, 2.0])
    return pd.DataFrame(
        {
            "inbound": True,
            "intent": INTENTS[intent],
            "channel": pd.Categorical(CHANNELS[channel]),
            "degree": np.array([1, 3, 5, 6])[level],
            "third": level >= 2,
            "peers": False,
            "authors": np.where(level > 0, 2, 1),
            "cluster": author,
        }
    )


def claims(ask, worlds, **planted):
    found = [ask(Judged(None, world(seed, **planted), {}), TERMS).claims[0] for seed in worlds]
    return np.array([claim.direction for claim in found])


def test_labels_without_meaning_are_rarely_said_to_explain():
    shown = claims(intent_or_channel_model, range(400))
    assert np.count_nonzero(shown) / 400 <= 0.083


@pytest.mark.parametrize(("planted", "direction"), [({"by_intent": 1.5}, 1), ({"by_channel": 1.5}, -1)])
def test_the_label_that_was_planted_is_found(planted, direction):
    assert (claims(intent_or_channel_model, range(4), **planted) == direction).all()


def test_channels_that_are_alike_are_rarely_told_apart():
    assert np.count_nonzero(claims(social_without_media, range(400))) / 400 <= 0.083
