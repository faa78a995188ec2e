"""Threads from bad tables: every fault is named and counted, and the chapter goes on."""

import numpy as np
import pandas as pd
import pytest
from threads_by_hand import messages

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.conversations import judge_threads, read_threads
from scrm_helpers.conversations.triage.open_messages import BOT, find_open

AS_OF = "2026-06-30"


def judged(table):
    return judge_threads(read_threads(table, AS_OF)).table


def plain(size, **columns):
    """Messages of one forum, a day apart, each by somebody else and in a thread of its own unless said otherwise."""
    rows = messages([(f"m{n}", n, f"t{n}", None, f"a{n}", "customer", "so", "chat", 0.0) for n in range(size)])
    return rows.assign(**columns)


def test_circles_of_replies_are_cut_at_their_earliest_link():
    table = plain(4, thread_id="t", in_reply_to=["m2", "m0", "m1", "m3"])
    threads = read_threads(table, AS_OF)
    assert threads.faults == {"circle": 2}
    assert threads.messages["parent"].tolist() == [-1, 0, 1, 0]


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"in_reply_to": [None, "gone", None]}, {"missing": 1}),
        ({"thread_id": "t", "in_reply_to": ["m1", None, None]}, {"early": 1}),
        ({"in_reply_to": [None, "m0", None]}, {"elsewhere": 1}),
        ({"author_id": None}, {"nameless": 3}),
        ({"author_role": ["robot", None, "customer"]}, {"roleless": 2}),
        ({"occurred_on": pd.to_datetime(["2026-01-01", None, "2030-01-01"])}, {"later": 1, "undated": 1}),
    ],
    ids=["gone", "early", "elsewhere", "nameless", "roleless", "later"],
)
def test_faults_are_counted_and_named_and_the_chapter_goes_on(columns, fault):
    threads = read_threads(plain(3, **columns), AS_OF)
    assert threads.faults == fault
    assert all(str(count) in threads.remark for count in fault.values())


def test_who_writes_a_fifth_of_all_without_being_of_the_firm_is_named():
    table = plain(120, author_id=["bot"] * 60 + [f"a{n}" for n in range(60)])
    assert read_threads(table, AS_OF).faults == {"machine": 1}


@pytest.mark.parametrize(("voice", "machine"), [("broadcasts", 1), ("helps", 0), ("complains", 0), ("asks", 0)])
def test_who_broadcasts_far_more_than_others_and_wants_nothing_is_a_machine(voice, machine):
    table = plain(160, author_id=[f"a{n // 2}" for n in range(140)] + ["busy"] * 20)
    ours = table["author_id"] == "busy"
    table.loc[ours, "intent"] = {"complains": "complaint", "asks": "question"}.get(voice, "news")
    if voice == "helps":
        table.loc[ours, ["in_reply_to", "thread_id"]] = table[["interaction_id", "thread_id"]].to_numpy()[:20]
    table["occurred_on"] = pd.Timestamp(AS_OF) - pd.to_timedelta(np.where(table.index % 159 == 0, 2, 90), unit="D")
    threads = read_threads(table, AS_OF)
    assert threads.faults.get("machine", 0) == machine
    assert ("may be machines" in threads.remark) == bool(machine)
    waiting = find_open(table.assign(author_role="other", is_public=True), pd.Timestamp(AS_OF))
    assert waiting.loc[waiting["barred"] == BOT, "person"].tolist() == ["busy"] * machine


def test_without_names_of_threads_the_trees_of_replies_are_the_threads():
    table = plain(5, in_reply_to=[None, "m0", "m1", None, "m3"]).drop(columns="thread_id")
    assert read_threads(table, AS_OF).table["n"].tolist() == [3, 2]


def test_messages_that_nothing_joins_are_refused():
    with pytest.raises(Refusal, match="neither thread_id nor in_reply_to"):
        read_threads(plain(2).drop(columns=["thread_id", "in_reply_to"]), AS_OF)


def test_cut_off_threads_are_left_out_by_reason():
    table = plain(4, in_reply_to=["gone", None, None, None], deleted=[False, True, False, False])
    table.loc[3, "occurred_on"] = pd.Timestamp(AS_OF)
    found = judge_threads(read_threads(table.assign(deleted=table["deleted"].astype("boolean")), AS_OF))
    assert list(found.left_out.values()) == [1, 1, 1]
    assert found.table["thread_id"].tolist() == ["t2"]


@pytest.mark.parametrize("gone", [["text", "intent"], ["text", "sentiment"]])
def test_what_is_not_known_is_no_monologue(gone):
    found = judge_threads(read_threads(plain(3).drop(columns=gone), AS_OF))
    assert not len(found.table)
    assert sum(found.left_out.values()) == 3


def test_without_links_many_voices_are_unknown():
    table = plain(6, thread_id="t").drop(columns="in_reply_to")
    assert judge_threads(read_threads(table, AS_OF)).left_out == {"who answers whom is not known": 1}


def test_no_channel_and_no_messages_are_no_fault():
    assert judged(plain(3).drop(columns="channel"))["channel"].astype(str).tolist() == ["unknown"] * 3
    assert not len(judged(plain(0)))


def test_texts_of_any_kind_are_only_counted():
    table = plain(3, text=["=1+1", "<b>bold</b> a@b", " \n "])
    assert read_threads(table, AS_OF).messages["words"].tolist() == [1, 2, 0]
    assert not read_threads(table, AS_OF).messages["moved"].any()


def test_moments_and_days_are_told_apart():
    table = plain(2, thread_id="t")
    assert read_threads(table, AS_OF).by_day
    table["occurred_on"] += pd.to_timedelta(np.arange(2), unit="min")
    assert not read_threads(table, AS_OF).by_day
