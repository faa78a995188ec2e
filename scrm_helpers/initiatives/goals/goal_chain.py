"""The chain of claims from initiatives to goals, drawn with grades as line styles, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.money_axis import HALO
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Case, Effect
from scrm_helpers.initiatives.plan.streams import GRADES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNLINKED = "No claim links an initiative to a goal yet, so no chain can be graded."
LINES = {"A": "-", "B": "-", "B-": "-", "C": "--", "D": ":", "E": ":"}


def weakest(grades: Sequence[str]) -> str:
    """Return the weakest of some grades; nothing given is the weakest of all.

    >>> weakest(["A", "C", "B"]), weakest([])
    ('C', 'E')
    """
    return max(grades, key=GRADES.index, default="E")


def chain_grade(links: Sequence[tuple[str, str, str]], start: str, goal: str) -> str:
    """Grade of the best path from an initiative to a goal: that of its weakest link."""
    best = {start: "A"}
    for _ in range(len(links)):
        for source, target, grade in links:
            if source in best:
                through = weakest([best[source], grade])
                if target not in best or GRADES.index(through) < GRADES.index(best[target]):
                    best[target] = through
    return best.get(goal, "E") if goal != start else "A"


@dataclass(frozen=True, kw_only=True)
class GoalTree(Answer):
    """Initiatives, goals and the claims between them."""

    ABSENT = "{reason}."
    OFFERS: ClassVar = ("figure", "table")

    firm: Measure = unknown("goals_on_firm_evidence", "count")
    claims: pd.DataFrame = field(default_factory=pd.DataFrame)
    layers: tuple[tuple[str, ...], ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str, str], ...] = ()
    grades: dict[str, str] = field(default_factory=dict)
    statements: dict[str, str] = field(default_factory=dict)
    weakest_claim: str = ""  # what should be tested next, in words

    def words(self) -> Words:
        """How many goals rest on firm evidence, and which claim is the weakest."""
        title = f"{numbers.count(self.firm.value)} of {numbers.plural(len(self.grades), 'goal')} rest on"
        text = f"{title} evidence of grade A or B.{self.weakest_claim}"
        arrows = ", ".join(f"{source} to {target} grade {grade}" for source, target, grade in self.links)
        return Words(
            sentence=text if len(self.claims) else UNLINKED,
            table=self.claims,
            title=f"{title} firm evidence",
            caption="The chain of claims",
            note=(
                "Grades: A lottery, B staggered roll-out or stand-in, C one series or mediation, D before and after or "
                "correlation, E opinion. Solid: A, B; dashed: C; dotted: D, E. A goal carries the better of its direct "
                "evidence and the weakest link of its best path."
            ),
            alt=f"Boxes from initiatives to goals joined by arrows: {arrows}."[:300],
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw boxes from left to right; an arrow is solid for A and B, dashed for C, dotted for D and E."""
        tallest = max(len(layer) for layer in self.layers)
        ax = style.axes_for(ax, height=0.6 + 0.95 * tallest)
        columns = len(self.layers)
        spot = {
            name: ((column + 0.5) / columns, 1 - (row + 0.5) / len(layer))
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
            label = ax.text(
                (x0 + x1) / 2, (y0 + y1) / 2, grade, transform=ax.transAxes, ha="center", va="center", color=colour,
                bbox=HALO,
            )  # fmt: skip
            label.set_fontweight("bold")
        ax.set_axis_off()
        return ax


def goal_tree(case: Case) -> GoalTree:
    """Lay out the goals of a business case with the evidence that leads to them."""
    links = tuple((link.from_, link.to, link.grade) for link in case.evidence)
    starts = [initiative.id for initiative in case.initiatives]
    depth = dict.fromkeys(starts, 0)
    for _ in range(len(links) + 1):
        for source, target, _grade in links:
            depth[target] = max(depth.get(target, 1), depth.get(source, 0) + 1)
    for goal in case.goals:
        depth.setdefault(goal.id, 1)
    layers = tuple(
        tuple(sorted(name for name, at in depth.items() if at == level)) for level in range(max(depth.values()) + 1)
    )
    grades = {}
    for goal in case.goals:
        paths = [chain_grade(links, start, goal.id) for start in starts]
        grades[goal.id] = min([*paths, *_direct(case, goal.id)], key=GRADES.index)
    labels = {i.id: _wrapped(i.name) for i in case.initiatives}
    labels |= {
        goal.id: _wrapped(f"{goal.id}: {goal.statement}") + f"\nbest evidence: {grades[goal.id]}" for goal in case.goals
    }
    weak = max(case.evidence, key=lambda link: (GRADES.index(link.grade), link.from_), default=None)
    said = ""
    if weak and GRADES.index(weak.grade) >= GRADES.index("C"):
        said = f" The weakest link is from {weak.from_} to {weak.to} ({weak.claim}, grade {weak.grade}): test it next."
    rows = [(x.from_, x.to, x.claim, DESIGNS[x.design][1], x.grade, x.source) for x in case.evidence]
    firm = float(sum(LINES[grade] == "-" for grade in grades.values()))
    return GoalTree(
        firm=Measure(name="goals_on_firm_evidence", value=firm, unit="count", n=len(grades)),
        claims=pd.DataFrame(rows, columns=["From", "To", "Claim", "Design", "Grade", "Source"]),
        layers=layers,
        labels=labels,
        links=links,
        grades=grades,
        statements={goal.id: goal.statement for goal in case.goals},
        weakest_claim=said,
    )


def _direct(case: Case, goal: str) -> list[str]:
    """Grades of benefits that were estimated directly for a goal."""
    benefits = [b for i in case.initiatives for b in i.benefits if b.goal == goal]
    return [b.effect.grade for b in benefits if isinstance(b.effect, Effect)]


def _wrapped(text: str, width: int = 24) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))
