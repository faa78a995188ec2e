"""Before any result: how small an effect could this design have shown at all?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import Panel, effect_writer

POWER_FACTOR = 2.8
"""1.96 + 0.84: eighty per cent power at five per cent."""


def smallest_effect(se: float) -> float:
    """Smallest effect that shows in four of five trials: ``2.8 SE``.

    >>> smallest_effect(1.0)
    2.8
    """
    return POWER_FACTOR * se


@dataclass(frozen=True, kw_only=True)
class Power(Result):
    """Smallest effect that the design of a panel can show."""

    smallest: float | None
    sigma: float
    rho: float


def panel_power(panel: Panel) -> Power:
    """Compute, from the periods before treatment alone, the smallest effect that this panel can show."""
    treated, others = int(panel.treated.sum()), int((~panel.treated).sum())
    before = int(panel.first[panel.treated].min()) if treated else len(panel.periods)
    after = len(panel.periods) - before
    usual = float(np.median(panel.values))
    if min(treated, others) < 2 or before < 2 or after < 1:
        reason = "there are fewer than two periods before treatment, or fewer than two units on one side"
        return Power(
            sentence=f"What {panel.outcome} could show cannot be computed because {reason}.",
            table=pd.DataFrame({"Figure": [], "Value": []}),
            note=f"n = {panel.base}.",
            measures=(Measure(name=_name(panel), value=None, unit="outcome", reason=reason),),
            smallest=None,
            sigma=math.nan,
            rho=math.nan,
        )
    early = panel.values[:, :before]
    sigma = float(early.std(axis=0, ddof=1).mean())
    rho = float(np.corrcoef(early.T)[np.triu_indices(before, 1)].mean())
    per_arm = 2 / (1 / treated + 1 / others)
    smallest = smallest_effect(math.sqrt(2 * sigma**2 / per_arm * (1 - rho) * (1 / before + 1 / after)))
    write = effect_writer(panel, smallest / POWER_FACTOR)
    share = f" ({numbers.percent(smallest / abs(usual), 1)} of the usual level)" if usual else ""
    rows = {
        "Smallest effect that shows": write(smallest),
        "Usual level": numbers.decimal(usual, 3),
        "Spread between units": numbers.decimal(sigma, 3),
        "Correlation between periods": numbers.decimal(rho, 2),
    }
    return Power(
        sentence=(
            f"{panel.outcome[:1].upper() + panel.outcome[1:]}: this roll-out can show an effect of "
            f"{write(smallest).lstrip('+')}{share} in four of five trials; a smaller one may well be there and not "
            "show."
        ),
        table=pd.DataFrame({"Figure": list(rows), "Value": list(rows.values())}),
        caption=f"What the roll-out can show: {panel.outcome}",
        note=f"n = {panel.base}; from the {before} periods before treatment; 80% power at 5%.",
        measures=(Measure(name=_name(panel), value=smallest, unit="outcome", n=len(panel.units)),),
        smallest=smallest,
        sigma=sigma,
        rho=rho,
    )


def _name(panel: Panel) -> str:
    return measure_name("smallest_effect", panel.outcome)
