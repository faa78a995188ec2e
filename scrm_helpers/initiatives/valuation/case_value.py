"""Return on initiative: a distribution over a stated horizon, never one number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.money_axis import in_money
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.plan.streams import GRADES, Plan
from scrm_helpers.initiatives.plan.valuation_terms import DEFAULT, ValuationTerms
from scrm_helpers.initiatives.valuation.simulate import Flows, Inputs, project

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HORIZONS = (1, 2, 4, 8, 12)
LEVEL = 0.90


_FORMATS = {"Quarters": "count", "Net value": "money"} | dict.fromkeys(
    ("ROI, cash", "Return on initiative", "90% range low", "90% range high", "Chance to pay"), "percent"
)


@dataclass(frozen=True, kw_only=True)
class Valuation(Result):
    """Return on one initiative at every horizon."""

    OFFERS: ClassVar = ("figure", "table")

    id: str
    name: str
    horizons: pd.DataFrame
    headline: int
    grade: str
    net: np.ndarray
    payback: np.ndarray
    payback_sustained: np.ndarray
    gains: pd.Series
    break_even: pd.Series
    view: str
    currency: str
    today: int | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the cumulative net value: median, the middle half and the middle nine tenths of the draws."""
        ax = style.axes_for(ax)
        quarters = np.arange(self.net.shape[1])
        low, q1, middle, q3, high = np.quantile(self.net, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
        ax.fill_between(quarters, low, high, color=style.PALE_GREY)
        ax.fill_between(quarters, q1, q3, color=style.RULE)
        over = len(quarters) - 1 if self.today is None else min(max(self.today, 0), len(quarters) - 1)
        ax.plot(quarters[: over + 1], middle[: over + 1], color=style.BLUE, linewidth=2.4)
        ax.plot(quarters[over:], middle[over:], color=style.BLUE, linewidth=1.6, linestyle="--")
        if 0 < over < quarters[-1]:
            ax.axvline(over, color=style.ORANGE, linewidth=1)
            ax.annotate(
                "today", (over, 1), xycoords=("data", "axes fraction"), xytext=(-4, -2), textcoords="offset points",
                ha="right", va="top", color=style.ORANGE,
            )  # fmt: skip
        for line in (low, high):
            ax.plot(quarters, line, color=style.BAR_GREY, linewidth=0.7)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        gap = float(high.max() - low.min()) * 0.055
        ends = [(high[-1], "19 of 20 below", style.GREY), (middle[-1], "median", style.BLUE)]
        for value, words, colour in _spread_labels([*ends, (low[-1], "1 in 20 below", style.GREY)], gap):
            ax.text(quarters[-1] * 1.015, value, words, color=colour, va="center")
        ax.set_xlim(0, quarters[-1] * 1.17)
        ax.set_xticks([quarter for quarter in (0, 1, 2, 4, 8, 12, 16, 20) if quarter <= quarters[-1]])
        in_money(ax.yaxis, self.currency)
        ahead = "; solid: over, dashed: expected" if 0 < over < quarters[-1] else ""
        ax.set_xlabel(f"Quarters since the start{ahead}")
        ax.set_ylabel("Discounted net value so far")
        return ax


def value_initiative(
    plan: Plan,
    inputs: Inputs,
    terms: ValuationTerms = DEFAULT,
    *,
    horizons: Sequence[int] = HORIZONS,
) -> Valuation:
    """Value one initiative over all horizons from joint draws."""
    headline, view, currency = terms.horizon, terms.view, terms.currency
    chosen = sorted({*HORIZONS, *horizons, headline})
    flows, factor = project(plan, inputs, chosen[-1]), terms.factors(chosen[-1] + 1)
    cost = np.cumsum(flows.cost(view) * factor, axis=1)
    if not cost[:, -1].mean() > 0:
        raise Refusal(
            f"The initiative {plan.name} costs nothing in the {view} view. A return is value per unit of cost, so it "
            "is undefined. Enter what is paid and the hours of people."
        )
    net = np.cumsum(flows.benefit * factor, axis=1) - cost
    table = _by_horizon(flows, net, cost, chosen)
    plain = first_back(net)
    lasting = first_back(net, sustained=True)
    gains = pd.Series({name: path[:, headline].mean() for name, path in flows.scores.items()}, dtype=float)
    at = dict(zip(table.columns, table.to_numpy()[chosen.index(headline)].tolist(), strict=True))
    shortfall = -at["npv"]
    weights = (shortfall / gains.where(gains > 0)).astype(float)
    grade = _grade(plan, flows, factor)
    money = lambda value: numbers.money(value, currency)  # noqa: E731 - a writer for this currency
    return Valuation(
        sentence=_sentence(plan.name, terms, at, plain, chosen[-1], grade, gains),
        table=_shown(table),
        title=_title(plan.name, headline, at),
        caption=f"ROI and return on initiative by horizon: {plan.name}",
        note=(
            f"{numbers.count(len(net))} joint draws; {view} view of cost; discounted at "
            f"{numbers.percent(terms.discount_rate_annual, 0)} a year, set-up quarter not discounted; no value after "
            f"the last quarter; ranges hold 90% of the draws; evidence grade {grade}. ROI: cash, direct margin, not "
            "discounted."
        ),
        alt=(
            f"Discounted net value so far over {chosen[-1]} quarters: the median falls to "
            f"{money(np.median(net, axis=0).min())} and ends at {money(float(np.median(net[:, -1])))}; nine tenths of "
            f"the draws end between {money(float(np.quantile(net[:, -1], 0.05)))} and "
            f"{money(float(np.quantile(net[:, -1], 0.95)))}."
        ),
        formats=_FORMATS,
        measures=(
            Measure(
                name=f"{measure_name('roinit', plan.id)}_{headline}q",
                value=at["roinit"],
                unit="ratio",
                low=at["roinit_low"],
                high=at["roinit_high"],
                level=LEVEL,
                kind="incremental" if GRADES.index(grade) <= GRADES.index("C") else "gross",
            ),
        ),
        id=plan.id,
        name=plan.name,
        horizons=table,
        headline=headline,
        grade=grade,
        net=net,
        payback=plain,
        payback_sustained=lasting,
        gains=gains,
        break_even=weights,
        view=view,
        currency=currency,
    )


def first_back(net: np.ndarray, *, sustained: bool = False) -> np.ndarray:
    """Quarter in which each cumulative path is back at zero, linear inside the quarter; infinite when never.

    >>> first_back(np.array([[-10.0, -5.0, 5.0], [-1.0, -1.0, -1.0]])).tolist()
    [1.5, inf]
    """
    below = net < 0
    quarters = net.shape[1]
    if sustained:
        first = np.where(below.any(axis=1), quarters - np.argmax(below[:, ::-1], axis=1), 0)
    else:
        first = np.where((~below).any(axis=1), np.argmin(below, axis=1), quarters)
    result = np.where(first < quarters, first.astype(float), math.inf)
    inside = np.flatnonzero((first > 0) & (first < quarters))
    before, after = net[inside, first[inside] - 1], net[inside, first[inside]]
    result[inside] = first[inside] - 1 + before / (before - after)
    return result


def _by_horizon(flows: Flows, net: np.ndarray, cost: np.ndarray, horizons: Sequence[int]) -> pd.DataFrame:
    direct = flows.streams.get("direct", np.zeros_like(net)).mean(axis=0).cumsum()
    cash = flows.cost("cash").mean(axis=0).cumsum()
    rows = []
    for horizon in horizons:
        at, spent = net[:, horizon], float(cost[:, horizon].mean())
        low, high = (float(x) for x in np.quantile(at, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
        chance = float((at > 0).mean())
        rows.append(
            {
                "horizon": horizon,
                "roi": direct[horizon] / cash[horizon] - 1 if cash[horizon] > 0 else math.nan,
                "npv": float(at.mean()),
                "npv_low": low,
                "npv_high": high,
                "roinit": float(at.mean()) / spent if spent > 0 else math.nan,
                "roinit_low": low / spent if spent > 0 else math.nan,
                "roinit_high": high / spent if spent > 0 else math.nan,
                "chance": chance,
                "chance_error": math.sqrt(chance * (1 - chance) / len(at)),
            }
        )
    return pd.DataFrame(rows).set_index("horizon")


def _grade(plan: Plan, flows: Flows, factor: np.ndarray) -> str:
    """The weakest grade among the streams that bring at least a tenth of the expected benefit."""
    brought = {kind: abs(float((path.mean(axis=0) * factor).sum())) for kind, path in flows.streams.items()}
    total = sum(brought.values())
    graded = [s.grade for s in plan.streams if s.kind != "score" and (total == 0 or brought[s.kind] >= 0.1 * total)]
    return max(graded, key=GRADES.index, default="E")


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    names = {"roi": "ROI, cash", "npv": "Net value", "roinit": "Return on initiative", "chance": "Chance to pay"}
    names |= {"roinit_low": "90% range low", "roinit_high": "90% range high"}
    return table.reset_index(names="Quarters")[["Quarters", *names]].rename(columns=names)


def _title(name: str, headline: int, at: Mapping[str, float]) -> str:
    if at["roinit_low"] > 0:
        return f"{name} pays within {headline} quarters in nearly every draw"
    if at["roinit_high"] < 0:
        return f"{name} does not pay within {headline} quarters"
    return f"{name}: {numbers.percent(at['chance'], 0)} chance to pay within {headline} quarters"


def _sentence(
    name: str, terms: ValuationTerms, at: Mapping[str, float], back: np.ndarray, last: int, grade: str, gains: pd.Series
) -> str:
    ends = numbers.interval(at["roinit_low"], at["roinit_high"], lambda x: numbers.points(x, 2))
    within = float(np.isfinite(back).mean())
    when = f"payback median {numbers.decimal(float(np.median(back)), 1)} quarters, " if within > 0.5 else "payback "
    apart = ", ".join(f"{name} {numbers.points(float(gain), 1)}" for name, gain in gains.items())
    judged = (
        ""
        if at["roinit_low"] > 0 or at["roinit_high"] < 0
        else " Whether it pays cannot be said with this evidence: the range holds zero."
    )
    return (
        f"{name}: return on initiative at {terms.horizon} quarters {numbers.points(at['roinit'], 2)} per unit of cost "
        f"({terms.view} view, {numbers.percent(terms.discount_rate_annual, 0)} a year; 90% range {ends}; chance to pay "
        f"{numbers.percent(at['chance'], 0)}, simulation error {numbers.percent(at['chance_error'], 1)}; "
        f"{when}{numbers.percent(within, 0)} within {last} quarters; evidence {grade}"
        f"{f'; {apart} kept apart' if apart else ''}).{judged}"
    )


def _spread_labels(labels: list[tuple[float, str, str]], gap: float) -> list[tuple[float, str, str]]:
    """Push labels apart, from the top down, so that none covers another."""
    placed: list[tuple[float, str, str]] = []
    for value, words, colour in sorted(labels, reverse=True):
        top = placed[-1][0] - gap if placed else math.inf
        placed.append((min(value, top), words, colour))
    return placed
