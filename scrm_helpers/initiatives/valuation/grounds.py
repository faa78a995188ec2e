"""What each benefit of a case rests on, which bias its author declares, and what of it reaches the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.case_schema import DESIGN_WORDS, Benefit, Case, CaseInitiative, Effect
from scrm_helpers.initiatives.plan.streams import EffectPath, Plan, Stream
from scrm_helpers.initiatives.plan.valuation_terms import DEFAULT, ValuationTerms
from scrm_helpers.initiatives.valuation.simulate import Inputs, project


@dataclass(frozen=True, kw_only=True)
class Grounds(Result):
    """Expected benefit by what becomes of it, and the declared design bias of each estimated benefit."""

    cash: float
    capacity: float
    tail: float
    bias: Mapping[str, float]


def case_grounds(case: Case, plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, mark: str = "") -> Grounds:
    """Trace every benefit of an initiative to its goal, its design and its author."""
    initiative = next(one for one in case.initiatives if one.id == plan.id)
    worth = {stream.name: _worth(plan, stream, inputs, terms) for stream in plan.streams}
    streams = {stream.name: stream for stream in plan.streams}
    rows = []
    for benefit in initiative.benefits:
        cash, capacity, _ = worth[benefit.id]
        money = benefit.kind == "money"
        rows.append(
            {
                "Benefit": benefit.id.replace("_", " "),
                "Goal": benefit.goal,
                "Effect from": _source(benefit),
                "Grade": streams[benefit.id].grade,
                "Declared bias": _bias(benefit, streams[benefit.id]),
                "Reaches the ledger": cash if money else None,
                "Capacity": capacity if money else None,
            }
        )
    cash, capacity, tail = (float(sum(part[k] for part in worth.values())) for k in range(3))
    bias = {s.name: s.effect.bias_sd for s in plan.streams if isinstance(s.effect, EffectPath) and s.effect.bias_sd}
    return Grounds(
        sentence=_sentence(case, initiative, cash, capacity, bias, terms, mark),
        table=pd.DataFrame(rows).astype({"Reaches the ledger": float, "Capacity": float}),
        formats={"Reaches the ledger": "money", "Capacity": "money"},
        caption="What each benefit rests on",
        note=(
            f"Expected, discounted, within {terms.horizon} quarters. Capacity: worth of hours and contacts saved that "
            "nobody is paid less for. Declared bias: standard deviation in the unit of the effect, part of every draw."
        ),
        measures=(
            Measure(
                name=measure_name("benefit_in_cash", plan.id),
                value=cash / (cash + capacity) if cash + capacity > 0 else None,
                unit="share",
                reason="" if cash + capacity > 0 else "no benefit in money is expected",
            ),
        ),
        drawable=False,
        cash=cash,
        capacity=capacity,
        tail=tail,
        bias=bias,
    )


def ties_to_ledger(plan: Plan, inputs: Inputs, ledger: Ledger | None) -> str:
    """Set the cash cost that a case plans for the quarters that are over beside what the ledger books for them."""
    if ledger is None or plan.id not in ledger.ids:
        return f"The ledger has no rows of {plan.id}, so nothing can be tied to it yet."
    place = ledger.ids.index(plan.id)
    until = int(ledger.booked_until[place])
    booked = float(ledger.cost("cash")[place, : until + 1].sum())
    planned = float(project(plan, inputs, max(until, 0)).cost("cash").mean(axis=0).sum())
    said = (
        f"Cash cost over {numbers.plural(until, 'quarter')}: planned {numbers.money(planned, ledger.currency)}, booked "
    )
    said += numbers.money(booked, ledger.currency)
    if until < 1 or planned <= 0:
        return said + "."
    gap = booked / planned - 1
    return f"{said} ({numbers.percent(abs(gap))} {'more' if gap >= 0 else 'less'})."


def _worth(plan: Plan, stream: Stream, inputs: Inputs, terms: ValuationTerms) -> tuple[float, float, float]:
    """Expected present value in cash, as capacity, and after the horizon."""
    if stream.kind == "score":
        return 0.0, 0.0, 0.0
    alone, share = replace(plan, streams=[stream], costs=[]), f"{plan.id}.{stream.name}.cashable"
    factor, rest = terms.factors(terms.horizon + 1), {**inputs, share: 1 - inputs[share]}
    paths = [project(alone, given, terms.horizon).benefit.mean(axis=0) for given in (inputs, rest)]
    cash, capacity = (float(path @ factor) for path in paths)
    growth = float(terms.factors(2)[0] / terms.factors(2)[1])
    return cash, capacity, float(paths[0][-1] * factor[-1]) * stream.fade / (growth - stream.fade)


def _source(benefit: Benefit) -> str:
    if isinstance(benefit.effect, Effect):
        where = benefit.effect.outcome or benefit.effect.table or "the path in the case"
        return f"{DESIGN_WORDS[benefit.effect.design]}, {where}"
    sure = "" if benefit.confidence is None else f", cut to {numbers.percent(benefit.confidence, 0)}"
    return f"an estimate{sure}, {'on record' if benefit.elicited else 'no record of whose'}"


def _bias(benefit: Benefit, stream: Stream) -> str:
    if not isinstance(stream.effect, EffectPath) or not isinstance(benefit.effect, Effect):
        return "in the range"
    if stream.effect.bias_sd:
        return f"{stream.effect.bias_sd:g}"
    return "none: a lottery" if benefit.effect.design == "randomised" else "none declared"


def _sentence(
    case: Case,
    initiative: CaseInitiative,
    cash: float,
    capacity: float,
    bias: Mapping[str, float],
    terms: ValuationTerms,
    mark: str,
) -> str:
    money = sum(benefit.kind == "money" for benefit in initiative.benefits)
    scores = len(initiative.benefits) - money
    text = (
        f"Case {mark or 'unmarked'}: {numbers.plural(money, 'stream')} of money and {numbers.plural(scores, 'score')} "
        f"for {numbers.plural(len(case.goals), 'goal')}. Of the benefit expected within {terms.horizon} quarters "
        f"{numbers.money(cash, terms.currency)} reaches the ledger"
    )
    text += f" and {numbers.money(capacity, terms.currency)} is capacity." if capacity > 0 else "."
    if bias:
        listed = "; ".join(f"{name.replace('_', ' ')} {sd:g}" for name, sd in bias.items())
        text += f" Declared design bias (standard deviation, in the unit of the effect): {listed}."
    return text
