"""Similar neighbours or influence: what may be said of customers who are tied by a referral, and what may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import holm
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.graph.neighbours import alikeness, e_value, following, matched_periods, tied_orders

LEVEL = 0.05
SIMILAR = "similar neighbours"
FOLLOWS = "orders follow orders"
NOTHING = "nothing can be shown"
FORMATS = {
    "Referrals": "count",
    "Alike (rank correlation)": "decimal2",
    "p (alike, corrected)": "decimal3",
    "Extra orders per order": "decimal3",
    "95% range low": "decimal3",
    "95% range high": "decimal3",
    "p (in time, corrected)": "decimal3",
}
VERDICT = "What may be said"


@dataclass(frozen=True, kw_only=True)
class HomophilyOrInfluence(Answer):
    """Per group: how alike tied customers are, and whether orders follow orders in time."""

    ABSENT = "Whether tied customers are alike or influence each other cannot be computed: {reason}."
    OFFERS: ClassVar = ("figure", "table")

    by_group: tuple[Measure, ...] = ()  # how alike both ends are, and extra orders per order: group by group
    ratio: Measure = unknown("matched_ratio", "ratio")  # of orders in periods after an order of the referrer, matched
    naive: float | None = None  # the same without matching
    verdicts: pd.DataFrame = field(default_factory=pd.DataFrame)  # the same with p-values and what may be said
    window_days: int = 14  # days after an order that count
    ties: int = 0  # referrals between customers

    def words(self) -> Words:
        parts = [
            f"{group}: alike {numbers.decimal(alike.value)}, extra orders {numbers.decimal(extra.value)}"
            for group, alike, extra in zip(self.verdicts["Group"], self.by_group[::2], self.by_group[1::2], strict=True)
        ]
        return Words(
            sentence=f"{self._judged()} {self._matched()}",
            table=self.verdicts,
            formats=FORMATS,
            title=self._take_away(),
            caption="Tied customers: alike, and one after the other",
            note=(
                f"n = {numbers.plural(self.ties, 'referral')} between customers. p-values by permutation, corrected "
                f"over {numbers.plural(len(self.verdicts), 'group')} (Holm). Lines: 95% intervals, one by one. "
                "Observed, not randomised: no cause is shown."
            ),
            alt=("Two panels of dots with intervals, one line per group. " + "; ".join(parts[:5]))[:298] + ".",
        )

    def _named(self, words: str) -> str:
        """List the groups of which something may be said."""
        *first, last = self.verdicts.loc[self.verdicts[VERDICT] == words, "Group"].tolist() or [""]
        return f"{', '.join(first)} and {last}" if first else last

    def _judged(self) -> str:
        window = self.window_days
        say = {
            SIMILAR: "similar neighbours; they order alike, but nothing shows that one follows the other.",
            FOLLOWS: (
                "orders follow orders; after an order of the referrer the person referred orders more within "
                f"{window} days than in the {window} days before."
            ),
            NOTHING: "neither likeness nor a direction in time can be shown.",
        }
        return " ".join(f"{named}: {text}" for words, text in say.items() if (named := self._named(words)))

    def _take_away(self) -> str:
        follow, similar = self._named(FOLLOWS), self._named(SIMILAR)
        if follow and similar:
            return f"Similar neighbours in {similar}; in {follow} orders follow orders"
        if similar:
            return f"Similar neighbours in {similar}: nothing shows that one follows the other"
        if follow:
            return f"Orders of tied customers follow each other in {follow}"
        return "Tied customers are not shown to be alike, nor to follow each other"

    def _matched(self) -> str:
        ratio, window = self.ratio, self.window_days
        if ratio.value is None:
            return f"A matched comparison cannot be computed: {ratio.reason}."
        start = (
            "Among moments alike in group, season, own orders and time as a customer, an order is "
            f"{numbers.decimal(ratio.value)} times as likely in the {window} days after one of the referrer "
            f"(95% range {numbers.interval(ratio.low, ratio.high, numbers.decimal)})"
        )
        plain = "" if self.naive is None else f", against {numbers.decimal(self.naive)} times without matching"
        unseen = e_value(*ratio.ends)
        if unseen <= 1:
            return f"{start}{plain}: no difference can be shown."
        return (
            f"{start}{plain}; something unseen would need a risk ratio of {numbers.decimal(unseen)} with both to "
            "explain that away."
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=1.5 + 0.42 * len(self.verdicts))
        ax.set_axis_off()
        marked, groups = (self.verdicts[VERDICT] == FOLLOWS).tolist(), self.verdicts["Group"].tolist()
        after = f"In time: extra orders within {self.window_days} days\nafter an order"
        for left, width, measures, names, title in (
            (0.13, 0.4, self.by_group[::2], groups, "How alike: rank correlation\nof how often both order"),
            (0.59, 0.41, self.by_group[1::2], [""] * len(groups), after),
        ):
            panel = ax.inset_axes((left, 0.14, width, 0.74))
            _panel(panel, measures, marked)
            panel.set_title(title, fontsize=9, loc="left")
            panel.set_yticks(range(len(groups)), names)
        return ax


def homophily_or_influence(
    forest: Forest,
    customers: pd.DataFrame,
    transactions: pd.DataFrame,
    terms: Terms,
    *,
    window: int = 14,
) -> HomophilyOrInfluence:
    """Ask of customers tied by a referral whether they are alike, and whether their orders follow each other in time.

    Parameters
    ----------
    forest : Forest
        Built with these `customers`.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``; with ``region`` the regions of the referred are judged one by one.
    transactions : pandas.DataFrame
        ``customer_id``, ``ordered_on``, ``amount``.
    terms : Terms
    window : int
        Days after an order that count, 1 to 90.

    Returns
    -------
    HomophilyOrInfluence

    Notes
    -----
    Shalizi and Thomas (2011): who is tied to whom and who influences whom cannot be told apart from observed ties
    alone. Tied people who are alike are called similar neighbours. Only a direction in time, tested by turning time
    around and corrected over the groups by Holm, adds that orders follow orders; whether they are caused needs a
    randomised nudge.
    """
    ties = tied_orders(forest, customers, transactions, terms.as_of)
    named = customers["region"].fillna("(missing)") if "region" in customers else pd.Series("all", customers.index)
    group = named.to_numpy(dtype=object)[ties.other]
    names = sorted(set(group))
    if not names:
        return HomophilyOrInfluence(reason="no two customers are tied by a referral")
    joined_year, looks = ties.joined[ties.other] // 365, []
    for name in names:
        own = group == name
        inside = ties.only(own)
        alike = alikeness(inside, joined_year[own], seed=terms.seed)
        looks.append((*alike, *following(inside, window, seed=terms.seed)))
    likeness, alike_p, extra, follows_p = zip(*looks, strict=True)
    if all(measure.value is None for measure in (*likeness, *extra)):
        return HomophilyOrInfluence(reason=likeness[0].reason)
    verdicts = _table([*map(str, names)], likeness, holm(alike_p), extra, holm(follows_p))
    by_group = tuple(
        replace(measure, name=measure_name(measure.name, group, verdicts["Group"]))
        for group, *both in zip(verdicts["Group"], likeness, extra, strict=True)
        for measure in both
    )
    ratio, naive = matched_periods(ties, pd.factorize(group, sort=True)[0], window, seed=terms.seed)
    return HomophilyOrInfluence(
        by_group=by_group, ratio=ratio, naive=naive, verdicts=verdicts, window_days=window, ties=len(ties.one)
    )


def _table(
    groups: list[str], alike: Sequence[Measure], alike_p: NDArray, extra: Sequence[Measure], follows_p: NDArray
) -> pd.DataFrame:
    """Say what may be said of each group; the p-values are corrected over the groups (Holm)."""
    rows = [
        (group, one.n, one.value, p, after.value, after.low, after.high, after_p)
        for group, one, p, after, after_p in zip(groups, alike, alike_p, extra, follows_p, strict=True)
    ]
    shown = pd.DataFrame(rows, columns=["Group", *FORMATS]).astype(dict.fromkeys([*FORMATS][1:], float))
    follows = (follows_p < LEVEL) & (shown["Extra orders per order"] > 0)
    similar = (alike_p < LEVEL) & (shown["Alike (rank correlation)"] > 0)
    return shown.assign(**{VERDICT: np.select([follows, similar], [FOLLOWS, SIMILAR], NOTHING)})


def _panel(panel: style.Axes, measures: tuple[Measure, ...], marked: list[bool]) -> None:
    panel.axvline(0, color=style.GREY, linewidth=0.8)
    for place, (found, stands_out) in enumerate(zip(measures, marked, strict=True)):
        if found.value is None or found.low is None or found.high is None:
            panel.text(0, place, " too few", va="center", size=8, color=style.GREY)
            continue
        panel.plot([found.low, found.high], [place, place], color="black", linewidth=1.2)
        colour = style.ORANGE if stands_out else style.BLUE
        panel.plot(found.value, place, "D" if stands_out else "o", color=colour, markersize=6)
        label = numbers.decimal(found.value)
        panel.text(found.value, place - 0.22, label, ha="center", va="bottom", size=8, bbox=style.HALO)
    panel.set_ylim(len(measures) - 0.5, -0.6)
    panel.margins(x=0.12)
    panel.tick_params(left=False)
    panel.spines["left"].set_visible(False)
