"""How much of what is said the monitors find: two that search alone tell how much both miss."""

from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import normal_quantile, share_estimate


def chapman(first: int, second: int, both: int, level: float = 0.95) -> Estimate:
    """Estimate how many there are from how many two searches found alone and both (Chapman 1951)."""
    # The range is log-normal in the number that nobody found (Burnham and others 1987).
    value, seen = (first + 1) * (second + 1) / (both + 1) - 1, first + second - both
    spread = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    if value <= seen or spread <= 0:
        return Estimate(value=max(value, seen), level=level, n=seen, reason="one monitor found all that the other did")
    wide = np.exp(normal_quantile(level) * np.sqrt(np.log1p(spread / (value - seen) ** 2)))
    low, high = seen + (value - seen) / wide, seen + (value - seen) * wide
    return Estimate(value=value, low=float(low), high=float(high), level=level, n=seen)


class MonitorRecall(Answer):
    """Share of the conversations that there are which the monitors found."""

    ABSENT = "How much the monitors miss cannot be said: {reason}."

    recall: tuple[Measure, ...] = (unknown("monitoring_recall", "share"),)  # of both together, then of each
    total: Measure = unknown("conversations_there_are", "count")
    found: tuple[tuple[str, int], ...] = ()  # by each, both and either

    def words(self) -> Words:
        both, *alone = (f"{numbers.percent(one.value)} ({numbers.span(one, numbers.percent)})" for one in self.recall)
        each = " and ".join(f"monitor “{name}” {share}" for (name, _), share in zip(self.found, alone, strict=False))
        return Words(
            sentence=f"Together the two monitors find {both} of the conversations that there are, about "
            f"{numbers.count(self.total.value)} ({numbers.span(self.total, numbers.count)}); for itself {each}. That "
            "holds if they search independently and every conversation is as easy to find; where both find the same "
            "easy ones, more is missed than this says.",
            title=f"Monitoring finds {numbers.percent(self.recall[0].value)} of the conversations",
            table=pd.DataFrame(self.found, columns=["Found by", "Conversations"]),
            formats={"Conversations": "count"},
            caption="Conversations by the monitors that found them",
            note="Capture and recapture (Chapman 1951); a conversation is found where one of its messages is; the "
            "recall of one monitor is its share of what the other found; of more than two those that found most",
        )


def monitoring_recall(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> MonitorRecall:
    """Estimate how many conversations there are, and which share of them two monitors found.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``monitor``: the monitors that found a message, joined by "+"
    threads, terms

    Returns
    -------
    MonitorRecall

    Notes
    -----
    Chapman's estimator; recall together is found / estimated, that of one its share of what the other found (Wilson).
    """
    if "monitor" not in interactions:
        return MonitorRecall(reason="the table interactions has no column monitor")
    said = interactions["monitor"].iloc[threads.messages["row"]].reset_index(drop=True).dropna().astype(str)
    by = said.str.split("+").explode().str.strip().loc[lambda names: names != ""]
    hits = pd.crosstab(threads.messages["thread"].to_numpy()[by.index], by.to_numpy()) > 0
    who = hits.sum().sort_values(ascending=False, kind="stable").index[:2].sort_values()
    if len(who) < 2:
        return MonitorRecall(reason="the column monitor names fewer than two monitors")
    first, second = (int(hits[name].sum()) for name in who)
    both, seen = int(hits[who].all(axis=1).sum()), int(hits[who].any(axis=1).sum())
    if not both:
        return MonitorRecall(reason="no conversation was found by both monitors")
    total = chapman(first, second, both, terms.level)
    low, high = (seen / end if end else None for end in (total.high, total.low))
    together = replace(total, value=seen / (total.value or seen), low=low, high=high)
    single = (
        share_estimate(both, other, terms.level).measure(f"monitoring_recall_{name.lower()}", "share")
        for name, other in zip(who, (second, first), strict=True)  # of what the other found
    )
    return MonitorRecall(
        population="conversations in the places that the monitors search",
        window=f"up to {terms.as_of.date()}",
        recall=(together.measure("monitoring_recall", "share"), *single),
        total=total.measure("conversations_there_are", "count"),
        found=tuple(zip([*who, "both", "either"], (first, second, both, seen), strict=True)),
    )
