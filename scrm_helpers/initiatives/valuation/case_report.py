"""A business case from the company's folder, valued with the company's own evidence, or why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.roll_outs import Evidence
from scrm_helpers.initiatives.goals.goal_chain import GoalTree, goal_tree
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.ledger.value_bridge import Bridge, bridge
from scrm_helpers.initiatives.plan.business_case import EXAMPLE, case_hash, example_case, plans, read_case
from scrm_helpers.initiatives.plan.case_rules import warnings
from scrm_helpers.initiatives.plan.case_schema import Case, Effect
from scrm_helpers.initiatives.plan.streams import EffectPath, Plan
from scrm_helpers.initiatives.plan.valuation_terms import ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.grounds import case_grounds, ties_to_ledger
from scrm_helpers.initiatives.valuation.information import early_look, measure_next, wait_or_decide
from scrm_helpers.initiatives.valuation.one_page import cfo_page, statistician_page
from scrm_helpers.initiatives.valuation.payback_time import payback_curve
from scrm_helpers.initiatives.valuation.sensitivity import tipping_point, tipping_words, tornado
from scrm_helpers.initiatives.valuation.simulate import Inputs, draw_inputs, project
from scrm_helpers.tables.values.periods import COUNT


@dataclass(frozen=True)
class CaseReport:
    """All that is said about one initiative of a business case; without a case every part is the same one sentence."""

    valuation: Result
    payback: Result
    grounds: Result
    steps: Bridge | Result
    swings: Result
    measure: Result
    waiting: Result
    early: Result
    tree: GoalTree
    cfo: Result
    statistician: Result
    hints: tuple[str, ...]
    mark: str = ""
    seed: int = 0


def case_text(folder: str | Path, *, sample: bool) -> str:
    """Return the business case of a company folder; the bundled example for the sample company; else an empty text.

    Parameters
    ----------
    folder : str or pathlib.Path
        The company folder.
    sample : bool
        Whether the company is the sample.

    Returns
    -------
    str
        YAML.
    """
    file = Path(folder) / EXAMPLE
    if file.is_file():
        return file.read_text(encoding="utf-8")
    return example_case() if sample else ""


def report_case(
    text: str,
    evidence: Evidence,
    *,
    ledger: Ledger | None = None,
    initiative: str = "",
    view: str = "economic",
    data: Mapping[str, float] | None = None,
    as_of: str = "",
    version: str = "",
    prices: Mapping[str, float] | None = None,
    show_owners: bool = False,
) -> CaseReport:
    """Value one initiative of a business case and answer what CFO and statistician ask.

    Parameters
    ----------
    text : str
        The business case in YAML; empty when there is none.
    evidence : Evidence
        Effects of the company's own roll-outs: a benefit whose effect names an outcome takes it from here.
    ledger : Ledger, optional
        The ledger that the plan is tied to.
    initiative : str
        Id of the initiative; the first one when empty.
    view : {"cash", "economic", "shadow"}
        Which costs count.
    data : mapping of str to float, optional
        Quantities that the case takes from data.
    as_of, version : str
        Day of the data and version of the kit, for the small print.
    prices : mapping of str to float, optional
        What measuring an input would cost.
    show_owners : bool
        Whether the pages name the owners.

    Returns
    -------
    CaseReport
        A case with faults is refused in words; what the ledger says does not depend on it.
    """
    if not text:
        return _absent(
            f"There is no business case: write {EXAMPLE} into the company folder (scrm init makes an example)."
        )
    try:
        case = read_case(text)
    except Refusal as refused:
        return _absent("The business case is refused. " + " ".join(refused.messages))
    names = [one.id for one in case.initiatives]
    if initiative and initiative not in names:
        return _absent(
            f"The business case has no initiative {initiative}; it has {', '.join(names)}. Name one of them."
        )
    missing = [
        b.id for i in case.initiatives for b in i.benefits if _needs(b.effect) and _path(b.effect, evidence) is None
    ]
    if missing:
        other = sorted({one.granularity for one in evidence.ladders.values()} - {"quarter", COUNT})
        why = f" (the panel counts in {other[0]}s, and a case in quarters)" if other else ""
        return _absent(f"The business case cannot be valued: no evidence was found for {', '.join(missing)}{why}.")
    found = plans(case, estimates=_estimates(case, evidence), data=data)
    plan = next((one for one in found if one.id == initiative), found[0])
    inputs = draw_inputs(found, draws=case.draws, seed=case.seed)
    terms = ValuationTerms(case.headline_q, case.discount.annual, view, case.currency)
    tipping = tipping_point(plan, inputs, terms)
    tip = tipping_words(tipping)
    valued = value_initiative(plan, inputs, terms, horizons=case.horizons_q)
    valued = replace(
        valued, sentence=f"{valued.sentence} {tip[:1].upper() + tip[1:]}.", today=_quarters_over(case, plan.id, as_of)
    )
    mark = case_hash(text)
    grounds = case_grounds(case, plan, inputs, terms, mark=mark)
    swings, knowing = tornado(plan, inputs, terms), measure_next(plan, inputs, terms, prices=prices)
    steps, early = _steps(plan, inputs, terms, grounds.tail if case.tail else None), early_look(valued)
    used = [name for name in sorted(_outcomes(case)) if name in evidence.ladders]
    return CaseReport(
        valuation=valued,
        payback=payback_curve(valued),
        grounds=grounds,
        steps=steps,
        swings=swings,
        measure=knowing,
        waiting=wait_or_decide(valued, terms),
        early=early,
        tree=goal_tree(case),
        cfo=cfo_page(
            case,
            valued,
            steps=steps,
            swings=swings,
            measure=knowing,
            grounds=grounds,
            early=early,
            tied=ties_to_ledger(plan, inputs, ledger),
            terms=terms,
            footer=f"Case {mark}; data to {as_of or 'a day not stated'}; kit {version or 'of unknown version'}.",
            show_owners=show_owners,
        ),
        statistician=statistician_page(
            valued,
            [evidence.ladders[name] for name in used],
            [evidence.powers[name] for name in used],
            tipping=tipping,
            grounds=grounds,
            seed=case.seed,
        ),
        hints=tuple(warnings(case)),
        mark=mark,
        seed=case.seed,
    )


def _steps(plan: Plan, inputs: Inputs, terms: ValuationTerms, tail: float | None) -> Bridge:
    flows = project(plan, inputs, terms.horizon)
    streams = {name: path.mean(axis=0) for name, path in flows.streams.items()}
    costs = {name: path.mean(axis=0) for name, path in flows.costs.items()}
    return bridge(streams, costs, terms, subject=plan.name, tail=tail)


def _quarters_over(case: Case, initiative: str, as_of: str) -> int | None:
    """Quarters since the start of an initiative that are over on the day of the data, or None."""
    if not as_of:
        return None
    start = next(one.start for one in case.initiatives if one.id == initiative)
    last = (pd.Timestamp(as_of) + pd.Timedelta(days=1)).to_period("Q") - 1
    return int(last.ordinal - pd.Period(start, "Q").ordinal)


def _outcomes(case: Case) -> set[str]:
    effects = [b.effect for i in case.initiatives for b in i.benefits]
    return {effect.outcome for effect in effects if isinstance(effect, Effect) and effect.outcome}


def _needs(effect: object) -> bool:
    return isinstance(effect, Effect) and effect.path is None


def _path(effect: object, evidence: Evidence) -> EffectPath | None:
    return evidence.path(effect.outcome) if isinstance(effect, Effect) and effect.outcome else None


def _estimates(case: Case, evidence: Evidence) -> dict[str, EffectPath]:
    found = {b.id: _path(b.effect, evidence) for i in case.initiatives for b in i.benefits if _needs(b.effect)}
    return {name: path for name, path in found.items() if path is not None}


def _absent(sentence: str) -> CaseReport:
    said = Result(sentence=sentence, table=pd.DataFrame({"Question": [], "Answer": []}), drawable=False)
    return CaseReport(said, said, said, said, said, said, said, said, GoalTree(reason=sentence), said, said, ())
