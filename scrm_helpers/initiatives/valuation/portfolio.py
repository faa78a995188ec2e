"""Many initiatives, one budget: which set is best, and what choosing by the first quarter costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.money_axis import in_money
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import discount_factors, quarterly_rate
from scrm_helpers.initiatives.valuation.selection import NOTHING, Conditions, best_set, programmed, worst_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Draws:
    """Joint draws of a portfolio, small enough for hundreds of initiatives."""

    names: tuple[str, ...]
    npv: Mapping[int, np.ndarray]
    roi: np.ndarray
    cost: np.ndarray
    quick: np.ndarray
    cash: np.ndarray


def reversal(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Chance that two initiatives change places between two measures, for each pair, on common draws."""
    one, two = np.atleast_2d(first), np.atleast_2d(second)
    count = one.shape[1]
    found = np.zeros((count, count))
    for i in range(count):
        apart = (one[:, [i]] - one) * (two[:, [i]] - two) < 0
        found[i] = np.broadcast_to(apart, (max(len(one), len(two)), count)).mean(axis=0)
    return found


def draws_from_ledger(
    ledger: Ledger,
    spread: Mapping[str, float],
    *,
    draws: int = 10_000,
    seed: int = 0,
    discount_rate_annual: float = 0.10,
    view: str = "economic",
    horizon: int = 12,
) -> Draws:
    """Value the initiatives of a ledger: booked quarters as they are, expected ones with their case's spread.

    Parameters
    ----------
    ledger : Ledger
        From :func:`read_ledger`.
    spread : mapping of str to float
        Standard deviation of the net value over the whole horizon, by initiative id (from the 10th and 90th percentile
        of its business case: ``(p90 - p10) / 2.563``); none where not given.
    draws, seed : int
        Size and seed.
    discount_rate_annual : float
        Rate per year.
    view : {"cash", "economic", "shadow"}
        Which costs count.
    horizon : int
        Quarters that count.

    Returns
    -------
    Draws

    Notes
    -----
    The spread left shrinks with the square root of the share of quarters still ahead; booked quarters carry none.
    """
    rng = np.random.default_rng(seed)
    factor = discount_factors(quarterly_rate(discount_rate_annual), ledger.quarters)
    back, out = ledger.benefit(), ledger.cost(view)
    ahead = np.clip(horizon - ledger.booked_until, 0, horizon) / horizon
    width = np.array([spread.get(name, 0.0) for name in ledger.ids]) * np.sqrt(ahead)
    noise = rng.standard_normal((draws, len(ledger.ids))) * width
    total = np.cumsum((back - out) * factor, axis=1)
    npv = {h: total[:, min(h, ledger.quarters - 1)] + noise * math.sqrt(h / horizon) for h in {4, horizon}}
    cash = ledger.cost("cash")[:, :2].sum(axis=1)
    direct = ledger.benefit(("direct", "direct_margin"))[:, :2].sum(axis=1)
    roi = np.where(cash > 0, direct / np.where(cash > 0, cash, 1.0) - 1, math.nan)
    spent = ((out * factor)[:, : horizon + 1]).sum(axis=1)
    ready = np.cumsum(back - ledger.cost("cash"), axis=1)[:, : horizon + 1].T
    return Draws(ledger.names, npv, roi, spent, (npv[4] > 0).mean(axis=0), ready)


