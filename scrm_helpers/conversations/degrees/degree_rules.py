"""The rules of the six degrees, so that every thread has exactly one: from the sixth down, the first that holds.

The degrees are those of post 002, which calls them a continuum: thresholds are choices, to be set beside threads coded
by hand.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.conversations.degrees.threads import Threads

DEGREES = range(1, 7)
NAMES = ("monologue", "venting", "skewed or dialogue", "social pressure", "others join", "many to many")
KINDS = {  # degree and reason of each kind, in the order in which they are tried
    "many to many": (6, "many voices, most pairs answer each other, none writes half of it"),
    "others join": (5, "the sides share the words, and others join or customers answer each other"),
    "social pressure": (4, "a request that waited long, was repeated or drew complaints before an answer"),
    "dialogue": (3, "two sides in balance and nobody else"),
    "skewed": (3, "two sides speak, one of them most of the words"),
    "venting": (2, "somebody is named or moved, and nobody answers"),
    "waiting": (2, "a request without an answer, not yet old"),
    "broadcast": (1, "the firm speaks, and nobody answers"),
    "monologue": (1, "one voice that asks for nothing"),
}
UNTOLD = {  # why a thread that is all there has no degree
    "links": "who answers whom is not known",
    "asks": "neither text nor intent tells whether something is asked",
    "moved": "neither text nor tone tells whether somebody is moved",
}


@dataclass(frozen=True)
class Thresholds:
    """Where the degrees part; the defaults are those proposed with the rules."""

    balanced: float = 0.5  # imbalance of the words, up to which both sides count as even
    voices: int = 5  # fewest of many to many
    mutual: float = 0.5  # share of pairs who answer each other, from which on it is high
    loudest: float = 0.5  # share of the messages of the largest voice, below which nobody dominates


def customer_degrees(features: pd.DataFrame, at: Thresholds | None = None) -> pd.DataFrame:
    """Give each thread its degree, its kind, or the reason why nothing can be told (degree 0)."""
    at = at or Thresholds()
    have = {name: features[name].to_numpy() for name in features.columns}
    inside, many = have["firm_n"] > 0, (have["authors"] >= at.voices) & (have["hub"] < at.loudest)
    two = np.where(inside, have["n"] > have["firm_n"], have["authors"] > 1)
    even = have["imbalance"] <= at.balanced
    told = {
        "many to many": many & (have["reciprocity"] >= at.mutual),
        "others join": two & even & ((have["third"] > 0) | have["peers"]),
        "social pressure": have["pressed"],
        "dialogue": two & even,
        "skewed": two,
        "venting": have["moved"],
        "waiting": have["waits"],
        "broadcast": have["n"] == have["firm_n"],
        "monologue": np.ones(len(features), bool),
    }
    kind = np.select(list(told.values()), range(len(KINDS)))
    degree = np.array([degree for degree, _ in KINDS.values()], np.int8)[kind]
    speaks = have["n"] > have["firm_n"]
    untold = {
        "links": many & ~have["linked"] & (degree < 6),
        "asks": speaks & ~have["known"] & (degree < 5),
        "moved": speaks & ~have["heard"] & (degree < 2),
    }
    reason = np.select(list(untold.values()), range(len(UNTOLD)), len(UNTOLD))
    clear = reason == len(UNTOLD)
    return pd.DataFrame(
        {
            "degree": np.where(clear, degree, 0).astype(np.int8),
            "kind": pd.Categorical.from_codes(np.where(clear, kind, -1).astype(np.int8), pd.Index(KINDS)),
            "untold": pd.Categorical.from_codes(reason.astype(np.int8), pd.Index([*UNTOLD.values(), ""])),
        },
        index=features.index,
    )


@dataclass(frozen=True)
class Judged:
    """Threads with their degree: those that can be judged, and how many cannot, by reason."""

    threads: Threads
    table: pd.DataFrame  # one row a judged thread, with features, degree, kind and cluster
    left_out: Mapping[Hashable, int]

    @property
    def remark(self) -> str:
        """What was left out or set right, in one line for a note."""
        gone = [f"{count:,} {'thread' if count == 1 else 'threads'}: {why}" for why, count in self.left_out.items()]
        left_out = f"left out {', '.join(gone)}" if gone else ""
        return "; ".join(part for part in (left_out, self.threads.remark) if part)


def judge_threads(threads: Threads, thresholds: Thresholds | None = None) -> Judged:
    """Give every thread that is all there its degree, and count the others by reason.

    Parameters
    ----------
    threads : Threads
    thresholds : Thresholds, optional

    Returns
    -------
    Judged
        Its table has a column ``cluster``: threads of one opener belong together, those that the firm opened do not.

    Examples
    --------
    >>> from scrm_helpers.conversations import read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> judge_threads(read_threads(rows, "2026-03-01")).table["degree"].tolist()
    [1]
    """
    whole = threads.table
    found = pd.concat([whole, customer_degrees(whole, thresholds)], axis=1)
    reason = np.where(found["cut_off"] == "", found["untold"].astype(str), found["cut_off"].astype(str))
    left_out = pd.Series(reason[reason != ""]).value_counts().sort_index()
    kept = found[reason == ""].drop(columns=["cut_off", "untold"])
    cluster = np.where(kept["inbound"], kept["opener"], -1 - np.arange(len(kept)))
    return Judged(threads, kept.assign(cluster=cluster), left_out.to_dict())
