"""ROI after one quarter beside the discounted return after 1, 2, 4, 8 and 12: what a quarterly look misses."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, numbers, style, unknown
from scrm_helpers.initiatives.ledger.flows import CLOCK, DIRECT, Ledger
from scrm_helpers.initiatives.plan.streams import HORIZONS, discount_factors, first_back

FIRST, TO_DATE, REACHED, PAYBACK = (
    "ROI after 1 quarter, cash", "Return to date", "Quarter reached", "Payback, quarters",
)  # fmt: skip
TOGETHER = "All that ripened"
VERDICT = 8  # quarters after which an initiative is ripe for one


class HorizonComparison(Answer):
    """Return on each initiative at every horizon, beside the ROI that a one-quarter look reports."""

    OFFERS = ("figure", "table")

    judged: Measure
    paid_early: Measure
    paid_late: Measure
    net: Measure  # of all initiatives to date
    pooled: tuple[Measure, ...]  # one per horizon, over the initiatives that have reached it, and to date
    roi_of_ripe: Measure  # ROI after one quarter of those with eight quarters behind them
    returns: pd.DataFrame  # by horizon
    each: pd.DataFrame  # ROI after one quarter, return to date, quarter reached, quarters until the money is back
    turned: tuple[str, ...]
    ledger: Ledger

    @property
    def drawable(self) -> bool:
        """Whether an initiative can be judged."""
        return bool(self.judged.value)

    def claimed(self) -> tuple[Claim, ...]:
        signs = f"the sign of the ROI after one quarter beside that of the return to date: {self.ledger.reached}"
        turned = replace(self.judged, name="verdicts_turned", value=float(len(self.turned)))
        net = "benefit to date less cost to date, discounted"
        return (Claim(tested=signs, estimate=turned), Claim(name="portfolio_net", tested=net, estimate=self.net))

    def words(self) -> Words:
        base, early, late = (int(one.value or 0) for one in (self.judged, self.paid_early, self.paid_late))
        many, turned, ledger = numbers.plural(len(self.each), "initiative"), self.turned, self.ledger
        net = numbers.money(self.net.value, self.net.unit)
        heads = [f"Return at {numbers.plural(int(horizon), 'quarter')}" for horizon in self.returns.columns.tolist()]
        table = self.returns.set_axis(heads, axis=1).join(self.each)[[FIRST, *heads, TO_DATE, REACHED]]
        ripe = [*self.pooled[: len(heads)], self.pooled[-1]]
        table.loc[TOGETHER] = [math.nan, *(math.nan if one.value is None else one.value for one in ripe), math.nan]
        table[PAYBACK] = [*self.each[PAYBACK], ""]
        counts = ", ".join(f"{one.n} at {one.name.split('_')[2]}" for one in ripe[:-1]).replace("q", "")
        title = "One quarter was enough to judge every initiative"
        verdict = "The early verdict was the late one for all of them: here a quarterly look would have been enough."
        if turned:
            title = f"One quarter would have misjudged {len(turned)} of {numbers.plural(base, 'initiative')}"
            more = f" and {len(turned) - 3} more" if len(turned) > 3 else ""
            verdict = f"The verdict turned for {numbers.quoted(turned[:3])}{more}."
        text = (
            f"After one quarter {early} of {numbers.plural(base, 'initiative')} had paid; to date ({ledger.reached}) "
            f"{late} {'has' if late == 1 else 'have'}. {verdict} Together they stand at {net} to date."
        )
        return Words(
            sentence=text if base else "No initiative can be judged yet: none has one full quarter behind it.",
            table=table.rename_axis("Initiative").reset_index(),
            formats=dict.fromkeys([FIRST, *heads, TO_DATE], "percent") | {REACHED: "count"},
            title=title if base else "No initiative has ripened yet",
            caption="ROI after one quarter beside the discounted return",
            note=f"n = {many}; {ledger.gross_words}; cash and paid hours; {ledger.rate_words}; {CLOCK}; n/a: not ripe "
            "yet. The last line sums over the initiatives with all quarters of the horizon booked: "
            f"{counts or 'none'}. ROI after one quarter: cash, direct margin, not discounted.",
            alt=f"One line for each of {many} from its ROI after one quarter (open circle) to its discounted return "
            f"to date: {early} above break-even after one quarter, {late} to date.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        last = self.each[TO_DATE].dropna().sort_values(kind="stable")
        ax = style.axes_for(ax, height=1.2 + 0.36 * len(last))
        for place, (name, late) in enumerate(last.items()):
            early = self.each[FIRST][str(name)]
            mark, colour = ("D", style.BLUE) if late > 0 else ("s", style.ORANGE)
            ax.plot([early, late], [place, place], color=style.RULE, linewidth=2, zorder=1)
            ax.plot(early, place, "o", color="white", markeredgecolor=style.GREY, markersize=7, zorder=2)
            ax.plot(late, place, mark, color=colour, markersize=7, zorder=3)
            offset, side = (8, "left") if late >= early else (-8, "right")
            look = {"size": 9, "ha": side, "va": "center", "weight": "bold" if name in self.turned else "normal"}
            style.beside(ax, numbers.percent(late, 0), (late, place), (offset, 0), bbox=style.HALO, **look)
        style.name_rows(ax, last.index, zero=True)
        ax.margins(x=0.14, y=0.08)
        ax.plot([], [], "o", color="white", markeredgecolor=style.GREY, label="ROI after one quarter")
        ax.plot([], [], "D", color=style.BLUE, label="return to date, pays")
        ax.plot([], [], "s", color=style.ORANGE, label="return to date, does not pay")
        return style.labelled(ax, "Net return per unit of cost; 0% is break-even", percent="x", legend=3)


def compare_horizons(ledger: Ledger) -> HorizonComparison:
    """Put the ROI after one quarter beside the discounted return after 1, 2, 4, 8 and 12 quarters.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    HorizonComparison

    Notes
    -----
    ``ROI(1Q) = (direct benefit - cash cost) / cash cost`` over quarters 0 and 1, not discounted.
    ``return(H) = (PV benefit - PV cost) / PV cost`` over quarters 0 ... H, all of them booked; pooled = ratio of sums
    over the initiatives that have reached H, never a mean of ratios.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import Terms, read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = initiatives.assign(quarter="2025Q2", stream="direct", amount=40.0)
    >>> read = read_ledger(initiatives, rows, Terms(pd.Timestamp("2025-09-30"), discount_rate=0.0))
    >>> compare_horizons(read).returns.round(2).iloc[0, :2].tolist()
    [-0.6, -0.6]
    """
    rate, longest = ledger.terms.discount_rate, int(ledger.booked_until.max())
    benefit, cost = ledger.benefit(), ledger.cost("economic")
    back, out = (np.cumsum(grid * ledger.factors, axis=1) for grid in (benefit, cost))
    names, every = list(ledger.names), np.arange(len(ledger.names))

    def sums(horizon: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
        place = np.clip(horizon, 0, ledger.quarters - 1)
        return back[every, place], out[every, place]

    def at(horizon: np.ndarray | int, ripe: np.ndarray) -> np.ndarray:
        gained, spent = sums(horizon)
        return gained / np.where(ripe & (spent > 0), spent, math.nan) - 1

    def pooled(name: str, horizon: np.ndarray | int, ripe: np.ndarray) -> Measure:
        (gained, spent), n = (float(part[ripe].sum()) for part in sums(horizon)), int(ripe.sum())
        if not spent > 0:
            none = f"no initiative has all quarters of it booked: the oldest is in quarter {longest}"
            return unknown(f"pooled_return_{name}", "ratio", none, n)
        until = "to the last that is booked" if name == "to_date" else f"to {horizon}"
        found = ledger.fact(f"pooled_return_{name}", gained / spent - 1, "ratio", n)
        return replace(found, window=f"quarters 0 {until}, each since its start")

    age = ledger.booked_until
    ripe = age >= VERDICT  # what finance would have reported after one quarter of those that have ripened since
    first, paid = (float(grid[ripe, :2].sum()) for grid in (ledger.benefit(DIRECT), ledger.cost("cash")))
    none = f"no initiative with {VERDICT} booked quarters was paid for in its first"
    roi = unknown("roi_one_quarter_of_ripe", "ratio", none, int(ripe.sum()))
    if paid > 0:
        roi = ledger.fact(roi.name, first / paid - 1, "ratio", roi.n)
        roi = replace(roi, window="quarters 0 and 1, each since its start")
    last = pd.Series(at(age, age >= 1), index=names)
    early = pd.Series(np.where(age >= 1, ledger.roi_one_quarter, math.nan), index=names)
    nets = (benefit - cost) * (ledger.booked | (np.arange(ledger.quarters) == 0))
    backs = [(payback(row, rate), payback(row, rate, sustained=True)) for row in nets]
    judged = last.notna() & early.notna()
    base = int(judged.sum())
    return HorizonComparison(
        population="initiatives of the ledger",
        window=f"booked: {ledger.reached}",
        judged=ledger.fact("initiatives_judged", base, n=base),
        paid_early=ledger.fact("paid_after_one_quarter", (early[judged] > 0).sum(), n=base),
        paid_late=ledger.fact("paid_to_date", (last[judged] > 0).sum(), n=base),
        net=ledger.fact("portfolio_net", ledger.to_date(benefit - cost).sum(), ledger.currency),
        pooled=(*(pooled(f"{one}q", one, age >= one) for one in HORIZONS), pooled("to_date", age, age >= 1)),
        roi_of_ripe=roi,
        returns=pd.DataFrame({one: at(one, age >= one) for one in HORIZONS if one <= longest}, index=names),
        each=pd.DataFrame({FIRST: early, TO_DATE: last, REACHED: np.where(age >= 0, age, math.nan)}).assign(
            **{PAYBACK: [_payback_words(*pair) for pair in backs]}
        ),
        turned=tuple(sorted(last.index[judged & ((early > 0) != (last > 0))])),
        ledger=ledger,
    )


def payback(flows: Sequence[float] | np.ndarray, rate: float = 0.0, *, sustained: bool = False) -> float:
    """Quarter in which the money is back at a rate per year, counted from the first flow on; infinite when never."""
    values = np.asarray(flows, dtype=float)
    total = np.cumsum(values * discount_factors(rate, len(values)))
    total[np.abs(total) <= 1e-12 * (1.0 + np.abs(values).sum())] = 0.0
    begun = int(np.argmax(values != 0))  # nothing spent yet is not money back
    return begun + float(first_back(total[None, begun:], sustained=sustained)[0])


def _payback_words(first: float, lasting: float) -> str:
    if not math.isfinite(first):
        return "not yet"
    kept = "" if math.isfinite(lasting) else ", then lost"
    return numbers.decimal(first if kept else lasting, 1) + kept
