"""What an early look would conclude about a plan, and whether waiting to know more is worth its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.plan.valuation_terms import DEFAULT, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import Valuation
from scrm_helpers.initiatives.valuation.information import worth_of_signal

_RATES = ("Right verdicts", "Successes it would stop", "Failures it would keep")


@dataclass(frozen=True, kw_only=True)
class EarlyLook(Result):
    """Verdicts by money back after each quarter against the verdict at the horizon; `stopped` at one quarter."""

    by_quarter: pd.DataFrame
    base: float
    stopped: float | None


def early_look(valued: Valuation) -> EarlyLook:
    """Simulate what a rule of money back would do to this plan: which later successes would it stop?"""
    good = valued.net[:, valued.headline] > 0
    base = float(good.mean())
    rows = {}
    for quarter in [q for q in valued.horizons.index if q < valued.headline]:
        says = valued.net[:, quarter] > 0
        kept = float(says[~good].mean()) if (~good).any() else np.nan
        lost = float((~says[good]).mean()) if good.any() else np.nan
        rows[quarter] = dict(zip(_RATES, (float((says == good).mean()), lost, kept), strict=True))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(_RATES)).astype(float)
    stopped = float(frame["Successes it would stop"].iloc[0]) if len(frame) and good.any() else None
    first = numbers.plural(int(frame.index[0]), "quarter") if len(frame) else ""
    if stopped is None:
        text = f"No future of {valued.name} pays within {valued.headline} quarters, so an early look can miss none."
    else:
        text = (
            f"A rule of money back after {first} would stop {numbers.percent(stopped)} of the futures in which "
            f"{valued.name} pays at {valued.headline} quarters ({numbers.percent(base)} of all futures)."
        )
    return EarlyLook(
        sentence=text,
        table=frame.rename_axis("Quarters").reset_index(),
        formats={"Quarters": "count"} | dict.fromkeys(frame.columns, "percent"),
        caption=f"What an early look would conclude: {valued.name}",
        note=(
            f"{numbers.count(len(good))} simulated futures; {numbers.percent(base)} of them pay at {valued.headline} "
            "quarters: read right verdicts against that share."
        ),
        measures=(
            Measure(
                name=measure_name("stopped_by_an_early_look", valued.id),
                value=stopped,
                unit="share",
                n=int(good.sum()),
                reason="" if stopped is not None else "no simulated future pays",
            ),
        ),
        drawable=False,
        by_quarter=frame,
        base=base,
        stopped=stopped,
    )


@dataclass(frozen=True, kw_only=True)
class Waiting(Result):
    """Worth of waiting some quarters before deciding, less what the delay loses."""

    worth: pd.Series


def wait_or_decide(valued: Valuation, terms: ValuationTerms = DEFAULT, *, pilot_cost: float = 0.0) -> Waiting:
    """Say whether piloting for a while before deciding is worth what the delay loses."""
    end = valued.net[:, valued.headline]
    mean, rows = float(end.mean()), {}
    for quarter in [q for q in valued.horizons.index if q < valued.headline]:
        seen = valued.net[:, quarter]
        spread = float(seen.std() * end.std())
        learned = abs(float(np.cov(seen, end, bias=True)[0, 1])) / float(seen.std()) if spread > 0 else 0.0
        gain = worth_of_signal(mean, learned)
        lost = max(mean, 0.0) * (1 - float(terms.factors(quarter + 1)[-1]))
        rows[quarter] = {"Worth of what it teaches": gain, "Lost by the delay": lost, "Net": gain - lost - pilot_cost}
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["Worth of what it teaches", "Lost by the delay", "Net"]
    )
    best = int(frame.index[int(frame["Net"].argmax())]) if len(frame) else 0
    money = lambda value: numbers.money(value, terms.currency)  # noqa: E731 - a writer for this currency
    if len(frame) and frame["Net"].max() > 0:
        text = (
            f"A pilot of {numbers.plural(best, 'quarter')} before deciding is worth up to {money(frame['Net'].max())}: "
            f"pay no more than that for it."
        )
    else:
        text = "Decide now: what a pilot would teach is worth no more than what the delay loses."
    return Waiting(
        sentence=text,
        table=frame.rename_axis("Quarters waited").reset_index(),
        formats={"Quarters waited": "count"} | dict.fromkeys(frame.columns, "money"),
        caption="Wait or decide?",
        note=(
            f"Go or not, on the net value at {valued.headline} quarters; pilot {money(pilot_cost)}; "
            f"{numbers.count(len(end))} draws."
        ),
        drawable=False,
        worth=frame["Net"],
    )
