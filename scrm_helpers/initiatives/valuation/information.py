"""What knowing more would be worth: which thing to measure next, and at what price it stops paying."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.plan.streams import Plan
from scrm_helpers.initiatives.plan.valuation_terms import DEFAULT, ValuationTerms
from scrm_helpers.initiatives.valuation.sensitivity import counted_inputs, in_words, net_value
from scrm_helpers.initiatives.valuation.simulate import Inputs


def unit_normal_loss(u: float) -> float:
    """Expected loss ``phi(u) - u (1 - Phi(u))`` of a standard normal beyond u.

    >>> round(unit_normal_loss(0.0), 4)
    0.3989
    """
    return math.exp(-u * u / 2) / math.sqrt(2 * math.pi) - u * 0.5 * math.erfc(u / math.sqrt(2))


def evpi(benefits: np.ndarray) -> float:
    """Expected value of perfect information from draws: ``E[max over options] - max over options of E``."""
    return float(benefits.max(axis=1).mean() - benefits.mean(axis=0).max())


def evppi(benefits: np.ndarray, known: np.ndarray, degree: int = 5) -> float:
    """Expected value of knowing one input exactly, by regression on the draws."""
    low, high = float(known.min()), float(known.max())
    if low == high:
        return 0.0
    place = 2 * (known - low) / (high - low) - 1
    basis = np.polynomial.legendre.legvander(place, degree)
    fitted = basis @ np.linalg.lstsq(basis, benefits, rcond=None)[0]
    return max(float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max()), 0.0)


def worth_of_signal(mean: float, spread: float) -> float:
    """Value of a signal that moves the expected net value by `spread` before a go or no-go decision.

    >>> worth_of_signal(0.0, 0.0), round(worth_of_signal(0.0, 1.0), 4)
    (0.0, 0.3989)
    """
    return spread * unit_normal_loss(abs(mean) / spread) if spread > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class MeasureNext(Result):
    """Worth of knowing each input of a go or no-go decision."""

    evpi: float
    worth: pd.Series
    first: str


def measure_next(
    plan: Plan,
    inputs: Inputs,
    terms: ValuationTerms = DEFAULT,
    *,
    prices: Mapping[str, float] | None = None,
) -> MeasureNext:
    """Say which input to measure next, in one sentence with its price."""
    gain, currency = net_value(plan, inputs, terms), terms.currency
    benefits = np.column_stack([np.zeros_like(gain), gain])
    whole = evpi(benefits)
    level = {
        name: inputs[name] if inputs[name].ndim == 1 else inputs[name].sum(axis=1)
        for name in counted_inputs(plan, terms)
    }
    worth = pd.Series(
        {name: min(evppi(benefits, drawn), whole) for name, drawn in level.items() if np.ptp(drawn) > 0}, dtype=float
    )
    given = dict(prices or {})
    order = (
        (worth - pd.Series(given, dtype=float).reindex(worth.index).fillna(0.0))
        .sort_values(ascending=False, kind="stable")
        .index
    )
    worth = worth[order]
    floor = 0.01 * float(np.abs(gain).mean())
    idle = int((worth < floor).sum())
    first = str(order[0]) if len(order) and worth.iloc[0] > max(floor, given.get(str(order[0]), 0.0)) else ""
    if first:
        price = (
            f", measuring it costs {numbers.money(given[first], currency)}"
            if first in given
            else "; pay no more than that for it"
        )
        text = (
            f"Measure {in_words(first)} next: knowing it is worth up to "
            f"{numbers.money(float(worth[first]), currency)}{price}."
        )
        text += (
            f" Stop arguing about {numbers.plural(idle, 'other input')}: knowing them would change nothing."
            if idle
            else ""
        )
    else:
        text = (
            "Nothing is worth measuring before deciding: even full knowledge is worth "
            f"{numbers.money(whole, currency)}, and no single input repays its measurement."
        )
    return MeasureNext(
        sentence=text,
        table=pd.DataFrame(
            {
                "Input": [in_words(str(name)) for name in worth.index],
                "Worth of knowing it": worth.to_numpy(),
                "Price of measuring it": [given.get(str(name)) for name in worth.index],
            }
        ).astype({"Price of measuring it": float}),
        formats={"Worth of knowing it": "money", "Price of measuring it": "money"},
        caption="What to measure next",
        note=(
            f"Decision: go or not, on the net value at {terms.horizon} quarters; knowing everything is worth "
            f"{numbers.money(whole, currency)}; {numbers.count(len(gain))} draws."
        ),
        measures=(Measure(name=measure_name("worth_of_knowing", plan.id), value=whole, unit=currency),),
        evpi=whole,
        worth=worth,
        first=first,
    )
