"""How much of what is said the monitors find: two that search alone tell how much both miss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.stats.chance import draw_sums
from scrm_helpers.stats.fits import Estimate

DRAWS = 2000


def chapman(found: NDArray) -> NDArray:
    """Estimate how many there are from how many the first, the second, both and either found (Chapman 1951)."""
    first, second, both, either = found.T
    return np.maximum((first + 1) * (second + 1) / (both + 1) - 1, either)


@dataclass(frozen=True, kw_only=True)
class MonitorRecall(Answer):
    """Share of the conversations that there are which the monitors found."""

    ABSENT = "How much the monitors miss cannot be said: {reason}."

    recall: tuple[Measure, ...] = (unknown("monitoring_recall", "share"),)  # of both together, then of each
    total: Measure = unknown("conversations_there_are", "count")
    found: tuple[tuple[str, int], ...] = ()  # by each, both and either

    def words(self) -> Words:
        both, *alone = (f"{numbers.percent(one.value)} ({numbers.span(one, numbers.percent)})" for one in self.recall)
        each = " and ".join(f"“{name}” {share}" for (name, _), share in zip(self.found, alone, strict=False))
        return Words(
            sentence=f"Together the two monitors find {both} of the conversations that there are, {each}; about "
            f"{numbers.count(self.total.value)} in all ({numbers.span(self.total, numbers.count)}). That holds if they "
            "search independently and every conversation is as easy to find; where both find the same easy ones, more "
            "is missed than this says.",
            title=f"Monitoring finds {numbers.percent(self.recall[0].value)} of the conversations",
            table=pd.DataFrame(self.found, columns=["Found by", "Conversations"]),
            formats={"Conversations": "count"},
            caption="Conversations by the monitors that found them",
            note="Capture and recapture (Chapman 1951); a conversation is found where one of its messages is; 95% "
            "ranges by resampling conversations; of more than two monitors those that found most",
        )


def monitoring_recall(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> MonitorRecall:
    """Estimate how many conversations there are, and which share of them two monitors found.

    Parameters
    ----------
    interactions : pandas.DataFrame
        With ``monitor``: the monitors that found a message, joined by "+".
    threads : Threads
    terms : Terms

    Returns
    -------
    MonitorRecall

    Notes
    -----
    Chapman's estimator; recall is found / estimated, with percentiles of resampled conversations.
    """
    if "monitor" not in interactions:
        return MonitorRecall(reason="the table interactions has no column monitor")
    said = interactions["monitor"].iloc[threads.messages["row"]].reset_index(drop=True).dropna().astype(str)
    by = said.str.split("+").explode().str.strip().loc[lambda names: names != ""]
    hits = pd.crosstab(threads.messages["thread"].to_numpy()[by.index], by.to_numpy()) > 0
    who = hits.sum().sort_values(ascending=False, kind="stable").index[:2].sort_values()
    if len(who) < 2:
        return MonitorRecall(reason="the column monitor names fewer than two monitors")
    flags = hits[who].assign(both=hits[who].all(axis=1), either=hits[who].any(axis=1)).to_numpy(float)
    found = flags.sum(axis=0)
    if not found[2]:
        return MonitorRecall(reason="no conversation was found by both monitors")
    drawn, there = draw_sums(flags, DRAWS, terms.seed), float(chapman(found[None])[0])
    shares = drawn / chapman(drawn)[:, None]
    low, high = np.quantile(shares, [(1 - terms.level) / 2, (1 + terms.level) / 2], axis=0)
    n = int(found[3])

    def recall(name: str, of: int) -> Measure:
        part = Estimate(
            value=float(found[of]) / there, low=float(low[of]), high=float(high[of]), level=terms.level, n=n
        )
        return part.measure(name, "share")

    single = (recall(f"monitoring_recall_{name.lower()}", of) for of, name in enumerate(who))
    total = Estimate(value=there, low=n / float(high[3]), high=n / float(low[3]), level=terms.level, n=n)
    return MonitorRecall(
        population="conversations in the places that the monitors search",
        window=f"up to {terms.as_of.date()}",
        recall=(recall("monitoring_recall", 3), *single),
        total=total.measure("conversations_there_are", "count"),
        found=tuple(zip([*who, "both", "either"], found.astype(int).tolist(), strict=True)),
    )
