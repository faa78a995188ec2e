"""Return on initiative at every horizon from joint draws: a distribution with a verdict, never one number."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Words, measure_name, numbers, style, unknown
from scrm_helpers.answers.claim import Verdict
from scrm_helpers.initiatives.plan.streams import DEFAULT, GRADES, HORIZONS, Plan, ValuationTerms, after, first_back
from scrm_helpers.initiatives.valuation.drawn_flows import Flows, Inputs, project

PAYS = ("shown to pay", "likely to pay")
LEANING = 0.8  # chance to pay from which a range that holds zero leans to one side
COLUMNS = {"A or B": ("A", "B"), "B- or C": ("B-", "C"), "D or E": ("D", "E")}
ROWS = {
    "range above 0": ("shown to pay", "likely to pay", "believed to pay: test it"),
    "range holds 0, P ≥ 0.8": ("likely to pay", "open, leaning yes", "open"),
    "range holds 0, 0.2 < P < 0.8": ("open", "open", "open"),
    "range holds 0, P ≤ 0.2": ("likely not to pay", "open, leaning no", "open"),
    "range below 0": ("shown not to pay", "likely not to pay", "believed not to pay"),
}


def pay_verdict(low: float, high: float, chance: float, grade: str) -> str:
    """Say whether an initiative pays, from the 95 % range of its return, its chance to pay and its grade."""
    above, yes, middle, no, below = ROWS.values()
    row = yes if chance >= LEANING else no if chance <= 1 - LEANING + 1e-9 else middle
    row = above if low > 0 else below if high < 0 else row
    return row[[grade in grades for grades in COLUMNS.values()].index(True)]


def verdict_table() -> pd.DataFrame:
    """The rule of :func:`pay_verdict` as a table."""
    return pd.DataFrame.from_dict(ROWS, orient="index", columns=list(COLUMNS)).rename_axis("Grade").reset_index()


@dataclass(frozen=True, kw_only=True)
class PayClaim(Claim):
    """That an initiative pays, or does not: shown only where the design carries it, grade A or B."""

    @property
    def verdict(self) -> Verdict:
        """What may be said, by range and grade."""
        found = super().verdict
        return "not shown" if found == "shown" and self.grade not in COLUMNS["A or B"] else found


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A return on initiative with all that its verdict rests on."""

    roinit: Measure
    horizon: int  # quarters
    view: str  # which costs count
    chance: float  # to pay
    grade: str
    contradicted: str = ""  # by what, where case, panel and ledger disagree

    @property
    def verdict(self) -> str:
        """One of the cells of the verdict table; open as long as the sources contradict each other."""
        return "open" if self.contradicted else pay_verdict(*self.roinit.ends, self.chance, self.grade)

    @property
    def notation(self) -> str:
        """The return as it may be quoted: never without horizon, view, range, chance and grade."""
        low, high = (numbers.points(end, 2) for end in self.roinit.ends)
        chance = numbers.decimal(self.chance)
        chance = "> 0.99" if self.chance > 0.995 else "< 0.01" if self.chance < 0.005 else f"= {chance}"
        value = numbers.points(self.roinit.value, 2)
        return f"RoInit@{self.horizon}Q({self.view}) = {value} [{low}, {high}], P {chance}, grade {self.grade}"

    def claim(self, sentence: str) -> PayClaim:
        """Enter the verdict into the ledger of claims."""
        roinit = self.roinit
        if self.contradicted:
            roinit = unknown(roinit.name, roinit.unit, self.contradicted, roinit.n)
        tested = f"benefit less cost per unit of cost, quarters 0 to {self.horizon}, {self.view} view, against zero"
        name, none = roinit.name.removesuffix(f"_{self.horizon}q"), Chance(0.0, "no benefit beyond cost")
        claim = PayClaim(name=name, tested=tested, estimate=roinit, chance=none, sentence=sentence, grade=self.grade)
        return replace(claim, numbers=(self.roinit.name,))


LEVEL = 0.95
ENDS = ("", "_low", "_high")
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
HEADS = {
    "horizon": "Quarters",
    "roi": "ROI, cash",
    "npv": "Net value",
    "roinit": "Return on initiative",
    "chance": "Chance to pay",
    "roinit_low": "95% range low",
    "roinit_high": "95% range high",
}


