"""One page for the CFO and one for the statistician: what each asks before signing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.attribution.ladder import Ladder
from scrm_helpers.initiatives.attribution.power import Power
from scrm_helpers.initiatives.bridge import Bridge
from scrm_helpers.initiatives.case_schema import Case, Goal
from scrm_helpers.initiatives.decision import read_rule, verdict
from scrm_helpers.initiatives.information import MeasureNext
from scrm_helpers.initiatives.selection import worst_mean
from scrm_helpers.initiatives.sensitivity import Tornado, in_words, tipping_words
from scrm_helpers.initiatives.valuation import Valuation
from scrm_helpers.presentation import numbers
from scrm_helpers.presentation.result import Result


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
    case_mark: str = "",
    data_to: str = "",
    version: str = "",
) -> OnePage:
    """Answer what a CFO asks, on one page.

    Parameters
    ----------
    case : Case
        The business case.
    valued : Valuation
        Return on the initiative.
    steps : Bridge
        From the first quarter to the horizon.
    swings : Tornado
        What could change the answer.
    measure : MeasureNext
        What to measure next.
    case_mark, data_to, version : str
        Hash of the case, last day of the data, version of the kit: the footer.

    Returns
    -------
    OnePage
    """
    initiative = next(entry for entry in case.initiatives if entry.name == valued.name)
    said, decision = rule_verdict(case, valued), case.decision
    goals = [_goal_words(goal) for goal in case.goals if goal.id in initiative.serves]
    blocked = {b.id for b in initiative.benefits if b.exchange_rate and not b.exchange_rate.approved_by}
    scores = [_score_words(str(n), float(w), str(n) in blocked, valued.currency) for n, w in valued.break_even.items()]
    sources = [f"{name} {numbers.money(value, valued.currency)}" for name, value in steps.steps.items()]
    rule, stop = (decision.rule, decision.stop_if or "no stop rule") if decision else ("none", "no stop rule")
    review = " and ".join(map(str, decision.review)) if decision and decision.review else "no agreed"
    first = ", ".join(in_words(str(name)) for name in swings.swings.index[:3])
    answers = {
        "What is asked?": f"{said.capitalize()}: {initiative.name}, from {initiative.start}. Rule: {rule}.",
        "What is it worth?": _worth(valued),
        "When is it back?": _back(valued),
        "ROI and return": _returns(valued),
        "For which goals?": "; ".join(goals) + ".",
        "Where does it come from?": "; ".join(sources) + ".",
        "What is not in money?": "; ".join(scores) + "." if scores else "Nothing was kept apart.",
        "How do we know?": f"Evidence grade {valued.grade} (A lottery to E opinion), the weakest of the large streams.",
        "What could change it?": f"{first[:1].upper() + first[1:]}. {measure.sentence}",
        "If we do nothing?": "Net value zero by definition; what the goals lose is not in this figure.",
        "Who, and when do we look?": f"{initiative.owner or 'No owner'}; after {review} quarters; stop if {stop}.",
        "Small print": f"{valued.note} Case {case_mark or 'unmarked'}; data to {data_to or 'a day not stated'}; "
        f"kit {version or 'of unknown version'}; seed {case.seed}.",
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
    valued: Valuation, ladders: Sequence[Ladder], powers: Sequence[Power], *, tipping: float | None, seed: int
) -> OnePage:
    """Answer what a statistician asks, on one page: the power first.

    Parameters
    ----------
    valued : Valuation
        Return on the initiative.
    ladders : sequence of Ladder
        What each design says, per outcome.
    powers : sequence of Power
        Smallest effect that each outcome could show.
    tipping : float or None
        Share of the effect that must be bias for a coin flip.
    seed : int
        Seed.

    Returns
    -------
    OnePage
    """
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


def _goal_words(goal: Goal) -> str:
    if goal.baseline is None or goal.target is None:
        return f"{goal.id} {goal.statement}"
    way = f"{goal.baseline.value:g} to {goal.target.value:g} by {goal.target.by}"
    return f"{goal.id} {goal.statement}: {way} ({goal.owner})"


def _score_words(name: str, weight: float, blocked: bool, currency: str) -> str:
    text = f"{name}: "
    if weight != weight:
        text += "did not rise"
    elif weight <= 0:
        text += "not needed, it pays in money alone"
    else:
        text += f"pays if one unit is worth {numbers.money(weight, currency)}"
    return text + (" (its exchange rate is approved by nobody and not used)" if blocked else "")


def _weak(entry: Ladder) -> str:
    weak = entry.rungs[~entry.rungs["grade"].isin(["A", "B", "B-", "C"])]
    return ", ".join(
        f"{row['design'].lower()} {numbers.decimal(float(row['effect']), 4)}" for row in weak.to_dict("records")
    )
