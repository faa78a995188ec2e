"""How the company grew: who joined when, what each would answer, whom each referred."""

# Generation by generation: organic customers and a few influencers first, then the people they brought, who
# refer in turn. All people live in one pool of flat arrays; `choose` cuts it to the wanted number of customers.

import numpy as np
from numpy.typing import NDArray

from scrm_helpers.sample import world
from scrm_helpers.sample.world import DAYS, WAVES, WINDOW, pick, sequences

Arrays = dict[str, NDArray]
SETTLED = 30  # days of membership before a customer can be asked


def grow(rng: np.random.Generator, customers: int) -> tuple[Arrays, Arrays]:
    """At least `customers` customers with everybody they referred; and the referrals, `child` -1 where nobody came."""
    influencers = max(5, round(customers * world.INFLUENCERS))
    generation = _founders(rng, customers, influencers, max(2, round(customers * world.CHAINS)))
    known, made = [], []
    total = 0
    while len(generation["joined"]):
        size = len(generation["joined"])
        generation["person"] = np.arange(total, total + size)
        total += size
        _add_answers(rng, generation)
        parts = [_referrals_in_window(rng, generation, window) for window in range(len(WAVES) + 1)]
        parts += [_chain_links(rng, generation), _influencer_referrals(rng, generation)]
        events = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        events["referrer"] = generation["person"][events["parent_row"]]
        children = np.flatnonzero(events["converts"])
        events["child"] = np.full(len(events["converts"]), -1)
        events["child"][children] = total + np.arange(len(children))
        known.append(generation)
        made.append(events)
        generation = _children(rng, generation, {name: values[children] for name, values in events.items()})
    people = {name: np.concatenate([part[name] for part in known]) for name in known[0]}
    return people, {name: np.concatenate([part[name] for part in made]) for name in made[0]}


