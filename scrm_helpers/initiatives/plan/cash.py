"""The arithmetic of cash flows, each with its convention said aloud: present value, rates of return, payback."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scrm_helpers.answers.refusal import Refusal

Flows = Sequence[float] | np.ndarray


def checked_flows(flows: Flows, name: str = "flows") -> np.ndarray:
    """Return flows as an array of finite numbers, or refuse."""
    values = np.asarray(flows, dtype=float)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise Refusal(f"There are no {name}: a return needs at least one period. Give one amount per period.")
    bad = ~np.isfinite(values)
    if bad.any():
        where = int(np.argwhere(bad)[0][-1])
        raise Refusal(
            f"The {name} hold a missing or infinite amount at period {where} (counted from 0). A sum over it would be "
            "no number. Fill in the amount, or 0 where nothing flowed."
        )
    return values


def quarterly_rate(annual: float) -> float:
    """Turn a discount rate per year into the rate per quarter that compounds to it."""
    if not math.isfinite(annual) or annual <= -1:
        raise Refusal(f"The discount rate per year is {annual}; it must be a finite number above -1, such as 0.10.")
    return (1 + annual) ** 0.25 - 1


def discount_factors(rate: float, periods: int) -> np.ndarray:
    """Return ``1/(1+rate)**q`` for q = 0 ... periods-1: the flow at time 0 is not discounted."""
    return (1 + rate) ** -np.arange(periods, dtype=float)


def payback(flows: Flows, rate: float = 0.0, *, sustained: bool = False) -> float:
    """Return the period in which the money is back, linear inside the period; infinite when it never is."""
    values = checked_flows(flows)
    total = np.cumsum(values * discount_factors(rate, len(values)))
    below = total < -1e-12 * (1.0 + float(np.abs(values).sum()))
    begun = int(np.argmax(values != 0))
    first = int(np.flatnonzero(below)[-1]) + 1 if sustained and below.any() else begun + int(np.argmin(below[begun:]))
    if first == len(total) or below[first]:
        return math.inf
    if first == 0 or not below[first - 1]:
        return float(first)
    before, after = total[first - 1], total[first]
    return first - 1 + float(-before / (after - before))
