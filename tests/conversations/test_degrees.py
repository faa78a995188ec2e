"""The six degrees: every thread has exactly one, whatever its features, and the pure cases have theirs."""

import itertools

import numpy as np
import pandas as pd
import pytest
from given import on
from threads_by_hand import messages

from scrm_helpers.conversations import degree_shares, judge_threads, read_threads, social_score, social_without_media
from scrm_helpers.conversations.degrees.six_degrees import KINDS, Thresholds, customer_degrees
from scrm_helpers.stats.intervals import clustered_share

AS_OF = "2026-06-30"
GRID = {
    "n": [1, 12],
    "firm_n": [0, 1, 12],
    "authors": [1, 2, 5],
    "hub": [0.4, 0.5],
    "imbalance": [0.5, 0.6],
    "third": [0.0, 0.4],
    "reciprocity": [0.0, 0.5],
    **{name: [False, True] for name in ("peers", "pressed", "waits", "moved", "known", "heard", "linked")},
}


def grid():
    rows = pd.DataFrame(itertools.product(*GRID.values()), columns=list(GRID))
    return rows[rows["firm_n"] <= rows["n"]].reset_index(drop=True)


def test_the_rules_are_exhaustive_and_exclusive_over_the_whole_grid():
    rows = grid()
    found = customer_degrees(rows)
    told = found["degree"] > 0
    assert set(found["degree"]) == set(range(7))
    assert set(found["kind"].dropna()) == set(KINDS)
    assert (told == (found["untold"] == "")).all()
    assert (told == found["kind"].notna()).all()
    degree_of = {kind: degree for kind, (degree, _) in KINDS.items()}
    assert (found.loc[told, "kind"].astype(str).map(degree_of) == found.loc[told, "degree"]).all()
    whole = customer_degrees(rows.assign(known=True, heard=True, linked=True))
    assert (whole["degree"] >= 1).all()


@pytest.mark.parametrize("better", ["peers", "pressed"])
def test_more_of_what_is_social_never_lowers_a_degree(better):
    rows = grid().assign(known=True, heard=True, linked=True)
    low, high = (customer_degrees(rows.assign(**{better: value}))["degree"] for value in (False, True))
    assert (high >= low).all()


def star(size):
    """A broadcast: one account of the firm, everything hangs on its first message."""
    return messages([(f"m{n:02d}", n, "t", "m00" if n else None, "b", "brand", "so", "news", 0.2) for n in range(size)])


def complete(size):
    """Everybody answers the first message of everybody."""
    rows = [(f"m{one}", 0, "t", None, f"a{one}", "customer", "so", "chat", 0.0) for one in range(size)]
    pairs = enumerate(itertools.permutations(range(size), 2), start=1)
    rows += [(f"r{n}", n, "t", f"m{to}", f"a{one}", "customer", "so", "chat", 0.0) for n, (one, to) in pairs]
    return messages(rows)


@pytest.mark.parametrize("size", [2, 5, 20])
def test_a_broadcast_star_is_a_monologue_with_the_virality_of_a_star(size):
    found = judge_threads(read_threads(star(size), AS_OF)).table.iloc[0]
    assert (found["degree"], found["kind"], found["reciprocity"]) == (1, "broadcast", 0.0)
    assert found["virality"] == pytest.approx(2 - 2 / size, abs=1e-12)


@pytest.mark.parametrize("size", [5, 8])
def test_a_complete_mutual_graph_is_many_to_many(size):
    found = judge_threads(read_threads(complete(size), AS_OF)).table.iloc[0]
    assert found["degree"] == 6
    assert found["reciprocity"] == pytest.approx(1.0)


def talk(*rows, tone=0.0):
    """One thread: who, role, intent, day, and which message each answers."""
    return messages(
        (f"m{n}", day, "t", None if to is None else f"m{to}", who, role, "so so", intent, tone)
        for n, (who, role, intent, day, to) in enumerate(rows)
    )


