"""What people are worth beyond buying: ranges that hold what comes, and nothing found where nothing is.

About a minute.
"""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.social.coming_referrals import bringing_again
from scrm_helpers.value.social.coming_year import Deeds, Seen, foretell
from scrm_helpers.value.social.engagement import risen_by_chance
from scrm_helpers.value.social.influence import WINDOW_DAYS, estimated_influence_share, moves_purchases

FITS, MARGIN = 400, 0.033  # a fit takes longer than ten milliseconds
DAY = pd.Timestamp("2026-06-30")


def a_year(rng, shape, bursts, n=700, rate=0.3):
    """Foretell a year of people whose rates fall with age, and tell whether the ranges hold what came."""
    end = rng.uniform(0, 4, n)
    own = rng.gamma(shape, 1 / shape, n) if shape else np.ones(n)
    many = rng.poisson(own * rate * (end + np.minimum(end, 0.5)) / bursts)
    who = np.repeat(np.arange(n), many)
    whole = rng.random(len(who)) * (end[who] + np.minimum(end[who], 0.5))
    at = np.where(whole < 2 * np.minimum(end[who], 0.5), whole / 2, whole - np.minimum(end[who], 0.5))
    again = rng.geometric(1 / bursts, len(who))  # of one moment
    who, at = np.repeat(who, again), np.repeat(at, again)
    known, now = end > 1, end - 1
    place = np.cumsum(known) - 1
    past, coming = (known[who] & side for side in (at < now[who], at >= now[who]))
    size = rng.lognormal(3, 0.8, past.sum())
    done = Deeds(place[who[past]], at[past], np.tile(size[:, None], 12), size)
    none = np.zeros(known.sum())
    year = foretell(Seen(none, now[known], none.astype(int)), done, int(rng.integers(1 << 30)), 299)
    came = coming.sum(), rng.lognormal(3, 0.8, coming.sum()).sum()
    ends = (np.quantile(drawn, [0.025, 0.975]) for drawn in (year.counts, year.values))
    return [low <= one <= high for one, (low, high) in zip(came, ends, strict=True)]


@pytest.mark.parametrize(("shape", "bursts"), [(0, 1), (0.5, 1), (0, 2)])
def test_the_range_of_the_coming_year_holds_what_comes(shape, bursts):
    rng = np.random.default_rng(20260930)
    count, value = np.mean([a_year(rng, shape, bursts) for _ in range(FITS)], axis=0)
    assert abs(count - 0.95) <= MARGIN
    assert 0.91 - 0.011 <= value <= 0.97 + 0.011  # heavy-tailed money


def known(rng, n):
    return pd.DataFrame({"seen_on": DAY - pd.to_timedelta(rng.integers(365, 1500, n), "D"), "is_customer": True})


def referrers(rng, keen, n=500):
    """Conversions of two periods: by people picked anew in each, or by the same few."""
    people = known(rng, n)
    age = (DAY - people["seen_on"]).dt.days.to_numpy() / 365
    weight = age * np.where(rng.random(n) < 0.2, keen, 1.0)  # the older have brought more
    early, late = (rng.choice(n, many, p=chance / chance.sum()) for many, chance in ((90, weight), (60, weight / age)))
    days = np.repeat([-30, 30], [90, 60])
    rows = pd.DataFrame({"referrer_id": [*early, *late], "converted_on": DAY + pd.to_timedelta(days, "D")})
    share, chance = bringing_again(rows, people, DAY)
    return chance.exceeded_by(share)


def test_shuffled_referrers_are_seldom_said_to_bring_again_and_the_same_ones_are():
    rng = np.random.default_rng(1)
    assert np.mean([referrers(rng, 1.0) for _ in range(2_000)]) <= 0.065
    assert np.mean([referrers(rng, 8.0) for _ in range(200)]) >= 0.8


def influenced(rng, moved, people=120):
    """Reactions and orders of people of whom some order at a reaction."""
    ids = np.arange(people)
    joined = pd.Series(DAY - pd.to_timedelta(rng.integers(100, 900, people), "D"), ids)
    span = (DAY - joined).dt.days.to_numpy()
    who = rng.integers(0, people, 350)
    reacted = pd.DataFrame({"influenced": who, "day": (rng.random(350) * span[who]).astype(int)})
    buyer = np.repeat(ids, rng.poisson(span / 60))
    days = [(rng.random(len(buyer)) * span[buyer]).astype(int)]
    follow = reacted[rng.random(350) < moved]
    days.append(follow["day"].to_numpy() + rng.integers(1, WINDOW_DAYS + 1, len(follow)))
    buyer = np.concatenate([buyer, follow["influenced"]])
    orders = pd.DataFrame({"customer_id": buyer})
    orders["ordered_on"] = joined.to_numpy()[buyer] + pd.to_timedelta(np.concatenate(days), "D")
    reacted["occurred_on"] = joined.to_numpy()[who] + pd.to_timedelta(reacted["day"], "D")
    return moves_purchases(estimated_influence_share(reacted, orders, DAY, joined)).verdict == "shown"


def test_messages_that_move_nobody_seldom_seem_to_and_those_that_do_are_found():
    rng = np.random.default_rng(2)
    assert np.mean([influenced(rng, 0.0) for _ in range(2_000)]) <= 0.065
    assert np.mean([influenced(rng, 0.25) for _ in range(100)]) >= 0.8


def credited(rng, ties, n=300):
    """People of whom some are credited with what others buy: anybody, or those who buy least themselves."""
    age = rng.integers(0, 1000, n)
    own = rng.gamma(1.0, 20.0, n) * (1 - age / 1500)
    chosen = rng.random(n) < np.where(own < np.median(own), 0.3 + ties, 0.3 - ties)
    people = pd.DataFrame({"own": own, "credited": np.where(chosen, rng.gamma(1.0, 15.0, n), 0.0)})
    chance = risen_by_chance(people, pd.Series(DAY - pd.to_timedelta(age, "D")))
    return not chance.low <= (people["credited"] > people["own"]).sum() <= chance.high


def test_credit_dealt_at_random_seldom_stands_out_and_credit_of_small_buyers_does():
    rng = np.random.default_rng(3)
    assert np.mean([credited(rng, 0.0) for _ in range(2_000)]) <= 0.065
    assert np.mean([credited(rng, 0.25) for _ in range(100)]) >= 0.8
