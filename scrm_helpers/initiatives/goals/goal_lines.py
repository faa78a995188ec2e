"""One line for each goal: the pace it needs, who works on it, how firm its evidence is, what came and what may come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.goals.goal_chain import GoalTree
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.streams import GRADES


@dataclass(frozen=True, kw_only=True)
class GoalBoard(Answer):
    """Goals with what stands behind each."""

    nobody: Measure = unknown("goals_nobody_works_on", "count")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    unbacked: tuple[str, ...] = ()  # goals that no initiative with a ledger serves
    graded: int = 0  # goals that stand in the business case
    currency: str = "EUR"

    def words(self) -> Words:
        """What is booked and expected, for what nobody works, and how many goals carry a grade."""
        booked, ahead = (numbers.money(self.lines[name].sum(), self.currency) for name in ("Booked", "Expected"))
        goals = numbers.plural(len(self.lines), "goal")
        nobody = f"; nobody works on {', '.join(self.unbacked)}" if self.unbacked else ""
        return Words(
            sentence=(
                f"{booked} of benefit is booked for {goals} and {ahead} more is expected{nobody}. {self.graded} of "
                f"{goals} stand in the business case with a grade."
            ),
            table=self.lines,
            formats={"Booked": "money", "Expected": "money"},
            caption="One line for each goal",
            note=(
                "Benefit of all initiatives of a goal, not discounted, gross of what would have happened anyway. "
                "Evidence from the business case: A lottery to E opinion."
            ),
        )


def goal_board(
    goals: pd.DataFrame, ledger: Ledger | None, goal_of: Mapping[str, str], tree: GoalTree, terms: Terms
) -> GoalBoard:
    """Put what the chapter knows of a goal on one line.

    Parameters
    ----------
    goals : pandas.DataFrame
        Table ``goals``.
    ledger : Ledger or None
        From :func:`read_ledger`.
    goal_of : mapping of str to str
        Goal of each initiative id.
    tree : GoalTree
        Chain of claims of the business case; a goal takes its grade from there where id and statement are the same.
    terms : Terms
        Day of the report, currency.

    Returns
    -------
    GoalBoard

    Notes
    -----
    Pace needed: what is missing to the target over the quarters left, in the unit of the metric. Booked benefit lies in
    quarters that are over, expected benefit in later ones; neither is discounted, both are gross.
    """
    day = terms.as_of
    rows = goals.sort_values("goal_id", kind="stable").reset_index(drop=True)
    ids = rows["goal_id"].astype(str)
    money = _money(ledger, goal_of)
    firm, said = tree.grades, tree.statements
    same = [said.get(one) == str(words) for one, words in zip(ids, rows["statement"], strict=True)]
    left = (pd.to_datetime(rows["due_on"]) - day).dt.days / 91.3125
    now = rows["current"] if "current" in rows else pd.Series(np.nan, index=rows.index)
    pace = ((rows["target"] - now) / left.where(left > 0)).astype(float)
    table = pd.DataFrame(
        {
            "Goal": ids + " " + rows["statement"].astype(str),
            "Pace needed, per quarter": [
                "due" if days <= 0 else _pace(step) for days, step in zip(left, pace, strict=True)
            ],
            "Initiatives": [", ".join(money.get(one, _NONE)[0]) or "none" for one in ids],
            "Booked": [money.get(one, _NONE)[1] for one in ids],
            "Expected": [money.get(one, _NONE)[2] for one in ids],
            "Evidence": [firm[one] if known else "not in the case" for one, known in zip(ids, same, strict=True)],
            "Next claim to test": [_weakest(tree, one) if known else "" for one, known in zip(ids, same, strict=True)],
        }
    )
    unbacked = tuple(one for one in ids if not money.get(one, _NONE)[0])
    return GoalBoard(
        nobody=Measure(name="goals_nobody_works_on", value=float(len(unbacked)), unit="count", n=len(rows)),
        lines=table,
        unbacked=unbacked,
        graded=sum(same),
        currency=terms.currency,
    )


_NONE: tuple[list[str], float, float] = ([], 0.0, 0.0)


def _money(ledger: Ledger | None, goal_of: Mapping[str, str]) -> dict[str, tuple[list[str], float, float]]:
    """Initiatives, booked and expected benefit of each goal."""
    found: dict[str, tuple[list[str], float, float]] = {}
    if ledger is None:
        return found
    over = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    benefit = ledger.benefit()
    for place, one in enumerate(ledger.ids):
        goal = goal_of.get(one)
        if goal is not None:
            names, booked, ahead = found.get(goal, _NONE)
            came = float(benefit[place][over[place]].sum())
            found[goal] = ([*names, ledger.names[place]], booked + came, ahead + float(benefit[place].sum()) - came)
    return found


def _pace(step: float) -> str:
    if not math.isfinite(step):
        return "n/a"
    digits = int(np.clip(1 - np.floor(np.log10(abs(step))), 0, 4)) if step else 0
    return numbers.points(step, digits)


def _weakest(tree: GoalTree, goal: str) -> str:
    """The weakest claim that leads straight to a goal."""
    into = tree.claims[tree.claims["To"] == goal]
    if into.empty:
        return "none leads here"
    claims = sorted(zip(into["Grade"], into["Claim"], strict=True), key=lambda claim: -GRADES.index(claim[0]))
    return f"{claims[0][1]} ({claims[0][0]})"
