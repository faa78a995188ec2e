"""On which terms a plan is valued and by which rule it is judged: fixed before any result is seen."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass

import numpy as np

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.plan.streams import COUNTED

HORIZONS = (1, 2, 4, 8, 12)
"""Quarters at which a return is always given."""
_RULE = re.compile(
    r"^\s*(?:(go|stop) if\s+)?P\(\s*NPV\s*>\s*0\s+at\s+(\d+)\s*Q\s*\)\s*(>=|>|<=|<)\s*(0?\.\d+|0|1(?:\.0+)?)\s*$"
)
_COMPARISONS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


def quarterly_rate(annual: float) -> float:
    """Turn a discount rate per year into the rate per quarter that compounds to it."""
    if not math.isfinite(annual) or annual <= -1:
        raise Refusal(f"The discount rate per year is {annual}; it must be a finite number above -1, such as 0.10.")
    return (1 + annual) ** 0.25 - 1


def discount_factors(rate: float, periods: int) -> np.ndarray:
    """Return ``1/(1+rate)**q`` for q = 0 ... periods-1: the flow at time 0 is not discounted."""
    return (1 + rate) ** -np.arange(periods, dtype=float)


def first_back(net: np.ndarray, *, sustained: bool = False) -> np.ndarray:
    """Quarter in which each cumulative path is back at zero, linear inside the quarter; infinite when never."""
    below = net < 0
    quarters = net.shape[1]
    if sustained:
        first = np.where(below.any(axis=1), quarters - np.argmax(below[:, ::-1], axis=1), 0)
    else:
        first = np.where((~below).any(axis=1), np.argmin(below, axis=1), quarters)
    result = np.where(first < quarters, first.astype(float), math.inf)
    inside = np.flatnonzero((first > 0) & (first < quarters))
    before, after = net[inside, first[inside] - 1], net[inside, first[inside]]
    result[inside] = first[inside] - 1 + before / (before - after)
    return result


@dataclass(frozen=True)
class ValuationTerms:
    """How far ahead a valuation looks, at which rate, in which view of cost and in which money."""

    horizon: int = 8  # quarters that count
    discount_rate_annual: float = 0.10  # rate per year, above -1
    view: str = "economic"  # which costs count
    currency: str = "EUR"  # ISO code of all money

    def __post_init__(self) -> None:
        if self.view not in COUNTED:
            raise Refusal(f"The cost view {self.view!r} is unknown; choose one of {', '.join(COUNTED)}.")
        if self.horizon < 1:
            raise Refusal(f"The horizon is {self.horizon} quarters; it must be a count from 1 on.")
        quarterly_rate(self.discount_rate_annual)

    @property
    def counted(self) -> tuple[str, ...]:
        """Kinds of cost that count in this view."""
        return COUNTED[self.view]

    def factors(self, quarters: int) -> np.ndarray:
        """Discount factors of the quarters 0 ... `quarters` - 1."""
        return discount_factors(quarterly_rate(self.discount_rate_annual), quarters)

    @property
    def rate_words(self) -> str:
        """The discount rate, as read."""
        return f"{numbers.percent(self.discount_rate_annual, 0)} a year"

    def money(self, amount: float) -> str:
        """Write an amount in the currency of these terms."""
        return numbers.money(amount, self.currency)


DEFAULT = ValuationTerms()


@dataclass(frozen=True)
class Rule:
    """``P(NPV > 0 at horizon) comparison threshold``."""

    horizon: int
    comparison: str
    threshold: float

    def holds(self, chance: float) -> bool:
        """Whether the rule holds at this chance of a positive net value."""
        return bool(_COMPARISONS[self.comparison](chance, self.threshold))


def read_rule(text: str) -> Rule:
    """Read a rule such as ``go if P(NPV>0 at 8Q) >= 0.70``."""
    found = _RULE.match(text)
    if not found:
        raise Refusal(
            f"The decision rule {text!r} cannot be applied by the letter. Write it as: go if P(NPV>0 at 8Q) >= 0.70"
        )
    return Rule(int(found[2]), found[3], float(found[4]))


def verdict(go: Rule, stop: Rule | None, chances: dict[int, float]) -> str:
    """Return ``"go"``, ``"stop"`` or ``"wait"`` from the chance of a positive net value at each horizon."""
    if go.holds(chances[go.horizon]):
        return "go"
    return "stop" if stop is not None and stop.holds(chances[stop.horizon]) else "wait"
