"""Threads to degrees and to the queue of answers at size, beside pandas group-by and networkx in the same run.

python benchmarks/conversations/threads_of_size.py [MESSAGES ...]    prints times, memory and ratios
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

MESSAGES = (100_000, 1_000_000, 10_000_000)
BESIDE = 20_000  # messages that networkx takes, one thread after the other
CHUNK = 1_000_000


def table_of(messages: int, seed: int = 1) -> pd.DataFrame:
    """Threads of one to some twenty messages, by two hundred thousand people or a tenth of the messages."""
    rng = np.random.default_rng(seed)
    size = np.minimum(rng.geometric(0.3, messages), 20)
    size = size[: np.searchsorted(np.cumsum(size), messages) + 1]
    thread = np.repeat(np.arange(len(size), dtype=np.int32), size)[:messages]
    first = np.concatenate([[0], np.cumsum(size)])[:-1][thread]
    place = np.arange(messages) - first
    parent = np.where(place > 0, first + (rng.random(messages) * place).astype(np.int64), -1)
    people = min(messages // 10, 200_000)
    who = rng.integers(0, people, messages)
    role = rng.choice(["customer", "employee", "brand", "other"], messages, p=[0.7, 0.15, 0.1, 0.05])
    parts = [text_column(rng, len(piece)) for piece in np.array_split(thread, max(messages // CHUNK, 1))]
    started = np.sort(rng.integers(0, 1000 * 86_400, len(size)))[thread] + place * rng.integers(60, 86_400, messages)
    return pd.DataFrame(
        {
            "interaction_id": named("M", np.arange(messages)),
            "occurred_on": (np.datetime64("2023-01-01", "us") + started * np.timedelta64(1_000_000, "us")),
            "channel": words(["community", "social", "e-mail", "phone"], rng.integers(0, 4, len(size))[thread]),
            "author_id": named("C", who),
            "author_role": pd.Series(role, dtype="str"),
            "thread_id": named("T", thread),
            "in_reply_to": named("M", parent),
            "customer_id": named("C", np.where(role == "customer", who, -1)),
            "is_public": rng.random(messages) < 0.5,
            "reach": np.round(rng.lognormal(4, 1, messages)),
            "text": pd.concat(parts, ignore_index=True),
            "intent": words(["question", "complaint", "chat", "answer", "praise"], rng.integers(0, 5, messages)),
            "sentiment": np.round(rng.normal(0, 0.3, messages).clip(-1, 1), 2),
        }
    )


def value_of(table: pd.DataFrame) -> pd.DataFrame:
    """A value table of all who wrote."""
    ids = table["author_id"].drop_duplicates().reset_index(drop=True)
    value = np.random.default_rng(2).lognormal(4, 1, len(ids))
    people = pd.DataFrame({"person_id": ids, "is_customer": True, "clv": value, "crv_next": value / 5})
    return people.assign(civ=value / 9, clv_low=0.9 * value, clv_high=1.1 * value)


def named(letter: str, number: np.ndarray) -> pd.Series:
    """Ids as text; none where the number is negative."""
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pa.array(number, mask=number < 0).cast(pa.string()), 9, "0")
    return pd.Series(pc.binary_join_element_wise(letter, digits, "").to_pandas(), dtype="str")


def words(choices: list[str], code: np.ndarray) -> pd.Series:
    return pd.Series(pa.array(choices, pa.large_string()).take(pa.array(code)).to_pandas(), dtype="str")


def text_column(rng: np.random.Generator, size: int) -> pd.Series:
    said = [" ".join(["word"] * n) + end for n in range(1, 25) for end in (".", "?", "!", " @you.")]
    return words(said, rng.integers(0, len(said), size))


def memory() -> float:
    """Most memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def one_size(messages: int) -> None:
    """Time one size in this process and print it."""
    from scrm_helpers.answers.terms import Terms
    from scrm_helpers.conversations import judge_threads, read_threads
    from scrm_helpers.conversations.triage.answer_queue import queue_answers
    from scrm_helpers.conversations.triage.open_messages import Answering

    table = table_of(messages)
    people, terms = value_of(table), Terms(table["occurred_on"].max().normalize())
    held, begin = memory(), time.perf_counter()
    threads = read_threads(table, "2026-12-31")
    middle = time.perf_counter()
    judged = judge_threads(threads)
    end = time.perf_counter()
    queue = queue_answers(table, people, terms, Answering(hours=200.0))
    queued = time.perf_counter()
    shares = ", ".join(f"{share:.2f}" for share in judged.table["degree"].value_counts(normalize=True).sort_index())
    print(
        f"{messages:>11,} messages, {len(threads.table):>9,} threads: read {middle - begin:6.1f} s, "
        f"judged {end - middle:5.1f} s, queue of {len(queue.rows):,} people {queued - end:5.1f} s, "
        f"{memory():.1f} GB in all ({held:.1f} GB before); shares {shares}"
    )
    if messages == min(MESSAGES):
        beside(table.head(BESIDE))


def beside(table: pd.DataFrame) -> None:
    """The same features by pandas group-by and by networkx, a thread at a time, as ratios to the kit."""
    import networkx as nx

    from scrm_helpers.conversations import read_threads

    read_threads(table, "2026-12-31")

    def timed(work: Callable[[], object]) -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    def by_groups() -> None:
        groups = table.groupby("thread_id")
        groups["author_id"].nunique()
        groups["author_id"].agg(lambda names: names.value_counts(normalize=True).iloc[0])

    def by_networkx() -> None:
        author = dict(zip(table["interaction_id"], table["author_id"], strict=True))
        for _, part in table.groupby("thread_id"):
            told = part[part["in_reply_to"].notna()]
            tree = nx.Graph(list(zip(told["interaction_id"], told["in_reply_to"], strict=True)))
            who = nx.DiGraph([(author[a], author[b]) for a, b in tree.edges])
            if len(tree) > 1:
                nx.wiener_index(tree)
                nx.overall_reciprocity(who)

    kit = timed(lambda: read_threads(table, "2026-12-31"))
    groups, graphs = timed(by_groups), timed(by_networkx)
    print(
        f"{len(table):,} messages: all features {kit:.2f} s; pandas group-by of authors and largest voice alone "
        f"{groups / kit:.1f} times as long; networkx virality and reciprocity alone {graphs / kit:.1f} times"
    )


if __name__ == "__main__":
    if len(sys.argv) == 2:
        one_size(int(sys.argv[1]))
    else:
        for size in sys.argv[1:] or map(str, MESSAGES):
            subprocess.run([sys.executable, __file__, size], check=True)
