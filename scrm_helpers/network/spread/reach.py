"""How far referrals reach: how many cascades there are of each size, and whom the large ones bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.network.forest.credit import cascade_table
from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Upper ends of the size classes (people brought by a cascade); the last class is open.
CLASSES = (1, 2, 5, 10, 20, 50, 100, 1000)


@dataclass(frozen=True, kw_only=True)
class CascadeReach(Result):
    """Cascades by size."""

    classes: pd.DataFrame
    end_after_one: float | None  # share of cascades that end with the people whom their first person brought
    mean_virality: float | None  # mean structural virality of the cascades, in steps

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
    >>> cascade_reach(build_forest(rows)).end_after_one
    0.0
    """
    cascades = cascade_table(forest)
    if cascades.empty:
        return CascadeReach(
            sentence=f"How far referrals reach is not known: {forest.unseen}."
            if forest.unseen
            else "Referrals have reached nobody yet: no customer was brought by another person.",
            table=pd.DataFrame(),
            drawable=False,
            classes=pd.DataFrame(),
            end_after_one=None,
            mean_virality=None,
            measures=(
                Measure(name="cascades", value=None if forest.unseen else 0.0, unit="count", reason=forest.unseen),
            ),
        )
    classes = _classes(cascades)
    n, brought = len(cascades), int((cascades["people"] - 1).sum())
    short = float((cascades["depth"] == 1).mean())
    later = int(np.count_nonzero(forest.generation >= 2))
    virality = float(cascades["virality"].mean())
    return CascadeReach(
        sentence=(
            f"{numbers.plural(n, 'cascade')} brought {numbers.plural(brought, 'customer')}; {numbers.percent(short)} "
            f"of the cascades end after one step, and {numbers.percent(later / brought)} of the customers brought came "
            "through somebody who had been brought before."
        ),
        table=classes.rename(
            columns={
                "label": "People brought",
                "cascades": "Cascades",
                "cascade_share": "Share of cascades",
                "brought": "Customers brought",
                "brought_share": "Share of customers brought",
            }
        ),
        title=_title(cascades, short, later / brought),
        caption="Cascades by the number of people they brought",
        note=(
            f"n = {numbers.plural(n, 'cascade')}, {numbers.plural(brought, 'customer')} brought; of several referrers "
            f"the {'last' if forest.rule == 'last' else 'first'} counts."
        ),
        alt=_alt(classes),
        formats={
            "Cascades": "count",
            "Share of cascades": "percent",
            "Customers brought": "count",
            "Share of customers brought": "percent",
        },
        measures=(
            Measure(name="cascades", value=float(n), unit="count", n=brought),
            Measure(name="customers_brought", value=float(brought), unit="count", n=forest.rows),
            Measure(name="cascades_end_after_one", value=short, unit="share", n=n),
            Measure(name="brought_through_others", value=later / brought, unit="share", n=brought),
            Measure(name="mean_structural_virality", value=virality, unit="ratio", n=n),
        ),
        classes=classes,
        end_after_one=short,
        mean_virality=virality,
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


def _title(cascades: pd.DataFrame, short: float, later: float) -> str:
    brought = np.sort(cascades["people"].to_numpy() - 1)[::-1]
    tenth = max(1, len(brought) // 10)
    held = brought[:tenth].sum() / brought.sum()
    if short < 0.5:
        return (
            f"Most cascades go beyond one step: {numbers.percent(later)} of the customers brought came through others"
        )
    if held > 0.2 and len(brought) >= 10:
        return f"Most cascades end after one step; the largest tenth bring {numbers.percent(held)} of the customers"
    return f"{numbers.percent(short)} of the cascades end after one step"


def _alt(classes: pd.DataFrame) -> str:
    parts = [
        f"{label}: {numbers.percent(of_cascades)} of cascades, {numbers.percent(of_people)} of people"
        for label, of_cascades, of_people in classes[["label", "cascade_share", "brought_share"]].head(5).to_numpy()
    ]
    return ("Pairs of bars by people brought. " + "; ".join(parts))[:298] + "."
