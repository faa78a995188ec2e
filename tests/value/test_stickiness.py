"""Stickiness: the index by hand, people who come back, and a world in which nobody does."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.social import stickiness
from scrm_helpers.value.social.stickiness import topic_stickiness, words_said

AS_OF = pd.Timestamp("2026-06-30")
DAY = Terms(AS_OF, seed=20260930)
TOPICS = {"price": "price cheap", "repair": "repair Broken"}


def talk(rows):
    """Messages of (person, conversation, text)."""
    frame = pd.DataFrame(rows, columns=["author_id", "thread_id", "text"])
    numbered = [f"m{number}" for number in range(len(frame))]
    return frame.assign(interaction_id=numbered, occurred_on=pd.Timestamp("2026-01-15"), author_role="customer")


def people(kept, n=40, conversations=4, seed=3):
    """A crowd in which everybody speaks of one of two topics: always the same one, or a new one each time."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        own = rng.integers(2)
        for number in range(conversations):
            word = ["price", "repair"][own if kept else rng.integers(2)]
            rows.append((f"p{person:02d}", f"t{person}-{number}", f"my {word} today"))
    return talk(rows)


def test_index_by_hand(monkeypatch):
    rows = [("a", "t1", "cone cone"), ("a", "t2", "cone price"), ("b", "t3", "price price"), ("b", "t4", "price price")]
    # a: 3 of 4 words are about ice cream, everybody: 3 of 8, an index of 2; of money a has 0.4, b 1.6
    for at_least, stick in ((2.0, [1, 0, 1]), (1.6, [1, 1, 2]), (2.1, [0, 0, 0])):
        monkeypatch.setattr(stickiness, "AT_LEAST", at_least)
        told = topic_stickiness(talk(rows), {"ice": "cone", "money": "price"}, DAY)
        assert told.table["People who stick to it"].tolist() == stick


def test_words_are_counted_by_person_and_conversation_and_the_company_is_left_out():
    rows = talk(
        [("ann", "t1", "Price, price!"), ("ann", None, "repair"), ("eve", "t1", "price"), (None, "t1", "price")]
    )
    rows.loc[2, "author_role"] = "employee"
    assert words_said(rows).to_dict("list") == {
        "person_id": ["ann", "ann"],
        "talk": ["m1", "t1"],
        "word": ["repair", "price"],
        "count": [1, 2],
    }


def test_who_comes_back_is_found_and_who_wanders_is_not(monkeypatch):
    monkeypatch.setattr(stickiness, "AT_LEAST", 1.5)
    loyal = topic_stickiness(people(kept=True), TOPICS, DAY)
    number, chance = loyal.measures
    assert number.value == 40  # everybody's topic holds about half of all such words, so their index is about 2
    assert chance.value < 30
    assert "p = 0.002" in loyal.sentence  # one in 500 shuffles: the smallest that 499 of them can give
    wandering = topic_stickiness(people(kept=False), TOPICS, DAY)
    assert "nobody can be shown to stick" in wandering.sentence
    assert wandering.measures[1].low <= wandering.measures[0].value <= wandering.measures[1].high


def test_repeating_a_question_in_one_conversation_is_not_coming_back():
    once = talk([("ann", "t1", "price"), ("ann", "t1", "price price"), ("bob", "t2", "repair")])
    assert "nobody who spoke in two conversations" in topic_stickiness(once, TOPICS, DAY).sentence


def test_their_part_of_influence_value_and_nothing_after_the_day(monkeypatch):
    monkeypatch.setattr(stickiness, "AT_LEAST", 1.5)
    rows = people(kept=True, n=10)
    later = talk([("p00", "t9", "hello hello hello")]).assign(occurred_on=AS_OF + pd.Timedelta(days=1))
    worth = pd.Series({"p00": 30.0, "elsewhere": 70.0})
    told = topic_stickiness(pd.concat([rows, later]), TOPICS, DAY, influence=worth)
    assert told.table["Their part of influence value"].iloc[-1] == pytest.approx(0.3)
    alone = topic_stickiness(rows, TOPICS, DAY).table
    assert told.table[alone.columns].equals(alone)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (people(kept=True).drop(columns="text"), "no column text"),
        (talk([("ann", "t1", "hello")]), "nobody used any of the words"),
    ],
)
def test_what_cannot_be_said_is_said(rows, reason):
    told = topic_stickiness(rows, TOPICS, DAY)
    assert reason in told.sentence
    assert told.table.columns.empty
    assert [measure.value for measure in told.measures] == [None, None]
