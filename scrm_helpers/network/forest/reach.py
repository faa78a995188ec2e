"""Cascades: how many people are below everybody, what they credit those above with, and how far referrals reach."""

from dataclasses import field
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.answers.small_groups import without_small_groups
from scrm_helpers.network.forest.by_chance import RECORDED, ages, beside_dealt, held_by, more_or_less
from scrm_helpers.network.forest.referral_forest import NOBODY, Forest, build_forest
from scrm_helpers.stats.chance import mean_bootstrap_t, ratio_bootstrap_t
from scrm_helpers.stats.intervals import share_estimate
from scrm_helpers.stats.tree_sums import climb, mean_distance, sum_below


def forest_table(
    referrals: pd.DataFrame,
    customers: pd.DataFrame | None,
    value: pd.Series,
    *,
    as_of: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Place everybody in the forest: parent, generation, people below, the credit for them, those brought directly."""
    forest = build_forest(referrals, customers, as_of=as_of)
    worth = values_of(forest, value)
    return pd.DataFrame(
        {
            "parent": forest.people.take(forest.parent, fill_value=np.nan, allow_fill=True).astype("str"),
            "generation": forest.generation,
            "cascade_size": cascade_sizes(forest),
            "cascade_value": np.nan if np.isnan(worth).all() else cascade_credit(forest, worth),
            "referrals_credited": np.bincount(forest.parent[forest.parent > NOBODY], minlength=len(forest)),
        },
        index=forest.people.rename("person_id"),
    )


def values_of(forest: Forest, value: pd.Series) -> np.ndarray:
    """Bring values indexed by person id into the order of the forest, missing where a person has none."""
    amounts = value.to_numpy(dtype=np.float64)
    if value.index.equals(forest.people[: len(value)]):  # the usual case; looking up millions of ids takes a minute
        return np.concatenate([amounts, np.full(len(forest) - len(value), np.nan)])
    return value.reindex(forest.people).to_numpy(dtype=np.float64)


def cascade_credit(forest: Forest, value: np.ndarray, passed_on: float = 0.5) -> np.ndarray:
    """Let every referrer pass a share of the credit on to whoever brought them; of several referrers the first."""
    child = np.flatnonzero(forest.parent > NOBODY)
    worth = np.nan_to_num(value[child])
    direct = (1 - passed_on) * np.bincount(forest.parent[child], weights=worth, minlength=len(forest))
    return direct + sum_below(forest.parent, direct, passed_on)


def cascade_sizes(forest: Forest) -> np.ndarray:
    """Count the people below everybody: those a person brought, directly and through others."""
    return np.rint(sum_below(forest.parent, np.ones(len(forest)))).astype(np.int64)


def structural_virality(forest: Forest) -> pd.Series:
    """Measure for every cascade whether it spread from one to many or from hand to hand."""
    mean = mean_distance(forest.parent, forest.root)
    heads = np.flatnonzero(mean > 0)
    return pd.Series(mean[heads], index=heads)


def cascade_table(forest: Forest) -> pd.DataFrame:
    """Describe every cascade, a person nobody referred with everybody below: ``root, people, depth, breadth``."""
    virality = structural_virality(forest)
    below = pd.DataFrame({"root": forest.root, "generation": forest.generation})[forest.parent >= 0]
    level = below.groupby(["root", "generation"]).size().groupby(level="root")
    columns = {"people": level.sum() + 1, "depth": level.size(), "breadth": level.max(), "virality": virality}
    table = pd.DataFrame(columns).rename_axis("root").reset_index()
    return table.sort_values(["people", "root"], ascending=[False, True], ignore_index=True)


# Upper ends of the size classes (people brought by a cascade); the last class is open.
CLASSES = (1, 2, 5, 10, 20, 50, 100, 1000)
SHARES = ("Share of cascades", "Share of customers")


class CascadeReach(Answer):
    """Cascades by size."""

    ABSENT = "{reason}."

    population: str = "customers who were brought by somebody"
    window: str = RECORDED
    cascades: Measure = unknown("cascades", "count")
    brought: Measure = unknown("customers_brought", "count")
    end_after_one: Measure = unknown("cascades_end_after_one", "share")
    through_others: Measure = unknown("brought_through_others", "share")
    virality: Measure = unknown("mean_structural_virality", "ratio")
    largest_tenth: Measure = unknown("largest_tenth_of_cascades_share", "share")  # of the customers brought
    chance: Chance | None = None  # of that share
    classes: pd.DataFrame = field(default_factory=pd.DataFrame)
    counts: str = "first"  # which of several referrers counts
    HALF, ENDS = Chance(0.5, "as many end after one step as go on"), "most_cascades_end_after_one_step"
    SHORT = "share of the cascades that end after one step, beside one half"
    MOST = "customers brought by the largest tenth of the cascades, beside those dealt to other referrers"
    CLAIMS = (
        Claim(name=ENDS, tested=SHORT, estimate=end_after_one, chance=HALF),
        Claim(name="few_cascades_bring_most", tested=MOST, estimate=largest_tenth),
    )

    def words(self) -> Words:
        short, later = numbers.percent(self.end_after_one.value), numbers.percent(self.through_others.value)
        n = numbers.plural(self.cascades.value or 0, "cascade")
        brought = numbers.plural(self.brought.value or 0, "customer")
        title = {
            1: "Most cascades end after one step",
            -1: f"Most cascades go beyond one step: {later} of the customers brought came through others",
            0: f"{short} of the cascades end after one step",
        }[self.tested(self.ENDS).direction]
        most, beside = numbers.percent(self.largest_tenth.value), more_or_less(self.tested("few_cascades_bring_most"))
        chance = "chance among customers of the same age would give."
        tenth = f" The largest tenth of the cascades bring {most}, {beside} {chance}" if self.chance else ""
        bars = [
            f"{row['People brought']}: {numbers.percent(row['Share of cascades'])} of cascades, "
            f"{numbers.percent(row['Share of customers'])} of people"
            for row in self.classes.head(5).to_dict("records")
        ]
        return Words(
            sentence=f"{n} brought {brought}; {short} of the cascades end after one step, and {later} of the "
            f"customers brought came through somebody who had been brought before.{tenth}",
            table=self.classes,
            formats={"Cascades": "count", "Customers": "count"} | dict.fromkeys(SHARES, "percent"),
            title=title,
            caption="Cascades by the number of people they brought",
            note=f"n = {n}, {brought} brought; of several referrers the {self.counts} counts.",
            alt=("Pairs of bars by people brought. " + "; ".join(bars))[:298] + ".",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.2)
        place, shares = np.arange(len(self.classes)), self.classes[[*SHARES]]
        for column, shift, colour in zip(SHARES, (-0.2, 0.2), (style.BAR_GREY, style.BLUE), strict=True):
            ax.bar(place + shift, self.classes[column], 0.37, color=colour)
            for where, share in zip(place + shift, self.classes[column], strict=True):
                ax.text(where, share, numbers.percent(share), ha="center", va="bottom", size=8)
        key: dict[str, Any] = {"ha": "right", "va": "top", "transform": ax.transAxes}
        ax.text(0.99, 0.97, "grey: share of the cascades", color=style.GREY, **key)
        ax.text(0.99, 0.88, "blue: share of the people brought", color=style.BLUE, **key)
        named = zip(self.classes["People brought"], self.classes["Cascades"], strict=True)
        ax.set_xticks(place, [f"{people}\n(n = {count:,})" for people, count in named])
        ax.set_ylim(0, max(0.1, 1.12 * float(shares.max().max())))
        ax.tick_params(length=0)
        return style.labelled(ax, "People brought by the cascade (n: cascades)", "Share", percent="y")


def cascade_reach(forest: Forest, customers: pd.DataFrame, terms: Terms) -> CascadeReach:
    """Count cascades by size and say how many end after one step.

    Parameters
    ----------
    forest, terms
    customers : pandas.DataFrame, ``customer_id``, ``joined_on``

    Returns
    -------
    CascadeReach

    Notes
    -----
    Goel, Watts and Goldstein (2012) found in seven domains that most cascades end within one step of their seed.
    Structural virality as in :func:`cascade_table`. What chance gives: every customer brought is dealt to somebody who
    joined at about the same time as who brought them, and before the customer brought.

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> people = pd.DataFrame({"customer_id": ["A", "B", "C"], "joined_on": pd.Timestamp("2026-01-01")})
    >>> cascade_reach(build_forest(rows, people), people, Terms(pd.Timestamp("2026-09-30"))).end_after_one.value
    0.0
    """
    cascades = cascade_table(forest)
    if cascades.empty:
        nobody = "Referrals have reached nobody yet: no customer was brought by another person"
        reason = f"How far referrals reach is not known: {forest.unseen}" if forest.unseen else nobody
        none = counted("cascades", None if forest.unseen else 0, None, reason=forest.unseen)
        return CascadeReach(reason=reason, cascades=none)
    sizes = cascades["people"] - 1  # the largest first
    n, brought, level, seed = len(cascades), int(sizes.sum()), terms.level, terms.seed
    further = np.bincount(forest.root[forest.generation >= 2], minlength=len(forest))[cascades["root"]]
    short = share_estimate(int((cascades["depth"] == 1).sum()), n, level)
    later = ratio_bootstrap_t(further, sizes, level, seed=seed)
    virality = mean_bootstrap_t(cascades["virality"], level, seed=seed)
    enough = n >= 10 and int(sizes.head(max(1, round(n / 10))).sum()) >= terms.min_group
    too_few = f"it takes 10 cascades, of which the largest tenth brought {terms.min_group} customers"
    largest = held_by(sizes.to_numpy(), 0.1) if enough else None
    classes = without_small_groups(_classes(sizes), terms.min_group)
    return CascadeReach(
        cascades=counted("cascades", n, brought),
        brought=counted("customers_brought", brought, forest.rows),
        end_after_one=short.measure("cascades_end_after_one", "share"),
        through_others=later.measure("brought_through_others", "share"),
        virality=virality.measure("mean_structural_virality", "ratio"),
        largest_tenth=counted("largest_tenth_of_cascades_share", largest, n, "share", reason=too_few),
        chance=_dealt_cascades(forest, customers, seed) if enough else None,
        classes=classes if classes["Customers"].any() else classes[:0],
        counts="last" if forest.rule == "last" else "first",
    )


def _dealt_cascades(forest: Forest, customers: pd.DataFrame, seed: int) -> Chance:
    """Deal every customer brought to somebody of the age of who brought them, who joined before that customer."""
    day = customers.set_index("customer_id")["joined_on"].reindex(forest.people).reset_index(drop=True)
    group, joined = ages(day, forest.is_customer), day.to_numpy()
    child = np.flatnonzero(forest.parent >= 0)
    owner, parent = forest.parent[child], forest.parent.copy()

    def largest_tenth(owners: np.ndarray) -> float:
        parent[child] = np.where(joined[owners] < joined[child], owners, owner)
        return held_by(np.bincount(climb(parent)[0][child], minlength=len(parent)), 0.1)

    return beside_dealt(largest_tenth, owner, group, seed, "customers brought")


def _classes(brought: pd.Series) -> pd.DataFrame:
    lower = [1, *(end + 1 for end in CLASSES[:-1])]
    labels = [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in zip(lower, CLASSES, strict=True)]
    labels.append(f"over {CLASSES[-1]:,}")
    place = np.searchsorted(CLASSES, brought)
    table = brought.groupby(place).agg(["size", "sum"]).reindex(range(place.max() + 1), fill_value=0)
    return pd.DataFrame(
        {
            "People brought": labels[: len(table)],
            "Cascades": table["size"],
            "Share of cascades": table["size"] / table["size"].sum(),
            "Customers": table["sum"],
            "Share of customers": table["sum"] / table["sum"].sum(),
        }
    )
