"""Who is most valuable depends on the dimension: overlap of the lists, and the people nobody beats on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.chance import BesideChance, beside_chance
from scrm_helpers.value.matrix.four_cells import told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ["List", "People on it", "Also best by own value", "By chance, same age", "Chance from", "Chance to"]
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
        place = np.arange(len(shown))
        axes.hlines(place, shown["Chance from"], shown["Chance to"], color=style.ORANGE, linewidth=2)
        axes.annotate(
            "orange: by chance, customers of the same age", (0.99, 1.0), xycoords="axes fraction", size=8,
            color=style.ORANGE, ha="right", va="bottom",
        )  # fmt: skip
        axes.set_ylim(-0.6, len(shown) - 0.2)
        axes.set_xlim(
            0, min(1.0, max(2 * self.share, 1.25 * float(shown[["Also best by own value", "Chance to"]].max().max())))
        )
        axes.xaxis.set_major_formatter(lambda part, _: f"{100 * part:.0f}%")
        axes.set_xlabel(f"Of the best by this dimension, also among the best {self.share:.0%} by own value")
        axes.tick_params(axis="y", length=0)
        return axes


def overlap_at(value: pd.DataFrame, share: float = 0.2, min_group: int = 5) -> Overlap:
    """Ask how many of the best by each dimension are also the best by own lifetime value.

    Parameters
    ----------
    value : DataFrame
        The value table; customers only are compared. With ``joined_on`` each list is set beside what chance gives
        among customers of the same age.
    share : float
        Share of the customers on the list by own value, 0-1. The other lists are as long, or as long as there are
        people with any value on that dimension.
    min_group : int
        Lists of fewer people are not shown.

    Returns
    -------
    Overlap

    Examples
    --------
    >>> table = pd.DataFrame({"is_customer": True, "clv": [5.0, 4, 3, 2, 1], "crv": [0.0, 0, 0, 0, 9]})
    >>> overlap_at(table, min_group=1).overlaps["Also best by own value"].tolist()
    [0.0]
    """
    customers = value[value["is_customer"].astype(bool) & value["clv"].notna()]
    if not told_apart(customers["clv"]):
        customers = customers.iloc[:0]  # a list by a value that is the same for everybody is no list
    k = max(round(share * len(customers)), 1)
    best = customers["clv"].sort_values(ascending=False, kind="stable").index[:k]
    others = [name for name in LABELS if name in customers and (customers[name] > 0).sum() >= min_group]
    rows, found = [], []
    for name in others:
        listed = customers.loc[customers[name] > 0, name].sort_values(ascending=False, kind="stable").index[:k]
        chance = None
        if "joined_on" in customers:
            own, other = (pd.Series(customers.index.isin(people), customers.index) for people in (best, listed))
            chance = beside_chance(own, other, customers["joined_on"], looks=len(others))
        among = (np.nan,) * 3 if chance is None else (chance.expected, chance.low, chance.high)
        rows.append((LABELS[name], len(listed), len(listed.intersection(best)) / len(listed), *among))
        found.append(chance)
    table = pd.DataFrame(rows, columns=COLUMNS)
    if not rows:
        reason = "nobody's own value is known, or too few people have any other"
        return Overlap(
            sentence=f"The lists cannot be compared: {reason}.",
            table=table,
            measures=(Measure(name="overlap_referral_value", value=None, unit="share", reason=reason),),
            drawable=False,
            overlaps=table,
            share=share,
        )
    title, sentence = _lists_in_words(table, found, share)
    return Overlap(
        sentence=sentence,
        table=table,
        title=title,
        caption=f"The best by each dimension and the best {share:.0%} by own lifetime value",
        note=f"n = {numbers.plural(len(customers), 'customer')}; orange: 95% of shuffles among customers of "
        f"the same age, {numbers.plural(len(rows), 'list')} together; n/a: too few people on the list",
        alt="Bars of the share of each list that is also among the best by own value: "
        + ", ".join(f"{row[0]} {numbers.percent(row[2])}, by chance {numbers.percent(row[3])}" for row in rows)
        + ".",
        formats={"People on it": "count"} | dict.fromkeys(COLUMNS[2:], "percent"),
        measures=tuple(
            Measure(name=f"overlap_{label.replace(' ', '_')}", value=part, unit="share", n=size)
            for label, size, part, *_ in rows
        ),
        overlaps=table,
        share=share,
    )


def _lists_in_words(table: pd.DataFrame, found: list[BesideChance | None], share: float) -> tuple[str, str]:
    """Claim that a list by own value misses people only where it misses more than chance among people of one age."""
    known = [(row, chance) for row, chance in zip(table.to_dict("records"), found, strict=True) if chance is not None]
    if not known:
        few = "Whether a list by own value misses more people than chance would cannot be said"
        return few, f"{few}: too few people are on the other lists."
    row, chance = min(known, key=lambda one: one[1].part - one[1].expected)
    missed = (
        f"{numbers.percent(1 - chance.part)} of the best by {row['List']} are not among the best {share:.0%} by own"
    )
    missed += " value"
    among = (
        f"chance among customers of the same age would miss {numbers.percent(1 - chance.expected)} "
        f"({numbers.interval(1 - chance.high, 1 - chance.low, numbers.percent)})"
    )
    if chance.verdict == "less":
        return f"A list by own value misses more of the best by {row['List']} than chance would", f"{missed}; {among}."
    return (
        "A list by own value misses no more of the others than chance can be shown to",
        f"{missed}, but {among}: that the list misses more is not shown.",
    )


def pareto_front(values: np.ndarray) -> np.ndarray:
    """Find the rows that no other row beats or equals on all columns with one better."""
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
        Size of the Pareto front over all dimensions that are there, and how many of it are also the best by own value.
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
    by_own = np.argsort(-values[:, 0], kind="stable")[:n]
    own = float(front[by_own].mean()) if n else 0.0
    return Result(
        sentence=f"{numbers.plural(n, 'person is', 'people are')} beaten by nobody on all of {len(names)} dimensions; "
        f"{numbers.percent(own)} of as long a list by own value are among them.",
        table=pd.DataFrame(
            {
                "List": [
                    "Nobody beats them on all dimensions",
                    "Best by own value, among them",
                ],
                "People": [n, round(own * n)],
            }
        ),
        caption="The most valuable people are a set, not a list",
        note=f"Dimensions: {dimensions}; n = {numbers.plural(len(value), 'person', 'people')}",
        formats={"People": "count"},
        measures=(Measure(name="pareto_front_people", value=float(n), unit="count", n=len(value)),),
    )
