"""The transactions table: BG/NBD purchases, Gamma-Gamma amounts, refunds, and orders triggered by a referrer."""

import numpy as np
import pandas as pd

from scrm_helpers.sample import world
from scrm_helpers.sample.columns import dates, ids, sequences
from scrm_helpers.sample.customers.drawn_cascade import Arrays
from scrm_helpers.sample.world import DAYS


def transaction_table(
    rng: np.random.Generator, people: Arrays, as_of: pd.Timestamp, width: int
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


def _base_orders(rng: np.random.Generator, people: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First order on the day of joining, then BG/NBD: Poisson purchases until the customer drops out."""
    from scipy.special import gammaincinv, ndtr

    size = len(people["joined"])
    shape = world.BG_NBD
    rate = gammaincinv(shape["r"], ndtr(people["rate_score"])) / shape["alpha"] / 7
    left = DAYS - people["joined"]
    possible = rng.poisson(rate * left)
    drop = np.maximum(rng.beta(shape["a"], shape["b"], size), 1e-12)
    until = rng.geometric(drop)
    who = np.repeat(np.arange(size), possible)
    time = people["joined"][who] + rng.random(len(who)) * left[who]
    time = time[np.lexsort((time, who))]
    rank = sequences(possible)
    keep = rank < until[who]
    last_day = np.full(size, DAYS)
    final = np.flatnonzero(keep & (rank == until[who] - 1))
    last_day[who[final]] = time[final].astype(np.int64)
    customer = np.concatenate([np.arange(size), who[keep]])
    day = np.concatenate([people["joined"], time[keep].astype(np.int64)])
    return customer, day, last_day


def _triggered_orders(
    rng: np.random.Generator, people: Arrays, customer: np.ndarray, day: np.ndarray, last_day: np.ndarray
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
