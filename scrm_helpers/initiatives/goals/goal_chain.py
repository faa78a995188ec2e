"""What stands behind each goal: the graded claims that lead to it, its return, and one line on all that is known."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.style import HALO
from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Case, Effect
from scrm_helpers.initiatives.plan.streams import GRADES

LINES = {"A": "-", "B": "-", "B-": "-", "C": "--", "D": ":", "E": ":"}
"""How the arrow of a grade is drawn; evidence is firm where it is solid."""


def chain_grade(links: Sequence[tuple[str, str, str]], start: str, goal: str) -> str:
    """Grade of the best path from an initiative to a goal: that of its weakest link."""
    for place, grade in enumerate(GRADES):
        reached, new = set[str](), {start}
        while new:
            reached |= new
            new = {to for source, to, firm in links if source in new and GRADES.index(firm) <= place} - reached
        if goal in reached:
            return grade
    return GRADES[-1]


@dataclass(frozen=True, kw_only=True)
class GoalTree(Answer):
    """Initiatives, goals and the claims between them."""

    ABSENT = "{reason}."
    OFFERS: ClassVar = ("figure", "table")

    firm: Measure = unknown("goals_on_firm_evidence", "count")
    arrows: pd.DataFrame = field(default_factory=pd.DataFrame)
    layers: tuple[tuple[str, ...], ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    grades: dict[str, str] = field(default_factory=dict)
    statements: dict[str, str] = field(default_factory=dict)

    @property
    def links(self) -> list[tuple[str, str, str]]:
        """From where to where each claim leads, and its grade."""
        return [(x["From"], x["To"], x["Grade"]) for x in self.arrows.to_dict("records")]

    def words(self) -> Words:
        title = f"{numbers.count(self.firm.value)} of {numbers.plural(len(self.grades), 'goal')} rest on"
        text = "No claim links an initiative to a goal yet, so no chain can be graded."
        if len(self.arrows):
            text = f"{title} evidence of grade A or B."
            weak = max(self.arrows.to_dict("records"), key=lambda claim: (GRADES.index(claim["Grade"]), claim["From"]))
            if LINES[weak["Grade"]] != "-":
                text += (
                    f" The weakest link is from {weak['From']} to {weak['To']} ({weak['Claim']}, grade "
                    f"{weak['Grade']}): test it next."
                )
        arrows = ", ".join(f"{source} to {target} grade {grade}" for source, target, grade in self.links)
        return Words(
            sentence=text,
            table=self.arrows,
            title=f"{title} firm evidence",
            caption="The chain of claims",
            note=(
                "Grades: A lottery, B staggered roll-out or stand-in, C one series or mediation, D before and after or "
                "correlation, E opinion. Solid: A, B; dashed: C; dotted: D, E. A goal carries the better of its direct "
                "evidence and the weakest link of its best path."
            ),
            alt=f"Boxes from initiatives to goals joined by arrows: {arrows}."[:300],
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=0.6 + 0.95 * max(len(layer) for layer in self.layers))
        spot = {
            name: ((column + 0.5) / len(self.layers), 1 - (row + 0.5) / len(layer))
            for column, layer in enumerate(self.layers)
            for row, name in enumerate(layer)
        }
        boxes = {}
        for name, (x, y) in spot.items():
            face = style.PALE_GREY if name in self.layers[0] else "white"
            box = {"boxstyle": "round,pad=0.45", "facecolor": face, "edgecolor": style.GREY}
            boxes[name] = ax.text(
                x, y, self.labels[name], transform=ax.transAxes, ha="center", va="center", fontsize=8.5, bbox=box
            ).get_bbox_patch()
        for source, target, grade in self.links:
            (x0, y0), (x1, y1) = spot[source], spot[target]
            colour = style.BLUE if LINES[grade] == "-" else style.ORANGE
            arrow = {"arrowstyle": "-|>", "linestyle": LINES[grade], "color": colour, "linewidth": 1.6}
            arrow |= {"patchA": boxes[source], "patchB": boxes[target], "shrinkA": 2, "shrinkB": 2}
            ax.annotate("", xy=(x1, y1), xytext=(x0, y0), xycoords="axes fraction", arrowprops=arrow)
            ax.text(
                (x0 + x1) / 2, (y0 + y1) / 2, grade, transform=ax.transAxes, ha="center", va="center", color=colour,
                fontweight="bold", bbox=HALO,
            )  # fmt: skip
        ax.set_axis_off()
        return ax


def goal_tree(case: Case) -> GoalTree:
    """Lay out the goals of a business case with the evidence that leads to them."""
    links = [(link.from_, link.to, link.grade) for link in case.evidence]
    starts = [initiative.id for initiative in case.initiatives]
    depth = dict.fromkeys(starts, 0)
    for _ in range(len(links) + 1):
        for source, target, _grade in links:
            depth[target] = max(depth.get(target, 1), depth.get(source, 0) + 1)
    for goal in case.goals:
        depth.setdefault(goal.id, 1)
    levels = range(max(depth.values()) + 1)
    grades, labels = {}, {one.id: textwrap.fill(one.name, 24) for one in case.initiatives}
    for goal in case.goals:
        direct = [b.effect.grade for _, b in case.benefits if b.goal == goal.id and isinstance(b.effect, Effect)]
        grades[goal.id] = min([*(chain_grade(links, start, goal.id) for start in starts), *direct], key=GRADES.index)
        name = textwrap.fill(f"{goal.id}: {goal.statement}", 24)
        labels[goal.id] = f"{name}\nbest evidence: {grades[goal.id]}"
    rows = [(x.from_, x.to, x.claim, DESIGNS[x.design][1], x.grade, x.source) for x in case.evidence]
    firm = float(sum(LINES[grade] == "-" for grade in grades.values()))
    return GoalTree(
        firm=Measure(name="goals_on_firm_evidence", value=firm, unit="count", n=len(grades)),
        arrows=pd.DataFrame(rows, columns=["From", "To", "Claim", "Design", "Grade", "Source"]),
        layers=tuple(tuple(sorted(name for name, at in depth.items() if at == level)) for level in levels),
        labels=labels,
        grades=grades,
        statements={goal.id: goal.statement for goal in case.goals},
    )


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
    ledger: Ledger | None, goal_of: Mapping[str, str], *, statements: Mapping[str, str] | None = None
) -> GoalReturns:
    """Sum benefit and cost of all initiatives by the goal they serve.

    Parameters
    ----------
    ledger : Ledger or None, of it cash and paid hours count
    goal_of, statements : mapping of str to str, goal of each initiative id; words of each goal

    Returns
    -------
    GoalReturns

    Notes
    -----
    Ratio of sums over the booked quarters. A tool has a cost and no return.
    """
    if ledger is None:
        reason = "there is no initiative ledger"
        return GoalReturns(reason=reason, returns=(unknown("goal_return", "ratio", reason),))
    words = dict(statements or {})
    back, out = (ledger.to_date(grid) for grid in (ledger.benefit(), ledger.cost("economic")))
    table = _by_goal(ledger, goal_of, {"Benefit to date": back, "Cost of all of them": out})
    table.insert(0, "Goal", [f"{one} {words.get(str(one), '')}".strip() for one in table.index])
    table["Return"] = table.iloc[:, 2] / table.iloc[:, 3].where(table.iloc[:, 3] > 0) - 1
    known = {str(goal): float(value) for goal, value in table["Return"].dropna().items()}
    return GoalReturns(
        returns=tuple(
            Measure(name=measure_name("return", goal, known), value=value, unit="ratio", kind="gross")
            for goal, value in known.items()
        ),
        goals=table,
        unassigned=float(out[[one not in goal_of for one in ledger.ids]].sum()),
        currency=ledger.currency,
        base=(
            f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; economic view of cost; "
            f"{ledger.rate_words}"
        ),
    )


def _by_goal(ledger: Ledger, goal_of: Mapping[str, str], sums: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Names and summed figures of the initiatives that serve each goal."""
    goal = pd.Series([goal_of.get(one) for one in ledger.ids], dtype=object)
    frame = pd.DataFrame({"Initiatives": ledger.names, **sums})
    return frame.groupby(goal).agg({"Initiatives": ", ".join} | dict.fromkeys(sums, "sum"))


