"""What chance gives among customers of the same age: the older have referred more, so a plain split proves nothing.

Holm's correction is own code beside statsmodels: its own, equal to the last bit, loads scipy.stats (a second) and takes
no undefined test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import numbers
from scrm_helpers.stats.intervals import ROUNDING, normal_quantile


def holm(p_values: ArrayLike) -> NDArray:
    """Return Holm-adjusted p-values: the chance of any false finding in the family stays below the level."""
    raw = np.asarray(p_values, float)
    if np.any((raw < -ROUNDING) | (raw > 1 + ROUNDING)):
        raise ValueError("A p-value lies between 0 and 1.")
    known = np.flatnonzero(~np.isnan(raw))
    order = known[np.argsort(raw[known], kind="stable")]
    adjusted = np.full(raw.shape, np.nan)
    steps = np.clip(raw[order], 0.0, 1.0) * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


ALIKE = 20  # customers who joined one after the other and count as of the same age
FEWEST = 20  # people with an amount below which chance can give anything


@dataclass(frozen=True)
class BesideChance:
    """The share of an amount that a group holds, and what it would hold if people of the same age changed places."""

    part: float
    expected: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """``"more"`` or ``"less"`` than chance, or empty where no difference can be shown."""
        return "more" if self.part > self.high else "less" if self.part < self.low else ""

    @property
    def words(self) -> str:
        """Say what chance gives, and claim a difference only where there is one."""
        span = numbers.interval(self.low, self.high, numbers.percent)
        among = f"chance among customers of the same age would give {numbers.percent(self.expected)} ({span})"
        return f"{among}: that is {self.verdict} than chance" if self.verdict else f"{among}: no difference is shown"


def age_groups(joined_on: pd.Series) -> np.ndarray:
    """Number strata of about twenty people who joined one after the other; who has no day of joining comes last."""
    order = joined_on.rank(method="first", na_option="bottom").to_numpy(float) - 1
    return (order * max(len(order) // ALIKE, 1) // max(len(order), 1)).astype(np.int64)


def beside_chance(group: pd.Series, amount: pd.Series, joined_on: pd.Series, looks: int = 1) -> BesideChance | None:
    """Compare a group's share of an amount with shuffling amounts among people who joined at about the same time."""
    held, inside = np.nan_to_num(amount.to_numpy(float)), group.to_numpy(bool).astype(float)
    total = float(held.sum())
    if (held != 0).sum() < FEWEST or (held < 0).any():
        return None
    age = age_groups(joined_on)
    size = np.bincount(age).astype(float)
    members, sums = np.bincount(age, inside), np.bincount(age, held)
    spread = (members - members**2 / size) * (np.bincount(age, held**2) - sums**2 / size) / np.maximum(size - 1, 1)
    expected, error = float((members * sums / size).sum()) / total, float(np.sqrt(spread.sum())) / total
    wide = normal_quantile(1 - 0.05 / looks) * error
    low, high = max(expected - wide, 0.0), min(expected + wide, 1.0)
    return BesideChance(float(inside @ held) / total, expected, low, high)
