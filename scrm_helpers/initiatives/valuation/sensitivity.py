"""What could change the answer: each input from low to high, and the bias that would tip the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.money_axis import in_money
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.plan.distributions import Distribution
from scrm_helpers.initiatives.plan.streams import EffectPath, Plan
from scrm_helpers.initiatives.plan.valuation_terms import DEFAULT, ValuationTerms
from scrm_helpers.initiatives.valuation.simulate import Inputs, mean_inputs, project

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "effect": "effect",
    "value": "worth of a unit",
    "cashable": "share that reaches the ledger",
    "rate": "hourly rate",
}
_WORDS |= {"setup": "set-up cost", "quarterly": "running amount", "shadow": "price of own hours"}


def in_words(name: str) -> str:
    """Write the name of an input for people.

    >>> in_words("desk.deflected.value")
    'deflected: worth of a unit'
    """
    _, stream, what = name.split(".")
    return f"{stream.replace('_', ' ')}: {_WORDS.get(what, what)}"


def counted_inputs(plan: Plan, terms: ValuationTerms) -> dict[str, Distribution | EffectPath]:
    """Return the inputs that can move the net value in one view of cost: scores and uncounted costs cannot."""
    names = {stream.name for stream in plan.streams if stream.kind != "score"}
    names |= {cost.name for cost in plan.costs if cost.kind in terms.counted}
    return {name: given for name, given in plan.inputs().items() if name.split(".")[1] in names}


def net_value(plan: Plan, inputs: Inputs, terms: ValuationTerms) -> np.ndarray:
    """Net present value of one plan at the horizon, one figure per draw."""
    flows = project(plan, inputs, terms.horizon)
    return (flows.benefit - flows.cost(terms.view)) @ terms.factors(terms.horizon + 1)


@dataclass(frozen=True, kw_only=True)
class Tornado(Result):
    """Net value with each input at its 10th and 90th percentile, all others at their mean."""

    swings: pd.DataFrame
    centre: float
    currency: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one bar per input, the widest on top."""
        shown = self.swings.head(8)
        ax = style.axes_for(ax, height=1.0 + 0.38 * len(shown))
        for place, (_, row) in enumerate(shown.iterrows()):
            for end, colour, words in (
                (float(row["low"]), style.ORANGE, "low"),
                (float(row["high"]), style.BLUE, "high"),
            ):
                ax.barh(place, end - self.centre, left=self.centre, color=colour, height=0.6)
                side = end > self.centre
                ax.annotate(
                    words,
                    (end, place),
                    xytext=(4 if side else -4, 0),
                    textcoords="offset points",
                    ha="left" if side else "right",
                    va="center",
                    fontsize=8,
                )
        ax.axvline(self.centre, color=style.INK, linewidth=0.8)
        crosses = min(shown["low"].min(), shown["high"].min()) < 0 < max(shown["low"].max(), shown["high"].max())
        if crosses:
            ax.axvline(0, color=style.GREY, linewidth=1, linestyle="--")
        ax.set_yticks(range(len(shown)), [in_words(name) for name in shown.index])
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.margins(x=0.08)
        in_money(ax.xaxis, self.currency)
        zero = "; dashed: break-even" if crosses else ""
        ax.set_xlabel(f"Net value; low and high: 1 in 10 below, 1 in 10 above{zero}")
        return ax


