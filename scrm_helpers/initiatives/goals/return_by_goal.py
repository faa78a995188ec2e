"""The return of each goal, people included, and whether the tool that served it adds anything to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.initiatives.attribution.panel import read_panel, with_past
from scrm_helpers.initiatives.goals.goal_table import goal_roi
from scrm_helpers.initiatives.ledger.flows import Ledger

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

LEAST_UNITS, LEAST_PERIODS = 10, 4  # for the test of a tool


@dataclass(frozen=True, kw_only=True)
class GoalReturns(Answer):
    """Return by goal, and the cost of initiatives that name none."""

    ABSENT = "The return of the goals cannot be computed because {reason}."

    returns: tuple[Measure, ...] = ()
    goals: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"Goal": [], "Return": []}))
    unassigned: float = 0.0
    currency: str = "EUR"
    base: str = ""  # how many initiatives, which costs and which rate, in words

    def words(self) -> Words:
        """How many goals earned back their cost, and what serves none."""
        known = self.goals.dropna(subset="Return").sort_values("Return", ascending=False, kind="stable")
        text = "No initiative names a goal, so no return can be given: a return belongs to a goal."
        if len(known):
            paid, best = int((known["Return"] > 0).sum()), known.iloc[0]
            have = "has" if 1 in (paid, len(known)) else "have"
            text = (
                f"{paid} of {numbers.plural(len(known), 'goal')} {have} earned back the cost of all their initiatives "
                f"so far; the highest return is that of {best.name} ({numbers.percent(best['Return'], 0)})."
            )
        if self.unassigned:
            text += f" {numbers.money(self.unassigned, self.currency)} of cost serves no goal."
        return Words(
            sentence=text,
            table=self.goals,
            formats={"Benefit to date": "money", "Cost of all of them": "money", "Return": "percent"},
            caption="Return by goal",
            note=f"{self.base}; gross of what would have happened anyway.",
        )


def goals_served(company: Company) -> dict[str, str]:
    """Return the goal of each initiative that names one.

    Parameters
    ----------
    company : Company
        With or without the table ``initiatives``.

    Returns
    -------
    dict of str to str
        Goal id by initiative id.
    """
    table = company.table("initiatives") if company.has("initiatives") else pd.DataFrame()
    if "goal_id" not in table:
        return {}
    named = table.dropna(subset="goal_id").astype(str)
    return dict(zip(named["initiative_id"], named["goal_id"], strict=True))


def goal_returns(
    ledger: Ledger | None, goal_of: Mapping[str, str], *, statements: Mapping[str, str] | None = None
) -> GoalReturns:
    """Sum benefit and cost of all initiatives by the goal they serve.

    Parameters
    ----------
    ledger : Ledger or None
        From :func:`read_ledger`; None when the company has no ledger. Cash and paid hours count.
    goal_of : mapping of str to str
        Goal of each initiative id.
    statements : mapping of str to str, optional
        Words of each goal.

    Returns
    -------
    GoalReturns

    Notes
    -----
    Ratio of sums over the booked quarters. A tool has a cost and no return: asking for one is refused
    (:func:`goal_roi`).
    """
    if ledger is None:
        reason = "there is no initiative ledger"
        return GoalReturns(reason=reason, returns=(unknown("goal_return", "ratio", reason),))
    words = dict(statements or {})
    back, out = (ledger.to_date(grid) for grid in (ledger.benefit(), ledger.cost("economic")))
    goal = pd.Series([goal_of.get(one) for one in ledger.ids], dtype=object)
    frame = pd.DataFrame({"Initiatives": ledger.names, "Benefit to date": back, "Cost of all of them": out})
    table = frame.groupby(goal).agg({"Initiatives": ", ".join, "Benefit to date": "sum", "Cost of all of them": "sum"})
    table.insert(0, "Goal", [f"{one} {words.get(str(one), '')}".strip() for one in table.index])
    table["Return"] = [goal_roi(b, [c]) if c > 0 else math.nan for b, c in table.iloc[:, 2:4].to_numpy().tolist()]
    returns = table["Return"].dropna()
    return GoalReturns(
        returns=tuple(
            Measure(
                name=measure_name("return", str(goal), map(str, returns.index)),
                value=float(value),
                unit="ratio",
                kind="gross",
            )
            for goal, value in returns.items()
        ),
        goals=table,
        unassigned=float(out[goal.isna()].sum()),
        currency=ledger.currency,
        base=(
            f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; economic view of cost; "
            f"{ledger.rate_words}"
        ),
    )


@dataclass(frozen=True, kw_only=True)
class BeyondGoal(Answer):
    """What use of a tool adds to a benefit beyond the goal it serves, in standard deviations."""

    ABSENT = "{reason}"

    slope: Measure = unknown("tool_beyond_goal", "ratio")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    outcomes: tuple[str, str, str] = ("", "", "")  # tool, goal, benefit
    base: str = ""  # units and periods, in words
    ratio: float = 0.0  # likelihood ratio of the model with the tool
    p_value: float = 1.0

    def words(self) -> Words:
        """Whether the tool goes with the benefit once the goal is held fixed."""
        (low, high), (tool, goal, benefit) = self.slope.ends, self.outcomes
        size = f"({numbers.decimal(self.slope.value)} standard deviations, 95% range "
        size += f"{numbers.interval(low, high, numbers.decimal)})"
        more = "more" if (self.slope.value or 0) > 0 else "less"
        return Words(
            sentence=f"{tool[:1].upper() + tool[1:]} go with {more} {benefit} even where {goal} is the same {size}: "
            "the goal as measured does not carry all that the tool does."
            if low > 0 or high < 0
            else f"Once {goal} is held fixed, {tool} add nothing to {benefit} that can be shown {size}: what is "
            "returned belongs to the goal.",
            table=self.lines,
            formats=dict.fromkeys([*map(str, self.lines)][1:], "decimal3"),
            caption=f"What goes with {benefit}",
            note=(
                f"{self.base}; standard deviations within units, common movements of a period taken out; ranges by "
                f"unit; likelihood ratio of the tool {numbers.decimal(self.ratio)} (p = "
                f"{numbers.decimal(self.p_value, 3)})."
            ),
        )


def tool_beyond_goal(panel: pd.DataFrame | None, tool: str, goal: str, benefit: str) -> BeyondGoal:
    """Test whether use of a tool goes with a benefit once the attainment of its goal is held fixed.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    tool, goal, benefit : str
        Outcomes of the panel: how much the tool is used, how well the goal is reached, and what that brings.

    Returns
    -------
    BeyondGoal
        With the reason in its sentence where the panel does not allow the test.

    Notes
    -----
    The chain is use of the tool, then attainment, then benefit (post 001). ``y[u,t] = unit + period + b goal[u,t-1] +
    c tool[u,t-1]``, all in standard deviations within units; if the goal carries all, ``c`` is zero. The range of
    ``c`` is clustered by unit; beside it the likelihood ratio ``n ln(RSS0 / RSS1)`` of the model without the tool. That
    the tool adds nothing does not say that it was useless: it may well have served the goal.

    Examples
    --------
    >>> tool_beyond_goal(None, "posts", "trust", "margin").sentence[:60]
    'Whether posts add to margin beyond trust cannot be said: it '
    """
    from scipy.stats import t as student
    from statsmodels.api import OLS

    laid = _laid(panel, tool, goal, benefit)
    if isinstance(laid, str):
        reason = f"Whether {tool} add to {benefit} beyond {goal} cannot be said: {laid}"
        return BeyondGoal(reason=reason, slope=unknown("tool_beyond_goal", "ratio", laid))
    x, y, unit = laid
    fit, units = OLS(y, x).fit(), int(unit.max()) + 1
    ratio, p_value, _ = fit.compare_lr_test(OLS(y, x[:, :1]).fit())
    by_unit = fit.get_robustcov_results("cluster", groups=unit, use_correction=False, df_correction=True)
    reach = float(student.ppf(0.975, units - 1)) * by_unit.bse * math.sqrt(units / (units - 1))
    lines = pd.DataFrame({"Of the quarter before": [goal, tool], f"With {benefit}": fit.params})
    lines["95% range low"], lines["95% range high"] = fit.params - reach, fit.params + reach
    slope, low, high = lines.iloc[1, 1:].tolist()
    return BeyondGoal(
        slope=Measure(name="tool_beyond_goal", value=slope, unit="ratio", n=units, low=low, high=high),
        lines=lines,
        outcomes=(tool, goal, benefit),
        base=f"n = {units} units, {len(y)} unit-periods",
        ratio=float(ratio),
        p_value=float(p_value),
    )


def _laid(
    panel: pd.DataFrame | None, tool: str, goal: str, benefit: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | str:
    known = set() if panel is None else set(panel["outcome"].dropna().astype(str))
    absent = sorted({tool, goal, benefit} - known)
    if panel is None or absent:
        return f"it takes all three in the table initiative_panel, and {' and '.join(absent)} is not there."
    frames = []
    for name in (goal, tool, benefit):
        one = read_panel(panel, name)
        frames.append(pd.DataFrame(one.values, index=list(one.units), columns=one.places))
    units, periods = frames[0].index, frames[0].columns
    for frame in frames[1:]:
        units, periods = units.intersection(frame.index), periods.intersection(frame.columns)
    pairs = with_past(periods.to_numpy(), 1)
    if len(units) < LEAST_UNITS or len(pairs) < LEAST_PERIODS - 1:
        return (
            f"it takes {LEAST_UNITS} units or more over {LEAST_PERIODS} periods; there are {len(units)} over "
            f"{len(periods)}."
        )
    first, second, last = (frame.loc[units, periods].to_numpy() for frame in frames)
    now, before = pairs.T
    parts = [_scaled(grid) for grid in (first[:, before], second[:, before], last[:, now])]
    x = np.column_stack(parts[:2])
    if np.linalg.matrix_rank(x) < 2 or not parts[2].any():
        return f"{goal}, {tool} or {benefit} hardly varies within units."
    return x, parts[2], np.repeat(np.arange(len(units)), len(pairs))


def _scaled(grid: np.ndarray) -> np.ndarray:
    """Free of units and periods, in standard deviations, one column."""
    free = grid - grid.mean(axis=1, keepdims=True) - grid.mean(axis=0) + grid.mean()
    return (free / (free.std() or 1.0)).ravel()
