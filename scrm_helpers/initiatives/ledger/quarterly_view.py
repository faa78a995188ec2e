"""Two things a quarterly view cannot see: benefit that comes later, and what a score would have to be worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.money_axis import HALO
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import Flows, checked_flows, discount_factors, quarterly_rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERVICE_PROFIT_CHAIN = (
    "For: at Sears 5 units of attitude went with 1.3 of customer impression and 0.5% of revenue growth (Rucci 1998).",
    "For: over 7,939 business units engagement went with customer ratings, r = .33 (Harter, Schmidt and Hayes 2002).",
    "Against: in bank branches the mediation was too small to be of practical importance (Gelade and Young 2005).",
    "Against: in 206 shops profit also raised satisfaction, so the chain runs both ways (Yee and others).",
)
"""Sentences with their sources; correlations over units, not effects."""
SHOWN, WORTH = "Share of the benefit that has shown", "Break-even worth of one unit"


def break_even_weight(benefits: Flows, costs: Flows, score: Flows, rate: float) -> float | None:
    """What one unit of a score must be worth for the initiative to pay; None when the score did not move."""
    back, out, moved = checked_flows(benefits), checked_flows(costs, "costs"), checked_flows(score, "scores")
    factor = discount_factors(rate, len(back))
    total = float(moved @ factor)
    return float((out - back) @ factor) / total if total > 0 else None


@dataclass(frozen=True, kw_only=True)
class QuarterBlindness(Answer):
    """How much of the benefit has shown after each quarter, over all initiatives with the full horizon behind them."""

    ABSENT = "What one quarter misses cannot be computed because {reason}."

    missed: Measure = unknown("quarter_blindness", "share")
    horizon: int = 0
    visible: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    discount_rate: float = 0.0  # per year

    def words(self) -> Words:
        """What a look after one quarter misses."""
        missed, n, horizon = self.missed.value or 0.0, self.missed.n or 0, self.horizon
        shown = [q for q in (1, 2, 4, 8, 12) if q <= horizon]
        return Words(
            sentence=(
                f"A look after one quarter misses {numbers.percent(missed)} of the benefit that {horizon} quarters "
                "bring."
                if missed > 0
                else f"A look after one quarter misses nothing: no benefit came later within {horizon} quarters."
            ),
            table=pd.DataFrame({"Quarters": shown, SHOWN: self.visible[shown].to_numpy()}),
            formats={"Quarters": "count", SHOWN: "percent"},
            title=f"After one quarter {numbers.percent(1 - missed)} of the benefit has shown",
            caption="When the benefit shows",
            note=(
                f"n = {numbers.plural(n, 'initiative')} with {horizon} quarters behind {'it' if n == 1 else 'them'}; "
                f"discounted at {numbers.percent(self.discount_rate, 0)} a year; gross of what would have happened "
                "anyway."
            ),
            alt=(
                f"A rising line: {numbers.percent(self.visible[1])} of the benefit has shown after one quarter, "
                f"{numbers.percent(self.visible[shown[-2]])} after {shown[-2]} quarters and all of it after {horizon}."
            ),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of the discounted benefit that has shown by each quarter."""
        ax = style.axes_for(ax)
        ax.plot(self.visible.index, self.visible, color=style.BLUE, linewidth=2)
        for quarter in [q for q in (1, 4, 8) if q < self.horizon]:
            share = self.visible[quarter]
            colour = style.ORANGE if quarter == 1 else style.BLUE
            ax.plot(quarter, share, "s" if quarter == 1 else "o", color=colour, markersize=7)
            low = share < 0.15  # beside the axis a label would touch it
            ax.annotate(
                f"{numbers.percent(share)} after {numbers.plural(quarter, 'quarter')}",
                (quarter, share),
                xytext=(-4, 26) if low else (10, -4),
                textcoords="offset points",
                color=colour,
                fontweight="bold" if quarter == 1 else "normal",
                va="top",
                bbox=HALO,
            )
        ax.set_xlim(0, self.horizon * 1.02)
        ax.set_ylim(min(0.0, float(self.visible.min()) * 1.1), 1.03)
        ax.yaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_xticks([quarter for quarter in (0, 1, 2, 4, 8, 12, 16, 20) if quarter <= self.horizon])
        ax.set_xlabel("Quarters since the start")
        ax.set_ylabel(f"Benefit of {self.horizon} quarters that has shown")
        ax.grid(axis="y")
        return ax


