"""Who keeps the promise? The share who referred, for each answer from 0 to 10."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HINT_BELOW = 30  # an answer given by fewer people is pooled with its neighbour below


@dataclass(frozen=True, kw_only=True)
class ReferralByAnswer(Answer):
    """The share who referred by stated likelihood."""

    ABSENT = "Whether people keep the promise cannot be said: {reason}."

    overall: Measure = unknown("share_referring", "share")
    silent_promoters: Measure = unknown("promoters_who_did_not_refer", "share")
    other_referrers: Measure = unknown("referrers_who_are_not_promoters", "share")
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    base: str = ""  # who answered and what window they had, in words

    @property
    def drawable(self) -> bool:
        """Whether a group is large enough."""
        return len(self.groups) > 0

    def words(self) -> Words:
        """Who keeps the promise, and whether answers differ beyond chance."""
        groups, overall = self.groups, numbers.percent(self.overall.value)
        text = f"{overall} of those who answered referred somebody afterwards."
        if self.silent_promoters.value is not None:
            text += f" Of the promoters {numbers.percent(self.silent_promoters.value)} referred nobody."
        if len(groups) > 1:
            apart = groups.iloc[0]["high"] < groups.iloc[-1]["low"]
            text += (
                " Those who answer highest refer more often than those who answer lowest."
                if apart
                else " Between the highest and the lowest answers no difference can be shown."
            )
        heads = {"n": "People", "referred": "Referred", "share": "Share", "low": "Range from", "high": "Range to"}
        table = groups.assign(answer=[_span(row) for row in groups.itertuples()])[["answer", *heads]]
        return Words(
            sentence=text,
            table=table.rename(columns={"answer": "Answer"} | heads),
            formats=dict(zip(heads.values(), ("count", "count", "percent", "percent", "percent"), strict=True)),
            title=_title(groups),
            caption="Share who referred, by answer",
            note=f"{self.base} Bars: share; lines: {numbers.percent(self.overall.level)} Wilson range.",
            alt=_description(groups, overall) if len(groups) else "",
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one bar per answer with its interval, promoters in blue, and the overall share as a line."""
        ax = style.axes_for(ax, height=3.6)
        table = self.groups
        places = range(len(table))
        promoters = table["low_answer"] >= PROMOTER_FROM
        ax.bar(places, table["share"], width=0.62, color=[style.BLUE if p else style.BAR_GREY for p in promoters])
        ax.vlines(places, table["low"], table["high"], color="black", linewidth=1.2)
        top = float(table["high"].max())
        plate = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}  # a label may meet the line for all
        for place, (share, high) in enumerate(zip(table["share"], table["high"], strict=True)):
            text = ax.text(place, high + 0.02 * top, numbers.percent(share), ha="center", va="bottom", size=8.5)
            text.set(weight="bold", bbox=plate, zorder=4)
        if self.overall.value is not None:
            ax.axhline(self.overall.value, color=style.ORANGE, linestyle="--", linewidth=1.1)
            label = f"all who answered: {numbers.percent(self.overall.value)}"
            ax.annotate(
                label,
                (1.0, self.overall.value),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                color=style.ORANGE,
                va="center",
                size=8,
                annotation_clip=False,
            )
        labels = [
            f"{_span(row)}\n(n = {numbers.count(n)})" for row, n in zip(table.itertuples(), table["n"], strict=True)
        ]
        ax.set_xticks(list(places), labels)
        ax.set_ylim(0, top * 1.12)
        ax.yaxis.set_major_formatter(lambda tick, _: numbers.percent(tick, 0))
        ax.grid(axis="y")
        ax.set_xlabel("Stated likelihood to recommend, 0 to 10")
        ax.set_ylabel("Referred somebody")
        return ax


