"""One person in the forest: who is above, who is below, and the value that flows up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, style
from scrm_helpers.network.forest.reach import values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.trees import members, parent_rows, tidy_tree

LABELLED = 24  # people up to whom each is named in the picture
PLATE = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # keeps lines from running through names


@dataclass(frozen=True)
class Shown:
    """What is chosen of a person's tree."""

    passed_on: float = 0.5  # share of the credit handed up at every step
    depth: int = 0  # generations drawn and listed above and below; 0 has all of them


SHOWN = Shown()


class PersonInForest(Answer):
    """The tree around one person."""

    credited: Measure
    nodes: pd.DataFrame
    parent: np.ndarray  # row of each node's referrer in `nodes`, -1 for the first
    passed_on: float  # share of the credit handed up at every step
    depth: int = 0  # generations drawn and listed above and below; 0 has all of them

    @cached_property
    def _near(self) -> slice:
        """The rows that are drawn: one stretch, as those above come first and those below by generation."""
        step = self.nodes["step"].to_numpy()
        far = self.depth or int(np.abs(step).max())
        return slice(int(np.searchsorted(step, -far)), int(np.searchsorted(step, far, side="right")))

    def words(self) -> Words:
        step = self.nodes["step"]
        drawn = step.iloc[self._near]
        beyond = len(step) - len(drawn)
        me, below = self.nodes.loc[step == 0, "name"].iloc[0], self.nodes[step > 0]
        direct, above = int((step == 1).sum()), int((step < 0).sum())
        referrer = self.nodes.loc[step == -1, "name"]
        start = f"{me} was brought by {referrer.iloc[0]}" if above else f"{me} came without a referral"
        further = f" and {numbers.count(len(below) - direct)} through them" if len(below) > direct else ""
        brought, own = (numbers.money(x, self.credited.unit) for x in (below["value"].sum(), self.credited.value))
        return Words(
            sentence=f"{start} and brought {numbers.plural(direct, 'person', 'people')} directly{further}; of their "
            f"{brought}, {me} is credited {own}."
            if len(below)
            else f"{start} and has brought nobody yet.",
            table=pd.DataFrame(
                {
                    "Who": self.nodes["name"],
                    "Where": np.where(step < 0, "above", np.where(step > 0, "below", "this person")),
                    "Steps away": step.abs(),
                    "Own value": self.nodes["value"],
                    "Credited": self.nodes["credit"],
                }
            ).iloc[self._near],
            formats={"Steps away": "count", "Own value": "money", "Credited": "money"},
            title=f"{me}: {numbers.count(len(below))} below, {numbers.count(above)} above",
            caption="The people above and below",
            note=f"Every referrer hands up {numbers.percent(self.passed_on)} of the credit. Attributed, not new money."
            + (f" {numbers.count(beyond)} further away are counted and not drawn." if beyond else ""),
            alt=(
                f"Tree with {numbers.plural(int((drawn < 0).sum()), 'person', 'people')} above and "
                f"{numbers.plural(int((drawn > 0).sum()), 'person', 'people')} below the chosen one, "
                f"{numbers.plural(int(drawn.max()), 'generation')} deep."
            ),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        nodes = self.nodes.iloc[self._near]
        parent = np.maximum(self.parent[self._near] - self._near.start, -1)
        across, right = tidy_tree(parent)
        up = -across
        ax = style.axes_for(ax, height=float(np.clip(0.9 + 0.27 * np.ptp(across), 1.6, 7)))
        step, n = nodes["step"].to_numpy(), len(nodes)
        below = np.arange(1, n)
        ends = np.stack([parent[below], below, below], axis=1).ravel()  # the third is a gap, so that all are one line
        gap = np.where(np.arange(len(ends)) % 3 < 2, 1.0, np.nan)
        ax.plot(right[ends] * gap, up[ends] * gap, color=style.BAR_GREY, lw=0.8, zorder=1)
        size = float(np.clip(900 / n, 6, 40))
        ax.scatter(right[step > 0], up[step > 0], s=size, color=style.BLUE, zorder=3)
        ax.scatter(right[step < 0], up[step < 0], s=size, facecolor="white", edgecolor=style.BLUE, zorder=3)
        ax.scatter(right[step == 0], up[step == 0], s=1.8 * size, marker="D", color=style.ORANGE, zorder=4)
        if n <= LABELLED:
            self._name_people(ax, nodes, parent, right, up)
        ax.set_xlim(-0.5, right.max() + 1)
        middle, half = (up.min() + up.max()) / 2, max(float(np.ptp(up)) / 2, 1) + 0.8
        ax.set_ylim(middle - half, middle + half)
        ax.set_axis_off()
        return ax

    def _name_people(
        self, ax: style.Axes, nodes: pd.DataFrame, parent: np.ndarray, right: np.ndarray, up: np.ndarray
    ) -> None:
        """Write name and value beside those who brought nobody, above those who did; along a chain also below."""
        alone = np.bincount(right)[right] == 1
        brought = np.isin(np.arange(len(nodes)), parent)
        for row, (name, value) in enumerate(zip(nodes["name"], nodes["value"], strict=True)):
            anchor, side, shift = "center", "left", (7, 0)
            if brought[row]:
                above = not alone[row] or right[row] % 2 == 0
                anchor, side, shift = "bottom" if above else "top", "center", (0, 7 if above else -7)
            text: dict[str, Any] = {"ha": side, "va": anchor, "size": 7.5, "bbox": PLATE}
            words = f"{name[:7]} {numbers.money(value, self.credited.unit)}"
            ax.annotate(words, (right[row], up[row]), shift, textcoords="offset points", **text)


def person_in_forest(
    forest: Forest, value: pd.Series, person: str, terms: Terms, names: Mapping[str, str], shown: Shown = SHOWN
) -> PersonInForest:
    """Show who brought a person, whom the person brought, and the credit for their value; of several the first."""
    passed_on = shown.passed_on
    at = forest.people.get_indexer(pd.Index([person]))[0]
    if at < 0:
        raise ValueError(f"{person!r} is not among the people of this forest: take an id from forest.people.")
    order = members(forest, at).tolist()
    while (above := int(forest.parent[order[0]])) >= 0:
        order.insert(0, above)
    step = forest.generation[order] - forest.generation[at]
    worth = np.nan_to_num(values_of(forest, value))[order]
    credit = np.where(step > 0, (1 - passed_on) * passed_on ** np.maximum(step - 1, 0) * worth, 0.0)
    ids = forest.people[order]
    nodes = pd.DataFrame({"name": [names[one] for one in ids], "step": step, "value": worth, "credit": credit})
    found = float(nodes["credit"].sum())
    credited = Measure(name="credited", value=found, unit=terms.currency, n=int((step > 0).sum()), kind="attributed")
    parent = parent_rows(forest, np.array(order))
    return PersonInForest(credited=credited, nodes=nodes, parent=parent, passed_on=passed_on, depth=shown.depth)
