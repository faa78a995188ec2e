"""Threads: the messages of each conversation in order, who answers whom, and which conversations cannot be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.conversations.degrees.thread_features import COMPLAINS, FIRM, ROLES, measure_threads, what_was_said
from scrm_helpers.stats.tree_sums import climb
from scrm_helpers.tables.values.identity import rows_of, within_rings

NONE = -1  # in place of a message, an author or a thread
FAULTS = {  # what is wrong in the links and was set right, in the words of the note
    "later": "after the day of the report, left out",
    "undated": "without a day, left out",
    "missing": "answer a message that is not in the table",
    "circle": "answer one another in a circle, of which the earliest link was cut",
    "elsewhere": "answer a message of another thread, which was cut",
    "early": "stand before the message they answer",
    "nameless": "have no author, taken as one person a thread",
    "roleless": "have no known role, taken as customers'",
}


def link_messages(table: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, dict[str, int]]:
    """Number authors and threads, find for every message the one it answers, and count what is wrong in the links."""
    when = pd.to_datetime(table["occurred_on"]).to_numpy().astype("datetime64[us]").view(np.int64)
    undated = np.isnat(when.view("datetime64[us]"))
    end = np.datetime64(pd.Timestamp(as_of).normalize() + pd.Timedelta(days=1), "us").astype(np.int64)
    later = ~undated & (when >= end)
    faults = {"later": int(later.sum()), "undated": int(undated.sum())}
    row = np.arange(len(table))
    if len(row) and (undated.any() or later.any()):
        row = np.flatnonzero(~undated & ~later)
        table, when = table.iloc[row], when[row]
    parent, orphan = np.full(len(table), NONE, np.int32), np.zeros(len(table), bool)  # whether it answers nothing there
    if "in_reply_to" in table and "interaction_id" in table:
        parent = np.array(rows_of(table["in_reply_to"], table["interaction_id"]), dtype=np.int32)
        orphan = (parent < 0) & table["in_reply_to"].notna().to_numpy()
    faults["missing"] = int(orphan.sum())
    root, depth, endless = climb(parent)
    if len(endless):
        faults["circle"] = _cut_circles(parent, endless, when)
        root, depth, _ = climb(parent)
    thread = _threads(table, root)
    if (stray := (parent >= 0) & (thread != thread[parent])).any():
        faults["elsewhere"] = int(stray.sum())
        parent[stray] = NONE
        depth = climb(parent)[1]
    faults["early"] = int(np.count_nonzero((parent >= 0) & (when < when[parent])))
    role = np.full(len(table), NONE)  # a place in `ROLES`
    if "author_role" in table:
        code, names = pd.factorize(table["author_role"])
        role = np.append(pd.Index(ROLES).get_indexer(pd.Index(names).astype(str).str.lower()), NONE)[code]
    faults["roleless"], role = int((role < 0).sum()), np.maximum(role, 0).astype(np.int8)
    author, faults["nameless"] = _authors(table, thread, role)
    links = {"row": row, "when": when, "thread": thread, "author": author, "role": role}
    found = pd.DataFrame(links | {"parent": parent, "depth": depth, "orphan": orphan})
    return found, {fault: n for fault, n in faults.items() if n}


def _cut_circles(parent: np.ndarray, endless: np.ndarray, when: np.ndarray) -> int:
    """Cut the earliest link of every circle of replies, so that each tree has a first message."""
    inside, ring = within_rings(endless, np.arange(len(parent)), parent, len(parent))
    order = np.lexsort((inside, when[inside], ring))
    first = inside[order[np.concatenate([[True], np.diff(ring[order]) > 0])]]
    parent[first] = NONE
    return len(first)


def _threads(table: pd.DataFrame, root: np.ndarray) -> np.ndarray:
    """Number the threads as the table names them, else by the tree of replies."""
    code = root
    if "thread_id" in table:
        named = pd.factorize(table["thread_id"])[0]
        if (named >= 0).all():
            return named.astype(np.int32)
        top = named[root]
        code = np.where(named >= 0, named, np.where(top >= 0, top, named.max(initial=NONE) + 1 + root))
    return np.unique(code, return_inverse=True)[1].astype(np.int32)


def _authors(table: pd.DataFrame, thread: np.ndarray, role: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the authors; a customer may be named as such only, and who has no name is one person a thread and role."""
    blank = pd.Series(pd.NA, table.index, dtype="str")
    name, customer = table.get("author_id", blank), table.get("customer_id", blank)
    author = pd.factorize(name.where(name.notna() | (role != 0), customer) if name.hasnans else name)[0]
    if not (unnamed := author < 0).any():
        return author.astype(np.int32), 0
    stand_in = np.unique(thread[unnamed].astype(np.int64) * len(ROLES) + role[unnamed], return_inverse=True)[1]
    author[unnamed] = author.max(initial=NONE) + 1 + stand_in
    return author.astype(np.int32), int(unnamed.sum())


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

    messages: pd.DataFrame  # by thread and time: row, thread, author, parent, days, role, firm, asks, angry …
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
    links, faults = link_messages(interactions, day)
    links = links.iloc[_in_order(links, interactions)]
    opener, parent, starts = _openers(links)
    firm = np.isin(links["role"], [ROLES.index(one) for one in FIRM])
    kept = {name: links[name].to_numpy() for name in ("row", "thread", "author", "role")}
    linked = links["parent"].to_numpy() >= 0
    days = links["when"].to_numpy() / DAY
    messages = pd.DataFrame({**kept, "parent": parent, "days": days, "linked": linked, "firm": firm})
    first, opened, orphan = (links[name].to_numpy()[opener] for name in ("row", "when", "orphan"))
    by_day = bool((links["when"] % DAY == 0).all())
    del links, kept, parent, days, linked, firm  # millions of messages need the room
    messages = messages.assign(**what_was_said(interactions, messages["row"].to_numpy()))
    end = (day.normalize() + pd.Timedelta(days=1)).to_datetime64().astype("datetime64[us]").astype(np.int64)
    deleted = np.zeros(len(opener), bool)
    if "deleted" in interactions:
        deleted = interactions["deleted"].astype("boolean").fillna(False).to_numpy(bool)[first]
    why = [orphan, deleted, opened > end - young * DAY]
    heads = {
        "thread_id": _names(interactions, first),
        "channel": _word(interactions, "channel", first),
        "intent": _word(interactions, "intent", first),
        "inbound": ~messages["firm"].to_numpy()[opener],
        "opened_on": opened.astype("datetime64[us]"),
        "opener": messages["author"].to_numpy()[opener],
        "cut_off": pd.Categorical(np.select(why, list(CUT_OFF.values()), "")),
        "first": starts,
        "n": np.diff(np.append(starts, len(messages))),
    }
    table = pd.DataFrame({**heads, **measure_threads(messages, pd.DataFrame(heads), opener, end / DAY)})
    faults |= _machines(messages, opener, interactions)
    return Threads(messages, table, day, faults, by_day, tuple(name for name in USED if name not in interactions))


