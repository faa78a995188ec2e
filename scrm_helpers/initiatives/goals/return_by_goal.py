"""The return of each goal: benefit and cost of all initiatives that serve it, people included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.goals.goal_table import goal_roi
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import discount_factors, quarterly_rate


@dataclass(frozen=True, kw_only=True)
class GoalReturns(Result):
    """Return by goal; `unassigned` is the cost of initiatives that name no goal."""

    returns: pd.Series
    unassigned: float


def goal_returns(
    ledger: Ledger | None,
    goal_of: Mapping[str, str],
    *,
    statements: Mapping[str, str] | None = None,
    discount_rate_annual: float = 0.10,
    view: str = "economic",
) -> GoalReturns:
    """Sum benefit and cost of all initiatives by the goal they serve.

    Parameters
    ----------
    ledger : Ledger or None
        From :func:`read_ledger`; None when the company has no ledger.
    goal_of : mapping of str to str
        Goal of each initiative id.
    statements : mapping of str to str, optional
        Words of each goal.
    discount_rate_annual : float
        Rate per year.
    view : {"cash", "economic", "shadow"}
        Which costs count.

    Returns
    -------
    GoalReturns

    Notes
    -----
    Ratio of sums over the booked quarters. A tool has a cost and no return: asking for one is refused
    (:func:`goal_roi`).
    """
    if ledger is None:
        return GoalReturns(
            sentence="The return of the goals cannot be computed because there is no initiative ledger.",
            table=pd.DataFrame({"Goal": [], "Return": []}),
            measures=(Measure(name="goal_return", value=None, unit="ratio", reason="there is no initiative ledger"),),
            returns=pd.Series(dtype=float),
            unassigned=0.0,
            drawable=False,
        )
    words = dict(statements or {})
    booked = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    factor = discount_factors(quarterly_rate(discount_rate_annual), ledger.quarters)
    frame = pd.DataFrame(
        {
            "goal": [goal_of.get(one) for one in ledger.ids],
            "benefit": (ledger.benefit() * booked) @ factor,
            "cost": (ledger.cost(view) * booked) @ factor,
            "name": ledger.names,
        }
    )
    free = float(frame.loc[frame["goal"].isna(), "cost"].sum())
    by = frame.dropna(subset="goal").groupby("goal")
    sums = by[["benefit", "cost"]].sum()
    who = by["name"].agg(", ".join)
    returns = pd.Series(
        {goal: goal_roi(row["benefit"], [row["cost"]]) for goal, row in sums.iterrows() if row["cost"] > 0}, dtype=float
    )
    best = returns.sort_values(ascending=False, kind="stable")
    paid = int((returns > 0).sum())
    have = "has" if 1 in (paid, len(returns)) else "have"
    text = (
        f"{paid} of {numbers.plural(len(returns), 'goal')} {have} earned back the cost of all their "
        "initiatives so far"
        + (
            f"; the highest return is that of {best.index[0]} ({numbers.percent(float(best.iloc[0]), 0)})."
            if len(best)
            else "."
        )
        if len(returns)
        else "No initiative names a goal, so no return can be given: a return belongs to a goal."
    )
    if free:
        text += f" {numbers.money(free, ledger.currency)} of cost serves no goal."
    table = pd.DataFrame(
        {
            "Goal": [f"{goal} {words.get(str(goal), '')}".strip() for goal in sums.index],
            "Initiatives": who.to_numpy(),
            "Benefit to date": sums["benefit"].to_numpy(),
            "Cost of all of them": sums["cost"].to_numpy(),
            "Return": returns.reindex(sums.index).to_numpy(),
        }
    )
    return GoalReturns(
        sentence=text,
        table=table,
        formats={"Benefit to date": "money", "Cost of all of them": "money", "Return": "percent"},
        caption="Return by goal",
        note=(
            f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; {view} view of cost; discounted "
            f"at {numbers.percent(discount_rate_annual, 0)} a year; gross of what would have happened anyway."
        ),
        measures=tuple(
            Measure(
                name=measure_name("return", str(goal), map(str, returns.index)),
                value=float(value),
                unit="ratio",
                kind="gross",
            )
            for goal, value in returns.items()
        ),
        returns=returns,
        unassigned=free,
    )
