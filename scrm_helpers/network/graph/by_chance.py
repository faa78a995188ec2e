"""What chance gives of a network: the same measure over draws in which nobody is who they are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scrm_helpers.answers.claim import Chance

DRAWS, FEW, MANY_TIES = 199, 39, 50_000  # fewer draws where each takes long


def draws_of(ties: int) -> int:
    """Say how often to draw among so many ties."""
    return DRAWS if ties < MANY_TIES else FEW


def beside_draws(value: float, drawn: Iterable[float], how: str) -> tuple[Chance, float]:
    """Return what the draws give with their range, and the two-sided p-value of the value found."""
    chance = np.array([*drawn], float)
    centre = np.append(chance, value).mean()  # with the value itself, so that the p-value is exact
    p = (1 + np.count_nonzero(np.abs(chance - centre) >= abs(value - centre) - 1e-12)) / (len(chance) + 1)
    low, high = np.quantile(chance, [0.025, 0.975])
    return Chance(float(chance.mean()), how, float(low), float(high)), float(p)
