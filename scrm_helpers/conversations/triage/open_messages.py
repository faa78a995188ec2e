"""Which public messages wait for an answer, which are to be left alone, and what an answer to each is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal
from scrm_helpers.conversations.degrees.thread_features import ASKS, BLOCK, COMPLAINS
from scrm_helpers.conversations.degrees.threads import broadcasters, read_threads
from scrm_helpers.tables.contract.settings import Settings

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
    machines, attacks = _machines(found), found[found["sentiment"] < HOSTILE].groupby(["code", "who"]).size()
    fighters = attacks[attacks >= 2].groupby(level=0).size()
    quarrels = fighters.index[fighters >= 2]  # threads in which at least two people attack at least twice each
    only = _broadcasters(interactions, as_of)
    found = found.drop_duplicates(["code", "who"], keep="last")
    waits = found["barred"] == ""
    unhappy = (found["sentiment"] < UNHAPPY) | complains(found)
    known = found["intent"].notna() | found["text"].notna()
    found.loc[waits & unhappy & ~found["asks"] & known, "barred"] = VENT
    found.loc[waits & found["code"].isin(quarrels), "barred"] = QUARREL
    found.loc[found["who"].isin(machines) | found["person"].isin(only), "barred"] = BOT
    found["rank"] = 2 * (found["barred"] == "") + found["asks"]
    last = found.sort_values(["rank", "occurred_on"]).drop_duplicates("who", keep="last").sort_index()
    return last[COLUMNS].reset_index(drop=True)


def _recent(interactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    day, when = as_of.normalize(), interactions["occurred_on"]
    which = (when > day - pd.Timedelta(days=OPEN_DAYS)) & (when < day + pd.Timedelta(days=1))
    return pd.DataFrame({name: column[which] for name, column in interactions.items()})  # a table would be copied whole


def author_of(messages: pd.DataFrame) -> pd.Series:
    """Who wrote: a customer under the customer id, anybody else under the author's, a nameless one as the message."""
    customer, author, own = (messages[name].astype("str") for name in ("customer_id", "author_id", "interaction_id"))
    named = messages["author_role"].eq("customer").to_numpy(bool) & customer.notna().to_numpy()
    found = author.mask(named, customer)
    return found.fillna(own) if found.hasnans else found  # each step is a copy of millions of names


def is_outside(messages: pd.DataFrame) -> pd.Series:
    """Whether a message is neither by the firm nor by a partner."""
    return ~messages["author_role"].isin(WITH_THE_FIRM)


def asks_for(messages: pd.DataFrame) -> pd.Series:
    """Whether a message asks for something, by intent or question mark; a complaint of unknown text may well ask."""
    text = messages["text"].astype("str")
    marked = text.str.contains("?", regex=False, na=False)
    return marked | complains(messages, ASKS) | (complains(messages) & text.isna())


def complains(messages: pd.DataFrame, pattern: str = COMPLAINS) -> pd.Series:
    """Whether a message complains by its intent, or is of another kind of intents."""
    code, intents = pd.factorize(messages["intent"])
    found = pd.Series(intents, dtype="str").str.contains(pattern, case=False).to_numpy(bool)
    return pd.Series(np.append(found, False)[code], messages.index)


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
    said = interactions.reindex(columns=[*USED, "interaction_id", "occurred_on", "author_role", "in_reply_to", "text"])
    until, written = as_of.normalize() + pd.Timedelta(days=1), list[pd.DataFrame]()
    for start in range(0, max(len(said), 1), BLOCK):  # the names of millions of messages need too much room at once
        part = said.iloc[start : start + BLOCK]
        counts = (part["occurred_on"] < until) & is_outside(part)
        known = part["intent"].notna() | part["text"].notna()
        alone = part["in_reply_to"].isna() & known & ~asks_for(part) & ~complains(part)
        written.append(alone[counts].astype(int).groupby(author_of(part)[counts]).agg(["size", "sum"]))
    each = pd.concat(written).groupby(level=0).sum()
    return each.index[broadcasters(each["size"].to_numpy(), each["sum"].to_numpy())]


ENDS = ("low", "value", "high")
MEASURES = ("is_customer", *(f"{name}{end}" for name in ("clv", "crv_next", "civ") for end in ("", "_low", "_high")))
Range = tuple[float, float, float]  # low, middle, high


