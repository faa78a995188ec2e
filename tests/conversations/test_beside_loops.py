"""Threads of any shape agree with loops, and no order of rows and no name of an author matters."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threads_by_hand import by_hand, messages

from scrm_helpers.conversations import judge_threads, read_threads

AS_OF = "2026-06-30"
ROLES = ("customer", "employee", "brand", "partner", "other")


@st.composite
def tables(draw):
    """Threads of any shape: replies go to any message of the thread, also a later one or none."""
    rows, number = [], 0
    for thread in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 9))
        for at in range(size):
            author = draw(st.integers(0, 5))
            answered = draw(st.integers(-1, at - 1)) if at else -1
            text = draw(st.sampled_from(["so", "so so so so", "@Sample so", "", None]))
            intent = draw(st.sampled_from(["question", "chat", "complaint"]))
            tone = draw(st.sampled_from([0.0, -0.9, 0.7]))
            day = draw(st.integers(0, 4))
            to = f"m{number - at + answered:03d}" if answered >= 0 else None
            rows.append((f"m{number:03d}", day, f"t{thread}", to, f"a{author}", ROLES[author % 5], text, intent, tone))
            number += 1
    return messages(rows)


def judged(table):
    found = judge_threads(read_threads(table, AS_OF)).table
    return found.assign(thread_id=found["thread_id"].astype(str)).set_index("thread_id").sort_index()


@settings(deadline=None, max_examples=20)
@given(tables(), st.randoms(use_true_random=False))
def test_threads_agree_with_loops_and_no_order_of_rows_or_name_of_an_author_matters(table, random):
    slow, fast = by_hand(table, AS_OF), judged(table)
    for column in slow:
        assert fast[column].to_numpy() == pytest.approx(slow.loc[fast.index, column].to_numpy(), abs=1e-12), column
    order = random.sample(range(len(table)), len(table))
    other = table.iloc[order].reset_index(drop=True)
    other["author_id"] = other["author_id"].map({f"a{n}": f"z{9 - n}" for n in range(6)})
    again = judged(other)
    same = ["n", "authors", "hub", "imbalance", "third", "reciprocity", "virality", "answered", "degree", "kind"]
    pd.testing.assert_frame_equal(fast[same], again[same])
