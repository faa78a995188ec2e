"""Six degrees of social interaction from the customer's side: how many conversations reach which."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations.degrees.degree_rules import DEGREES, KINDS, NAMES, Judged
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.intervals import clustered_share

SOCIAL = 5  # from here on others take part


@dataclass(frozen=True, kw_only=True)
class DegreeShares(Answer):
    """Share of the conversations at each degree, in all and by channel."""

    ABSENT = "How social conversations are cannot be told: {reason}."
    OFFERS = ("figure", "table")

    shares: tuple[Measure, ...] = tuple(unknown(f"degree_{degree}_share", "share") for degree in DEGREES)
    social: Measure = unknown("social_share", "share")
    kinds: pd.Series = field(default_factory=lambda: pd.Series(dtype=int))  # threads of each kind
    channels: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row each: threads, mean degree and its range
    remark: str = ""  # what was left out

    def words(self) -> Words:
        share = [measure.value or 0.0 for measure in self.shares]
        social, span = numbers.percent(self.social.value), numbers.span(self.social, numbers.percent)
        most = int(np.argmax(share))
        kinds = self.kinds[self.kinds > 0]
        table = pd.DataFrame(
            {
                "Degree": [KINDS[kind][0] for kind in kinds.index],
                "Kind": kinds.index.astype(str),
                "Why": [KINDS[kind][1] for kind in kinds.index],
                "Threads": kinds.to_numpy(),
                "Share": kinds.to_numpy() / max(kinds.sum(), 1),
            }
        )
        return Words(
            sentence=(
                f"In {social} ({span}) of {numbers.plural(int(self.kinds.sum()), 'conversation')} others take part "
                f"(degree five or six, by rule); of the six, degree {most + 1} ({NAMES[most]}) is the commonest, with "
                f"{numbers.percent(share[most])} ({numbers.span(self.shares[most], numbers.percent)})."
            ),
            title=f"Others take part in {social} ({span}) of the conversations",
            table=table.iloc[::-1],
            formats={"Degree": "count", "Threads": "count", "Share": "percent"},
            caption="Conversations by degree and kind, customers' side",
            note="; ".join(
                part for part in ("ranges: threads of one opener belong together; by rule", self.remark) if part
            ),
            alt="Mean degree of social interaction by channel as points with ranges, from one to six.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        """Draw the mean degree of every channel with its range."""
        rows = self.channels
        ax = style.axes_for(ax, height=1.4 + 0.4 * len(rows))
        place = np.arange(len(rows))
        ax.hlines(place, rows["low"], rows["high"], color=style.BAR_GREY, linewidth=3)
        ax.plot(rows["mean"], place, "o", color=style.BLUE)
        for at, (mean, n) in enumerate(zip(rows["mean"], rows["n"], strict=True)):
            style.beside(ax, f"{mean:.1f} of {numbers.count(n)}", (mean, at), (0, 6), ha="center")
        style.name_rows(ax, rows.index, down=True)
        ax.set_xlim(1, 6)
        ax.set_xlabel("mean degree of the threads, customers' side")
        return ax


def degree_shares(judged: Judged, terms: Terms) -> DegreeShares:
    """Count the conversations at each degree, with ranges that keep the threads of one opener together.

    Parameters
    ----------
    judged : Judged
    terms : Terms

    Returns
    -------
    DegreeShares

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> terms = Terms(pd.Timestamp("2026-03-01"))
    >>> degree_shares(judge_threads(read_threads(rows, terms.as_of)), terms).shares[0].value
    1.0
    """
    table = judged.table
    names = [f"degree_{degree}_share" for degree in DEGREES]
    if not len(table):
        why = f"no thread can be judged ({judged.remark})" if judged.remark else "there are no threads"
        lost = tuple(unknown(name, "share", why) for name in names)
        return DegreeShares(reason=why, shares=lost, social=unknown("social_share", "share", why))
    degree, cluster = table["degree"].to_numpy(), table["cluster"].to_numpy()
    found = [clustered_share(degree == one, cluster, level=terms.level) for one in DEGREES]
    opened = table["opened_on"]
    return DegreeShares(
        population="threads that can be judged",
        window=f"opened {opened.min().date()} to {opened.max().date()}",
        window_from=opened.min().date(),
        window_to=opened.max().date(),
        shares=tuple(one.measure(name, "share") for one, name in zip(found, names, strict=True)),
        social=clustered_share(degree >= SOCIAL, cluster, level=terms.level).measure("social_share", "share"),
        kinds=table["kind"].value_counts().reindex(list(KINDS), fill_value=0),
        channels=_by_channel(table, terms),
        remark=judged.remark,
    )


def _by_channel(table: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Mean degree of each channel, with its range over openers."""
    rows = {}
    for name, part in table.groupby("channel", observed=True):
        if len(part) < terms.min_group:
            continue
        found = mean_bootstrap_t(part["degree"], terms.level, seed=terms.seed, clusters=part["cluster"])
        ends = (np.nan if end is None else end for end in (found.value, found.low, found.high))
        rows[str(name)] = [len(part), *ends]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", "mean", "low", "high"]).sort_values("mean")
