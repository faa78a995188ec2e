"""Who is most valuable depends on the dimension: overlap of the lists, and the people nobody beats on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.presentation import numbers, style
from scrm_helpers.presentation.result import Measure, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {"crv": "referral value", "civ": "influence value", "ckv": "knowledge value", "sdv": "support value"}


@dataclass(frozen=True, kw_only=True)
class Overlap(Result):
    """Share of each list that is also on the list by own value."""

    overlaps: pd.DataFrame
    share: float

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares with what chance alone would give."""
        axes = style.axes_for(ax, height=0.9 + 0.5 * len(self.overlaps))
        shown = self.overlaps[::-1]
        bars = axes.barh(shown["List"], shown["Also best by own value"], color=style.BLUE, height=0.6)
        axes.bar_label(bars, [numbers.percent(part) for part in shown["Also best by own value"]], padding=4)
        axes.axvline(self.share, color=style.ORANGE, linewidth=1.2, linestyle="--")
        axes.annotate(
            "by chance", (self.share, len(shown) - 0.42), xytext=(4, 0), textcoords="offset points", size=8,
            color=style.ORANGE, va="center",
        )  # fmt: skip
        axes.set_ylim(-0.6, len(shown) - 0.2)
        axes.set_xlim(0, min(1.0, max(2 * self.share, 1.25 * float(shown["Also best by own value"].max()))))
        axes.xaxis.set_major_formatter(lambda part, _: f"{100 * part:.0f}%")
        axes.set_xlabel(f"Of the best by this dimension, also among the best {self.share:.0%} by own value")
        axes.tick_params(axis="y", length=0)
        return axes


def overlap_at(value: pd.DataFrame, share: float = 0.2) -> Overlap:
    """Ask how many of the best by each dimension are also the best by own lifetime value.

    Parameters
    ----------
    value : DataFrame
        The value table; customers only are compared.
    share : float
        Share of the customers on the list by own value, 0-1. The other lists are as long, or as long as there are
        people with any value on that dimension.

    Returns
    -------
    Overlap

    Examples
    --------
    >>> table = pd.DataFrame({"is_customer": True, "clv": [5.0, 4, 3, 2, 1], "crv": [0.0, 0, 0, 0, 9]})
    >>> overlap_at(table).overlaps["Also best by own value"].tolist()
    [0.0]
    """
    customers = value[value["is_customer"].astype(bool) & value["clv"].notna()]
    k = max(round(share * len(customers)), 1)
    best = customers["clv"].sort_values(ascending=False, kind="stable").index[:k]
    rows = []
    for name, label in LABELS.items():
        if name not in customers or not (customers[name] > 0).any():
            continue
        positive = customers.loc[customers[name] > 0, name].sort_values(ascending=False, kind="stable").index[:k]
        rows.append((label, len(positive), len(positive.intersection(best)) / len(positive)))
    table = pd.DataFrame(rows, columns=["List", "People on it", "Also best by own value"])
    if not rows:
        reason = "there is no other dimension than own purchases, or nobody has a lifetime value"
        return Overlap(
            sentence=f"The lists cannot be compared: {reason}.",
            table=table,
            measures=(Measure(name="overlap_referral_value", value=None, unit="share", reason=reason),),
            drawable=False,
            overlaps=table,
            share=share,
        )
    least = table.to_dict("records")[int(table["Also best by own value"].to_numpy().argmin())]
    missed = 1 - least["Also best by own value"]
    return Overlap(
        sentence=f"Of the best by {least['List']}, {numbers.percent(missed)} are not among the best {share:.0%} by own "
        "value: a list by sales alone misses them.",
        table=table,
        title=f"A list by own value misses {numbers.percent(missed)} of the best by {least['List']}",
        caption=f"The best by each dimension and the best {share:.0%} by own lifetime value",
        note=f"n = {numbers.plural(len(customers), 'customer')}; by chance {share:.0%} of any list would be on the "
        "other",
        alt="Bars of the share of each list that is also among the best by own value: "
        + ", ".join(f"{label} {numbers.percent(part)}" for label, _, part in rows)
        + f"; by chance {share:.0%}.",
        formats={"People on it": "count", "Also best by own value": "percent"},
        measures=tuple(
            Measure(name=f"overlap_{label.replace(' ', '_')}", value=part, unit="share", n=size)
            for label, size, part in rows
        ),
        overlaps=table,
        share=share,
    )


