"""Worlds of referrals and ties: what is not there is rarely claimed, what was planted is, and ranges hold the truth.

Half a minute.
"""

import numpy as np
import pytest

from scrm_helpers.network.forest.by_chance import beside_draws, dealt, held_by
from scrm_helpers.network.forest.growth import Arrivals
from scrm_helpers.network.graph.homophily import EVERYBODY, _claims
from scrm_helpers.network.graph.neighbours import TiedOrders, alikeness, following

WORLDS, MOST, LEAST = 2000, 0.065, 0.80
SPAN, FADING = 1500, 900.0  # days that the worlds run, and in which people come to refer less


def branching(rng, seeds=400, yearly=0.3, spread=0.5):
    """People who bring others at a rate that fades and differs between them; those brought do the same."""
    joined, cascade = rng.integers(0, SPAN, seeds), np.arange(seeds)
    joins, cascades, owners, ages, before = [joined], [cascade], [], [], 0
    while len(joined):
        left = SPAN - joined
        some = rng.gamma(spread, 1 / spread, len(joined)) * yearly / 365 * FADING * -np.expm1(-left / FADING)
        who = np.repeat(np.arange(len(joined)), rng.poisson(some))
        age = np.ceil(-FADING * np.log1p(rng.random(len(who)) * np.expm1(-left[who] / FADING))).astype(int)
        owners.append(who + before)
        ages.append(age)
        before += len(joined)
        joined, cascade = joined[who] + age, cascade[who]
        joins.append(joined)
        cascades.append(cascade)
    owner, age = np.concatenate(owners), np.concatenate(ages)
    order = np.argsort(age, kind="stable")
    return Arrivals(SPAN - np.concatenate(joins), owner[order], age[order], np.concatenate(cascades))


def brought_by(day, yearly=0.3):
    return yearly / 365 * FADING * -np.expm1(-day / FADING)


def test_the_curve_of_customers_brought_holds_its_range(in_band):
    rng = np.random.default_rng(1)
    held = np.zeros((WORLDS, 2))
    for number in range(WORLDS):
        world = branching(rng)
        for place, day in enumerate((365, 730)):
            _, low, high, _ = world.at(day, 0.95)
            held[number, place] = low <= brought_by(day) <= high
    assert all(in_band(column) for column in held.T), held.mean(axis=0)


def tied(rng, ties=150, alike=0.0, trigger=0.0, days=900):
    """Pairs with purchase rates that are alike; at `trigger` orders of the first bring one of the second in 14 days."""
    common, own = rng.normal(size=ties), rng.normal(size=(2, ties))
    rate = 0.012 * np.exp(np.sqrt(alike) * common + np.sqrt(1 - alike) * own).ravel()
    joined = np.concatenate([rng.integers(0, 200, ties), rng.integers(200, 300, ties)])
    who = np.repeat(np.arange(2 * ties), rng.poisson(rate * (days - joined)))
    day = joined[who] + (rng.random(len(who)) * (days - joined[who])).astype(int)
    heard = (who < ties) & (rng.random(len(who)) < trigger)
    more, after = who[heard] + ties, day[heard] + rng.integers(1, 15, int(heard.sum()))
    possible = (after > joined[more]) & (after < days)
    who, day = np.concatenate([who, more[possible]]), np.concatenate([day, after[possible]])
    start = np.concatenate([[0], np.cumsum(np.bincount(who, minlength=2 * ties))])
    one = np.arange(ties)
    return TiedOrders(one, one + ties, one, joined, start, day[np.lexsort((day, who))], days - 1)


def directions(rng, worlds, **kinds):
    """On which side of chance both claims of all ties lie, world by world."""
    found = []
    for _ in range(worlds):
        world = tied(rng, **kinds)
        alike = alikeness(world, world.joined[world.other] // 365, 99)
        claims = _claims(EVERYBODY, (alike, following(world, permutations=99)))
        found.append([claim.direction for claim in claims])
    return np.array(found)


def test_strangers_are_not_called_alike_nor_followers():
    found = directions(np.random.default_rng(1), WORLDS)
    assert ((found != 0).mean(axis=0) <= MOST).all(), (found != 0).mean(axis=0)


def test_planted_likeness_and_influence_are_shown_and_likeness_is_not_called_following():
    alike = directions(np.random.default_rng(2), 300, alike=0.42)  # rank correlation .27: 90 % power among 150
    assert (alike[:, 0] == 1).mean() >= LEAST
    assert (alike[:, 1] == 1).mean() <= MOST
    led = directions(np.random.default_rng(3), 200, ties=80, trigger=0.2)
    assert (led[:, 1] == 1).mean() >= LEAST


@pytest.mark.parametrize("kept", [0.0, 0.25])
def test_regions_dealt_at_random_hold_no_ties_and_planted_ones_do(kept):
    # 300 ties over three regions: chance holds a third; a quarter of the others kept inside is a share of one half
    rng, shown = np.random.default_rng(4), 0
    worlds = WORLDS if not kept else 300
    for _ in range(worlds):
        region = rng.integers(0, 3, 200)
        row, column = rng.integers(0, 200, (2, 300))
        same = rng.random(300) < kept
        column[same] = [rng.choice(np.flatnonzero(region == region[one])) for one in row[same]]
        dealt = rng.permuted(np.tile(region, (199, 1)), axis=1)
        chance = beside_draws(
            (region[row] == region[column]).mean(), (dealt[:, row] == dealt[:, column]).mean(axis=1), ""
        )
        shown += chance.p <= 0.05
    assert shown / worlds <= MOST if not kept else shown / worlds >= LEAST


def best_fifth(rng, spread, customers=600, yearly=0.25):
    """Whether the best fifth are said to hold more (or less) than chance gives, referrals falling as they may."""
    years = np.sort(rng.uniform(0, 3, customers))[::-1]
    count = rng.poisson(yearly * years * (rng.gamma(spread, 1 / spread, customers) if spread else 1.0))
    owner = np.repeat(np.arange(customers), count)
    worth, group = rng.lognormal(3, 0.8, len(owner)), np.arange(customers) // 20
    found = held_by(np.bincount(owner, worth, minlength=customers), 0.2)
    drawn = (held_by(np.bincount(dealt(owner, group, rng), worth, minlength=customers), 0.2) for _ in range(99))
    chance = beside_draws(found, drawn, "")
    return np.sign(found - chance.value) * (chance.p <= 0.05)


def test_referrals_that_fall_by_chance_are_not_said_to_be_held_by_few():
    rng = np.random.default_rng(5)
    size = np.mean([best_fifth(rng, 0) != 0 for _ in range(WORLDS)])
    assert size <= MOST, size
    power = np.mean([best_fifth(rng, 0.2) == 1 for _ in range(200)])
    assert power >= LEAST, power
