"""Benefit and cost by stream, three times over the same quarters: as the case has them, as booked, by the panel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.initiatives.plan.streams import DEFAULT, GROSS, Plan, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import LEVEL, TAILS
from scrm_helpers.initiatives.valuation.drawn_flows import Inputs, project

NOT_ASKED = "nothing is booked yet"


@dataclass(frozen=True, kw_only=True)
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
        last = self.rows.iloc[-1]
        ends = numbers.interval(last["low"], last["high"], self.terms.money)
        expected = f"the case has {self.terms.money(last['case'])} ({numbers.percent(LEVEL)} range {ends})"
        span = f"Over quarters 0 to {self.until}"
        said = f"{span} {expected}; {self.booked.reason}."
        if self.booked.value is not None:
            said = f"{span} the ledger books {self.terms.money(self.booked.value)} net, {expected}."
        if self.contradictions:
            said += f" The case is contradicted by {'; and by '.join(self.contradictions)}."
        heads = {"case": "Case", "low": "Case, low", "high": "Case, high", "ledger": "Ledger", "panel": "Panel"}
        heads |= {"reading": "Reading"}
        return Words(
            sentence=said,
            table=self.rows[[*heads]].rename(columns=heads).rename_axis("Stream").reset_index(),
            formats=dict.fromkeys(["Case", "Case, low", "Case, high", "Ledger", "Panel"], "money"),
            caption="Case, ledger and panel, stream by stream",
            note=(
                f"Quarters 0 to {self.until} since the start, not discounted; costs below zero; case: mean and 95% "
                "range of the draws on the calendar of the roll-out; panel: estimated effect times the worth of a "
                "unit, for the streams that it can test. Booked quarters carry the value, the case only those after."
            ),
        )


def stream_by_stream(
    plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, tested: Collection[str] = ()
) -> TieOut:
    """Set what a case has beside the ledger, and, for the kinds of streams `tested`, beside the panel."""
    booked, until = plan.booked, terms.horizon if plan.booked is None else plan.booked.until
    flows = project(replace(plan, booked=None), inputs, until)
    kinds = [*flows.streams, *(sorted(set(booked.streams) - set(flows.streams)) if booked else ())]
    nothing = np.zeros(1)
    drawn = {kind: flows.streams[kind].sum(axis=1) if kind in flows.streams else nothing for kind in kinds}
    drawn |= {kind: -flows.costs[kind].sum(axis=1) for kind in terms.counted if flows.costs[kind].any() or booked}
    ledger: dict[str, float] = {}
    if booked is not None:
        ledger = {kind: float(booked.streams.get(kind, nothing).sum()) for kind in kinds if booked.streams}
        ledger |= {kind: -float(booked.costs[kind].sum()) for kind in terms.counted}
    gross = {stream.name for stream in plan.streams if stream.kind == GROSS}
    rows, level = {}, 1 - (1 - LEVEL) / max(len(kinds), 1)
    for kind, values in drawn.items():
        low, high = np.quantile(values, TAILS)
        wide = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        given = ledger.get(kind)
        off = given is not None and kind in kinds and not wide[0] - 1e-9 <= given <= wide[1] + 1e-9
        panel = float(values.mean()) if kind in tested else None
        reading = "not booked" if given is None else "disagree" if off else "agree"
        if kind not in kinds:
            reading = "cost" if given is None else _gap(float(values.mean()), given)
        rows[kind] = (float(values.mean()), low, high, given, panel, reading, off)
    columns = ["case", "low", "high", "ledger", "panel", "reading", "off"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    net = np.sum(np.broadcast_arrays(*drawn.values()), axis=0)
    total = sum(ledger.values()) if booked is not None and booked.streams else None
    low, high = np.quantile(net, TAILS)
    money = partial(_said, terms=terms, until=until)
    contradictions = tuple(money(kind, row, kind in tested) for kind, row in table[table["off"]].iterrows())
    table.loc["net"] = [float(net.mean()), low, high, total, None, "", False]
    table = table.rename(index=lambda kind: kind.replace("_", " "))
    for name in sorted(gross):
        table.loc[f"{name} (gross, in no sum)"] = [None, None, None, None, None, "no design carries it", False]
    name = measure_name("booked_net", plan.id)
    why = NOT_ASKED if booked is None else "the ledger books no benefit of it"
    measure = unknown(name, terms.currency, why) if total is None else None
    return TieOut(
        booked=measure or Measure(name=name, value=total, unit=terms.currency, no_range="a sum of what is booked"),
        **plan.place(until),
        rows=table.astype(dict.fromkeys(columns[:5], float)),
        until=until,
        terms=terms,
        contradictions=contradictions,
    )


def _gap(planned: float, booked: float) -> str:
    if planned == 0:
        return "not planned" if booked else "agree"
    share = booked / planned - 1
    return "as planned" if abs(share) < 0.005 else f"{numbers.percent(abs(share))} {'more' if share > 0 else 'less'}"


def _said(kind: object, row: pd.Series, tested: bool, *, terms: ValuationTerms, until: int) -> str:
    ends = numbers.interval(row["low"], row["high"], terms.money)
    source, other = ("panel", "the panel's effect gives") if tested else ("ledger", "the case expects")
    expected = f"{other} {terms.money(row['case'])}, 95% range {ends}"
    return f"the {source} ({kind}, quarters 0 to {until}: {expected}, the ledger books {terms.money(row['ledger'])})"
