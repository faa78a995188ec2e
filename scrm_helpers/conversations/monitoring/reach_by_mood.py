"""Do the unhappy reach more people than the happy? The title that post 003 quotes says 3 and 3,000."""

from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.conversations.monitoring.volume_by_month import UNHAPPY, WHO, heard_messages
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.fits import Estimate, difference

TITLE = (3, 3000)  # friends whom the satisfied and the angry tell, in the title of Blackshaw's book
SAID = {-1: "fewer people than", 0: "a number of people that cannot be told from that of", 1: "more people than"}


class UnhappyReach(Answer):
    """Reach of unhappy authors over that of the others."""

    ABSENT = "Whether the unhappy reach more people cannot be said: {reason}."

    ratio: Measure = unknown("unhappy_reach_ratio", "ratio")
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row a mood

    def claimed(self) -> tuple[Claim, ...]:
        same = Chance(1.0, "as many people as the other authors reach")
        tested = "mean reach of the public messages of unhappy authors over that of all other authors"
        return (Claim(name=self.ratio.name, tested=tested, estimate=self.ratio, chance=same),)

    def words(self) -> Words:
        said, (low, high), book = SAID[self.tested(self.ratio.name).direction], self.ratio.ends, TITLE[1] / TITLE[0]
        times = numbers.decimal(self.ratio.value, 1)
        return Words(
            sentence=f"Messages of unhappy authors reach {said} those of the others: {times} times as many (95% "
            f"range {numbers.span(self.ratio, numbers.decimal)}). A book's title has satisfied customers "
            f"tell {TITLE[0]} friends and angry ones {TITLE[1]:,}; so large a difference is "
            f"{'not ' if low <= book <= high else ''}excluded here.",
            title=f"The unhappy reach {times} times as many people"
            if self.tested(self.ratio.name).direction
            else "The unhappy are not shown to reach more people",
            table=self.groups,
            formats=dict.fromkeys(["People", "Reach", "Range low", "Range high", "Median"], "count"),
            caption="How many a public message reaches, by mood of its author",
            note=f"n = {numbers.plural(self.ratio.n or 0, 'author')} with public messages of known reach and a known "
            "mood; unhappy: mean sentiment of all that one wrote below 0; each author counts once, with the mean of "
            "the public messages; bootstrap-t; who could see a message need not have read it",
        )


def unhappy_reach(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> UnhappyReach:
    """Compare how many people unhappy and other authors reach with a public message.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``reach`` and ``sentiment``; public as ``is_public`` says, else all
    threads : Threads
    terms : Terms

    Returns
    -------
    UnhappyReach

    Notes
    -----
    Ratio of two means over authors; bootstrap-t range of each, joined on the log scale (Zou and Donner 2008).
    """
    heard = heard_messages(interactions, threads)
    if untold := [name for name in ("reach", "sentiment") if name not in heard]:
        return UnhappyReach(reason=f"the table interactions has no column {' and '.join(untold)}")
    public = heard.get("is_public", pd.Series(True, heard.index)).astype("boolean").fillna(True)
    each = heard.assign(reach=heard["reach"].where(public.to_numpy(bool)))  # a mood shows in private as well
    each = each.groupby("author")[["reach", "sentiment"]].mean().dropna().astype(float)
    rows: list[tuple] = []
    logs: list[Estimate] = []
    for mood, group in (("Unhappy", each["sentiment"] < UNHAPPY), ("Other", each["sentiment"] >= UNHAPPY)):
        reach = each.loc[group, "reach"]
        mean = mean_bootstrap_t(reach, terms.level, seed=terms.seed)
        if mean.value is None or mean.low is None or mean.high is None or mean.low <= 0:
            why = mean.reason or "it may be zero" if len(reach) else "there are none"
            return UnhappyReach(reason=f"authors who are {mood.lower()} have a reach without a range: {why}")
        rows.append((mood, len(reach), mean.value, mean.low, mean.high, reach.median()))
        value, low, high = np.log([mean.value, mean.low, mean.high]).tolist()
        logs.append(replace(mean, value=value, low=low, high=high))
    gap = difference(logs[1], logs[0])
    value, low, high = np.exp(np.array([gap.value, gap.low, gap.high], float)).tolist()
    return UnhappyReach(
        population=f"{WHO} with public messages",
        window=f"up to {terms.as_of.date()}",
        ratio=replace(gap, value=value, low=low, high=high, n=len(each)).measure("unhappy_reach_ratio", "ratio"),
        groups=pd.DataFrame(rows, columns=["Mood", "People", "Reach", "Range low", "Range high", "Median"]),
    )
