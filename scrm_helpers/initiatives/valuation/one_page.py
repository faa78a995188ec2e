"""What a case rests on, and one page each for the CFO and the statistician: what they ask before signing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, measure_name, numbers
from scrm_helpers.initiatives.attribution.ladder_of_designs import Ladder
from scrm_helpers.initiatives.ledger.quarterly_view import Bridge
from scrm_helpers.initiatives.plan.business_case import NO_DESIGN
from scrm_helpers.initiatives.plan.case_rules import read_rule, verdict
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Benefit, Case, Effect, ExchangeRate, Goal
from scrm_helpers.initiatives.plan.streams import DEFAULT, GROSS, EffectPath, Plan, Stream, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import PAYS, Valuation
from scrm_helpers.initiatives.valuation.drawn_flows import Inputs, project
from scrm_helpers.initiatives.valuation.payback_time import EarlyLook
from scrm_helpers.initiatives.valuation.portfolio import worst_mean
from scrm_helpers.initiatives.valuation.sensitivity import SIMULATED, MeasureNext, Tornado, in_words, tipping_words
from scrm_helpers.initiatives.valuation.tie_out import TieOut

CASH, CAPACITY = "Reaches the ledger", "Capacity"
ASKED = ["Question", "Answer"]


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
        money = int(self.benefits[CASH].notna().sum())
        scores = numbers.plural(len(self.benefits) - money, "score")
        kept = f" and {self.terms.money(self.capacity)} is capacity" if self.capacity > 0 else ""
        text = (
            f"The case counts {numbers.plural(money, 'stream')} of money and {scores} for "
            f"{numbers.plural(self.goals, 'goal')}. Of the benefit that the case expects within "
            f"{self.terms.horizon} quarters {self.terms.money(self.cash)} reaches the ledger{kept}."
        )
        if self.bias:
            listed = "; ".join(f"{name.replace('_', ' ')} {sd:g}" for name, sd in self.bias.items())
            text += f" Declared design bias (standard deviation, in the unit of the effect): {listed}."
        return Words(
            sentence=text,
            table=self.benefits,
            formats=dict.fromkeys([CASH, CAPACITY], "money"),
            caption="What each benefit rests on",
            note=f"Expected, discounted, within {self.terms.horizon} quarters. Capacity: worth of hours and contacts "
            "saved that nobody is paid less for. Declared bias: standard deviation in the unit of the effect, part of "
            f"every draw. Case {self.mark or 'unmarked'}.",
        )


def case_grounds(case: Case, plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, mark: str = "") -> Grounds:
    """Trace every benefit of an initiative to its goal, its design and its author."""
    given = next(one.benefits for one in case.initiatives if one.id == plan.id)
    rows, tails = [], []
    for benefit, stream in zip(given, plan.streams, strict=True):
        *worth, tail = _worth(plan, stream, inputs, terms)
        source, bias = _source(benefit, stream)
        rows.append((benefit.id.replace("_", " "), benefit.goal, source, stream.grade, bias, *worth))
        tails.append(tail)
    heads = ["Benefit", "Goal", "Effect from", "Grade", "Declared bias", CASH, CAPACITY]
    table = pd.DataFrame(rows, columns=heads).astype({CASH: float, CAPACITY: float})
    cash, capacity = (float(table[name].sum()) for name in (CASH, CAPACITY))
    name = measure_name("benefit_in_cash", plan.id)
    part, none = cash / (cash + capacity) if cash + capacity > 0 else None, "no benefit in money is expected"
    return Grounds(
        in_cash=Measure(name=name, value=part, unit="share", reason=none, no_range=SIMULATED),
        **replace(plan, booked=None).place(terms.horizon),
        benefits=table,
        goals=len(case.goals),
        cash=cash,
        capacity=capacity,
        tail=sum(tails),
        bias={s.name: s.effect.bias_sd for s in plan.streams if isinstance(s.effect, EffectPath) and s.effect.bias_sd},
        terms=terms,
        mark=mark,
    )


def _worth(
    plan: Plan, stream: Stream, inputs: Inputs, terms: ValuationTerms
) -> tuple[float | None, float | None, float]:
    """Expected present value in cash, as capacity, and after the horizon; a score has none."""
    if stream.kind in ("score", GROSS):
        return None, None, 0.0
    alone, share = replace(plan, streams=[stream], costs=[], booked=None), f"{plan.id}.{stream.name}.cashable"
    factor, rest = terms.factors(terms.horizon + 1), {**inputs, share: 1 - inputs[share]}
    paths = [project(alone, given, terms.horizon).benefit.mean(axis=0) for given in (inputs, rest)]
    cash, capacity = (float(path @ factor) for path in paths)
    growth = float(terms.factors(2)[0] / terms.factors(2)[1])
    return cash, capacity, float(paths[0][-1] * factor[-1]) * stream.fade / (growth - stream.fade)


def _source(benefit: Benefit, stream: Stream) -> tuple[str, str]:
    """What the effect of a benefit is from, and the bias declared of it."""
    effect = benefit.effect
    if not isinstance(effect, Effect):
        sure = "" if benefit.confidence is None else f", cut to {numbers.percent(benefit.confidence, 0)}"
        return f"an estimate{sure}, {'on record' if benefit.elicited else 'no record of whose'}", "in the range"
    bias = "none: a lottery" if effect.design == "randomised" else "none declared"
    if isinstance(stream.effect, EffectPath) and stream.effect.bias_sd:
        bias = f"{stream.effect.bias_sd:g}"
    gross = "; gross, in no sum" if benefit.kind == "money" and effect.design in NO_DESIGN else ""
    return f"{DESIGNS[effect.design][1]}, {effect.outcome or effect.table or 'the path in the case'}{gross}", bias


class CfoPage(Answer):
    """What a CFO asks, with the verdict of the rule that was written beforehand."""

    case: Case
    valuation: Valuation
    steps: Bridge
    swings: Tornado
    measure: MeasureNext
    grounds: Grounds
    early: EarlyLook
    tied: TieOut
    small_print: tuple[str, str, str] = ("", "", "")  # mark of the case, day of the data, version of the kit
    show_owners: bool = False

    @property
    def decision(self) -> str:
        """The rule of the case by the letter; it may be stricter than the verdict, never looser."""
        decision = self.case.decision
        assert decision is not None  # a case without a rule is refused
        go, stop = read_rule(decision.rule), read_rule(decision.stop_if) if decision.stop_if else None
        said = verdict(go, stop, (self.valuation.net > 0).mean(axis=0))
        return "wait" if said == "go" and self.valuation.judgement.verdict not in PAYS else said

    def words(self) -> Words:
        valued, said = self.valuation, self.decision
        return Words(
            sentence=f"{valued.sentence} By the rule written beforehand: {said}.",
            table=pd.DataFrame(self._answers(said).items(), columns=ASKED),
            title=f"{valued.title}; by the rule: {said}",
            caption="One page for the CFO",
            note=f"Assumptions are ranges; {numbers.count(len(valued.net))} simulated futures.",
        )

    def _answers(self, said: str) -> dict[str, str]:
        case, valued, grounds = self.case, self.valuation, self.grounds
        horizon, money = valued.terms.horizon, valued.terms.money
        initiative = next(entry for entry in case.initiatives if entry.id == valued.id)
        (mark, day, kit), decision = self.small_print, case.decision
        assert decision is not None
        stop = decision.stop_if or "no stop rule"
        review = " and ".join(map(str, decision.review)) or "no agreed"
        owner = _owner_words(initiative.owner, self.show_owners)
        goals = [_goal_words(goal, self.show_owners) for goal in case.goals if goal.id in initiative.serves]
        rates = {b.id: b.exchange_rate for b in initiative.benefits}
        scores = [_score_words(valued, str(name), rates.get(str(name))) for name in valued.gains.index]
        sources = [f"{name} {money(value)}" for name, value in self.steps.steps.items()]
        tail = f". Apart from this, after quarter {horizon}: {money(grounds.tail)}" if case.tail else ""
        at, early = valued.headline, numbers.points(valued.horizons["roi"].iloc[0], 2)
        net, low, high = (money(at[name]) for name in ("npv", "npv_low", "npv_high"))
        returns = "; ".join(valued.judged[quarter].notation for quarter in sorted(valued.judged))
        back = f"{numbers.percent(float(np.isfinite(valued.payback).mean()))} of futures within {valued.last} quarters."
        middle = float(np.median(valued.payback))
        back = f"Median {numbers.decimal(middle, 1)} quarters; {back}" if np.isfinite(middle) else f"In {back}"
        first = ", ".join(in_words(str(name)) for name in self.swings.swings.index[:3])
        return {
            "What is asked?": (
                f"{said.capitalize()}: {initiative.name}, {money(self.steps.spent)} over {horizon} quarters from "
                f"{initiative.start}. Case: {initiative.business_case or 'not approved yet'}; {owner}. "
                f"Rule: {decision.rule}."
            ),
            "What is it worth?": (
                f"{valued.verdict_words} {valued.judgement.notation}: {net} net (95% range {low} to {high}); worst 5%: "
                f"{money(worst_mean(valued.net[:, horizon]))}.{valued.settle and f' {valued.settle}'}"
            ),
            "When is it back?": f"{back} Quarter 0 is {initiative.start}; {valued.opened}.",
            "ROI and return": f"ROI after one quarter {early}. {returns}.",
            "For which goals?": "; ".join(goals) + ".",
            "Where does it come from?": "; ".join(sources) + tail + ".",
            "Cash or capacity?": (
                f"By the case {money(grounds.cash)} of the benefit reaches the ledger; {money(grounds.capacity)} more "
                "is capacity (hours and contacts saved) and counted nowhere."
            ),
            "Does it tie to the ledger?": f"{self.tied.sentence} {self.tied.by_stream}",
            "What is not in money?": "; ".join(scores) + "." if scores else "Nothing was kept apart.",
            "How do we know?": (
                f"Evidence grade {valued.judgement.grade} (A lottery to E opinion), the weakest of the large streams."
            ),
            "What could change it?": f"{first[:1].upper() + first[1:]}. {self.measure.sentence}",
            "What would an early look say?": self.early.sentence,
            "If we do nothing?": "Net value zero by definition; what the goals lose is not in this figure.",
            "Who, and when do we look?": f"{owner}; after {review} quarters; stop if {stop}.",
            "Small print": (
                f"{valued.note} Case {mark}; data to {day or 'a day not stated'}; kit {kit or 'of unknown version'}. "
                f"Seed {case.seed}."
            ),
        }


class StatisticianPage(Answer):
    """What a statistician asks: the power first."""

    asked: CfoPage  # about the same valuation
    tipping: float | None
    ladders: Sequence[Ladder]
    hints: Sequence[str] = ()

    def words(self) -> Words:
        valued, tip = self.asked.valuation, tipping_words(self.tipping)
        chance, error = (numbers.percent(valued.headline[name], 1) for name in ("chance", "chance_error"))
        simulated = f"{numbers.count(len(valued.net))} draws, seed {self.asked.case.seed}"
        biases = "; ".join(f"{name.replace('_', ' ')}: {sd:g}" for name, sd in self.asked.grounds.bias.items())
        declared = f"{biases} (standard deviation, in the unit of the effect; part of every draw)."
        declared = declared if biases else "None: every range holds chance alone."
        permuted = [f"{entry.outcome}: {entry.best.checks}" for entry in self.ladders if entry.best.checks]
        plain = [[rung for rung in entry.rungs if rung.path is None] for entry in self.ladders]
        said = [", ".join(f"{one.design.lower()} {numbers.decimal(one.effect, 4)}" for one in weak) for weak in plain]
        looked = "; ".join(f"{entry.outcome}: {weak}" for entry, weak in zip(self.ladders, said, strict=True))
        answers = {
            "What could be seen?": " ".join(entry.power for entry in self.ladders) or "No power was computed.",
            "What is the estimand?": (
                "Effect on treated units, mean over event quarters from 0 on; then the discounted incremental net "
                "value."
            ),
            "By which design?": " ".join(entry.sentence for entry in self.ladders) or "No design: expert ranges only.",
            "What would a plain look say?": looked or "Not asked.",
            "How are errors joined?": "Effects over quarters are drawn from their full covariance.",
            "Which bias is declared?": declared,
            "What do permutations say?": "; ".join(permuted) or "No design allows any.",
            "How robust is it?": f"{tip[:1].upper() + tip[1:]}.",
            "How exact is the simulation?": f"Chance to pay {chance}, error {error}; {simulated}.",
            "What should be put right?": " ".join(self.hints) or "Nothing.",
            "What is not claimed?": "Before-and-after is no headline; a score is no money; a chance is no promise.",
        }
        return Words(
            sentence=f"{valued.judgement.notation}: {valued.judgement.verdict}; {tip}.",
            table=pd.DataFrame(answers.items(), columns=ASKED),
            title="What the figures rest on",
            caption="One page for the statistician",
            note="Grades: A lottery, B staggered roll-out, B- stand-in, C one series, D before and after, E opinion.",
        )


def _owner_words(owner: str | None, show: bool) -> str:
    return (owner if show else "owner named in the case") if owner else "no owner"


def _goal_words(goal: Goal, show_owners: bool) -> str:
    if goal.baseline is None or goal.target is None:
        return f"{goal.id} {goal.statement}"
    way = f"{goal.baseline.value:g} to {goal.target.value:g} by {goal.target.by}"
    return f"{goal.id} {goal.statement}: {way} ({_owner_words(goal.owner, show_owners)})"


def _score_words(valued: Valuation, name: str, rate: ExchangeRate | None) -> str:
    gain, weight, net = float(valued.gains[name]), float(valued.break_even[name]), valued.headline["npv"]
    pays = f"pays over {numbers.plural(valued.judgement.horizon, 'quarter')} if one unit is worth "
    pays += valued.terms.money(weight)
    pays = "did not rise" if np.isnan(weight) else pays if weight > 0 else "not needed, it pays in money alone"
    text = f"{name} {numbers.points(gain, 1)}: {pays}"
    if rate is None:
        return text
    if not rate.approved_by:
        return text + " (its exchange rate is approved by nobody and not used)"
    low, high = sorted((net + rate.low * gain, net + rate.high * gain))
    ends = numbers.interval(low, high, valued.terms.money)
    return text + f" (second line, at the approved rate of {rate.low:g} to {rate.high:g}: net value {ends})"
