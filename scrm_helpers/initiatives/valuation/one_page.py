"""One page for the CFO and one for the statistician: what each asks before signing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.initiatives.attribution.evidence_ladder import Ladder
from scrm_helpers.initiatives.attribution.randomised import Power
from scrm_helpers.initiatives.ledger.quarterly_view import Bridge
from scrm_helpers.initiatives.plan.case_schema import Case, ExchangeRate, Goal
from scrm_helpers.initiatives.plan.valuation_terms import read_rule, verdict
from scrm_helpers.initiatives.valuation.case_value import Valuation
from scrm_helpers.initiatives.valuation.grounds import Grounds
from scrm_helpers.initiatives.valuation.payback_time import EarlyLook
from scrm_helpers.initiatives.valuation.portfolio import worst_mean
from scrm_helpers.initiatives.valuation.sensitivity import MeasureNext, Tornado, in_words, tipping_words


@dataclass(frozen=True, kw_only=True)
class CfoPage(Answer):
    """What a CFO asks, with the verdict of the rule that was written beforehand."""

    case: Case
    valuation: Valuation
    steps: Bridge
    swings: Tornado
    measure: MeasureNext
    grounds: Grounds
    early: EarlyLook
    tied: str  # what the plan says beside the ledger
    small_print: tuple[str, str, str] = ("", "", "")  # mark of the case, day of the data, version of the kit
    show_owners: bool = False

    @property
    def verdict(self) -> str:
        """The decision rule of the case, applied to its valuation by the letter."""
        decision, net = self.case.decision, self.valuation.net
        if decision is None:
            return "no rule"
        go, stop = read_rule(decision.rule), read_rule(decision.stop_if) if decision.stop_if else None
        asked = [rule.horizon for rule in (go, stop) if rule is not None]
        return verdict(go, stop, {horizon: float((net[:, horizon] > 0).mean()) for horizon in asked})

    def words(self) -> Words:
        """Fifteen questions and their answers."""
        valued, said = self.valuation, self.verdict
        return Words(
            sentence=f"By the rule written beforehand: {said}. {valued.sentence}",
            table=_as_table(self._answers(said)),
            title=f"{valued.name}: {said}",
            caption="One page for the CFO",
            note=f"Assumptions are ranges; {numbers.count(len(valued.net))} simulated futures.",
        )

    def _answers(self, said: str) -> dict[str, str]:
        case, valued, grounds = self.case, self.valuation, self.grounds
        horizon, money = valued.terms.horizon, valued.terms.money
        initiative = next(entry for entry in case.initiatives if entry.id == valued.id)
        (mark, day, kit), (rule, stop, review) = self.small_print, ("none", "no stop rule", "no agreed")
        if case.decision:
            rule, stop = case.decision.rule, case.decision.stop_if or stop
            review = " and ".join(map(str, case.decision.review)) or review
        owner = owner_words(initiative.owner, self.show_owners)
        goals = [_goal_words(goal, self.show_owners) for goal in case.goals if goal.id in initiative.serves]
        rates = {b.id: b.exchange_rate for b in initiative.benefits}
        scores = [_score_words(valued, str(name), rates.get(str(name))) for name in valued.gains.index]
        sources = [f"{name} {money(value)}" for name, value in self.steps.steps.items()]
        tail = f". Apart from this, after quarter {horizon}: {money(grounds.tail)}" if case.tail else ""
        at, early = valued.headline, numbers.points(valued.horizons["roi"].iloc[0], 2)
        net, low, high = (money(at[name]) for name in ("npv", "npv_low", "npv_high"))
        returns = [f"{quarter} Q {numbers.points(value, 2)}" for quarter, value in valued.horizons["roinit"].items()]
        first = ", ".join(in_words(str(name)) for name in self.swings.swings.index[:3])
        return {
            "What is asked?": (
                f"{said.capitalize()}: {initiative.name}, {money(self.steps.spent)} over {horizon} quarters from "
                f"{initiative.start}. Case: {initiative.business_case or 'not approved yet'}; {owner}. Rule: {rule}."
            ),
            "What is it worth?": (
                f"{net} net at {horizon} quarters (90% range {low} to {high}); chance to pay "
                f"{numbers.percent(at['chance'])}; worst 5%: {money(worst_mean(valued.net[:, horizon]))}."
            ),
            "When is it back?": _back(valued),
            "ROI and return": f"ROI after one quarter {early}; return on initiative: {'; '.join(returns)}.",
            "For which goals?": "; ".join(goals) + ".",
            "Where does it come from?": "; ".join(sources) + tail + ".",
            "Cash or capacity?": (
                f"{money(grounds.cash)} of the expected benefit reaches the ledger; {money(grounds.capacity)} more is "
                "capacity (hours and contacts saved) and counted nowhere."
            ),
            "Does it tie to the ledger?": self.tied,
            "What is not in money?": "; ".join(scores) + "." if scores else "Nothing was kept apart.",
            "How do we know?": (
                f"Evidence grade {valued.grade} (A lottery to E opinion), the weakest of the large streams."
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


@dataclass(frozen=True, kw_only=True)
class StatisticianPage(Answer):
    """What a statistician asks: the power first."""

    valuation: Valuation
    bias: Mapping[str, float]  # declared, by benefit
    tipping: float | None
    seed: int
    ladders: Sequence[Ladder]
    powers: Sequence[Power]

    def words(self) -> Words:
        """Ten questions and their answers."""
        valued, tip = self.valuation, tipping_words(self.tipping)
        chance, error = (numbers.percent(valued.headline[name], 1) for name in ("chance", "chance_error"))
        draws = numbers.count(len(valued.net))
        biases = "; ".join(f"{name.replace('_', ' ')}: {sd:g}" for name, sd in self.bias.items())
        declared = f"{biases} (standard deviation, in the unit of the effect; part of every draw)."
        declared = declared if biases else "None: every range holds chance alone."
        permuted = [f"{entry.outcome}: {entry.best.checks}" for entry in self.ladders if entry.best.checks]
        answers = {
            "What could be seen?": " ".join(power.sentence for power in self.powers) or "No power was computed.",
            "What is the estimand?": (
                "Effect on treated units, mean over event quarters from 0 on; then the discounted incremental net "
                "value."
            ),
            "By which design?": " ".join(entry.sentence for entry in self.ladders) or "No design: expert ranges only.",
            "What would a plain look say?": "; ".join(f"{entry.outcome}: {_weak(entry)}" for entry in self.ladders)
            or "Not asked.",
            "How are errors joined?": (
                "Effects over quarters are drawn from their full covariance; inputs with stated rank correlations by a "
                "Gaussian copula."
            ),
            "Which bias is declared?": declared,
            "What do permutations say?": "; ".join(permuted) or "No design allows any.",
            "How robust is it?": f"{tip[:1].upper() + tip[1:]}.",
            "How exact is the simulation?": f"Chance to pay {chance}, error {error}; {draws} draws, seed {self.seed}.",
            "What is not claimed?": "Before-and-after is no headline; a score is no money; a chance is no promise.",
        }
        return Words(
            sentence=f"Evidence grade {valued.grade}; {tip}.",
            table=_as_table(answers),
            title="What the figures rest on",
            caption="One page for the statistician",
            note="Grades: A lottery, B staggered roll-out, B- stand-in, C one series, D before and after, E opinion.",
        )


def owner_words(owner: str | None, show: bool) -> str:
    """Write an owner where names may be shown, and otherwise only that there is one."""
    return (owner if show else "owner named in the case") if owner else "no owner"


def _as_table(answers: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(answers.items()), columns=["Question", "Answer"])


def _back(valued: Valuation) -> str:
    middle = float(np.median(valued.payback))
    share = numbers.percent(float(np.isfinite(valued.payback).mean()))
    within = f"{share} of futures within {valued.last} quarters."
    return f"Median {numbers.decimal(middle, 1)} quarters; {within}" if np.isfinite(middle) else f"In {within}"


def _goal_words(goal: Goal, show_owners: bool) -> str:
    if goal.baseline is None or goal.target is None:
        return f"{goal.id} {goal.statement}"
    way = f"{goal.baseline.value:g} to {goal.target.value:g} by {goal.target.by}"
    return f"{goal.id} {goal.statement}: {way} ({owner_words(goal.owner, show_owners)})"


def _score_words(valued: Valuation, name: str, rate: ExchangeRate | None) -> str:
    gain, weight, net = float(valued.gains[name]), float(valued.break_even[name]), valued.headline["npv"]
    if np.isnan(weight):
        pays = "did not rise"
    elif weight <= 0:
        pays = "not needed, it pays in money alone"
    else:
        pays = f"pays if one unit is worth {valued.terms.money(weight)}"
    text = f"{name} {numbers.points(gain, 1)}: {pays}"
    if rate is None:
        return text
    if not rate.approved_by:
        return text + " (its exchange rate is approved by nobody and not used)"
    low, high = sorted((net + rate.low * gain, net + rate.high * gain))
    ends = numbers.interval(low, high, valued.terms.money)
    return text + f" (second line, at the approved rate of {rate.low:g} to {rate.high:g}: net value {ends})"


def _weak(entry: Ladder) -> str:
    weak = [rung for rung in entry.rungs if rung.path is None]
    return ", ".join(f"{rung.design.lower()} {numbers.decimal(rung.effect, 4)}" for rung in weak)
