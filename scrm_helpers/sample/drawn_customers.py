"""What customers do, a table each: join, buy, answer surveys (or stay silent), refer others, hand in ideas."""

# Purchases follow BG/NBD, amounts Gamma-Gamma; some orders come back, and some are triggered by a referrer's

import numpy as np
import pandas as pd
from numpy.random import Generator

from scrm_helpers.sample import world
from scrm_helpers.sample.drawn_cascade import Arrays
from scrm_helpers.sample.world import DAYS, INTENDS_FROM, WAVES, dates, ids, pick, sequences, words


def customer_table(rng: Generator, people: Arrays, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
    """One row per customer in the order of joining; influencers outside the customer base are not in it."""
    size = len(people["joined"])
    channel_names = (*world.ORGANIC_CHANNELS, "referral")
    channel = pick(rng, world.ORGANIC_SHARES, size)
    channel[people["parent"] != -1] = len(world.ORGANIC_CHANNELS)
    typical = np.array([world.ACQUISITION_COST[name] for name in channel_names])[channel]
    # segments lean a little on satisfaction, so that they differ in their scores
    below = np.cumsum(world.SEGMENT_SHARES * np.exp(np.outer(people["satisfaction"], world.SEGMENT_TILT)), axis=1)
    segment = (below < (rng.random(size) * below[:, -1])[:, None]).sum(axis=1)
    return pd.DataFrame(
        {
            "customer_id": ids("C", np.arange(1, size + 1), width),
            "joined_on": dates(people["joined"], as_of),
            "segment": words(world.SEGMENTS, segment),
            "region": words(world.REGIONS, people["region"]),
            "acquisition_channel": words(channel_names, channel),
            "acquisition_cost": np.round(typical * rng.gamma(20.0, 1 / 20.0, size), 2),
            "consent_contact": pd.array(rng.random(size) < world.CONSENT_SHARE, dtype="boolean"),
        }
    )


def transaction_table(
    rng: Generator, people: Arrays, as_of: pd.Timestamp, width: int
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Orders in the order of their dates, and how many of them a referrer triggered, by region."""
    customer, day, last_day = _base_orders(rng, people)
    caused, caused_day = _triggered_orders(rng, people, customer, day, last_day)
    customer, day = np.concatenate([customer, caused]), np.concatenate([day, caused_day])
    spend = world.GAMMA_GAMMA
    typical = rng.gamma(spend["q"], 1 / spend["gamma"], len(people["joined"]))
    amount = np.maximum(np.round(rng.gamma(spend["p"], 1.0, len(day)) / typical[customer], 2), 0.5)
    margin = np.round(amount * rng.beta(35.0, 65.0, len(day)), 2)
    marketing = np.round(rng.exponential(1.2, len(day)), 2)

    back = np.flatnonzero((rng.random(len(day)) < world.REFUND_SHARE) & (day < DAYS - 20))
    share = np.where(rng.random(len(back)) < 0.6, 1.0, 0.5)
    columns = {
        "customer": np.concatenate([customer, customer[back]]),
        "day": np.concatenate([day, day[back] + rng.integers(1, 21, len(back))]),
        "amount": np.concatenate([amount, np.round(-amount[back] * share, 2)]),
        "margin": np.concatenate([margin, np.round(-margin[back] * share, 2)]),
        "marketing": np.concatenate([marketing, np.zeros(len(back))]),
    }
    order = np.lexsort((columns["customer"], columns["day"]))
    columns = {name: values[order] for name, values in columns.items()}
    table = pd.DataFrame(
        {
            "order_id": ids("O", np.arange(1, len(order) + 1), max(7, width + 1)),
            "customer_id": ids("C", columns["customer"] + 1, width),
            "ordered_on": dates(columns["day"], as_of),
            "amount": columns["amount"],
            "margin": columns["margin"],
            "currency": pd.Series(["EUR"], dtype="str").repeat(len(order)).to_numpy(),
            "marketing_cost": columns["marketing"],
        }
    )
    region = np.bincount(people["region"][caused], minlength=len(world.REGIONS))
    return table, {name: int(count) for name, count in zip(world.REGIONS, region, strict=True)}


def _base_orders(rng: Generator, people: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First order on the day of joining, then BG/NBD: Poisson purchases until the customer drops out."""
    from scipy.special import gammaincinv, ndtr

    size = len(people["joined"])
    shape = world.BG_NBD
    rate = gammaincinv(shape["r"], ndtr(people["rate_score"])) / shape["alpha"] / 7
    left = DAYS - people["joined"]
    possible = rng.poisson(rate * left)
    until = rng.geometric(np.maximum(rng.beta(shape["a"], shape["b"], size), 1e-12))
    who = np.repeat(np.arange(size), possible)
    time = people["joined"][who] + rng.random(len(who)) * left[who]
    time = time[np.lexsort((time, who))]
    rank = sequences(possible)
    keep = rank < until[who]
    last_day = np.full(size, DAYS)
    final = np.flatnonzero(keep & (rank == until[who] - 1))
    last_day[who[final]] = time[final].astype(np.int64)
    customer = np.concatenate([np.arange(size), who[keep]])
    return customer, np.concatenate([people["joined"], time[keep].astype(np.int64)]), last_day


def _triggered_orders(
    rng: Generator, people: Arrays, customer: np.ndarray, day: np.ndarray, last_day: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Influence: within days of a referrer's order a person he referred sometimes orders too."""
    zero = world.REGIONS.index(world.ZERO_INFLUENCE_REGION)
    child = np.flatnonzero((people["parent"] >= 0) & (people["region"] != zero))
    order = np.argsort(customer, kind="stable")
    counts = np.bincount(customer, minlength=len(last_day))
    starts = np.cumsum(counts) - counts
    parent = people["parent"][child]
    seen = counts[parent]
    friend = np.repeat(child, seen)
    at = day[order[np.repeat(starts[parent], seen) + sequences(seen)]]
    when = at + rng.integers(1, world.TRIGGER_DAYS + 1, len(at))
    happens = (rng.random(len(at)) < world.TRIGGER) & (at > people["joined"][friend]) & (when <= last_day[friend])
    return friend[happens], when[happens]


CHANNELS = ("link", "e-mail", "conversation", "social")
CHANNEL_SHARES = np.array([0.38, 0.27, 0.22, 0.13])
STATUS = ("converted", "pending", "declined")
REWARD = 20.0
REPEATED = 0.01
SECOND_REFERRER = 0.01


def referral_table(rng: Generator, people: Arrays, referrals: Arrays, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
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
    table = pd.DataFrame(
        {
            "referrer_id": referrer,
            "referred_id": referred,
            "referred_on": dates(referrals["referred"], as_of),
            "converted_on": dates(np.where(child >= 0, referrals["converted"], -1), as_of),
            "status": words(STATUS, status),
            "reward_cost": np.where((child >= 0) & (channel <= 1) & ~referrals["again"], REWARD, 0.0),
            "p_type1": np.round(rng.beta(5.0, 5.0, size), 2),
            "channel": words(CHANNELS, channel),
        }
    )
    return table.sort_values(["referred_on", "referrer_id", "referred_id"], ignore_index=True)


def _with_repeats(rng: Generator, people: Arrays, referrals: Arrays) -> Arrays:
    """Some people are referred twice by the same person, some by a second one who was never surveyed."""
    size = len(referrals["referrer"])
    number = np.where(referrals["child"] >= 0, -1, np.arange(size))
    base = {**referrals, "prospect": number, "again": np.zeros(size, dtype=bool)}
    roomy = (referrals["child"] >= 0) & (referrals["converted"] - referrals["referred"] >= 2)
    twice = np.flatnonzero(roomy & (rng.random(size) < 2 * REPEATED))
    unasked = np.all([people[f"invited_{wave}"] < 0 for wave in (1, 2, 3)], axis=0)
    silent = np.flatnonzero(unasked & (people["chain"] == 0))
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
    both["prospect"] = np.searchsorted(np.unique(both["prospect"][both["prospect"] >= 0]), both["prospect"])
    return both


PRAISE = ("Works as promised", "Friendly help", "Easy to use", "I tell my colleagues", "Good value")
NEUTRAL = ("It is fine", "Does the job", "No strong view")
COMPLAINT = ("Delivery was late", "Waited for an answer", "Hard to set up", "Too many steps")


def survey_table(rng: Generator, people: Arrays, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
    """One row per invitation; without an answer `responded_on` and `score` are empty."""
    parts = []
    for wave in range(1, len(WAVES) + 1):
        row = np.flatnonzero(people[f"invited_{wave}"] >= 0)
        answered = people[f"answered_{wave}"][row]
        score = people[f"score_{wave}"][row]
        says = rng.random(len(score)) < np.where(score >= INTENDS_FROM, 0.62, 0.18)
        parts.append(
            pd.DataFrame(
                {
                    "survey_id": ids("S", wave * 10 ** max(6, width) + row + 1, max(7, width + 1)),
                    "customer_id": ids("C", row + 1, width),
                    "wave": words(["W1", "W2", "W3"], np.full(len(row), wave - 1)),
                    "invited_on": dates(people[f"invited_{wave}"][row], as_of),
                    "responded_on": dates(np.where(answered, people[f"anchor_{wave}"][row], -1), as_of),
                    "score": np.where(answered, score, np.nan),
                    # what people say they did: asked from the second wave on, and too rosy
                    "did_recommend": pd.Series(pd.array(says, dtype="boolean")).where(answered & (wave > 1)),
                    "text": _texts(rng, score, answered),
                }
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["invited_on", "survey_id"], ignore_index=True)


def _texts(rng: Generator, score: np.ndarray, answered: np.ndarray) -> pd.Series:
    phrases = (*COMPLAINT, *NEUTRAL, *PRAISE)
    draw = rng.random(len(score))
    first = np.select([score <= 6, score <= 8], [0, len(COMPLAINT)], len(COMPLAINT) + len(NEUTRAL))
    count = np.select([score <= 6, score <= 8], [len(COMPLAINT), len(NEUTRAL)], len(PRAISE))
    writes = answered & (rng.random(len(score)) < 0.35)
    return words(phrases, np.where(writes, first + (draw * count).astype(np.int64), -1))


IDEA_STATUS = ("submitted", "rejected", "accepted", "implemented")
IDEA_SHARES = np.array([0.45, 0.30, 0.13, 0.12])
IMPLEMENTED = IDEA_STATUS.index("implemented")


def idea_table(rng: Generator, joined: np.ndarray, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
    """One row per contribution; shares of one idea sum to one; value is the present value to the company."""
    ideas = max(60, round(len(joined) / 25))
    submitted = np.sort(rng.integers(200, DAYS - 5, ideas))
    status = pick(rng, IDEA_SHARES, ideas)
    takes = rng.integers(60, 400, ideas)
    status = np.where((status == IMPLEMENTED) & (submitted + takes > DAYS), IDEA_STATUS.index("accepted"), status)
    value = np.round(rng.lognormal(7.0, 1.3, ideas), 2)
    cost = np.round(rng.gamma(2.0, 400.0, ideas), 2)
    people = np.where(rng.random(ideas) < 0.25, 2, 1)
    idea = np.repeat(np.arange(ideas), people)
    known = np.searchsorted(joined, submitted)[idea]
    contributor = ((rng.random(ideas)[idea] * known).astype(np.int64) + sequences(people) * 7) % known
    done = status[idea] == IMPLEMENTED
    return pd.DataFrame(
        {
            "idea_id": ids("D", idea + 1, width),
            "contributor_id": ids("C", contributor + 1, width),
            "submitted_on": dates(submitted[idea], as_of),
            "status": words(IDEA_STATUS, status[idea]),
            "share": np.where(people[idea] == 1, 1.0, np.where(sequences(people) == 0, 0.6, 0.4)),
            "value": np.where(done, value[idea], np.nan),
            "cost": np.where(done, cost[idea], np.nan),
            "implemented_on": dates(np.where(done, (submitted + takes)[idea], -1), as_of),
        }
    )
