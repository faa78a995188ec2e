"""The view of return on initiative: curve, rank and verdict at a horizon, discount rate, exchange rate, roll-out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Words, numbers, style
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.ledger.flows import Ledger, last_quarter, ledger_of
from scrm_helpers.initiatives.plan.business_case import plans
from scrm_helpers.initiatives.plan.streams import HORIZONS, Plan, ValuationTerms, discount_factors
from scrm_helpers.initiatives.valuation.case_report import case_text, ready_case
from scrm_helpers.initiatives.valuation.case_value import Valuation, torn, value_flows
from scrm_helpers.initiatives.valuation.drawn_flows import Flows, draw_inputs, project
from scrm_helpers.initiatives.valuation.tie_out import stream_by_stream, typed_in
from scrm_helpers.report.explore.looks import PICK, Control, View
from scrm_helpers.report.session import Chapter

LONGEST = 20  # quarters
DRAWS = 2000  # of a view; chapter 07 draws as many as the case says
RANKED = 8  # returns that are listed beside the curve


class ReturnMoved(Answer):
    """The valuation of an initiative on other terms, and its rank among the initiatives that were done."""

    valued: Valuation
    others: pd.Series  # return of the ledger's other initiatives at the horizon, by name; as booked
    changed: str = ""  # how the roll-out differs from what is planned or seen

    def words(self) -> Words:
        valued, many, quarters = self.valued, len(self.others) + 1, numbers.plural(self.valued.terms.horizon, "quarter")
        rank = 1 + int((self.others > valued.judgement.roinit.value).sum())
        place = "No other initiative of the ledger has reached this horizon."
        if len(self.others):
            place = f"By return at {quarters} it stands at place {rank} of {many}, the others as booked."
        return Words(
            sentence=f"{valued.verdict_words} {valued.judgement.notation}. {place}",
            title=valued.title,
            note=f"{self.changed}{valued.note}",
            alt=f"{valued.alt} Beside it the returns of {numbers.plural(many, 'initiative')}, this one marked.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = self.valued.plot(ax)
        horizon = self.valued.terms.horizon
        ax.axvline(horizon, color=style.ORANGE, linewidth=1, linestyle=":")
        own = self.valued.judgement.roinit.value
        returns = pd.concat([self.others, pd.Series({self.valued.name: own})]).sort_values(ascending=False)
        place = returns.index.get_loc(self.valued.name)
        first = max(min(place - RANKED + 1, len(returns) - RANKED), 0)
        look: dict[str, Any] = {"xycoords": "axes fraction", "annotation_clip": False, "size": 8, "va": "top"}
        ax.annotate(f"Return at {numbers.plural(horizon, 'quarter')}", (1.14, 1.0), **look, weight="bold")
        for row, (name, value) in enumerate(returns.iloc[first : first + RANKED].items(), first):
            here: dict[str, Any] = {"color": style.ORANGE, "weight": "bold"} if row == place else {}
            words = str(name) if len(str(name)) <= 24 else f"{str(name)[:23].rstrip()}…"
            words = f"{row + 1}. {words} {numbers.percent(value, 0)}"
            ax.annotate(words, (1.14, 0.9 - 0.09 * (row - first)), **look, **here)
        return ax


def return_view(chapter: Chapter, view: str = "economic") -> View:
    """Draw the business case once, and let horizon, discount rate, exchange rate and roll-out be chosen.

    Parameters
    ----------
    chapter : Chapter, opened as 07, of a company with a business case
    view : {"cash", "economic", "shadow"}, costs that count

    Returns
    -------
    View

    Notes
    -----
    A roll-out that is moved or resized is a supposition, so nothing booked counts in it: the units open so many
    quarters later; benefit and running cost, which runs from the start, grow with their number, the set-up cost not.
    """
    company = chapter.company
    panel = company.table("initiative_panel") if company.has("initiative_panel") else None
    evidence, ledger = gather_evidence(panel), ledger_of(company)
    case, paths, times = ready_case(case_text(chapter.data, sample=company.is_sample), evidence, ledger, "", panel)
    by_id = {one.id: one for one in plans(case, paths, times)}
    inputs = draw_inputs(list(by_id.values()), draws=min(DRAWS, case.draws), seed=case.seed)
    base = ValuationTerms(case.headline_q, case.discount.annual, view, case.currency)
    doubts = {
        name: [*typed_in(case, name, evidence), *stream_by_stream(plan, inputs, base, tested=paths).contradictions]
        for name, plan in by_id.items()
    }
    rates = {b.id: b.exchange_rate for _, b in case.benefits if b.kind == "score" and b.exchange_rate}
    score, rate = next(iter(rates.items()), ("", None))

    @cache
    def flows(name: str, later: int, size: float, booked: bool) -> Flows:
        found = project(_moved(by_id[name], later, size, booked), inputs, LONGEST)
        grown = np.where(np.arange(LONGEST + 1) > 0, size, 1.0)  # running cost, from the start on
        return replace(found, costs={kind: path * grown for kind, path in found.costs.items()})

    def at(initiative: str, horizon: int, discount: float, later: int, size: float, worth: float = 0.0) -> ReturnMoved:
        terms, plan = replace(base, horizon=horizon, discount_rate_annual=discount), by_id[initiative]
        until, planned = max(horizon, *HORIZONS), later == 0 and size == 1
        one = _moved(plan, later, size, planned)
        valued = value_flows(one, _until(flows(initiative, later, size, planned), until, {score: worth}), terms)
        if doubts[initiative]:
            apart = _until(flows(initiative, later, size, False), until, {score: worth})
            valued = torn(valued, value_flows(replace(one, booked=None), apart, terms), doubts[initiative])
        start = next(it.start for it in case.initiatives if it.id == initiative)
        today = last_quarter(company.as_of).ordinal - pd.Period(start, "Q").ordinal
        valued = replace(valued, today=int(today), opened=times[initiative].opened)
        supposed = (
            f"Supposed: units open {numbers.plural(later, 'quarter')} later, {numbers.percent(size, 0)} of them, "
            "benefit and running cost in proportion, nothing counts as booked. "
        )
        others = _booked_returns(ledger, horizon, discount).drop(plan.name, errors="ignore")
        return ReturnMoved(valued=valued, others=others, changed="" if planned else supposed)

    names = {one.id: one.name for one in by_id.values()}
    yearly, sizes = [n / 100 for n in range(31)], [n / 4 for n in range(1, 9)]
    controls = [
        Control("initiative", "Initiative", list(by_id), next(iter(by_id)), lambda one: names[one], kind=PICK),
        Control("horizon", "Horizon, quarters", range(1, LONGEST + 1), base.horizon),
        Control("discount", "Discount rate a year", yearly, 0.0, numbers.percent).at(base.discount_rate_annual),
        Control("later", "Roll-out later by, quarters", range(9), 0),
        Control("size", "Size of the roll-out", sizes, 1.0, lambda part: numbers.percent(part, 0)),
    ]
    if rate is not None:
        worths = np.linspace(0, max(rate.high, rate.low, 1.0), 23).round(2).tolist()
        controls.append(Control("worth", f"Worth of one unit of {score}", worths, 0.0, base.money))
    return View("Return on initiative", controls, at)


def _moved(plan: Plan, later: int, size: float, booked: bool) -> Plan:
    """Open the units of a plan some quarters later and change their number."""
    streams = [
        replace(one, reach=one.reach * size, openings=tuple((quarter + later, part) for quarter, part in one.openings))
        for one in plan.streams
    ]
    return replace(plan, streams=streams, booked=plan.booked if booked else None)


def _until(flows: Flows, quarter: int, worths: Mapping[str, float]) -> Flows:
    """Cut flows at a quarter, and turn scores into money at what one unit is said to be worth."""
    cut = slice(0, quarter + 1)
    priced = {name: flows.scores[name] * worth for name, worth in worths.items() if worth and name in flows.scores}
    streams = {kind: path[:, cut] for kind, path in (*flows.streams.items(), *priced.items())}
    return Flows(streams, {kind: path[:, cut] for kind, path in flows.costs.items()}, {})


def _booked_returns(ledger: Ledger | None, horizon: int, annual: float) -> pd.Series:
    """Return of every initiative of the ledger that has all quarters to the horizon booked."""
    if ledger is None:
        return pd.Series(dtype=float)
    end = min(horizon + 1, ledger.quarters)
    factors = discount_factors(annual, end)
    back, out = (grid[:, :end] @ factors for grid in (ledger.benefit(), ledger.cost("economic")))
    ripe = (ledger.booked_until >= horizon) & (out > 0)
    return pd.Series(back[ripe] / out[ripe] - 1, index=pd.Index(ledger.names)[ripe], dtype=float)