class Valuation(Answer):
    """Return on one initiative at every horizon."""

    OFFERS = ("figure", "table")

    judged: Mapping[int, Judgement]  # by quarters: the return with what its verdict rests on
    id: str
    name: str
    terms: ValuationTerms
    horizons: pd.DataFrame  # figures by quarter
    net: np.ndarray  # discounted net value so far, by draw and quarter
    gains: pd.Series  # expected gain of each score
    break_even: pd.Series  # what one unit of each score must be worth
    today: int | None = None  # quarters since the start that are over, where that is known
    opened: str = "all units open in quarter 1"
    settle: str = ""  # what would settle an open verdict, or tip another

    @property
    def headline(self) -> dict[Hashable, float]:
        """The figures at the horizon of the terms."""
        return self.horizons.loc[self.terms.horizon].to_dict()

    @cached_property
    def payback(self) -> np.ndarray:
        """Quarter in which the money of each draw is back."""
        return first_back(self.net)

    @property
    def last(self) -> int:
        """The last quarter that is valued."""
        return self.net.shape[1] - 1

    @property
    def judgement(self) -> Judgement:
        """The one at the horizon of the terms."""
        return self.judged[self.terms.horizon]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The return at the horizon of the terms and at eight quarters."""
        return tuple(self._placed(self.judged[quarter].roinit) for quarter in sorted({self.terms.horizon, 8}))

    def claimed(self) -> tuple[PayClaim, ...]:
        return (self.judgement.claim(self.verdict_words),)

    @property
    def verdict_words(self) -> str:
        """The one verdict, as every page gives it."""
        one, contradicted = self.judgement, self.judgement.contradicted
        said = f"“{self.name}”, {numbers.plural(one.horizon, 'quarter')} after the start: {one.verdict}"
        return f"{said}, because {contradicted}." if contradicted else f"{said}."

    def words(self) -> Words:
        end, money = self.net[:, -1], self.terms.money
        low, high = np.quantile(end, TAILS).tolist()
        within, middle = float(np.isfinite(self.payback).mean()), numbers.decimal(float(np.median(self.payback)), 1)
        median = f"median {middle} quarters, " if within > 0.5 else ""
        scores = ", ".join(f"{name} {numbers.points(float(gain), 1)}" for name, gain in self.gains.items())
        return Words(
            sentence=f"{self.verdict_words} {self.judgement.notation} ({self.terms.rate_words}; money back: {median}"
            f"{numbers.percent(within, 0)} of futures within {self.last} quarters"
            f"{f'; {scores} kept apart' if scores else ''}).{self.settle and f' {self.settle}'}",
            table=self.horizons.reset_index()[[*HEADS]].rename(columns=HEADS),
            title=f"“{self.name}”, at {self.terms.horizon} quarters: {self.judgement.verdict}",
            caption=f"ROI and return on initiative by horizon: {self.name}",
            note=f"{numbers.count(len(end))} joint draws; {self.terms.view} view of cost; discounted at "
            f"{self.terms.rate_words}, set-up quarter 0 not discounted; after one quarter is the end of quarter 1; "
            f"{self.opened}; no value after the last quarter; ranges hold 95% of the draws; evidence grade "
            f"{self.judgement.grade}, the weakest of the large streams. ROI: cash, direct margin, not discounted.",
            alt=f"Discounted net value so far over {self.last} quarters: the median falls to "
            f"{money(np.median(self.net, axis=0).min())} and ends at {money(float(np.median(end)))}; 95% of the draws "
            f"end between {money(low)} and {money(high)}.",
            formats=dict.fromkeys(HEADS.values(), "percent") | {"Quarters": "count", "Net value": "money"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        last, quarters = self.last, np.arange(self.last + 1)
        low, q1, middle, q3, high = np.quantile(self.net, [TAILS[0], 0.25, 0.5, 0.75, TAILS[1]], axis=0)
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
        ends = [(high[-1], "39 of 40 below", style.GREY), (middle[-1], "median", style.BLUE)]
        top, gap = math.inf, float(high.max() - low.min()) * 0.055
        for value, words, colour in sorted([*ends, (low[-1], "1 in 40 below", style.GREY)], reverse=True):
            place = min(value, top)  # from the top down, so that no label covers another
            ax.text(last * 1.015, place, words, color=colour, va="center")
            top = place - gap
        ax.set_xticks([quarter for quarter in (0, *HORIZONS, 16, 20) if quarter <= last])
        style.in_money(ax.yaxis, self.terms.currency)
        ahead = "; solid: over, dashed: expected" if 0 < over < last else ""
        ax.set_xlim(0, last * 1.17)
        return style.labelled(ax, f"Quarters since the start{ahead}", "Discounted net value so far")


def value_initiative(
    plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT, *, horizons: Sequence[int] = HORIZONS
) -> Valuation:
    """Value one initiative over all horizons from joint draws."""
    longest = max(*HORIZONS, *horizons, terms.horizon)
    return value_flows(plan, project(plan, inputs, longest), terms, horizons=horizons)


def value_flows(plan: Plan, flows: Flows, terms: ValuationTerms, *, horizons: Sequence[int] = HORIZONS) -> Valuation:
    """Value flows that are laid out already, up to the longest horizon."""
    chosen = sorted({*HORIZONS, *horizons, terms.horizon})
    factor = terms.factors(chosen[-1] + 1)
    cost = np.cumsum(flows.cost(terms.view) * factor, axis=1)
    if not cost[:, -1].mean() > 0:
        raise Refusal(
            f"The initiative {plan.name} costs nothing in the {terms.view} view. A return is value per unit of cost, "
            "so it is undefined. Enter what is paid and the hours of people."
        )
    net = np.cumsum(flows.benefit * factor, axis=1) - cost
    table = _by_horizon(flows, net, cost, chosen)
    grade = _grade(plan, flows, terms)
    firm = GRADES.index(grade) <= GRADES.index("C") and (plan.booked is None or plan.booked.compared)
    judged = {}
    for quarter in chosen:
        value, low, high, chance = map(float, table.loc[quarter, [*(f"roinit{end}" for end in ENDS), "chance"]])
        name = f"{measure_name('roinit', plan.id)}_{quarter}q"
        roinit = Measure(name=name, value=value, unit="ratio", low=low, high=high, level=LEVEL, **plan.place(quarter))
        roinit = replace(roinit, kind="incremental" if firm else "gross")
        judged[quarter] = Judgement(roinit=roinit, horizon=quarter, view=terms.view, chance=chance, grade=grade)
    gains = pd.Series({name: path[:, terms.horizon].mean() for name, path in flows.scores.items()}, dtype=float)
    return Valuation(
        judged=judged,
        id=plan.id,
        name=plan.name,
        terms=terms,
        horizons=table,
        net=net,
        gains=gains,
        break_even=(-float(table["npv"][terms.horizon]) / gains.where(gains > 0)).astype(float),
    )


def _by_horizon(flows: Flows, net: np.ndarray, cost: np.ndarray, horizons: Sequence[int]) -> pd.DataFrame:
    at, spent = net.T[horizons], cost.T[horizons].mean(axis=1)
    direct = flows.streams.get("direct", np.zeros_like(net)).mean(axis=0).cumsum()[horizons]
    cash = flows.cost("cash").mean(axis=0).cumsum()[horizons]
    low, high = np.quantile(at, TAILS, axis=1)
    table = pd.DataFrame(
        {
            "roi": direct / np.where(cash > 0, cash, math.nan) - 1,
            "npv": at.mean(axis=1),
            "npv_low": low,
            "npv_high": high,
            "chance": (at > 0).mean(axis=1),
            "spent": spent,
        },
        index=pd.Index(horizons, name="horizon"),
    )
    table["chance_error"] = np.sqrt(table["chance"] * (1 - table["chance"]) / len(net))
    for end in ENDS:
        table[f"roinit{end}"] = table[f"npv{end}"] / np.where(spent > 0, spent, math.nan)
    return table


def torn(valued: Valuation, apart: Valuation, doubts: Sequence[str]) -> Valuation:
    """Widen the ranges of a valuation over a second one that contradicts it: which of both is right is not known."""
    both, table, judged = np.vstack([valued.net, apart.net]), valued.horizons.copy(), {}
    why = f"the case is contradicted by {'; and by '.join(doubts)}"
    for quarter, one in valued.judged.items():
        values, spent = both[:, quarter], float(table["spent"][quarter])
        (low, high), chance = np.quantile(values, TAILS), float((values > 0).mean())
        table.loc[quarter, ["npv_low", "npv_high", "chance"]] = low, high, chance
        table.loc[quarter, ["roinit_low", "roinit_high"]] = low / spent, high / spent
        roinit = replace(one.roinit, low=low / spent, high=high / spent)
        judged[quarter] = replace(one, roinit=roinit, chance=chance, contradicted=why)
    return replace(valued, horizons=table, judged=judged, net=both)


def _grade(plan: Plan, flows: Flows, terms: ValuationTerms) -> str:
    """The weakest grade among the streams that bring at least a tenth of the benefit; none is better than its test."""
    over, factor = after(terms.horizon), terms.factors(terms.horizon + 1)
    brought = {kind: abs(float(path[:, over].mean(axis=0) @ factor)) for kind, path in flows.streams.items()}
    large = {kind for kind, amount in brought.items() if amount >= 0.1 * sum(brought.values())}
    graded = [stream.grade for stream in plan.streams if stream.kind in large]
    graded += ["E"] * len(large - {stream.kind for stream in plan.streams})  # booked, and by no stream of the case
    return max(graded, key=GRADES.index, default="E")
