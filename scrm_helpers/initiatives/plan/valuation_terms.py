"""On which terms a plan is valued: how far ahead, at which rate, in which view of cost, in which money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.plan.cash import discount_factors, quarterly_rate
from scrm_helpers.initiatives.plan.streams import COUNTED


@dataclass(frozen=True)
class ValuationTerms:
    """ValuationTerms of a valuation, fixed before its result is seen."""

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


DEFAULT = ValuationTerms()
