"""One person in the forest: who is above, who is below, and the value that flows up to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.network.forest.referral_columns import values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.layout import members, tidy_tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELLED = 24  # people up to whom each is named in the picture
PLATE = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # keeps lines from running through names


@dataclass(frozen=True, kw_only=True)
class PersonInForest(Result):
    """The tree around one person."""

    nodes: pd.DataFrame
    parent: np.ndarray  # row of each node's referrer in `nodes`, -1 for the first
    currency: str  # ISO code

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw from left to right the people above (hollow), the person (diamond) and everybody below, with value."""
        across, right = tidy_tree(self.parent)
        up = -across
        ax = style.axes_for(ax, height=float(np.clip(0.9 + 0.27 * np.ptp(across), 1.6, 7)))
        step, n = self.nodes["step"].to_numpy(), len(self.nodes)
        below = np.arange(1, n)
        for start, stop in zip(self.parent[below], below, strict=True):
            ax.plot(right[[start, stop]], up[[start, stop]], color=style.BAR_GREY, lw=0.8, zorder=1)
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

    def _name_people(self, ax: Axes, right: np.ndarray, up: np.ndarray) -> None:
        """Write name and value beside those who brought nobody, above those who did; along a chain also below."""
        alone = np.bincount(right)[right] == 1
        brought = np.isin(np.arange(len(self.nodes)), self.parent)
        for row, (name, value) in enumerate(zip(self.nodes["name"], self.nodes["value"], strict=True)):
            words = f"{name[:7]} {numbers.money(value, self.currency)}"
            if brought[row]:
                above = not alone[row] or right[row] % 2 == 0
                shift, anchor, side = (0, 7 if above else -7), "bottom" if above else "top", "center"
            else:
                shift, anchor, side = (7, 0), "center", "left"
            ax.annotate(
                words,
                (right[row], up[row]),
                shift,
                textcoords="offset points",
                ha=side,
                va=anchor,
                size=7.5,
                bbox=PLATE,
            )


def person_in_forest(
    forest: Forest,
    value: pd.Series,
    person: str,
    *,
    names: Mapping[str, str] | None = None,
    passed_on: float = 0.5,
    currency: str = "EUR",
) -> PersonInForest:
    """Show who brought a person, whom the person brought, and how much of their value the person is credited with.

    Parameters
    ----------
    forest : Forest
        With one referrer each; under the rule ``"split"`` the first is followed.
    value : pandas.Series of float
        Value of each person, indexed by person id.
    person : str
        Id.
    names : mapping of str to str, optional
        Pseudonyms; else the ids are shown.
    passed_on : float
        Share of the credit handed up at every step, from 0 to below 1.
    currency : str
        ISO code.

    Returns
    -------
    PersonInForest

    Raises
    ------
    ValueError
        When the person is not in the forest.

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> person_in_forest(build_forest(rows), pd.Series({"B": 10.0, "C": 100.0}), "A").sentence
    'A came without a referral and brought 1 person directly and 1 through them; of their €110, A is credited €30.00.'
    """
    at = forest.people.get_indexer(pd.Index([person]))[0]
    if at < 0:
        raise ValueError(f"{person!r} is not among the people of this forest: take an id from forest.people.")
    above: list[int] = []
    while forest.parent[above[-1] if above else at] >= 0:
        above.append(int(forest.parent[above[-1] if above else at]))
    below = members(forest, at)
    order = np.concatenate([above[::-1], below]).astype(np.int64)
    place = {number: row for row, number in enumerate(order.tolist())}
    parent = np.array([-1, *(place[number] for number in forest.parent[order[1:]].tolist())])
    step = forest.generation[order] - forest.generation[at]
    worth = np.nan_to_num(values_of(forest, value))[order]
    credit = np.where(step > 0, (1 - passed_on) * passed_on ** np.maximum(step - 1, 0) * worth, 0.0)
    ids = forest.people[order]
    called = [names[one] if names is not None else str(one) for one in ids]
    nodes = pd.DataFrame({"name": called, "step": step, "value": worth, "credit": credit})
    return _worded(nodes, parent, currency, passed_on)


def _worded(nodes: pd.DataFrame, parent: np.ndarray, currency: str, passed_on: float) -> PersonInForest:
    me = nodes[nodes["step"] == 0].iloc[0]["name"]
    below = nodes[nodes["step"] > 0]
    direct = int((nodes["step"] == 1).sum())
    credited, brought = float(nodes["credit"].sum()), float(below["value"].sum())
    referrer = nodes[nodes["step"] == -1]
    start = f"{me} was brought by {referrer.iloc[0]['name']}" if len(referrer) else f"{me} came without a referral"
    if not len(below):
        sentence = f"{start} and has brought nobody yet."
    else:
        further = f" and {numbers.count(len(below) - direct)} through them" if len(below) > direct else ""
        sentence = (
            f"{start} and brought {numbers.plural(direct, 'person', 'people')} directly{further}; of their "
            f"{numbers.money(brought, currency)}, {me} is credited {numbers.money(credited, currency)}."
        )
    where = np.where(nodes["step"] < 0, "above", np.where(nodes["step"] > 0, "below", "this person"))
    return PersonInForest(
        sentence=sentence,
        table=pd.DataFrame(
            {
                "Who": nodes["name"],
                "Where": where,
                "Steps away": nodes["step"].abs(),
                "Own value": nodes["value"],
                "Credited": nodes["credit"],
            }
        ),
        title=f"{me}: {numbers.count(len(below))} below, {numbers.count(int((nodes['step'] < 0).sum()))} above",
        caption="The people above and below",
        note=f"Every referrer hands up {numbers.percent(passed_on)} of the credit. Attributed, not new money.",
        alt=(
            f"Tree with {numbers.plural(int((nodes['step'] < 0).sum()), 'person', 'people')} above and "
            f"{numbers.plural(len(below), 'person', 'people')} below the chosen one, "
            f"{numbers.plural(int(nodes['step'].max()), 'generation')} deep."
        ),
        formats={"Steps away": "count", "Own value": "money", "Credited": "money"},
        measures=(Measure(name="credited", value=credited, unit=currency, n=len(below), kind="attributed"),),
        nodes=nodes,
        parent=parent,
        currency=currency,
    )