def _in_order(links: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Order messages by thread, time, place below the first message and id, so that the order of rows says nothing."""
    keys = ("depth", "when", "thread")  # the last comes first
    order = np.lexsort([links[key] for key in keys])
    alike = np.logical_and.reduce([np.diff(links[key].to_numpy()[order], prepend=-1) == 0 for key in keys])
    tied = np.flatnonzero(alike | np.append(alike[1:], False))
    rows = links.iloc[order[tied]]
    own = table["interaction_id"] if "interaction_id" in table else table["occurred_on"]
    names = pd.factorize(own.iloc[rows["row"]], sort=True)[0]
    order[tied] = order[tied][np.lexsort([names, *(rows[key].to_numpy() for key in keys)])]
    return order


def _openers(links: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First message of each thread that answers none; what answers nothing else in a thread answers this one."""
    place, count = np.empty(len(links), np.int32), len(links)
    place[links.index] = np.arange(count, dtype=np.int32)
    parent, thread = links["parent"].to_numpy(), links["thread"].to_numpy()
    parent = np.where(parent >= 0, place[parent], NONE).astype(np.int32)
    starts = np.flatnonzero(np.append(True, np.diff(thread) > 0)) if count else np.zeros(0, np.intp)
    top = np.where(parent < 0, np.arange(count), count)
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
    only = broadcasters(written, np.bincount(author[outside & alone], minlength=len(written)))
    voices = np.union1d(np.flatnonzero(written >= MACHINE * len(messages)), only)
    return {"machine": len(voices)} if len(voices) else {}


def broadcasters(written: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Find authors outside of whose messages none answers or wants anything, and who write far more than others so."""
    only = np.flatnonzero((alone == written) & (written > 0))
    far = max(BROADCASTS, BEYOND * np.quantile(written[only], 0.9)) if len(only) else np.inf
    return only[written[only] >= far]
