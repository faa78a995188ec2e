"""Every thread has exactly the degree that was planted, by the rules of post 002 applied from six down to one."""

import pandas as pd
import pytest

from scrm_helpers.sample.drawn_conversations import DEGREE_OF_THREAD


def degree(thread: pd.DataFrame) -> int:
    """The rules on one thread, written here a second time and on their own."""
    words = thread["text"].str.split().str.len()
    business = thread["author_role"].isin(["brand", "employee", "partner"])
    opener = thread["author_id"].iloc[0]
    customer_share = words[~business].sum() / words.sum()
    imbalance = abs(customer_share - 0.5) * 2
    author = dict(zip(thread["interaction_id"], thread["author_id"], strict=True))
    answered = thread.dropna(subset=["in_reply_to"])
    arrows = {(a, author[b]) for a, b in zip(answered["author_id"], answered["in_reply_to"], strict=True)}
    dyads = {frozenset(arrow) for arrow in arrows if arrow[0] != arrow[1]}
    mutual = sum((b, a) in arrows for a, b in arrows if a < b) / len(dyads) if dyads else 0.0
    hub = thread["author_id"].value_counts(normalize=True).iloc[0]
    third = thread.loc[~business & (thread["author_id"] != opener), "author_id"].nunique()
    request = (thread["intent"] == "question").any()
    follow_up = (thread["author_id"].iloc[1:2] == opener).any()
    if thread["author_id"].nunique() >= 5 and mutual > 0.5 and hub < 0.5:
        return 6
    if imbalance <= 0.5 and third >= 1:
        return 5
    if request and follow_up:
        return 4
    if business.any() and not business.all() and imbalance > 0.5:
        return 3
    if thread["text"].str.contains("@").any():
        return 2
    return 1 if len(thread) == 1 and not request else 0


def test_every_thread_has_its_planted_degree(small):
    threads = small.tables["interactions"].groupby("thread_id")
    found = {int(name[1:]): degree(thread) for name, thread in threads}
    assert found == {number: DEGREE_OF_THREAD[number % 20] for number in range(len(found))}
    assert set(found.values()) == {1, 2, 3, 4, 5, 6}


def test_messages_are_of_people_who_exist(large):
    messages = large.tables["interactions"]
    joined = messages["customer_id"].map(large.tables["customers"].set_index("customer_id")["joined_on"])
    customer = messages["author_role"] == "customer"
    assert (messages["customer_id"].notna() == customer).all()
    assert (joined[customer] < messages["occurred_on"][customer]).all()
    assert (messages.loc[customer, "author_id"] == messages.loc[customer, "customer_id"]).all()
    assert set(messages["author_role"]) == {"customer", "brand", "employee", "partner", "other"}
    others = messages.loc[messages["author_role"] == "other", "author_id"]
    assert others.isin(large.tables["referrals"]["referrer_id"]).mean() > 0.9


def test_answers_follow_their_message_in_the_same_thread(large):
    messages = large.tables["interactions"].set_index("interaction_id")
    reply = messages.dropna(subset=["in_reply_to"])
    answered = messages.loc[reply["in_reply_to"]]
    assert (answered["thread_id"].to_numpy() == reply["thread_id"].to_numpy()).all()
    assert (answered["occurred_on"].to_numpy() <= reply["occurred_on"].to_numpy()).all()


def test_some_public_questions_of_the_last_days_are_unanswered(small):
    messages = small.tables["interactions"]
    recent = messages["occurred_on"] >= pd.Timestamp("2026-09-16")
    open_question = (messages["intent"] == "question") & ~messages["resolved"].fillna(True)
    waiting = messages[recent & messages["is_public"] & open_question]
    assert waiting["thread_id"].nunique() >= 5


def test_every_channel_knows_every_degree(large):
    threads = large.tables["interactions"].drop_duplicates("thread_id")
    planted = threads["thread_id"].str[1:].astype(int).mod(20).map(dict(enumerate(DEGREE_OF_THREAD)))
    assert (pd.crosstab(planted, threads["channel"]) > 0).all(axis=None)


@pytest.mark.parametrize(("column", "low", "high"), [("sentiment", -1, 1), ("reach", 0, float("inf"))])
def test_numbers_stay_in_their_range(large, column, low, high):
    assert large.tables["interactions"][column].between(low, high).all()
