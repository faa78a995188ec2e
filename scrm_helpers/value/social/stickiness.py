"""Stickiness: which topics a person comes back to more than others do, and whether that is more than chance."""

from collections.abc import Mapping
from dataclasses import field
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.value.social.influence import STAFF

AT_LEAST = 2.0  # times everybody's share of words from which a person sticks to a topic
ROUNDS = 499  # shuffles of conversations among people
STICK, HELD = "People who stick to it", "Their part of influence value"


class Stickiness(Answer):
    """Who comes back to which topic, beside what chance gives."""

    ABSENT = "Who sticks to which topic cannot be said: {reason}."

    found: Measure = unknown("people_who_stick_to_a_topic", "count")
    chance: Measure = unknown("people_who_would_by_chance", "count")
    topics: pd.DataFrame = field(default_factory=pd.DataFrame)
    conversations: int = 0

    def claimed(self) -> tuple[Claim, ...]:
        low, high = self.chance.ends
        dealt = Chance(self.chance.value or 0.0, "conversations dealt to people at random", low, high)
        tested = f"people whose share of words on a topic is {AT_LEAST:g} times everybody's or more"
        return (Claim(name="people_stick_to_topics", tested=tested, estimate=self.found, chance=dealt),)

    def words(self) -> Words:
        people, shares = numbers.plural(self.found.n or 0, "person", "people"), {"Share of words", HELD}
        shown, p = self.tested("people_stick_to_topics").direction > 0, self.found.p or 1.0
        dealt = f"about {numbers.count(self.chance.value)} would if conversations were dealt by chance (p = "
        dealt += f"{numbers.decimal(p, 3 if p < 0.05 else 2)})"
        return Words(
            sentence=f"Of {people} who spoke in two conversations or more, {numbers.count(self.found.value)} come back "
            f"to a topic at least {AT_LEAST:g} times as often as everybody does"
            + (f"; {dealt}." if shown else f", and {dealt}: nobody can be shown to stick to a topic."),
            table=self.topics,
            formats={name: "percent" if name in shares else "count" for name in map(str, self.topics.columns[1:])},
            caption="Who comes back to which topic",
            note=f"n = {people}, {numbers.plural(self.conversations, 'conversation')}; index: own share of words over "
            f"everybody's; by chance: {ROUNDS} shuffles, 95% range",
        )


def words_said(messages: pd.DataFrame) -> pd.DataFrame:
    """Count the words of each person in each conversation, in small letters; the company's own words are left out."""
    told = messages[messages["text"].notna() & messages["author_id"].notna()]
    if "author_role" in told:
        told = told[~told["author_role"].isin(STAFF)]
    talk = told["interaction_id"]
    if "thread_id" in told:
        talk = told["thread_id"].where(told["thread_id"].notna(), talk)
    words = told["text"].str.lower().str.findall(r"\w+")
    said = pd.DataFrame({"person_id": told["author_id"], "talk": talk, "word": words}).explode("word").dropna()
    return said.groupby(["person_id", "talk", "word"], as_index=False).size().rename(columns={"size": "count"})


def topic_stickiness(
    messages: pd.DataFrame | None, topics: Mapping[str, str], terms: Terms, *, influence: pd.Series | None = None
) -> Stickiness:
    """Find who comes back to a topic (its words parted by spaces), and how many would if chance dealt conversations."""
    # Only people with two conversations or more; a conversation as a whole is dealt, so that somebody who repeats a
    # question in one place does not count as coming back
    if messages is None:
        return Stickiness(reason="the company folder has no table interactions")
    untold = sorted({"author_id", "text"} - set(messages.columns))
    if untold:
        return Stickiness(reason=f"the table interactions has no column {', '.join(untold)}")
    belongs = {word: topic for topic, listed in topics.items() for word in listed.lower().split()}
    said = words_said(messages[messages["occurred_on"] <= terms.as_of])
    said = said.assign(topic=said["word"].map(belongs))
    if said["topic"].isna().all():
        return Stickiness(reason="nobody used any of the words of the topics")
    said = said[said["person_id"].map(said.groupby("person_id")["talk"].nunique()) > 1]
    if said["topic"].isna().all():
        return Stickiness(reason="nobody who spoke in two conversations or more used any of the words of the topics")
    names = [name for name in topics if (said["topic"] == name).any()]
    talk = ["person_id", "talk"]  # per conversation of a person the words of each topic and, last, all words
    counts = said.fillna({"topic": ""}).pivot_table("count", talk, "topic", aggfunc="sum", fill_value=0)
    words = np.column_stack([counts[names].to_numpy(float), counts.sum(axis=1)])
    person, people = pd.factorize(counts.index.get_level_values(0), sort=True)
    sticks = _sticks(words, person)
    rng = np.random.default_rng(terms.seed)
    dealt = np.stack([_sticks(words, rng.permutation(person)).sum(axis=0) for _ in range(ROUNDS)])
    share = [*words[:, :-1].sum(axis=0), words[:, :-1].sum()] / words[:, -1].sum()
    table = pd.DataFrame({"Topic": [*names, "any of them"], "Share of words": share, STICK: sticks.sum(axis=0)})
    by_chance = dealt.mean(axis=0), *np.quantile(dealt, [0.025, 0.975], axis=0)
    table[["By chance", "By chance, from", "By chance, to"]] = np.transpose(by_chance)
    if influence is not None and (held := influence.reindex(people).fillna(0.0).to_numpy(float)).sum() > 0:
        table[HELD] = held @ sticks / float(influence.sum())
    found, count = int(sticks[:, -1].sum()), partial(Measure, unit="count", n=len(people))
    mean, *ends = (float(column[-1]) for column in by_chance)
    p = (1 + int((dealt[:, -1] >= found).sum())) / (len(dealt) + 1)
    return Stickiness(
        population="people who spoke in two conversations or more",
        window="all messages so far",
        found=count(name="people_who_stick_to_a_topic", value=float(found), p=p, no_range="chance has the range"),
        chance=count(name="people_who_would_by_chance", value=mean, low=ends[0], high=ends[1]),
        topics=table,
        conversations=len(words),
    )


def _sticks(words: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Tell for each person whether the index of each topic, and last of any topic, reaches the level."""
    sums = np.stack([np.bincount(person, weights=column) for column in words.T], axis=1)
    share = sums[:, :-1] / sums[:, -1:]
    reached = share >= AT_LEAST * words[:, :-1].sum(axis=0) / words[:, -1].sum()
    return np.column_stack([reached, reached.any(axis=1)])
