"""What each benefit of a case rests on, which bias its author declares, and what of it reaches the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Benefit, Case, Effect
from scrm_helpers.initiatives.plan.streams import EffectPath, Plan, Stream
from scrm_helpers.initiatives.plan.valuation_terms import DEFAULT, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import Inputs, project

CASH, CAPACITY = "Reaches the ledger", "Capacity"


@dataclass(frozen=True, kw_only=True)
class Grounds(Answer):
    """Expected benefit by what becomes of it, and the declared design bias of each estimated benefit."""

    in_cash: Measure  # share of the benefit
    benefits: pd.DataFrame
    goals: int
    cash: float
    capacity: float
    tail: float  # what comes after the horizon
    bias: Mapping[str, float]
    terms: ValuationTerms
    mark: str  # of the case

    def words(self) -> Words:
        """How many streams for how many goals, what reaches the ledger, and which bias is declared."""
        money = int(self.benefits[CASH].notna().sum())
        scores = numbers.plural(len(self.benefits) - money, "score")
        kept = f" and {self.terms.money(self.capacity)} is capacity" if self.capacity > 0 else ""
        text = (
            f"Case {self.mark or 'unmarked'}: {numbers.plural(money, 'stream')} of money and {scores} for "
            f"{numbers.plural(self.goals, 'goal')}. Of the benefit expected within {self.terms.horizon} quarters "
            f"{self.terms.money(self.cash)} reaches the ledger{kept}."
        )
        if self.bias:
            listed = "; ".join(f"{name.replace('_', ' ')} {sd:g}" for name, sd in self.bias.items())
            text += f" Declared design bias (standard deviation, in the unit of the effect): {listed}."
        return Words(
            sentence=text,
            table=self.benefits,
            formats=dict.fromkeys([CASH, CAPACITY], "money"),
            caption="What each benefit rests on",
            note=(
                f"Expected, discounted, within {self.terms.horizon} quarters. Capacity: worth of hours and contacts "
                "saved that nobody is paid less for. Declared bias: standard deviation in the unit of the effect, part "
                "of every draw."
            ),
        )


def case_grounds(case: Case, plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, mark: str = "") -> Grounds:
    """Trace every benefit of an initiative to its goal, its design and its author."""
    given = next(one.benefits for one in case.initiatives if one.id == plan.id)
    rows, tails = [], []
    for benefit, stream in zip(given, plan.streams, strict=True):
        cash, capacity, tail = _worth(plan, stream, inputs, terms)
        rows.append(
            {
                "Benefit": benefit.id.replace("_", " "),
                "Goal": benefit.goal,
                "Effect from": _source(benefit),
                "Grade": stream.grade,
                "Declared bias": _bias(benefit, stream),
                CASH: cash,
                CAPACITY: capacity,
            }
        )
        tails.append(tail)
    table = pd.DataFrame(rows).astype({CASH: float, CAPACITY: float})
    cash, capacity = (float(table[name].sum()) for name in (CASH, CAPACITY))
    name = measure_name("benefit_in_cash", plan.id)
    share = unknown(name, "share", "no benefit in money is expected")
    if cash + capacity > 0:
        share = Measure(name=name, value=cash / (cash + capacity), unit="share")
    return Grounds(
        in_cash=share,
        benefits=table,
        goals=len(case.goals),
        cash=cash,
        capacity=capacity,
        tail=sum(tails),
        bias={s.name: s.effect.bias_sd for s in plan.streams if isinstance(s.effect, EffectPath) and s.effect.bias_sd},
        terms=terms,
        mark=mark,
    )


def ties_to_ledger(plan: Plan, inputs: Inputs, ledger: Ledger | None) -> str:
    """Set the cash cost that a case plans for the quarters that are over beside what the ledger books for them."""
    if ledger is None or plan.id not in ledger.ids:
        return f"The ledger has no rows of {plan.id}, so nothing can be tied to it yet."
    place = ledger.ids.index(plan.id)
    until = int(ledger.booked_until[place])
    booked = float(ledger.cost("cash")[place, : until + 1].sum())
    planned = float(project(plan, inputs, max(until, 0)).cost("cash").mean(axis=0).sum())
    both = [numbers.money(amount, ledger.currency) for amount in (planned, booked)]
    said = f"Cash cost over {numbers.plural(until, 'quarter')}: planned {both[0]}, booked {both[1]}"
    if until < 1 or planned <= 0:
        return said + "."
    gap = booked / planned - 1
    return f"{said} ({numbers.percent(abs(gap))} {'more' if gap >= 0 else 'less'})."


def _worth(
    plan: Plan, stream: Stream, inputs: Inputs, terms: ValuationTerms
) -> tuple[float | None, float | None, float]:
    """Expected present value in cash, as capacity, and after the horizon; a score has none."""
    if stream.kind == "score":
        return None, None, 0.0
    alone, share = replace(plan, streams=[stream], costs=[]), f"{plan.id}.{stream.name}.cashable"
    factor, rest = terms.factors(terms.horizon + 1), {**inputs, share: 1 - inputs[share]}
    paths = [project(alone, given, terms.horizon).benefit.mean(axis=0) for given in (inputs, rest)]
    cash, capacity = (float(path @ factor) for path in paths)
    growth = float(terms.factors(2)[0] / terms.factors(2)[1])
    return cash, capacity, float(paths[0][-1] * factor[-1]) * stream.fade / (growth - stream.fade)


def _source(benefit: Benefit) -> str:
    if isinstance(benefit.effect, Effect):
        where = benefit.effect.outcome or benefit.effect.table or "the path in the case"
        return f"{DESIGNS[benefit.effect.design][1]}, {where}"
    sure = "" if benefit.confidence is None else f", cut to {numbers.percent(benefit.confidence, 0)}"
    return f"an estimate{sure}, {'on record' if benefit.elicited else 'no record of whose'}"


def _bias(benefit: Benefit, stream: Stream) -> str:
    if not isinstance(stream.effect, EffectPath) or not isinstance(benefit.effect, Effect):
        return "in the range"
    if stream.effect.bias_sd:
        return f"{stream.effect.bias_sd:g}"
    return "none: a lottery" if benefit.effect.design == "randomised" else "none declared"
