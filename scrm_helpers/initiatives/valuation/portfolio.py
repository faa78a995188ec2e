"""Many initiatives, one budget: which set is best, and what choosing by the first quarter costs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Words, numbers, style
from scrm_helpers.initiatives.hindsight.realisation import case_spread
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.valuation.case_value import PayClaim, pay_verdict

SOON, HORIZON = 4, 12  # quarters after which a value is early, and at which it counts
Limits = tuple[np.ndarray, np.ndarray]  # rows, and what each summed over a set must not exceed
UNGRADED = "E"  # of a forecast that no design has tested
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
    blind: tuple[str, ...] = ()  # initiatives with quarters ahead whose case states no range


def limits_of(drawn: Draws, budget: float, min_short: float = 0.0, min_long: float = 0.0) -> Limits:
    """Budget and shares as rows, each of which summed over a set must not exceed its limit."""
    quick = (drawn.soon > 0).mean(axis=0) >= QUICK
    rows = np.vstack([drawn.cost, drawn.cost * (min_short - quick), drawn.cost * (min_long - ~quick)])
    return rows, np.array([budget, 0.0, 0.0])


def set_by_roi(roi: np.ndarray, limits: Limits) -> np.ndarray:
    """Fund in order of ROI, and only what is above zero, whatever can still be part of a set within the limits."""
    chosen, may = np.zeros(len(roi), dtype=bool), np.nan_to_num(roi, nan=-1.0) > 0
    for place in np.argsort(-np.where(may, roi, -math.inf), kind="stable")[: int(may.sum())]:
        tried = chosen.copy()
        tried[place] = True
        if programmed(np.where(tried, 1.0, 0.0), *limits, among=may)[tried].all():
            chosen = tried
    return chosen


def worst_mean(values: np.ndarray) -> float:
    """Mean of the worst five of a hundred draws (CVaR)."""
    return float(np.sort(values)[: max(1, int(len(values) * 0.05))].mean())


def programmed(worth: np.ndarray, rows: np.ndarray, limits: np.ndarray, among: np.ndarray | float = 1.0) -> np.ndarray:
    """Choose the set of the highest value by integer programming, within the limits and among some initiatives."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = np.maximum(np.abs(rows).max(axis=1), 1e-12)  # the solver's tolerances are absolute
    found = milp(
        -worth / max(float(np.abs(worth).max()), 1e-12),
        integrality=np.ones(len(worth)),
        bounds=Bounds(0, np.broadcast_to(np.asarray(among, float), worth.shape)),
        constraints=LinearConstraint(rows / size[:, None], ub=limits / size),
    )
    if found.x is None:
        raise Refusal("No set of initiatives meets these conditions. Raise the budget or lower the shares.")
    return found.x > 0.5


def fund_initiatives(
    ledger: Ledger, initiatives: pd.DataFrame, budget_share: float, *, min_short: float = 0.0, min_long: float = 0.0
) -> "PortfolioChoice":
    """Choose the initiatives to fund, and price the habit of choosing by the first quarter.

    Parameters
    ----------
    ledger : Ledger, of which cash and paid hours count
    initiatives : pandas.DataFrame, whose business cases say how sure each expected value is
    budget_share : float, most that may be spent, as a share of the cost of all
    min_short, min_long : float, least share of the spend on those back in four quarters (chance .6), and on the others

    Returns
    -------
    PortfolioChoice

    Notes
    -----
    Cost of myopia: expected net value of the best set less that of the set filled in order of ROI, above zero only,
    under the same budget and shares. By chance: the same gap where all sets are worth the same and forecasts err.
    """
    drawn = draws_from_ledger(ledger, case_spread(initiatives))
    shares = {"min_short": min_short, "min_long": min_long}
    return choose_portfolio(drawn, budget_share * drawn.cost.sum(), **shares, currency=ledger.currency)


