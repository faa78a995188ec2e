"""Many initiatives, one budget: which set is best, and what choosing by the first quarter costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.style import in_money
from scrm_helpers.initiatives.ledger.flows import Ledger

SOON, HORIZON = 4, 12  # quarters after which a value is early, and at which it counts
QUICK = 0.6  # chance from which an initiative is taken to pay back soon
DRAWS = 10_000


@dataclass(frozen=True)
class Draws:
    """Joint draws of a portfolio, small enough for hundreds of initiatives."""

    names: tuple[str, ...]
    soon: np.ndarray  # net value after four quarters, by draw and initiative
    late: np.ndarray  # net value at the horizon, by draw and initiative
    roi: np.ndarray  # after one quarter, in cash
    cost: np.ndarray  # present value


def best_set(drawn: Draws, budget: float, min_short: float = 0.0, min_long: float = 0.0) -> np.ndarray:
    """Choose the affordable set with the highest expected net value."""
    quick = (drawn.soon > 0).mean(axis=0) >= QUICK
    rows = np.vstack([drawn.cost, drawn.cost * (min_short - quick), drawn.cost * (min_long - ~quick)])
    return programmed(drawn.late.mean(axis=0), rows, np.array([budget, 0.0, 0.0]))


def worst_mean(values: np.ndarray) -> float:
    """Mean of the worst five of a hundred draws (CVaR)."""
    return float(np.sort(values)[: max(1, int(len(values) * 0.05))].mean())


def programmed(expected: np.ndarray, rows: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Choose by integer programming; each of `rows` summed over the set must not exceed its limit."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = np.maximum(np.abs(rows).max(axis=1), 1e-12)  # the solver's tolerances are absolute
    found = milp(
        -expected / max(float(np.abs(expected).max()), 1e-12),
        integrality=np.ones(len(expected)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows / size[:, None], ub=limits / size),
    )
    if found.x is None:
        raise Refusal("No set of initiatives meets these conditions. Raise the budget or lower the shares.")
    return found.x > 0.5


def draws_from_ledger(ledger: Ledger, spread: Mapping[str, float]) -> Draws:
    """Value the initiatives of a ledger: booked quarters as they are, expected ones with their case's spread.

    Parameters
    ----------
    ledger : Ledger, from :func:`read_ledger`; cash and paid hours count
    spread : mapping of str to float, standard deviation of the net value over twelve quarters, by initiative id

    Returns
    -------
    Draws

    Notes
    -----
    The spread left shrinks with the square root of the share of quarters still ahead; booked quarters carry none.
    """
    back, out = ledger.benefit(), ledger.cost("economic")
    ahead = np.clip(HORIZON - ledger.booked_until, 0, HORIZON) / HORIZON
    width = np.array([spread.get(name, 0.0) for name in ledger.ids]) * np.sqrt(ahead)
    noise = np.random.default_rng(0).standard_normal((DRAWS, len(ledger.ids))) * width
    total = np.cumsum((back - out) * ledger.factors, axis=1)
    soon, late = (
        total[:, min(quarter, ledger.quarters - 1)] + noise * math.sqrt(quarter / HORIZON)
        for quarter in (SOON, HORIZON)
    )
    return Draws(
        names=ledger.names,
        soon=soon,
        late=late,
        roi=ledger.roi_one_quarter,
        cost=(out * ledger.factors)[:, : HORIZON + 1].sum(axis=1),
    )


@dataclass(frozen=True, kw_only=True)
class PortfolioChoice(Answer):
    """The best set, the set that ROI after one quarter would pick, and what the difference costs."""

    myopia: Measure  # expected net value lost by choosing by ROI
    agreement: Measure  # of the ranks of ROI and net value
    reversal: Measure  # chance that two initiatives change places between them
    chosen: tuple[str, ...]
    by_roi: tuple[str, ...]
    initiatives: pd.DataFrame
    frontier: pd.DataFrame
    budget: float
    worst: float  # mean net value of the best set in the worst futures
    currency: str

    def words(self) -> Words:
        budget, price, worst = (
            numbers.money(amount, self.currency) for amount in (self.budget, self.myopia.value, self.worst)
        )
        picked, same = ", ".join(self.chosen) or "nothing", self.chosen == self.by_roi
        return Words(
            sentence=f"With a budget of {budget} "
            + (
                f"the best set ({picked}) is also the one that ROI after one quarter picks."
                if same
                else f"choose {picked}; choosing by ROI after one quarter would cost {price} of expected value."
            ),
            table=self.initiatives,
            formats={"ROI after 1 quarter, cash": "percent", "Expected net value": "money", "Expected cost": "money"},
            title=(
                "ROI after one quarter picks the best set" if same else f"Choosing by the first quarter costs {price}"
            ),
            caption="Which initiatives to fund",
            note=(
                f"n = {numbers.plural(len(self.initiatives), 'initiative')}; net value at {HORIZON} quarters; rank "
                f"agreement of ROI and net value (Kendall) {numbers.decimal(self.agreement.value)}; two initiatives "
                f"change places between them with a chance of {numbers.percent(self.reversal.value)}; the best tenth "
                f"brings {_best_tenth(self.initiatives['Expected net value'])}; mean of the worst five of a hundred "
                f"futures {worst}."
            ),
            alt=(
                f"Sets of initiatives by expected value after {SOON} quarters and at {HORIZON} quarters; the best set "
                f"and the set picked by ROI are {'the same' if same else f'marked, {price} apart'}."
            ),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
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
        ax.set_xlabel(f"Expected net value after {SOON} quarters")
        ax.set_ylabel("Expected net value at the horizon")
        ax.margins(0.1)
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.2, columnspacing=1.2)
        return ax


def choose_portfolio(
    drawn: Draws, budget: float, *, min_short: float = 0.0, min_long: float = 0.0, currency: str = "EUR"
) -> PortfolioChoice:
    """Choose the best affordable set and price the habit of choosing by the first quarter.

    Parameters
    ----------
    drawn : Draws
    budget : float, most that may be spent, present value
    min_short, min_long : float, least share of the spend on those back in four quarters (chance .6), and on the others
    currency : str

    Returns
    -------
    PortfolioChoice

    Notes
    -----
    Cost of myopia: expected net value of the best set less that of the set filled in order of ROI under one budget.
    """
    from scipy.stats import kendalltau

    expected = drawn.late.mean(axis=0)
    chosen, n = best_set(drawn, budget, min_short, min_long), len(expected)
    greedy = np.zeros(n, dtype=bool)
    for place in np.argsort(-np.nan_to_num(drawn.roi, nan=-1.0), kind="stable"):
        greedy[place] = drawn.cost[greedy].sum() + drawn.cost[place] <= budget
    lost = float(expected[chosen].sum() - expected[greedy].sum())
    tau = float(kendalltau(drawn.roi, expected).statistic) if n > 1 else math.nan
    rated = np.isfinite(drawn.roi)
    turned = reversal(drawn.roi[rated][None], drawn.late[:, rated])
    table = pd.DataFrame(
        {
            "Initiative": drawn.names,
            "ROI after 1 quarter, cash": drawn.roi,
            "Expected net value": expected,
            "Expected cost": drawn.cost,
            "Best set": np.where(chosen, "yes", "no"),
            "Picked by ROI": np.where(greedy, "yes", "no"),
        }
    )
    best, by_roi = (tuple(sorted(table.loc[taken, "Initiative"])) for taken in (chosen, greedy))
    return PortfolioChoice(
        myopia=Measure(name="cost_of_myopia", value=lost, unit=currency, n=n),
        agreement=_of_many("rank_agreement", tau, "ratio", n),
        reversal=_of_many("chance_of_reversal", turned, "share", n),
        chosen=best,
        by_roi=by_roi,
        initiatives=table.sort_values("Expected net value", ascending=False, kind="stable"),
        frontier=_frontier(drawn, budget, chosen, greedy),
        budget=budget,
        worst=worst_mean(drawn.late[:, chosen].sum(axis=1)),
        currency=currency,
    )


def reversal(first: np.ndarray, second: np.ndarray) -> float:
    """Chance that two initiatives change places between two measures, over all pairs, on common draws."""
    pairs = combinations(range(first.shape[1]), 2)
    turned = [((first[:, i] - first[:, j]) * (second[:, i] - second[:, j]) < 0).mean() for i, j in pairs]
    return float(np.mean(turned)) if turned else math.nan


def _of_many(name: str, value: float, unit: str, n: int) -> Measure:
    """A number that takes more than one initiative."""
    return Measure(name=name, value=value, unit=unit, n=n, reason="" if math.isfinite(value) else "too few initiatives")


def _best_tenth(expected: pd.Series) -> str:
    """Share of all that is gained which the best tenth of initiatives gains."""
    gains = expected.clip(lower=0).sort_values(ascending=False)
    if not gains.any():
        return "no gain"
    return f"{numbers.percent(float(gains.iloc[: max(1, round(len(gains) / 10))].sum() / gains.sum()))} of all gains"


def _frontier(drawn: Draws, budget: float, chosen: np.ndarray, greedy: np.ndarray) -> pd.DataFrame:
    """Best sets for every weighting of soon against late, the best at the horizon and the ROI pick marked."""
    early, late, limit = drawn.soon.mean(axis=0), drawn.late.mean(axis=0), np.array([budget])
    sets = [programmed((1 - w) * early + w * late, drawn.cost[None], limit) for w in np.linspace(0, 1, 21)]
    rows = {(float(early[s].sum()), float(late[s].sum())): "" for s in sets}
    rows[float(early[chosen].sum()), float(late[chosen].sum())] = "best"
    if not (chosen == greedy).all():
        rows[float(early[greedy].sum()), float(late[greedy].sum())] = "roi"
    frame = pd.DataFrame([(*point, role) for point, role in rows.items()], columns=["early", "late", "role"])
    return frame.sort_values(["early", "late"], kind="stable").reset_index(drop=True)
