"""Who keeps the promise? What each person said, linked to what that person then did, answer by answer."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, against, latest_answers
from scrm_helpers.answers import Answer, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import share_estimate, wilson
from scrm_helpers.stats.rank import RankAssociation, somers_d

NO_CONVERSIONS = "the table referrals has no day of a first purchase in converted_on, so it is unknown and not zero"
HINT_BELOW = 30  # an answer given by fewer people is pooled with its neighbour below
FORMATS = {"People": "count", "Referred": "count", "Share": "percent", "Range from": "percent", "Range to": "percent"}


@dataclass(frozen=True)
class LinkedAnswers:
    """Answers whose window is over, with the referrals that followed."""

    people: pd.DataFrame
    window_days: int  # length of the window after the answer, in days
    too_young: int  # people who answered, but whose window is not over yet
    made: pd.DataFrame
    unknown: str = ""  # why it is not known who brought a customer

    @property
    def place(self) -> dict[str, Any]:
        """Over whom and when, in words, and the first test, for the answers built on it."""
        who = f"people who answered, each by the last answer whose {self.window_days} days are over"
        window = f"{self.window_days} days after the answer"
        return {"population": who, "window": window, "base": self.note, "first": self.order.p}

    @cached_property
    def order(self) -> RankAssociation:
        """Somers' D of having referred given the answer: the first test of what answers have to do with deeds."""
        return somers_d(self.people["referred"], self.people["score"])

    @property
    def note(self) -> str:
        """Base and window in one line."""
        text = f"n = {numbers.plural(len(self.people), 'person', 'people')}, {self.window_days} days after the answer"
        text += f"; {numbers.count(self.too_young)} answered too recently and are left out" if self.too_young else ""
        return text + "."


def link_answers(
    surveys: pd.DataFrame, referrals: pd.DataFrame, as_of: pd.Timestamp, window_days: int = 365
) -> LinkedAnswers:
    """Count for everybody who answered the referrals made after the answer and inside the window.

    The latest answer whose window is over stands for the person; all have the same window after it.

    Parameters
    ----------
    surveys, referrals : without a day in ``converted_on`` it is unknown who brought a customer
    as_of : an answer counts only when its whole window lies before the end of this day
    window_days : from the day after the answer

    Returns
    -------
    LinkedAnswers

    Examples
    --------
    >>> surveys = pd.DataFrame({"customer_id": ["A"], "responded_on": [pd.Timestamp("2026-01-01")], "score": [9.0]})
    >>> referrals = pd.DataFrame({"referrer_id": ["A"], "referred_id": ["B"],
    ...                           "referred_on": [pd.Timestamp("2026-02-01")], "converted_on": [pd.NaT]})
    >>> link_answers(surveys, referrals, pd.Timestamp("2026-09-30"), 90).people["referred"].tolist()
    [True]
    """
    if window_days < 1:
        raise ValueError(f"A window of {window_days} days holds no referral: give at least one day.")
    window = pd.Timedelta(days=window_days)
    people = latest_answers(surveys, as_of - window).set_index("customer_id")
    made, since = referrals_of(referrals, people["responded_on"])
    converted = made["converted_on"] if "converted_on" in made else pd.Series(pd.NaT, index=made.index)
    in_time = converted - people["responded_on"].reindex(made["referrer_id"]).to_numpy() <= window
    brought = np.asarray(converted.notna() & in_time, dtype=bool)
    made = made.assign(brought=brought)[(since > pd.Timedelta(0)) & (since <= window)]
    for name, counted in (("referrals", made), ("customers_brought", made[made["brought"]])):
        people[name] = counted.groupby("referrer_id")["referred_id"].nunique().reindex(people.index, fill_value=0)
    people["referred"] = people["referrals"] > 0
    people["brought"] = people["customers_brought"] > 0
    too_young = len(latest_answers(surveys, as_of)) - len(people)
    why = NO_CONVERSIONS if converted.isna().all() and len(referrals) else ""
    return LinkedAnswers(people.reset_index(), window_days, too_young, made, why)


