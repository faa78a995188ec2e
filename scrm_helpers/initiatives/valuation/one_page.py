"""One page for the CFO and one for the statistician: what each asks before signing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.evidence_ladder import Ladder
from scrm_helpers.initiatives.attribution.randomised import Power
from scrm_helpers.initiatives.ledger.value_bridge import Bridge
from scrm_helpers.initiatives.plan.case_schema import Case, CaseInitiative, ExchangeRate, Goal
from scrm_helpers.initiatives.plan.valuation_terms import ValuationTerms, read_rule, verdict
from scrm_helpers.initiatives.valuation.case_value import Valuation
from scrm_helpers.initiatives.valuation.grounds import Grounds
from scrm_helpers.initiatives.valuation.information import EarlyLook, MeasureNext
from scrm_helpers.initiatives.valuation.selection import worst_mean
from scrm_helpers.initiatives.valuation.sensitivity import Tornado, in_words, tipping_words


@dataclass(frozen=True, kw_only=True)
class OnePage(Result):
    """A page of questions and answers; `verdict` is that of the rule written beforehand."""

    verdict: str


def rule_verdict(case: Case, valued: Valuation) -> str:
    """Apply the decision rule of a case to a valuation, by the letter."""
    if case.decision is None:
        return "no rule"
    go = read_rule(case.decision.rule)
    stop = read_rule(case.decision.stop_if) if case.decision.stop_if else None
    asked = [rule.horizon for rule in (go, stop) if rule is not None]
    return verdict(go, stop, {horizon: float((valued.net[:, horizon] > 0).mean()) for horizon in asked})


def cfo_page(
    case: Case,
    valued: Valuation,
    *,
    steps: Bridge,
    swings: Tornado,
    measure: MeasureNext,
    grounds: Grounds,
    early: EarlyLook,
    tied: str,
    terms: ValuationTerms,
    footer: str = "",
    show_owners: bool = False,
) -> OnePage:
    """Answer what a CFO asks, on one page."""
    initiative = next(entry for entry in case.initiatives if entry.name == valued.name)
    said, decision = rule_verdict(case, valued), case.decision
    goals = [_goal_words(goal, show_owners) for goal in case.goals if goal.id in initiative.serves]
    rates = {b.id: b.exchange_rate for b in initiative.benefits if b.exchange_rate}
    scores = [_score_words(valued, str(name), rates.get(str(name))) for name in valued.gains.index]
    sources = [f"{name} {numbers.money(value, valued.currency)}" for name, value in steps.steps.items()]
    rule, stop = (decision.rule, decision.stop_if or "no stop rule") if decision else ("none", "no stop rule")
    review = " and ".join(map(str, decision.review)) if decision and decision.review else "no agreed"
    first = ", ".join(in_words(str(name)) for name in swings.swings.index[:3])
    answers = {
        "What is asked?": _asked(said, initiative, steps, terms, rule, show_owners),
        "What is it worth?": _worth(valued),
        "When is it back?": _back(valued),
        "ROI and return": _returns(valued),
        "For which goals?": "; ".join(goals) + ".",
        "Where does it come from?": "; ".join(sources) + _tail_words(case, grounds, terms) + ".",
        "Cash or capacity?": _capacity_words(grounds, terms),
        "Does it tie to the ledger?": tied,
        "What is not in money?": "; ".join(scores) + "." if scores else "Nothing was kept apart.",
        "How do we know?": f"Evidence grade {valued.grade} (A lottery to E opinion), the weakest of the large streams.",
        "What could change it?": f"{first[:1].upper() + first[1:]}. {measure.sentence}",
        "What would an early look say?": early.sentence,
        "If we do nothing?": "Net value zero by definition; what the goals lose is not in this figure.",
        "Who, and when do we look?": f"{owner_words(initiative.owner, show_owners)}; after {review} quarters; stop if "
        f"{stop}.",
        "Small print": f"{valued.note} {footer} Seed {case.seed}.",
    }
    return OnePage(
        sentence=f"By the rule written beforehand: {said}. {valued.sentence}",
        table=pd.DataFrame(list(answers.items()), columns=["Question", "Answer"]),
        title=f"{initiative.name}: {said}",
        caption="One page for the CFO",
        note=f"Assumptions are ranges; {numbers.count(len(valued.net))} simulated futures.",
        verdict=said,
    )


def statistician_page(
    valued: Valuation,
    ladders: Sequence[Ladder],
    powers: Sequence[Power],
    *,
    tipping: float | None,
    grounds: Grounds,
    seed: int,
) -> OnePage:
    """Answer what a statistician asks, on one page: the power first."""
    at = _at(valued)
    tip = tipping_words(tipping)
    chance, error = (numbers.percent(at[name], 1) for name in ("chance", "chance_error"))
    draws = numbers.count(len(valued.net))
    answers = {
        "What could be seen?": " ".join(power.sentence for power in powers) or "No power was computed.",
        "What is the estimand?": "Effect on treated units, mean over event quarters from 0 on; then the discounted "
        "incremental net value.",
        "By which design?": " ".join(entry.sentence for entry in ladders) or "No design: expert ranges only.",
        "What would a plain look say?": "; ".join(f"{entry.outcome}: {_weak(entry)}" for entry in ladders)
        or "Not asked.",
        "How are errors joined?": "Effects over quarters are drawn from their full covariance; inputs with stated rank "
        "correlations by a Gaussian copula.",
        "Which bias is declared?": _declared(grounds),
        "What do permutations say?": "; ".join(f"{entry.outcome}: {entry.checks}" for entry in ladders if entry.checks)
        or "No design allows any.",
        "How robust is it?": f"{tip[:1].upper() + tip[1:]}.",
        "How exact is the simulation?": f"Chance to pay {chance}, error {error}; {draws} draws, seed {seed}.",
        "What is not claimed?": "Before-and-after is no headline; a score is no money; a chance is no promise.",
    }
    return OnePage(
        sentence=f"Evidence grade {valued.grade}; {tip}.",
        table=pd.DataFrame(list(answers.items()), columns=["Question", "Answer"]),
        title="What the figures rest on",
        caption="One page for the statistician",
        note="Grades: A lottery, B staggered roll-out, B- stand-in, C one series, D before and after, E opinion.",
        verdict=valued.grade,
    )


def _at(valued: Valuation) -> dict[str, float]:
    """The figures at the headline horizon."""
    place = list(valued.horizons.index).index(valued.headline)
    return dict(zip(valued.horizons.columns, valued.horizons.to_numpy()[place].tolist(), strict=True))


def _worth(valued: Valuation) -> str:
    at, currency = _at(valued), valued.currency
    net, low, high = (numbers.money(at[name], currency) for name in ("npv", "npv_low", "npv_high"))
    worst = numbers.money(worst_mean(valued.net[:, valued.headline]), currency)
    return (
        f"{net} net at {valued.headline} quarters (90% range {low} to {high}); chance to pay "
        f"{numbers.percent(at['chance'])}; worst 5%: {worst}."
    )


def _back(valued: Valuation) -> str:
    last, middle = valued.net.shape[1] - 1, float(np.median(valued.payback))
    within = f"{numbers.percent(float(np.isfinite(valued.payback).mean()))} of futures within {last} quarters."
    return f"Median {numbers.decimal(middle, 1)} quarters; {within}" if np.isfinite(middle) else f"In {within}"


def _returns(valued: Valuation) -> str:
    found = zip(valued.horizons.index, valued.horizons["roinit"].tolist(), strict=True)
    each = "; ".join(f"{horizon} Q {numbers.points(value, 2)}" for horizon, value in found)
    early = numbers.points(valued.horizons["roi"].tolist()[0], 2)
    return f"ROI after one quarter {early}; return on initiative: {each}."


def owner_words(owner: str | None, show: bool) -> str:
    """Write an owner where names may be shown, and otherwise only that there is one.

    >>> owner_words("Quality", show=False), owner_words("", show=True), owner_words("Quality", show=True)
    ('owner named in the case', 'no owner', 'Quality')
    """
    return (owner if show else "owner named in the case") if owner else "no owner"


def _asked(
    said: str, initiative: CaseInitiative, steps: Bridge, terms: ValuationTerms, rule: str, show_owners: bool
) -> str:
    cost = numbers.money(steps.spent, terms.currency)
    return (
        f"{said.capitalize()}: {initiative.name}, {cost} over {terms.horizon} quarters from {initiative.start}. Case: "
        f"{initiative.business_case or 'not approved yet'}; {owner_words(initiative.owner, show_owners)}. Rule: {rule}."
    )


def _capacity_words(grounds: Grounds, terms: ValuationTerms) -> str:
    cash, capacity = (numbers.money(value, terms.currency) for value in (grounds.cash, grounds.capacity))
    return (
        f"{cash} of the expected benefit reaches the ledger; {capacity} more is capacity (hours and contacts saved) "
        "and counted nowhere."
    )


def _tail_words(case: Case, grounds: Grounds, terms: ValuationTerms) -> str:
    if not case.tail:
        return ""
    return f". Apart from this, after quarter {terms.horizon}: {numbers.money(grounds.tail, terms.currency)}"


def _declared(grounds: Grounds) -> str:
    each = "; ".join(f"{name.replace('_', ' ')}: {sd:g}" for name, sd in grounds.bias.items())
    if not each:
        return "None: every range holds chance alone."
    return f"{each} (standard deviation, in the unit of the effect; part of every draw)."


def _goal_words(goal: Goal, show_owners: bool) -> str:
    if goal.baseline is None or goal.target is None:
        return f"{goal.id} {goal.statement}"
    way = f"{goal.baseline.value:g} to {goal.target.value:g} by {goal.target.by}"
    return f"{goal.id} {goal.statement}: {way} ({owner_words(goal.owner, show_owners)})"


def _score_words(valued: Valuation, name: str, rate: ExchangeRate | None) -> str:
    gain, weight, currency = float(valued.gains[name]), float(valued.break_even[name]), valued.currency
    text = f"{name} {numbers.points(gain, 1)}: "
    if weight != weight:
        text += "did not rise"
    elif weight <= 0:
        text += "not needed, it pays in money alone"
    else:
        text += f"pays if one unit is worth {numbers.money(weight, currency)}"
    if rate is None:
        return text
    if not rate.approved_by:
        return text + " (its exchange rate is approved by nobody and not used)"
    net = _at(valued)["npv"]
    low, high = sorted((net + rate.low * gain, net + rate.high * gain))
    ends = numbers.interval(low, high, lambda value: numbers.money(value, currency))
    return text + f" (second line, at the approved rate of {rate.low:g} to {rate.high:g}: net value {ends})"


def _weak(entry: Ladder) -> str:
    weak = entry.rungs[~entry.rungs["grade"].isin(["A", "B", "B-", "C"])]
    return ", ".join(
        f"{row['design'].lower()} {numbers.decimal(float(row['effect']), 4)}" for row in weak.to_dict("records")
    )
