"""Return on initiative: all inputs drawn once, jointly, laid out by quarter and valued, never as one number."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.style import in_money
from scrm_helpers.initiatives.plan.streams import (
    COST_KINDS,
    COUNTED,
    DEFAULT,
    GRADES,
    HORIZONS,
    Distribution,
    EffectPath,
    Plan,
    ValuationTerms,
    first_back,
)

Inputs = Mapping[str, np.ndarray]
LEVEL = 0.90
HEADS = {
    "horizon": "Quarters",
    "roi": "ROI, cash",
    "npv": "Net value",
    "roinit": "Return on initiative",
    "chance": "Chance to pay",
    "roinit_low": "90% range low",
    "roinit_high": "90% range high",
}


@dataclass(frozen=True)
class Flows:
    """Drawn flows of one initiative."""

    streams: Mapping[str, np.ndarray]  # money back by stream kind
    costs: Mapping[str, np.ndarray]  # cost by kind; volunteered time at its drawn shadow price
    scores: Mapping[str, np.ndarray]  # returns in their own units

    @property
    def benefit(self) -> np.ndarray:
        """Money back per draw and quarter."""
        return reduce(np.add, self.streams.values()) if self.streams else np.zeros_like(self.cost("cash"))

    def cost(self, view: str) -> np.ndarray:
        """Cost per draw and quarter in one view."""
        return reduce(np.add, (self.costs[kind] for kind in COUNTED[view]))


def draw_inputs(plans: Sequence[Plan], *, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Draw every input of every plan once; paths estimated together are drawn together."""
    given, rng = [plan.inputs() for plan in plans], np.random.default_rng(seed)
    scalars = [(name, value) for one in given for name, value in one.items() if isinstance(value, Distribution)]
    drawn = {name: value.draw(draws, rng) for name, value in scalars}
    for place, one in enumerate(given):
        rng = np.random.default_rng([seed, place, 1])
        shared: dict[tuple[int, float], np.ndarray] = {}
        for name, value in one.items():
            if isinstance(value, EffectPath):
                same = id(value.estimate), value.bias_sd
                shared[same] = drawn[name] = shared[same] if same in shared else value.draw(draws, rng)
    return drawn


def mean_inputs(plan: Plan) -> dict[str, np.ndarray]:
    """Return every input of a plan at its expected value, as a single draw."""
    return {
        name: np.array([value.mean]) if isinstance(value, Distribution) else value.estimate[None, :]
        for name, value in plan.inputs().items()
    }


def project(plan: Plan, inputs: Inputs, quarters: int) -> Flows:
    """Lay the drawn inputs of one plan out by quarter."""
    draws = max((len(inputs[name]) for name in plan.inputs()), default=1)
    streams: dict[str, np.ndarray] = {}
    scores: dict[str, np.ndarray] = {}
    for stream in plan.streams:
        key = f"{plan.id}.{stream.name}"
        path = stream.path(inputs[f"{key}.effect"], quarters)
        if stream.kind == "score":
            scores[stream.name] = path * stream.reach
            continue
        worth = inputs[f"{key}.value"] * inputs[f"{key}.cashable"] * stream.reach
        money = path * worth[:, None]
        streams[stream.kind] = streams[stream.kind] + money if stream.kind in streams else money
    nothing = np.broadcast_to(0.0, (draws, quarters + 1))
    costs = dict.fromkeys(COST_KINDS, nothing)
    for cost in plan.costs:
        if costs[cost.kind] is nothing:
            costs[cost.kind] = np.zeros((draws, quarters + 1))
        key = f"{plan.id}.{cost.name}"
        price = inputs[f"{key}.rate"] * (inputs[f"{key}.shadow"] if cost.kind == "volunteered_time" else 1.0)
        costs[cost.kind][:, 0] += inputs[f"{key}.setup"] * price
        costs[cost.kind][:, 1:] += (inputs[f"{key}.quarterly"] * price)[:, None]
    return Flows(streams, costs, scores)