ASKED = ("a", "customer", "question", 0, None)
ANSWER = ("b", "brand", "answer", 1, 0)
CASES = {
    "a single question waits, and is not a monologue": (talk(ASKED), "waiting"),
    "a balanced dialogue of two": (talk(ASKED, ANSWER), "dialogue"),
    "two customers who answer each other": (
        talk(ASKED, ("c", "customer", "answer", 1, 0), ("a", "customer", "chat", 2, 1)),
        "others join",
    ),
    "one customer answers another": (talk(ASKED, ("c", "customer", "answer", 1, 0)), "dialogue"),
    "asked twice before the answer": (talk(ASKED, ("a", "customer", "question", 1, 0)), "social pressure"),
    "another complains before the answer": (
        talk(ASKED, ("c", "customer", "complaint", 1, None), ("b", "brand", "answer", 2, 0)),
        "others join",
    ),
    "thanks after the answer are no pressure": (talk(ASKED, ANSWER, ("a", "customer", "chat", 2, 1)), "dialogue"),
    "a customer and a third with the firm": (talk(ASKED, ANSWER, ("c", "customer", "chat", 2, 0)), "others join"),
    "firm alone": (talk(("b", "brand", "news", 0, None), ("e", "employee", "answer", 1, 0)), "broadcast"),
    "moved": (talk(("a", "customer", "chat", 0, None), tone=-0.9), "venting"),
    "nothing asked": (talk(("a", "customer", "chat", 0, None)), "monologue"),
}


@pytest.mark.parametrize(("table", "kind"), CASES.values(), ids=CASES)
def test_threads_that_the_first_rules_left_open_have_their_degree(table, kind):
    assert judge_threads(read_threads(table, AS_OF)).table["kind"].astype(str).tolist() == [kind]


def test_who_waits_longer_than_nine_in_ten_presses():
    rows = []
    for n in range(40):
        wait = 1 if n else 30
        rows += [(f"q{n}", n, f"t{n}", None, f"a{n}", "customer", "so", "question", 0.0)]
        rows += [(f"r{n}", n + wait, f"t{n}", f"q{n}", "b", "brand", "so", "answer", 0.0)]
    found = judge_threads(read_threads(messages(rows), AS_OF)).table.set_index("thread_id")["degree"]
    assert found["t0"] == 4
    assert set(found.drop("t0")) == {3}


def company(threads, rng):
    """Threads of some openers, each with as many answers of others as the lot gives."""
    rows = []
    for thread in range(threads):
        opener, channel = f"a{rng.integers(threads // 3)}", rng.choice(["forum", "phone"])
        for at in range(1 + rng.integers(0, 4)):
            who = opener if at == 0 else f"c{rng.integers(5)}"
            to = f"m{thread}.0" if at else None
            rows.append((f"m{thread}.{at}", at, f"t{thread}", to, who, "customer", "so", "chat", 0.0, channel))
    table = messages(row[:-1] for row in rows)
    return table.assign(channel=[row[-1] for row in rows])


def test_shares_add_up_and_have_ranges():
    judged = judge_threads(read_threads(company(200, np.random.default_rng(1)), AS_OF))
    answer = degree_shares(judged, on(AS_OF))
    assert sum(measure.value for measure in answer.shares) == pytest.approx(1)
    assert all(measure.low <= measure.value <= measure.high for measure in answer.shares)
    assert answer.kinds.sum() == len(judged.table) == 200
    assert social_score(judged, on(AS_OF)).agreement.value > 0.5
    assert social_without_media(judged, on(AS_OF)).tested("social_share_difference").direction == 0


def test_where_all_threads_are_cut_off_the_words_say_why():
    table = star(3).assign(in_reply_to="gone")
    answer = degree_shares(judge_threads(read_threads(table, AS_OF)), on(AS_OF))
    assert "the first message is not in the table" in answer.sentence
    assert all(measure.value is None and measure.reason for measure in answer.shares)


def test_own_thresholds_are_obeyed():
    judged = judge_threads(read_threads(complete(5), AS_OF), Thresholds(voices=6, balanced=0.7))
    assert judged.table["degree"].tolist() == [5]


def test_a_range_is_as_wide_as_the_openers_are_few():
    yes = np.repeat([1, 0, 1, 0], 25)
    alone, together = clustered_share(yes, np.arange(100)), clustered_share(yes, np.repeat(range(4), 25))
    assert together.high - together.low > 2 * (alone.high - alone.low)
