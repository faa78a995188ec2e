"""What each goal returns, and one line on it: its pace, who works on it, and which claim to test next."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, measure_name, numbers, unknown
from scrm_helpers.initiatives.goals.goal_chain import GoalTree
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.streams import GRADES
from scrm_helpers.tables import Company

Served = Mapping[str, Mapping[str, str]]
"""Goals of each initiative by what it brings: a stream, or "" for all that is not named."""


def goals_served(company: Company, in_case: Served) -> dict[str, dict[str, str]]:
    """Return the goals of each initiative: that of its table under "", and those of its streams in the business case.

    Parameters
    ----------
    company, in_case : a company, and goals by initiative and stream as `GoalTree.served` has them

    Returns
    -------
    dict of str to dict of str to str
    """
    table = company.table("initiatives") if company.has("initiatives") else pd.DataFrame()
    served = {str(one): dict(in_case.get(str(one), {})) for one in table.get("initiative_id", ())}
    if "goal_id" in table:
        named = table.dropna(subset="goal_id").astype(str)
        for one, goal in zip(named["initiative_id"], named["goal_id"], strict=True):
            served[one][""] = goal
    return served


class GoalReturns(Answer):
    """Return by goal, and the cost of initiatives that name none."""

    ABSENT = "The return of the goals cannot be computed because {reason}."

    returns: tuple[Measure, ...] = (unknown("goal_return", "ratio"),)
    goals: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"Goal": [], "Return": []}))
    unassigned: float = 0.0
    currency: str = "EUR"
    base: str = ""  # how many initiatives, which costs and which rate, in words

    def words(self) -> Words:
        known = self.goals.dropna(subset="Return").sort_values("Return", ascending=False, kind="stable")
        text = "No initiative names a goal, so no return can be given: a return belongs to a goal."
        if len(known):
            paid = known[known["Return"] > 0]
            have = "has" if 1 in (len(paid), len(known)) else "have"
            named = ", ".join(f"{goal} ({numbers.percent(value, 0)})" for goal, value in paid["Return"].items())
            text = (
                f"{len(paid)} of {numbers.plural(len(known), 'goal')} {have} earned back the cost of all their "
                f"initiatives so far{': ' if named else ''}{named}."
            )
        if self.unassigned:
            text += f" {numbers.money(self.unassigned, self.currency)} of cost serves no goal."
        return Words(
            sentence=text,
            table=self.goals,
            formats={"Benefit to date": "money", "Cost of all of them": "money", "Return": "percent"},
            caption="Return by goal",
            note=f"{self.base}. What serves several goals is shared among them by its streams, its cost alike.",
        )


def goal_returns(ledger: Ledger | None, served: Served, *, statements: Mapping[str, str] | None = None) -> GoalReturns:
    """Sum benefit and cost of all initiatives by the goal they serve.

    Parameters
    ----------
    ledger : Ledger or None, of it cash and paid hours count
    served, statements : goals of each initiative, see :func:`goals_served`; words of each goal

    Returns
    -------
    GoalReturns

    Notes
    -----
    Ratio of sums over the booked quarters. A stream goes to the goal that the business case names for it, else to that
    of its initiative; the cost of an initiative goes the way of its benefit. A tool has a cost and no return.
    """
    if ledger is None:
        return GoalReturns(reason="there is no initiative ledger")
    words = dict(statements or {})
    shared, out = _shared_out(ledger, served, ledger.to_date), ledger.to_date(ledger.cost("economic"))
    shared = shared.rename(columns={"amount": "Benefit to date"})
    shared["Cost of all of them"] = out[shared["place"]] * shared["share"]
    table = _by_goal(shared, ["Benefit to date", "Cost of all of them"])
    table.insert(0, "Goal", [f"{one} {words.get(str(one), '')}".strip() for one in table.index])
    table["Return"] = table.iloc[:, 2] / table.iloc[:, 3].where(table.iloc[:, 3] > 0) - 1
    known = {str(goal): float(value) for goal, value in table["Return"].dropna().items()}
    return GoalReturns(
        returns=tuple(
            ledger.fact(measure_name("return", goal, known), value, "ratio", int((shared["goal"] == goal).sum()))
            for goal, value in known.items()
        ),
        goals=table,
        unassigned=float(shared.loc[shared["goal"].isna(), "Cost of all of them"].sum()),
        currency=ledger.currency,
        base=f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; {ledger.gross_words}; cash and "
        f"paid hours; {ledger.rate_words}",
    )


def _shared_out(ledger: Ledger, served: Served, weigh: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Benefit of each initiative by the goal of its streams, and the share of its cost that goes the same way."""
    rows = []
    amounts = {stream: weigh(grid) for stream, grid in ledger.streams.items()}
    for place, one in enumerate(ledger.ids):
        goals = served.get(one, {})
        rest = goals.get("", next(iter(goals.values()), None))
        sums = {rest: 0.0}
        for stream, amount in amounts.items():
            goal = goals.get(stream, rest)
            sums[goal] = sums.get(goal, 0.0) + float(amount[place])
        gained = sum(max(amount, 0.0) for amount in sums.values())
        shares = {goal: max(amount, 0.0) / gained if gained else 1 / len(sums) for goal, amount in sums.items()}
        rows += [(place, ledger.names[place], goal, sums[goal], shares[goal]) for goal in sums]
    frame = pd.DataFrame(rows, columns=["place", "Initiatives", "goal", "amount", "share"])
    return frame[(frame["amount"] != 0) | (frame["share"] > 0)]


