"""What stands behind each goal: the graded claims that lead to it, and whether a tool adds anything beyond it."""

import textwrap
from collections.abc import Sequence
from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Words, numbers, style, unknown
from scrm_helpers.initiatives.attribution.panel import clustered, in_step, slope_of
from scrm_helpers.initiatives.plan.case_schema import DESIGNS, Case, Effect
from scrm_helpers.initiatives.plan.streams import GRADES

LINES = {"A": "-", "B": "-", "B-": "-", "C": "--", "D": ":", "E": ":"}  # arrow of a grade; firm where it is solid


def chain_grade(links: Sequence[tuple[str, str, str]], start: str, goal: str) -> str:
    """Grade of the best path from an initiative to a goal: that of its weakest link."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((start, goal))
    for grade in GRADES:
        graph.add_edges_from((source, to) for source, to, firm in links if firm == grade)
        if nx.has_path(graph, start, goal):
            return grade
    return GRADES[-1]


class GoalTree(Answer):
    """Initiatives, goals and the claims between them."""

    ABSENT = "{reason}."
    OFFERS = ("figure", "table")

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
            worst = max(self.arrows["Grade"], key=GRADES.index)
            weak = [f"{source} to {target}" for source, target, grade in self.links if grade == worst]
            if LINES[worst] != "-":
                few = len(weak) == 1
                text += f" The weakest {'link is' if few else 'links are'} {', '.join(weak)} (grade {worst}): test "
                text += f"{'it' if few else 'them'} next."
        arrows = ", ".join(f"{source} to {target} grade {grade}" for source, target, grade in self.links)
        return Words(
            sentence=text,
            table=self.arrows,
            title=f"{title} firm evidence",
            caption="The chain of claims",
            note="Grades: A lottery, B staggered roll-out or stand-in, C one series or mediation, D before and after "
            "or correlation, E opinion. Solid: A, B; dashed: C; dotted: D, E. A goal carries the better of its direct "
            "evidence and the weakest link of its best path.",
            alt=f"Boxes from initiatives to goals joined by arrows: {arrows}."[:300],
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        names = [name for layer in self.layers for name in layer]
        tall = len(names) * 0.75 if style.is_narrow() else 0.95 * max(len(layer) for layer in self.layers)
        ax = style.axes_for(ax, height=0.6 + tall)
        spot = {
            name: ((column + 0.5) / len(self.layers), 1 - (row + 0.5) / len(layer))
            for column, layer in enumerate(self.layers)
            for row, name in enumerate(layer)
        }
        if style.is_narrow():  # one below the other, each layer a step to the right
            step = 0.44 / max(len(self.layers) - 1, 1)
            layer_of = {name: column for column, layer in enumerate(self.layers) for name in layer}
            down = 1 / len(names)
            spot = {name: (0.28 + step * layer_of[name], 1 - (row + 0.5) * down) for row, name in enumerate(names)}
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
                fontweight="bold", bbox=style.HALO,
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
        labels[goal.id] = textwrap.fill(f"{goal.id}: {goal.statement}", 24) + f"\nbest evidence: {grades[goal.id]}"
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
        stated={
            goal.id: (goal.statement, getattr(goal.baseline, "value", None), getattr(goal.target, "value", None))
            for goal in case.goals
        },
        served={
            one.id: {goal: goal for goal in one.serves} | {b.stream or b.id: b.goal for b in one.benefits if b.goal}
            for one in case.initiatives
        },
    )


class BeyondGoal(Answer):
    """What use of a tool adds to a benefit beyond the goal it serves, in standard deviations."""

    ABSENT = "{reason}"

    slope: Measure = unknown("tool_beyond_goal", "ratio")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    outcomes: tuple[str, str, str] = ("", "", "")  # tool, goal, benefit
    base: str = ""  # units and periods, in words
    ratio: float = 0.0  # likelihood ratio of the model with the tool

    def claimed(self) -> tuple[Claim, ...]:
        tool, goal, benefit = self.outcomes
        tested = f"{tool} beside later {benefit} within units, with {goal} held fixed"
        return (Claim(tested=tested, estimate=self.slope, chance=Chance(0.0, "the goal carries all"), grade="D"),)

    def words(self) -> Words:
        (low, high), (tool, goal, benefit) = self.slope.ends, self.outcomes
        size = f"({numbers.decimal(self.slope.value)} standard deviations, 95% range "
        size += f"{numbers.interval(low, high, numbers.decimal)})"
        more = "more" if (self.slope.value or 0) > 0 else "less"
        return Words(
            sentence=f"{tool[:1].upper() + tool[1:]} go with {more} {benefit} even where {goal} is the same {size}: "
            "the goal as measured does not carry all that the tool does."
            if self.tested(self.slope.name).direction
            else f"Once {goal} is held fixed, {tool} add nothing to {benefit} that can be shown {size}: what is "
            "returned may well belong to the goal.",
            table=self.lines,
            formats=dict.fromkeys([*map(str, self.lines)][1:], "decimal3"),
            caption=f"What goes with {benefit}",
            note=f"{self.base}; standard deviations within units, common movements of a period taken out; ranges by "
            f"unit (p = {numbers.decimal(self.slope.p, 3)}); likelihood ratio of the tool "
            f"{numbers.decimal(self.ratio)}.",
        )


def tool_beyond_goal(panel: pd.DataFrame | None, tool: str, goal: str, benefit: str) -> BeyondGoal:
    """Test whether use of a tool goes with a benefit once the attainment of its goal is held fixed.

    Parameters
    ----------
    panel : pandas.DataFrame or None
    tool, goal, benefit : str, outcomes of the panel: use of the tool, attainment of the goal, what that brings

    Returns
    -------
    BeyondGoal

    Notes
    -----
    ``y[u,t] = unit + period + b goal[u,t-1] + c tool[u,t-1]``, all in standard deviations within units; if the goal
    carries all (post 001), ``c`` is zero. Its range is clustered by unit; likelihood ratio ``n ln(RSS0 / RSS1)``.

    Examples
    --------
    >>> tool_beyond_goal(None, "posts", "trust", "margin").sentence[:60]
    'Whether posts add to margin beyond trust cannot be said: it '
    """
    from statsmodels.regression.linear_model import OLS

    try:
        first, second, last = in_step(panel, (goal, tool, benefit), 1, 3)
        parts = [(part / (part.std() or 1.0)).ravel() for part in (first[..., 1], second[..., 1], last[..., 0])]
        x, y = np.column_stack(parts[:2]), parts[2]
        if np.linalg.matrix_rank(x) < 2 or not y.any():
            raise Refusal(f"{goal}, {tool} or {benefit} hardly varies within units.")
    except Refusal as refused:
        reason = f"Whether {tool} add to {benefit} beyond {goal} cannot be said: {refused}"
        return BeyondGoal(reason=reason, slope=unknown("tool_beyond_goal", "ratio", str(refused)))
    units = len(first)
    fitted = clustered(y, x, np.repeat(np.arange(units), first.shape[1]))
    held, slope = (slope_of("tool_beyond_goal", "ratio", fitted, weights, units) for weights in np.eye(2))
    heads = ["Of the quarter before", f"With {benefit}", "95% range low", "95% range high"]
    lines = [(name, one.value, *one.ends) for name, one in ((goal, held), (tool, slope))]
    return BeyondGoal(
        population="units of the panel",
        window=f"{panel['period'].min()} to {panel['period'].max()}" if panel is not None else "",
        slope=slope,
        lines=pd.DataFrame(lines, columns=heads),
        outcomes=(tool, goal, benefit),
        base=f"n = {units} units, {len(y)} unit-periods",
        ratio=float(2 * (fitted[0].llf - OLS(y, x[:, :1]).fit().llf)),
    )
