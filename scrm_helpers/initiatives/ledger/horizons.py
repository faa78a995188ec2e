"""ROI after one quarter beside the discounted return after 1, 2, 4, 8 and 12: what a quarterly look misses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.money_axis import HALO
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import discount_factors, payback, quarterly_rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HORIZONS = (1, 2, 4, 8, 12)
DIRECT = ("direct", "direct_margin")
FIRST = "ROI after 1 quarter, cash"
_VIEW_WORDS = {
    "cash": "cash paid only",
    "economic": "cash and paid hours",
    "shadow": "cash, paid and volunteered hours",
}


@dataclass(frozen=True, kw_only=True)
class HorizonComparison(Answer):
    """Return on each initiative at every horizon, beside the ROI that a one-quarter look reports."""

    OFFERS: ClassVar = ("figure", "table")

    judged: Measure
    paid_early: Measure
    paid_late: Measure
    pooled: tuple[Measure, ...]  # one per horizon
    roi_one_quarter: pd.Series
    returns: pd.DataFrame
    to_date: pd.Series
    payback: pd.Series  # quarters until the money is back
    lasting: pd.Series  # quarters until it is back for good
    turned: tuple[str, ...]
    base: str  # costs and rate, in words

    @property
    def drawable(self) -> bool:
        """Whether an initiative can be judged."""
        return bool(self.judged.value)

    def words(self) -> Words:
        """How many had paid after one quarter and how many since, and for which the verdict turned."""
        base, early, late = (int(one.value or 0) for one in (self.judged, self.paid_early, self.paid_late))
        many = numbers.plural(len(self.to_date), "initiative")
        horizons = self.returns.columns.to_numpy(int).tolist()
        heads = {horizon: f"Return at {numbers.plural(horizon, 'quarter')}" for horizon in horizons}
        table = pd.DataFrame({"Initiative": self.to_date.index, FIRST: self.roi_one_quarter.to_numpy()})
        for horizon, head in heads.items():
            table[head] = self.returns[horizon].to_numpy()
        table["Return to date"] = self.to_date.to_numpy()
        table["Payback, quarters"] = [_payback_words(*pair) for pair in zip(self.payback, self.lasting, strict=True)]
        return Words(
            sentence=_sentence(base, early, late, self.turned),
            table=table,
            formats=dict.fromkeys([FIRST, *heads.values(), "Return to date"], "percent"),
            title=_title(base, self.turned),
            caption="ROI after one quarter beside the discounted return",
            note=(
                f"n = {many}; gross of what would have happened anyway; {self.base}; n/a: not ripe yet. ROI after one "
                "quarter: cash, direct margin, not discounted."
            ),
            alt=(
                f"One line for each of {many} from its ROI after one quarter (open circle) to its discounted return to "
                f"date: {early} above break-even after one quarter, {late} to date."
            ),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw ROI after one quarter and the return to date, one line per initiative."""
        last = self.to_date.dropna()
        order = last.sort_values(kind="stable").index
        ax = style.axes_for(ax, height=1.2 + 0.36 * len(order))
        for place, name in enumerate(order):
            early, late = self.roi_one_quarter[name], last[name]
            turned = name in self.turned
            colour = style.BLUE if late > 0 else style.ORANGE
            ax.plot([early, late], [place, place], color=style.RULE, linewidth=2, zorder=1)
            ax.plot(early, place, "o", color="white", markeredgecolor=style.GREY, markersize=7, zorder=2)
            ax.plot(late, place, "D" if late > 0 else "s", color=colour, markersize=7, zorder=3)
            offset, side = (8, "left") if late >= early else (-8, "right")
            ax.annotate(
                numbers.percent(late, 0),
                (late, place),
                xytext=(offset, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                fontweight="bold" if turned else "normal",
                bbox=HALO,
            )
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks(range(len(order)), list(order))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("Net return per unit of cost; 0% is break-even")
        ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.margins(x=0.14, y=0.08)
        ax.plot([], [], "o", color="white", markeredgecolor=style.GREY, label="ROI after one quarter")
        ax.plot([], [], "D", color=style.BLUE, label="return to date, pays")
        ax.plot([], [], "s", color=style.ORANGE, label="return to date, does not pay")
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.2, columnspacing=1.2)
        return ax