def draws_from_ledger(ledger: Ledger, spread: Mapping[str, float]) -> Draws:
    """Value the initiatives of a ledger: booked quarters as they are, expected ones with their case's spread."""
    # The spread left shrinks with the square root of the share of quarters still ahead; what is booked or ended has
    # none.
    back, out = ledger.benefit(), ledger.cost("economic")
    ahead = np.clip(HORIZON - ledger.booked_until, 0, HORIZON) / HORIZON * ledger.running
    width = np.array([spread.get(name, 0.0) for name in ledger.ids]) * np.sqrt(ahead)
    noise = np.random.default_rng(0).standard_normal((DRAWS, len(ledger.ids))) * width
    total = np.cumsum((back - out) * ledger.factors, axis=1)
    soon, late = (total[:, min(q, ledger.quarters - 1)] + noise * math.sqrt(q / HORIZON) for q in (SOON, HORIZON))
    return Draws(
        names=ledger.names,
        soon=soon,
        late=late,
        roi=ledger.roi_one_quarter,
        cost=(out * ledger.factors)[:, : HORIZON + 1].sum(axis=1),
        blind=tuple(np.array(ledger.names)[(ahead > 0) & ~np.isin(ledger.ids, list(spread))]),
    )


class PortfolioChoice(Answer):
    """The best set, the set that ROI after one quarter would pick, and what the difference costs."""

    net: Measure  # of all initiatives together at the horizon, booked and expected
    pays: float  # chance that it is above zero
    myopia: Measure  # expected net value lost by choosing by ROI after one quarter, and only where that is above zero
    luck: Chance  # what the best set would seem to gain over that one if only the forecasts erred
    agreement: Measure  # of the ranks of ROI and net value
    reversal: Measure  # chance that two initiatives change places between them
    chosen: tuple[str, ...]
    by_roi: tuple[str, ...]
    initiatives: pd.DataFrame
    frontier: pd.DataFrame
    budget: float
    worst: float  # mean net value of the best set in the worst futures
    currency: str

    @property
    def apart(self) -> bool:
        """Whether ROI after one quarter picks another set."""
        return self.chosen != self.by_roi

    def claimed(self) -> tuple[Claim, ...]:
        nothing, luck = Chance(0.0, "no benefit beyond cost"), self.luck if self.apart else None
        gap = "net value of the best set less that of the set by ROI above zero"
        whole = f"benefit less cost of all initiatives, {self.window}"
        return (
            Claim(tested=gap, estimate=self.myopia, chance=luck),
            PayClaim(name="portfolio_pays", tested=whole, estimate=self.net, chance=nothing, grade=UNGRADED),
        )

    def words(self) -> Words:
        money = lambda amount: numbers.money(amount, self.currency)  # noqa: E731 - used in this place alone
        budget, price, worst = map(money, (self.budget, self.myopia.value, self.worst))
        picked, by_roi = (numbers.quoted(one) or "nothing" for one in (self.chosen, self.by_roi))
        same = not self.apart
        rule = f"funding in order of ROI after one quarter, and only where it is above zero, picks {by_roi}"
        gap = f"and brings {price} less by what is known and expected today ({numbers.span(self.myopia, money)})"
        shown = self.tested(self.myopia.name).direction > 0
        doubt = "" if shown else ", which is not beyond what errors of the forecasts alone would make it seem"
        return Words(
            sentence=f"With a budget of {budget} the best set is {picked}; {rule}"
            + (": the same." if same else f" {gap}{doubt}.")
            + f" All initiatives together: {money(self.net.value)} at {HORIZON} quarters "
            f"({numbers.span(self.net, money)}), {pay_verdict(*self.net.ends, self.pays, UNGRADED)}.",
            table=self.initiatives,
            formats={"ROI after 1 quarter, cash": "percent", "Expected net value": "money", "Expected cost": "money"},
            title="ROI after one quarter picks the best set"
            if same
            else f"Choosing by the first quarter costs {price}"
            if shown
            else "That choosing by the first quarter costs anything cannot be shown",
            caption="Which initiatives to fund",
            note=f"n = {numbers.plural(len(self.initiatives), 'initiative')}; net value at {HORIZON} quarters; rank "
            f"agreement of ROI and net value (Kendall) {numbers.decimal(self.agreement.value)}; two initiatives "
            f"change places between them with a chance of {numbers.percent(self.reversal.value)}; mean of the worst "
            f"five of a hundred futures {worst}; verdicts by range and chance to pay, grade {UNGRADED}: what is "
            "expected here is the word of those who run it.",
            alt=f"Sets of initiatives by expected value after {SOON} quarters and at {HORIZON} quarters; the best set "
            f"and the set picked by ROI are {'the same' if same else f'marked, {price} apart'}.",
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
        style.in_money(ax.xaxis, self.currency)
        style.in_money(ax.yaxis, self.currency)
        ax.margins(0.1)
        label = "Expected net value at the horizon"
        return style.labelled(ax, f"Expected net value after {SOON} quarters", label, legend=3)


def choose_portfolio(
    drawn: Draws, budget: float, *, min_short: float = 0.0, min_long: float = 0.0, currency: str = "EUR"
) -> PortfolioChoice:
    """Choose the best affordable set and price the habit of choosing by the first quarter."""
    from scipy.stats import kendalltau

    expected = drawn.late.mean(axis=0)
    limits, n = limits_of(drawn, budget, min_short, min_long), len(expected)
    chosen, greedy = programmed(expected, *limits), set_by_roi(drawn.roi, limits)
    tau = float(kendalltau(drawn.roi, expected).statistic) if n > 1 else math.nan
    rated = np.isfinite(drawn.roi)
    spans = np.quantile(drawn.late, [0.025, 0.975], axis=0).T
    spans[np.isin(drawn.names, drawn.blind)] = -math.inf, math.inf
    chances = (drawn.late > 0).mean(axis=0)
    table = pd.DataFrame(
        {
            "Initiative": drawn.names,
            "ROI after 1 quarter, cash": drawn.roi,
            "Expected net value": expected,
            "Expected cost": drawn.cost,
            "Best set": np.where(chosen, "yes", "no"),
            "Picked by ROI": np.where(greedy, "yes", "no"),
            f"Verdict at {HORIZON} quarters": [
                pay_verdict(low, high, p, UNGRADED) for low, high, p in np.c_[spans, chances].tolist()
            ],
        }
    )
    best, by_roi = (tuple(sorted(table.loc[taken, "Initiative"])) for taken in (chosen, greedy))
    return PortfolioChoice(
        population="initiatives of the ledger",
        window=f"quarters 0 to {HORIZON} since each start, booked and expected",
        net=_lost("portfolio_net_12q", drawn, np.full(n, True), np.full(n, False), currency),
        pays=float((drawn.late.sum(axis=1) > 0).mean()),
        myopia=_lost("cost_of_myopia", drawn, chosen, greedy, currency),
        luck=_luck(drawn, budget, greedy),
        agreement=_of_many("rank_agreement", tau, "ratio", n),
        reversal=_of_many("chance_of_reversal", reversal(drawn.roi[rated][None], drawn.late[:, rated]), "share", n),
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
    why, alone = "too few initiatives", "over all initiatives of the ledger"
    return Measure(name=name, value=value, unit=unit, n=n, no_range=alone, reason=why)


def _lost(name: str, drawn: Draws, chosen: np.ndarray, greedy: np.ndarray, currency: str) -> Measure:
    """What the one set brings less than the other, with the range of the drawn futures."""
    gap = drawn.late[:, chosen].sum(axis=1) - drawn.late[:, greedy].sum(axis=1)
    unsure = [name for name, apart in zip(drawn.names, chosen != greedy, strict=True) if apart and name in drawn.blind]
    why = f"the case of {numbers.listed(unsure)} states no range"
    lost = Measure(name=name, value=float(gap.mean()), unit=currency, n=drawn.late.shape[1], no_range=why)
    low, high = np.quantile(gap, [0.025, 0.975]).tolist()
    return lost if unsure else replace(lost, low=low, high=high)


def _luck(drawn: Draws, budget: float, greedy: np.ndarray) -> Chance:
    """By how much the best set would seem better if none were and only forecasts erred; Hansen's (2005) recentring."""
    # Fractions of an initiative may be bought there, so that no solver is needed: on the wide side.
    expected, spread, n = drawn.late.mean(axis=0), drawn.late.std(axis=0), len(drawn.cost)
    hopeless = expected < -spread * math.sqrt(2 * math.log(math.log(max(n, 3))))
    worth = drawn.late - np.where(hopeless, 0.0, expected)
    cost = np.maximum(drawn.cost, 1e-9)
    order = np.argsort(-worth / cost, axis=1)
    price, gain = cost[order], np.take_along_axis(np.maximum(worth, 0.0), order, axis=1)
    bought = np.clip((budget - (np.cumsum(price, axis=1) - price)) / price, 0.0, 1.0)
    gaps = (bought * gain).sum(axis=1) - worth[:, greedy].sum(axis=1)
    how = "no set better than that one, and forecasts in error as their cases say"
    return Chance(float(gaps.mean()), how, 0.0, float(np.quantile(gaps, 0.95)))  # the best set never is the worse


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