@dataclass(frozen=True)
class Answering:
    """What is assumed of answering: the parameters of chapter 06 and the settings of the company."""

    hours: float = 0.0  # a week for answering; 0 sets no limit
    uplift: Range = (0.05, 0.2, 0.4)  # share of the value at stake that an answer keeps at a tone of -1 or 1
    escalates: tuple[float, float] = (0.05, 0.02)  # share of vents that get worse when answered, and when left alone
    minutes: float = 6.0  # that an answer takes; 0 is not known
    complaint_minutes: float = 12.0  # that an answer to a complaint takes
    hourly_rate: float = 35.0  # what an hour of answering costs
    readers: Range = (0.0, 0.001, 0.002)  # share of those reached whom an author moves to buy, where that is not known
    contact_cost: float | None = None  # of an answer, where the minutes are not known; None is not known either
    lottery_share: float = 0.0  # of the threads that wait, over which a reply lottery is drawn; 0 draws none
    # Effect that a reply lottery found, of messages that ask and of those that do not: instead of `uplift`.
    measured: Mapping[bool, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, many in (("uplift", 3), ("escalates", 2)):
            given = getattr(self, name)
            ordered = many == 2 or list(given) == sorted(given)
            if len(given) != many or not all(0 <= share <= 1 for share in given) or not ordered:
                what = "low, middle, high" if many == 3 else "when answered, when left alone"
                raise Refusal(f"The parameter {name} is {list(given)}: give {many} shares from 0 to 1 ({what}).")

    def effect(self, sentiment: pd.Series, asks: pd.Series) -> np.ndarray:
        """Effect of an answer, low, middle and high: zero at neutral, half the strongest for whoever asks calmly."""
        strength = sentiment.abs().fillna(0.0).to_numpy(float)
        strength = np.maximum(strength, np.where(asks, 0.5, 0.0))
        found = np.outer(self.uplift, strength)
        for asking, kept in self.measured.items():
            found = np.where(asks == asking, np.array(kept)[:, None], found)
        return found


def answering(settings: Settings, given: Mapping[str, Any]) -> Answering:
    """Take what is assumed of answering from the settings of a company and the parameters of a chapter."""
    own: dict[str, Any] = {one.name: given[one.name] for one in fields(Answering) if one.name in given}
    own["hours"] = own.get("hours") or settings.hours or 0.0
    return Answering(**own, contact_cost=settings.cost_per_contact)


def worth_of_answers(messages: pd.DataFrame, people: pd.DataFrame, how: Answering) -> pd.DataFrame:
    """Value each answer: `low`, `value`, `high`, the `hours` it takes, and the author's `clv`, `influence`, `known`."""
    known = people.reindex(columns=["person_id", *MEASURES]).set_index("person_id")
    own = dict(zip(MEASURES, known.reindex(messages["person"]).to_numpy(float, na_value=np.nan).T, strict=True))
    customer = own["is_customer"] == 1
    mean = float(np.nan_to_num(known["clv"].astype(float).mean()))
    clv = _ranged(own, "clv", np.where(customer, [[0.0], [mean], [2 * mean]], 0.0))  # unknown of a customer: the mean
    # What is credited for influence is part of others' value, and may be a limit: its middle lies between its ends.
    ends = _ranged(own, "civ", np.zeros((3, 1)))[[0, 0, 2]]
    ends[1] = ends[[0, 2]].mean(axis=0)
    by_reach = np.outer(how.readers, messages["reach"].astype(float).fillna(0.0).to_numpy() * mean)
    influence = np.where(np.isfinite(own["civ"]) & (customer | (own["civ"] != 0)), ends, by_reach)
    stake = clv + _ranged(own, "crv_next", np.zeros((3, 1))) + influence
    unhappy = (messages["sentiment"] < UNHAPPY).to_numpy() & ~messages["asks"].to_numpy(bool)
    barred = messages["barred"].isin([VENT, QUARREL]).to_numpy()
    feeds = barred | unhappy
    effect = how.effect(messages["sentiment"], messages["asks"])
    effect = np.where(barred & (False not in how.measured), 0.0, effect)
    effect = effect - np.where(feeds, how.escalates[0] - how.escalates[1], 0.0)  # the increase that answering causes
    minutes = np.where(messages["intent"] == "complaint", how.complaint_minutes, how.minutes)
    cost = np.where(minutes > 0, minutes / 60 * how.hourly_rate, how.contact_cost or 0.0)
    corners = np.stack([effect[end] * stake[side] for end in (0, 2) for side in (0, 2)])
    net = np.stack([corners.min(axis=0), effect[1] * stake[1], corners.max(axis=0)]) - cost
    worth = pd.DataFrame(dict(zip(ENDS, net, strict=True)), messages.index)
    return worth.assign(hours=minutes / 60, clv=clv[1], influence=influence[1], customer=customer)


def _ranged(own: Mapping[str, np.ndarray], name: str, otherwise: np.ndarray) -> np.ndarray:
    """Low end, middle and high end of a measure of the authors; without a range the middle is all three."""
    middle = own[name]
    ends = [np.where(np.isnan(end), middle, end) for end in (own[f"{name}_low"], own[f"{name}_high"])]
    return np.where(np.isnan(middle), otherwise, np.stack([ends[0], middle, ends[1]]))
