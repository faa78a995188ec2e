"""What stands behind each goal: the graded claims that lead to it, its return, and one line on all that is known."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import Claim
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.style import HALO
from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.goals.goal_table import Served
from scrm_helpers.initiatives.goals.metrics_now import Reading
from scrm_helpers.initiatives.ledger.flows import BOOKED, Ledger
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

    def claimed(self) -> tuple[Claim, ...]:
        tested = "grade of the best evidence of each goal: direct, or the weakest link of its best path"
        return (Claim(name=self.firm.name, tested=tested, estimate=self.firm),)

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

    def claimed(self) -> tuple[Claim, ...]:
        name, n, paid = "goals_earned_back", len(self.goals), float((self.goals["Return"] > 0).sum())
        count = Measure(name=name, value=paid, unit="count", n=n, no_range=BOOKED)
        count = unknown(name, "count", self.reason, n) if self.reason else count
        return (Claim(name=count.name, tested="benefit to date of all initiatives beside their cost", estimate=count),)

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
    shared, out = _shared(ledger, served, ledger.to_date), ledger.to_date(ledger.cost("economic"))
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
        base=(
            f"n = {numbers.plural(len(ledger.ids), 'initiative')}; booked quarters; {ledger.gross_words}; cash and "
            f"paid hours; {ledger.rate_words}"
        ),
    )


def _shared(ledger: Ledger, served: Served, weigh: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
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
        booked = _shared(ledger, served, lambda grid: (grid * ledger.booked).sum(axis=1))
        ahead = _shared(ledger, served, lambda grid: (grid * ~ledger.booked).sum(axis=1))
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


def _number(given: Baseline | Target | None) -> float | None:
    return None if given is None else given.value


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
