"""The largest cascades as small tidy trees, side by side on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.terms import Terms
from scrm_helpers.network.forest.cascades import cascade_table, values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.layout import members, parent_rows, tidy_tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = 3  # beside each other
STYLES = {"Value brought": "money", "Structural virality": "decimal2"}
MOST = 12  # panels that can still be told apart on one page


@dataclass(frozen=True)
class Tree:
    """One cascade, placed: people across and down, and the line from everybody to their referrer."""

    name: str
    label: str
    across: np.ndarray
    down: np.ndarray
    parent: np.ndarray
    outside: bool


@dataclass(frozen=True, kw_only=True)
class LargestCascades(Answer):
    """The largest cascades with people, generations, breadth, structural virality and value."""

    ABSENT = "There is no cascade to draw: {reason}."
    OFFERS: ClassVar = ("figure", "table")

    largest: Measure | None = None
    virality: Measure | None = None
    cascades: pd.DataFrame = field(default_factory=pd.DataFrame)  # one row per cascade drawn
    trees: Sequence[Tree] = ()  # the same cascades, placed

    def words(self) -> Words:
        """How large, deep and wide the largest cascades are."""
        table, first = self.cascades, self.cascades.iloc[0]
        all_of_them = numbers.plural((self.largest and self.largest.n) or 0, "cascade")
        value = " Value: of the people below the first, attributed." if "Value brought" in table else ""
        parts = [
            f"{row['Cascade']} {numbers.count(row['People'])} people, depth {numbers.count(row['Generations'])}"
            for row in table.head(6).to_dict("records")
        ]
        return Words(
            sentence=(
                f"The largest cascade has {numbers.count(first['People'])} people in "
                f"{numbers.plural(first['Generations'], 'generation')} below the person who began it; that person "
                f"brought {numbers.count(first['Brought directly'])} directly."
            ),
            table=table,
            formats={name: STYLES.get(name, "count") for name in table.columns[2:]},
            title=self._take_away(),
            caption="The largest cascades",
            note=(
                f"{numbers.count(len(table))} of {all_of_them}. Diamond: who began it, hollow when not a customer; "
                f"dots: people brought, one line per generation.{value}"
            ),
            alt=(
                f"{numbers.plural(len(table), 'tree')} of referrals, the first person at the top. {'; '.join(parts)}."
            ),
        )

    def _take_away(self) -> str:
        deepest, widest = (
            self.cascades.iloc[int(self.cascades[name].to_numpy().argmax())]
            for name in ("Generations", "Brought directly")
        )
        reach = numbers.plural(deepest["Generations"], "generation")
        if deepest["Generations"] == 1:
            return "Even the largest cascades end after one step"
        if (self.largest and self.largest.n == 1) or deepest["Cascade"] == widest["Cascade"]:
            return f"The largest cascade reaches {reach}"
        return f"One person can bring {numbers.count(widest['Brought directly'])}, and a chain can reach {reach}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each cascade as a tidy tree in a panel of its own; the person who began it is at the top, in orange."""
        rows = -(-len(self.trees) // PANELS)
        ax = style.axes_for(ax, height=0.2 + 1.7 * max(rows, 1))
        ax.set_axis_off()
        wide, high = 1 / PANELS, 1 / max(rows, 1)
        for place, tree in enumerate(self.trees):
            left, top = (place % PANELS) * wide, 1 - (place // PANELS) * high
            panel = ax.inset_axes((left + 0.01, top - high + 0.01, wide - 0.03, high * 0.8))
            _draw(panel, tree)
            ax.text(left + 0.012, top - 0.03 * high, tree.name, weight="bold", size=9, va="top", transform=ax.transAxes)
            ax.text(left + 0.04, top - 0.03 * high, tree.label, size=8, va="top", transform=ax.transAxes)
        return ax


def largest_cascades(
    forest: Forest, terms: Terms, value: pd.Series | None = None, *, number: int = 6
) -> LargestCascades:
    """Describe and draw the largest cascades.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.
    terms : Terms
        Currency.
    value : pandas.Series of float, optional
        Value of each person (margin), indexed by person id; adds the value of the people brought.
    number : int
        How many cascades, 1 to 12.

    Returns
    -------
    LargestCascades

    Raises
    ------
    ValueError
        When `number` is outside 1 to 12.

    Examples
    --------
    >>> rows = pd.DataFrame({"referrer_id": ["A", "A"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> largest_cascades(build_forest(rows), Terms(pd.Timestamp("2026-09-30"))).sentence
    'The largest cascade has 3 people in 1 generation below the person who began it; that person brought 2 directly.'
    """
    if not 1 <= number <= MOST:
        raise ValueError(f"number is {number!r}: between 1 and {MOST} cascades fit on a page and can be told apart.")
    cascades = cascade_table(forest)
    shown = cascades.head(number)
    if shown.empty:
        return LargestCascades(reason=forest.unseen or "nobody was brought by a referral")
    worth = None if value is None else np.nan_to_num(values_of(forest, value))
    trees, rows = [], []
    for name, cascade in zip(ascii_uppercase, shown.to_dict("records"), strict=False):
        people = members(forest, cascade["root"])
        brought = None if worth is None else float(worth[people[1:]].sum())
        outside = not forest.is_customer[cascade["root"]]
        trees.append(_tree(name, forest, people, brought, outside, terms.currency))
        row = {
            "Cascade": name,
            "Begun by": "not a customer" if outside else "a customer",
            "People": cascade["people"],
            "Generations": cascade["depth"],
            "Brought directly": int(np.count_nonzero(forest.parent[people] == cascade["root"])),
            "Widest generation": cascade["breadth"],
            "Structural virality": cascade["virality"],
        }
        rows.append(row if brought is None else row | {"Value brought": brought})
    n, most, virality = len(cascades), float(shown["people"].max()), float(shown["virality"].iloc[0])
    return LargestCascades(
        largest=Measure(name="largest_cascade_people", value=most, unit="count", n=n),
        virality=Measure(name="largest_cascade_virality", value=virality, unit="ratio", n=n),
        cascades=pd.DataFrame(rows),
        trees=tuple(trees),
    )


def _tree(name: str, forest: Forest, people: np.ndarray, brought: float | None, outside: bool, currency: str) -> Tree:
    parent = parent_rows(forest, people)
    across, down = tidy_tree(parent)
    words = [numbers.plural(len(people), "person", "people")]
    if brought is not None:
        words.append(f"{numbers.money(brought, currency)} brought")
    return Tree(name, "   " + ", ".join(words), across, down, parent, outside)


def _draw(panel: Axes, tree: Tree) -> None:
    below = np.flatnonzero(tree.parent >= 0)
    above = tree.parent[below]
    size = float(np.clip(260 / len(tree.parent), 3, 26))
    for start, stop in zip(above, below, strict=True):
        panel.plot(
            [tree.across[start], tree.across[stop]], [-tree.down[start], -tree.down[stop]], color=style.BAR_GREY, lw=0.7
        )
    panel.scatter(tree.across[below], -tree.down[below], s=size, color=style.BLUE, zorder=3)
    face = "white" if tree.outside else style.ORANGE
    panel.scatter(tree.across[0], 0, s=42, marker="D", color=face, edgecolor=style.ORANGE, linewidth=1.4, zorder=4)
    middle, half = (tree.across.min() + tree.across.max()) / 2, max(np.ptp(tree.across) / 2, 2) * 1.08
    panel.set_xlim(middle - half, middle + half)
    panel.set_ylim(-max(tree.down.max(), 3) - 0.35, 0.06 * max(tree.down.max(), 3))
    panel.set_axis_off()
