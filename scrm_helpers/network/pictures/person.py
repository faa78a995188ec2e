"""One person in the forest, also to pick in JupyterLab: who is above, who is below, and the value that flows up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Refusal, Terms, Words, numbers, show, style
from scrm_helpers.network.forest.reach import cascade_credit, values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.trees import members, parent_rows, tidy_tree

if TYPE_CHECKING:
    from ipywidgets import VBox

LABELLED = 24  # people up to whom each is named in the picture
PLATE = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # keeps lines from running through names


class PersonInForest(Answer):
    """The tree around one person."""

    credited: Measure
    nodes: pd.DataFrame
    parent: np.ndarray  # row of each node's referrer in `nodes`, -1 for the first
    passed_on: float  # share of the credit handed up at every step

    def words(self) -> Words:
        step = self.nodes["step"]
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
            ),
            formats={"Steps away": "count", "Own value": "money", "Credited": "money"},
            title=f"{me}: {numbers.count(len(below))} below, {numbers.count(above)} above",
            caption="The people above and below",
            note=f"Every referrer hands up {numbers.percent(self.passed_on)} of the credit. Attributed, not new money.",
            alt=f"Tree with {numbers.plural(above, 'person', 'people')} above and "
            f"{numbers.plural(len(below), 'person', 'people')} below the chosen one, "
            f"{numbers.plural(int(step.max()), 'generation')} deep.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        across, right = tidy_tree(self.parent)
        up = -across
        ax = style.axes_for(ax, height=float(np.clip(0.9 + 0.27 * np.ptp(across), 1.6, 7)))
        step, n = self.nodes["step"].to_numpy(), len(self.nodes)
        below = np.arange(1, n)
        ends = np.stack([self.parent[below], below])
        ax.plot(right[ends], up[ends], color=style.BAR_GREY, lw=0.8, zorder=1)
        size = float(np.clip(900 / n, 6, 40))
        ax.scatter(right[step > 0], up[step > 0], s=size, color=style.BLUE, zorder=3)
        ax.scatter(right[step < 0], up[step < 0], s=size, facecolor="white", edgecolor=style.BLUE, zorder=3)
        ax.scatter(right[step == 0], up[step == 0], s=1.8 * size, marker="D", color=style.ORANGE, zorder=4)
        if n <= LABELLED:
            self._name_people(ax, right, up)
        ax.set_xlim(-0.5, right.max() + 1)
        middle, half = (up.min() + up.max()) / 2, max(float(np.ptp(up)) / 2, 1) + 0.8
        ax.set_ylim(middle - half, middle + half)
        ax.set_axis_off()
        return ax

    def _name_people(self, ax: style.Axes, right: np.ndarray, up: np.ndarray) -> None:
        """Write name and value beside those who brought nobody, above those who did; along a chain also below."""
        alone = np.bincount(right)[right] == 1
        brought = np.isin(np.arange(len(self.nodes)), self.parent)
        for row, (name, value) in enumerate(zip(self.nodes["name"], self.nodes["value"], strict=True)):
            anchor, side, shift = "center", "left", (7, 0)
            if brought[row]:
                above = not alone[row] or right[row] % 2 == 0
                anchor, side, shift = "bottom" if above else "top", "center", (0, 7 if above else -7)
            text: dict[str, Any] = {"ha": side, "va": anchor, "size": 7.5, "bbox": PLATE}
            words = f"{name[:7]} {numbers.money(value, self.credited.unit)}"
            ax.annotate(words, (right[row], up[row]), shift, textcoords="offset points", **text)


def person_in_forest(
    forest: Forest, value: pd.Series, person: str, terms: Terms, names: Mapping[str, str], passed_on: float = 0.5
) -> PersonInForest:
    """Show who brought a person, whom the person brought, and the credit for their value; of several the first."""
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
    return PersonInForest(
        credited=credited, nodes=nodes, parent=parent_rows(forest, np.array(order)), passed_on=passed_on
    )


MOST = 500  # people in the list; whoever is further down is found by typing the name


def person_explorer(forest: Forest, value: pd.Series, names: Mapping[str, str], terms: Terms) -> VBox:
    """Make the controls for JupyterLab: a person, and the share of the credit that every referrer hands up.

    Parameters
    ----------
    forest : Forest, with one referrer each
    value : pandas.Series of float, value of each person, indexed by person id
    names : mapping of str to str, pseudonyms of everybody in the forest
    terms : Terms

    Returns
    -------
    ipywidgets.VBox
    """
    import ipywidgets as widgets

    credited = cascade_credit(forest, values_of(forest, value))
    heads = np.unique(forest.parent[forest.parent >= 0])
    if not len(heads):
        raise Refusal("There is nobody to pick: no customer was brought by a referral.")
    heads = heads[np.lexsort((heads, -credited[heads]))]
    ids = {names[person]: person for person in forest.people}
    listed = [names[person] for person in forest.people[heads[:MOST]]]
    person = widgets.Combobox(options=listed, value=listed[0], description="Person", ensure_option=False)
    handed_up = widgets.FloatSlider(0.5, min=0.0, max=0.9, step=0.1, description="Handed up", readout_format=".0%")
    page = widgets.HTML()

    def refresh(_: Any = None) -> None:
        chosen = ids.get(person.value.strip())
        if chosen is None:
            page.value = f"<p>{show.escape('Nobody has this name; pick one from the list.')}</p>"
            return
        found = person_in_forest(forest, value, chosen, terms, names, round(handed_up.value, 1))
        image = f'<img alt="{show.escape(found.alt)}" width="760" src="data:image/png;base64,{show.picture(found)}">'
        rows = show.table_html(found.table.head(30), found.formats, found.caption, terms.currency)
        page.value = f"<p>{show.escape(found.sentence)}</p>{image}{rows}<p>{show.escape(found.note)}</p>"

    person.observe(refresh, "value")
    handed_up.observe(refresh, "value")
    refresh()
    return widgets.VBox([person, handed_up, page])
