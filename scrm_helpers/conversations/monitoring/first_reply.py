"""How soon the company answers: first-reply times by channel and mood, with the unanswered still waiting."""

# Own code beside statsmodels, which takes every row for a person of its own; without clusters both agree.

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.threads import CUT_OFF, UNKNOWN, Threads
from scrm_helpers.conversations.monitoring.messages_heard import HEARD, UNHAPPY, WHO
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import design_effect, normal_quantile


@dataclass(frozen=True)
class Waits:
    """Times from a question to its answer, or to the last day, of everybody or of a group."""

    time: NDArray
    ended: NDArray  # whether it was answered; else it still waits
    who: NDArray  # clusters

    def of(self, rows: NDArray) -> Waits:
        """Keep some of them."""
        return Waits(self.time[rows], self.ended[rows], self.who[rows])

    def within(self, time: float) -> Waits:
        """Watch nobody for longer than a time."""
        return Waits(np.minimum(self.time, time), self.ended & (self.time <= time), self.who)

    def curve(self, level: float, near: float) -> pd.DataFrame:
        """Return the share answered by each time, by Kaplan and Meier, with its range; clusters count as at `near`."""
        from statsmodels.duration.survfunc import SurvfuncRight

        found = SurvfuncRight(self.time, self.ended.astype(float))
        left, error = found.surv_prob, found.surv_prob_se
        seen = self.ended | (self.time >= near)
        wide = normal_quantile(level) * np.sqrt(design_effect(self.time[seen] <= near, self.who[seen])[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.exp(wide * error / (left * np.abs(np.log(left))))
            low, high = left**shift, left ** (1 / shift)
        inner = (left > 0) & (left < 1)
        low, high = np.where(inner, low, left), np.where(inner, high, left)
        return pd.DataFrame({"time": found.surv_times, "share": 1 - left, "low": 1 - high, "high": 1 - low})

    def answered_by(self, time: float, level: float) -> Estimate:
        """Estimate the share answered by a time; none where nobody was watched for so long."""
        if not len(self.time) or self.time.max() < time:
            return Estimate(level=level, n=len(self.time), reason="no conversation was watched for so long")
        curve = self.curve(level, time)
        at = int(np.searchsorted(curve["time"], time, side="right")) - 1
        if at < 0:
            return Estimate(value=0.0, level=level, n=len(self.time), reason="nothing was answered so soon")
        value, low, high = map(float, curve.loc[at, ["share", "low", "high"]])
        return Estimate(value=value, low=low, high=high, level=level, n=len(self.time))

    def median(self, level: float) -> Estimate:
        """Estimate the time by which half are answered (Brookmeyer and Crowley); none where half never are."""
        few = "fewer than half were answered as long as they were watched"
        known = Estimate(level=level, n=len(self.time), reason=few)
        if not self.ended.any():
            return known
        first = self.curve(level, float(np.median(self.time)))
        half = first.loc[first["share"] >= 0.5, "time"]
        if not len(half):
            return known
        curve = self.curve(level, float(half.iloc[0]))
        low, high = (curve.loc[curve[end] >= 0.5, "time"].min() for end in ("high", "low"))
        reason = "" if np.isfinite(high) else "the slower end has no limit"
        late = float(high) if np.isfinite(high) else None
        return replace(known, value=float(half.iloc[0]), low=float(low), high=late, reason=reason)

    def sooner(self, group: NDArray, level: float) -> Estimate:
        """Estimate how many times as often a group is answered as the others at the same wait; with the log-rank p."""
        # One-step rate ratio (Peto), errors by cluster (Lin and Wei 1989).
        from scipy.special import ndtr

        order = np.argsort(self.time, kind="stable")
        time, ended, inside, who = self.time[order], self.ended[order], group[order].astype(float), self.who[order]
        first = np.searchsorted(time, time)  # those at risk are from here to the end
        risk, ours = len(time) - first, (np.cumsum(inside[::-1])[::-1])[first]
        part = ours / risk
        last = np.searchsorted(time, time, side="right") - 1
        hazard, shared = np.cumsum(ended / risk)[last], np.cumsum(ended * part / risk)[last]
        each = ended * (inside - part) - (inside * hazard - shared)
        clusters = np.bincount(np.unique(who, return_inverse=True)[1], each)
        n = len(clusters)
        information, spread = float((ended * part * (1 - part)).sum()), float((clusters**2).sum()) * n / max(n - 1, 1)
        found = Estimate(level=level, n=int(group.sum()), reason="nothing was answered that could be compared")
        if information <= 0 or spread <= 0:
            return found
        score = float(each.sum())
        half = normal_quantile(level) * np.sqrt(spread)
        value, low, high = np.exp(np.array([score, score - half, score + half]) / information).tolist()
        p = 2 * float(ndtr(-abs(score) / np.sqrt(spread)))
        return replace(found, value=value, low=low, high=high, p=p, reason="")


FEWEST = 20  # conversations of a group that is compared
SHOWN = 7.0  # days of the picture
MOODS = ("unhappy", "other mood")
COLUMNS = ("Group", "Conversations", "In time", "Range low", "Range high", "Median days", "Beside others")


class FirstReplies(Answer):
    """Share answered in time and median wait, in all and by group."""

    ABSENT = "How soon the company answers cannot be said: {reason}."
    OFFERS = ("figure", "table")

    soon: Measure = unknown("answered_in_time", "share")
    median: Measure = unknown("first_reply_median", "days")
    rates: tuple[Measure, ...] = ()  # of each group beside all others
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: dict[str, pd.DataFrame] = field(default_factory=dict)  # by channel
    days: float = 1.0
    by_day: bool = False
    waiting: int = 0  # conversations without a reply

    def claimed(self) -> tuple[Claim, ...]:
        even = Chance(1.0, "as often as all others after the same wait")
        how = "first replies in time beside those to all others, log-rank test with authors as clusters"
        both = ((one, "mood" if one.population in MOODS else "channel") for one in self.rates)
        return tuple(Claim(tested=how, estimate=one, chance=even, family=f"first reply by {by}") for one, by in both)

    def words(self) -> Words:
        within = f"within {numbers.plural(self.days, 'day')}" + (" of the calendar" if self.by_day else "")
        soon, digits = numbers.percent(self.soon.value), 0 if self.by_day else 1
        wait = f"the median wait cannot be given: {self.median.reason}"
        if self.median.value is not None:
            write = lambda value: numbers.decimal(value, digits)  # noqa: E731
            wait = f"half have one after {write(self.median.value)} days ({numbers.span(self.median, write)})"
        decimal = numbers.decimal
        told = [
            f"{decimal(rate.value)} times the rate to {rate.population} messages ({numbers.span(rate, decimal)})"
            for rate in sorted(self.rates, key=lambda rate: rate.value or 0.0)
            if self.tested(rate.name).direction
        ]
        beside = f"After the same wait replies come at {' and '.join(told)}, beside all others." if told else ""
        if self.rates and not told:
            beside = "No difference between channels or moods can be shown in that time."
        return Words(
            sentence=f"{soon} of the conversations that customers opened had a reply of the company {within} (95% "
            f"range {numbers.span(self.soon, numbers.percent)}); {wait}. {beside}".strip(),
            title=f"The company answers {soon} {within}",
            table=self.groups,
            formats={"Conversations": "count", "Median days": f"decimal{digits or ''}", "Beside others": "decimal"}
            | dict.fromkeys(COLUMNS[2:5], "percent"),
            caption=f"First replies by channel and by mood of the opening message; in time: {within}",
            note=f"n = {numbers.plural(self.soon.n or 0, 'conversation')}; {numbers.count(self.waiting)} without a "
            "reply wait on (Kaplan-Meier); replies of other customers end no wait; authors as clusters; groups of "
            f"{FEWEST} or more" + ("; only days are known, the day of the message is 0" if self.by_day else ""),
            alt=f"Curves of the share answered by days waited, by channel; {soon} in all {within}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes, most = style.axes_for(ax), max(SHOWN, self.days)
        days = np.linspace(0, most, 401)
        shares = {
            name: np.append(0.0, curve["share"])[np.searchsorted(curve["time"], days, side="right")]
            for name, curve in self.curves.items()
        }
        often = self.groups.set_index("Group")["Beside others"].astype(float).fillna(1.0)  # as the table has them
        order = sorted(shares, key=often.__getitem__, reverse=True)
        named = dict(zip(order[:: max(len(order) - 1, 1)], (style.BLUE, style.ORANGE), strict=False))
        for name in sorted(order, key=named.__contains__):
            axes.step(days, shares[name], where="post", color=named.get(name, style.RULE), linewidth=1.8)
        ends = [share[-1] for share in shares.values()] or [0.0]
        for name, word, place in zip(named, ("soonest", "latest"), ((max(ends), 8), (min(ends), -15)), strict=False):
            look = {"color": named[name], "size": 9, "ha": "right"}
            style.beside(axes, f"{word}: {name}", (most, place[0]), (-4, place[1]), **look)
        axes.axvline(self.days, color=style.RULE, linewidth=1)
        axes.set_xlim(0, most * 1.02)
        axes.set_ylim(0, 1)
        axes.locator_params(axis="x", nbins=8, integer=True)
        label = "Days since the customer wrote; grey: the other channels"
        return style.labelled(axes, label, "Answered by the company", percent="y")


def first_replies(interactions: pd.DataFrame, threads: Threads, terms: Terms, *, days: float = 1.0) -> FirstReplies:
    """Estimate how soon the company answers conversations that customers open, and compare channels and moods.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``sentiment`` where moods are to be compared
    threads, terms : a conversation whose first message is missing or deleted is left out; a young one waits on
    days : float, the wait within which a reply is in time

    Returns
    -------
    FirstReplies

    Notes
    -----
    Kaplan and Meier (1958), ranges on the log-log scale widened for authors who open several conversations; each group
    beside all others by the log-rank test with errors by author (Lin and Wei 1989), Holm's correction over the groups
    of a question.
    """
    table, said = threads.table, threads.messages
    first = table["first"].to_numpy()
    kept = np.isin(said["role"].to_numpy()[first], HEARD) & table["cut_off"].isin(["", CUT_OFF["young"]]).to_numpy()
    reply = said["days"].where(said["firm"]).groupby(said["thread"]).min().to_numpy()[kept]
    opened, row = said["days"].to_numpy()[first][kept], said["row"].to_numpy()[first][kept]
    end = (terms.as_of.normalize() - pd.Timestamp(0)) / pd.Timedelta(days=1) + (0 if threads.by_day else 1)
    wait = np.maximum(np.where(np.isnan(reply), end, reply) - opened, 0.0)
    waits = Waits(wait, ~np.isnan(reply), table["opener"].to_numpy()[kept])
    if not waits.ended.any():
        return FirstReplies(reason="the company answered no conversation that a customer opened")
    tone = interactions["sentiment"].to_numpy(float)[row] if "sentiment" in interactions else np.full(len(row), np.nan)
    mood = np.select([tone < UNHAPPY, tone >= UNHAPPY], MOODS, UNKNOWN)
    channel = table["channel"].astype(str).to_numpy()[kept]
    rows: list[tuple] = []
    rates: list[Measure] = []
    for kind in (channel, mood):
        known, groups = waits.of(kind != UNKNOWN), kind[kind != UNKNOWN]
        large = [str(name) for name, n in pd.Series(groups).value_counts().items() if n >= FEWEST]
        large.sort(key=MOODS[1].__eq__)
        for number, name in enumerate(large):
            own, rate = known.of(groups == name), None
            if len(large) > 2 or (len(large) == 2 and number == 0):  # of two groups one comparison tells all
                rate = known.within(days).sooner(groups == name, terms.level)
                label = "first_reply_rate_" + re.sub(r"\W+", "_", name.lower()).strip("_")
                rates.append(replace(rate.measure(label, "ratio"), population=name))
            part, half = own.answered_by(days, terms.level), own.median(terms.level).value
            rows.append((name, len(own.time), part.value, part.low, part.high, half, rate and rate.value))
    return FirstReplies(
        population=f"conversations opened by {WHO}",
        window=f"up to {terms.as_of.date()}",
        soon=waits.answered_by(days, terms.level).measure("answered_in_time", "share"),
        median=waits.median(terms.level).measure("first_reply_median", "days"),
        rates=tuple(rates),
        groups=pd.DataFrame(rows, columns=[*COLUMNS]),
        curves={name: waits.of(channel == name).curve(terms.level, days) for name, *_ in rows if name in channel},
        days=days,
        by_day=threads.by_day,
        waiting=int((~waits.ended).sum()),
    )
