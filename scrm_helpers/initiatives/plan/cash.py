"""The arithmetic of cash flows, each with its convention said aloud: present value, rates of return, payback."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Measure, Result
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


def npv(rate: float, flows: Flows) -> float:
    """Discount flows to the present; the first is now and is not discounted.

    Parameters
    ----------
    rate : float
        Discount rate per period, above -1.
    flows : array_like, shape (periods,)
        Net amounts.

    Returns
    -------
    float

    Examples
    --------
    >>> round(npv(0.05, [-15000, 1500, 2500, 3500, 4500, 6000]), 2)
    122.89
    """
    values = checked_flows(flows)
    return float(values @ discount_factors(rate, len(values)))


def mirr(flows: Flows, finance_rate: float, reinvest_rate: float) -> float:
    """Modified internal rate of return: outflows financed at one rate, inflows reinvested at another.

    Parameters
    ----------
    flows : array_like, shape (periods,)
        Net amounts, at least one negative and one positive.
    finance_rate, reinvest_rate : float
        Rates per period.

    Returns
    -------
    float
        Rate per period.

    Raises
    ------
    InitiativeRefused
        When all flows have one sign: no rate exists.

    Examples
    --------
    >>> round(mirr([-120000, 39000, 30000, 21000, 37000, 46000], 0.10, 0.12), 6)
    0.126094
    """
    values = checked_flows(flows)
    inflow, outflow = np.clip(values, 0, None), np.clip(values, None, 0)
    if not inflow.any() or not outflow.any():
        raise InitiativeRefused(
            "All flows have one sign, so no modified rate of return exists. Give costs as negative amounts."
        )
    periods = len(values) - 1
    grown = npv(reinvest_rate, inflow) * (1 + reinvest_rate) ** periods
    return float((grown / -npv(finance_rate, outflow)) ** (1 / periods) - 1)


def irr_all(flows: Flows) -> tuple[float, ...]:
    """Find every internal rate of return above -100 %: none, one or several.

    Parameters
    ----------
    flows : array_like, shape (periods,)
        Net amounts.

    Returns
    -------
    tuple of float
        Rates per period, in rising order; empty when no rate brings the present value to zero.

    Notes
    -----
    The roots of the polynomial in ``1/(1+r)``, each polished on the present value itself. Descartes: there are at most
    as many positive roots as sign changes, which is why a rate of return is never a headline figure of this kit.

    Examples
    --------
    >>> [round(rate, 4) for rate in irr_all([-50, -100, 600, 300, -100])]
    [-0.7689, 1.8544]
    >>> irr_all([100, 50])
    ()
    """
    from scipy.optimize import newton

    values = checked_flows(flows)
    if not ((values > 0).any() and (values < 0).any()):
        return ()
    polynomial = np.polynomial.Polynomial(values)
    found: list[float] = []
    for root in map(complex, polynomial.roots()):
        if abs(root.imag) > 1e-6 * max(1.0, abs(root)) or root.real <= 0:
            continue
        factor = float(newton(polynomial, root.real, fprime=polynomial.deriv(), maxiter=50, disp=False))
        rate = 1 / factor - 1 if factor > 0 else math.nan
        if rate == rate and not any(math.isclose(rate, other, rel_tol=1e-9) for other in found):
            found.append(rate)
    return tuple(sorted(found))


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


@dataclass(frozen=True, kw_only=True)
class CashCase(Result):
    """A plain business case: present values, return and both paybacks."""

    pv_costs: float
    pv_benefits: float
    npv: float
    roi: float
    net_undiscounted: float
    payback: float
    payback_discounted: float
    irr: tuple[float, ...]


def cash_case(costs: Flows, benefits: Flows, rate: float, *, currency: str = "EUR", period: str = "year") -> CashCase:
    """Value costs and benefits the way finance does, and print the convention beside every figure.

    Parameters
    ----------
    costs, benefits : array_like, shape (periods,)
        Amounts per period, both as positive numbers; the first is at time 0.
    rate : float
        Discount rate per period.
    currency : str
        ISO code.
    period : str
        Name of one period.

    Returns
    -------
    CashCase

    Raises
    ------
    InitiativeRefused
        When the lengths differ, a flow is not finite or the cost is zero.

    Notes
    -----
    ``ROI = (PV benefits - PV costs) / PV costs`` (Forrester TEI). Published cases mix the discounted ratio with the
    undiscounted net amount, so both are given and named.

    Examples
    --------
    >>> case = cash_case([53150, 666715, 636772, 647783], [0, 1606511, 3061331, 4229760], 0.10, currency="USD")
    >>> round(case.npv), round(case.roi, 2)
    (5496170, 3.29)
    """
    out, back = checked_flows(costs, "costs"), checked_flows(benefits, "benefits")
    if len(out) != len(back):
        raise InitiativeRefused(
            f"There are {len(out)} costs and {len(back)} benefits. Each period needs both. Fill the shorter with 0."
        )
    pv_costs = npv(rate, out)
    if not pv_costs > 0:
        raise InitiativeRefused(
            f"The present value of the costs is {pv_costs:g}. A return is value per unit of cost, so it is undefined. "
            "Enter the costs, also the hours of people."
        )
    pv_benefits = npv(rate, back)
    net = back - out
    roi = pv_benefits / pv_costs - 1
    plain, discounted = payback(net), payback(net, rate)
    rates = irr_all(net)
    rows = [
        ("Benefits, present value", numbers.money(pv_benefits, currency)),
        ("Costs, present value", numbers.money(pv_costs, currency)),
        ("Net value, discounted", numbers.money(pv_benefits - pv_costs, currency)),
        ("Net value, not discounted", numbers.money(float(net.sum()), currency)),
        ("Return on investment, discounted", numbers.percent(roi)),
        ("Payback, not discounted", _periods(plain, period)),
        ("Payback, discounted", _periods(discounted, period)),
        ("Rates with zero net value", ", ".join(numbers.percent(value) for value in rates) or "none exists"),
    ]
    verb = "returns" if roi >= 0 else "loses"
    return CashCase(
        sentence=(
            f"Each {currency} spent {verb} {numbers.decimal(abs(roi))} net in present value; the money is back after "
            f"{_periods(plain, period)} (not discounted)."
            if math.isfinite(plain)
            else f"Each {currency} spent {verb} {numbers.decimal(abs(roi))} net in present value; the money is not "
            "back within the case."
        ),
        table=pd.DataFrame(rows, columns=["Figure", "Value"]),
        caption="The case in finance's figures",
        note=f"Discounted at {numbers.percent(rate, 1)} per {period}; time 0 is not discounted, later flows at the end "
        f"of each {period}.",
        measures=(
            Measure(name="case_npv", value=pv_benefits - pv_costs, unit=currency, kind="gross"),
            Measure(name="case_roi", value=roi, unit="ratio", kind="gross"),
        ),
        pv_costs=pv_costs,
        pv_benefits=pv_benefits,
        npv=pv_benefits - pv_costs,
        roi=roi,
        net_undiscounted=float(net.sum()),
        payback=plain,
        payback_discounted=discounted,
        irr=rates,
    )


def _periods(value: float, period: str) -> str:
    return f"{numbers.decimal(value, 1)} {period}s" if math.isfinite(value) else "never"
