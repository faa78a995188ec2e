"""Similar neighbours or influence: what may be said of customers who are tied by a referral, and what may not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, measure_name, numbers, style, unknown
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.graph import neighbours
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


TESTS = (
    ("ties_are_alike", "how often both ends of a referral order in their first 180 days"),
    ("orders_follow_orders", "orders of the referred after an order of the referrer beside those before"),
)


class HomophilyOrInfluence(Answer):
    """Whether tied customers are alike, and whether orders follow orders in time: all together, then by region."""

    ABSENT = "Whether tied customers are alike or influence each other cannot be computed: {reason}."
    OFFERS = ("figure", "table")

    population: str = "customers tied by a referral that brought one of them"
    window: str = "orders from joining to the day of the report"
    alike: Measure = unknown("alike", "ratio")
    extra: Measure = unknown("extra_orders", "ratio")  # within days after one of the referrer, less those before
    by_group: tuple[Measure, ...] = ()  # the same of each region
    ratio: Measure = unknown("matched_ratio", "ratio")  # of orders in periods after an order of the referrer, matched
    naive: float | None = None  # the same without matching
    groups: tuple[str, ...] = ()  # all ties, then those of each region
    tests: tuple[Claim, ...] = ()  # of each group that its ties are alike, and that orders follow orders
    window_days: int = 14  # days after an order that count
    ties: int = 0  # referrals between customers

    def claimed(self) -> tuple[Claim, ...]:
        nothing = _claims(EVERYBODY, ((self.alike, None), (self.extra, neighbours.turned_around(self.window_days))))
        tested = "orders in moments after an order of the referrer beside like moments without; a cause of both that "
        tested += "is in no table stays possible"
        return (*(self.tests or nothing), Claim(name="orders_in_matched_moments", tested=tested, estimate=self.ratio))

    def _looks(self) -> list[tuple[str, Claim, Claim, list[str]]]:
        """Return each group with both tests, corrected over the regions, and what they show in words."""
        return [
            (group, one, other, [SIMILAR] * (one.direction > 0) + [FOLLOWS] * (other.direction > 0))
            for group, one, other in zip(self.groups, self._claims[:-1:2], self._claims[1:-1:2], strict=True)
        ]

    def words(self) -> Words:
        looks = self._looks()
        rows, parts, shown = [], [], looks[0][-1]
        for group, likeness, order, seen in looks:
            one, other, told = likeness.estimate, order.estimate, " and ".join(seen) or NOTHING
            rows.append((group, one.n, one.value, likeness.own_p, other.value, *other.ends, order.own_p, told))
            values = numbers.decimal(one.value), numbers.decimal(other.value)
            parts.append(f"{group}: alike {values[0]}, extra orders {values[1]}")
        table = pd.DataFrame(rows, columns=["Group", *FORMATS, "What may be said"])
        window = self.window_days
        said = "customers tied by a referral are alike in how often they order"
        alike = f"C{said[1:]}" if SIMILAR in shown else f"That {said} is not shown"
        follow = f"That orders of one follow orders of the other within {window} days is not shown"
        if FOLLOWS in shown:
            follow = "Orders follow orders: after an order of the referrer the person referred orders more within "
            follow += f"{window} days than in the {window} days before"
        chance = looks[0][1].chance
        beside = f", by chance {numbers.decimal(chance.value)}" if chance else ""
        return Words(
            sentence=f"{alike} (rank correlation {numbers.decimal(self.alike.value)}{beside}). {follow} (extra orders "
            f"per order {numbers.decimal(self.extra.value)}, 95% range "
            f"{numbers.span(self.extra, numbers.decimal)}).{_by_region(looks[1:])} {self._matched()}",
            table=table.astype(dict.fromkeys([*FORMATS][1:], float)),
            formats=FORMATS,
            title={
                (): "Tied customers are not shown to be alike, nor to follow each other",
                (SIMILAR,): "Similar neighbours: nothing shows that one follows the other",
                (FOLLOWS,): "Orders of tied customers follow each other",
                (SIMILAR, FOLLOWS): "Similar neighbours, and orders follow orders",
            }[tuple(shown)],
            caption="Tied customers: alike, and one after the other",
            note=f"n = {numbers.plural(self.ties, 'referral')} between customers. p-values by permutation; a region "
            "is claimed only where all together are, corrected over the regions (Holm). Lines: 95% intervals, one by "
            "one. Observed, not randomised: no cause is shown.",
            alt=("Two panels of dots with intervals, one line per group. " + "; ".join(parts[:5]))[:298] + ".",
        )

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
        unseen = neighbours.e_value(*ratio.ends)
        if unseen <= 1:
            return f"{start}{plain}: no difference can be shown."
        return (
            f"{start}{plain}; something unseen would need a risk ratio of {numbers.decimal(unseen)} with both to "
            "explain that away."
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        looks, narrow, room = self._looks(), style.is_narrow(), 0.42 * len(self.groups)
        ax = style.axes_for(ax, height=2.4 + 2 * room if narrow else 1.5 + room)
        ax.set_axis_off()
        marked = [FOLLOWS in look[3] for look in looks]
        before = "How alike: rank correlation\nof how often both order"
        after = f"In time: extra orders within {self.window_days} days\nafter an order"
        first, second = (0.13, 0.14, 0.4, 0.74), (0.59, 0.14, 0.41, 0.74)
        if narrow:
            first, second = (0.27, 0.58, 0.7, 0.33), (0.27, 0.06, 0.7, 0.33)
        for place, test, title in ((first, 0, before), (second, 1, after)):
            panel = ax.inset_axes(place)
            _panel(panel, [look[1:3][test].estimate for look in looks], marked)
            panel.set_title(title, fontsize=9, loc="left")
            style.name_rows(panel, self.groups if test == 0 or narrow else [""] * len(looks))
        return ax


def homophily_or_influence(
    forest: Forest, customers: pd.DataFrame, transactions: pd.DataFrame, terms: Terms, *, window: int = 14
) -> HomophilyOrInfluence:
    """Ask of customers tied by a referral whether they are alike, and whether their orders follow each other in time.

    Parameters
    ----------
    forest : Forest, built with these `customers`
    customers : ``customer_id``, ``joined_on``; with ``region`` the regions of the referred are judged too
    transactions, terms : ``customer_id``, ``ordered_on``, ``amount``
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
    ties = neighbours.tied_orders(forest, customers, transactions, terms.as_of)
    named = customers["region"].fillna("(missing)") if "region" in customers else pd.Series(EVERYBODY, customers.index)
    group = named.to_numpy(dtype=object)[ties.other]
    names = sorted(map(str, set(group)))
    if not names:
        return HomophilyOrInfluence(reason="no two customers are tied by a referral")
    year = ties.joined[ties.other] // 365
    whole = _tested(EVERYBODY, ties, year, window, terms.seed)
    if all(one.estimate.value is None for one in whole):
        return HomophilyOrInfluence(reason=whole[0].reason)
    regions = names if len(names) > 1 else []
    parts: list[Claim] = []
    for name in regions:
        found = _tested(name, ties.only(group == name), year[group == name], window, terms.seed, names)
        surer = [max(one.p or 0.0, over.p or 0.0) for one, over in zip(found, whole, strict=True)]  # never than all
        parts += [one if one.p is None else replace(one, p=p) for one, p in zip(found, surer, strict=True)]
    ratio, naive = neighbours.matched_periods(ties, pd.factorize(group, sort=True)[0], window, seed=terms.seed)
    return HomophilyOrInfluence(
        alike=whole[0].estimate,
        extra=whole[1].estimate,
        by_group=tuple(part.estimate for part in parts),
        ratio=ratio,
        naive=naive,
        groups=(EVERYBODY, *regions),
        tests=(*whole, *parts),
        window_days=window,
        ties=len(ties.one),
    )


