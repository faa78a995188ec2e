"""Tidy trees, every generation on its own line and no two branches in each other's way; the largest cascades drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, counted, numbers, style
from scrm_helpers.network.forest.by_chance import RECORDED
from scrm_helpers.network.forest.reach import cascade_table, values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.stats.tree_sums import climb, sum_below


@dataclass(frozen=True)
class Tree:
    """A person and everybody below, placed."""

    people: np.ndarray  # positions in the forest, generation by generation
    parent: np.ndarray  # row of everybody's referrer among `people`, -1 for the one at the top
    across: np.ndarray
    down: np.ndarray  # generations below the top


def tree_below(forest: Forest, root: int) -> Tree:
    """Place a person and everybody below."""
    people = members(forest, root)
    parent = parent_rows(forest, people)
    return Tree(people, parent, *tidy_tree(parent))


def members(forest: Forest, root: int) -> np.ndarray:
    """List a person and everybody below, generation by generation."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    n, child = len(forest), np.flatnonzero(forest.parent >= 0)
    ties = csr_array((np.ones(len(child)), (forest.parent[child], child)), shape=(n, n))
    return breadth_first_order(ties, root, return_predecessors=False)


def parent_rows(forest: Forest, people: np.ndarray) -> np.ndarray:
    """Return the row of everybody's referrer among `people`: -1 for the one at the top."""
    return pd.Index(people).get_indexer(pd.Index(forest.parent[people]))


