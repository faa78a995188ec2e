"""How far referrals reach: how many cascades there are of each size, and whom the large ones bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.network.forest.credit import cascade_table
from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Upper ends of the size classes (people brought by a cascade); the last class is open.
CLASSES = (1, 2, 5, 10, 20, 50, 100, 1000)
HEADS = {
    "label": "People brought",
    "cascades": "Cascades",
    "cascade_share": "Share of cascades",
    "brought": "Customers brought",
    "brought_share": "Share of customers brought",
}
SHARES = ["cascade_share", "brought_share"]


@dataclass(frozen=True, kw_only=True)
class CascadeReach(Answer):
    """Cascades by size."""

    ABSENT = "{reason}."

    cascades: Measure = unknown("cascades", "count")
    brought: Measure = unknown("customers_brought", "count")
    end_after_one: Measure = unknown("cascades_end_after_one", "share")
    through_others: Measure = unknown("brought_through_others", "share")
    virality: Measure = unknown("mean_structural_virality", "ratio")
    classes: pd.DataFrame = field(default_factory=pd.DataFrame)
    largest_tenth: float = 0.0  # share of the customers brought by the largest tenth of the cascades
    counts: str = "first"  # which of several referrers counts

    def words(self) -> Words:
        """How many cascades end after one step, and how many customers come through others."""
        short, later = numbers.percent(self.end_after_one.value), numbers.percent(self.through_others.value)
        n = numbers.plural(self.cascades.value or 0, "cascade")
        brought = numbers.plural(self.brought.value or 0, "customer")
        title = f"{short} of the cascades end after one step"
        if (self.end_after_one.value or 0) < 0.5:
            title = f"Most cascades go beyond one step: {later} of the customers brought came through others"
        elif self.largest_tenth > 0.2 and (self.cascades.value or 0) >= 10:
            held = numbers.percent(self.largest_tenth)
            title = f"Most cascades end after one step; the largest tenth bring {held} of the customers"
        bars = [
            f"{label}: {numbers.percent(of_cascades)} of cascades, {numbers.percent(of_people)} of people"
            for label, of_cascades, of_people in self.classes[["label", *SHARES]].head(5).to_numpy()
        ]
        return Words(
            sentence=(
                f"{n} brought {brought}; {short} of the cascades end after one step, and {later} of the customers "
                "brought came through somebody who had been brought before."
            ),
            table=self.classes.rename(columns=HEADS),
            formats={name: "percent" if name.startswith("Share") else "count" for name in [*HEADS.values()][1:]},
            title=title,
            caption="Cascades by the number of people they brought",
            note=f"n = {n}, {brought} brought; of several referrers the {self.counts} counts.",
            alt=("Pairs of bars by people brought. " + "; ".join(bars))[:298] + ".",
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw for each size class its share of the cascades (grey) beside its share of the people brought (blue)."""
        ax = style.axes_for(ax, height=3.2)
        place = np.arange(len(self.classes))
        bars = (("cascade_share", -0.2, style.BAR_GREY), ("brought_share", 0.2, style.BLUE))
        for column, shift, colour in bars:
            shares = self.classes[column].to_numpy()
            ax.bar(place + shift, shares, 0.37, color=colour)
            for where, share in zip(place, shares, strict=True):
                ax.text(where + shift, share, numbers.percent(share), ha="center", va="bottom", size=8)
        ax.text(
            0.99, 0.97, "grey: share of the cascades", ha="right", va="top", color=style.GREY, transform=ax.transAxes
        )
        ax.text(
            0.99,
            0.88,
            "blue: share of the people brought",
            ha="right",
            va="top",
            color=style.BLUE,
            transform=ax.transAxes,
        )
        ax.set_xticks(place, [f"{row.label}\n(n = {row.cascades:,})" for row in self.classes.itertuples()])
        ax.set_xlabel("People brought by the cascade (n: cascades)")
        ax.set_ylabel("Share")
        ax.set_ylim(0, max(0.1, 1.12 * float(self.classes[["cascade_share", "brought_share"]].max().max())))
        ax.yaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0))
        ax.tick_params(length=0)
        return ax


def cascade_reach(forest: Forest) -> CascadeReach:
    """Count cascades by size and say how many end after one step.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.

    Returns
    -------
    CascadeReach

    Notes
    -----
    Goel, Watts and Goldstein (2012) found in seven domains that most cascades end within one step of their seed.
    Structural virality as in :func:`cascade_table`.

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> cascade_reach(build_forest(rows)).end_after_one.value
    0.0
    """
    cascades = cascade_table(forest)
    if cascades.empty:
        reason = (
            f"How far referrals reach is not known: {forest.unseen}"
            if forest.unseen
            else "Referrals have reached nobody yet: no customer was brought by another person"
        )
        nothing = Measure(name="cascades", value=None if forest.unseen else 0.0, unit="count", reason=forest.unseen)
        return CascadeReach(reason=reason, cascades=nothing)
    sizes = np.sort(cascades["people"].to_numpy() - 1)[::-1]
    n, brought = len(cascades), int(sizes.sum())
    short, later = float((cascades["depth"] == 1).mean()), int(np.count_nonzero(forest.generation >= 2)) / brought
    virality = float(cascades["virality"].mean())
    return CascadeReach(
        cascades=Measure(name="cascades", value=float(n), unit="count", n=brought),
        brought=Measure(name="customers_brought", value=float(brought), unit="count", n=forest.rows),
        end_after_one=Measure(name="cascades_end_after_one", value=short, unit="share", n=n),
        through_others=Measure(name="brought_through_others", value=later, unit="share", n=brought),
        virality=Measure(name="mean_structural_virality", value=virality, unit="ratio", n=n),
        classes=_classes(cascades),
        largest_tenth=float(sizes[: max(1, n // 10)].sum() / brought),
        counts="last" if forest.rule == "last" else "first",
    )


def _classes(cascades: pd.DataFrame) -> pd.DataFrame:
    brought = cascades["people"].to_numpy() - 1
    place = np.searchsorted(CLASSES, brought)
    lower = [1, *(end + 1 for end in CLASSES)]
    labels = [
        f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in zip(lower[:-1], CLASSES, strict=True)
    ]
    labels.append(f"over {CLASSES[-1]:,}")
    counts = np.bincount(place, minlength=len(labels))
    people = np.bincount(place, weights=brought, minlength=len(labels)).astype(np.int64)
    table = pd.DataFrame(
        {
            "label": labels,
            "cascades": counts,
            "cascade_share": counts / counts.sum(),
            "brought": people,
            "brought_share": people / people.sum(),
        }
    )
    return table.iloc[: place.max() + 1]
