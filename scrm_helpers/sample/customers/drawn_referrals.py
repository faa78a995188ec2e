"""The referrals table: converted, pending and declined ones, influencers outside the base, a few repeats."""

import numpy as np
import pandas as pd

from scrm_helpers.sample.columns import dates, ids, pick, words
from scrm_helpers.sample.customers.drawn_cascade import Arrays
from scrm_helpers.sample.world import DAYS

CHANNELS = ("link", "e-mail", "conversation", "social")
CHANNEL_SHARES = np.array([0.38, 0.27, 0.22, 0.13])
STATUS = ("converted", "pending", "declined")
REWARD = 20.0
REPEATED = 0.01
SECOND_REFERRER = 0.01


def referral_table(
    rng: np.random.Generator, people: Arrays, referrals: Arrays, as_of: pd.Timestamp, width: int
) -> pd.DataFrame:
    """One row per referral in the order of their dates."""
    referrals = _with_repeats(rng, people, referrals)
    size = len(referrals["referrer"])
    child = referrals["child"]
    outside = referrals["referrer"] < 0
    referrer = ids("C", np.maximum(referrals["referrer"], 0) + 1, width)
    referrer = referrer.mask(outside, ids("X", -1 - np.minimum(referrals["referrer"], -2), width))
    referred = ids("P", referrals["prospect"] + 1, width).mask(child >= 0, ids("C", np.maximum(child, 0) + 1, width))
    channel = pick(rng, CHANNEL_SHARES, size)
    waiting = (referrals["referred"] > DAYS - 60) & (rng.random(size) < 0.8)
    status = np.where(child >= 0, 0, np.where(waiting, 1, 2))
    pays = (child >= 0) & (channel <= 1) & ~referrals["again"]
    table = pd.DataFrame(
        {
            "referrer_id": referrer,
            "referred_id": referred,
            "referred_on": dates(referrals["referred"], as_of),
            "converted_on": dates(np.where(child >= 0, referrals["converted"], -1), as_of),
            "status": words(STATUS, status),
            "reward_cost": np.where(pays, REWARD, 0.0),
            "p_type1": np.round(rng.beta(5.0, 5.0, size), 2),
            "channel": words(CHANNELS, channel),
        }
    )
    return table.sort_values(["referred_on", "referrer_id", "referred_id"], ignore_index=True)


def _with_repeats(rng: np.random.Generator, people: Arrays, referrals: Arrays) -> Arrays:
    """Some people are referred twice by the same person, some by a second one who was never surveyed."""
    size = len(referrals["referrer"])
    number = np.where(referrals["child"] >= 0, -1, np.arange(size))
    base = {**referrals, "prospect": number, "again": np.zeros(size, dtype=bool)}
    gap = referrals["converted"] - referrals["referred"]
    roomy = (referrals["child"] >= 0) & (gap >= 2)
    twice = np.flatnonzero(roomy & (rng.random(size) < 2 * REPEATED))
    silent = np.flatnonzero(
        (people["invited_1"] < 0) & (people["invited_2"] < 0) & (people["invited_3"] < 0) & (people["chain"] == 0)
    )
    joint = np.flatnonzero(roomy & (rng.random(size) < 2 * SECOND_REFERRER)) if len(silent) else np.array([], int)
    other = silent[(rng.random(len(joint)) * len(silent)).astype(np.int64)] if len(silent) else joint
    fair = (people["joined"][other] < referrals["referred"][joint]) & (other != referrals["referrer"][joint])
    joint, other = joint[fair], other[fair]
    again = np.concatenate([twice, joint])
    extra = {name: values[again] for name, values in base.items()}
    extra["referrer"] = np.concatenate([base["referrer"][twice], other])
    extra["referred"] = np.where(np.arange(len(again)) < len(twice), extra["referred"] + 1, extra["referred"])
    extra["again"] = np.ones(len(again), dtype=bool)
    both = {name: np.concatenate([base[name], extra[name]]) for name in base}
    prospects = np.unique(both["prospect"][both["prospect"] >= 0])
    both["prospect"] = np.searchsorted(prospects, both["prospect"])
    return both
