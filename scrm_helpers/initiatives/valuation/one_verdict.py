"""One verdict from value, range and grade together, and the whole notation: made here, read by every page."""

from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import Chance, Claim, Measure, numbers, unknown
from scrm_helpers.answers.claim import Verdict

PAYS = ("shown to pay", "likely to pay")
LEANING = 0.8  # chance to pay from which a range that holds zero leans to one side
COLUMNS = {"A or B": ("A", "B"), "B- or C": ("B-", "C"), "D or E": ("D", "E")}
ROWS = {
    "range above 0": ("shown to pay", "likely to pay", "believed to pay: test it"),
    "range holds 0, P ≥ 0.8": ("likely to pay", "open, leaning yes", "open"),
    "range holds 0, 0.2 < P < 0.8": ("open", "open", "open"),
    "range holds 0, P ≤ 0.2": ("likely not to pay", "open, leaning no", "open"),
    "range below 0": ("shown not to pay", "likely not to pay", "believed not to pay"),
}


def pay_verdict(low: float, high: float, chance: float, grade: str) -> str:
    """Say whether an initiative pays, from the 95 % range of its return, its chance to pay and its grade."""
    above, yes, middle, no, below = ROWS.values()
    row = yes if chance >= LEANING else no if chance <= 1 - LEANING + 1e-9 else middle
    row = above if low > 0 else below if high < 0 else row
    return row[[grade in grades for grades in COLUMNS.values()].index(True)]


def verdict_table() -> pd.DataFrame:
    """The rule of :func:`pay_verdict` as a table."""
    return pd.DataFrame.from_dict(ROWS, orient="index", columns=list(COLUMNS)).rename_axis("Grade").reset_index()


@dataclass(frozen=True, kw_only=True)
class PayClaim(Claim):
    """That an initiative pays, or does not: shown only where the design carries it, grade A or B."""

    @property
    def verdict(self) -> Verdict:
        """What may be said, by range and grade."""
        found = super().verdict
        return "not shown" if found == "shown" and self.grade not in COLUMNS["A or B"] else found


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A return on initiative with all that its verdict rests on."""

    roinit: Measure
    horizon: int  # quarters
    view: str  # which costs count
    chance: float  # to pay
    grade: str
    contradicted: str = ""  # by what, where case, panel and ledger disagree

    @property
    def verdict(self) -> str:
        """One of the cells of the verdict table; open as long as the sources contradict each other."""
        return "open" if self.contradicted else pay_verdict(*self.roinit.ends, self.chance, self.grade)

    @property
    def notation(self) -> str:
        """The return as it may be quoted: never without horizon, view, range, chance and grade."""
        low, high = (numbers.points(end, 2) for end in self.roinit.ends)
        chance = numbers.decimal(self.chance)
        chance = "> 0.99" if self.chance > 0.995 else "< 0.01" if self.chance < 0.005 else f"= {chance}"
        value = numbers.points(self.roinit.value, 2)
        return f"RoInit@{self.horizon}Q({self.view}) = {value} [{low}, {high}], P {chance}, grade {self.grade}"

    def claim(self, sentence: str) -> PayClaim:
        """Enter the verdict into the ledger of claims."""
        roinit = self.roinit
        if self.contradicted:
            roinit = unknown(roinit.name, roinit.unit, self.contradicted, roinit.n)
        return PayClaim(
            name=f"{roinit.name.removesuffix(f'_{self.horizon}q')}",
            tested=f"benefit less cost per unit of cost, quarters 0 to {self.horizon}, {self.view} view, against zero",
            estimate=roinit,
            chance=Chance(0.0, "no benefit beyond cost"),
            sentence=sentence,
            grade=self.grade,
            numbers=(self.roinit.name,),
        )