def quarter_blindness(
    ledger: Ledger, *, discount_rate_annual: float = 0.10, horizon: int | None = None
) -> QuarterBlindness:
    """Measure which share of the benefit a look after one quarter misses.

    Parameters
    ----------
    ledger : Ledger
        From :func:`read_ledger`.
    discount_rate_annual : float
        Rate per year.
    horizon : int, optional
        Quarters that count as the whole; only initiatives with that many booked quarters enter. The longest of 2, 4, 8
        and 12 that any initiative has reached, when not given.

    Returns
    -------
    QuarterBlindness

    Notes
    -----
    ``QB = 1 - PV(1) / PV(H)`` over the summed benefit of the initiatives that have ripened to H.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = pd.DataFrame(
    ...     {"initiative_id": "desk", "quarter": ["2025Q2", "2025Q4"], "stream": "direct", "amount": [20.0, 80.0]}
    ... )
    >>> read = read_ledger(initiatives, rows, as_of="2025-12-31")
    >>> round(quarter_blindness(read, discount_rate_annual=0.0, horizon=3).missed.value, 2)
    0.8
    """
    if horizon is None:
        horizon = max([2, *(quarters for quarters in (4, 8, 12) if (ledger.booked_until >= quarters).any())])
    ripe = ledger.booked_until >= horizon
    count = int(ripe.sum())
    total = ledger.benefit()[ripe, : horizon + 1].sum(axis=0) if count else np.zeros(horizon + 1)
    present = np.cumsum(total * discount_factors(quarterly_rate(discount_rate_annual), horizon + 1)[: len(total)])
    if count == 0 or present[-1] <= 0:
        reason = (
            f"no initiative has {horizon} quarters behind it"
            if count == 0
            else "the benefit over the whole horizon is not positive"
        )
        return QuarterBlindness(reason=reason, missed=unknown("quarter_blindness", "share", reason, count))
    visible = pd.Series(present / present[-1], index=range(len(present)))
    missed = float(1 - visible[1])
    return QuarterBlindness(
        missed=Measure(name="quarter_blindness", value=missed, unit="share", n=count, kind="gross"),
        horizon=horizon,
        visible=visible,
        discount_rate=discount_rate_annual,
    )


@dataclass(frozen=True, kw_only=True)
class BreakEvenWeights(Answer):
    """What a unit of each score must be worth; scores stay apart from money."""

    needed: Measure = unknown("scores_needing_a_belief", "count")
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str = "EUR"
    discount_rate: float = 0.0  # per year

    def words(self) -> Words:
        """What must be believed of a score for an initiative to have paid."""
        needed = self.scores.dropna(subset=WORTH).sort_values(WORTH, kind="stable")
        text = (
            "Every initiative with a score pays in money alone or gained nothing on it: no score has to be given a "
            "price."
        )
        if self.scores.empty:
            text = "No score is in the ledger, so no break-even worth can be computed."
        elif len(needed):
            first, verb = needed.iloc[0], "needs" if len(needed) == 1 else "need"
            pairs = numbers.plural(len(needed), "initiative and score", "pairs of initiative and score")
            text = (
                f"{first['Initiative']} pays if one unit of {first['Score']}, held for one quarter, is worth at least "
                f"{numbers.money(first[WORTH], self.currency)}; {pairs} {verb} such a belief."
            )
        return Words(
            sentence=text,
            table=self.scores,
            formats={"Gained, summed over quarters": "decimal1", WORTH: "money"},
            caption="What a score must be worth",
            note=(
                "Scores are never added to money. Shortfall and score discounted at "
                f"{numbers.percent(self.discount_rate, 0)} a year, booked quarters only; gross of what would have "
                "happened anyway."
            ),
        )


def break_even_weights(
    ledger: Ledger, *, discount_rate_annual: float = 0.10, view: str = "economic"
) -> BreakEvenWeights:
    """Say, for each initiative and score, what one unit must be worth to you for the initiative to have paid.

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
    BreakEvenWeights
        One row per initiative and score; its worth is missing where the initiative pays in money alone or the score did
        not rise.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = pd.DataFrame(
    ...     {"initiative_id": ["desk"], "quarter": ["2025Q2"], "stream": ["trust"], "amount": [5.0], "unit": ["points"]}
    ... )
    >>> read = read_ledger(initiatives, rows, as_of="2025-06-30")
    >>> break_even_weights(read, discount_rate_annual=0.0).scores["Break-even worth of one unit"].tolist()
    [20.0]
    """
    rate = quarterly_rate(discount_rate_annual)
    benefit, cost, currency = ledger.benefit(), ledger.cost(view), ledger.currency
    rows: list[tuple[str, str, float, float | None, str]] = []
    for (stream, unit), grid in sorted(ledger.scores.items()):
        for place, name in enumerate(ledger.names):
            until = max(int(ledger.booked_until[place]), 0) + 1
            moved = grid[place, :until]
            if not moved.any():
                continue
            weight = break_even_weight(benefit[place, :until], cost[place, :until], moved, rate)
            pays = weight is not None and weight <= 0
            words = (
                "cannot pay through this score: it did not rise"
                if weight is None
                else "pays in money alone"
                if pays
                else f"pays if one unit for one quarter is worth {numbers.money(weight, currency)}"
            )
            rows.append((name, f"{stream} ({unit})", float(moved.sum()), None if pays else weight, words))
    table = pd.DataFrame(rows, columns=["Initiative", "Score", "Gained, summed over quarters", WORTH, "Reading"])
    table[WORTH] = table[WORTH].astype(float)
    needed = float(table[WORTH].notna().sum())
    return BreakEvenWeights(
        needed=Measure(name="scores_needing_a_belief", value=needed, unit="count", n=len(table)),
        scores=table,
        currency=currency,
        discount_rate=discount_rate_annual,
    )
