"""The customer value matrix: what people spend against what they bring, in four cells and one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.chance import BesideChance, beside_chance
from scrm_helpers.value.matrix.four_cells import Cuts, cut_points, told_apart
from scrm_helpers.value.matrix.whale import bring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Column (referral value low or high) and row (own value low or high) of each cell in the picture.
UNSAID = "whether chance would give as much cannot be said, because too few people brought somebody"
PLACES = {"Affluents": (0, 1), "Champions": (1, 1), "Misers": (0, 0), "Advocates": (1, 0)}


@dataclass(frozen=True, kw_only=True)
class ValueMatrix(Result):
    """The four cells with people, own value and referral value."""

    cells: pd.DataFrame  # indexed by cell: ``people``, ``share``, ``own``, ``referral`` (currency)
    currency: str  # ISO code
    cuts: Cuts  # the cut points between the cells
    hidden: frozenset[str] = frozenset()  # cells of too few customers to be shown, or next to a single one

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the matrix as four boxes; the advocates, whom a list by expected value puts last, stand out."""
        from matplotlib.patches import Rectangle

        ax, held = style.axes_for(ax, height=3.5), self.cells.to_dict("index")
        for name, (column, row) in PLACES.items():
            cell = held[name]
            stands_out = name == "Advocates"
            edge, face = (style.ORANGE, style.PALE_ORANGE) if stands_out else (style.RULE, style.PALE_GREY)
            ax.add_patch(Rectangle((column, row), 0.97, 0.94, facecolor=face, edgecolor=edge, linewidth=1.2))
            lines = [
                f"{numbers.plural(cell['people'], 'customer')} ({numbers.percent(cell['share'])})",
                f"own value, coming months {numbers.money(cell['own'], self.currency)}",
                f"referral value so far {numbers.money(cell['referral'], self.currency)}",
            ]
            ink = style.ORANGE if stands_out else style.INK
            ax.text(column + 0.04, row + 0.84, name, weight="bold", size=10, color=ink, va="top")
            for place, line in enumerate(["too few customers to be shown"] if name in self.hidden else lines):
                ax.text(column + 0.04, row + 0.58 - 0.19 * place, line, size=8.5, va="top")
        ax.set_xlim(-0.01, 2)
        ax.set_ylim(-0.02, 2)
        nobody_below = not self.cells.loc[["Affluents", "Misers"], "referral"].any()
        own, referral = self.cuts.named(self.currency)
        by_value = [f"Referral value at or below {referral}", f"Referral value above {referral}"]
        ax.set_xticks([0.485, 1.485], ["Brought in nobody", "Brought in somebody"] if nobody_below else by_value)
        ax.set_yticks([0.47, 1.47], [f"Expected value\nat or below\n{own}", f"Expected value\nabove {own}"])
        ax.tick_params(length=0)
        for side in ax.spines.values():
            side.set_visible(False)
        return ax


