"""Which conversations people are to read: as many of each degree and channel as there are, the rare ones all."""

import numpy as np
import pandas as pd

from scrm_helpers.conversations.degrees.degree_rules import Judged
from scrm_helpers.conversations.degrees.message_links import ROLES

MOST_LETTERS = 12_000  # of a conversation in a cell; more would not fit
LETTERS = 26  # voices that have a letter
THREADS, SEED = 240, 2010


def draw_for_coding(judged: Judged, interactions: pd.DataFrame) -> pd.DataFrame:
    """Draw conversations in strata of degree and channel, in an order that tells nothing: ``thread_id, conversation``.

    Parameters
    ----------
    judged : Judged
    interactions : pandas.DataFrame
        The table that the threads were read from, with ``text``.

    Returns
    -------
    pandas.DataFrame
        Authors stand as their role and a letter. The degree by rule is not among the columns: who reads is not to know.

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> draw_for_coding(judge_threads(read_threads(rows, "2026-03-01")), rows)["conversation"].tolist()
    ['2026-01-01, customer A: So it goes.']
    """
    table = judged.table.rename_axis("place").reset_index()
    rng = np.random.default_rng(SEED)
    table = table.iloc[np.argsort(table["thread_id"].astype(str).to_numpy(), kind="stable")]
    table = table.assign(turn=rng.permutation(len(table)))
    rank = table.groupby(["degree", "channel"], observed=True)["turn"].rank(method="first")
    drawn = table.iloc[np.lexsort((table["turn"], rank))[:THREADS]]
    drawn = drawn.sort_values("turn")
    told = _told(judged, drawn["place"].to_numpy(), interactions)
    return pd.DataFrame({"thread_id": drawn["thread_id"].astype(str).to_numpy(), "conversation": told})


def _told(judged: Judged, drawn: np.ndarray, interactions: pd.DataFrame) -> list[str]:
    """The conversations as people read them, without names."""
    messages = judged.threads.messages
    messages = messages[messages["thread"].isin(drawn)]
    rows = interactions.iloc[messages["row"]]
    texts = rows["text"].fillna("(no text)") if "text" in rows else ["(no text)"] * len(rows)
    days = rows["occurred_on"].dt.strftime("%Y-%m-%d")
    lines: dict[int, list[str]] = {int(thread): [] for thread in drawn}
    voices: dict[int, dict[int, str]] = {thread: {} for thread in lines}
    told = zip(messages["thread"], messages["author"], messages["role"], days, texts, strict=True)
    for thread, author, role, day, text in told:
        known = voices[thread]
        letter = known.setdefault(author, chr(ord("A") + len(known)) if len(known) < LETTERS else str(len(known)))
        lines[thread].append(f"{day}, {ROLES[role]} {letter}: {text}")
    return ["\n".join(lines[thread])[:MOST_LETTERS] for thread in lines]
