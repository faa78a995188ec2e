"""The six degrees from the business's side: how it keeps each place (a channel) in each quarter, by rule."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.conversations.degrees.threads import Threads

PLACES = {  # degree and reason of each kind, in the order in which they are tried
    "community": (6, "customers talk with one another, and the firm is one voice among many"),
    "fingers crossed": (5, "open and left alone: the firm seldom speaks"),
    "answering": (5, "open, and whoever writes is answered, but few others take part"),
    "comment nicely": (4, "open, but much of what customers write is removed"),
    "pretending": (3, "customers write; hardly anybody is answered, or mostly with advertising"),
    "broadcast with bait": (2, "the firm speaks behind a form, and nobody answers"),
    "broadcast": (1, "the firm speaks, and nobody answers"),
}


@dataclass(frozen=True)
class Practice:
    """Where the degrees of a place part."""

    near_none: float = 0.1  # share of customers' threads answered, from which on the firm is present
    present: float = 0.5  # the same, below which it seldom speaks; and of its messages, from which on they advertise
    joined: float = 0.25  # share of the threads in which others take part, from which on customers talk to each other
    removed: float = 0.1  # share of customers' messages removed, from which on comments are held back
    gated: float = 0.5  # share of the firm's own threads behind a form


def business_degrees(threads: Threads, interactions: pd.DataFrame, fewest: int, at: Practice) -> pd.DataFrame:
    """Judge each channel in each quarter: threads, degree (0 where it is not known) and kind."""
    table, messages = threads.table, threads.messages
    quarter = table["opened_on"].dt.to_period("Q")
    place, (channels, quarters) = _places(table["channel"], quarter)
    count, thread = len(channels), messages["thread"].to_numpy()
    firm, advert = messages["firm"].to_numpy(), messages["advert"].to_numpy()
    inbound, talks = table["inbound"].to_numpy(), (table["n"] > table["firm_n"]).to_numpy()
    answered = inbound & (table["firm_n"] > 0).to_numpy()
    joined = ((table["third"] > 0) | table["peers"]).to_numpy()
    gate, removed = (_flag(interactions, name, messages["row"].to_numpy()) for name in ("gated", "deleted"))

    def share(which: np.ndarray, among: np.ndarray) -> np.ndarray:
        at_place = place if len(which) == len(place) else place[thread]
        of = np.bincount(at_place, among, count)
        return np.divide(np.bincount(at_place, which & among, count), of, out=np.zeros(count), where=of > 0)

    every = np.ones(len(thread), bool)
    reply, voice = share(answered, inbound), share(firm, every)
    advertises = share(advert, firm & inbound[thread]) >= at.present
    open_ = np.bincount(place, talks, count) > 0
    held = share(removed == 1, ~firm & (removed >= 0)) >= at.removed
    peers, speaks = share(joined, talks) >= at.joined, (reply >= at.near_none) & ~advertises
    first = table["first"].to_numpy()
    bait = share(gate[first] == 1, ~inbound & (gate[first] >= 0)) >= at.gated
    told = {
        "community": open_ & ~held & peers & speaks & (voice < at.present),
        "fingers crossed": open_ & ~held & (peers | speaks) & (reply < at.present),
        "answering": open_ & ~held & speaks,
        "comment nicely": open_ & held,
        "pretending": open_,
        "broadcast with bait": bait,
        "broadcast": np.ones(count, bool),
    }
    kind = np.select(list(told.values()), range(len(PLACES)))
    degree = np.array([degree for degree, _ in PLACES.values()])[kind]
    known = np.where(open_, share(removed >= 0, ~firm[:]) > 0, share(gate[first] >= 0, ~inbound) > 0)
    size = np.bincount(place, minlength=count)
    found = pd.DataFrame(
        {"channel": channels, "quarter": quarters, "threads": size, "inbound": np.bincount(place, inbound, count)}
    )
    found["degree"], found["kind"] = np.where(known, degree, 0), np.where(known, np.array(list(PLACES))[kind], "")
    return found[size >= fewest].reset_index(drop=True)


def _places(channel: pd.Series, quarter: pd.Series) -> tuple[np.ndarray, tuple[np.ndarray, pd.PeriodIndex]]:
    when, quarters = pd.factorize(quarter, sort=True)
    code, first = channel.cat.codes.to_numpy().astype(np.int64) * max(len(quarters), 1) + when, np.zeros(0)
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return place, (channel.astype(str).to_numpy()[first], pd.PeriodIndex(quarter.iloc[first]))


def _flag(table: pd.DataFrame, name: str, row: np.ndarray) -> np.ndarray:
    """Yes, no or unknown (1, 0, -1) of every message; unknown where the company has no such column."""
    if name not in table:
        return np.full(len(row), -1, np.int8)
    return table[name].astype("Int8").fillna(-1).to_numpy(np.int8)[row]