@dataclass(frozen=True, kw_only=True)
class PortfolioChoice(Result):
    """The best set, the set that ROI after one quarter would pick, and what the difference costs."""

    chosen: tuple[str, ...]
    by_roi: tuple[str, ...]
    myopia: float
    tau: float
    frontier: pd.DataFrame
    currency: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw expected value soon against expected value late for the sets on the frontier and the ROI pick."""
        ax = style.axes_for(ax)
        line = self.frontier[self.frontier["role"] != "roi"]
        ax.plot(line["early"], line["late"], color=style.RULE, linewidth=1.5, zorder=1)
        roles = {
            "": ("o", style.BAR_GREY, "sets on the frontier"),
            "best": ("D", style.BLUE, "best at the horizon"),
            "roi": ("s", style.ORANGE, "picked by ROI after one quarter"),
        }
        for role, (mark, colour, label) in roles.items():
            part = self.frontier[self.frontier["role"] == role]
            ax.plot(part["early"], part["late"], mark, color=colour, markersize=8 if role else 5, label=label, zorder=2)
        in_money(ax.xaxis, self.currency)
        in_money(ax.yaxis, self.currency)
        ax.set_xlabel("Expected net value after 4 quarters")
        ax.set_ylabel("Expected net value at the horizon")
        ax.margins(0.1)
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.2, columnspacing=1.2)
        return ax


def choose_portfolio(
    drawn: Draws,
    budget: float,
    *,
    horizon: int = 12,
    conditions: Conditions = NOTHING,
    currency: str = "EUR",
) -> PortfolioChoice:
    """Choose the best affordable set and price the habit of choosing by the first quarter.

    Parameters
    ----------
    drawn : Draws
        From :func:`draw_portfolio`.
    budget : float
        Most that may be spent, present value.
    horizon : int
        Quarters at which value counts.
    conditions : Conditions
        What else the set must meet; an initiative is quick when it pays back within four quarters with a chance of 0.6.
    currency : str
        ISO code.

    Returns
    -------
    PortfolioChoice

    Notes
    -----
    Cost of myopia: expected net value of the best set less that of the set filled in order of ROI after one quarter
    under the same budget.
    """
    from scipy.stats import kendalltau

    expected, early = drawn.npv[horizon].mean(axis=0), drawn.npv[4].mean(axis=0)
    quick = drawn.quick >= 0.6
    chosen = best_set(expected, drawn.cost, budget, conditions, quick=quick, cash=drawn.cash, npv=drawn.npv[horizon])
    greedy = np.zeros(len(expected), dtype=bool)
    for place in np.argsort(-np.nan_to_num(drawn.roi, nan=-1.0), kind="stable"):
        greedy[place] = drawn.cost[greedy].sum() + drawn.cost[place] <= budget
    lost = float(expected[chosen].sum() - expected[greedy].sum())
    tau = float(kendalltau(drawn.roi, expected).statistic) if len(expected) > 1 else math.nan
    turned = _turned(drawn, horizon)
    frontier = _frontier(early, expected, drawn.cost, budget, chosen, greedy)
    best, other = _named(drawn.names, chosen), _named(drawn.names, greedy)
    same = bool((chosen == greedy).all())
    table = pd.DataFrame(
        {
            "Initiative": drawn.names,
            "ROI after 1 quarter, cash": drawn.roi,
            "Expected net value": expected,
            "Expected cost": drawn.cost,
            "Best set": np.where(chosen, "yes", "no"),
            "Picked by ROI": np.where(greedy, "yes", "no"),
        }
    ).sort_values("Expected net value", ascending=False, kind="stable")
    tail = numbers.money(worst_mean(drawn.npv[horizon][:, chosen].sum(axis=1)), currency)
    money, price = numbers.money(budget, currency), numbers.money(lost, currency)
    picked = ", ".join(best) or "nothing"
    return PortfolioChoice(
        sentence=(
            f"With a budget of {money} the best set ({picked}) is also the one that ROI after one quarter picks."
            if same
            else f"With a budget of {money} choose {picked}; choosing by ROI after one quarter would cost {price} of "
            "expected value."
        ),
        table=table,
        formats={"ROI after 1 quarter, cash": "percent", "Expected net value": "money", "Expected cost": "money"},
        title="ROI after one quarter picks the best set" if same else f"Choosing by the first quarter costs {price}",
        caption="Which initiatives to fund",
        note=(
            f"n = {numbers.plural(len(expected), 'initiative')}; net value at {horizon} quarters; rank agreement of "
            f"ROI and net value (Kendall) {numbers.decimal(tau)}; two initiatives change places between them with a "
            f"chance of {numbers.percent(turned)}; the best tenth brings "
            f"{_top_words(expected)}; mean of the worst five of a hundred futures {tail}."
        ),
        alt=(
            f"Sets of initiatives by expected value after 4 quarters and at {horizon} quarters; the best set and the "
            f"set picked by ROI are {'the same' if same else f'marked, {price} apart'}."
        ),
        measures=(
            Measure(name="cost_of_myopia", value=lost, unit=currency, n=len(expected)),
            Measure(
                name="rank_agreement",
                value=tau if math.isfinite(tau) else None,
                unit="ratio",
                n=len(expected),
                reason="" if math.isfinite(tau) else "too few initiatives",
            ),
            Measure(
                name="chance_of_reversal",
                value=turned if math.isfinite(turned) else None,
                unit="share",
                n=len(expected),
                reason="" if math.isfinite(turned) else "too few initiatives",
            ),
        ),
        chosen=best,
        by_roi=other,
        myopia=lost,
        tau=tau,
        frontier=frontier,
        currency=currency,
    )


def _top_words(expected: np.ndarray) -> str:
    """Share of all that is gained which the best tenth of initiatives gains."""
    gains = np.sort(np.clip(expected, 0, None))[::-1]
    if not gains.any():
        return "no gain"
    return f"{numbers.percent(float(gains[: max(1, round(len(gains) / 10))].sum() / gains.sum()))} of all gains"


def _turned(drawn: Draws, horizon: int) -> float:
    """Chance that two initiatives change places between ROI after one quarter and net value, over all pairs."""
    rated = np.isfinite(drawn.roi)
    if rated.sum() < 2:
        return math.nan
    pairs = np.triu_indices(int(rated.sum()), 1)
    return float(reversal(drawn.roi[rated][None], drawn.npv[horizon][:, rated])[pairs].mean())


def _named(names: Sequence[str], chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(sorted(name for name, taken in zip(names, chosen, strict=True) if taken))


def _frontier(
    early: np.ndarray, late: np.ndarray, cost: np.ndarray, budget: float, chosen: np.ndarray, greedy: np.ndarray
) -> pd.DataFrame:
    """Best sets for every weighting of soon against late, the best at the horizon and the ROI pick marked."""
    limit = np.array([budget])
    sets = [programmed((1 - w) * early + w * late, cost[None], limit) for w in np.linspace(0, 1, 21)]
    rows = {(float(early[s].sum()), float(late[s].sum())): "" for s in sets}
    rows[float(early[chosen].sum()), float(late[chosen].sum())] = "best"
    if not (chosen == greedy).all():
        rows[float(early[greedy].sum()), float(late[greedy].sum())] = "roi"
    frame = pd.DataFrame([(*point, role) for point, role in rows.items()], columns=["early", "late", "role"])
    return frame.sort_values(["early", "late"], kind="stable").reset_index(drop=True)