def referral_by_answer(linked: LinkedAnswers, terms: Terms) -> ReferralByAnswer:
    """Compute for each answer the share of people who then referred somebody.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    terms : Terms
        Level of the Wilson intervals, and the smallest group shown; answers given by fewer than thirty people are
        pooled downwards first.

    Returns
    -------
    ReferralByAnswer
    """
    people, level = linked.people, terms.level
    n, referred = len(people), int(people["referred"].sum())
    if n < terms.min_group:
        reason = f"only {numbers.plural(n, 'person', 'people')} answered long enough ago"
        return ReferralByAnswer(reason=reason, overall=unknown("share_referring", "share", reason, n))
    groups = _groups(people, max(terms.min_group, HINT_BELOW), level)
    promoters, silent = people["score"] >= PROMOTER_FROM, ~people["referred"]
    quiet, others = int((promoters & silent).sum()), int((people["referred"] & ~promoters).sum())
    return ReferralByAnswer(
        overall=_share("share_referring", referred, n, "nobody answered", level),
        silent_promoters=_share(
            "promoters_who_did_not_refer", quiet, int(promoters.sum()), "nobody is a promoter", level
        ),
        other_referrers=_share("referrers_who_are_not_promoters", others, referred, "nobody referred", level),
        groups=groups[~too_small(groups["n"], terms.min_group)].reset_index(drop=True),
        base=linked.note,
    )


def _groups(people: pd.DataFrame, smallest: int, level: float) -> pd.DataFrame:
    """Pool neighbouring answers, never across detractors, passives and promoters, until each group is big enough."""
    rows = []
    for first, last in ((0, DETRACTOR_TO), (DETRACTOR_TO + 1, PROMOTER_FROM - 1), (PROMOTER_FROM, 10)):
        start = first
        spans: list[tuple[int, int]] = []
        for answer in range(first, last + 1):
            if people["score"].between(start, answer).sum() >= smallest:
                spans.append((start, answer))
                start = answer + 1
        if start <= last and spans:  # the rest is too small to stand alone
            spans[-1] = (spans[-1][0], last)
        elif start <= last:
            spans.append((start, last))
        for low_answer, high_answer in spans:
            inside = people[people["score"].between(low_answer, high_answer)]
            if inside.empty:
                continue
            referred = int(inside["referred"].sum())
            low, high = wilson(referred, len(inside), level)
            rows.append((low_answer, high_answer, len(inside), referred, referred / len(inside), low, high))
    return pd.DataFrame(rows, columns=["low_answer", "high_answer", "n", "referred", "share", "low", "high"])


def _share(name: str, part: int, whole: int, reason: str, level: float) -> Measure:
    if not whole:
        return Measure(name=name, value=None, unit="share", n=0, reason=reason)
    low, high = wilson(part, whole, level)
    return Measure(name=name, value=part / whole, unit="share", n=whole, low=low, high=high, level=level)


def _span(row: object) -> str:
    low, high = int(row.low_answer), int(row.high_answer)  # type: ignore[attr-defined]
    return str(low) if low == high else f"{low} and {high}" if high == low + 1 else f"{low} to {high}"


def _title(groups: pd.DataFrame) -> str:
    if groups.empty:
        return ""
    top = groups.iloc[-1]
    low, high = int(top["low_answer"]), int(top["high_answer"])
    answers = f"an answer of {high}" if low == high else f"answers of {low} to {high}"
    share = numbers.percent(top["share"])
    if top["share"] < 0.5:
        return f"Even at {answers}, only {share} referred somebody"
    return f"At {answers}, {share} referred somebody"


def _description(groups: pd.DataFrame, overall: str) -> str:
    first, last = groups.iloc[0], groups.iloc[-1]
    return (
        f"{numbers.plural(len(groups), 'bar')} of the share who referred, from {numbers.percent(first['share'])} at "
        f"{int(first['low_answer'])} to {int(first['high_answer'])} up to {numbers.percent(last['share'])} at "
        f"{int(last['high_answer'])}, each with its range; a dashed line at {overall} for all."
    )
