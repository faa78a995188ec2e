"""Which public messages wait for an answer, and which are to be left alone whatever their authors are worth."""

import numpy as np
import pandas as pd

from scrm_helpers.conversations.degrees.thread_features import ASKS, COMPLAINS
from scrm_helpers.conversations.degrees.threads import broadcasters, read_threads

OPEN_DAYS = 30  # a message older than this is no longer waiting
UNHAPPY, HOSTILE = -0.2, -0.5  # sentiment below which a message is unhappy, and below which it attacks
MACHINE = 20  # messages of these days from which who writes half of all, or ever the same, is taken for a bot
WITH_THE_FIRM = ("employee", "brand", "partner")
ANSWERED, BOT = "has been answered already", "seems to be written by a machine"
QUARREL = "is part of a quarrel among several, which an answer would feed"
VENT = "vents and asks for nothing"
COLUMNS = ["person", "thread", "occurred_on", "channel", "intent", "sentiment", "reach", "followers", "asks", "barred"]
USED = ("sentiment", "intent", "reach", "customer_id", "author_id", "thread_id", "resolved")


def why_none(interactions: pd.DataFrame, as_of: pd.Timestamp) -> str:
    """Say why nobody can be known to wait in public; empty where that can be known."""
    for name in ("author_role", "is_public"):
        if name not in interactions or not interactions[name].notna().any():
            return f"interactions has no {name}"
    return "" if len(_recent(interactions, as_of)) else f"interactions has no message of the last {OPEN_DAYS} days"


def untold(interactions: pd.DataFrame) -> list[str]:
    """Columns that triage would use and that are absent or blank."""
    return [name for name in USED if name not in interactions or not interactions[name].notna().any()]


def find_open(interactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Find the latest public message of everybody outside; `barred` says why one is not to be answered."""
    # Whoever waits in several threads is answered in one.
    recent = _recent(interactions, as_of)
    if "thread_id" not in recent and "in_reply_to" not in recent:
        recent = recent.assign(thread_id=recent["interaction_id"])
    threads = read_threads(recent, as_of)
    said = threads.messages
    columns = [*USED, "interaction_id", "occurred_on", "channel", "author_role", "is_public", "text"]
    rows = recent.iloc[said["row"]].reindex(columns=columns).reset_index(drop=True)
    code, place = said["thread"].to_numpy(), np.arange(len(rows))
    rows["thread"] = threads.table["thread_id"].astype("str").array.take(code)
    rows["person"] = author_of(rows)
    rows["who"], rows["code"] = pd.factorize(rows["person"])[0], code
    public = rows["is_public"].astype("boolean").fillna(False).to_numpy(bool)
    outside = public & is_outside(rows).to_numpy()
    last_reply = pd.Series(np.where(said["firm"], place, -1)).groupby(code).transform("max").to_numpy()
    settled = (last_reply > place) | rows["resolved"].astype("boolean").fillna(False).to_numpy(bool)
    rows["asks"] = asks_for(rows) & ~settled
    rows["barred"] = np.where(settled, ANSWERED, "")
    for name in ("sentiment", "reach"):
        rows[name] = rows[name].astype(float)
    found = rows[outside].copy()
    found["asks"] = found["asks"].groupby([found["code"], found["who"]]).transform("max")
    found["followers"] = found["reach"].groupby(found["who"]).transform("max")
    quarrels, machines = _quarrels(found), _machines(found)
    only = _broadcasters(interactions, as_of)
    found = found.drop_duplicates(["code", "who"], keep="last")
    waits = found["barred"] == ""
    unhappy = (found["sentiment"] < UNHAPPY) | complains(found)
    known = found["intent"].notna() | found["text"].notna()
    found.loc[waits & unhappy & ~found["asks"] & known, "barred"] = VENT
    found.loc[waits & found["code"].isin(quarrels), "barred"] = QUARREL
    found.loc[found["who"].isin(machines) | found["person"].isin(only), "barred"] = BOT
    rank = (found["barred"] == "").to_numpy() * 2 + found["asks"].to_numpy()
    order = np.lexsort((found["occurred_on"].to_numpy(), rank))
    last = order[~pd.Series(found["who"].to_numpy()[order]).duplicated(keep="last").to_numpy()]
    return found[COLUMNS].iloc[np.sort(last)].reset_index(drop=True)


def _recent(interactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    day, when = as_of.normalize(), interactions["occurred_on"]
    return interactions[(when > day - pd.Timedelta(days=OPEN_DAYS)) & (when < day + pd.Timedelta(days=1))]


def author_of(messages: pd.DataFrame) -> pd.Series:
    """Who wrote: a customer under the customer id, anybody else under the author's, a nameless one as the message."""
    customer, author, own = (messages[name].astype("str") for name in ("customer_id", "author_id", "interaction_id"))
    return customer.where(messages["author_role"].eq("customer").to_numpy(bool)).fillna(author).fillna(own)


def is_outside(messages: pd.DataFrame) -> pd.Series:
    """Whether a message is neither by the firm nor by a partner."""
    return ~messages["author_role"].isin(WITH_THE_FIRM)


def asks_for(messages: pd.DataFrame) -> pd.Series:
    """Whether a message asks for something, by intent or question mark; a complaint of unknown text may well ask."""
    text = messages["text"].astype("str")
    marked = text.str.contains("?", regex=False, na=False)
    return marked | _intends(messages, ASKS) | (complains(messages) & text.isna())


def complains(messages: pd.DataFrame) -> pd.Series:
    """Whether a message complains by its intent."""
    return _intends(messages, COMPLAINS)


def _intends(messages: pd.DataFrame, pattern: str) -> pd.Series:
    code, intents = pd.factorize(messages["intent"])
    found = pd.Series(intents, dtype="str").str.contains(pattern, case=False).to_numpy(bool)
    return pd.Series(np.append(found, False)[code], messages.index)


def _quarrels(messages: pd.DataFrame) -> pd.Index:
    """Threads in which at least two people attack at least twice each."""
    times = messages[messages["sentiment"] < HOSTILE].groupby(["code", "who"]).size()
    fighters = times[times >= 2].groupby(level=0).size()
    return fighters[fighters >= 2].index


def _machines(messages: pd.DataFrame) -> pd.Index:
    """Authors who write half of all messages, or ever the same text."""
    written = messages["who"].value_counts()
    many = written[written >= MACHINE]
    texts = messages[messages["who"].isin(many.index)].groupby("who")["text"].agg(["nunique", "count"])
    same = texts.index[(texts["count"] >= MACHINE) & (texts["nunique"] <= texts["count"] / 5)]
    return many.index[many >= len(messages) / 2].union(same)


def _broadcasters(interactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.Index:
    """Authors who have ever only broadcast: rare in the last days, far beyond others over all."""
    if "in_reply_to" not in interactions:  # who answers whom is not known
        return pd.Index([])
    said = interactions[interactions["occurred_on"] < as_of.normalize() + pd.Timedelta(days=1)]
    said = said.reindex(columns=[*USED, "interaction_id", "author_role", "in_reply_to", "text"])
    code, names = pd.factorize(author_of(said))
    known = said["intent"].notna() | said["text"].notna()
    alone = said["in_reply_to"].isna() & known & ~asks_for(said) & ~complains(said)
    return names[broadcasters(code, is_outside(said).to_numpy(), alone.to_numpy(bool))]
