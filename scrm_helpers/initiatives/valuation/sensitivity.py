"""What could change the answer: each input from low to high, the bias that would tip it, and what to measure next."""

from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, measure_name, numbers, style
from scrm_helpers.initiatives.plan.streams import DEFAULT, Distribution, EffectPath, Plan, ValuationTerms
from scrm_helpers.initiatives.valuation.case_value import Valuation
from scrm_helpers.initiatives.valuation.drawn_flows import Inputs, mean_inputs, project

COUNTED = "counted over the inputs of the case: nothing is estimated"
RANKED = "nothing: the inputs of the case set beside each other, one at a time"
SIMULATED = "an expected value over the simulated futures"
POWER = 2.8  # standard errors that an effect must have to show in four of five trials
_WORDS = {
    "value": "worth of a unit",
    "cashable": "share that reaches the ledger",
    "rate": "hourly rate",
    "setup": "set-up cost",
    "quarterly": "running amount",
    "shadow": "price of own hours",
}


def in_words(name: str) -> str:
    """Write the name of an input, such as ``desk.deflected.value``, for people."""
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


class Tornado(Answer):
    """Net value with each input at its 10th and 90th percentile, all others at their mean."""

    turning: Measure  # inputs that can turn the verdict alone
    swings: pd.DataFrame
    centre: float
    terms: ValuationTerms

    def claimed(self) -> tuple[Claim, ...]:
        tested = "net value with one input at a time at its 10th and 90th percentile; a ranking tests nothing"
        return (Claim(tested=tested, estimate=self.turning),)

    def words(self) -> Words:
        money, decisive = self.terms.money, int(self.turning.value or 0)
        names = [in_words(name) for name in self.swings.index]
        text, title = "Nothing in this case is uncertain, so nothing can change the answer.", "Nothing is uncertain"
        if names:
            first, (low, high) = names[0], self.swings[["low", "high"]].to_numpy()[0].tolist()
            title = f"{first[:1].upper() + first[1:]} moves the answer most"
            most = f"No single input turns the verdict; {first} moves it most, from"
            if decisive:
                many = f"{numbers.plural(decisive, 'input')} of {len(names)}"
                most = f"{many} can turn the verdict alone, first of all {first}: from"
            text = f"{most} {money(low)} to {money(high)}."
        heads = {end: f"Net value at its {end} end" for end in ("low", "high")} | {"variance": "Share of the spread"}
        return Words(
            sentence=text,
            table=self.swings.set_axis(names).rename(columns=heads).rename_axis("Input").reset_index(),
            formats=dict.fromkeys(heads.values(), "money") | {heads["variance"]: "percent"},
            title=title,
            caption="What could change the answer",
            note=f"Net value at {self.terms.horizon} quarters; one input at a time from its 10th to its 90th "
            f"percentile; {self.terms.view} view of cost.",
            alt=f"Bars around {money(self.centre)}, one for each of the {min(len(names), 8)} widest inputs; "
            f"{decisive} cross zero.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        shown = self.swings.head(8)
        ax = style.axes_for(ax, height=1.0 + 0.38 * len(shown))
        ends = shown[["low", "high"]].to_numpy()
        for place, (low, high) in enumerate(ends.tolist()):
            for end, colour, words in ((low, style.ORANGE, " low "), (high, style.BLUE, " high ")):
                ax.barh(place, end - self.centre, left=self.centre, color=colour, height=0.6)
                ax.text(end, place, words, ha="left" if end > self.centre else "right", va="center", fontsize=8)
        ax.axvline(self.centre, color=style.INK, linewidth=0.8)
        crosses = ends.min() < 0 < ends.max()
        if crosses:
            ax.axvline(0, color=style.GREY, linewidth=1, linestyle="--")
        style.name_rows(ax, [in_words(name) for name in shown.index], down=True)
        ax.margins(x=0.08)
        style.in_money(ax.xaxis, self.terms.currency)
        zero = "; dashed: break-even" if crosses else ""
        return style.labelled(ax, f"Net value; low and high: 1 in 10 below, 1 in 10 above{zero}")


def tornado(plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT) -> Tornado:
    """Move each input from its 10th to its 90th percentile with all others at their mean."""
    from scipy.stats import spearmanr

    at_horizon, means = partial(net_value, plan, terms=terms), mean_inputs(plan)
    drawn, rows = at_horizon(inputs), {}
    for name, given in counted_inputs(plan, terms).items():
        if isinstance(given, Distribution) and given.certain:
            continue
        ends = given.tenths() if isinstance(given, EffectPath) else np.quantile(inputs[name], [0.1, 0.9])
        low, high = (float(at_horizon(means | {name: value[None]})[0]) for value in ends)
        if low != high:
            rows[name] = (low, high, float(spearmanr(_level(inputs[name]), drawn).statistic) ** 2)
    swings = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "variance"])
    order = (swings["high"] - swings["low"]).abs().sort_values(ascending=False, kind="stable").index
    both = swings[["low", "high"]]
    turning = float(((both.min(axis=1) < 0) & (both.max(axis=1) > 0)).sum())
    return Tornado(
        turning=Measure(name=measure_name("inputs_that_turn", plan.id), value=turning, unit="count", no_range=COUNTED),
        **plan.place(terms.horizon),
        swings=swings.loc[order],
        centre=float(at_horizon(means)[0]),
        terms=terms,
    )