@dataclass(frozen=True, kw_only=True)
class GoalBoard(Answer):
    """Goals with what stands behind each."""

    nobody: Measure = unknown("goals_nobody_works_on", "count")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    unbacked: tuple[str, ...] = ()  # goals that no initiative with a ledger serves
    graded: int = 0  # goals that stand in the business case
    currency: str = "EUR"

    def words(self) -> Words:
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
    ledger : Ledger or None
    goal_of : mapping of str to str, goal of each initiative id
    tree : GoalTree, of the business case; a goal takes its grade from there where id and statement are the same
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
        benefit = ledger.benefit()
        booked = (benefit * ledger.booked).sum(axis=1)
        money = _by_goal(ledger, goal_of, {"Booked": booked, "Expected": benefit.sum(axis=1) - booked})
    money = money.reindex(ids)
    unbacked = tuple(ids[money["Initiatives"].isna().to_numpy()])
    money = money.fillna({"Initiatives": "none", "Booked": 0.0, "Expected": 0.0})
    same = [tree.statements.get(one) == str(words) for one, words in zip(ids, rows["statement"], strict=True)]
    left = (pd.to_datetime(rows["due_on"]) - terms.as_of).dt.days / 91.3125
    now = rows["current"] if "current" in rows else pd.Series(np.nan, index=rows.index)
    pace = ((rows["target"] - now) / left.where(left > 0)).astype(float)
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
        nobody=Measure(name="goals_nobody_works_on", value=float(len(unbacked)), unit="count", n=len(rows)),
        lines=table,
        unbacked=unbacked,
        graded=sum(same),
        currency=terms.currency,
    )


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