@dataclass(frozen=True, kw_only=True)
class Valuation(Answer):
    """Return on one initiative at every horizon."""

    OFFERS: ClassVar = ("figure", "table")

    roinit: Measure  # return at the horizon of the terms
    id: str
    name: str
    terms: ValuationTerms
    horizons: pd.DataFrame  # figures by quarter
    grade: str
    net: np.ndarray  # discounted net value so far, by draw and quarter
    payback: np.ndarray  # quarter in which the money of each draw is back
    payback_sustained: np.ndarray  # and in which it is back for good
    gains: pd.Series  # expected gain of each score
    break_even: pd.Series  # what one unit of each score must be worth
    today: int | None = None  # quarters since the start that are over, where that is known
    tip: str = ""  # what would tip the verdict, as a sentence

    @property
    def headline(self) -> dict[Hashable, float]:
        """The figures at the horizon of the terms."""
        return self.horizons.loc[self.terms.horizon].to_dict()

    @property
    def last(self) -> int:
        """The last quarter that is valued."""
        return self.net.shape[1] - 1

    def words(self) -> Words:
        end, at, money, horizon = self.net[:, -1], self.headline, self.terms.money, self.terms.horizon
        low, high = (float(np.quantile(end, share)) for share in (0.05, 0.95))
        title = f"{self.name}: {numbers.percent(at['chance'], 0)} chance to pay within {horizon} quarters"
        if at["roinit_low"] > 0:
            title = f"{self.name} pays within {horizon} quarters in nearly every draw"
        elif at["roinit_high"] < 0:
            title = f"{self.name} does not pay within {horizon} quarters"
        return Words(
            sentence=self._sentence(at) + (self.tip and f" {self.tip}"),
            table=self.horizons.reset_index()[[*HEADS]].rename(columns=HEADS),
            title=title,
            caption=f"ROI and return on initiative by horizon: {self.name}",
            note=(
                f"{numbers.count(len(end))} joint draws; {self.terms.view} view of cost; discounted at "
                f"{self.terms.rate_words}, set-up quarter not discounted; no value after the last quarter; ranges "
                f"hold 90% of the draws; evidence grade {self.grade}. ROI: cash, direct margin, not discounted."
            ),
            alt=(
                f"Discounted net value so far over {self.last} quarters: the median falls to "
                f"{money(np.median(self.net, axis=0).min())} and ends at {money(float(np.median(end)))}; nine tenths "
                f"of the draws end between {money(low)} and {money(high)}."
            ),
            formats=dict.fromkeys(HEADS.values(), "percent") | {"Quarters": "count", "Net value": "money"},
        )

    def _sentence(self, at: Mapping[Hashable, float]) -> str:
        ends = numbers.interval(at["roinit_low"], at["roinit_high"], lambda x: numbers.points(x, 2))
        within = float(np.isfinite(self.payback).mean())
        median = f"median {numbers.decimal(float(np.median(self.payback)), 1)} quarters, " if within > 0.5 else ""
        scores = ", ".join(f"{name} {numbers.points(float(gain), 1)}" for name, gain in self.gains.items())
        judged = at["roinit_low"] > 0 or at["roinit_high"] < 0
        return (
            f"{self.name}: return on initiative at {self.terms.horizon} quarters {numbers.points(at['roinit'], 2)} per "
            f"unit of cost ({self.terms.view} view, {self.terms.rate_words}; 90% range {ends}; chance to pay "
            f"{numbers.percent(at['chance'], 0)}, simulation error {numbers.percent(at['chance_error'], 1)}; payback "
            f"{median}{numbers.percent(within, 0)} within {self.last} quarters; evidence {self.grade}"
            f"{f'; {scores} kept apart' if scores else ''})."
            f"{'' if judged else ' Whether it pays cannot be said with this evidence: the range holds zero.'}"
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        last, quarters = self.last, np.arange(self.last + 1)
        low, q1, middle, q3, high = np.quantile(self.net, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
        ax.fill_between(quarters, low, high, color=style.PALE_GREY)
        ax.fill_between(quarters, q1, q3, color=style.RULE)
        over = last if self.today is None else min(max(self.today, 0), last)
        ax.plot(quarters[: over + 1], middle[: over + 1], color=style.BLUE, linewidth=2.4)
        ax.plot(quarters[over:], middle[over:], color=style.BLUE, linewidth=1.6, linestyle="--")
        if 0 < over < last:
            ax.axvline(over, color=style.ORANGE, linewidth=1)
            axis = ax.get_xaxis_transform()
            ax.text(over, 0.98, "today ", transform=axis, ha="right", va="top", color=style.ORANGE)
        for line in (low, high):
            ax.plot(quarters, line, color=style.BAR_GREY, linewidth=0.7)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ends = [(high[-1], "19 of 20 below", style.GREY), (middle[-1], "median", style.BLUE)]
        top, gap = math.inf, float(high.max() - low.min()) * 0.055
        for value, words, colour in sorted([*ends, (low[-1], "1 in 20 below", style.GREY)], reverse=True):
            place = min(value, top)  # from the top down, so that no label covers another
            ax.text(last * 1.015, place, words, color=colour, va="center")
            top = place - gap
        ax.set_xlim(0, last * 1.17)
        ax.set_xticks([quarter for quarter in (0, *HORIZONS, 16, 20) if quarter <= last])
        in_money(ax.yaxis, self.terms.currency)
        ahead = "; solid: over, dashed: expected" if 0 < over < last else ""
        ax.set_xlabel(f"Quarters since the start{ahead}")
        ax.set_ylabel("Discounted net value so far")
        return ax


def value_initiative(
    plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, horizons: Sequence[int] = HORIZONS
) -> Valuation:
    """Value one initiative over all horizons from joint draws."""
    chosen = sorted({*HORIZONS, *horizons, terms.horizon})
    flows, factor = project(plan, inputs, chosen[-1]), terms.factors(chosen[-1] + 1)
    cost = np.cumsum(flows.cost(terms.view) * factor, axis=1)
    if not cost[:, -1].mean() > 0:
        raise Refusal(
            f"The initiative {plan.name} costs nothing in the {terms.view} view. A return is value per unit of cost, "
            "so it is undefined. Enter what is paid and the hours of people."
        )
    net = np.cumsum(flows.benefit * factor, axis=1) - cost
    table = _by_horizon(flows, net, cost, chosen)
    at, grade = table.loc[terms.horizon].to_dict(), _grade(plan, flows, factor)
    gains = pd.Series({name: path[:, terms.horizon].mean() for name, path in flows.scores.items()}, dtype=float)
    return Valuation(
        roinit=Measure(
            name=f"{measure_name('roinit', plan.id)}_{terms.horizon}q",
            value=at["roinit"],
            unit="ratio",
            low=at["roinit_low"],
            high=at["roinit_high"],
            level=LEVEL,
            kind="incremental" if GRADES.index(grade) <= GRADES.index("C") else "gross",
        ),
        id=plan.id,
        name=plan.name,
        terms=terms,
        horizons=table,
        grade=grade,
        net=net,
        payback=first_back(net),
        payback_sustained=first_back(net, sustained=True),
        gains=gains,
        break_even=(-at["npv"] / gains.where(gains > 0)).astype(float),
    )


def _by_horizon(flows: Flows, net: np.ndarray, cost: np.ndarray, horizons: Sequence[int]) -> pd.DataFrame:
    at, spent = net.T[horizons], cost.T[horizons].mean(axis=1)
    direct = flows.streams.get("direct", np.zeros_like(net)).mean(axis=0).cumsum()[horizons]
    cash = flows.cost("cash").mean(axis=0).cumsum()[horizons]
    low, high = np.quantile(at, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    table = pd.DataFrame(
        {
            "roi": direct / np.where(cash > 0, cash, math.nan) - 1,
            "npv": at.mean(axis=1),
            "npv_low": low,
            "npv_high": high,
            "chance": (at > 0).mean(axis=1),
        },
        index=pd.Index(horizons, name="horizon"),
    )
    table["chance_error"] = np.sqrt(table["chance"] * (1 - table["chance"]) / len(net))
    for name in ("npv", "npv_low", "npv_high"):
        table[name.replace("npv", "roinit")] = table[name] / np.where(spent > 0, spent, math.nan)
    return table


def _grade(plan: Plan, flows: Flows, factor: np.ndarray) -> str:
    """The weakest grade among the streams that bring at least a tenth of the expected benefit."""
    brought = {kind: abs(float((path.mean(axis=0) * factor).sum())) for kind, path in flows.streams.items()}
    total = sum(brought.values())
    graded = [s.grade for s in plan.streams if s.kind != "score" and (total == 0 or brought[s.kind] >= 0.1 * total)]
    return max(graded, key=GRADES.index, default="E")