def _level(drawn: np.ndarray) -> np.ndarray:
    """One figure per draw: a path counts by its sum."""
    return drawn if drawn.ndim == 1 else drawn.sum(axis=1)


def tipping_point(plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT) -> float | None:
    """Share of all effects that must be mere bias for the chance to pay to fall (or rise) to one half."""
    from scipy.optimize import bisect

    flows, factor = project(plan, inputs, terms.horizon), terms.factors(terms.horizon + 1)
    back, out = flows.benefit @ factor, flows.cost(terms.view) @ factor
    low, high = -9.0, 1.0
    at = lambda bias: float(np.median((1 - bias) * back - out))  # noqa: E731 - the curve that is searched
    return float(bisect(at, low, high, xtol=1e-15)) if at(low) > 0 > at(high) else None


def tipping_words(tipping: float | None) -> str:
    """Say what :func:`tipping_point` found, as a clause."""
    if tipping is None:
        return "no bias tips it"
    if tipping > 0:
        return f"{numbers.percent(tipping)} of the effect would have to be bias for a coin flip"
    return f"the effect would have to be {numbers.percent(-tipping)} larger for a coin flip"


class MeasureNext(Answer):
    """Worth of knowing each input of a go or no-go decision, the one to measure next on top."""

    evpi: Measure  # worth of knowing everything
    worth: pd.Series
    first: str  # the input to measure next; empty where none repays it
    idle: int  # inputs that would change nothing
    terms: ValuationTerms
    draws: int

    def claimed(self) -> tuple[Claim, ...]:
        return (Claim(tested=RANKED, estimate=self.evpi),)

    def words(self) -> Words:
        money, whole = self.terms.money, self.terms.money(self.evpi.value or 0.0)
        text = f"Nothing is worth measuring before deciding: even full knowledge is worth {whole}, and "
        text += "no single input repays its measurement."
        if self.first:
            best = f"up to {money(float(self.worth[self.first]))}; pay no more than that for it."
            text = f"Measure {in_words(self.first)} next: knowing it is worth {best}"
            if self.idle:
                others = numbers.plural(self.idle, "other input")
                text += f" Stop arguing about {others}: knowing them would change nothing."
        table = {"Input": [in_words(str(name)) for name in self.worth.index]}
        return Words(
            sentence=text,
            table=pd.DataFrame(table | {"Worth of knowing it": self.worth.to_numpy()}),
            formats={"Worth of knowing it": "money"},
            caption="What to measure next",
            note=f"Decision: go or not, on the net value at {self.terms.horizon} quarters; knowing everything is "
            f"worth {whole}; {numbers.count(self.draws)} draws.",
        )


def measure_next(plan: Plan, inputs: Inputs, terms: ValuationTerms = DEFAULT) -> MeasureNext:
    """Say which input to measure next, in one sentence with its price."""
    gain = net_value(plan, inputs, terms)
    benefits = np.column_stack([np.zeros_like(gain), gain])
    whole = evpi(benefits)
    level = {name: _level(inputs[name]) for name in counted_inputs(plan, terms)}
    known = {name: min(evppi(benefits, drawn), whole) for name, drawn in level.items() if np.ptp(drawn) > 0}
    worth = pd.Series(known, dtype=float).sort_values(ascending=False, kind="stable")
    floor = 0.01 * float(np.abs(gain).mean())
    pays, name = len(worth) > 0 and worth.iloc[0] > floor, measure_name("worth_of_knowing", plan.id)
    return MeasureNext(
        evpi=Measure(name=name, value=whole, unit=terms.currency, no_range=SIMULATED),
        **plan.place(terms.horizon),
        worth=worth,
        first=str(worth.index[0]) if pays else "",
        idle=int((worth < floor).sum()),
        terms=terms,
        draws=len(gain),
    )


def evpi(benefits: np.ndarray) -> float:
    """Expected value of perfect information from draws: ``E[max over options] - max over options of E``."""
    return float(benefits.max(axis=1).mean() - benefits.mean(axis=0).max())


def evppi(benefits: np.ndarray, known: np.ndarray) -> float:
    """Expected value of knowing one input exactly, by regression of fifth degree on the draws."""
    place = 2 * (known - known.min()) / np.ptp(known) - 1
    basis = np.polynomial.legendre.legvander(place, 5)
    fitted = basis @ np.linalg.lstsq(basis, benefits, rcond=None)[0]
    return max(float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max()), 0.0)


def settle_words(plan: Plan, inputs: Inputs, valued: Valuation, learn: MeasureNext) -> str:
    """Say what would settle an open verdict: which input, at what price, how many units, or which later quarter."""
    gain, means = net_value(plan, inputs, valued.terms), mean_inputs(plan)
    effects = {name: inputs[name] for name, given in plan.inputs().items() if isinstance(given, EffectPath)}
    spread = float(net_value(plan, means | effects, valued.terms).std()) if effects else 0.0
    left = (float(gain.mean()) / POWER) ** 2 - max(float(gain.var()) - spread**2, 0.0)
    said = [learn.sentence]
    if left > 0 and spread > 0:
        times = numbers.decimal(max(spread**2 / left, 1.0), 1)
        shows = "the range would leave zero, were the effect as large as it looks."
        said.append(f"With {times} times as many units {shows}")
    return " ".join(said)
