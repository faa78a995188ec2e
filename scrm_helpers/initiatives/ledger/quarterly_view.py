"""What one quarter cannot see: benefit that shows later, and the steps from its books to the value at the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.style import HALO, in_money
from scrm_helpers.initiatives.ledger.flows import DIRECT, Ledger
from scrm_helpers.initiatives.plan.streams import HORIZONS, ValuationTerms

SHOWN, START = "Share of the benefit that has shown", "Net after one quarter"
_STREAM_WORDS = {
    "retained": "Customers who stayed",
    "referral": "Referred customers",
    "deflection": "Contacts saved",
    "employee": "Employees who stayed",
}


@dataclass(frozen=True, kw_only=True)
class QuarterBlindness(Answer):
    """How much of the benefit has shown after each quarter, over all initiatives with the full horizon behind them."""

    ABSENT = "What one quarter misses cannot be computed because {reason}."

    missed: Measure = unknown("quarter_blindness", "share")
    visible: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # share by quarter
    base: str = ""  # the discount rate, in words

    @property
    def horizon(self) -> int:
        """Quarters that count as the whole."""
        return len(self.visible) - 1

    def words(self) -> Words:
        missed, n, horizon = self.missed.value or 0.0, self.missed.n or 0, self.horizon
        shown = [quarter for quarter in HORIZONS if quarter <= horizon]
        text = f"A look after one quarter misses nothing: no benefit came later within {horizon} quarters."
        if missed > 0:
            share = numbers.percent(missed)
            text = f"A look after one quarter misses {share} of the benefit that {horizon} quarters bring."
        return Words(
            sentence=text,
            table=pd.DataFrame({"Quarters": shown, SHOWN: self.visible[shown].to_numpy()}),
            formats={"Quarters": "count", SHOWN: "percent"},
            title=f"After one quarter {numbers.percent(1 - missed)} of the benefit has shown",
            caption="When the benefit shows",
            note=(
                f"n = {numbers.plural(n, 'initiative')} with {horizon} quarters behind {'it' if n == 1 else 'them'}; "
                f"{self.base}; gross of what would have happened anyway."
            ),
            alt=(
                f"A rising line: {numbers.percent(self.visible[1])} of the benefit has shown after one quarter, "
                f"{numbers.percent(self.visible[shown[-2]])} after {shown[-2]} quarters and all of it after {horizon}."
            ),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        ax.plot(self.visible.index, self.visible, color=style.BLUE, linewidth=2)
        for quarter in [q for q in (1, 4, 8) if q < self.horizon]:
            share = self.visible[quarter]
            mark, colour, weight = ("s", style.ORANGE, "bold") if quarter == 1 else ("o", style.BLUE, "normal")
            ax.plot(quarter, share, mark, color=colour, markersize=7)
            words = f"{numbers.percent(share)} after {numbers.plural(quarter, 'quarter')}"
            beside = (-4, 26) if share < 0.15 else (10, -4)  # close to the axis a label would touch it
            ax.annotate(
                words, (quarter, share), xytext=beside, textcoords="offset points", color=colour, fontweight=weight,
                va="top", bbox=HALO,
            )  # fmt: skip
        ax.set_xlim(0, self.horizon * 1.02)
        ax.set_ylim(min(0.0, float(self.visible.min()) * 1.1), 1.03)
        ax.yaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_xticks([quarter for quarter in (0, *HORIZONS, 16, 20) if quarter <= self.horizon])
        ax.set_xlabel("Quarters since the start")
        ax.set_ylabel(f"Benefit of {self.horizon} quarters that has shown")
        ax.grid(axis="y")
        return ax


def quarter_blindness(ledger: Ledger) -> QuarterBlindness:
    """Measure which share of the benefit a look after one quarter misses.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    QuarterBlindness

    Notes
    -----
    ``1 - PV(1) / PV(H)`` over the summed benefit of the initiatives that have ripened to H: the longest of 2, 4, 8 and
    12 quarters that any has reached.

    Examples
    --------
    >>> from scrm_helpers.answers.terms import Terms
    >>> from scrm_helpers.initiatives.ledger.flows import read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = initiatives.assign(quarter="2026Q1", stream="direct", amount=80.0)
    >>> quarter_blindness(read_ledger(initiatives, rows, Terms(pd.Timestamp("2026-03-31")))).missed.value
    1.0
    """
    horizon = max(quarters for quarters in (2, 4, 8, 12) if quarters == 2 or (ledger.booked_until >= quarters).any())
    ripe = ledger.booked_until >= horizon
    present = np.cumsum((ledger.benefit() * ledger.factors)[ripe, : horizon + 1].sum(axis=0))
    reason = "" if present[-1] > 0 else "the benefit over the whole horizon is not positive"
    reason = reason if ripe.any() else f"no initiative has {horizon} quarters behind it"
    if reason:
        return QuarterBlindness(reason=reason, missed=unknown("quarter_blindness", "share", reason, int(ripe.sum())))
    visible = pd.Series(present / present[-1])
    missed, n = float(1 - visible[1]), int(ripe.sum())
    return QuarterBlindness(
        missed=Measure(name="quarter_blindness", value=missed, unit="share", n=n, kind="gross"),
        visible=visible,
        base=ledger.rate_words,
    )


@dataclass(frozen=True, kw_only=True)
class Bridge(Answer):
    """The steps from ROI at one quarter to the net value; `steps` sum to the last entry."""

    beyond: Measure  # net value less what one quarter books
    steps: pd.Series
    spent: float  # discounted cost
    terms: ValuationTerms
    subject: str
    tail: float | None = None  # what comes after the horizon

    def words(self) -> Words:
        money, horizon, beyond = self.terms.money, self.terms.horizon, self.beyond.value or 0.0
        first, net = (money(float(self.steps.iloc[place])) for place in (0, -1))
        between = self.steps.iloc[1:-1]
        said = described = ""
        if len(between):
            largest = str(between.abs().idxmax())
            said = f" The largest step between them is {largest} ({self._signed(between[largest])})."
            described = f", the largest {largest}"
        title = f"The first quarter flatters: {money(-beyond)} is lost after it"
        return Words(
            sentence=(
                f"{self.subject}: after one quarter the books show {first}; after {horizon} quarters the net value is "
                f"{net}.{said}"
            ),
            table=self.steps.rename_axis("Step").reset_index(name="Amount"),
            formats={"Amount": "money"},
            title=f"{money(beyond)} of value lies beyond what one quarter books" if beyond > 0 else title,
            caption=f"From one quarter to {horizon} quarters: {self.subject}",
            note=(
                f"{self.terms.view} view of cost; steps not discounted except the step of that name "
                f"({self.terms.rate_words}); the steps sum exactly."
            ),
            alt=(
                f"A waterfall from {first} after one quarter to {net} after {horizon} quarters in {len(between)} steps"
                f"{described}."
            ),
        )

    def _signed(self, amount: float) -> str:
        return ("+" if amount > 0 else "") + self.terms.money(amount)

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        names = [str(name) for name in self.steps.index] + ["Later still, not counted"] * (self.tail is not None)
        ax = style.axes_for(ax, height=1.0 + 0.36 * len(names))
        running, span, last = 0.0, float(np.abs(self.steps.cumsum()).max()) or 1.0, len(self.steps) - 1

        def label(place: int, words: str, end: float, weight: str = "normal") -> None:
            ax.annotate(
                words, (end, place), xytext=(5, 0), textcoords="offset points", va="center", bbox=HALO,
                fontweight=weight,
            )  # fmt: skip

        for place, amount in enumerate(self.steps.tolist()):
            total = place in (0, last)
            start = 0.0 if total else running
            colour = style.BAR_GREY if total else style.BLUE if amount >= 0 else style.ORANGE
            ax.barh(place, amount, left=start, color=colour, height=0.62)
            running = start + amount
            words, weight = (self.terms.money(amount), "bold") if total else (self._signed(amount), "normal")
            label(place, words, max(start, running), weight)
        if self.tail is not None:
            ax.barh(last + 1, self.tail, left=running, color="white", edgecolor=style.GREY, hatch="//", height=0.62)
            label(last + 1, self._signed(self.tail), max(running, running + self.tail))
        style.name_rows(ax, names, zero=True, down=True)
        low, high = ax.get_xlim()
        ax.set_xlim(low - 0.02 * span, high + 0.1 * span)
        in_money(ax.xaxis, self.terms.currency)
        ax.set_xlabel("Cumulative value; later steps start where the one above ends")
        return ax


def bridge(
    streams: Mapping[str, np.ndarray],
    costs: Mapping[str, np.ndarray],
    terms: ValuationTerms,
    *,
    subject: str = "All initiatives",
    tail: float | None = None,
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
    beyond = Measure(name="net_beyond_one_quarter", value=net - parts[START], unit=terms.currency, kind="gross")
    return Bridge(beyond=beyond, steps=steps, spent=spent, terms=terms, subject=subject, tail=tail)


def ledger_bridge(ledger: Ledger) -> Bridge:
    """Build the bridge over all initiatives of a ledger, from its booked quarters.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    Bridge
    """
    streams, costs = (
        {name: (grid * ledger.booked).sum(axis=0) for name, grid in part.items()}
        for part in (ledger.streams, ledger.costs)
    )
    terms = ValuationTerms(int(ledger.booked_until.max()), ledger.terms.discount_rate, currency=ledger.currency)
    return bridge(streams, costs, terms)