def tornado(plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT) -> Tornado:
    """Move each input from its 10th to its 90th percentile with all others at their mean."""
    from scipy.stats import spearmanr

    at_horizon, currency = partial(net_value, plan, terms=terms), terms.currency
    means = mean_inputs([plan])
    centre, drawn = float(at_horizon(means)[0]), at_horizon(inputs)
    rows = {}
    for name, given in counted_inputs(plan, terms).items():
        if isinstance(given, Distribution) and given.certain:
            continue
        ends = [float(at_horizon(means | {name: value})[0]) for value in _ends(given, inputs[name])]
        level = inputs[name] if inputs[name].ndim == 1 else inputs[name].sum(axis=1)
        if ends[0] == ends[1]:
            continue
        rows[name] = {"low": ends[0], "high": ends[1], "variance": float(spearmanr(level, drawn).statistic) ** 2}
    swings = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "variance"])
    order = (swings["high"] - swings["low"]).abs().sort_values(ascending=False, kind="stable").index
    swings = swings.loc[order]
    decisive = [
        name for name, row in swings.iterrows() if min(row["low"], row["high"]) < 0 < max(row["low"], row["high"])
    ]
    first = in_words(str(order[0])) if len(order) else ""
    if not first:
        text = "Nothing in this case is uncertain, so nothing can change the answer."
    elif decisive:
        text = (
            f"{numbers.plural(len(decisive), 'input')} of {len(swings)} can turn the verdict alone, first of all "
            f"{first}: from {numbers.money(float(swings['low'].iloc[0]), currency)} to "
            f"{numbers.money(float(swings['high'].iloc[0]), currency)}."
        )
    else:
        text = (
            f"No single input turns the verdict; {first} moves it most, from "
            f"{numbers.money(float(swings['low'].iloc[0]), currency)} to "
            f"{numbers.money(float(swings['high'].iloc[0]), currency)}."
        )
    return Tornado(
        sentence=text,
        table=pd.DataFrame(
            {
                "Input": [in_words(str(name)) for name in swings.index],
                "Net value at its low end": swings["low"].to_numpy(),
                "Net value at its high end": swings["high"].to_numpy(),
                "Share of the spread": swings["variance"].to_numpy(),
            }
        ),
        formats={
            "Net value at its low end": "money",
            "Net value at its high end": "money",
            "Share of the spread": "percent",
        },
        title=f"{first[:1].upper() + first[1:]} moves the answer most" if first else "Nothing is uncertain",
        caption="What could change the answer",
        note=(
            f"Net value at {terms.horizon} quarters; one input at a time from its 10th to its 90th percentile; "
            f"{terms.view} view of cost."
        ),
        alt=(
            f"Bars around {numbers.money(centre, currency)}, one for each of the {len(swings.head(8))} widest inputs; "
            f"{len(decisive)} cross zero."
        ),
        measures=(Measure(name=measure_name("inputs_that_turn", plan.id), value=float(len(decisive)), unit="count"),),
        swings=swings,
        centre=centre,
        currency=currency,
        drawable=len(swings) > 0,
    )


def tipping_point(plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT) -> float | None:
    """Share of all effects that must be mere bias for the chance to pay to fall (or rise) to one half."""
    flows, factor = project(plan, inputs, terms.horizon), terms.factors(terms.horizon + 1)
    back, out = flows.benefit @ factor, flows.cost(terms.view) @ factor
    low, high = -9.0, 1.0
    at = lambda bias: float(np.median((1 - bias) * back - out))  # noqa: E731 - the curve that is searched
    if not at(low) > 0 > at(high):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > 0 else (low, middle)
    return (low + high) / 2


def tipping_words(tipping: float | None) -> str:
    """Say what :func:`tipping_point` found, as a clause.

    >>> tipping_words(0.3)
    '30% of the effect would have to be bias for a coin flip'
    """
    if tipping is None:
        return "no bias tips it"
    if tipping > 0:
        return f"{numbers.percent(tipping)} of the effect would have to be bias for a coin flip"
    return f"the effect would have to be {numbers.percent(-tipping)} larger for a coin flip"


def _ends(given: Distribution | EffectPath, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(given, Distribution):
        low, high = np.quantile(drawn, [0.1, 0.9])
        return np.array([low]), np.array([high])
    total = given.covariance.sum(axis=1) + given.bias_sd**2 * len(given.estimate)
    spread = math.sqrt(max(float(total.sum()), 0.0))
    step = 1.2815515655446004 * total / spread if spread > 0 else np.zeros_like(total)
    return (given.estimate - step)[None], (given.estimate + step)[None]