def _founders(rng: np.random.Generator, customers: int, influencers: int, chains: int) -> Arrays:
    size = influencers + customers
    number = np.arange(size)
    influencer = number < influencers
    chain = ~influencer & (number < influencers + chains)
    joined = rng.integers(0, DAYS, size)
    joined = np.where(chain, rng.integers(0, 90, size), joined)
    return {
        "joined": np.where(influencer, 60 + joined * 2 // 3, joined),
        "influencer": influencer,
        "chain": np.where(chain, world.CHAIN_LENGTH, 0),
        "root": number,
        "parent": np.full(size, -1),
        "depth": np.zeros(size, dtype=np.int64),
        "region": pick(rng, world.REGION_SHARES, size),
        "rate_score": rng.standard_normal(size),
        "satisfaction": rng.standard_normal(size),
    }


def _children(rng: np.random.Generator, parents: Arrays, events: Arrays) -> Arrays:
    size = len(events["parent_row"])
    row = events["parent_row"]
    region = parents["region"][row]
    stays = rng.random(size) < world.SAME_REGION[region]
    alike = world.ALIKE[region] * stays
    return {
        "joined": events["converted"],
        "influencer": np.zeros(size, dtype=bool),
        "chain": np.where(events["chain_link"], parents["chain"][row] - 1, 0),
        "root": parents["root"][row],
        "parent": parents["person"][row],
        "depth": parents["depth"][row] + 1,
        "region": np.where(stays, region, pick(rng, world.REGION_SHARES, size)),
        "rate_score": alike * parents["rate_score"][row] + np.sqrt(1 - alike**2) * rng.standard_normal(size),
        "satisfaction": rng.standard_normal(size),
    }


def _add_answers(rng: np.random.Generator, people: Arrays) -> None:
    """Score, invitation and answer of every wave; `anchor` is the day from which referrals are counted."""
    from scipy.special import ndtr

    size = len(people["joined"])
    own, passing = np.sqrt(world.STABLE), np.sqrt(1 - world.STABLE)
    steps = np.cumsum(world.latent_scores())[:-1]
    for wave in range(len(WAVES) + 1):
        mood = ndtr(own * people["satisfaction"] + passing * rng.standard_normal(size))
        people[f"score_{wave}"] = np.searchsorted(steps, mood, side="right")
        if wave == 0:
            continue
        eligible = (people["joined"] <= WAVES[wave - 1] - SETTLED) & ~people["influencer"] & (people["chain"] == 0)
        invited = eligible & (rng.random(size) < world.INVITED_SHARE)
        answers = rng.random(size) < world.RESPONSE[people[f"score_{wave}"]]
        people[f"invited_{wave}"] = np.where(invited, WAVES[wave - 1] + rng.integers(0, 7, size), -1)
        people[f"answered_{wave}"] = invited & answers
        people[f"anchor_{wave}"] = WAVES[wave - 1] + rng.integers(7, 21, size)


def _referrals_in_window(rng: np.random.Generator, people: Arrays, window: int) -> Arrays:
    """The first referral within a window decides the funnel; the others make stars."""
    start, end = people["joined"] + 3, np.full(len(people["joined"]), WAVES[0])  # before the first wave
    if window:  # in the year after a wave
        member = people["joined"] <= WAVES[window - 1] - SETTLED
        start = np.where(member, people[f"anchor_{window}"], start)
        end = np.where(member, start, WAVES[window - 1] + 20) + WINDOW
    possible = (start < np.minimum(end, DAYS)) & ~people["influencer"] & (people["chain"] == 0)
    row = np.flatnonzero(possible & (rng.random(len(start)) < world.refers()[people[f"score_{window}"]]))
    brings = rng.random(len(row)) < world.FUNNEL["bring_a_customer"] / world.FUNNEL["refer"]
    star = rng.random(len(row)) < world.STAR_SHARE
    shape, chance = world.EXTRA_REFERRALS
    extra = rng.negative_binomial(shape, chance, len(row)) + np.where(star, rng.poisson(world.STAR_REFERRALS), 0)
    first = start[row] + 1 + rng.integers(0, WINDOW - 2, len(row))
    order = sequences(extra + 1)
    row_of = np.repeat(np.arange(len(row)), extra + 1)
    lag = np.where(order == 0, 0, rng.exponential(40.0, len(order))).astype(np.int64)
    referred = first[row_of] + lag
    last = start[row][row_of] + WINDOW
    converts = brings[row_of] & ((order == 0) | (rng.random(len(order)) < 0.5))
    converted = referred + 1 + rng.exponential(14.0, len(order)).astype(np.int64)
    converted = np.minimum(converted, np.maximum(last, referred))
    return _events(row[row_of], referred, converted, converts, referred < np.minimum(end[row][row_of], DAYS + 1))


def _chain_links(rng: np.random.Generator, people: Arrays) -> Arrays:
    row = np.flatnonzero(people["chain"] > 0)
    referred = people["joined"][row] + rng.integers(35, 85, len(row))
    converted = referred + rng.integers(2, 10, len(row))
    return _events(row, referred, converted, np.ones(len(row), dtype=bool), referred <= DAYS, chain=True)


def _influencer_referrals(rng: np.random.Generator, people: Arrays) -> Arrays:
    who = np.flatnonzero(people["influencer"])
    shape, chance = world.INFLUENCER_REFERRALS
    row = np.repeat(who, 1 + rng.negative_binomial(shape, chance, len(who)))
    referred = people["joined"][row] + rng.exponential(110.0, len(row)).astype(np.int64)
    converted = referred + 1 + rng.exponential(20.0, len(row)).astype(np.int64)
    return _events(row, referred, converted, rng.random(len(row)) < 0.35, referred <= DAYS)


def _events(
    row: NDArray, referred: NDArray, converted: NDArray, converts: NDArray, keep: NDArray, chain: bool = False
) -> Arrays:
    """A referral whose conversion lies after the last day has not converted yet."""
    return {
        "parent_row": row[keep],
        "referred": referred[keep],
        "converted": converted[keep],
        "converts": (converts & (converted <= DAYS))[keep],
        "chain_link": np.full(int(keep.sum()), chain),
    }


def choose(people: Arrays, customers: int) -> NDArray:
    """Which people of the pool are kept: whole trees until exactly `customers` customers are there."""
    size = np.bincount(people["root"], weights=~people["influencer"]).astype(np.int64)
    fits = np.cumsum(size) <= customers
    alone = np.flatnonzero(~fits & (size == 1))[: (customers - int(size[fits].sum()))]
    kept = fits.copy()
    kept[alone] = True
    return kept[people["root"]]
