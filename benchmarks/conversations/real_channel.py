"""Shares of the six degrees in a real public support channel, with ranges.

python benchmarks/conversations/real_channel.py PARQUET    hand-made links, Kummerfeld and others (2019), CC BY 4.0
"""

import sys

import pandas as pd

from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations import degree_shares, judge_threads, read_threads

AS_OF = "2026-03-01"


def main(file: str) -> None:
    """Read the channel as a table of interactions, each day for itself, and print what chapter 06 would say."""
    raw = pd.read_parquet(file)
    day = raw["day"].astype(str)
    date = pd.to_datetime("2026-01-01") + pd.to_timedelta(pd.factorize(day)[0], unit="D")
    table = pd.DataFrame(
        {
            "interaction_id": day + "/" + raw["message"].astype(str),
            "occurred_on": date.to_numpy() + pd.to_timedelta(raw["minute"], unit="min").to_numpy(),
            "thread_id": day + "/" + raw["conversation"].astype(str),
            "in_reply_to": (day + "/" + raw["reply_to"].astype(str)).where(raw["reply_to"] >= 0),
            "author_id": raw["author"].astype(str),
            "author_role": "customer",
            "text": ["so " * words for words in raw["words"]],
            "intent": raw["question"].map({True: "question", False: "chat"}),
            "sentiment": 0.0,
        }
    )
    answer = degree_shares(judge_threads(read_threads(table, AS_OF)), Terms(pd.Timestamp(AS_OF)))
    print(answer.note)
    for share in answer.shares:
        print(f"{share.name}: {share.value:.3f} ({share.low:.3f} to {share.high:.3f})")


if __name__ == "__main__":
    main(sys.argv[1])