def tidy_tree(parent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place the people of one tree: leaves side by side, everybody else centred above those they brought."""
    place = np.arange(len(parent))
    ends = ~np.isin(place, parent)
    leaves = ends + sum_below(parent, ends)
    left, across = np.zeros(len(parent)), np.zeros(len(parent))
    left[1:] = pd.Series(leaves[1:]).groupby(parent[1:]).cumsum() - leaves[1:]  # leaves of the branches to the left
    for person in place[1:]:
        across[person] = across[parent[person]] + left[person]
    heads, first, number = np.unique(parent[1:], return_index=True, return_counts=True)
    for head, eldest, youngest in zip(heads[::-1], 1 + first[::-1], (first + number)[::-1], strict=True):
        across[head] = (across[eldest] + across[youngest]) / 2
    return across, climb(parent)[1]


PANELS = 3  # beside each other
MOST = 12  # panels that can still be told apart on one page
OUTSIDER = "not a customer"


class LargestCascades(Answer):
    """The largest cascades with people, generations, breadth, structural virality and value."""

    ABSENT = "There is no cascade to draw: {reason}."
    OFFERS = ("figure", "table")

    population: str = "customers who were brought by somebody, and who began their cascades"
    window: str = RECORDED
    largest: Measure | None = None
    virality: Measure | None = None
    cascades: pd.DataFrame = field(default_factory=pd.DataFrame)  # one row per cascade drawn
    trees: Sequence[Tree] = ()  # the same cascades, placed
    currency: str = "EUR"  # ISO code

    def words(self) -> Words:
        table, first = self.cascades, self.cascades.iloc[0]
        all_of_them = numbers.plural((self.largest and self.largest.n) or 0, "cascade")
        parts = [
            f"{row['Cascade']} {numbers.count(row['People'])} people, depth {numbers.count(row['Generations'])}"
            for row in table.head(6).to_dict("records")
        ]
        return Words(
            sentence=f"The largest cascade has {numbers.count(first['People'])} people in "
            f"{numbers.plural(first['Generations'], 'generation')} below the person who began it; that person brought "
            f"{numbers.count(first['Brought directly'])} directly.",
            table=table,
            formats=dict.fromkeys([*table][2:6], "count")
            | {"Structural virality": "decimal2", "Value brought": "money"},
            title=self._take_away(),
            caption="The largest cascades",
            note=f"{numbers.count(len(table))} of {all_of_them}. Diamond: who began it, hollow when not a customer; "
            "dots: people brought, one line per generation. Value: of the people below the first, attributed.",
            alt=f"{numbers.plural(len(table), 'tree')} of referrals, the first person at the top. {'; '.join(parts)}.",
        )

    def _take_away(self) -> str:
        most = self.cascades[["Generations", "Brought directly"]].to_numpy().argmax(axis=0)
        deepest, widest = (self.cascades.iloc[place] for place in most.tolist())
        reach = numbers.plural(deepest["Generations"], "generation")
        if deepest["Generations"] == 1:
            return "Even the largest cascades end after one step"
        if (self.largest and self.largest.n == 1) or deepest["Cascade"] == widest["Cascade"]:
            return f"The largest cascade reaches {reach}"
        return f"One person can bring {numbers.count(widest['Brought directly'])}, and a chain can reach {reach}"

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        panels = PANELS - style.is_narrow()
        rows = -(-len(self.trees) // panels)
        ax = style.axes_for(ax, height=0.2 + 1.7 * rows)
        ax.set_axis_off()
        wide, high = 1 / panels, 1 / rows
        for place, (tree, row) in enumerate(zip(self.trees, self.cascades.to_dict("records"), strict=True)):
            left, top = (place % panels) * wide, 1 - (place // panels) * high
            panel = ax.inset_axes((left + 0.01, top - high + 0.01, wide - 0.03, high * 0.8))
            _draw(panel, tree, "white" if row["Begun by"] == OUTSIDER else style.ORANGE)
            worth = numbers.money(row["Value brought"], self.currency)
            label = f"{numbers.plural(row['People'], 'person', 'people')}, {worth} brought"
            for words, aside, look in ((row["Cascade"], 0, {"weight": "bold", "size": 9}), (label, 13, {})):
                at = (left + 0.012, top - 0.03 * high)
                style.beside(ax, words, at, (aside, 0), va="top", xycoords="axes fraction", **look)
        return ax


def largest_cascades(forest: Forest, terms: Terms, value: pd.Series, *, number: int = 6) -> LargestCascades:
    """Describe and draw the largest cascades.

    Parameters
    ----------
    forest, terms
    value : pandas.Series of float, value of each person (margin), indexed by person id
    number : int, how many cascades, 1 to 12

    Returns
    -------
    LargestCascades

    Examples
    --------
    >>> rows = pd.DataFrame({"referrer_id": ["A", "A"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> worth = pd.Series({"B": 10.0, "C": 100.0})
    >>> largest_cascades(build_forest(rows), Terms(pd.Timestamp("2026-09-30"), min_group=3), worth).sentence
    'The largest cascade has 3 people in 1 generation below the person who began it; that person brought 2 directly.'
    """
    if not 1 <= number <= MOST:
        raise ValueError(f"number is {number!r}: between 1 and {MOST} cascades fit on a page and can be told apart.")
    cascades = cascade_table(forest)
    shown = cascades[cascades["people"] >= terms.min_group].head(number)
    if shown.empty:
        few = f"no cascade has {terms.min_group} people or more"
        return LargestCascades(reason=forest.unseen or (few if len(cascades) else "nobody was brought by a referral"))
    trees = [tree_below(forest, root) for root in shown["root"].tolist()]
    worth = np.nan_to_num(values_of(forest, value))
    table = pd.DataFrame(
        {
            "Cascade": list(ascii_uppercase[: len(shown)]),
            "Begun by": np.where(forest.is_customer[shown["root"]], "a customer", OUTSIDER),
            "People": shown["people"],
            "Generations": shown["depth"],
            "Brought directly": [int(np.count_nonzero(tree.parent == 0)) for tree in trees],
            "Widest generation": shown["breadth"],
            "Structural virality": shown["virality"],
            "Value brought": [float(worth[tree.people[1:]].sum()) for tree in trees],
        }
    )
    n, most, virality = len(cascades), float(shown["people"].max()), float(shown["virality"].iloc[0])
    return LargestCascades(
        largest=counted("largest_cascade_people", most, n),
        virality=counted("largest_cascade_virality", virality, n, "ratio"),
        cascades=table,
        trees=trees,
        currency=terms.currency,
    )


def _draw(panel: style.Axes, tree: Tree, face: str) -> None:
    below, across, up = np.arange(1, len(tree.people)), tree.across, -tree.down
    ends = np.stack([tree.parent[below], below])
    panel.plot(across[ends], up[ends], color=style.BAR_GREY, lw=0.7)
    panel.scatter(across[below], up[below], s=float(np.clip(260 / len(tree.people), 3, 26)), color=style.BLUE, zorder=3)
    panel.scatter(across[0], 0, s=42, marker="D", color=face, edgecolor=style.ORANGE, linewidth=1.4, zorder=4)
    middle, half = (across.min() + across.max()) / 2, max(np.ptp(across) / 2, 2) * 1.08
    panel.set_xlim(middle - half, middle + half)
    deep = max(tree.down.max(), 3)
    panel.set_ylim(-deep - 0.35, 0.06 * deep)
    panel.set_axis_off()
