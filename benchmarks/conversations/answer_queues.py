"""The queue of open messages beside a sort by lifetime value in pandas, in one run.

Run: python benchmarks/conversations/answer_queues.py [--open 100000] [--people 1000000]
Prints seconds and the peak memory of the process; the target is under 1 s for 100,000 open messages on two cores.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations import compare_policies
from scrm_helpers.conversations.triage.answer_queue import queue_answers
from scrm_helpers.conversations.triage.answers_planned import draw_reply_lottery
from scrm_helpers.conversations.triage.open_messages import Answering, find_open

AS_OF = pd.Timestamp("2026-09-30")


def company(waiting: int, n: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate messages of people who wait, one each, and a value table, with ids as text."""
    rng = np.random.default_rng(seed)
    ids = pd.Series([f"C{place:07}" for place in range(n)], dtype="str")
    value = rng.lognormal(4, 1, n)
    people = pd.DataFrame(
        {"person_id": ids, "is_customer": True, "clv": value, "crv_next": value / 5, "civ": value / 9}
    )
    people["clv_low"], people["clv_high"] = 0.9 * value, 1.1 * value
    who = ids.iloc[rng.permutation(n)[:waiting]].reset_index(drop=True)
    messages = pd.DataFrame({"interaction_id": "M" + who, "thread_id": "T" + who, "customer_id": who, "author_id": who})
    messages["occurred_on"] = AS_OF - pd.to_timedelta(rng.integers(0, 29 * 1440, waiting), unit="min")
    messages["author_role"], messages["is_public"], messages["channel"] = "customer", True, "social"
    messages["intent"] = pd.Series(rng.choice(["question", "complaint", "praise", "chat"], waiting), dtype="str")
    messages["sentiment"], messages["reach"] = (
        rng.uniform(-1, 1, waiting).round(2),
        rng.lognormal(4, 1, waiting).round(),
    )
    messages["text"] = pd.Series(rng.choice(["When does it come?", "Not amused!", "Thank you."], waiting), dtype="str")
    return messages, people


def timed(name: str, work: Callable[[], Any]) -> Any:
    start, busy = time.perf_counter(), time.process_time()
    found = work()
    print(f"{name:<48}{time.perf_counter() - start:8.2f} s{time.process_time() - busy:8.2f} s of processor")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=1_000_000)
    given = parser.parse_args()
    messages, people = company(given.open, given.people)
    terms, how = Terms(AS_OF), Answering(hours=200.0)
    queue_answers(messages.head(100), people.head(100), terms, how)  # loads the libraries
    timed("pandas: messages joined to values and sorted", lambda: beside(messages, people))
    timed("kit: threads read, open messages found", lambda: find_open(messages, AS_OF))
    queue = timed("kit: the whole queue, unequal times", lambda: queue_answers(messages, people, terms, how))
    timed("kit: seven policies in the same hours", lambda: compare_policies(queue))
    timed("kit: a tenth drawn by lot", lambda: draw_reply_lottery(queue, terms))
    print(f"{len(queue.rows):,} people, {queue.to_answer.value:,.0f} answered; gap to the bound: "
          f"{1 - queue.net.value / queue.bound.value:.1e}")  # fmt: skip
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def beside(messages: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """What a sort by lifetime value takes: the least that any queue needs."""
    joined = messages.merge(people, left_on="customer_id", right_on="person_id", how="left")
    return joined.sort_values("clv", ascending=False)


if __name__ == "__main__":
    main()