def few_followed(n: int) -> str:
    """Say that too few answered so long ago that what they did since can be known."""
    who = f"only {numbers.plural(n, 'person', 'people')}" if n else "nobody"
    return f"{who} answered long enough ago"


def referrals_of(referrals: pd.DataFrame, day: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Return the referrals that people made, not of themselves, and how long after a day of theirs each was made."""
    made = referrals[referrals["referrer_id"].isin(day.index)]
    made = made[made["referrer_id"] != made["referred_id"]]
    return made, made["referred_on"] - day.reindex(made["referrer_id"]).to_numpy()


class Followed(Answer):
    """An answer about people who answered and what they did in the window after it."""

    base: str = ""  # who answered and what window they had, in words
    first: float | None = None  # p of the first test: of having referred, given the answer

    def claimed(self) -> tuple[Claim, ...]:
        return self.asked_after(*super().claimed())

    def asked_after(self, *claims: Claim) -> tuple[Claim, ...]:
        """Ask these only after the first test: whoever does not refer brings no one and no value."""
        words = "; asked only where the answer goes with having referred" if self.first is not None else ""
        return tuple(replace(one, after=self.first, tested=one.tested + words) for one in claims)


class ReferralByAnswer(Followed):
    """The share who referred by stated likelihood."""

    ABSENT = "Whether people keep the promise cannot be said: {reason}."

    overall: Measure = unknown("share_referring", "share")
    silent_promoters: Measure = unknown("promoters_who_did_not_refer", "share")
    other_referrers: Measure = unknown("referrers_who_are_not_promoters", "share")
    gap: Measure = unknown("referring_highest_minus_lowest_answers", "share")
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    ENDS, ALIKE = "share who referred: highest answers less lowest", "people refer as often whatever they answer"
    CLAIMS = (against("highest_answers_refer_otherwise", ENDS, gap, ALIKE),)

    def words(self) -> Words:
        groups, overall = self.groups, numbers.percent(self.overall.value)
        text = f"{overall} of those who answered referred somebody afterwards."
        if self.overall.value == 0:
            n = numbers.count(self.overall.n)
            text = f"None of the {n} people who answered is recorded as a referrer afterwards."
        if self.silent_promoters.value is not None:
            text += f" Of the promoters {numbers.percent(self.silent_promoters.value)} referred nobody."
        if len(groups) > 1:
            side = self.tested("highest_answers_refer_otherwise").direction
            often = f"refer {'more' if side > 0 else 'less'} often than those who answer lowest."
            alike = "Between the highest and the lowest answers no difference can be shown."
            text += f" Those who answer highest {often}" if side else f" {alike}"
        return Words(
            sentence=text,
            table=groups.assign(Answer=self._spans)[["Answer", *FORMATS]],
            formats=FORMATS,
            title=self._title() if len(groups) else "",
            caption="Share who referred, by answer",
            note=f"{self.base} Bars: share; lines: {numbers.percent(self.overall.level)} Wilson range.",
            alt=_description(groups, overall) if len(groups) else "",
        )

    def _title(self) -> str:
        low, high, share = (self.groups[name].iloc[-1] for name in ("low_answer", "high_answer", "Share"))
        answers = f"answers of {low:.0f} to {high:.0f}" if low < high else f"an answer of {high:.0f}"
        return f"At {answers}, {numbers.percent(share)} referred somebody"

    @property
    def _spans(self) -> list[str]:
        pairs = zip(self.groups["low_answer"], self.groups["high_answer"], strict=True)
        return [f"{a} to {b}" if b > a + 1 else f"{a} and {b}" if b > a else str(a) for a, b in pairs]

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.6)
        table = self.groups
        colours = np.where(table["low_answer"] >= PROMOTER_FROM, style.BLUE, style.BAR_GREY)
        style.columns(ax, table["Share"], table["Range from"], table["Range to"], color=colours)
        if self.overall.value is not None:
            ax.axhline(self.overall.value, color=style.ORANGE, linestyle="--", linewidth=1.1)
            label = f"all who answered: {numbers.percent(self.overall.value)}"
            look: dict[str, Any] = {"color": style.ORANGE}
            if style.is_narrow():  # where there is no room beside the bars
                style.beside(ax, f"dashed: {label}", (0, 1), (0, 0), xycoords="axes fraction", va="bottom", **look)
            else:
                look |= {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
                style.beside(ax, label, (1.0, self.overall.value), (4, 0), va="center", **look)
        style.group_ticks(ax, self._spans, table["People"])
        ax.set_ylim(0, float(table["Range to"].max()) * 1.12)
        return style.dressed(ax, "Referred somebody", "Stated likelihood to recommend, 0 to 10")


def referral_by_answer(linked: LinkedAnswers, terms: Terms) -> ReferralByAnswer:
    """Compute for each answer the share of people who then referred somebody.

    Parameters
    ----------
    linked, terms : answers given by fewer than thirty people are pooled downwards

    Returns
    -------
    ReferralByAnswer
    """
    score, referred = linked.people["score"].to_numpy(int), linked.people["referred"].to_numpy(bool)
    n, level = len(score), terms.level
    if n < terms.min_group:
        return ReferralByAnswer(reason=few_followed(n), overall=replace(ReferralByAnswer.overall, n=n))

    def share(name: str, part: NDArray, whole: NDArray, nobody: str) -> Measure:
        return share_estimate(int((part & whole).sum()), int(whole.sum()), level, nobody).measure(name, "share")

    rows = []
    sizes, hits = np.bincount(score, minlength=11), np.bincount(score[referred], minlength=11)
    for low, high in _pooled(sizes, max(terms.min_group, HINT_BELOW)):
        size, made = int(sizes[low : high + 1].sum()), int(hits[low : high + 1].sum())
        if size:
            rows.append((low, high, size, made, made / size, *wilson(made, size, level)))
    groups = pd.DataFrame(rows, columns=["low_answer", "high_answer", *FORMATS])
    shown = groups[~too_small(groups["People"], terms.min_group)].reset_index(drop=True)
    gap = Estimate(level=level, reason="no two groups of answers are large enough")
    if len(shown) > 1:
        ends = shown[["Referred", "People"]].iloc[[0, -1]].to_numpy(int).tolist()
        first, last = (share_estimate(made, size, level) for made, size in ends)
        gap = difference(first, last)
    promoters = score >= PROMOTER_FROM
    return ReferralByAnswer(
        overall=share("share_referring", referred, np.ones(n, bool), "nobody answered"),
        silent_promoters=share("promoters_who_did_not_refer", ~referred, promoters, "nobody is a promoter"),
        other_referrers=share("referrers_who_are_not_promoters", ~promoters, referred, "nobody referred"),
        gap=gap.measure("referring_highest_minus_lowest_answers", "share"),
        groups=shown,
        **linked.place,
    )


def _pooled(sizes: NDArray, smallest: int) -> list[tuple[int, int]]:
    """Pool neighbouring answers, never across detractors, passives and promoters, until each group is big enough."""
    found: list[tuple[int, int]] = []
    for first, last in ((0, DETRACTOR_TO), (DETRACTOR_TO + 1, PROMOTER_FROM - 1), (PROMOTER_FROM, 10)):
        start = first
        for answer in range(first, last + 1):
            if sizes[start : answer + 1].sum() >= smallest:
                found.append((start, answer))
                start = answer + 1
        if start <= last:  # the rest is too small to stand alone
            found.append((found.pop()[0] if start > first else start, last))
    return found


def _description(groups: pd.DataFrame, overall: str) -> str:
    first, last = groups.iloc[0], groups.iloc[-1]
    return (
        f"{numbers.plural(len(groups), 'bar')} of the share who referred, from {numbers.percent(first['Share'])} at "
        f"{int(first['low_answer'])} to {int(first['high_answer'])} up to {numbers.percent(last['Share'])} at "
        f"{int(last['high_answer'])}, each with its range; a dashed line at {overall} for all."
    )
