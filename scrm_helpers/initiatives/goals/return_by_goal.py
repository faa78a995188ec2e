"""The return of each goal: benefit and cost of all initiatives that serve it, people included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.goals.goal_table import goal_roi
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.valuation_terms import discount_factors, quarterly_rate


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


def goal_returns(
    ledger: Ledger | None,
    goal_of: Mapping[str, str],
    terms: Terms,
    *,
    statements: Mapping[str, str] | None = None,
    view: str = "economic",
) -> GoalReturns:
    """Sum benefit and cost of all initiatives by the goal they serve.

    Parameters
    ----------
    ledger : Ledger or None
        From :func:`read_ledger`; None when the company has no ledger.
    goal_of : mapping of str to str
        Goal of each initiative id.
    terms : Terms
        Discount rate.
    statements : mapping of str to str, optional
        Words of each goal.
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
        reason = "there is no initiative ledger"
        return GoalReturns(reason=reason, returns=(unknown("goal_return", "ratio", reason),))
    words = dict(statements or {})
    booked = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    factor = discount_factors(quarterly_rate(terms.discount_rate), ledger.quarters)
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
    table = pd.DataFrame(
        {
            "Goal": [f"{goal} {words.get(str(goal), '')}".strip() for goal in sums.index],
            "Initiatives": who.to_numpy(),
            "Benefit to date": sums["benefit"].to_numpy(),
            "Cost of all of them": sums["cost"].to_numpy(),
            "Return": returns.reindex(sums.index).to_numpy(),
        },
        index=sums.index,
    )
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
        unassigned=free,
        currency=ledger.currency,
        base=(
            f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; {view} view of cost; discounted at "
            f"{numbers.percent(terms.discount_rate, 0)} a year"
        ),
    )
