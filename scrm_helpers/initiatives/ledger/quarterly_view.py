"""What one quarter cannot see: benefit that shows later, and the steps from its books to the value at the horizon."""

import math
from dataclasses import field, replace
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, numbers, style, unknown
from scrm_helpers.answers.measure import Kind
from scrm_helpers.initiatives.ledger.flows import BOOKED, CLOCK, DIRECT, Ledger
from scrm_helpers.initiatives.plan.streams import HORIZONS, Paths, ValuationTerms

SHOWN, EVEN, START = "Share of the benefit that has shown", "Of an even flow", "Net after one quarter"
FEWEST = 3  # initiatives below which their differences say nothing
_STREAM_WORDS = {
    "retained": "Customers who stayed",
    "referral": "Referred customers",
    "deflection": "Contacts saved",
    "employee": "Employees who stayed",
}


class QuarterBlindness(Answer):
    """When the benefit shows, over all initiatives with the full horizon booked, beside a flow that is even."""

    ABSENT = "What one quarter misses cannot be computed because {reason}."

    missed: Measure = unknown("quarter_blindness", "share")
    duration: Measure = unknown("benefit_duration", "quarters")  # mean quarter of the benefit
    half: Measure = unknown("benefit_half_shown", "quarters")  # first quarter at whose end half has shown
    visible: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # share by quarter
    even: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # the same of an even flow
    turned: tuple[float, float] | None = None  # what is missed where the quarters of each initiative are turned round
    base: str = ""  # how far the benefit is net, and the discount rate, in words

    @property
    def horizon(self) -> int:
        """Quarters that count as the whole."""
        return len(self.visible) - 1

    def claimed(self) -> tuple[Claim, ...]:
        chance = None
        if not self.reason:
            how = "a flow that is even over the same quarters; range: the quarters of each initiative turned round"
            low, high = self.turned or (None, None)
            chance = Chance(float(1 - self.even[1]), how, low, high)
        tested = "share of the benefit that has not shown at the end of quarter 1 beside an even flow"
        names = (self.duration.name, self.half.name)
        return (Claim(name="benefit_comes_late", tested=tested, estimate=self.missed, chance=chance, numbers=names),)

    def words(self) -> Words:
        missed, n, horizon = self.missed.value or 0.0, self.missed.n or 0, self.horizon
        shown = [quarter for quarter in HORIZONS if quarter <= horizon]
        evenly, many = numbers.percent(1 - self.even[1]), numbers.plural(n, "initiative")
        mean, half = numbers.decimal(self.duration.value, 1), numbers.count(self.half.value)
        even_mean = numbers.decimal(float(self.even.diff().fillna(self.even[0]) @ self.even.index.to_numpy()), 1)
        few = f"{many} {'proves' if n == 1 else 'prove'} nothing about the next one"
        read = few if n < FEWEST else f"with {many} that is not beyond chance"
        if late := self.tested("benefit_comes_late").direction:
            read = f"the benefit comes {'later' if late > 0 else 'earlier'} than evenly"
        return Words(
            sentence=f"Of the benefit that {horizon} quarters brought to {many}, a look after one quarter misses "
            f"{numbers.percent(missed)} ({numbers.span(self.missed, numbers.percent)}), of an even flow {evenly}: "
            f"{read}. On average it came in quarter {mean} (even: {even_mean}); half of it had shown by the end of "
            f"quarter {half}.",
            table=pd.DataFrame({SHOWN: self.visible, EVEN: self.even}).loc[shown].rename_axis("Quarters").reset_index(),
            formats={"Quarters": "count", SHOWN: "percent", EVEN: "percent"},
            title=f"After one quarter {numbers.percent(1 - missed)} of the benefit has shown; evenly it would be "
            f"{numbers.percent(float(self.even[1]))}",
            caption="When the benefit shows",
            note=f"n = {many} with all {horizon} quarters booked; {CLOCK}; {self.base}.",
            alt=f"A rising line: {numbers.percent(self.visible[1])} of the benefit has shown after one quarter, "
            f"{numbers.percent(self.visible[shown[-2]])} after {shown[-2]} quarters and all of it after {horizon}; a "
            "straight line for an even flow.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        ax.plot(self.even.index, self.even, color=style.GREY, linewidth=1, linestyle="--", label="even flow")
        ax.plot(self.visible.index, self.visible, color=style.BLUE, linewidth=2, label="as booked")
        for quarter in [q for q in (1, 4, 8) if q < self.horizon]:
            share = self.visible[quarter]
            mark, colour, weight = ("s", style.ORANGE, "bold") if quarter == 1 else ("o", style.BLUE, "normal")
            ax.plot(quarter, share, mark, color=colour, markersize=7)
            words = f"{numbers.percent(share)} after {numbers.plural(quarter, 'quarter')}"
            away = (-4, 26) if share < 0.15 else (10, -4)  # close to the axis a label would touch it
            look = {"size": 9, "color": colour, "weight": weight, "va": "top", "bbox": style.HALO}
            style.beside(ax, words, (quarter, share), away, **look)
        ax.set(xlim=(0, self.horizon * 1.02), ylim=(min(0.0, float(self.visible.min()) * 1.1), 1.03))
        ax.set_xticks([quarter for quarter in (0, *HORIZONS, 16, 20) if quarter <= self.horizon])
        ax.grid(axis="y")
        label = f"Benefit of {self.horizon} quarters that has shown"
        return style.labelled(ax, "Quarters since the start", label, percent="y", legend=2)


def quarter_blindness(ledger: Ledger) -> QuarterBlindness:
    """Measure which share of the benefit a look after one quarter misses, beside an even flow.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    QuarterBlindness

    Notes
    -----
    ``1 - PV(1) / PV(H)`` over the summed benefit of the initiatives that have H quarters booked: the longest of 2, 4, 8
    and 12 that any has. Range: jackknife over initiatives. Duration: ``sum q PV_q / PV(H)``. By chance: the quarters of
    each initiative turned round its ring of H + 1.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import Terms, read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = initiatives.assign(quarter="2026Q1", stream="direct", amount=80.0)
    >>> quarter_blindness(read_ledger(initiatives, rows, Terms(pd.Timestamp("2026-03-31")))).missed.value
    1.0
    """
    horizon = max(quarters for quarters in (2, 4, 8, 12) if quarters == 2 or (ledger.booked_until >= quarters).any())
    ripe = ledger.booked_until >= horizon
    flows = (ledger.benefit() * ledger.factors)[ripe, : horizon + 1]
    present, n = np.cumsum(flows.sum(axis=0)), int(ripe.sum())
    reason = "" if present[-1] > 0 else "the benefit over the whole horizon is not positive"
    reason = reason if n else f"no initiative has {horizon} quarters behind it"
    if reason:
        return QuarterBlindness(reason=reason, missed=unknown("quarter_blindness", "share", reason, n))
    visible, even = (pd.Series(one / one[-1]) for one in (present, np.cumsum(ledger.factors[: horizon + 1])))
    mean = float(flows.sum(axis=0) @ np.arange(horizon + 1) / present[-1])
    missed = ratio_over("quarter_blindness", "share", flows[:, 2:].sum(axis=1), flows.sum(axis=1), kind=ledger.kind)
    if missed.high is not None and (flows >= 0).all():
        missed = replace(missed, high=min(missed.high, 1.0))  # nothing was taken back, so no more than all is missed
    fact = replace(missed, unit="quarters", low=None, high=None, no_range=BOOKED)
    return QuarterBlindness(
        population="initiatives with every quarter booked",
        window=f"quarters 0 to {horizon}",
        missed=missed,
        duration=replace(fact, name="benefit_duration", value=mean),
        half=replace(fact, name="benefit_half_shown", value=float(np.argmax(visible.to_numpy() >= 0.5))),
        visible=visible,
        even=even,
        turned=_turned_round(ledger.benefit()[ripe, : horizon + 1], ledger.factors[: horizon + 1]),
        base=f"{ledger.gross_words}; {ledger.rate_words}",
    )


def _turned_round(flows: np.ndarray, factors: np.ndarray, draws: int = 1000) -> tuple[float, float] | None:
    """Share missed where each initiative starts anywhere in its own quarters; 97.5 % of it, as one of two tests."""
    n, length = flows.shape
    if n < FEWEST:
        return None
    start = np.random.default_rng(0).integers(0, length, (draws, n, 1))
    present = flows[np.arange(n)[:, None], (start + np.arange(length)) % length].sum(axis=1) * factors
    missed = present[:, 2:].sum(axis=1) / present.sum(axis=1)
    low, high = np.quantile(missed[present.sum(axis=1) > 0], [0.0125, 0.9875]).tolist()
    return low, high


def ratio_over(name: str, unit: str, top: np.ndarray, bottom: np.ndarray, *, kind: Kind) -> Measure:
    """A ratio of sums over initiatives with its jackknife range; degrees of freedom by Kish's effective number."""
    from scipy.stats import t

    n, value = len(top), float(top.sum() / bottom.sum())
    few = f"{numbers.plural(n, 'initiative')} {'gives' if n == 1 else 'give'} no range"
    found = Measure(name=name, value=value, unit=unit, n=n, kind=kind, no_range=few)
    if n < FEWEST:
        return found
    part = bottom / bottom.sum()  # large ones pull the ratio to themselves: the rest without each, and as many as count
    apart = (top - value * bottom) / (1 - part) / bottom.sum()
    freedom = min(max(1 / float(part @ part) - 1, 1.0), n - 1)
    wide = float(t.ppf(0.975, freedom)) * math.sqrt((n - 1) / n * float(apart @ apart))
    return replace(found, low=value - wide, high=value + wide)


class Bridge(Answer):
    """The steps from ROI at one quarter to the net value; `steps` sum to the last entry."""

    beyond: Measure  # net value less what one quarter books
    steps: pd.Series
    spent: float  # discounted cost
    terms: ValuationTerms
    subject: str
    tail: float | None = None  # what comes after the horizon
    until: str  # where its flows end, in words

    def claimed(self) -> tuple[Claim, ...]:
        tested = f"net value {self.until} beside direct margin less cash of quarters 0 and 1"
        return (Claim(tested=tested, estimate=self.beyond, sentence=self.title),)

    def words(self) -> Words:
        money, beyond = self.terms.money, self.beyond.value or 0.0
        first, net = (money(float(self.steps.iloc[place])) for place in (0, -1))
        between = self.steps.iloc[1:-1]
        said = described = ""
        if len(between):
            largest = str(between.abs().idxmax())
            said = f" The largest step between them is {largest} ({self._signed(between[largest])})."
            described = f", the largest {largest}"
        title = f"The first quarter flatters: {money(-beyond)} is lost after it"
        return Words(
            sentence=f"{self.subject}: after one quarter the books show {first}; {self.until} the net is {net}.{said}",
            table=self.steps.rename_axis("Step").reset_index(name="Amount"),
            formats={"Amount": "money"},
            title=f"{money(beyond)} of value lies beyond what one quarter books" if beyond > 0 else title,
            caption=f"From one quarter to {self.until.removeprefix('after ')}: {self.subject}",
            note=f"{self.terms.view} view of cost; steps not discounted except the step of that name "
            f"({self.terms.rate_words}); the steps sum exactly.",
            alt=f"A waterfall from {first} after one quarter to {net} {self.until}: {len(between)} steps{described}.",
        )

    def _signed(self, amount: float) -> str:
        return ("+" if amount > 0 else "") + self.terms.money(amount)

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        names = [str(name) for name in self.steps.index] + ["Later still, not counted"] * (self.tail is not None)
        ax = style.axes_for(ax, height=1.0 + 0.36 * len(names))
        running, span, last = 0.0, float(np.abs(self.steps.cumsum()).max()) or 1.0, len(self.steps) - 1
        look: dict[str, Any] = {"size": 9, "va": "center", "bbox": style.HALO}
        for place, amount in enumerate(self.steps.tolist()):
            total = place in (0, last)
            start = 0.0 if total else running
            colour = style.BAR_GREY if total else style.BLUE if amount >= 0 else style.ORANGE
            ax.barh(place, amount, left=start, color=colour, height=0.62)
            running = start + amount
            words, weight = (self.terms.money(amount), "bold") if total else (self._signed(amount), "normal")
            style.beside(ax, words, (max(start, running), place), (5, 0), weight=weight, **look)
        if self.tail is not None:
            ax.barh(last + 1, self.tail, left=running, color="white", edgecolor=style.GREY, hatch="//", height=0.62)
            end = max(running, running + self.tail)
            style.beside(ax, self._signed(self.tail), (end, last + 1), (5, 0), **look)
        style.name_rows(ax, names, zero=True, down=True)
        low, high = ax.get_xlim()
        ax.set_xlim(low - 0.02 * span, high + 0.1 * span)
        style.in_money(ax.xaxis, self.terms.currency)
        return style.labelled(ax, "Cumulative value; later steps start where the one above ends")


def bridge(
    streams: Paths, costs: Paths, terms: ValuationTerms, *, subject: str = "All initiatives", tail: float | None = None
) -> Bridge:
    """Split the net value at the horizon into what one quarter books and everything it cannot see."""
    quarters = terms.horizon + 1
    back = {name: np.asarray(path, dtype=float)[:quarters] for name, path in streams.items()}
    out = {kind: np.asarray(path, dtype=float)[:quarters] for kind, path in costs.items()}
    nothing = np.zeros(1)
    cash = out.get("cash", nothing) + out.get("reward", nothing)
    at_once = sum((path for name, path in back.items() if name in DIRECT), start=nothing)
    parts = {START: float(at_once[:2].sum() - cash[:2].sum()), "Direct margin, later": float(at_once[2:].sum())}
    for name in sorted(set(back) - set(DIRECT)):
        parts[_STREAM_WORDS.get(name, name.capitalize())] = float(back[name].sum())
    parts["Running cost, later"] = -float(cash[2:].sum())
    for kind, words in (("paid_time", "Paid hours"), ("volunteered_time", "Volunteered hours")):
        if kind in terms.counted:
            parts[words] = -float(out.get(kind, nothing).sum())
    factor = terms.factors(max(len(path) for path in [*back.values(), *out.values()]))
    spent = sum(float(out[kind] @ factor) for kind in terms.counted if kind in out)
    net = sum(float(path @ factor) for path in back.values()) - spent
    parts["Discount"] = net - sum(parts.values())
    steps = pd.Series({name: amount for name, amount in parts.items() if name == START or abs(amount) > 1e-9})
    steps[f"Net value at {numbers.plural(terms.horizon, 'quarter')}"] = net
    name = "net_beyond_one_quarter"
    beyond = Measure(name=name, value=net - parts[START], unit=terms.currency, kind="gross", no_range=BOOKED)
    until = f"after {terms.horizon} quarters"
    return Bridge(beyond=beyond, steps=steps, spent=spent, terms=terms, subject=subject, tail=tail, until=until)


def ledger_bridge(ledger: Ledger) -> Bridge:
    """Build the bridge over all initiatives of a ledger, from its booked quarters.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    Bridge
    """
    both = (ledger.streams, ledger.costs)
    streams, costs = ({name: (grid * ledger.booked).sum(axis=0) for name, grid in part.items()} for part in both)
    terms = ValuationTerms(int(ledger.booked_until.max()), ledger.terms.discount_rate, currency=ledger.currency)
    found = bridge(streams, costs, terms)
    beyond = ledger.fact(found.beyond.name, found.beyond.value or 0.0, ledger.currency)
    steps = found.steps.rename({found.steps.index[-1]: "Net value to date"})
    return replace(found, beyond=beyond, steps=steps, until=f"to date ({ledger.reached})")
