"""From the net figure that finance books after one quarter to the value at the horizon, bar by bar, summing exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.cash import discount_factors, quarterly_rate
from scrm_helpers.initiatives.ledger import Ledger
from scrm_helpers.initiatives.money_axis import HALO, in_money
from scrm_helpers.initiatives.streams import COST_KINDS
from scrm_helpers.presentation import numbers, style
from scrm_helpers.presentation.result import Measure, Result

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
class Bridge(Result):
    """The steps from ROI at one quarter to the net value; `steps` sum to the last entry."""

    steps: pd.Series
    currency: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the steps as a waterfall from top to bottom."""
        ax = style.axes_for(ax, height=1.0 + 0.36 * len(self.steps))
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
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks(range(len(self.steps)), [str(name) for name in self.steps.index])
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
    *,
    horizon: int,
    discount_rate_annual: float = 0.10,
    view: str = "economic",
    direct: Sequence[str] = ("direct", "direct_margin"),
    subject: str = "All initiatives",
    currency: str = "EUR",
) -> Bridge:
    """Split the net value at the horizon into what one quarter books and everything it cannot see.

    Parameters
    ----------
    streams : mapping of str to numpy.ndarray, shape (quarters,)
        Money back per stream and quarter; for draws, their means.
    costs : mapping of str to numpy.ndarray, shape (quarters,)
        Cost per kind and quarter: ``cash``, ``reward``, ``paid_time``, ``volunteered_time``.
    horizon : int
        Last quarter that counts.
    discount_rate_annual : float
        Rate per year.
    view : {"cash", "economic", "shadow"}
        Which costs count.
    direct : sequence of str
        Streams that a quarterly book sees at once.
    subject : str
        Whose bridge it is.
    currency : str
        ISO code.

    Returns
    -------
    Bridge

    Notes
    -----
    Net (ROI, 1Q) = direct benefit - cash cost over quarters 0 and 1, not discounted. All further steps are not
    discounted either; the last but one is the discount, so that the steps sum to the net present value exactly.

    Examples
    --------
    >>> steps = bridge({"direct": [0, 50, 70]}, {"cash": [100, 0, 0]}, horizon=2, discount_rate_annual=0.0).steps
    >>> float(steps.iloc[:-1].sum() - steps.iloc[-1])
    0.0
    """
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
    counted = {"cash": COST_KINDS[:2], "economic": COST_KINDS[:3], "shadow": COST_KINDS}[view]
    length = max(len(path) for path in [*back.values(), *out.values()])
    factor = discount_factors(quarterly_rate(discount_rate_annual), length)
    net = sum(float(path @ factor) for path in back.values()) - sum(
        float(out[kind] @ factor) for kind in counted if kind in out
    )
    parts["Discount"] = net - sum(parts.values())
    steps = pd.Series({name: amount for name, amount in parts.items() if name == START or abs(amount) > 1e-9})
    steps[f"{END} at {numbers.plural(horizon, 'quarter')}"] = net
    largest = str(steps.iloc[1:-1].abs().idxmax()) if len(steps) > 2 else ""
    moved = numbers.money(net - parts[START], currency)
    return Bridge(
        sentence=(
            f"{subject}: after one quarter the books show {numbers.money(parts[START], currency)}; after {horizon} "
            f"quarters the net value is {numbers.money(net, currency)}."
            + (
                f" The largest step between them is {largest} ({_signed(float(steps[largest]), currency)})."
                if largest
                else ""
            )
        ),
        table=steps.rename_axis("Step").reset_index(name="Amount"),
        title=(
            f"{moved} of value lies beyond what one quarter books"
            if net > parts[START]
            else f"The first quarter flatters: {numbers.money(parts[START] - net, currency)} is lost after it"
        ),
        caption=f"From one quarter to {horizon} quarters: {subject}",
        note=(
            f"{view} view of cost; steps not discounted except the step of that name "
            f"({numbers.percent(discount_rate_annual, 0)} a year); the steps sum exactly."
        ),
        alt=(
            f"A waterfall from {numbers.money(parts[START], currency)} after one quarter to "
            f"{numbers.money(net, currency)} after {horizon} quarters in {len(steps) - 2} steps"
            + (f", the largest {largest}." if largest else ".")
        ),
        formats={"Amount": "money"},
        measures=(Measure(name="net_beyond_one_quarter", value=net - parts[START], unit=currency, kind="gross"),),
        steps=steps,
        currency=currency,
    )


def ledger_bridge(ledger: Ledger, *, discount_rate_annual: float = 0.10, view: str = "economic") -> Bridge:
    """Build the bridge over all initiatives of a ledger, from its booked quarters.

    Parameters
    ----------
    ledger : Ledger
        From :func:`scrm_helpers.initiatives.ledger.read_ledger`.
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
        horizon=int(ledger.booked_until.max()),
        discount_rate_annual=discount_rate_annual,
        view=view,
        currency=ledger.currency,
    )


def _signed(amount: float, currency: str) -> str:
    return ("+" if amount > 0 else "") + numbers.money(amount, currency)
