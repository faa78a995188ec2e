"""Grades only for claims that the panel can test: what a case states of its evidence, beside what the panel holds."""

from collections.abc import Iterator

import numpy as np

from scrm_helpers.answers import numbers
from scrm_helpers.initiatives.attribution.evidence_ladder import Evidence
from scrm_helpers.initiatives.plan.business_case import NO_DESIGN
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Benefit, Case, Effect, Link
from scrm_helpers.initiatives.plan.streams import GRADES, EffectPath
from scrm_helpers.tables.values.periods import COUNT

NEEDS_PANEL = ("randomised", "staggered_did", "synthetic_control", "interrupted_series")
_BY_GRADE = {grade: design for design, (grade, _) in DESIGNS.items() if design in NEEDS_PANEL}


def as_tested(case: Case, evidence: Evidence) -> Case:
    """Give every effect and every link the grade that the panel carries; without a panel a design is an opinion."""
    links = [link.model_copy(update=_link(link, evidence)) for link in case.evidence]
    initiatives = [
        one.model_copy(update={"benefits": [_benefit(one.id, benefit, evidence) for benefit in one.benefits]})
        for one in case.initiatives
    ]
    return case.model_copy(update={"evidence": links, "initiatives": initiatives})


def own_names(initiative: str, effect: object) -> tuple[str, ...]:
    """Under which names the evidence may hold an effect of an initiative: alone, or beside those of others."""
    outcome = effect.outcome if isinstance(effect, Effect) else effect
    return (str(outcome), f"{outcome} ({initiative})") if isinstance(outcome, str) else ()


def own_effect(evidence: Evidence, initiative: str, effect: object) -> EffectPath | None:
    """The effect of an initiative by the company's own panel, in quarters since a unit opened."""
    found = [one for name, one in evidence.ladders.items() if name in own_names(initiative, effect)]
    return next((one.best.path for one in found if one.panel.granularity in ("quarter", COUNT)), None)


def _benefit(initiative: str, benefit: Benefit, evidence: Evidence) -> Benefit:
    effect = benefit.effect
    if not isinstance(effect, Effect) or effect.design in NO_DESIGN:
        return benefit
    path = own_effect(evidence, initiative, effect)
    design = "expert" if path is None else _BY_GRADE.get(path.grade, "expert")
    return benefit.model_copy(update={"effect": effect.model_copy(update={"design": design})})


def _link(link: Link, evidence: Evidence) -> dict[str, str]:
    grade, design = DESIGNS[link.design][0], link.design
    if link.design in NEEDS_PANEL:
        path = own_effect(evidence, link.from_, link.panel)
        grade = "E" if path is None else path.grade
        design = "expert" if grade == "E" else link.design
    return {"grade": max(grade, link.grade, key=GRADES.index), "design": design}


def typed_in(case: Case, initiative: str, evidence: Evidence) -> Iterator[str]:
    """Say where an effect that the case types in lies outside of what the panel gives for the same outcome."""
    for owner, benefit in case.benefits:
        effect = benefit.effect
        if owner != initiative or not isinstance(effect, Effect) or effect.path is None or not effect.outcome:
            continue
        found = own_effect(evidence, owner, effect)
        if found is None:
            continue
        seen = min(len(effect.path), len(found.estimate))
        here, there = float(np.mean(effect.path[:seen])), float(found.estimate[:seen].mean())
        errors = float(found.covariance[:seen, :seen].mean()) + sum(se**2 for se in (effect.se or ())[:seen]) / seen**2
        if abs(here - there) > 3 * np.sqrt(errors + effect.design_bias_sd**2):
            both = f"{numbers.decimal(here, 4)} in the case, {numbers.decimal(there, 4)} in the panel"
            yield f"the panel ({effect.outcome}, mean effect over {numbers.plural(seen, 'quarter')}: {both})"


def untested(case: Case) -> Iterator[str]:
    """Name the claims that count as opinions because nothing in the panel tests them."""
    for link in case.evidence:
        if link.design == "expert" and link.grade == "E":
            yield f"Nothing in the panel tests that {link.claim} ({link.from_} to {link.to}): it counts as an opinion."