def pareto_front(values: np.ndarray) -> np.ndarray:
    """Find the rows that no other row beats or equals on all columns with one better.

    Parameters
    ----------
    values : ndarray of shape (people, dimensions)
        Higher is better; missing counts as 0.

    Returns
    -------
    ndarray of bool, shape (people,)

    Examples
    --------
    >>> pareto_front(np.array([[3.0, 0], [0, 3], [1, 1], [2, 1], [2, 1]])).tolist()
    [True, True, False, True, True]
    """
    left = np.nan_to_num(np.asarray(values, float))
    place, front = np.arange(len(left)), np.zeros(len(left), bool)
    while len(left):
        top = left[np.argmax(left.sum(axis=1))]
        equal = (left == top).all(axis=1)
        front[place[equal]] = True
        stay = ~equal & (left > top).any(axis=1)
        left, place = left[stay], place[stay]
    return front


def valuable_set(value: pd.DataFrame) -> Result:
    """Describe the people who are most valuable on some mix of dimensions.

    Parameters
    ----------
    value : DataFrame
        The value table.

    Returns
    -------
    Result
        Size of the Pareto front over all dimensions that are there, and how many of it are also the best by the sum.
    """
    names = [name for name in ("clv", *LABELS) if name in value and value[name].notna().any()]
    if "clv" not in names:
        reason = "nobody's own value is known"
        return Result(
            sentence=f"Who is beaten by nobody cannot be said, because {reason}.",
            table=pd.DataFrame({"List": ["Nobody beats them on all dimensions"], "People": [np.nan]}),
            formats={"People": "count"},
            measures=(
                Measure(name="pareto_front_people", value=None, unit="count", n=len(value), reason=f"{reason}."),
            ),
        )
    values = value[names].fillna(0.0).to_numpy(float)
    front = pareto_front(values)
    n = int(front.sum())
    if len(names) < 2:
        reason = "own purchases are the only dimension that is known"
        measure = Measure(name="pareto_front_people", value=None, unit="count", n=len(value), reason=reason)
        return Result(
            sentence=f"The most valuable people are those with the highest own value: {reason}.",
            table=pd.DataFrame(),
            measures=(measure,),
            drawable=False,
        )
    dimensions = ", ".join(LABELS.get(name, "own value") for name in names)
    by_sum = np.argsort(-values.sum(axis=1), kind="stable")[:n]
    also = float(front[by_sum].mean()) if n else 0.0
    by_own = np.argsort(-values[:, 0], kind="stable")[:n]
    own = float(front[by_own].mean()) if n else 0.0
    return Result(
        sentence=f"{numbers.plural(n, 'person is', 'people are')} beaten by nobody on all of {len(names)} dimensions; "
        f"{numbers.percent(own)} of as long a list by own value are among them, {numbers.percent(also)} by the sum.",
        table=pd.DataFrame(
            {
                "List": [
                    "Nobody beats them on all dimensions",
                    "Best by the sum, among them",
                    "Best by own value, among them",
                ],
                "People": [n, round(also * n), round(own * n)],
            }
        ),
        caption="The most valuable people are a set, not a list",
        note=f"Dimensions: {dimensions}; n = {numbers.plural(len(value), 'person', 'people')}",
        formats={"People": "count"},
        measures=(Measure(name="pareto_front_people", value=float(n), unit="count", n=len(value)),),
    )
