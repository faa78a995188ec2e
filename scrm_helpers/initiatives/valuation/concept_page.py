"""Return on initiative on one page: the whole notation, the verdict table, and three beneficiaries side by side."""

from collections.abc import Iterator
from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Words, numbers, style
from scrm_helpers.initiatives.attribution.evidence_ladder import Evidence
from scrm_helpers.initiatives.plan.case_schema import Case, Effect
from scrm_helpers.initiatives.plan.streams import Booked
from scrm_helpers.initiatives.staff.employees import employee_score, participation
from scrm_helpers.initiatives.valuation.case_value import Valuation, verdict_table
from scrm_helpers.initiatives.valuation.tie_out import own_names


class Concept(Answer):
    """What one return on initiative says, drawn by horizon beside ROI, with the rule that turns it into a verdict."""

    OFFERS = ("figure", "table")

    valued: Valuation

    def words(self) -> Words:
        one, name, rows = self.valued.judgement, self.valued.name, self.valued.horizons
        first, last = (numbers.points(rows["roi"].iloc[place], 2) for place in (0, -1))
        return Words(
            sentence=f"{one.notation}. In words: what {name} brings and costs in quarters 0 to {one.horizon}, "
            f"discounted, beyond what would have happened anyway, per unit of cost in the {one.view} view; the range "
            "holds 95% of the futures drawn, P is the share of futures that pay, the grade is the design behind it. "
            f"By the table: {one.verdict}.",
            table=verdict_table(),
            title=f"{name} by horizon: ROI is one number, a return on initiative never is",
            caption="One verdict from value, range and grade",
            note="Ranges at 95%; B- reads as C; the rule of a case may be stricter, never looser. With one direct "
            "stream, cash cost, no discount and an observed effect the return on initiative is ROI.",
            alt=f"Return on initiative with 95% ranges after {rows.index[0]} to {rows.index[-1]} quarters, from "
            f"{numbers.points(rows['roinit'].iloc[0], 2)} to {numbers.points(rows['roinit'].iloc[-1], 2)}; ROI in "
            f"cash as open circles, from {first} to {last}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        rows = self.valued.horizons
        place = np.arange(len(rows))
        found = rows[["roinit", "roinit_low", "roinit_high"]].to_numpy().T
        style.estimates(ax, place, found, "D", label="return on initiative, 95% range")
        ax.plot(place, rows["roi"], "o", color="white", markeredgecolor=style.GREY, label="ROI, cash and direct margin")
        for at, one in enumerate(self.valued.judged[quarter] for quarter in rows.index.to_numpy(int).tolist()):
            high = one.roinit.ends[1]
            ax.text(at, high, one.verdict.replace(" ", "\n", 1) + "\n", fontsize=8, ha="center", va="bottom")
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.set_xticks(place, [str(quarter) for quarter in rows.index])
        ax.margins(x=0.12, y=0.3)
        label = "Quarters since the start; above each its verdict"
        return style.labelled(ax, label, "Net return per unit of cost", legend=2)


class Beneficiaries(Answer):
    """What an initiative does for the company, for employees and for customers: side by side, never summed."""

    OFFERS = ("table",)

    lines: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        missing = [who for who in ("employees", "customers") if who not in set(self.lines["For"])]
        gone = f" Nothing is measured for {' and '.join(missing)}." if missing else ""
        return Words(
            sentence=f"What it does for the company, for employees and for customers is never summed.{gone}",
            table=self.lines,
            caption="Three beneficiaries",
            note="95% ranges; money for the company, scores and shares in their own units.",
        )


def beneficiaries(
    case: Case, valued: Valuation, evidence: Evidence, employees: pd.DataFrame | None, booked: Booked | None
) -> Beneficiaries:
    """Set company, employees and customers side by side."""
    money, at, horizon = valued.terms.money, valued.headline, valued.terms.horizon
    ends = numbers.interval(at["npv_low"], at["npv_high"], money)
    rewards = 0.0 if booked is None else float(booked.costs["reward"].sum())
    rows = [
        ("the company", f"Return on initiative, {horizon} quarters", valued.judgement.notation, "", "case and ledger"),
        ("the company", f"Net value, {horizon} quarters", money(at["npv"]), ends, "case and ledger"),
        *_of_employees(employees),
        ("employees", "Rewards, at what they cost the company so far", money(rewards), "booked", "ledger"),
        *_of_customers(case, valued.id, evidence),
    ]
    kept = rows if rewards > 0 else [row for row in rows if not row[1].startswith("Rewards")]
    return Beneficiaries(lines=pd.DataFrame(kept, columns=["For", "What", "Value", "Range", "From"]))


def _of_employees(employees: pd.DataFrame | None) -> Iterator[tuple[str, str, str, str, str]]:
    if employees is None:
        return
    took, score, table = participation(employees), employee_score(employees), "table employees"
    if not took.reason:
        rate, ends = numbers.percent(took.rate.value), numbers.interval(took.rate.low, took.rate.high, numbers.percent)
        yield "employees", "Took part, of those offered", rate, ends, f"{table}, last quarter"
    if took.persistence is not None:
        yield "employees", "Teams that still take part two quarters later", numbers.percent(took.persistence), "", table
    if not score.reason:
        now, ends = score.score, numbers.interval(score.score.low, score.score.high, numbers.points)
        yield "employees", "Employee Net Promoter Score", numbers.points(now.value), ends, table


def _of_customers(case: Case, initiative: str, evidence: Evidence) -> Iterator[tuple[str, str, str, str, str]]:
    """Effects on what customers have of it: those that the case names, and whether their job got done."""
    effects = [b.effect for owner, b in case.benefits if owner == initiative and isinstance(b.effect, Effect)]
    named = {name for effect in effects for name in own_names(initiative, effect)}
    for name, found in evidence.ladders.items():
        outcome, best = found.panel.outcome, found.best
        if not found.carried or (name not in named and "solved" not in name):
            continue
        size, unit = (100, " percentage points") if found.panel.shares else (1, "")
        value, low, high = (numbers.points(size * end, 2) for end in (best.effect, best.low, best.high))
        yield "customers", f"Effect on {outcome}", value + unit, f"{low} to {high}", f"panel, grade {found.grade}"
