"""Whom people listen to: the most influential, the brokers, and the advocates whom a look at sales does not show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.network.forest.by_chance import SEEN, beside_draws, draws_of, more_or_less
from scrm_helpers.network.graph.tie_graph import CUSTOMER, OUTSIDE, InfluenceGraph, betweenness, core_numbers, pagerank
from scrm_helpers.stats.chance import SIDES, beside_chance

FEWEST = 30  # people below which the most influential tenth says nothing
SHOWN = 10  # rows of the table
BROKER_STARTS = 500  # starting points of the search for brokers, fewer among many people
BROKER_WORK = 10_000_000
COLUMNS = {  # of the table: of people, and how it is written
    "Share of attention": ("attention", "percent"),
    "Acted on by others": ("acted_on", "count"),
    "Broker (share of ways)": ("broker", "percent"),
    "Core": ("core", "count"),
    "Own margin": ("own", "money"),
}


class Influencers(Answer):
    """People by the attention they get, with what they spend."""

    ABSENT = "Whom people listen to cannot be computed: {reason}."
    OFFERS = ("figure", "table")

    population: str = "people with a tie to another person, without the firm"
    window: str = f"{SEEN}; margin of the last twelve months"
    held: Measure = unknown("attention_top_tenth", "share")
    hidden: Measure = unknown("hidden_advocates", "count")
    outside: Measure = unknown("hidden_advocates_outside", "count")  # those of them who are no customers
    low: Measure = unknown("low_spending_among_influential", "share")  # of the customers in the top tenth
    chance: Chance | None = None  # of the attention of the top tenth
    people: pd.DataFrame = field(default_factory=pd.DataFrame)  # by attention, the most first
    named: Sequence[str] = ()  # what the first of them are called
    among: Chance | None = None  # customers of the top tenth who left little, beside chance at their age
    currency: str = "EUR"  # ISO code

    def claimed(self) -> Iterator[Claim]:
        tested = "attention of the most influential tenth, beside everything that was acted on dealt at random"
        yield Claim(name="few_get_most_attention", tested=tested, estimate=self.held, chance=self.chance)
        tested = "customers in the most influential tenth who left no more margin than the median customer"
        name, more = "the_influential_left_little", (self.hidden.name, self.outside.name)
        yield Claim(name=name, tested=tested, estimate=self.low, chance=self.among, numbers=more)

    def words(self) -> Words:
        people, shown = self.people, self.people.head(len(self.named))
        top, hidden = people[people["top"]], people[people["hidden"]]
        outside = int(self.outside.value or 0)
        few, strangers = numbers.count(len(hidden) - outside), numbers.count(outside)
        everybody, among = numbers.plural(len(people), "person", "people"), self.among
        said, little = "", self.tested("the_influential_left_little").direction
        by_chance = f", {more_or_less(self.tested('few_get_most_attention'))} chance would give" if self.chance else ""
        roles = np.where(shown["hidden"], "hidden advocate, ", "") + shown["role"].to_numpy(dtype=object)
        table = shown[[name for name, _ in COLUMNS.values()]].set_axis([*COLUMNS], axis=1)
        table.insert(0, "Who", list(self.named))
        table.insert(1, "Is", roles)
        if among:
            part, given = numbers.percent(self.low.value), numbers.percent(among.value)
            said = (
                f" Of the customers in that tenth {part} left so little; chance among customers of the same age would "
                f"give {given} ({numbers.interval(among.low, among.high, numbers.percent)}): {SIDES[little]}."
            )
        return Words(
            sentence=f"The most influential tenth ({numbers.plural(len(top), 'person', 'people')}) gets "
            f"{numbers.percent(self.held.value)} of the attention{by_chance}. Of them {few} left no more margin in "
            f"twelve months than the median customer, {strangers} "
            f"{'is no customer' if outside == 1 else 'are not customers'}.{said}",
            table=table.reset_index(drop=True),
            formats={head: written for head, (_, written) in COLUMNS.items()},
            title=f"{few} of the {numbers.count(len(top))} most influential people left little "
            f"margin{', more than by chance' if little > 0 else ''}; {strangers} "
            f"{'is no customer' if outside == 1 else 'are no customers'}",
            caption="The people others act on most",
            note=f"n = {everybody} with a tie to another person. Attention: PageRank over replies and referrals. "
            "Hidden advocate: in the most influential tenth, but not a customer or with no more margin in twelve "
            "months than the median customer.",
            alt=f"Scatter of {everybody}: own margin against attention, most near a fair share, the highest at "
            f"{numbers.decimal(float(people['attention'].max() * len(people)), 1)} fair shares. "
            f"{numbers.plural(len(hidden), 'hidden advocate')} marked.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.6)
        people = self.people
        fair = (people["attention"] * len(people)).to_numpy()
        across, ticks = _money_scale(people["own"].to_numpy())
        outside, hidden = (people["role"] == OUTSIDE).to_numpy(), people["hidden"].to_numpy()
        plain = ~hidden & ~outside
        size = float(np.clip(28_000 / len(people), 3, 26))  # smaller where there are many
        ax.scatter(across[plain], fair[plain], s=size / 2, color=style.BAR_GREY, linewidth=0)
        marks: dict[str, Any] = {"marker": "D", "s": size, "linewidth": 1.1, "zorder": 3}
        ax.scatter(across[hidden & ~outside], fair[hidden & ~outside], color=style.ORANGE, **marks)
        edge = np.where(hidden, style.ORANGE, style.GREY)[outside].tolist()
        ax.scatter(across[outside], fair[outside], facecolor="white", edgecolor=edge, **marks)
        ax.axhline(1, color=style.GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        ax.text(1.01, 1, "a fair\nshare", color=style.GREY, size=8, va="center", transform=ax.get_yaxis_transform())
        key: dict[str, Any] = {"ha": "right", "va": "top", "transform": ax.transAxes}
        ax.text(0.99, 0.97, "orange: hidden advocates", color=style.ORANGE, **key)
        ax.text(0.99, 0.89, "hollow: not a customer", color=style.GREY, **key)
        ax.set_xticks(list(ticks), [numbers.money(amount, self.currency) for amount in ticks.values()])
        ax.set_ylim(0, float(fair.max()) * 1.1)
        ax.yaxis.set_major_formatter(lambda times, _: f"{times:g}×")
        return style.labelled(ax, "Own margin in twelve months (log scale)", "Attention, in fair shares")


def influential_people(
    graph: InfluenceGraph, own: pd.Series, terms: Terms, *, joined_on: pd.Series, names: Mapping[str, str]
) -> Influencers:
    """Rank people by the attention they get from other people, and mark those whom sales do not show.

    Parameters
    ----------
    graph, terms
    own : pandas.Series of float, own value (margin of twelve months) by person id; missing counts as nothing spent
    joined_on : pandas.Series of datetime, by person id, for what chance gives among customers of the same age
    names : mapping of str to str, names to show for ids (pseudonyms)

    Returns
    -------
    Influencers

    Notes
    -----
    Attention is PageRank along replies and referrals, from who acts to who is acted on; brokers by betweenness. Being
    listened to is not yet changing what others do: see similar neighbours or influence.
    """
    between = graph.without_firm()
    needed = max(FEWEST, 10 * terms.min_group)  # for a tenth that may be shown
    if len(between) < needed:
        reason = f"only {numbers.plural(len(between), 'person', 'people')} acted on each other, and {needed} are needed"
        return Influencers(reason=reason, held=unknown("attention_top_tenth", "share", reason, len(between)))
    people = _people(between, own, terms.seed)
    top, n = people["top"], len(people)
    held, hidden = float(people.loc[top, "attention"].sum()), people[people["hidden"]]
    outside, customers = float((hidden["role"] == OUTSIDE).sum()), people[people["role"] == CUSTOMER]
    found = beside_chance(customers["low"], customers["top"].astype(float), joined_on.reindex(customers.index))
    part, among = found or (None, None)
    few, mighty = "too few customers are in the most influential tenth", int(customers["top"].sum())
    return Influencers(
        held=counted("attention_top_tenth", held, n, "share"),
        hidden=counted("hidden_advocates", len(hidden), int(top.sum())),
        outside=counted("hidden_advocates_outside", outside, int(top.sum())),
        low=counted("low_spending_among_influential", part, mighty, "share", reason=few),
        chance=_dealt(between, held, terms.seed),
        people=people,
        named=[names.get(one, "n/a") for one in people.index[:SHOWN]],
        among=among,
        currency=terms.currency,
    )


def _dealt(graph: InfluenceGraph, held: float, seed: int) -> Chance:
    """Deal what people acted on to other people at random, everybody acting as often as they did."""
    from scipy.sparse import coo_array

    links, n, rng = graph.weights.tocoo(), len(graph), np.random.default_rng(seed)

    def top_tenth(_: int) -> float:
        source = (links.col + rng.integers(1, n, len(links.col))) % n  # nobody acts on themselves
        found = pagerank(coo_array((links.data, (source, links.col)), shape=(n, n)).tocsr(), tolerance=1e-6)
        return float(np.sort(found)[-(n // 10) :].sum())

    draws = map(top_tenth, range(draws_of(len(links.col))))
    return beside_draws(held, draws, "what was acted on dealt to other people at random")


def _money_scale(own: np.ndarray) -> tuple[np.ndarray, dict[float, float]]:
    """Place amounts on a log scale, nothing spent spread out at its left; also the ticks, place to amount."""
    positive = own[own > 0]
    floor = 10 ** np.floor(np.log10(np.quantile(positive, 0.05))) if len(positive) else 1.0
    top = max(float(np.log10(positive.max() / floor)), 1.0) if len(positive) else 1.0
    spread = 0.3 * (np.arange(len(own)) * 0.6180339887498949 % 1 - 0.5)  # even, and the same every run
    across = np.where(own > 0, np.log10(np.maximum(own, floor) / floor), spread - 0.5)
    return across, {-0.5: 0.0} | {float(power): float(floor * 10**power) for power in range(int(top) + 1)}


def _people(graph: InfluenceGraph, own: pd.Series, seed: int) -> pd.DataFrame:
    money = own.reindex(graph.people).to_numpy(dtype=np.float64)
    attention = pagerank(graph.weights)
    order = np.argsort(-attention, kind="stable")
    top = np.zeros(len(graph), dtype=bool)
    top[order[: len(graph) // 10]] = True
    low = np.nan_to_num(money) <= np.nan_to_num(own.median())
    table = pd.DataFrame(
        {
            "role": graph.role,
            "attention": attention,
            "broker": betweenness(graph.weights, min(BROKER_STARTS, BROKER_WORK // len(graph) + 1), seed),
            "core": core_numbers(graph.weights),
            "acted_on": np.asarray(graph.weights.sum(axis=1)).ravel(),
            "own": money,
            "top": top,
            "low": low,
            "hidden": top & (low | (graph.role != CUSTOMER)),
        },
        index=graph.people.rename("person_id"),
    )
    return table.iloc[order]
