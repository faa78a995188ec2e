"""A case beside panel and ledger: on their calendar, stream by stream, and its claims with the grades they carry."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Refusal, Words, measure_name, numbers
from scrm_helpers.initiatives.attribution.evidence_ladder import Evidence
from scrm_helpers.initiatives.ledger.flows import DIRECT, Ledger, as_quarter, last_quarter
from scrm_helpers.initiatives.plan.business_case import NO_DESIGN
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Benefit, Case, CaseInitiative, Effect, Link
from scrm_helpers.initiatives.plan.streams import GRADES, GROSS, Booked, EffectPath, OnCalendar, Plan, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import LEVEL, TAILS
from scrm_helpers.initiatives.valuation.drawn_flows import Inputs, project
from scrm_helpers.tables.values.periods import COUNT


def on_calendar(one: CaseInitiative, panel: pd.DataFrame | None, ledger: Ledger | None) -> OnCalendar:
    """Put an initiative of a case on the calendar: units by panel, else by ledger, else as the case plans them."""
    start = pd.Period(one.start, "Q")
    planned = Counter({str(quarter): count for quarter, count in one.units.opens.items()})
    seen, shift, booked = _opened(one, panel), None, None  # quarters from the start here to the start in the ledger
    if ledger is not None and one.id in ledger.ids:
        over = int(ledger.booked_until[ledger.ids.index(one.id)])
        shift = int(last_quarter(ledger.terms.as_of).ordinal - over - start.ordinal)
        booked = _booked(ledger, one.id, shift)
    doubts = []
    if planned and seen and planned != seen:
        doubts.append(f"the panel (the case plans that {_listed(planned)}; in the panel {_listed(seen)})")
    if seen and min(seen) < str(start):
        doubts.append(f"the panel (it opens units in {min(seen)}, before the case starts in {start})")
    if shift:
        doubts.append(f"the ledger (the case starts {one.name} in {start}, the table initiatives in {start + shift})")
    counts, source = (seen, "by the panel") if seen else (planned, "as the case plans it")
    if counts:
        total = sum(counts.values())
        openings = [(max((pd.Period(q, "Q") - start).n, 0), n / total) for q, n in sorted(counts.items())]
        return OnCalendar(tuple(openings), f"{_listed(counts)}, {source}", booked, tuple(doubts))
    if booked is not None and booked.streams:
        first = int(np.flatnonzero(sum(np.abs(path) for path in booked.streams.values()))[0])
        said = f"all units open in {start + first}, when the ledger first books a benefit"
        return OnCalendar(((first, 1.0),), said, booked, tuple(doubts))
    return OnCalendar(booked=booked, doubts=tuple(doubts))


def _listed(counts: Counter[str]) -> str:
    units = numbers.plural(sum(counts.values()), "unit")
    return f"{units} open: " + ", ".join(f"{count} in {quarter}" for quarter, count in sorted(counts.items()))


def _opened(one: CaseInitiative, panel: pd.DataFrame | None) -> Counter[str]:
    """Count the units that the panel opens by quarter; a roll-out that never came about is refused."""
    if panel is None or "first_period" not in panel:
        return Counter()
    outcomes = {b.effect.outcome for b in one.benefits if isinstance(b.effect, Effect) and b.effect.outcome}
    mine = panel["outcome"].isin(outcomes)
    if "initiative_id" in panel and panel["initiative_id"].notna().any():
        mine = panel["initiative_id"].astype("string").eq(one.id).fillna(False)
    rows = panel[mine.to_numpy(dtype=bool)]
    first = as_quarter(rows["first_period"]).groupby(rows["unit_id"].astype(str)).min()
    last = as_quarter(rows["period"]).max()
    if len(first) and first.isna().all() and last is not pd.NaT and last > pd.Period(one.start, "Q"):
        raise Refusal(
            f"The roll-out of {one.name} never happened: up to {last} the panel opens none of "
            f"{numbers.plural(len(first), 'unit')}, so there is no effect to value. Enter first_period for those that "
            "opened, or stop the case."
        )
    return Counter(str(quarter) for quarter in first.dropna())


def _booked(ledger: Ledger, name: str, shift: int) -> Booked | None:
    """What is booked for the quarters that are over, laid on the clock of the case."""
    place = ledger.ids.index(name)
    streams = {kind: grid for kind, grid in ledger.streams.items() if kind not in DIRECT}
    streams["direct"] = ledger.benefit(DIRECT)
    end = max(int(ledger.booked_until[place]) + 1, 0)
    kept = {kind: grid[place, :end] for kind, grid in (streams | dict(ledger.costs)).items()}
    flown = np.flatnonzero(np.sum([np.abs(path) for path in kept.values()], axis=0))
    if not len(flown) or flown[-1] + shift < 1:
        return None
    quarter = np.maximum(np.arange(flown[-1] + 1) + shift, 0)  # what came before the case starts counts in quarter 0
    laid = {kind: np.bincount(quarter, path[: flown[-1] + 1], quarter[-1] + 1) for kind, path in kept.items()}
    return Booked(
        {kind: path for kind, path in laid.items() if kind in streams and path.any()},
        {kind: laid[kind] for kind in ledger.costs},
        compared=ledger.compared == 1,
    )


class TieOut(Answer):
    """One row a stream; `contradictions` say where the ledger lies outside of what the case or the panel allows."""

    booked: Measure  # net value of the quarters that are booked, as booked
    rows: pd.DataFrame  # by stream and kind of cost
    until: int  # last quarter since the start that is compared
    terms: ValuationTerms
    contradictions: tuple[str, ...] = ()

    @property
    def by_stream(self) -> str:
        """Every stream of benefit in one line, as the case, the ledger and the panel have it."""
        sources, said = ("case", "ledger", "panel"), []
        for name, row in self.rows.drop(index="net").iterrows():
            if row[["case", "ledger"]].max() > 0:
                known = [f"{one} {self.terms.money(row[one])}" for one in sources if pd.notna(row[one])]
                said.append(f"{name}: {', '.join(known)}")
        return f"By stream: {'; '.join(said)}." if said else "No benefit in money."

    def words(self) -> Words:
        last = self.rows.loc["net"].to_dict()
        ends = numbers.interval(last["low"], last["high"], self.terms.money)
        expected = f"the case has {self.terms.money(last['case'])} ({numbers.percent(LEVEL)} range {ends})"
        span = f"Over quarters 0 to {self.until}"
        said = f"{span} {expected}; {self.booked.reason}."
        if self.booked.value is not None:
            said = f"{span} the ledger books {self.terms.money(self.booked.value)} net, {expected}."
        if self.contradictions:
            said += f" The case is contradicted by {'; and by '.join(self.contradictions)}."
        heads = {"case": "Case", "low": "Case, low", "high": "Case, high", "ledger": "Ledger", "panel": "Panel"}
        return Words(
            sentence=said,
            table=self.rows.rename(columns=heads | {"reading": "Reading"}).rename_axis("Stream").reset_index(),
            formats=dict.fromkeys(heads.values(), "money"),
            caption="Case, ledger and panel, stream by stream",
            note=f"Quarters 0 to {self.until} since the start, not discounted; costs below zero; case: mean and 95% "
            "range of the draws on the calendar of the roll-out; panel: estimated effect times the worth of a unit, "
            "for the streams that it can test. Booked quarters carry the value, the case only those after.",
        )


def stream_by_stream(plan: Plan, inputs: Inputs, terms: ValuationTerms, *, tested: Collection[str] = ()) -> TieOut:
    """Set what a case has beside the ledger, and, for the kinds of the streams that are `tested`, beside the panel."""
    seen = {stream.kind for stream in plan.streams if stream.name in tested}
    booked, until = plan.booked, terms.horizon if plan.booked is None else plan.booked.until
    flows, nothing = project(replace(plan, booked=None), inputs, until), np.zeros(1)
    given = booked.streams if booked else {}
    kinds = [*flows.streams, *sorted(set(given) - set(flows.streams))]
    drawn = {kind: flows.streams[kind].sum(axis=1) if kind in flows.streams else nothing for kind in kinds}
    drawn |= {kind: -flows.costs[kind].sum(axis=1) for kind in terms.counted if flows.costs[kind].any() or booked}
    ledger = {kind: float(given.get(kind, nothing).sum()) for kind in kinds if given}
    ledger |= {kind: -float(booked.costs[kind].sum()) for kind in terms.counted if booked}
    rows, contradictions = dict[str, tuple[Any, ...]](), []
    beyond = (1 - LEVEL) / 2 / max(len(kinds), 1)  # as many streams are looked at
    for kind, values in drawn.items():
        case, money = float(values.mean()), ledger.get(kind)
        low, high, least, most = np.quantile(values, [*TAILS, beyond, 1 - beyond])
        reading = "not booked" if money is None else "agree"
        if money is not None and kind not in kinds:
            reading = f"{numbers.percent(money / case - 1, 0)} beside the plan" if case else "not planned"
        elif money is not None and not least - 1e-9 <= money <= most + 1e-9:
            reading, ends = "disagree", numbers.interval(low, high, terms.money)
            source, other = ("panel", "the panel's effect gives") if kind in seen else ("ledger", "the case expects")
            expected = f"{other} {terms.money(case)}, 95% range {ends}, the ledger books {terms.money(money)}"
            contradictions.append(f"the {source} ({kind}, quarters 0 to {until}: {expected})")
        rows[kind.replace("_", " ")] = (case, low, high, money, case if kind in seen else None, reading)
    net = np.sum(np.broadcast_arrays(*drawn.values()), axis=0)
    total = sum(ledger.values()) if given else None
    for name in sorted(stream.name for stream in plan.streams if stream.kind == GROSS):
        rows[f"{name} (gross, in no sum)"] = (*[None] * 5, "no design carries it")
    rows["net"] = (float(net.mean()), *np.quantile(net, TAILS), total, None, "")
    why = "the ledger books no benefit of it" if booked else "nothing is booked yet"
    name, no_range = measure_name("booked_net", plan.id), "a sum of what is booked"
    columns = ["case", "low", "high", "ledger", "panel", "reading"]
    return TieOut(
        booked=Measure(name=name, value=total, unit=terms.currency, reason=why, no_range=no_range),
        **plan.place(until),
        rows=pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype(dict.fromkeys(columns[:5], float)),
        until=until,
        terms=terms,
        contradictions=tuple(contradictions),
    )


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