def value_matrix(
    value: pd.DataFrame, currency: str = "EUR", cuts: Cuts | None = None, min_group: int = 5
) -> ValueMatrix:
    """Sum own value and referral value over the four cells of the customer value matrix.

    Parameters
    ----------
    value : pandas.DataFrame
        The value table with ``cell``, ``crv``, ``clv`` and, for what chance gives, ``joined_on``; people without a cell
        are left out.
    currency : str
        ISO code.
    cuts : Cuts, optional
        The cut points by which the cells were made; the medians when None.
    min_group : int
        Cells of fewer customers are not shown.

    Returns
    -------
    ValueMatrix

    Notes
    -----
    Own value is lifetime value, which looks ahead; referral value is CRV, which counts everybody brought so far
    (attributed, not new money): the two are set side by side, never compared. Kumar, Petersen and Leone (2007),
    Harvard Business Review 85(10).

    Examples
    --------
    >>> table = pd.DataFrame({"is_customer": [True, True], "cell": ["Misers", "Advocates"], "clv": [1.0, 2.0],
    ...                       "crv": [0.0, 9.0]})
    >>> value_matrix(table, min_group=1).cells.loc["Advocates", "referral"].item()
    9.0
    """
    customers = value[value["is_customer"].fillna(False).astype(bool)]
    placed = customers[customers["cell"].notna()]
    sums = (
        placed.reindex(columns=["cell", "clv", "crv"])
        .groupby("cell")
        .agg(people=("cell", "size"), own=("clv", "sum"), referral=("crv", "sum"))
    )
    cells = sums.reindex(list(PLACES), fill_value=0).astype({"people": "int64"})
    total = int(cells["people"].sum())
    cells.insert(1, "share", cells["people"] / max(total, 1))
    if not total:
        return ValueMatrix(
            sentence=f"The customer value matrix is left out: {_left_out(customers)}.",
            table=pd.DataFrame(),
            drawable=False,
            cells=cells,
            currency=currency,
            cuts=cuts or Cuts(0.0, 0.0),
        )
    why = f"the cell, or one that it would give away, holds fewer than {min_group} customers"
    held, cuts = cells.to_dict("index"), cuts or cut_points(placed)
    hidden = frozenset(cells.index[too_small(cells["people"], min_group)])
    chance = None
    if "joined_on" in placed:
        chance = beside_chance(placed["cell"].isin(["Advocates", "Misers"]), placed["crv"], placed["joined_on"])
    return ValueMatrix(
        sentence=_sentence(cells, currency, cuts, chance, hidden),
        table=cells.reset_index(names="Cell").rename(
            columns={"people": "Customers", "share": "Share", "own": "Own value", "referral": "Referral value"}
        ),
        title=_title(cells, currency, cuts, hidden),
        caption="Customers by own value and referral value",
        note=(
            f"n = {numbers.plural(total, 'customer')}. Own value: margin expected in the coming months "
            "(CLV). Referral value: CRV of everybody brought so far, attributed; it is also in the own value of those "
            f"who came, and the two are not compared. Cut points: {cuts.words(currency)}."
        ),
        alt=_description(cells.drop(index=list(hidden)), currency),
        formats={"Customers": "count", "Share": "percent", "Own value": "money", "Referral value": "money"},
        measures=tuple(
            measure
            for name in PLACES
            for measure in (
                Measure(
                    name=f"{name.lower()}_people",
                    value=None if name in hidden else float(held[name]["people"]),
                    unit="count",
                    n=total,
                    reason=why if name in hidden else "",
                ),
                Measure(
                    name=f"{name.lower()}_referral_value",
                    value=None if name in hidden else float(held[name]["referral"]),
                    unit=currency,
                    n=None if name in hidden else int(held[name]["people"]),
                    kind="attributed",
                    reason=why if name in hidden else "",
                ),
            )
        ),
        cells=cells,
        currency=currency,
        cuts=cuts,
        hidden=hidden,
    )


def _left_out(customers: pd.DataFrame) -> str:
    """Say why there is no matrix, and what would make one."""
    if "clv" not in customers or not told_apart(customers["clv"]):
        return (
            "no purchase model tells these customers apart by what they are expected to bring, and chapter 02 says "
            "why. More repeat purchases, a longer time or own values in the column clv of customers would"
        )
    if not customers["crv"].notna().any():
        return "whom anybody brought is not known. A table referrals whose referred_id names customers would tell"
    return "no customer has both an own value and a referral value"


def _title(cells: pd.DataFrame, currency: str, cuts: Cuts, hidden: frozenset[str]) -> str:
    if "Advocates" in hidden:
        return "Too few customers of low expected value have brought anybody to be shown"
    advocates = cells.to_dict("index")["Advocates"]
    if advocates["people"] == 0:
        most = "the median customer does" if cuts.referral_is_median else cuts.named(currency)[1]
        return f"No customer of low expected value has brought more than {most}"
    people = numbers.plural(advocates["people"], "customer")
    whom = f"{people} of low expected value {'has' if advocates['people'] == 1 else 'have'}"
    if advocates["referral"] < 0:
        return f"Whom {whom} brought in {bring(advocates['referral'], currency)}"
    return f"{whom} brought {numbers.money(advocates['referral'], currency)} so far"


def _sentence(
    cells: pd.DataFrame, currency: str, cuts: Cuts, chance: BesideChance | None, hidden: frozenset[str]
) -> str:
    own, referral = cells["own"].sum(), cells["referral"].sum()
    start = f"Customers {f'are worth {numbers.money(own, currency)}' if own >= 0 else bring(own, currency)} by buying"
    if not cells["referral"].any():
        return f"{start}; no referral has brought value yet."
    if referral <= 0:
        return (
            f"{start}; whom they referred has cost at least as much as it brought so far: referral value is "
            f"{numbers.money(referral, currency)}."
        )
    if hidden:
        return f"{start}; cells of too few customers are not shown."
    low = cells.loc[["Advocates", "Misers"], "referral"].sum()
    whole = f"of the referral value of {numbers.money(referral, currency)} so far"
    part = numbers.percent(low / referral) if (cells["referral"] >= 0).all() else numbers.money(low, currency)
    said = f"{part} {whole} comes from customers whose expected value is no more than {cuts.named(currency)[0]}"
    return f"{said}; {chance.words if chance else UNSAID}."


def _description(cells: pd.DataFrame, currency: str) -> str:
    parts = [
        f"{name}: {numbers.count(cell['people'])}, own {numbers.money(cell['own'], currency)}, "
        f"referral {numbers.money(cell['referral'], currency)}"
        for name, cell in cells.to_dict("index").items()
    ]
    return "Four boxes of customers with own value and referral value. " + "; ".join(parts) + "."
