"""From the net figure that finance books after one quarter to the value at the horizon, bar by bar, summing exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.money_axis import HALO, in_money
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import ValuationTerms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

START, END = "Net after one quarter", "Net value"
_STREAM_WORDS = {
    "direct": "Direct margin",
    "direct_margin": "Direct margin",
    "retained": "Customers who stayed",
    "referral": "Referred customers",
    "deflection": "Contacts saved",
    "ideas": "Ideas",
    "employee": "Employees who stayed",
}


@dataclass(frozen=True, kw_only=True)
class Bridge(Answer):
    """The steps from ROI at one quarter to the net value; `steps` sum to the last entry."""

    beyond: Measure  # net value less what one quarter books
    steps: pd.Series
    spent: float  # discounted cost
    terms: ValuationTerms
    subject: str
    tail: float | None = None  # what comes after the horizon

    @property
    def currency(self) -> str:
        """ISO code of the amounts."""
        return self.terms.currency

    def words(self) -> Words:
        """What one quarter books, what the whole horizon brings, and the largest step between."""
        first, net = (numbers.money(float(self.steps.iloc[place]), self.currency) for place in (0, -1))
        horizon, beyond = self.terms.horizon, self.beyond.value or 0.0
        between = self.steps.iloc[1:-1].abs()
        largest = str(between.idxmax()) if len(between) else ""
        step = _signed(float(self.steps[largest]), self.currency) if largest else ""
        return Words(
            sentence=(
                f"{self.subject}: after one quarter the books show {first}; after {horizon} quarters the net value is "
                f"{net}.{f' The largest step between them is {largest} ({step}).' if largest else ''}"
            ),
            table=self.steps.rename_axis("Step").reset_index(name="Amount"),
            formats={"Amount": "money"},
            title=f"{numbers.money(beyond, self.currency)} of value lies beyond what one quarter books"
            if beyond > 0
            else f"The first quarter flatters: {numbers.money(-beyond, self.currency)} is lost after it",
            caption=f"From one quarter to {horizon} quarters: {self.subject}",
            note=(
                f"{self.terms.view} view of cost; steps not discounted except the step of that name "
                f"({numbers.percent(self.terms.discount_rate_annual, 0)} a year); the steps sum exactly."
            ),
            alt=(
                f"A waterfall from {first} after one quarter to {net} after {horizon} quarters in "
                f"{len(self.steps) - 2} steps{f', the largest {largest}' if largest else ''}."
            ),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the steps as a waterfall from top to bottom."""
        ax = style.axes_for(ax, height=1.0 + 0.36 * (len(self.steps) + (self.tail is not None)))
        running, span = 0.0, float(np.abs(self.steps.cumsum()).max()) or 1.0
        for place, (name, amount) in enumerate(self.steps.items()):
            total = name in (self.steps.index[0], self.steps.index[-1])
            start = 0.0 if total else running
            colour = style.BAR_GREY if total else style.BLUE if amount >= 0 else style.ORANGE
            ax.barh(place, amount, left=start, color=colour, height=0.62)
            end = start + amount
            words = numbers.money(amount, self.currency) if total else _signed(amount, self.currency)
            ax.annotate(
                words,
                (max(start, end), place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                bbox=HALO,
                fontweight="bold" if total else "normal",
            )
            running = end
        names = [str(name) for name in self.steps.index]
        if self.tail is not None:
            ax.barh(len(names), self.tail, left=running, color="white", edgecolor=style.GREY, hatch="//", height=0.62)
            words, end = _signed(self.tail, self.currency), max(running, running + self.tail)
            ax.annotate(words, (end, len(names)), xytext=(5, 0), textcoords="offset points", va="center", bbox=HALO)
            names.append("Later still, not counted")
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        low, high = ax.get_xlim()
        ax.set_xlim(low - 0.02 * span, high + 0.1 * span)
        in_money(ax.xaxis, self.currency)
        ax.set_xlabel("Cumulative value; later steps start where the one above ends")
        return ax


def bridge(
    streams: Mapping[str, np.ndarray],
    costs: Mapping[str, np.ndarray],
    terms: ValuationTerms,
    *,
    direct: Sequence[str] = ("direct", "direct_margin"),
    subject: str = "All initiatives",
    tail: float | None = None,
) -> Bridge:
    """Split the net value at the horizon into what one quarter books and everything it cannot see."""
    horizon, view, currency = terms.horizon, terms.view, terms.currency
    back = {name: np.asarray(path, dtype=float)[: horizon + 1] for name, path in streams.items()}
    out = {name: np.asarray(path, dtype=float)[: horizon + 1] for name, path in costs.items()}
    nothing = np.zeros(1)
    cash = out.get("cash", nothing) + out.get("reward", nothing)
    at_once = np.sum([path for name, path in back.items() if name in direct], axis=0) if back else nothing
    at_once = np.atleast_1d(at_once)
    parts: dict[str, float] = {START: float(at_once[:2].sum() - cash[:2].sum())}
    parts["Direct margin, later"] = float(at_once[2:].sum())
    for name in sorted(set(back) - set(direct)):
        parts[_STREAM_WORDS.get(name, name.capitalize())] = float(back[name].sum())
    parts["Running cost, later"] = -float(cash[2:].sum())
    if view in ("economic", "shadow"):
        parts["Paid hours"] = -float(out.get("paid_time", nothing).sum())
    if view == "shadow":
        parts["Volunteered hours"] = -float(out.get("volunteered_time", nothing).sum())
    length = max(len(path) for path in [*back.values(), *out.values()])
    factor = terms.factors(length)
    spent = sum(float(out[kind] @ factor) for kind in terms.counted if kind in out)
    net = sum(float(path @ factor) for path in back.values()) - spent
    parts["Discount"] = net - sum(parts.values())
    steps = pd.Series({name: amount for name, amount in parts.items() if name == START or abs(amount) > 1e-9})
    steps[f"{END} at {numbers.plural(horizon, 'quarter')}"] = net
    beyond = Measure(name="net_beyond_one_quarter", value=net - parts[START], unit=currency, kind="gross")
    return Bridge(beyond=beyond, steps=steps, spent=spent, terms=terms, subject=subject, tail=tail)


def ledger_bridge(ledger: Ledger, *, discount_rate_annual: float = 0.10, view: str = "economic") -> Bridge:
    """Build the bridge over all initiatives of a ledger, from its booked quarters.

    Parameters
    ----------
    ledger : Ledger
        From :func:`read_ledger`.
    discount_rate_annual : float
        Rate per year.
    view : {"cash", "economic", "shadow"}
        Which costs count.

    Returns
    -------
    Bridge
    """
    booked = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    return bridge(
        {name: (grid * booked).sum(axis=0) for name, grid in ledger.streams.items()},
        {name: (grid * booked).sum(axis=0) for name, grid in ledger.costs.items()},
        ValuationTerms(int(ledger.booked_until.max()), discount_rate_annual, view, ledger.currency),
    )


def _signed(amount: float, currency: str) -> str:
    return ("+" if amount > 0 else "") + numbers.money(amount, currency)
