"""Similar neighbours or influence: what may be said of customers who are tied by a referral, and what may not."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.answers.measure import measure_name
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.graph.neighbours import (
    TiedOrders,
    alikeness,
    e_value,
    following,
    matched_periods,
    tied_orders,
    turned_around,
)
from scrm_helpers.tables.contract.receipts import listed

EVERYBODY = "all referrals"
SIMILAR, FOLLOWS = "alike", "orders follow orders"
NOTHING = "nothing is shown"
FORMATS = {
    "Referrals": "count",
    "Alike (rank correlation)": "decimal2",
    "p (alike, corrected)": "decimal3",
    "Extra orders per order": "decimal3",
    "95% range low": "decimal3",
    "95% range high": "decimal3",
    "p (in time, corrected)": "decimal3",
}


@dataclass(frozen=True)
class Look:
    """What was found of the ties of a group."""

    group: str
    alike: Measure
    chance: Chance | None
    extra: Measure  # orders within days after an order of the referrer, less those before, per order
    turned: Chance

    def claims(self, among: tuple[str, ...]) -> tuple[Claim, ...]:
        """What is claimed of these ties, corrected over the regions where it is one of them."""
        order, after = (
            "how often both ends of a referral order",
            "orders of the referred after an order of the referrer",
        )
        region = self.group != EVERYBODY
        return tuple(
            Claim(
                name=measure_name(name, self.group, among) if region else name,
                tested=f"{tested}, {self.group}",
                estimate=estimate,
                chance=chance,
                family=f"{name}, by region" if region else "",
            )
            for name, tested, estimate, chance in (
                ("ties_are_alike", f"{order} in their first 180 days", self.alike, self.chance),
                ("orders_follow_orders", f"{after} beside those before", self.extra, self.turned),
            )
        )


class HomophilyOrInfluence(Answer):
    """Whether tied customers are alike, and whether orders follow orders in time: all together, then by region."""

    ABSENT = "Whether tied customers are alike or influence each other cannot be computed: {reason}."
    OFFERS = ("figure", "table")

    population: str = "customers tied by a referral that brought one of them"
    window: str = "orders from joining to the day of the report"
    alike: Measure = unknown("alike", "ratio")
    extra: Measure = unknown("extra_orders", "ratio")
    by_group: tuple[Measure, ...] = ()  # the same of each region
    ratio: Measure = unknown("matched_ratio", "ratio")  # of orders in periods after an order of the referrer, matched
    naive: float | None = None  # the same without matching
    looks: tuple[Look, ...] = field(default=())  # all ties, then those of each region
    window_days: int = 14  # days after an order that count
    ties: int = 0  # referrals between customers

    def claimed(self) -> tuple[Claim, ...]:
        nothing = Look(EVERYBODY, self.alike, None, self.extra, turned_around(self.window_days))
        among = tuple(look.group for look in self.looks)
        parts = [look.claims(among) for look in self.looks or (nothing,)]
        tested = "orders in moments after an order of the referrer beside like moments without; a cause of both that "
        tested += "is in no table stays possible"
        matched = Claim(name="orders_in_matched_moments", tested=tested, estimate=self.ratio)
        return (*(claim for part in parts for claim in part), matched)

    def _shown(self) -> list[list[str]]:
        """Say of all ties and of each region what is shown; the claims of the regions are corrected over them."""
        directions = [claim.direction > 0 for claim in self._claims[:-1]]
        return [
            [words for words, there in zip((SIMILAR, FOLLOWS), directions[at : at + 2], strict=True) if there]
            for at in range(0, len(directions), 2)
        ]

    def words(self) -> Words:
        shown = self._shown()
        tests = zip(self._claims[:-1:2], self._claims[1:-1:2], strict=True)
        rows = [
            (look.group, look.alike.n, look.alike.value, _p(alike), look.extra.value, *look.extra.ends, _p(extra),
             " and ".join(said) or NOTHING)
            for look, (alike, extra), said in zip(self.looks, tests, shown, strict=True)
        ]  # fmt: skip
        table = pd.DataFrame(rows, columns=["Group", *FORMATS, "What may be said"])
        parts = [
            f"{look.group}: alike {numbers.decimal(look.alike.value)}, extra orders {numbers.decimal(look.extra.value)}"
            for look in self.looks
        ]
        window = self.window_days
        alike = (
            "Customers tied by a referral are alike in how often they order"
            if SIMILAR in shown[0]
            else "That customers tied by a referral are alike in how often they order is not shown"
        )
        follow = (
            f"Orders follow orders: after an order of the referrer the person referred orders more within {window} "
            f"days than in the {window} days before"
            if FOLLOWS in shown[0]
            else f"That orders of one follow orders of the other within {window} days is not shown"
        )
        beside = f", by chance {numbers.decimal(self.looks[0].chance.value)}" if self.looks[0].chance else ""
        return Words(
            sentence=f"{alike} (rank correlation {numbers.decimal(self.alike.value)}{beside}). {follow} (extra orders "
            f"per order {numbers.decimal(self.extra.value)}, 95% range "
            f"{numbers.span(self.extra, numbers.decimal)}).{self._by_region(shown[1:])} {self._matched()}",
            table=table.astype(dict.fromkeys([*FORMATS][1:], float)),
            formats=FORMATS,
            title={
                (): "Tied customers are not shown to be alike, nor to follow each other",
                (SIMILAR,): "Similar neighbours: nothing shows that one follows the other",
                (FOLLOWS,): "Orders of tied customers follow each other",
                (SIMILAR, FOLLOWS): "Similar neighbours, and orders follow orders",
            }[tuple(shown[0])],
            caption="Tied customers: alike, and one after the other",
            note=f"n = {numbers.plural(self.ties, 'referral')} between customers. p-values by permutation; a region "
            "is claimed only where all together are, corrected over the regions (Holm). Lines: 95% intervals, one by "
            "one. Observed, not randomised: no cause is shown.",
            alt=("Two panels of dots with intervals, one line per group. " + "; ".join(parts[:5]))[:298] + ".",
        )

    def _by_region(self, shown: list[list[str]]) -> str:
        if len(shown) < 2:
            return ""
        found = {
            words: [look.group for look, said in zip(self.looks[1:], shown, strict=True) if words in said]
            for words in (SIMILAR, FOLLOWS)
        }
        told = "; ".join(f"{words} in {listed(groups)}" for words, groups in found.items() if groups)
        return f" Region by region: {told}." if told else " No single region shows either."

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
        narrow, room = style.is_narrow(), 0.42 * len(self.looks)
        ax = style.axes_for(ax, height=2.4 + 2 * room if narrow else 1.5 + room)
        ax.set_axis_off()
        marked, groups = [FOLLOWS in said for said in self._shown()], [look.group for look in self.looks]
        before = "How alike: rank correlation\nof how often both order"
        after = f"In time: extra orders within {self.window_days} days\nafter an order"
        first, second = (0.13, 0.14, 0.4, 0.74), (0.59, 0.14, 0.41, 0.74)
        if narrow:
            first, second = (0.27, 0.58, 0.7, 0.33), (0.27, 0.06, 0.7, 0.33)
        for place, measures, names, title in (
            (first, [look.alike for look in self.looks], groups, before),
            (second, [look.extra for look in self.looks], groups if narrow else [""] * len(groups), after),
        ):
            panel = ax.inset_axes(place)
            _panel(panel, measures, marked)
            panel.set_title(title, fontsize=9, loc="left")
            panel.set_yticks(range(len(groups)), names)
        return ax


def homophily_or_influence(
    forest: Forest, customers: pd.DataFrame, transactions: pd.DataFrame, terms: Terms, *, window: int = 14
) -> HomophilyOrInfluence:
    """Ask of customers tied by a referral whether they are alike, and whether their orders follow each other in time.

    Parameters
    ----------
    forest : Forest, built with these `customers`
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``; with ``region`` the regions of the referred are judged after all together.
    transactions : pandas.DataFrame, ``customer_id``, ``ordered_on``, ``amount``
    terms : Terms
    window : int, days after an order that count, 1 to 90

    Returns
    -------
    HomophilyOrInfluence

    Notes
    -----
    Shalizi and Thomas (2011): who is tied to whom and who influences whom cannot be told apart from observed ties
    alone. Tied people who are alike are called similar neighbours. Only a direction in time, tested by turning time
    around, adds that orders follow orders; whether they are caused needs a randomised nudge. All ties are tested
    first; the p-value of a region is never below that of all, and is corrected over the regions by Holm.
    """
    ties = tied_orders(forest, customers, transactions, terms.as_of)
    named = customers["region"].fillna("(missing)") if "region" in customers else pd.Series(EVERYBODY, customers.index)
    group = named.to_numpy(dtype=object)[ties.other]
    names = sorted(set(group))
    if not names:
        return HomophilyOrInfluence(reason="no two customers are tied by a referral")
    year = ties.joined[ties.other] // 365
    whole = _look(EVERYBODY, ties, year, window, terms.seed)
    if whole.alike.value is None and whole.extra.value is None:
        return HomophilyOrInfluence(reason=whole.alike.reason)
    parts = [
        _look(str(name), ties.only(group == name), year[group == name], window, terms.seed)
        for name in names if len(names) > 1
    ]  # fmt: skip
    looks = [
        replace(
            look,
            chance=look.chance and _no_surer(look.chance, whole.chance),
            turned=_no_surer(look.turned, whole.turned),
        )
        for look in parts
    ]
    ratio, naive = matched_periods(ties, pd.factorize(group, sort=True)[0], window, seed=terms.seed)
    return HomophilyOrInfluence(
        alike=whole.alike,
        extra=whole.extra,
        by_group=tuple(
            replace(measure, name=measure_name(measure.name, look.group, map(str, names)))
            for look in looks
            for measure in (look.alike, look.extra)
        ),
        ratio=ratio,
        naive=naive,
        looks=(whole, *looks),
        window_days=window,
        ties=len(ties.one),
    )


def _no_surer(part: Chance, whole: Chance | None) -> Chance:
    """Give what is found in a part the p-value of the whole where that is larger."""
    if whole is None or part.p is None or whole.p is None:
        return part
    return replace(part, p=max(part.p, whole.p))


def _p(claim: Claim) -> float | None:
    return claim.p if claim.p_corrected is None else claim.p_corrected


def _look(name: str, ties: TiedOrders, year: np.ndarray, window: int, seed: int) -> Look:
    return Look(name, *alikeness(ties, year, seed=seed), *following(ties, window, seed=seed))


def _panel(panel: style.Axes, measures: list[Measure], marked: list[bool]) -> None:
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
