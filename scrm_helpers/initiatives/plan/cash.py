"""The arithmetic of cash flows, each with its convention said aloud: present value, rates of return, payback."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scrm_helpers.initiatives.refused import InitiativeRefused

Flows = Sequence[float] | np.ndarray


def checked_flows(flows: Flows, name: str = "flows") -> np.ndarray:
    """Return flows as an array of finite numbers, or refuse.

    Parameters
    ----------
    flows : array_like
        Amounts per period, the first at time 0; the last axis is time.
    name : str
        What the flows are called in the message.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    InitiativeRefused
        When there is no flow or a flow is missing or infinite.

    Examples
    --------
    >>> checked_flows([-100, 60]).sum()
    np.float64(-40.0)
    """
    values = np.asarray(flows, dtype=float)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise InitiativeRefused(f"There are no {name}: a return needs at least one period. Give one amount per period.")
    bad = ~np.isfinite(values)
    if bad.any():
        where = int(np.argwhere(bad)[0][-1])
        raise InitiativeRefused(
            f"The {name} hold a missing or infinite amount at period {where} (counted from 0). A sum over it would be "
            "no number. Fill in the amount, or 0 where nothing flowed."
        )
    return values


def quarterly_rate(annual: float) -> float:
    """Turn a discount rate per year into the rate per quarter that compounds to it.

    Parameters
    ----------
    annual : float
        Rate per year, above -1 (0.10 is ten per cent).

    Returns
    -------
    float

    Raises
    ------
    InitiativeRefused
        When the rate is not a finite number above -1.

    Examples
    --------
    >>> round(quarterly_rate(0.10), 6)
    0.024114
    """
    if not math.isfinite(annual) or annual <= -1:
        raise InitiativeRefused(
            f"The discount rate per year is {annual}; it must be a finite number above -1, such as 0.10."
        )
    return (1 + annual) ** 0.25 - 1


def discount_factors(rate: float, periods: int) -> np.ndarray:
    """Return ``1/(1+rate)**q`` for q = 0 ... periods-1: the flow at time 0 is not discounted."""
    return (1 + rate) ** -np.arange(periods, dtype=float)


def payback(flows: Flows, rate: float = 0.0, *, sustained: bool = False) -> float:
    """Return the period in which the money is back, linear inside the period; infinite when it never is.

    Parameters
    ----------
    flows : array_like, shape (periods,)
        Net amounts.
    rate : float
        Discount rate per period; 0 is the plain payback.
    sustained : bool
        When true, the last crossing counts: the total never falls below zero again. Otherwise the first one counts,
        from the first period with a flow on.

    Returns
    -------
    float
        Periods since time 0; ``inf`` when the total stays negative.

    Examples
    --------
    >>> payback([-10000, 10000, 10000, 10000]), payback([-100, 150, -80, 60], sustained=True)
    (1.0, 2.5)
    """
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
