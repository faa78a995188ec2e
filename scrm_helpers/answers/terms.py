"""On which terms an analysis stands: what every chapter of a company shares."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Terms:
    """The day, the money and the rules of an analysis; chapters take them from the company.

    Parameters
    ----------
    as_of : day of the analysis, inclusive
    currency : ISO code of all money
    discount_rate : rate per year
    min_group : smallest number of people of which a figure is shown
    level : level of every range, 0-1
    seed : start of every random draw

    Examples
    --------
    >>> Terms(pd.Timestamp("2026-09-30")).min_group
    5
    """

    as_of: pd.Timestamp
    currency: str = "EUR"
    discount_rate: float = 0.10
    min_group: int = 5
    level: float = 0.95
    seed: int = 0

    @property
    def tails(self) -> tuple[float, float]:
        """Where a range at the level begins and ends, as shares of what is drawn."""
        return (1 - self.level) / 2, (1 + self.level) / 2
