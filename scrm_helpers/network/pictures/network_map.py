"""A map of the people: every community round and named, people as dots, or only the communities when there are many."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.network.forest.by_chance import SEEN, beside_draws, draws_of
from scrm_helpers.network.graph import tie_graph
from scrm_helpers.network.graph.tie_graph import CUSTOMER, InfluenceGraph

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_PEOPLE = 3000  # dots that can still be told apart on a page
MOST_COMMUNITIES = 24
NO_LINES = np.zeros((0, 2), dtype=int)
REWIRED = 39  # graphs with the same ties for everybody, dealt at random


class CommunityMap(Answer):
    """Communities of people with their ties."""

    ABSENT = "There is no map to draw: {reason}."

    population: str = "people with a tie to another person, without the firm"
    window: str = SEEN
    communities: Measure = unknown("communities", "count")
    modularity: Measure = unknown("modularity", "ratio")
    inside: Measure = unknown("ties_inside_communities", "share")  # among those drawn
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)  # one row per community drawn
    ties: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # weight of the ties between them
    people: pd.DataFrame = field(default_factory=pd.DataFrame)  # who is drawn; nobody where there are too many
    lines: np.ndarray = field(default_factory=NO_LINES.copy)  # rows of `people` that are tied
    chance: Chance | None = None  # of the modularity
    TESTED, MORE = "how far ties stay inside communities (modularity), beside ties dealt anew", (inside.name,)
    CLAIMS = (Claim(name="communities_are_closely_knit", tested=TESTED, estimate=modularity, numbers=MORE),)

    def words(self) -> Words:
        n, drawn = self.communities.n or 0, numbers.plural(len(self.groups), "community", "communities")
        everybody, inside = numbers.plural(n, "person", "people"), numbers.percent(self.inside.value)
        largest, smallest = (numbers.count(self.groups["people"].iloc[place]) for place in (0, -1))
        seen = "Dots: people, hollow diamonds: not customers." if len(self.people) else "Discs: communities, by people."
        hidden = n - (self.inside.n or 0)
        left = f" {numbers.plural(hidden, 'person', 'people')} in smaller communities are not drawn." if hidden else ""
        more = self.tested("communities_are_closely_knit").direction > 0
        knit = f"{'more' if more else 'no more'} closely knit than by chance"
        beside = f" (by chance {numbers.decimal(self.chance.value)})" if self.chance else ""
        heads = {"people": "People", "outside": "Not customers", "inside": "Ties inside", "across": "Ties with others"}
        table = self.groups[["community", *heads]].astype({"community": "str"})
        return Words(
            sentence=f"{everybody} fall into "
            f"{numbers.plural(self.communities.value or 0, 'community', 'communities')}; the largest has {largest} "
            f"people. {inside} of the ties among the communities drawn stay inside one.",
            table=table.rename(columns={"community": "Community"} | heads),
            formats=dict.fromkeys(heads.values(), "count"),
            title="People form one community"
            if len(self.groups) == 1
            else f"{len(self.groups)} communities, {knit}: {inside} of the ties stay inside one",
            caption="Communities by size",
            note=f"n = {everybody}, without the firm. {seen} Number: people. Lines between: the two strongest ties of "
            f"each. Leiden, modularity {numbers.decimal(self.modularity.value)}{beside}.{left}",
            alt=f"Map of {drawn} as discs sized by people, from {largest} down to {smallest}; {inside} of the ties "
            "lie inside them.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        from matplotlib.collections import LineCollection
        from matplotlib.patches import Circle

        ax = style.axes_for(ax, height=4.4)
        groups = self.groups
        heaviest = max(float(self.ties.max(initial=0)), 1.0)
        for one, other in strongest(self.ties):
            ends = groups.iloc[[int(one), int(other)]]
            width = 0.4 + 3.6 * self.ties[one, other] / heaviest
            ax.plot(ends["x"], ends["y"], color=style.RULE, linewidth=width, zorder=1, solid_capstyle="round")
        for row in groups.to_dict("records"):  # named above the dots, or in the middle where there are none
            look = {"facecolor": style.PALE_GREY, "edgecolor": style.RULE, "zorder": 2}
            ax.add_patch(Circle((row["x"], row["y"]), row["radius"], **look))
            words = f"{row['community']}: {numbers.count(row['people'])}"
            up, anchor = (row["radius"], "bottom") if len(self.people) else (0, "center")
            ax.text(row["x"], row["y"] + up, words, ha="center", va=anchor, size=7.5, zorder=6)
        if len(self.people):
            dots, outside = self.people[["x", "y"]].to_numpy(), self.people["outside"].to_numpy()
            ax.add_collection(LineCollection(list(dots[self.lines]), colors=style.BAR_GREY, linewidths=0.3, zorder=3))
            size = float(np.clip(9000 / max(len(dots), 1) ** 1.05, 2, 14))
            marks: dict[str, Any] = {"marker": "D", "facecolor": "white", "edgecolor": style.ORANGE, "zorder": 5}
            across, up = dots.T
            ax.scatter(across[~outside], up[~outside], s=size, color=style.BLUE, linewidth=0, zorder=4)
            ax.scatter(across[outside], up[outside], s=1.8 * size, **marks)
        ax.set_aspect("equal")
        ax.margins(0.02)
        ax.autoscale_view()
        ax.set_axis_off()
        return ax


def community_map(graph: InfluenceGraph, terms: Terms, *, most_people: int = MOST_PEOPLE) -> CommunityMap:
    """Find communities among people, without the firm, and place them for a drawing.

    Parameters
    ----------
    graph, terms
    most_people : int, people above whom only the communities are drawn

    Returns
    -------
    CommunityMap
        The up to 24 largest communities of ``terms.min_group`` people or more are drawn, the others counted.
    """
    between = graph.without_firm()
    label, modularity = tie_graph.communities(between.weights, terms.seed)
    sizes = np.bincount(label)
    drawn = int(np.count_nonzero(sizes[:MOST_COMMUNITIES] >= terms.min_group))
    if not drawn:
        return CommunityMap(reason=f"no community has {terms.min_group} people or more")
    whole = tie_graph.undirected(between.weights)
    weight = tie_graph.ties_between(whole, label, drawn)
    outside = between.role != CUSTOMER
    shown, ties = label < drawn, weight - np.diag(np.diag(weight))
    radius = 0.6 * np.sqrt(sizes[:drawn]) + 0.7
    place = circles(radius, ties, gap=2.4 + 0.02 * len(between) ** 0.5, seed=terms.seed)
    degree = np.asarray(whole.sum(axis=1)).ravel()
    groups = pd.DataFrame(
        {
            "community": np.arange(1, drawn + 1),
            "people": sizes[:drawn],
            "outside": np.bincount(label[outside & shown], minlength=drawn),
            "inside": np.diag(weight) / 2,
            "across": np.bincount(label[shown], weights=degree[shown], minlength=drawn) - np.diag(weight),
            "x": place[:, 0],
            "y": place[:, 1],
            "radius": radius,
        }
    )
    drawable = int(shown.sum()) <= most_people
    people, lines = _people(between, whole, label, groups) if drawable else (pd.DataFrame(), NO_LINES)
    n, inside = len(between), float(np.trace(weight) / weight.sum()) if weight.sum() else 1.0
    return CommunityMap(
        communities=counted("communities", len(sizes), n),
        modularity=counted("modularity", modularity, n, "ratio", reason="there are no ties"),
        inside=counted("ties_inside_communities", inside, int(shown.sum()), "share"),
        chance=None if modularity is None else _rewired(whole, modularity, terms.seed),
        groups=groups,
        ties=ties,
        people=people,
        lines=lines,
    )


def _rewired(ties: csr_array, modularity: float, seed: int) -> Chance:
    """Deal the ends of all ties anew, as many for everybody as they have, and look for communities again."""
    from scipy.sparse import coo_array, triu

    links, rng = triu(ties, k=1).tocoo(), np.random.default_rng(seed)
    ends = np.concatenate([links.row, links.col])

    def again(number: int) -> float:
        one, other = np.split(rng.permutation(ends), 2)
        dealt = coo_array((links.data, (one, other)), shape=ties.shape).tocsr()
        return tie_graph.communities(dealt, seed + number)[1] or 0.0

    draws = map(again, range(min(REWIRED, draws_of(len(links.row)))))
    return beside_draws(modularity, draws, "ends of the ties dealt anew, as many for everybody as they have")


def strongest(ties: np.ndarray) -> list[tuple[int, int]]:
    """Return the two strongest ties of every community, each pair once: more lines would hide one another."""
    best = np.argsort(-ties, axis=1, kind="stable")[:, :2]
    pairs = {(min(one, other), max(one, other)) for one, row in enumerate(best.tolist()) for other in row}
    return sorted((one, other) for one, other in pairs if ties[one, other] > 0)


def _people(
    graph: InfluenceGraph, whole: csr_array, label: np.ndarray, groups: pd.DataFrame
) -> tuple[pd.DataFrame, np.ndarray]:
    """Place people within their community, those who get most attention in its middle."""
    order = np.lexsort((-tie_graph.pagerank(graph.weights), label))
    order = order[label[order] < len(groups)]
    middle = groups[["x", "y"]].to_numpy()
    dots = np.concatenate([disc(size) + centre for size, centre in zip(groups["people"], middle, strict=True)])
    seat = pd.Index(order).get_indexer(pd.RangeIndex(len(graph)))
    links = whole.tocoo()
    inside = (links.row < links.col) & (label[links.row] == label[links.col]) & (seat[links.row] >= 0)
    lines = np.stack([seat[links.row[inside]], seat[links.col[inside]]], axis=1)
    people = pd.DataFrame(
        {"community": label[order] + 1, "x": dots[:, 0], "y": dots[:, 1], "outside": graph.role[order] != CUSTOMER},
        index=graph.people[order].rename("person_id"),
    )
    return people, lines


GOLDEN = np.pi * (3 - np.sqrt(5))


def disc(size: int) -> np.ndarray:
    """Spread points evenly over a disc, the first in its middle."""
    number = np.arange(size)
    radius = 0.6 * np.sqrt(number)
    return np.stack([radius * np.cos(number * GOLDEN), radius * np.sin(number * GOLDEN)], axis=1)


def circles(radius: np.ndarray, ties: np.ndarray, gap: float = 1.0, seed: int = 1) -> np.ndarray:
    """Place circles so that none overlap and those with ties are near each other, twice as wide as high."""
    k = len(radius)
    pull = ties / max(float(ties.max(initial=0)), 1e-12)
    room = np.sqrt((np.pi * (radius + gap) ** 2).sum())
    place = np.random.default_rng(seed).normal(size=(k, 2)) * room * 0.3
    shape = np.array([1.0, 2.0])
    least = radius[:, None] + radius[None, :] + gap
    np.fill_diagonal(least, 0)
    for turn in range(3400):  # first drawn together and apart, then only apart until nothing overlaps
        away = place[:, None] - place[None, :]
        distance = np.sqrt((away**2).sum(axis=2)) + 1e-9
        overlap = np.maximum(least - distance, 0)
        if turn < 400:
            pulled = (pull[:, :, None] * away).sum(axis=1) / np.maximum(pull.sum(axis=1), 1e-9)[:, None]
            place = place - (1 - turn / 400) * (0.05 * pulled + 0.02 * place * shape)
        elif (distance >= least - 1e-6).all():
            break
        place = place + 0.5 * (away / distance[:, :, None] * overlap[:, :, None]).sum(axis=1)
    return place - place.mean(axis=0)
