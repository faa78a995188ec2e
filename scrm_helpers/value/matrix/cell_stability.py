"""How sure the cell of a customer is, and how far customers wander between cells with no campaign at all."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, counted, numbers, style, unknown
from scrm_helpers.value.history.purchases import DAYS
from scrm_helpers.value.matrix.four_cells import CELLS, Cuts, value_cells
from scrm_helpers.value.models.fitting import ModelFit

YEARS = 40  # simulated, each beside the year after it
PUBLISHED = (
    ("Affluents", "an incentive to refer", "significant proportions moved to Champions"),
    ("Advocates", "an incentive to buy", "significant proportions moved to Champions"),
    ("Misers", "incentives to buy and to refer", "significant proportions moved to Champions"),
    ("Champions", "none", "not reported"),
)


class CellCertainty(Answer):
    """How sure the cells are."""

    ABSENT = "How sure the cells are cannot be said: {reason}."

    mean: Measure = unknown("cell_probability_mean", "share")
    sure: int = 0  # customers whose cell is surer than 80 %
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        n = self.mean.n or 0
        return Words(
            sentence="On average the cell of a customer is right with a probability of "
            f"{numbers.percent(self.mean.value)}; {numbers.count(self.sure)} of {numbers.count(n)} "
            f"{'is' if self.sure == 1 else 'are'} surer than 80%.",
            table=self.cells,
            caption="How sure is the cell of a customer?",
            note=f"n = {numbers.plural(n, 'customer')}; cut points held still",
            formats={"Customers": "count", "Probability that it is right": "percent", "Customers expected": "count"},
        )


def cell_certainty(
    placed: pd.DataFrame,
    cuts: Cuts,
    own_above: pd.Series | None = None,
    referral_draws: tuple[pd.Index, np.ndarray] | None = None,
) -> CellCertainty:
    """Show how sure the cells are, cut points held still.

    Parameters
    ----------
    placed, cuts : the value table with its cells, ``person_id``, ``clv`` and ``crv``, and their cut points
    own_above : probability by person id that own value lies above its cut; values are taken to be certain when None
    referral_draws : draws of the referral value of each referrer; values are taken to be certain when None

    Returns
    -------
    CellCertainty

    Examples
    --------
    >>> from scrm_helpers.value import cut_points
    >>> people = pd.DataFrame({"person_id": ["a", "b"], "clv": [1.0, 9.0], "crv": [0.0, 5.0]})
    >>> cuts = cut_points(people)
    >>> cell_certainty(cuts.with_cells(people), cuts, pd.Series({"a": 0.3, "b": 0.9})).sentence
    'On average the cell of a customer is right with a probability of 80%; 1 of 2 is surer than 80%.'
    """
    placed = placed[placed["cell"].notna()].set_index("person_id")
    if placed.empty:
        return CellCertainty(reason="no customer has a cell")
    own, referral = (placed["clv"] > cuts.own).astype(float), (placed["crv"] > cuts.referral).astype(float)
    if own_above is not None:
        own = own_above.reindex(placed.index).where(np.isfinite).fillna(own)
    if referral_draws is not None:  # independent of own value: it rests on others' orders
        ids, draws = referral_draws
        known = pd.Series((draws > cuts.referral).mean(axis=1), ids)
        referral = known.reindex(placed.index).fillna(float(cuts.referral < 0))
    each = (own * referral, own * (1 - referral), (1 - own) * referral, (1 - own) * (1 - referral))
    chances = pd.DataFrame(dict(zip(CELLS, each, strict=True)))
    place = chances.columns.get_indexer(pd.Index(placed["cell"]))
    right = pd.Series(chances.to_numpy()[np.arange(len(place)), place], placed.index)
    cells = right.groupby(placed["cell"]).agg(["size", "mean"]).reindex(CELLS)
    cells = cells.fillna({"size": 0}).astype({"size": int}).assign(expected=chances.sum()).reset_index()
    mean, why = right.mean(), "it is itself a probability, by draws of both values"
    return CellCertainty(
        population="customers with a cell",
        window="own value of the coming months; referral value to date",
        mean=counted("cell_probability_mean", mean, len(right), "share", why),
        sure=int((right > 0.8).sum()),
        cells=cells.set_axis(["Cell", "Customers", "Probability that it is right", "Customers expected"], axis=1),
    )


class PublishedCampaigns(Answer):
    """What the published campaigns did to each cell, and what is missing to believe it."""

    # Kumar, Petersen and Leone (2007), Harvard Business Review 85(10); secondary reports say that both companies earned
    # more than twelve times the marketing spent. No group that was left alone by chance is described.

    def words(self) -> Words:
        return Words(
            sentence="The published campaigns by cell report success without a control group: part of every move out "
            "of an extreme cell is regression to the mean.",
            table=pd.DataFrame(PUBLISHED, columns=["Cell", "One-year campaign", "Reported"]),
            caption="Published campaigns in two companies, one year",
            note="Kumar, Petersen and Leone 2007; missing: a group of each cell left alone by chance",
        )


class Migration(Answer):
    """Share of each cell's customers who are in each cell a year later, by chance alone."""

    ABSENT = "The migration by chance cannot be simulated: {reason}."

    staying: Measure = unknown("champions_staying_by_chance", "share")
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)

    TESTED = "cells of two simulated years in which nobody changes and nothing is done"
    CLAIMS = (Claim(name="champions_by_chance", tested=TESTED, estimate=staying),)

    @property
    def drawable(self) -> bool:
        """Whether there are Champions to follow."""
        return self.staying.value is not None

    def words(self) -> Words:
        n, stay = self.staying.n or 0, numbers.percent(self.staying.value)
        moved = self.shares["Champions"].drop("Champions", errors="ignore")
        sentence, title = "There are no Champions to follow.", "No Champions to follow"
        if self.drawable and len(moved):
            most = f"{numbers.percent(moved.max())} of the {moved.idxmax()}"
            title = f"By chance alone, {most} become Champions within a year"
            sentence = f"With no campaign at all, {most} would be Champions a year later, and only {stay} of the "
            sentence += "Champions would stay: a campaign must beat that, not zero."
        return Words(
            sentence=sentence,
            parts={"champions_by_chance": title},
            table=self.shares.reset_index(names="Cell this year").rename_axis(columns=None),
            title=title,
            caption="Cell one year later with no campaign, simulated",
            note=f"n = {numbers.plural(n, 'customer')}; rates held still, nobody leaves; cut points: medians of each "
            "year",
            alt="Stacked bars, one per cell, of the cells in which its customers are one simulated year later; "
            + (f"{stay} of the Champions stay." if self.drawable else ""),
            formats=dict.fromkeys(CELLS, "percent"),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
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
                elif width > (0.026 * len(text.split()[0]) if style.is_narrow() else 0.14):
                    ink = "white" if to == cell else style.INK
                    text = text.replace(" ", "\n") if style.is_narrow() else text
                    axes.text(left + width / 2, place, text, ha="center", va="center", size=7.5, color=ink)
                left += width
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlim(0, 1)
        axes.tick_params(axis="y", length=0)
        return style.labelled(axes, "Cell one year later, with no campaign (simulated)", percent="x")


def no_campaign_migration(
    history: pd.DataFrame,
    purchases: ModelFit,
    spend: ModelFit,
    conversions: pd.Series,
    years: pd.Series,
    *,
    seed: int = 20260930,
) -> Migration:
    """Simulate two years in which nobody changes and nothing is done, and sort customers into cells each year.

    Every customer gets a purchase rate, a spend level and a referral rate from what is known of him (Gamma around his
    own record, drawn to the average of all), and keeps them in both years; nobody leaves. What moves is chance.

    Parameters
    ----------
    history : purchase history by customer id
    purchases, spend, seed : both fitted models, and the seed
    conversions, years : customers each person brought so far (missing counts 0) and years there were for it, by id

    Returns
    -------
    Migration
    """
    if purchases.parameters is None or spend.parameters is None or not purchases.identified:
        return Migration(reason=purchases.doubt or spend.doubt)
    if conversions.isna().all():
        return Migration(reason="whom anybody brought is not known")
    rng = np.random.default_rng(seed)
    (r, alpha, *_), (p, q, gamma) = purchases.parameters, spend.parameters
    x, age, mean = (history[name].to_numpy(float) for name in ("frequency", "age", "mean_spend"))
    spent = np.where(x > 0, np.maximum(x * np.nan_to_num(mean), 0.0), 0.0)
    rate = rng.gamma(r + x, 1 / (alpha + age)) * DAYS["year"] / DAYS["week"]
    scale = rng.gamma(p * x + q, 1 / (gamma + spent))
    brought = conversions.reindex(history.index).fillna(0.0).to_numpy(float)
    exposure = np.maximum(years.reindex(history.index).fillna(1.0).to_numpy(float), 0.1)
    shape, per_year = _referral_rates(brought, exposure)
    referring = rng.gamma(shape + brought, 1 / (per_year + exposure))
    tables = []
    for _ in range(max(1, min(YEARS, 100_000 // len(x)))):
        cells = []
        for _ in range(2):
            bought = rng.poisson(rate)
            money = np.where(bought > 0, rng.gamma(np.maximum(p * bought, 1e-9), 1 / scale), 0.0)
            cells.append(value_cells(pd.Series(money), pd.Series(rng.poisson(referring).astype(float))))
        tables.append(pd.crosstab(cells[0], cells[1]).reindex(index=CELLS, columns=CELLS).fillna(0.0))
    moved = pd.concat(tables).groupby(level=0).sum().reindex(CELLS)
    shares = moved[moved.sum(axis=1) > 0]
    shares = shares.div(shares.sum(axis=1), axis=0)
    stay, why, none = shares["Champions"].get("Champions"), "a share of simulated years", "there are no Champions"
    return Migration(
        population="customers with an order",
        window="a simulated year",
        staying=counted(Migration.staying.name, stay, len(history), "share", why, reason=none),
        shares=shares,
    )


def _referral_rates(brought: np.ndarray, exposure: np.ndarray) -> tuple[float, float]:
    """Return shape and rate of a Gamma distribution of yearly referral rates, by moments."""
    mean = float(brought.sum() / exposure.sum())
    if mean <= 0:
        return 1e-9, 1.0
    expected = mean * exposure
    variance = max(float(((brought - expected) ** 2 - expected).sum() / (exposure**2).sum()), 1e-3 * mean**2)
    return mean**2 / variance, mean / variance
