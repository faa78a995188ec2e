"""The customer value matrix: what people spend against what they bring, in four cells, cut points in the open."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Words, counted, numbers, style, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.chance import FEWEST, SIDES, beside_chance
from scrm_helpers.value.matrix.whale import bring, told_apart

CELLS = ("Champions", "Affluents", "Advocates", "Misers")
MEDIAN = "median"
# Column (referral value low or high) and row (own value low or high) of each cell in the picture.
PLACES = {"Affluents": (0, 1), "Champions": (1, 1), "Misers": (0, 0), "Advocates": (1, 0)}
LOW_VALUE = "referral_value_from_low_value"


@dataclass(frozen=True)
class Cuts:
    """Where own value and referral value become high, in currency, and which of the two is a median."""

    own: float
    referral: float
    own_is_median: bool = True
    referral_is_median: bool = True

    def words(self, currency: str) -> str:
        """Write both cut points."""
        own = f"own value {numbers.money(self.own, currency)}{' (median)' if self.own_is_median else ''}"
        referral = numbers.money(self.referral, currency)
        return f"{own}, referral value {referral}{' (median)' if self.referral_is_median else ''}"

    def named(self, currency: str) -> tuple[str, str]:
        """Name both cut points in a sentence."""
        own = "the median" if self.own_is_median else numbers.money(self.own, currency)
        return own, "the median" if self.referral_is_median else numbers.money(self.referral, currency)

    def with_cells(self, value: pd.DataFrame) -> pd.DataFrame:
        """Return the value table with its cells by these cut points."""
        return value.assign(cell=value_cells(value["clv"], value["crv"], self.own, self.referral))


def cut_points(value: pd.DataFrame, own: str = MEDIAN, referral: str = MEDIAN) -> Cuts:
    """Choose where own value and referral value become high.

    Parameters
    ----------
    value : the value table with ``crv`` and ``clv``
    own, referral : ``"median"`` of the people who have both values, or an amount in currency

    Returns
    -------
    Cuts
        Anything that is neither the word nor a number is refused.

    Examples
    --------
    >>> people = pd.DataFrame({"clv": [1.0, 2, 9], "crv": [0.0, 0, 5]})
    >>> cut_points(people, referral="3.5")
    Cuts(own=2.0, referral=3.5, own_is_median=True, referral_is_median=False)
    """
    known = value[value["clv"].notna() & value["crv"].notna()]
    chosen = []
    for given, name in ((own, "clv"), (referral, "crv")):
        try:
            chosen.append(float(known[name].median()) if given == MEDIAN else float(given))
        except ValueError:
            raise Refusal(
                f"The cut point {given!r} is neither the word median nor an amount. It decides who counts as high. "
                "Give one of the two."
            ) from None
    return Cuts(chosen[0], chosen[1], own == MEDIAN, referral == MEDIAN)


def value_cells(
    own_value: pd.Series, referral_value: pd.Series, cut_own: float | None = None, cut_referral: float | None = None
) -> pd.Series:
    """Put every customer into a cell of the customer value matrix."""
    known = (own_value.notna() & referral_value.notna()).to_numpy()
    own, referral = own_value.to_numpy(float), referral_value.to_numpy(float)
    if not known.any() or not told_apart(own_value[known]):
        return pd.Series(np.nan, own_value.index, dtype="str", name="cell")
    cut_own = float(np.median(own[known])) if cut_own is None else cut_own
    cut_referral = float(np.median(referral[known])) if cut_referral is None else cut_referral
    number = 2 * (own <= cut_own) + (referral <= cut_referral)
    return pd.Series(np.array(CELLS, dtype=object)[number], own_value.index, dtype="str", name="cell").where(known)


class ValueMatrix(Answer):
    """The four cells with people, own value and referral value."""

    ABSENT = "The customer value matrix is left out: {reason}."

    parts: tuple[Measure, ...] = ()  # people and referral value of each cell
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)  # by cell: ``people``, ``share``, ``own``, ``referral``
    currency: str = "EUR"
    cuts: Cuts = Cuts(0.0, 0.0)
    hidden: frozenset[str] = frozenset()  # cells of too few customers to be shown, or next to a single one
    low_value: Measure = unknown(LOW_VALUE, "share")  # what customers of low own value hold of referral value
    chance: Chance | None = None
    unsaid: str = ""  # why there is nothing to set it beside

    TESTED = "the share of referral value that comes from customers of low expected value, beside chance within age"
    CLAIMS = (Claim(name="low_value_brings_its_share", tested=TESTED, estimate=low_value),)

    def words(self) -> Words:
        shown = [
            f"{name}: {numbers.count(cell['people'])}, own {self._money(cell['own'])}, "
            f"referral {self._money(cell['referral'])}"
            for name, cell in self.cells.drop(index=list(self.hidden)).to_dict("index").items()
        ]
        names = {"people": "Customers", "share": "Share", "own": "Own value", "referral": "Referral value"}
        return Words(
            sentence=self._from_low_value(),
            table=self.cells.reset_index(names="Cell").rename(columns=names),
            title=self._advocates(),
            caption="Customers by own value and referral value",
            note=f"n = {numbers.plural(self.cells['people'].sum(), 'customer')}. Own value: what their orders are "
            "expected to leave in the coming months (CLV). Referral value: CRV of everybody brought so far, "
            "attributed; it is also in the own value of those who came, and the two are not compared. Cut points: "
            f"{self.cuts.words(self.currency)}.",
            alt=f"Four boxes of customers with own value and referral value. {'; '.join(shown)}.",
            formats={"Customers": "count", "Share": "percent", "Own value": "money", "Referral value": "money"},
        )

    def _money(self, amount: float) -> str:
        return numbers.money(amount, self.currency)

    def _advocates(self) -> str:
        """Say what customers of low expected value have brought."""
        advocates, cut = self.cells.to_dict("index")["Advocates"], self.cuts.named(self.currency)[1]
        if "Advocates" in self.hidden:
            return "Too few customers of low expected value have brought anybody to be shown"
        if advocates["people"] == 0:
            most = "the median customer does" if self.cuts.referral_is_median else cut
            return f"No customer of low expected value has brought more than {most}"
        of = "of low expected value"
        whom = numbers.plural(advocates["people"], f"customer {of} has", f"customers {of} have")
        if advocates["referral"] < 0:
            return f"Whom {whom} brought in {bring(advocates['referral'], self.currency)}"
        return f"{whom} brought {self._money(advocates['referral'])} so far"

    def _from_low_value(self) -> str:
        """Say how much of referral value comes from customers of low expected value, beside what chance gives."""
        own, referral = self.cells["own"].sum(), self.cells["referral"].sum()
        start = f"Customers {f'are worth {self._money(own)}' if own >= 0 else bring(own, self.currency)} by buying"
        if not self.cells["referral"].any():
            return f"{start}; no referral has brought value yet."
        if referral <= 0:
            start += "; whom they referred has cost at least as much as it brought so far"
            return f"{start}: referral value is {self._money(referral)}."
        if self.hidden:
            return f"{start}; cells of too few customers are not shown."
        low = self.cells.loc[["Advocates", "Misers"], "referral"].sum()
        part = numbers.percent(low / referral) if (self.cells["referral"] >= 0).all() else self._money(low)
        beside = f"whether chance would give as much cannot be said, because {self.unsaid}"
        if self.chance is not None:
            given, side = self.chance.written(numbers.percent), self.tested("low_value_brings_its_share").direction
            beside = f"chance among customers of the same age would give {given}: {SIDES[side]}"
        return (
            f"{part} of the referral value of {self._money(referral)} so far comes from customers whose expected value "
            f"is no more than {self.cuts.named(self.currency)[0]}; {beside}."
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        from matplotlib.patches import Rectangle

        narrow = style.is_narrow()
        broken = "\n" if narrow else " "
        ax, held = style.axes_for(ax, height=4.2 if narrow else 3.0), self.cells.to_dict("index")
        whole = self.cells.drop(index=list(self.hidden))[["people", "own", "referral"]].clip(lower=0).sum()
        for name, (column, row) in PLACES.items():
            cell, stands_out = held[name], name == "Advocates"
            edge, face = (style.ORANGE, style.PALE_ORANGE) if stands_out else (style.RULE, style.PALE_GREY)
            ax.add_patch(Rectangle((column, row), 0.97, 0.94, facecolor=face, edgecolor=edge, linewidth=1.2))
            ink, colour = (style.ORANGE, style.ORANGE) if stands_out else (style.INK, style.BLUE)
            ax.text(column + 0.04, row + 0.88, name, weight="bold", size=10, color=ink, va="top")
            if name in self.hidden:
                ax.text(column + 0.04, row + 0.58, f"too few customers{broken}to be shown", size=8.5, va="top")
                continue
            lines = {
                "people": f"{numbers.plural(cell['people'], 'customer')} ({numbers.percent(cell['share'])})",
                "own": f"own value,{broken}coming months {self._money(cell['own'])}",
                "referral": f"referral value{broken}so far {self._money(cell['referral'])}",
            }
            for place, (what, line) in enumerate(lines.items()):
                low, part = row + 0.5 - 0.21 * place, max(float(cell[what]), 0) / max(float(whole[what]), 1e-9)
                ax.text(column + 0.04, low + 0.03, line, size=8.5, va="bottom")
                for length, hue in ((0.89, "white"), (0.89 * part, colour)):
                    ax.add_patch(Rectangle((column + 0.04, low - 0.03), length, 0.05, facecolor=hue, linewidth=0))
        ax.set(xlim=(-0.01, 2), ylim=(-0.02, 2))
        ax.set_xlabel("Bars: part of all customers, of all own value, of all referral value")
        nobody_below = not self.cells.loc[["Affluents", "Misers"], "referral"].any()
        own, referral = self.cuts.named(self.currency)
        by_value = [f"Referral value at or below {referral}", f"Referral value above {referral}"]
        ax.set_xticks([0.485, 1.485], ["Brought in nobody", "Brought in somebody"] if nobody_below else by_value)
        ax.set_yticks([0.47, 1.47], [f"Expected value\nat or below\n{own}", f"Expected value\nabove {own}"])
        if narrow:
            ax.tick_params(axis="y", labelrotation=90)
            for label in ax.get_yticklabels():
                label.set(va="center", ha="right")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        return ax


def value_matrix(
    value: pd.DataFrame, currency: str = "EUR", cuts: Cuts | None = None, min_group: int = 5
) -> ValueMatrix:
    """Sum own value and referral value over the four cells of the customer value matrix.

    Kumar, Petersen and Leone (2007), Harvard Business Review 85(10).

    Parameters
    ----------
    value : the value table with ``cell``, ``crv``, ``clv`` and, for what chance gives, ``joined_on``
    currency, cuts : of all money; the cut points by which the cells were made, the medians when None
    min_group : cells of fewer customers are not shown

    Returns
    -------
    ValueMatrix
    """
    customers = value[value["is_customer"].fillna(False).astype(bool)]
    placed = customers[customers["cell"].notna()]
    if placed.empty:
        return ValueMatrix(reason=_left_out(customers))
    by_cell = placed.reindex(columns=["cell", "clv", "crv"]).groupby("cell")
    sums = by_cell.agg(people=("cell", "size"), own=("clv", "sum"), referral=("crv", "sum"))
    cells = sums.reindex(list(PLACES), fill_value=0).astype({"people": "int64"})
    total = int(cells["people"].sum())
    cells.insert(1, "share", cells["people"] / total)
    hidden = frozenset(cells.index[too_small(cells["people"], min_group)])
    why = f"the cell, or one that it would give away, holds fewer than {min_group} customers"
    parts = list[Measure]()
    for name, cell in cells.to_dict("index").items():
        people, brought_by = f"{str(name).lower()}_people", f"{str(name).lower()}_referral_value"
        many, worth = (None, None) if name in hidden else (cell["people"], cell["referral"])
        parts.append(counted(people, many, total, reason=why))
        parts.append(counted(brought_by, worth, many, currency, kind="attributed", reason=why))
    low, chance = placed["cell"].isin(["Advocates", "Misers"]), None
    if "joined_on" in placed and not hidden and (found := beside_chance(low, placed["crv"], placed["joined_on"])):
        chance = found[1]
    unsaid, brought = _unsaid(placed, chance, why if hidden else ""), float(placed["crv"].sum())
    low_value = unknown(LOW_VALUE, "share", unsaid or "no referral has brought value", total)
    if not hidden and brought > 0 and not (placed["crv"] < 0).any():
        low_value = counted(LOW_VALUE, placed["crv"][low].sum() / brought, total, "share", kind="attributed")
    return ValueMatrix(
        population="customers with an own value and a referral value",
        window="own value of the coming months; referral value to date",
        low_value=low_value,
        parts=tuple(parts),
        cells=cells,
        currency=currency,
        cuts=cuts or cut_points(placed),
        hidden=hidden,
        chance=chance,
        unsaid=unsaid,
    )


def _unsaid(placed: pd.DataFrame, chance: Chance | None, hidden: str) -> str:
    """Say why chance has nothing to be set beside; empty where it has."""
    if chance is not None or hidden:
        return hidden
    if (placed["crv"] < 0).any():
        return "some people's referral value is below zero, so shares of it mean nothing"
    few = (placed["crv"] > 0).sum() < FEWEST
    return "too few people brought somebody" if few else "when customers joined is not known"


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
