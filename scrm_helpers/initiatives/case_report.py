"""A business case from the company's folder, valued with the company's own evidence, or why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from scrm_helpers.initiatives.bridge import bridge
from scrm_helpers.initiatives.business_case import EXAMPLE, CaseRefused, case_hash, example_case, plans, read_case
from scrm_helpers.initiatives.case_rules import warnings
from scrm_helpers.initiatives.case_schema import Case, Effect
from scrm_helpers.initiatives.evidence import Evidence
from scrm_helpers.initiatives.goal_tree import goal_tree
from scrm_helpers.initiatives.information import measure_next
from scrm_helpers.initiatives.one_page import cfo_page, statistician_page
from scrm_helpers.initiatives.sensitivity import tipping_point, tipping_words, tornado
from scrm_helpers.initiatives.simulate import draw_inputs, project
from scrm_helpers.initiatives.streams import EffectPath
from scrm_helpers.initiatives.valuation import value_initiative
from scrm_helpers.presentation.result import Result


@dataclass(frozen=True)
class CaseReport:
    """All that is said about one initiative of a business case; without a case every part is the same one sentence."""

    valuation: Result
    steps: Result
    swings: Result
    measure: Result
    tree: Result
    cfo: Result
    statistician: Result
    hints: tuple[str, ...]


def case_text(folder: str | Path, *, sample: bool) -> str:
    """Return the business case of a company folder; the bundled example for the sample company; else an empty text."""
    file = Path(folder) / EXAMPLE
    if file.is_file():
        return file.read_text(encoding="utf-8")
    return example_case() if sample else ""


def report_case(
    text: str,
    evidence: Evidence,
    *,
    initiative: str = "",
    view: str = "economic",
    headline: int = 8,
    data: Mapping[str, float] | None = None,
    as_of: str = "",
    version: str = "",
    prices: Mapping[str, float] | None = None,
) -> CaseReport:
    """Value one initiative of a business case and answer what CFO and statistician ask.

    Parameters
    ----------
    text : str
        The business case in YAML; empty when there is none.
    evidence : Evidence
        Effects of the company's own roll-outs: a benefit whose effect names an outcome takes it from here.
    initiative : str
        Id of the initiative; the first one when empty.
    view : {"cash", "economic", "shadow"}
        Which costs count.
    headline : int
        Horizon of the headline in quarters.
    data : mapping of str to float, optional
        Quantities that the case takes from data.
    as_of, version : str
        Day of the data and version of the kit, for the small print.
    prices : mapping of str to float, optional
        What measuring an input would cost.

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
    except CaseRefused as refused:
        return _absent("The business case is refused. " + " ".join(refused.messages))
    missing = [
        b.id for i in case.initiatives for b in i.benefits if _needs(b.effect) and _path(b.effect, evidence) is None
    ]
    if missing:
        return _absent(f"The business case cannot be valued: no evidence was found for {', '.join(missing)}.")
    found = plans(case, estimates=_estimates(case, evidence), data=data)
    plan = next((one for one in found if one.id == initiative), found[0])
    inputs = draw_inputs(found, draws=case.draws, seed=case.seed)
    valued = value_initiative(
        plan,
        inputs,
        headline=headline,
        horizons=case.horizons_q,
        currency=case.currency,
        discount_rate_annual=case.discount.annual,
        view=view,
    )
    tipping = tipping_point(plan, inputs, horizon=headline, discount_rate_annual=case.discount.annual, view=view)
    tip = tipping_words(tipping)
    valued = replace(valued, sentence=f"{valued.sentence} {tip[:1].upper() + tip[1:]}.")
    swings = tornado(
        plan, inputs, horizon=headline, currency=case.currency, discount_rate_annual=case.discount.annual, view=view
    )
    knowing = measure_next(
        plan,
        inputs,
        horizon=headline,
        prices=prices,
        currency=case.currency,
        discount_rate_annual=case.discount.annual,
        view=view,
    )
    flows = project(plan, inputs, headline)
    steps = bridge(
        {name: path.mean(axis=0) for name, path in flows.streams.items()},
        {name: path.mean(axis=0) for name, path in flows.costs.items()},
        horizon=headline,
        subject=plan.name,
        currency=case.currency,
        discount_rate_annual=case.discount.annual,
        view=view,
    )
    used = sorted(
        {
            b.effect.outcome
            for i in case.initiatives
            for b in i.benefits
            if isinstance(b.effect, Effect) and b.effect.outcome
        }
    )
    return CaseReport(
        valuation=valued,
        steps=steps,
        swings=swings,
        measure=knowing,
        tree=goal_tree(case),
        cfo=cfo_page(
            case,
            valued,
            steps=steps,
            swings=swings,
            measure=knowing,
            case_mark=case_hash(text),
            data_to=as_of,
            version=version,
        ),
        statistician=statistician_page(
            valued,
            [evidence.ladders[name] for name in used if name in evidence.ladders],
            [evidence.powers[name] for name in used if name in evidence.powers],
            tipping=tipping,
            seed=case.seed,
        ),
        hints=tuple(warnings(case)),
    )


def _needs(effect: object) -> bool:
    return isinstance(effect, Effect) and effect.path is None


def _path(effect: object, evidence: Evidence) -> EffectPath | None:
    return evidence.path(effect.outcome) if isinstance(effect, Effect) and effect.outcome else None


def _estimates(case: Case, evidence: Evidence) -> dict[str, EffectPath]:
    found = {b.id: _path(b.effect, evidence) for i in case.initiatives for b in i.benefits if _needs(b.effect)}
    return {name: path for name, path in found.items() if path is not None}


def _absent(sentence: str) -> CaseReport:
    said = Result(sentence=sentence, table=pd.DataFrame({"Question": [], "Answer": []}), drawable=False)
    return CaseReport(said, said, said, said, said, said, said, ())