def compare_horizons(
    ledger: Ledger,
    *,
    discount_rate_annual: float = 0.10,
    view: str = "economic",
    shadow_share: float = 1.0,
    horizons: Sequence[int] | None = None,
    direct: Sequence[str] = DIRECT,
) -> HorizonComparison:
    """Put the ROI after one quarter beside the discounted return after 1, 2, 4, 8 and 12 quarters.

    Parameters
    ----------
    ledger : Ledger
        From :func:`read_ledger`.
    discount_rate_annual : float
        Rate per year.
    view : {"cash", "economic", "shadow"}
        Which costs count in the discounted return. ROI after one quarter is always cash, as finance books it.
    shadow_share : float
        Price of a volunteered hour as a share of a paid one, used in the shadow view.
    horizons : sequence of int, optional
        Quarters; 1, 2, 4, 8, 12 when not given, and the last booked quarter where the data go further.
    direct : sequence of str
        Streams that a quarterly book sees at once.

    Returns
    -------
    HorizonComparison

    Raises
    ------
    Refusal
        When the horizons are shorter than the data, which would hide booked results.

    Notes
    -----
    ``ROI(1Q) = (direct benefit - cash cost) / cash cost`` over quarters 0 and 1, not discounted.
    ``return(H) = (PV benefit - PV cost) / PV cost`` over quarters 0 ... H; pooled = ratio of sums, never a mean of
    ratios. With one direct stream, the cash view and no discounting both are the same number.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = pd.DataFrame(
    ...     {"initiative_id": "desk", "quarter": ["2025Q2", "2025Q3"], "stream": "direct", "amount": [40.0, 90.0]}
    ... )
    >>> read = read_ledger(initiatives, rows, as_of="2025-09-30")
    >>> compare_horizons(read, discount_rate_annual=0.0).returns.round(2).iloc[0, :2].tolist()
    [-0.6, 0.3]
    """
    rate = quarterly_rate(discount_rate_annual)
    longest = int(ledger.booked_until.max())
    chosen = _checked_horizons(horizons, longest)
    benefit, cost = ledger.benefit(), ledger.cost(view, shadow_share)
    factor = discount_factors(rate, ledger.quarters)
    pv_benefit, pv_cost = np.cumsum(benefit * factor, axis=1), np.cumsum(cost * factor, axis=1)
    names = list(ledger.names)

    def at(horizon: np.ndarray | int, ripe: np.ndarray) -> np.ndarray:
        place = np.broadcast_to(np.clip(horizon, 0, ledger.quarters - 1), len(names))[:, None]
        back, out = (np.take_along_axis(grid, place, axis=1)[:, 0] for grid in (pv_benefit, pv_cost))
        ripe = ripe & (out > 0)
        return np.where(ripe, back / np.where(ripe, out, 1.0) - 1, math.nan)

    value = np.column_stack([at(horizon, ledger.known_until >= horizon) for horizon in chosen])
    returns = pd.DataFrame(value, index=names, columns=chosen)
    last = pd.Series(at(ledger.booked_until, ledger.booked_until >= 1), index=names)
    early = pd.Series(_roi_one_quarter(ledger, direct), index=names)
    pooled = {horizon: _pooled(pv_benefit, pv_cost, ledger.known_until, horizon) for horizon in chosen}
    nets = [row[: known + 1] for row, known in zip(benefit - cost, np.maximum(ledger.known_until, 0), strict=True)]
    first = pd.Series([payback(row, rate) for row in nets], index=names)
    lasting = pd.Series([payback(row, rate, sustained=True) for row in nets], index=names)
    judged = last.notna() & early.notna()
    turned = tuple(sorted(name for name in last.index[judged] if (early[name] > 0) != (last[name] > 0)))
    paid_early, paid_late = int((early[judged] > 0).sum()), int((last[judged] > 0).sum())
    base = int(judged.sum())
    why = "no initiative has ripened to this horizon"
    return HorizonComparison(
        judged=Measure(name="initiatives_judged", value=float(base), unit="count", n=base),
        paid_early=Measure(name="paid_after_one_quarter", value=float(paid_early), unit="count", n=base, kind="gross"),
        paid_late=Measure(name="paid_to_date", value=float(paid_late), unit="count", n=base, kind="gross"),
        pooled=tuple(
            replace(unknown(f"pooled_return_{horizon}q", "ratio", why, base), kind="gross")
            if math.isnan(value)
            else Measure(name=f"pooled_return_{horizon}q", value=value, unit="ratio", n=base, kind="gross")
            for horizon, value in pooled.items()
        ),
        roi_one_quarter=early,
        returns=returns,
        to_date=last,
        payback=first,
        lasting=lasting,
        turned=turned,
        base=f"{_VIEW_WORDS[view]}; discounted at {numbers.percent(discount_rate_annual, 0)} a year",
    )


