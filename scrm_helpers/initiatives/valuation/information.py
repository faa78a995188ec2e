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
from scrm_helpers.initiatives.valuation.case_value import Valuation
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


_RATES = ("Right verdicts", "Successes it would stop", "Failures it would keep")


@dataclass(frozen=True, kw_only=True)
class EarlyLook(Result):
    """Verdicts by money back after each quarter against the verdict at the horizon; `stopped` at one quarter."""

    by_quarter: pd.DataFrame
    base: float
    stopped: float | None


def early_look(valued: Valuation) -> EarlyLook:
    """Simulate what a rule of money back would do to this plan: which later successes would it stop?"""
    good = valued.net[:, valued.headline] > 0
    base = float(good.mean())
    rows = {}
    for quarter in [q for q in valued.horizons.index if q < valued.headline]:
        says = valued.net[:, quarter] > 0
        kept = float(says[~good].mean()) if (~good).any() else np.nan
        lost = float((~says[good]).mean()) if good.any() else np.nan
        rows[quarter] = dict(zip(_RATES, (float((says == good).mean()), lost, kept), strict=True))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(_RATES)).astype(float)
    stopped = float(frame["Successes it would stop"].iloc[0]) if len(frame) and good.any() else None
    first = numbers.plural(int(frame.index[0]), "quarter") if len(frame) else ""
    if stopped is None:
        text = f"No future of {valued.name} pays within {valued.headline} quarters, so an early look can miss none."
    else:
        text = (
            f"A rule of money back after {first} would stop {numbers.percent(stopped)} of the futures in which "
            f"{valued.name} pays at {valued.headline} quarters ({numbers.percent(base)} of all futures)."
        )
    return EarlyLook(
        sentence=text,
        table=frame.rename_axis("Quarters").reset_index(),
        formats={"Quarters": "count"} | dict.fromkeys(frame.columns, "percent"),
        caption=f"What an early look would conclude: {valued.name}",
        note=(
            f"{numbers.count(len(good))} simulated futures; {numbers.percent(base)} of them pay at {valued.headline} "
            "quarters: read right verdicts against that share."
        ),
        measures=(
            Measure(
                name=measure_name("stopped_by_an_early_look", valued.id),
                value=stopped,
                unit="share",
                n=int(good.sum()),
                reason="" if stopped is not None else "no simulated future pays",
            ),
        ),
        drawable=False,
        by_quarter=frame,
        base=base,
        stopped=stopped,
    )


@dataclass(frozen=True, kw_only=True)
class Waiting(Result):
    """Worth of waiting some quarters before deciding, less what the delay loses."""

    worth: pd.Series


def wait_or_decide(valued: Valuation, terms: ValuationTerms = DEFAULT, *, pilot_cost: float = 0.0) -> Waiting:
    """Say whether piloting for a while before deciding is worth what the delay loses."""
    end = valued.net[:, valued.headline]
    mean, rows = float(end.mean()), {}
    for quarter in [q for q in valued.horizons.index if q < valued.headline]:
        seen = valued.net[:, quarter]
        spread = float(seen.std() * end.std())
        learned = abs(float(np.cov(seen, end, bias=True)[0, 1])) / float(seen.std()) if spread > 0 else 0.0
        gain = worth_of_signal(mean, learned)
        lost = max(mean, 0.0) * (1 - float(terms.factors(quarter + 1)[-1]))
        rows[quarter] = {"Worth of what it teaches": gain, "Lost by the delay": lost, "Net": gain - lost - pilot_cost}
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["Worth of what it teaches", "Lost by the delay", "Net"]
    )
    best = int(frame.index[int(frame["Net"].argmax())]) if len(frame) else 0
    money = lambda value: numbers.money(value, terms.currency)  # noqa: E731 - a writer for this currency
    if len(frame) and frame["Net"].max() > 0:
        text = (
            f"A pilot of {numbers.plural(best, 'quarter')} before deciding is worth up to {money(frame['Net'].max())}: "
            f"pay no more than that for it."
        )
    else:
        text = "Decide now: what a pilot would teach is worth no more than what the delay loses."
    return Waiting(
        sentence=text,
        table=frame.rename_axis("Quarters waited").reset_index(),
        formats={"Quarters waited": "count"} | dict.fromkeys(frame.columns, "money"),
        caption="Wait or decide?",
        note=(
            f"Go or not, on the net value at {valued.headline} quarters; pilot {money(pilot_cost)}; "
            f"{numbers.count(len(end))} draws."
        ),
        drawable=False,
        worth=frame["Net"],
    )
