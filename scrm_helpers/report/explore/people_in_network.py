"""The view of one person in the network: who is above and below, as deep as wanted, and the credit that flows up."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Refusal, Terms, Words, numbers, style
from scrm_helpers.network.forest.reach import cascade_credit, values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.trees import members, parent_rows, tidy_tree
from scrm_helpers.report.explore.looks import NAME, Control, View

MOST = 500  # people in the list; whoever is further down is found by typing the name
DEEPEST = 12  # generations that can be told apart
ROWS = 30
LABELLED = 24  # people up to whom each is named in the picture


class PersonInForest(Answer):
    """The tree around one person."""

    credited: Measure
    nodes: pd.DataFrame
    parent: np.ndarray  # row of each node's referrer in `nodes`, -1 for the first
    passed_on: float  # share of the credit handed up at every step
    depth: int  # generations drawn and listed above and below

    @cached_property
    def _near(self) -> slice:
        """The rows that are drawn: one stretch, as those above come first and those below by generation."""
        low, high = np.searchsorted(self.nodes["step"], [-self.depth, self.depth + 1])
        return slice(int(low), int(high))

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
            alt=f"Tree with {numbers.plural(int((drawn < 0).sum()), 'person', 'people')} above and "
            f"{numbers.plural(int((drawn > 0).sum()), 'person', 'people')} below the chosen one, "
            f"{numbers.plural(int(drawn.max()), 'generation')} deep.",
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
        alone, brought = np.bincount(right)[right] == 1, np.isin(np.arange(n), parent)
        for row, (name, value) in enumerate(zip(nodes["name"], nodes["value"], strict=True) if n <= LABELLED else ()):
            words = f"{name[:7]} {numbers.money(value, self.credited.unit)}"
            anchor, side, shift = "center", "left", (7, 0)
            if brought[row]:  # above those who brought somebody, along a chain also below; beside all others
                above = not alone[row] or right[row] % 2 == 0
                anchor, side, shift = "bottom" if above else "top", "center", (0, 7 if above else -7)
            style.beside(ax, words, (right[row], up[row]), shift, ha=side, va=anchor, size=7.5, bbox=style.HALO)
        ax.set_xlim(-0.5, right.max() + 1)
        middle, half = (up.min() + up.max()) / 2, max(float(np.ptp(up)) / 2, 1) + 0.8
        ax.set_ylim(middle - half, middle + half)
        ax.set_axis_off()
        return ax


def person_view(forest: Forest, value: pd.Series, names: Mapping[str, str], terms: Terms) -> View:
    """Let a person be picked by pseudonym, the generations that are drawn, and the share of the credit handed up.

    Parameters
    ----------
    forest, terms : with one referrer each
    value : pandas.Series of float, value of each person, indexed by person id
    names : mapping of str to str, pseudonyms of everybody in the forest

    Returns
    -------
    View
    """
    known = values_of(forest, value)
    worth, credited = np.nan_to_num(known), cascade_credit(forest, known)
    heads = np.unique(forest.parent[forest.parent >= 0])
    if not len(heads):
        raise Refusal("There is nobody to pick: no customer was brought by a referral.")
    heads = heads[np.lexsort((heads, -credited[heads]))]
    called = [names[person] for person in forest.people]
    place_of = {name: place for place, name in enumerate(called)}
    listed = [called[head] for head in heads[:MOST]]
    deepest = int(min(max(forest.generation.max(), 1), DEEPEST))

    def at(person: str, depth: int, handed_up: float) -> PersonInForest:
        chosen = place_of.get(person.strip())
        if chosen is None:
            raise Refusal("Nobody has this name; pick one from the list.")
        order = members(forest, chosen).tolist()
        while (above := int(forest.parent[order[0]])) >= 0:
            order.insert(0, above)
        step, own = forest.generation[order] - forest.generation[chosen], worth[order]
        credit = np.where(step > 0, (1 - handed_up) * handed_up ** np.maximum(step - 1, 0) * own, 0.0)
        nodes = pd.DataFrame({"name": [called[one] for one in order], "step": step, "value": own, "credit": credit})
        found, below = float(credit.sum()), int((step > 0).sum())
        credited = Measure(name="credited", value=found, unit=terms.currency, n=below, kind="attributed")
        parent = parent_rows(forest, np.array(order))
        return PersonInForest(credited=credited, nodes=nodes, parent=parent, passed_on=handed_up, depth=depth)

    controls = [
        Control("person", "Person", listed, listed[0], kind=NAME),
        Control("depth", "Generations drawn", range(1, deepest + 1), min(3, deepest)),
        Control("handed_up", "Credit handed up", [tenth / 10 for tenth in range(10)], 0.5, numbers.percent),
    ]
    return View("One person in the network", controls, at, rows=ROWS)
