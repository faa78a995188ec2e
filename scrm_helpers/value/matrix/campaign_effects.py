"""Campaigns by cell: what was published, and how far customers wander between cells with no campaign at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.history.purchases import DAYS, days_in
from scrm_helpers.value.matrix.four_cells import CELLS, value_cells
from scrm_helpers.value.models.fitting import ModelFit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PUBLISHED = (
    ("Affluents", "an incentive to refer", "significant proportions moved to Champions"),
    ("Advocates", "an incentive to buy", "significant proportions moved to Champions"),
    ("Misers", "incentives to buy and to refer", "significant proportions moved to Champions"),
    ("Champions", "none", "not reported"),
)


@dataclass(frozen=True, kw_only=True)
class Migration(Result):
    """Share of each cell's customers who are in each cell a year later, by chance alone."""

    shares: pd.DataFrame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw who stays and who would be taken for a success of a campaign."""
        axes = style.axes_for(ax, height=3.1)
        rows = [cell for cell in CELLS if cell in self.shares.index][::-1]
        held = self.shares.to_dict("index")
        for place, cell in enumerate(rows):
            left = 0.0
            for to in (cell, *[other for other in CELLS if other != cell]):
                width = float(held[cell][to])
                colour = style.BLUE if to == cell else style.ORANGE if to == "Champions" else style.BAR_GREY
                axes.barh(place, width, left=left, color=colour, height=0.62, edgecolor="white")
                text = f"stays {numbers.percent(width)}" if to == cell else f"{to} {numbers.percent(width)}"
                if to == "Champions" != cell:
                    axes.text(left, place + 0.34, text, va="bottom", size=7.5, color=style.ORANGE)
                elif width > 0.11:
                    ink = "white" if to == cell else style.INK
                    axes.text(left + width / 2, place, text, ha="center", va="center", size=7.5, color=ink)
                left += width
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda part, _: f"{100 * part:.0f}%")
        axes.set_xlabel("Cell one year later, with no campaign (simulated)")
        axes.tick_params(axis="y", length=0)
        return axes


def published_campaigns() -> Result:
    """Show what the published campaigns did to each cell, and what is missing to believe it.

    Returns
    -------
    Result

    Notes
    -----
    Kumar, Petersen and Leone (2007), Harvard Business Review 85(10); secondary reports say that both companies earned
    more than twelve times the marketing spent. No group that was left alone by chance is described.

    Examples
    --------
    >>> len(published_campaigns().table)
    4
    """
    return Result(
        sentence="The published campaigns by cell report success without a control group: part of every move out of an "
        "extreme cell is regression to the mean, as the simulation shows.",
        table=pd.DataFrame(PUBLISHED, columns=["Cell", "One-year campaign", "Reported"]),
        caption="Published campaigns in two companies, one year",
        note="Kumar, Petersen and Leone 2007; missing: a group of each cell left alone by chance",
    )


def no_campaign_migration(
    history: pd.DataFrame,
    purchases: ModelFit,
    spend: ModelFit,
    conversions: pd.Series,
    years: pd.Series,
    *,
    unit: str = "week",
    seed: int = 20260930,
) -> Migration:
    """Simulate two years in which nobody changes and nothing is done, and sort customers into cells each year.

    Parameters
    ----------
    history : DataFrame
        Purchase history by customer id.
    purchases, spend : ModelFit
        A BG/NBD, MBG/NBD or Pareto/NBD, and a Gamma-Gamma.
    conversions : Series
        Customers each person brought so far, by id; missing counts 0.
    years : Series
        Years each person had to bring somebody, by id.
    unit : str
        Time unit of `history`.
    seed : int
        Seed of the simulation.

    Returns
    -------
    Migration

    Notes
    -----
    Every customer gets a purchase rate, a spend level and a referral rate from what is known of him (Gamma around his
    own record, drawn to the average of all), and keeps them in both years; nobody leaves. What moves is chance.
    """
    if purchases.parameters is None or spend.parameters is None:
        reason = purchases.reason or spend.reason
        measure = Measure(name="champions_staying_by_chance", value=None, unit="share", reason=reason)
        return Migration(
            sentence=f"The migration by chance cannot be simulated: {reason}.",
            table=pd.DataFrame(),
            measures=(measure,),
            drawable=False,
            shares=pd.DataFrame(),
        )
    rng = np.random.default_rng(seed)
    r, alpha = purchases.parameters[:2]
    p, q, gamma = spend.parameters
    x, age, mean = (history[name].to_numpy(float) for name in ("frequency", "age", "mean_spend"))
    spent = np.where(x > 0, np.maximum(x * np.nan_to_num(mean), 0.0), 0.0)
    rate = rng.gamma(r + x, 1 / (alpha + age)) * DAYS["year"] / days_in(unit)
    scale = rng.gamma(p * x + q, 1 / (gamma + spent))
    brought = conversions.reindex(history.index).fillna(0.0).to_numpy(float)
    exposure = np.maximum(years.reindex(history.index).fillna(1.0).to_numpy(float), 0.1)
    shape, per_year = _referral_rates(brought, exposure)
    referring = rng.gamma(shape + brought, 1 / (per_year + exposure))
    cells = []
    for _ in range(2):
        bought = rng.poisson(rate)
        money = np.where(bought > 0, rng.gamma(np.maximum(p * bought, 1e-9), 1 / scale), 0.0)
        cells.append(value_cells(pd.Series(money), pd.Series(rng.poisson(referring).astype(float))))
    shares = pd.crosstab(cells[0], cells[1], normalize="index").reindex(index=CELLS, columns=CELLS).fillna(0.0)
    shares = shares[shares.sum(axis=1) > 0]
    return _described(shares, len(history))


def _referral_rates(brought: np.ndarray, exposure: np.ndarray) -> tuple[float, float]:
    """Return shape and rate of a Gamma distribution of yearly referral rates, by moments."""
    mean = float(brought.sum() / exposure.sum())
    if mean <= 0:
        return 1e-9, 1.0
    expected = mean * exposure
    extra = float(((brought - expected) ** 2 - expected).sum() / (exposure**2).sum())
    variance = max(extra, 1e-3 * mean**2)
    return mean**2 / variance, mean / variance


def _described(shares: pd.DataFrame, n: int) -> Migration:
    held = shares.to_dict("index")
    stay = held.get("Champions", {}).get("Champions")
    moved = {cell: row["Champions"] for cell, row in held.items() if cell != "Champions"}
    most = max(moved, key=lambda cell: moved[cell]) if moved else ""
    if stay is None or not most:
        sentence, title = "There are no Champions to follow.", "No Champions to follow"
    else:
        sentence = (
            f"With no campaign at all, {numbers.percent(moved[most])} of the {most} would be Champions a year later, "
            f"and only {numbers.percent(stay)} of the Champions would stay: a campaign must beat that, not zero."
        )
        title = f"By chance alone, {numbers.percent(moved[most])} of the {most} become Champions within a year"
    measure = Measure(
        name="champions_staying_by_chance",
        value=stay,
        unit="share",
        n=n,
        reason="" if stay is not None else "there are no Champions",
    )
    return Migration(
        sentence=sentence,
        table=shares.reset_index(names="Cell this year").rename_axis(columns=None),
        title=title,
        caption="Cell one year later with no campaign, simulated",
        note=f"n = {numbers.plural(n, 'customer')}; rates held still, nobody leaves; cut points: medians of each year",
        alt="Stacked bars, one per cell, of the cells in which its customers are one simulated year later; "
        + (f"{numbers.percent(stay)} of the Champions stay." if stay is not None else ""),
        formats=dict.fromkeys(CELLS, "percent"),
        measures=(measure,),
        drawable=stay is not None,
        shares=shares,
    )
