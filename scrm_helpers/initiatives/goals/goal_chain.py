"""What stands behind each goal: the graded claims that lead to it, its return, and one line on all that is known."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.style import HALO
from scrm_helpers.initiatives.goals.goal_table import Served
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Baseline, Case, Effect, Target
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
    stated: dict[str, tuple[str, float | None, float | None]] = field(default_factory=dict)  # words, baseline, target
    served: dict[str, dict[str, str]] = field(default_factory=dict)  # goals of each initiative, by stream or score

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
        population="goals of the business case",
        window="as the case states them",
        firm=Measure(name="goals_on_firm_evidence", value=firm, unit="count", n=len(grades), no_range="a count"),
        arrows=pd.DataFrame(rows, columns=["From", "To", "Claim", "Design", "Grade", "Source"]),
        layers=tuple(tuple(sorted(name for name, at in depth.items() if at == level)) for level in levels),
        labels=labels,
        grades=grades,
        stated={goal.id: (goal.statement, _number(goal.baseline), _number(goal.target)) for goal in case.goals},
        served={
            one.id: {goal: goal for goal in one.serves} | {b.stream or b.id: b.goal for b in one.benefits if b.goal}
            for one in case.initiatives
        },
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
            paid = known[known["Return"] > 0]
            have = "has" if 1 in (len(paid), len(known)) else "have"
            named = ": " * bool(len(paid)) + ", ".join(
                f"{goal} ({numbers.percent(value, 0)})" for goal, value in paid["Return"].items()
            )
            text = (
                f"{len(paid)} of {numbers.plural(len(known), 'goal')} {have} earned back the cost of all their "
                f"initiatives so far{named}."
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
    served : mapping of str to mapping of str to str, goals of each initiative: see :func:`goals_served`
    statements : mapping of str to str, words of each goal

    Returns
    -------
    GoalReturns

    Notes
    -----
    Ratio of sums over the booked quarters. A stream goes to the goal that the business case names for it, else to that
    of its initiative; the cost of an initiative goes the way of its benefit. A tool has a cost and no return.
    """
    if ledger is None:
        reason = "there is no initiative ledger"
        return GoalReturns(reason=reason, returns=(unknown("goal_return", "ratio", reason),))
    words = dict(statements or {})
    shared, out = shared_out(ledger, served, ledger.to_date), ledger.to_date(ledger.cost("economic"))
    shared = shared.rename(columns={"amount": "Benefit to date"})
    shared["Cost of all of them"] = out[shared["place"]] * shared["share"]
    table = by_goal(shared, ["Benefit to date", "Cost of all of them"])
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
        base=(
            f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; {ledger.gross_words}; cash and "
            f"paid hours; {ledger.rate_words}"
        ),
    )


def shared_out(ledger: Ledger, served: Served, weigh: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
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


def by_goal(shared: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Names and summed figures of the initiatives that serve each goal."""
    return shared.groupby("goal").agg({"Initiatives": ", ".join} | dict.fromkeys(columns, "sum"))


def _number(given: Baseline | Target | None) -> float | None:
    return None if given is None else given.value
