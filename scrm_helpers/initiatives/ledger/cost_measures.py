"""Cost has only one measure, or does it? The return in cash, with paid hours, and with the hours people gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.money_axis import in_money
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import discount_factors, quarterly_rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_VIEWS = {
    "Cash": ("cash", 0.0),
    "Cash and paid hours": ("economic", 0.0),
    "and own hours at half": ("shadow", 0.5),
    "and own hours in full": ("shadow", 1.0),
}


@dataclass(frozen=True, kw_only=True)
class CostViews(Answer):
    """Net value to date of each initiative in four views of cost."""

    decided: Measure  # verdicts that the price of an hour decides
    net: pd.DataFrame
    turned: tuple[str, ...]
    most: tuple[str, float]  # the initiative to which people gave most hours, and their cost at the full rate
    currency: str
    discount_rate: float  # per year

    def words(self) -> Words:
        """Whether a verdict depends on what an hour is held to cost."""
        (name, own), many = self.most, numbers.plural(len(self.net), "initiative")
        rate = f"the full rate the hours people gave to {name} would add {numbers.money(own, self.currency)} of cost."
        if not own:
            text = "Nobody's own hours are in the ledger, so the shadow view equals the economic one."
        elif self.turned:
            verb = "pays" if len(self.turned) == 1 else "pay"
            text = f"Whether {', '.join(self.turned)} {verb} depends on what an hour is held to cost. At {rate}"
        else:
            text = f"No verdict depends on how hours are priced; at {rate}"
        return Words(
            sentence=text,
            table=self.net.reset_index(),
            formats=dict.fromkeys(map(str, self.net.columns), "money"),
            title=f"The price of an hour decides {len(self.turned)} of {many}"
            if self.turned
            else "No verdict depends on the price of an hour",
            caption="Net value to date in four views of cost",
            note=(
                f"n = {many}; booked quarters; discounted at {numbers.percent(self.discount_rate, 0)} a year; own "
                "hours: volunteered time at half of, or the full, hourly rate. Gross of what would have happened "
                "anyway."
            ),
            alt=(
                f"For each of {many} the net value to date in cash, with paid hours and with own hours; "
                f"{len(self.turned)} of the lines cross zero."
            ),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the net value to date, one line per initiative, one mark per view of cost."""
        order = self.net["Cash"].sort_values(kind="stable").index
        ax = style.axes_for(ax, height=1.2 + 0.36 * len(order))
        looks = {"Cash": ("o", style.GREY, "white"), "Cash and paid hours": ("D", style.BLUE, style.BLUE)}
        looks["and own hours in full"] = ("s", style.ORANGE, style.ORANGE)
        for place, name in enumerate(order):
            row = self.net.loc[name]
            ax.plot([row.min(), row.max()], [place, place], color=style.RULE, linewidth=2, zorder=1)
            for view, (mark, edge, face) in looks.items():
                if view not in ("Cash", "Cash and paid hours") and row[view] == row["Cash and paid hours"]:
                    continue
                (point,) = ax.plot(row[view], place, mark, color=face, markeredgecolor=edge, markersize=7)
                point.set(linestyle="none", zorder=3 if view == "Cash" else 2)
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks(range(len(order)), list(order))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        in_money(ax.xaxis, self.currency)
        ax.set_xlabel("Discounted net value to date")
        ax.margins(x=0.06, y=0.08)
        for view, (mark, edge, face) in looks.items():
            label = view.lower() if view.startswith("Cash") else f"cash, paid {view}"
            ax.plot([], [], mark, color=face, markeredgecolor=edge, markersize=7, label=label)
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.2, columnspacing=1.2)
        return ax


def cost_views(ledger: Ledger, *, discount_rate_annual: float = 0.10) -> CostViews:
    """Value every initiative under four answers to "what does an hour cost?".

    Parameters
    ----------
    ledger : Ledger
        From :func:`read_ledger`.
    discount_rate_annual : float
        Rate per year.

    Returns
    -------
    CostViews

    Notes
    -----
    Economic cost = cash + paid hours at the loaded rate; shadow cost adds volunteered hours at a share of that rate.
    A reward in kind enters at what it cost the employer; what it is worth to the people is a score.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [0.0]})
    >>> rows = pd.DataFrame(
    ...     {
    ...         "initiative_id": "desk",
    ...         "quarter": "2025Q1",
    ...         "stream": ["direct", "own time", "fee"],
    ...         "amount": [90.0, 2.0, 50.0],
    ...         "unit": ["EUR", "hours", "EUR"],
    ...         "kind": ["benefit", "volunteered_time", "cash"],
    ...     }
    ... )
    >>> cost_views(read_ledger(initiatives, rows, as_of="2025-03-31")).net.iloc[0].tolist()
    [40.0, 40.0, 5.0, -30.0]
    """
    factor = discount_factors(quarterly_rate(discount_rate_annual), ledger.quarters)
    booked = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    net = pd.DataFrame(
        {
            label: ((ledger.benefit() - ledger.cost(view, share)) * booked) @ factor
            for label, (view, share) in _VIEWS.items()
        },
        index=pd.Index(ledger.names, name="Initiative"),
    )
    turned = tuple(sorted(net.index[(net.max(axis=1) > 0) & (net.min(axis=1) <= 0)]))
    own = {
        name: float(x)
        for name, x in zip(ledger.names, (ledger.costs["volunteered_time"] * booked) @ factor, strict=True)
    }
    most = max(sorted(own), key=lambda name: own[name])
    return CostViews(
        decided=Measure(name="verdicts_decided_by_hours", value=float(len(turned)), unit="count", n=len(net)),
        net=net,
        turned=turned,
        most=(most, own[most]),
        currency=ledger.currency,
        discount_rate=discount_rate_annual,
    )
