"""Hand-made reply links of a public support channel: the kit's threads beside networkx, one by one."""

import pandas as pd
import pytest
from threads_by_hand import by_hand

from scrm_helpers.conversations import judge_threads, read_threads

AS_OF = "2026-03-01"


def test_threads_agree_with_networkx(shared_data):
    raw = pd.read_parquet(shared_data / "conversations" / "ubuntu_irc.parquet")
    day = raw["day"].astype(str)
    name = day + "/" + raw["message"].astype(str)
    date = pd.to_datetime("2026-01-01") + pd.to_timedelta(pd.factorize(day)[0], unit="D")
    table = pd.DataFrame(
        {
            "interaction_id": name,
            "occurred_on": (date + pd.to_timedelta(raw["minute"], unit="min")).to_numpy().astype("datetime64[us]"),
            "thread_id": day + "/" + raw["conversation"].astype(str),
            "in_reply_to": (day + "/" + raw["reply_to"].astype(str)).where(raw["reply_to"] >= 0),
            "author_id": raw["author"].astype(str),
            "author_role": "customer",
            "text": ["so " * words for words in raw["words"]],
            "intent": raw["question"].map({True: "question", False: "chat"}),
            "sentiment": 0.0,
            "channel": "irc",
        }
    )
    same_place = table["in_reply_to"].map(table.set_index("interaction_id")["thread_id"]) == table["thread_id"]
    slow = by_hand(table.assign(in_reply_to=table["in_reply_to"].where(same_place)), AS_OF)
    judged = judge_threads(read_threads(table, AS_OF))
    fast = judged.table.set_index("thread_id")
    assert judged.left_out == {"the first message is not in the table": len(slow) - len(fast)}
    assert (len(slow), len(fast)) == (328, 296)
    for column in slow:
        assert fast[column].to_numpy() == pytest.approx(slow.loc[fast.index, column].to_numpy(), abs=1e-12), column
