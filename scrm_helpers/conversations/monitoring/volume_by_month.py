"""What customers and people outside wrote, month by month, and how much of it is unhappy."""

from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.message_links import ROLES
from scrm_helpers.conversations.degrees.threads import DAY, Threads
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.intervals import clustered_share

HEARD = tuple(ROLES.index(role) for role in ("customer", "other"))
WHO = "customers and people outside"
UNHAPPY = 0.0  # a tone below it
COLUMNS = ("function", "is_public", "reach", "sentiment", "text")


def heard_messages(interactions: pd.DataFrame, threads: Threads) -> pd.DataFrame:
    """Take messages of customers and others, with author, thread, month and those of `COLUMNS` that are there."""
    said = threads.messages[np.isin(threads.messages["role"], HEARD)]
    taken = interactions[[name for name in COLUMNS if name in interactions]].iloc[said["row"].to_numpy()]
    month = pd.Series((said["days"].to_numpy() * DAY).round().astype("datetime64[us]")).dt.to_period("M")
    columns = {"author": said["author"].to_numpy(), "thread": said["thread"].to_numpy(), "month": month.to_numpy()}
    return taken.reset_index(drop=True).assign(**columns)


def whole_months(heard: pd.DataFrame, as_of: pd.Timestamp) -> pd.PeriodIndex:
    """List the months after the first with a message, which may lack days, to the last that is over."""
    after = (as_of.normalize() + pd.Timedelta(days=1)).to_period("M")
    return pd.period_range(heard["month"].min() + 1 if len(heard) else after, after - 1, freq="M")


def name_months(axes: style.Axes, months: pd.Index) -> None:
    """Name some of the months below the bars."""
    each = max(len(months) // 8, 1)
    axes.set_xticks(range(0, len(months), each), [month.strftime("%b %Y") for month in months[::each]])


YEAR = 12  # months
MOODS = ("Unhappy", "Other", "Unknown")
RUSH = 2  # times the messages of the other months, from which a month is named: the mean is then of no month


class MessageVolume(Answer):
    """Messages by month and mood."""

    ABSENT = "How much customers write cannot be said: {reason}."

    monthly: Measure = unknown("messages_a_month", "count")
    unhappy: Measure = unknown("unhappy_messages", "share")
    months: pd.DataFrame = field(default_factory=pd.DataFrame)  # messages by mood, a row a month
    silent: float = 0.0  # share of the last year's messages without a sentiment

    def words(self) -> Words:
        count, part, n = numbers.count(self.monthly.value), numbers.percent(self.unhappy.value), self.monthly.n or 0
        mood = f"how many are unhappy cannot be said: {self.unhappy.reason}"
        if self.unhappy.value is not None:
            mood = (
                f"{part} of those with a known sentiment were unhappy ({numbers.span(self.unhappy, numbers.percent)})"
            )
        blank = f"; the sentiment of {numbers.percent(self.silent)} is unknown" if self.silent else ""
        year = self.months[-YEAR:].sum(axis=1)
        most, others = year.max(), year.drop(year.idxmax()).mean()
        rush = ""
        if most >= RUSH * others:
            rush = (
                f": {numbers.count(most)} in {year.idxmax()}, {numbers.count(others)} in each of the others on average"
            )
        return Words(
            sentence=f"In the last {numbers.plural(n, 'whole month')} customers wrote {count} messages a month (95% "
            f"range {numbers.span(self.monthly, numbers.count)}){rush}; {mood}{blank}.",
            title=f"Customers write {count} messages a month" + (f", {part} of them unhappy" if part != "n/a" else ""),
            table=self.months.rename_axis("Month").reset_index().astype({"Month": str}),
            formats=dict.fromkeys(MOODS, "count"),
            caption="Messages of customers by month and mood",
            note=f"n = {numbers.count(self.months.to_numpy().sum())} messages of {WHO} in whole months; unhappy: "
            "sentiment below 0; ranges over months, and over authors and threads",
            alt=f"Stacked bars by month: unhappy, other and unknown messages; {count} a month in the last year.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes, base = style.axes_for(ax), np.zeros(len(self.months))
        for name, colour in zip(MOODS, (style.ORANGE, style.BLUE, style.RULE), strict=True):
            count = self.months[name].to_numpy(float)
            axes.bar(np.arange(len(base)), count, bottom=base, color=colour, label=name)
            base = base + count
        name_months(axes, self.months.index)
        axes.set_ylabel("Messages a month")
        axes.set_ylim(0, base.max() * 1.18 + 1)
        axes.legend(ncols=3, loc="upper left")
        return axes


def message_volume(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> MessageVolume:
    """Count what customers write by month, and how much of it is unhappy.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``sentiment`` (-1 to 1) where the mood is to be told
    threads : Threads, the same messages in threads, from `read_threads`
    terms : Terms

    Returns
    -------
    MessageVolume
    """
    heard = heard_messages(interactions, threads)
    months = whole_months(heard, terms.as_of)
    if not len(months):
        return MessageVolume(reason="customers wrote nothing in a whole month")
    tone = heard.get("sentiment", pd.Series(np.nan, heard.index)).astype(float)
    mood = np.select([tone < UNHAPPY, tone >= UNHAPPY], MOODS[:2], MOODS[2])
    count = pd.crosstab(heard["month"], mood).reindex(index=months, columns=[*MOODS], fill_value=0)
    last = count[-YEAR:]
    told = heard[heard["month"].isin(last.index) & tone.notna()]
    share = clustered_share(tone[told.index] < UNHAPPY, told["author"], told["thread"], level=terms.level)
    share = replace(share, reason=share.reason and "no message has a sentiment")
    return MessageVolume(
        population=f"messages of {WHO}",
        window=f"{last.index[0]} to {last.index[-1]}",
        monthly=mean_bootstrap_t(last.sum(axis=1), terms.level, seed=terms.seed).measure("messages_a_month", "count"),
        unhappy=share.measure("unhappy_messages", "share"),
        months=count,
        silent=float(last[MOODS[2]].sum() / max(last.to_numpy().sum(), 1)),
    )
