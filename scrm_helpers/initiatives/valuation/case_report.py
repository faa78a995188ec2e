"""A business case valued with the company's own evidence, and kept as it was believed: a file, never overwritten."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Refusal, Words, numbers
from scrm_helpers.initiatives.attribution.evidence_ladder import Evidence
from scrm_helpers.initiatives.goals.goal_chain import GoalTree, goal_tree
from scrm_helpers.initiatives.ledger.flows import Ledger, last_quarter
from scrm_helpers.initiatives.ledger.quarterly_view import bridge
from scrm_helpers.initiatives.plan.business_case import EXAMPLE, example_case, plans, read_case
from scrm_helpers.initiatives.plan.case_rules import warnings
from scrm_helpers.initiatives.plan.case_schema import Case, Effect
from scrm_helpers.initiatives.plan.streams import EffectPath, OnCalendar, ValuationTerms
from scrm_helpers.initiatives.valuation import sensitivity, tie_out
from scrm_helpers.initiatives.valuation.case_value import torn, value_initiative
from scrm_helpers.initiatives.valuation.concept_page import Concept, beneficiaries
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs, project
from scrm_helpers.initiatives.valuation.one_page import CfoPage, StatisticianPage, case_grounds
from scrm_helpers.initiatives.valuation.payback_time import early_look, payback_curve, wait_or_decide
from scrm_helpers.tables.values.periods import COUNT


@dataclass(frozen=True)
class CaseChoices:
    """What is chosen about the valuation of a business case.

    Parameters
    ----------
    initiative : str, id of the initiative; the first one when empty
    view : {"cash", "economic", "shadow"}, which costs count
    show_owners : bool, whether the pages name the owners
    as_of, version : str, day of the data and version of the kit, for the small print and for what is kept
    """

    initiative: str = ""
    view: str = "economic"
    show_owners: bool = False
    as_of: str = ""
    version: str = ""


CHOICES = CaseChoices()


class CaseMissing(Answer):
    """In place of every answer about a business case that is not there or cannot be valued."""

    ABSENT = "{reason}."


@dataclass(frozen=True)
class CaseReport:
    """All that is said about one initiative of a business case; without a case every part is the same one sentence."""

    valuation: Answer
    payback: Answer
    grounds: Answer
    steps: Answer
    swings: Answer
    measure: Answer
    waiting: Answer
    early: Answer
    cfo: Answer
    statistician: Answer
    tied: Answer
    concept: Answer
    beneficiaries: Answer
    tree: GoalTree
    hints: tuple[str, ...] = ()


def case_text(folder: str | Path, *, sample: bool) -> str:
    """Return the business case of a company folder in YAML; the bundled example for the sample company; else nothing.

    Parameters
    ----------
    folder, sample : the company folder, and whether the company is the sample

    Returns
    -------
    str
    """
    file = Path(folder) / EXAMPLE
    if file.is_file():
        return file.read_text(encoding="utf-8")
    return example_case() if sample else ""


def report_case(
    text: str,
    evidence: Evidence,
    ledger: Ledger | None = None,
    choices: CaseChoices = CHOICES,
    *,
    panel: pd.DataFrame | None = None,
    employees: pd.DataFrame | None = None,
) -> CaseReport:
    """Value one initiative of a business case and answer what CFO and statistician ask.

    Parameters
    ----------
    text : str, the business case in YAML; empty when there is none
    evidence : Evidence, of the company's own roll-outs: a benefit whose effect names an outcome takes it from here
    ledger : Ledger, optional, to which the plan is tied; it carries the value of the quarters that are booked
    choices : CaseChoices, initiative, view of cost, and what the pages show
    panel, employees : both tables or None; first periods say when the units opened; what staff have of it

    Returns
    -------
    CaseReport
    """
    try:
        case, paths, times = ready_case(text, evidence, ledger, choices.initiative, panel)
    except Refusal as refused:
        said, tree = CaseMissing(reason=str(refused)), GoalTree(reason=str(refused))
        return CaseReport(*(said,) * 13, tree)
    found = plans(case, paths, times)
    plan = next((one for one in found if one.id == choices.initiative), found[0])
    inputs = draw_inputs(found, draws=case.draws, seed=case.seed)
    terms = ValuationTerms(case.headline_q, case.discount.annual, choices.view, case.currency)
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]  # by which a page names the case it saw
    tipping = sensitivity.tipping_point(plan, inputs, terms)
    tip = sensitivity.tipping_words(tipping)
    valued = value_initiative(plan, inputs, terms, horizons=case.horizons)
    tied = tie_out.stream_by_stream(plan, inputs, terms, tested=paths)
    doubts = [*tie_out.typed_in(case, plan.id, evidence), *tied.contradictions]
    if doubts:
        apart = value_initiative(replace(plan, booked=None), inputs, terms, horizons=case.horizons)
        valued = torn(valued, apart, doubts)
    hints = (*warnings(case), *tie_out.untested(case))
    learn, time = sensitivity.measure_next(plan, inputs, terms), times[plan.id]
    settled = doubts or not valued.judgement.verdict.startswith("open")
    at = f"At {numbers.plural(terms.horizon, 'quarter')} "  # further on it would be another
    settle = f"{at}{tip}." if settled else sensitivity.settle_words(plan, inputs, valued, learn)
    counts = "the quarters of the panel and the ledger count."
    settled_by = [*(f"The case is contradicted by {doubt}; {counts}" for doubt in time.doubts), settle]
    last = valued.judged[max(valued.judged)]
    if not last.contradicted and last.horizon > terms.horizon and last.verdict != valued.judgement.verdict:
        settled_by.insert(0, f"At {last.horizon} quarters: {last.verdict}, {last.notation}.")
    valued = replace(valued, opened=time.opened, settle=" ".join(settled_by))
    if choices.as_of:
        start = next(one.start for one in case.initiatives if one.id == plan.id)
        over = last_quarter(pd.Timestamp(choices.as_of)).ordinal - pd.Period(start, "Q").ordinal
        valued = replace(valued, today=int(over))
    grounds = case_grounds(case, plan, inputs, terms, mark=mark)
    flows = project(plan, inputs, terms.horizon)
    back, out = ({kind: path.mean(axis=0) for kind, path in part.items()} for part in (flows.streams, flows.costs))
    cfo = CfoPage(
        case=case,
        valuation=valued,
        steps=bridge(back, out, terms, subject=plan.name, tail=grounds.tail if case.tail else None),
        swings=sensitivity.tornado(plan, inputs, terms),
        measure=learn,
        grounds=grounds,
        early=early_look(valued),
        tied=tied,
        small_print=(mark, choices.as_of, choices.version),
        show_owners=choices.show_owners,
    )
    named = {name for _, b in case.benefits for name in tie_out.own_names(plan.id, b.effect)}
    ladders = [evidence.ladders[name] for name in sorted(named & set(evidence.ladders))]
    shared = ("valuation", "grounds", "steps", "swings", "measure", "early", "tied")
    return CaseReport(
        **{part: getattr(cfo, part) for part in shared},
        payback=payback_curve(valued),
        waiting=wait_or_decide(valued),
        tree=goal_tree(case),
        cfo=cfo,
        statistician=StatisticianPage(asked=cfo, tipping=tipping, ladders=ladders, hints=hints),
        hints=hints,
        concept=Concept(valued=valued),
        beneficiaries=beneficiaries(case, valued, evidence, employees, plan.booked),
    )


def ready_case(
    text: str, evidence: Evidence, ledger: Ledger | None, initiative: str, panel: pd.DataFrame | None
) -> tuple[Case, dict[str, EffectPath], dict[str, OnCalendar]]:
    """Read a case with the effects that its benefits take from the evidence, or say why it cannot be valued."""
    if not text:
        raise Refusal(
            f"There is no business case: write {EXAMPLE} into the company folder (scrm init makes an example)."
        )
    try:
        case = read_case(text)
    except Refusal as refused:
        raise Refusal("The business case is refused. " + " ".join(refused.messages)) from None
    names = [one.id for one in case.initiatives]
    if initiative and initiative not in names:
        raise Refusal(f"The business case has no initiative {initiative}; it has {', '.join(names)}. Name one of them.")
    times = {one.id: tie_out.on_calendar(one, panel, ledger) for one in case.initiatives}
    asked = [(one, b) for one, b in case.benefits if isinstance(b.effect, Effect) and b.effect.path is None]
    found = {benefit.id: tie_out.own_effect(evidence, one, benefit.effect) for one, benefit in asked}
    missing = [(one, benefit) for one, benefit in asked if found[benefit.id] is None]
    if missing:
        other = sorted({one.panel.granularity for one in evidence.ladders.values()} - {"quarter", COUNT})
        why = [f"the panel counts in {other[0]}s, and a case in quarters"] if other else []
        tried = {name for one, b in missing for name in tie_out.own_names(one, b.effect)} & set(evidence.reasons)
        why += [f"{name} {evidence.reasons[name]}" for name in sorted(tried)]
        ids, said = ", ".join(benefit.id for _, benefit in missing), f" ({'; '.join(why)})" if why else ""
        raise Refusal(f"The business case cannot be valued: no evidence was found for {ids}{said}.")
    return tie_out.as_tested(case, evidence), {name: path for name, path in found.items() if path is not None}, times


def keep(folder: str | Path, record: dict[str, Any]) -> Path:
    """Write a vintage; one that is there already stays as it is."""
    name = f"{re.sub('[^a-z0-9]+', '-', str(record['initiative']).lower())}_{record['as_of']}.json"
    target, text = Path(folder) / name, json.dumps(record, indent=1, sort_keys=True) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if target.read_text(encoding="utf-8") != text:
            raise Refusal(
                f"The vintage {name} is there already and says something else. What was believed then stays; give the "
                "new valuation its own day."
            ) from None
    return target


class Remembered(Answer):
    """What was believed of an initiative on each day that a valuation was kept."""

    ABSENT = "{reason}."

    name: str = ""
    days: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()  # in whole notation, as believed on each day

    def words(self) -> Words:
        moved = f"; on {self.days[0]} it was believed: {self.returns[0]}; now: {self.returns[-1]}"
        kept = f"{numbers.plural(len(self.days), 'valuation')} of {self.name} kept, the last on {self.days[-1]}"
        return Words(sentence=f"{kept}{moved if len(self.days) > 1 else ''}.")


def remember(case: CaseReport, folder: str) -> Remembered:
    """Keep the valuation of a case among those of earlier days, and show how the belief has moved.

    Parameters
    ----------
    case, folder : from :func:`report_case`; where valuations are kept, nothing is written when it is empty

    Returns
    -------
    Remembered
    """
    page = case.cfo
    if not isinstance(page, CfoPage):
        return Remembered(reason="There is no valuation to keep")
    if not folder:
        kept = "This valuation is not kept: name a folder for vintages to be able to look back at it"
        return Remembered(reason=kept)
    valued, (mark, day, version) = page.valuation, page.small_print
    at = valued.net[:, valued.terms.horizon]
    now = {
        "initiative": valued.id,
        "as_of": day,
        "case": mark,
        "seed": page.case.seed,
        "version": version,
        "horizon_q": valued.terms.horizon,
        "net_value": {f"p{q}": round(float(np.quantile(at, q / 100)), 2) for q in (5, 10, 25, 50, 75, 90, 95)},
        "chance": round(float((at > 0).mean()), 4),
        "verdict": valued.judgement.verdict,
        "return": valued.judgement.notation,
    }
    keep(folder, now)
    known = [record for record in recall(folder) if record["initiative"] == valued.id]
    returns = tuple(record.get("return", f"P = {record['chance']}") for record in known)
    return Remembered(name=valued.name, days=tuple(record["as_of"] for record in known), returns=returns)


def recall(folder: str | Path) -> list[dict[str, Any]]:
    """Read all vintages of a folder, oldest first; those of stopped initiatives stay among them."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]
    return sorted(found, key=lambda record: (record["as_of"], record["initiative"]))
