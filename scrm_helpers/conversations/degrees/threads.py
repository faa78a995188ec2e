"""Threads: the messages of each conversation in order, who opened it, and which conversations cannot be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.conversations.degrees.message_links import FAULTS, FIRM, NONE, ROLES, Links, link_messages
from scrm_helpers.conversations.degrees.thread_features import COMPLAINS, measure_threads, what_was_said

DAY = 86_400_000_000  # microseconds
USED = ("author_role", "intent", "text", "sentiment", "in_reply_to", "deleted", "gated", "thread_id")
UNKNOWN = "unknown"  # the channel that no row names
MACHINE = 0.2  # of all messages: one voice outside the firm with more is hardly a person
FEW = 100  # messages, below which one voice may well write so much
BROADCASTS, BEYOND = 10, 5  # messages, and times as many as most of those who never answer: hardly a person either
CUT_OFF = {
    "missing": "the first message is not in the table",
    "deleted": "the first message was deleted",
    "young": "opened too lately to judge",
}


@dataclass(frozen=True)
class Threads:
    """Messages by thread and time, a table of threads, and what was wrong in the links."""

    messages: pd.DataFrame  # by thread and time: row, thread, author, parent, days, role, firm, outside, asks, angry …
    table: pd.DataFrame  # one row a thread, in the order of `messages.thread`; `cut_off` says why it is not judged
    as_of: pd.Timestamp
    faults: dict[str, int]  # of messages, by `FAULTS`, and voices that write like a machine
    by_day: bool  # whether only days are known, and times between messages are whole days
    absent: tuple[str, ...]  # columns that the company does not have

    @property
    def remark(self) -> str:
        """What is wrong in the links and was set right, in one line for a note."""
        parts = [f"{numbers.plural(n, 'message')} {FAULTS[name]}" for name, n in self.faults.items() if name in FAULTS]
        if voices := self.faults.get("machine"):
            alike = "outside the firm that may be machines: a fifth of all messages, or far more than others, to nobody"
            parts.append(f"{numbers.plural(voices, 'voice')} {alike}")
        return "; ".join(parts)


def read_threads(interactions: pd.DataFrame, as_of: str | pd.Timestamp, *, young: float = 7.0) -> Threads:
    """Put messages into threads, each in the order in which it was written, and name what is wrong with the links.

    Parameters
    ----------
    interactions : pandas.DataFrame
        ``interaction_id, occurred_on`` and any of ``channel, thread_id, in_reply_to, author_id, author_role,
        customer_id, text, sentiment, intent, deleted``. Without ``thread_id`` the trees of replies are the threads.
    as_of : str or Timestamp, last day that counts
    young : float, days for which a thread is too young to judge

    Returns
    -------
    Threads

    Raises
    ------
    Refusal
        When there is nothing that puts messages into threads.

    Examples
    --------
    >>> rows = pd.DataFrame({"interaction_id": ["a", "b"], "occurred_on": pd.to_datetime(["2026-01-01", "2026-01-02"]),
    ...                      "in_reply_to": [None, "a"], "author_id": ["x", "y"]})
    >>> read_threads(rows, "2026-03-01").table[["n", "authors"]].to_numpy().tolist()
    [[2, 2]]
    """
    if "thread_id" not in interactions and "in_reply_to" not in interactions:
        raise Refusal(
            "The table interactions has neither thread_id nor in_reply_to. Messages that stand alone are no "
            "conversation. Give one of the two."
        )
    day = pd.Timestamp(as_of)
    links = link_messages(interactions, day)
    order = _in_order(links, interactions)
    opener, parent, starts = _openers(links, order)
    row, thread, when = links.row[order], links.thread[order], links.when[order]
    role = links.role[order]
    written = {
        "row": row,
        "thread": thread,
        "author": links.author[order],
        "parent": parent,
        "days": when / DAY,
        "linked": links.parent[order] >= 0,
        "role": role,
        "firm": np.isin(role, [ROLES.index(one) for one in FIRM]),
        "outside": role == ROLES.index("other"),
    }
    messages = pd.DataFrame({**written, **what_was_said(interactions, row)})
    first, head = row[opener], order[opener]
    opened = when[opener]
    end = (day.normalize() + pd.Timedelta(days=1)).to_datetime64().astype("datetime64[us]").astype(np.int64)
    deleted = np.zeros(len(opener), bool)
    if "deleted" in interactions:
        deleted = interactions["deleted"].astype("boolean").fillna(False).to_numpy(bool)[first]
    cut = np.select([links.orphan[head], deleted, opened > end - young * DAY], list(CUT_OFF.values()), "")
    heads = {
        "thread_id": _names(interactions, first),
        "channel": _word(interactions, "channel", first),
        "intent": _word(interactions, "intent", first),
        "inbound": ~messages["firm"].to_numpy()[opener],
        "opened_on": opened.astype("datetime64[us]"),
        "opener": messages["author"].to_numpy()[opener],
        "cut_off": pd.Categorical(cut),
        "first": starts,
        "n": np.diff(np.append(starts, len(row))),
    }
    table = pd.DataFrame({**heads, **measure_threads(messages, pd.DataFrame(heads), opener, end / DAY)})
    faults = links.faults | _machines(messages, opener, interactions)
    absent = tuple(name for name in USED if name not in interactions)
    return Threads(messages, table, day, faults, bool((when % DAY == 0).all()), absent)


def _in_order(links: Links, table: pd.DataFrame) -> np.ndarray:
    """Order messages by thread, time, place below the first message and id, so that the order of rows says nothing."""
    order = np.argsort(links.when, kind="stable")
    order = order[np.argsort(links.thread[order], kind="stable")]
    for rank in (links.depth, None):
        same = (np.diff(links.when[order]) == 0) & (np.diff(links.thread[order]) == 0)
        if rank is None:
            same &= np.diff(links.depth[order]) == 0
        if not same.any():
            break
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        rows = order[tied]
        if rank is None:
            names = table["interaction_id"] if "interaction_id" in table else table["occurred_on"]
            third = pd.factorize(names.iloc[links.row[rows]], sort=True)[0]
            order[tied] = rows[np.lexsort((third, links.depth[rows], links.when[rows], links.thread[rows]))]
        else:
            order[tied] = rows[np.lexsort((rank[rows], links.when[rows], links.thread[rows]))]
    return order


def _openers(links: Links, order: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First message of each thread that answers none; what answers nothing else in a thread answers this one."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    parent = links.parent[order]
    parent = np.where(parent >= 0, place[parent], NONE).astype(np.int32)
    thread = links.thread[order]
    starts = np.flatnonzero(np.append(True, np.diff(thread) > 0)) if len(order) else np.zeros(0, np.intp)
    top = np.where(parent < 0, np.arange(len(order)), len(order))
    opener = np.minimum.reduceat(top, starts) if len(starts) else starts
    loose = parent < 0
    loose[opener] = False
    parent[loose] = opener[thread[loose]]
    return opener, parent, starts


def _names(table: pd.DataFrame, first: np.ndarray) -> pd.Series:
    """Name each thread as the table does, else by its first message."""
    own = table["interaction_id"] if "interaction_id" in table else pd.Series(table.index, dtype="str")
    opening = own.iloc[first].reset_index(drop=True)
    if "thread_id" not in table:
        return opening
    named = table["thread_id"].iloc[first].reset_index(drop=True)
    return named.fillna("opened by " + opening) if named.hasnans else named


def _word(table: pd.DataFrame, column: str, first: np.ndarray) -> pd.Categorical[Any]:
    """What the first message of each thread says in a column of few words, or that it is unknown."""
    if column not in table:
        return pd.Categorical([UNKNOWN] * len(first))
    return pd.Categorical(table[column].iloc[first].fillna(UNKNOWN))


def _machines(messages: pd.DataFrame, opener: np.ndarray, interactions: pd.DataFrame) -> dict[str, int]:
    """Count voices outside the firm that write a fifth of all messages, or only broadcast and far more than others."""
    if len(messages) < FEW:
        return {}
    author, outside = messages["author"].to_numpy(), ~messages["firm"].to_numpy()
    written = np.bincount(author[outside])
    alone = np.isin(np.arange(len(messages)), opener) & (messages["known"] & ~messages["asks"]).to_numpy()
    if "intent" in interactions:
        code, names = pd.factorize(interactions["intent"])
        complains = np.append(pd.Series(names, dtype="str").str.contains(COMPLAINS, case=False).to_numpy(bool), False)
        alone &= ~complains[code[messages["row"]]]
    voices = np.union1d(np.flatnonzero(written >= MACHINE * len(messages)), broadcasters(author, outside, alone))
    return {"machine": len(voices)} if len(voices) else {}


def broadcasters(author: np.ndarray, outside: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Find authors outside who never answer anybody and want nothing, and write far more than others who do not."""
    written = np.bincount(author[outside], minlength=1)
    only = np.flatnonzero((np.bincount(author[outside & alone], minlength=len(written)) == written) & (written > 0))
    far = max(BROADCASTS, BEYOND * np.quantile(written[only], 0.9)) if len(only) else np.inf
    return only[written[only] >= far]
