"""What customers and people outside wrote: how much by month, about what, and how many people the unhappy reach."""

from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.thread_features import ROLES
from scrm_helpers.conversations.degrees.threads import DAY, Threads
from scrm_helpers.stats.chance import draw_sums, mean_bootstrap_t
from scrm_helpers.stats.fits import Estimate, difference
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
        mood = f"{part} of those with a known sentiment were unhappy ({numbers.span(self.unhappy, numbers.percent)})"
        if self.unhappy.value is None:
            mood = f"how many are unhappy cannot be said: {self.unhappy.reason}"
        blank = f"; the sentiment of {numbers.percent(self.silent)} is unknown" if self.silent else ""
        year = self.months[-YEAR:].sum(axis=1)
        most, others = year.max(), year.drop(year.idxmax()).mean()
        rush = f": {numbers.count(most)} in {year.idxmax()}, {numbers.count(others)} in each of the others on average"
        rush = rush if most >= RUSH * others else ""
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
        axes.set_ylim(0, base.max() * 1.18 + 1)
        axes.legend(ncols=3, loc="upper left")
        return style.labelled(axes, y="Messages a month")


def message_volume(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> MessageVolume:
    """Count what customers write by month, and how much of it is unhappy.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``sentiment`` (-1 to 1) where the mood is to be told
    threads, terms : the same messages in threads, from `read_threads`

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


MARKETING = "marketing"
HALF = Chance(0.5, "as much marketing as everything else together")
DRAWS = 2000
LESS = "less than half, so that here social is not only marketing"
BESIDE_HALF = {-1: LESS, 0: "which cannot be told from one half", 1: "more than half"}


class FunctionMix(Answer):
    """Shares of the functions that messages of customers belong to, and how mixed they are."""

    ABSENT = "Which functions customers write to cannot be said: {reason}."

    marketing: Measure = unknown("marketing_share", "share")
    mixed: Measure = unknown("function_entropy", "ratio")
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row a function, the largest first
    silent: float = 0.0  # share of messages without a function
    TESTED = "share of marketing in the messages of customers that name a function, beside one half"
    CLAIMS = (Claim(tested=TESTED, estimate=marketing, chance=HALF),)

    def words(self) -> Words:
        share, said = self.marketing, BESIDE_HALF[self.tested(self.marketing.name).direction]
        wide = numbers.decimal(float(np.exp(self.mixed.value or 0.0)), 1)
        span = numbers.span(self.mixed, lambda nats: numbers.decimal(float(np.exp(nats)), 1))
        silent = f"; {numbers.percent(self.silent)} name none" if self.silent else ""
        return Words(
            sentence=f"{numbers.percent(share.value)} of what customers write belongs to marketing (95% range "
            f"{numbers.span(share, numbers.percent)}): {said}. The mix is as wide as that of {wide} equal functions "
            f"({span}); {len(self.shares)} occur.",
            title=f"Marketing is {numbers.percent(share.value)} of what customers write",
            table=self.shares,
            formats={"Messages": "count"} | dict.fromkeys(["Share", "Range low", "Range high"], "percent"),
            caption="Messages of customers by function",
            note=f"n = {numbers.count(share.n)} messages of {WHO} that name a function{silent}; entropy "
            f"{numbers.decimal(self.mixed.value)} ({numbers.span(self.mixed, numbers.decimal)}); "
            "ranges over threads and authors",
            alt=f"A bar for the share of each function with its range; marketing {numbers.percent(share.value)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax, 2.6)
        names, share, low, high = (self.shares[name] for name in ("Function", "Share", "Range low", "Range high"))
        colours = [style.ORANGE if name == MARKETING else style.BLUE for name in names]
        style.rows(axes, names, share, ends=high, color=colours)
        style.ranges(axes, range(len(names)), low, high, across=True)
        axes.axvline(HALF.value, color=style.GREY, linewidth=0.9, linestyle=":")
        axes.set_xlim(0, max(float(high.max()) * 1.12, 0.55))
        return style.labelled(axes, "Share of the messages of customers; dotted: one half", percent="x")


def function_mix(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> FunctionMix:
    """Share messages among functions, with the entropy of the mix, and set marketing beside one half.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``function``
    threads, terms

    Returns
    -------
    FunctionMix

    Notes
    -----
    Range of the entropy by resampling threads, mirrored at the estimate, which is too low in small samples.
    """
    from scipy.stats import entropy

    heard = heard_messages(interactions, threads)
    if "function" not in heard or not (known := heard["function"].notna()).any():
        return FunctionMix(reason="no message of a customer names a function (column function)")
    told = heard[known]
    name = told["function"].astype(str).str.lower()
    by_thread = pd.crosstab(told["thread"], name)
    functions = by_thread.sum().sort_values(ascending=False, kind="stable")
    shares = {
        function: clustered_share(name == function, told["author"], told["thread"], level=terms.level)
        for function in dict.fromkeys([*functions.index, MARKETING])
    }
    rows = [(each, (one := shares[each]).value, one.low, one.high, many) for each, many in functions.items()]
    mixed = float(entropy(functions.to_numpy(float)))
    drawn = entropy(draw_sums(by_thread.to_numpy(float), DRAWS, terms.seed), axis=1)
    high, low = 2 * mixed - np.quantile(drawn, terms.tails)
    most, n = float(np.log(len(functions))), len(told)
    mix = Estimate(value=mixed, low=max(float(low), 0.0), high=min(float(high), most), level=terms.level, n=n)
    return FunctionMix(
        population=f"messages of {WHO} that name a function",
        window=f"up to {terms.as_of.date()}",
        marketing=shares[MARKETING].measure("marketing_share", "share"),
        mixed=mix.measure("function_entropy", "ratio"),
        shares=pd.DataFrame(rows, columns=["Function", "Share", "Range low", "Range high", "Messages"]),
        silent=1 - len(told) / len(heard),
    )


TOLD = (3, 3000)  # friends whom the satisfied and the angry tell, in the title of Blackshaw's book
REACHED = {-1: "fewer people than", 0: "a number of people that cannot be told from that of", 1: "more people than"}


class UnhappyReach(Answer):
    """Reach of unhappy authors over that of the others."""

    ABSENT = "Whether the unhappy reach more people cannot be said: {reason}."

    ratio: Measure = unknown("unhappy_reach_ratio", "ratio")
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row a mood
    TESTED = "mean reach of the public messages of unhappy authors over that of all other authors"
    CLAIMS = (Claim(tested=TESTED, estimate=ratio, chance=Chance(1.0, "as many people as the other authors reach")),)

    def words(self) -> Words:
        direction, (low, high), book = self.tested(self.ratio.name).direction, self.ratio.ends, TOLD[1] / TOLD[0]
        said, times = REACHED[direction], numbers.decimal(self.ratio.value, 1)
        return Words(
            sentence=f"Messages of unhappy authors reach {said} those of the others: {times} times as many (95% "
            f"range {numbers.span(self.ratio, numbers.decimal)}). A book's title has satisfied customers "
            f"tell {TOLD[0]} friends and angry ones {TOLD[1]:,}; so large a difference is "
            f"{'not ' if low <= book <= high else ''}excluded here.",
            title=f"The unhappy reach {times} times as many people"
            if direction
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
    threads, terms

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
