"""One line for each goal: its pace, who works on it, what came of it, and which claim to test next."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.goals.goal_chain import GoalTree, by_goal, shared_out
from scrm_helpers.initiatives.goals.goal_table import Served
from scrm_helpers.initiatives.goals.metrics_now import Reading
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.streams import GRADES


@dataclass(frozen=True, kw_only=True)
class GoalBoard(Answer):
    """Goals with what stands behind each."""

    nobody: Measure = unknown("goals_nobody_works_on", "count")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    unbacked: tuple[str, ...] = ()  # goals that no initiative with a ledger serves
    graded: int = 0  # goals that stand in the business case
    apart: tuple[str, ...] = ()  # goals of which the case states something else, and what
    currency: str = "EUR"
    gross: str = ""  # how far the benefit is net, in words

    def words(self) -> Words:
        booked, ahead = (numbers.money(self.lines[name].sum(), self.currency) for name in ("Booked", "Expected"))
        goals = numbers.plural(len(self.lines), "goal")
        nobody = f"; nobody works on {', '.join(self.unbacked)}" if self.unbacked else ""
        apart = f" The case states otherwise: {'; '.join(self.apart)}." if self.apart else ""
        return Words(
            sentence=(
                f"{booked} of benefit is booked for {goals} and {ahead} more is expected{nobody}. {self.graded} of "
                f"{goals} stand in the business case with a grade.{apart}"
            ),
            table=self.lines,
            formats={"Booked": "money", "Expected": "money"},
            caption="One line for each goal",
            note=(
                f"Benefit of all initiatives of a goal, by their streams, not discounted{self.gross}. Evidence "
                "from the business case: A lottery to E opinion."
            ),
        )


def goal_board(
    goals: pd.DataFrame, ledger: Ledger | None, served: Served, tree: GoalTree, now: Mapping[str, Reading], terms: Terms
) -> GoalBoard:
    """Put what the chapter knows of a goal on one line.

    Parameters
    ----------
    goals : pandas.DataFrame
    ledger : Ledger or None
    served : mapping of str to mapping of str to str, goals of each initiative: see :func:`goals_served`
    tree : GoalTree, of the business case; a goal takes its grade from there where id and statement are the same
    now : mapping of str to Reading, where the metric of a goal stands by the tables: see :func:`current_values`
    terms : Terms

    Returns
    -------
    GoalBoard

    Notes
    -----
    Pace needed: what is missing to the target over the quarters left. Benefit is booked in quarters that are over.
    """
    rows = goals.sort_values("goal_id", kind="stable").reset_index(drop=True)
    ids = rows["goal_id"].astype(str)
    money = pd.DataFrame({"Initiatives": pd.Series(dtype=object), "Booked": 0.0, "Expected": 0.0})
    if ledger is not None:
        booked = shared_out(ledger, served, lambda grid: (grid * ledger.booked).sum(axis=1))
        ahead = shared_out(ledger, served, lambda grid: (grid * ~ledger.booked).sum(axis=1))
        both = pd.concat([booked.assign(Booked=booked["amount"]), ahead.assign(Expected=ahead["amount"])])
        both = both.groupby(["Initiatives", "goal"], as_index=False, sort=False)[["Booked", "Expected"]].sum()
        money = by_goal(both, ["Booked", "Expected"])
    money = money.reindex(ids)
    worked = {goal for one in (() if ledger is None else ledger.ids) for goal in served.get(one, {}).values()}
    unbacked = tuple(goal for goal in ids if goal not in worked)
    money = money.fillna({"Initiatives": "none", "Booked": 0.0, "Expected": 0.0})
    same = [tree.stated.get(one, ("",))[0] == str(words) for one, words in zip(ids, rows["statement"], strict=True)]
    left = (pd.to_datetime(rows["due_on"]) - terms.as_of).dt.days / 91.3125
    stated = rows["current"] if "current" in rows else pd.Series(np.nan, index=rows.index)
    at = ids.map({goal: one.value for goal, one in now.items()}).astype(float).fillna(stated)
    pace = ((rows["target"] - at) / left.where(left > 0)).astype(float)
    table = pd.DataFrame(
        {
            "Goal": ids + " " + rows["statement"].astype(str),
            "Pace needed, per quarter": np.where(left <= 0, "due", pace.map(_pace)),
            **{name: money[name].to_numpy() for name in money},
            "Evidence": np.where(same, ids.map(tree.grades), "not in the case"),
            "Next claim to test": np.where(same, [_weakest(tree, one) for one in ids], ""),
        }
    )
    return GoalBoard(
        population="goals of the company",
        window=f"as of {terms.as_of.date()}",
        nobody=Measure(
            name="goals_nobody_works_on", value=float(len(unbacked)), unit="count", n=len(rows), no_range="a count"
        ),
        lines=table,
        unbacked=unbacked,
        graded=sum(same),
        apart=tuple(_reconciled(rows[same], tree)),
        gross="" if ledger is None else f", {ledger.gross_words}",
        currency=terms.currency,
    )


def _reconciled(rows: pd.DataFrame, tree: GoalTree) -> Iterator[str]:
    """What the case states otherwise than the table does, of one and the same goal."""
    for row in rows.to_dict("records"):
        goal = str(row["goal_id"])
        for what, in_case in zip(("baseline", "target"), tree.stated[goal][1:], strict=True):
            if in_case is not None and pd.notna(row[what]) and not math.isclose(in_case, row[what], rel_tol=1e-9):
                yield f"{what} of {goal} {in_case:g}, in the table goals {row[what]:g}"


def _pace(step: float) -> str:
    if not math.isfinite(step):
        return "n/a"
    digits = int(np.clip(1 - np.floor(np.log10(abs(step))), 0, 4)) if step else 0
    return numbers.points(step, digits)


def _weakest(tree: GoalTree, goal: str) -> str:
    """The weakest claim that leads straight to a goal."""
    into = [claim for claim in tree.arrows.to_dict("records") if claim["To"] == goal]
    weak = max(into, key=lambda claim: GRADES.index(claim["Grade"]), default=None)
    return f"{weak['Claim']} ({weak['Grade']})" if weak else "none leads here"