def _checked_horizons(horizons: Sequence[int] | None, longest: int) -> list[int]:
    if horizons is None:
        return sorted({*HORIZONS, *([longest] if longest > HORIZONS[-1] else [])})
    chosen = sorted(set(horizons))
    if not chosen or chosen[0] < 1:
        raise Refusal(f"The horizons are {list(horizons)}; each must be a count of quarters from 1 on.")
    if chosen[-1] < longest:
        raise Refusal(
            f"The longest horizon is {chosen[-1]} quarters, but {longest} quarters are booked. The later results "
            f"would be hidden, and a horizon chosen after seeing results is no evidence. Add {longest} to the "
            "horizons."
        )
    return chosen


def _roi_one_quarter(ledger: Ledger, direct: Sequence[str]) -> np.ndarray:
    until = min(2, ledger.quarters)
    cash = ledger.cost("cash")[:, :until].sum(axis=1)
    back = ledger.benefit(direct)[:, :until].sum(axis=1)
    seen = (cash > 0) & (ledger.known_until >= 1)
    return np.where(seen, back / np.where(seen, cash, 1.0) - 1, math.nan)


def _pooled(pv_benefit: np.ndarray, pv_cost: np.ndarray, known_until: np.ndarray, horizon: int) -> float:
    ripe = known_until >= horizon
    if not ripe.any():
        return math.nan
    return float(pv_benefit[ripe, horizon].sum() / pv_cost[ripe, horizon].sum() - 1)


def _payback_words(first: float, lasting: float) -> str:
    if not math.isfinite(first):
        return "not yet"
    kept = "" if math.isfinite(lasting) else ", then lost"
    return numbers.decimal(first if kept else lasting, 1) + kept


def _sentence(base: int, early: int, late: int, turned: tuple[str, ...]) -> str:
    if base == 0:
        return "No initiative can be judged yet: none has one full quarter behind it."
    head = (
        f"After one quarter {early} of {numbers.plural(base, 'initiative')} had paid; over the time since, {late} had."
    )
    if not turned:
        return (
            f"{head} The early verdict was the late one for all of them: here a quarterly look would have been enough."
        )
    named = ", ".join(turned[:3]) + (f" and {len(turned) - 3} more" if len(turned) > 3 else "")
    return f"{head} The verdict turned for {named}."


def _title(base: int, turned: tuple[str, ...]) -> str:
    if base == 0:
        return "No initiative has ripened yet"
    if not turned:
        return "One quarter was enough to judge every initiative"
    return f"One quarter would have misjudged {len(turned)} of {numbers.plural(base, 'initiative')}"