def _by_region(looks: list[tuple[str, Claim, Claim, list[str]]]) -> str:
    if not looks:
        return ""
    found = {words: [group for group, *_, said in looks if words in said] for words in (SIMILAR, FOLLOWS)}
    told = "; ".join(f"{words} in {listed(groups)}" for words, groups in found.items() if groups)
    return f" Region by region: {told}." if told else " No single region shows either."


def _tested(
    group: str, ties: neighbours.TiedOrders, year: np.ndarray, window: int, seed: int, among: Sequence[str] = ()
) -> tuple[Claim, ...]:
    found = neighbours.alikeness(ties, year, seed=seed), neighbours.following(ties, window, seed=seed)
    return _claims(group, found, among)


def _claims(group: str, found: Sequence[tuple[Measure, Chance | None]], among: Sequence[str] = ()) -> tuple[Claim, ...]:
    """Claim both of the ties of a group: of all, or of one of the regions, over which they are then corrected."""
    return tuple(
        Claim(
            name=measure_name(name, group, among) if among else name,
            tested=f"{tested}, {group}",
            estimate=replace(estimate, name=measure_name(estimate.name, group, among)) if among else estimate,
            chance=chance,
            family=f"{name}, by region" if among else "",
        )
        for (name, tested), (estimate, chance) in zip(TESTS, found, strict=True)
    )


def _panel(panel: style.Axes, measures: list[Measure], marked: list[bool]) -> None:
    panel.axvline(0, color=style.GREY, linewidth=0.8)
    for place, (found, stands_out) in enumerate(zip(measures, marked, strict=True)):
        if found.value is None or found.low is None or found.high is None:
            panel.text(0, place, " too few", va="center", size=8, color=style.GREY)
            continue
        mark, colour = ("D", style.ORANGE) if stands_out else ("o", style.BLUE)
        style.estimates(panel, place, (found.value, *found.ends), across=True, mark=mark, color=colour, markersize=6)
        label = numbers.decimal(found.value)
        panel.text(found.value, place - 0.22, label, ha="center", va="bottom", size=8, bbox=style.HALO)
    panel.margins(x=0.12)
    panel.set_ylim(len(measures) - 0.5, -0.6)
