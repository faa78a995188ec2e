"""Grades only for claims that the panel can test: what a case states of its evidence, beside what the panel holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.initiatives.attribution.evidence_ladder import Evidence
from scrm_helpers.initiatives.plan.business_case import NO_DESIGN
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Benefit, Case, Effect, Link
from scrm_helpers.initiatives.plan.streams import GRADES

NEEDS_PANEL = ("randomised", "staggered_did", "synthetic_control", "interrupted_series")
_BY_GRADE = {grade: design for design, (grade, _) in reversed(DESIGNS.items()) if design in (*NEEDS_PANEL, *NO_DESIGN)}


def as_tested(case: Case, evidence: Evidence) -> Case:
    """Give every effect and every link the grade that the panel carries; without a panel a design is an opinion."""
    links = [link.model_copy(update=_link(link, evidence)) for link in case.evidence]
    initiatives = [
        one.model_copy(update={"benefits": [_benefit(benefit, evidence) for benefit in one.benefits]})
        for one in case.initiatives
    ]
    return case.model_copy(update={"evidence": links, "initiatives": initiatives})


def _tested(outcome: str | None, evidence: Evidence) -> str | None:
    """Grade that the panel carries for an outcome."""
    path = evidence.path(outcome) if outcome else None
    return None if path is None else path.grade


def _benefit(benefit: Benefit, evidence: Evidence) -> Benefit:
    effect = benefit.effect
    if not isinstance(effect, Effect) or effect.design in NO_DESIGN:
        return benefit
    grade = _tested(effect.outcome, evidence)
    design = "expert" if grade is None else _BY_GRADE[grade]
    return benefit.model_copy(update={"effect": effect.model_copy(update={"design": design})})


def _link(link: Link, evidence: Evidence) -> dict[str, str]:
    grade, design = DESIGNS[link.design][0], link.design
    if link.design in NEEDS_PANEL:
        grade = _tested(link.panel, evidence) or "E"
        design = "expert" if grade == "E" else link.design
    return {"grade": max(grade, link.grade, key=GRADES.index), "design": design}


def typed_in(case: Case, initiative: str, evidence: Evidence) -> Iterator[str]:
    """Say where an effect that the case types in lies outside of what the panel gives for the same outcome."""
    for owner, benefit in case.benefits:
        effect = benefit.effect
        if owner != initiative or not isinstance(effect, Effect) or effect.path is None or not effect.outcome:
            continue
        found = evidence.path(effect.outcome)
        if found is None:
            continue
        seen = min(len(effect.path), len(found.estimate))
        here, there = float(np.mean(effect.path[:seen])), float(found.estimate[:seen].mean())
        errors = float(found.covariance[:seen, :seen].mean()) + sum(se**2 for se in (effect.se or ())[:seen]) / seen**2
        if abs(here - there) > 3 * np.sqrt(errors + effect.design_bias_sd**2):
            both = f"{numbers.decimal(here, 4)} in the case, {numbers.decimal(there, 4)} in the panel"
            yield f"the panel ({effect.outcome}, mean effect over {numbers.plural(seen, 'quarter')}: {both})"


def untested(case: Case, panel: pd.DataFrame | None) -> Iterator[str]:
    """Name the claims and the metrics of goals that no table of the company holds."""
    for link in case.evidence:
        if link.design == "expert" and link.grade == "E":
            yield f"Nothing in the panel tests that {link.claim} ({link.from_} to {link.to}): it counts as an opinion."
    held = set() if panel is None else {_plain(outcome) for outcome in panel["outcome"].dropna().unique()}
    for goal in case.goals:
        if goal.metric and _plain(goal.metric.id) not in held:
            name = goal.metric.id.replace("_", " ")
            yield f"The panel does not hold {name}, the metric of goal {goal.id}: where it stands is as stated."


def _plain(text: object) -> str:
    return re.sub(r"[^a-z0-9]+", " ", str(text).lower()).strip()