def _by_goal(shared: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Names and summed figures of the initiatives that serve each goal."""
    return shared.groupby("goal").agg({"Initiatives": ", ".join} | dict.fromkeys(columns, "sum"))


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
            sentence=f"{booked} of benefit is booked for {goals} and {ahead} more is expected{nobody}. {self.graded} "
            f"of {goals} stand in the business case with a grade.{apart}",
            table=self.lines,
            formats={"Booked": "money", "Expected": "money"},
            caption="One line for each goal",
            note=f"Benefit of all initiatives of a goal, by their streams, not discounted{self.gross}. Evidence from "
            "the business case: A lottery to E opinion.",
        )


def goal_board(
    goals: pd.DataFrame, ledger: Ledger | None, served: Served, tree: GoalTree, now: Mapping[str, Measure], terms: Terms
) -> GoalBoard:
    """Put what the chapter knows of a goal on one line.

    Parameters
    ----------
    goals, ledger, terms : table ``goals``; the ledger, or None without one; the day
    served : mapping of str to mapping of str to str, goals of each initiative: see :func:`goals_served`
    tree : GoalTree, of the business case; a goal takes its grade from there where id and statement are the same
    now : mapping of str to Measure, where the metric of a goal stands by the tables: see :func:`current_values`

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
        booked = _shared_out(ledger, served, lambda grid: (grid * ledger.booked).sum(axis=1))
        ahead = _shared_out(ledger, served, lambda grid: (grid * ~ledger.booked).sum(axis=1))
        both = pd.concat([booked.assign(Booked=booked["amount"]), ahead.assign(Expected=ahead["amount"])])
        both = both.groupby(["Initiatives", "goal"], as_index=False, sort=False)[["Booked", "Expected"]].sum()
        money = _by_goal(both, ["Booked", "Expected"])
    money = money.reindex(ids)
    worked = {goal for one in (() if ledger is None else ledger.ids) for goal in served.get(one, {}).values()}
    unbacked = tuple(goal for goal in ids if goal not in worked)
    money = money.fillna({"Initiatives": "none", "Booked": 0.0, "Expected": 0.0})
    same = [tree.stated.get(one, ("",))[0] == str(words) for one, words in zip(ids, rows["statement"], strict=True)]
    left = (pd.to_datetime(rows["due_on"]) - terms.as_of).dt.days / 91.3125
    stated = rows["current"] if "current" in rows else pd.Series(np.nan, index=rows.index)
    at = ids.map({goal: one.value for goal, one in now.items()}).astype(float).fillna(stated)
    pace = ((rows["target"] - at) / left.where(left > 0)).astype(float)
    claims = sorted(tree.arrows.to_dict("records"), key=lambda claim: -GRADES.index(claim["Grade"]))
    weakest = {claim["To"]: f"{claim['Claim']} ({claim['Grade']})" for claim in claims[::-1]}
    table = pd.DataFrame(
        {
            "Goal": ids + " " + rows["statement"].astype(str),
            "Pace needed, per quarter": np.where(left <= 0, "due", pace.map(_pace)),
            **{name: money[name].to_numpy() for name in money},
            "Evidence": np.where(same, ids.map(tree.grades), "not in the case"),
            "Next claim to test": np.where(same, ids.map(weakest).fillna("none leads here"), ""),
        }
    )
    return GoalBoard(
        population="goals of the company",
        window=f"as of {terms.as_of.date()}",
        nobody=replace(GoalBoard.nobody, value=float(len(unbacked)), n=len(rows), reason="", no_range="a count"),
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
    digits = int(np.clip(1 - np.floor(np.log10(abs(step))), 0, 4)) if step and math.isfinite(step) else 0
    return numbers.points(step if math.isfinite(step) else None, digits)
