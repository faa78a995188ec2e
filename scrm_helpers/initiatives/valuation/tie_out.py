"""Benefit and cost by stream, three times over the same quarters: as the case has them, as booked, by the panel."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, measure_name, numbers, unknown
from scrm_helpers.initiatives.plan.streams import DEFAULT, GROSS, Plan, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import LEVEL, TAILS
from scrm_helpers.initiatives.valuation.drawn_flows import Inputs, project


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


def stream_by_stream(
    plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, tested: Collection[str] = ()
) -> TieOut:
    """Set what a case has beside the ledger, and, for the kinds of streams `tested`, beside the panel."""
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
            source, other = ("panel", "the panel's effect gives") if kind in tested else ("ledger", "the case expects")
            expected = f"{other} {terms.money(case)}, 95% range {ends}, the ledger books {terms.money(money)}"
            contradictions.append(f"the {source} ({kind}, quarters 0 to {until}: {expected})")
        rows[kind.replace("_", " ")] = (case, low, high, money, case if kind in tested else None, reading)
    net = np.sum(np.broadcast_arrays(*drawn.values()), axis=0)
    total = sum(ledger.values()) if given else None
    for name in sorted(stream.name for stream in plan.streams if stream.kind == GROSS):
        rows[f"{name} (gross, in no sum)"] = (*[None] * 5, "no design carries it")
    rows["net"] = (float(net.mean()), *np.quantile(net, TAILS), total, None, "")
    name = measure_name("booked_net", plan.id)
    why = "the ledger books no benefit of it" if booked else "nothing is booked yet"
    measure = unknown(name, terms.currency, why)
    if total is not None:
        measure = Measure(name=name, value=total, unit=terms.currency, no_range="a sum of what is booked")
    columns = ["case", "low", "high", "ledger", "panel", "reading"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype(dict.fromkeys(columns[:5], float))
    return TieOut(
        booked=measure, **plan.place(until), rows=table, until=until, terms=terms, contradictions=tuple(contradictions)
    )
