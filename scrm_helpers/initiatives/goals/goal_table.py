"""Goals with teeth: how far each is reached, what all actions for it cost, and whether it can be judged at all."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.plan.case_rules import TOOL_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TEETH = {
    "metric": "a metric",
    "baseline": "a baseline",
    "target": "a target",
    "due_on": "a date",
    "owner": "an owner",
    "plan": "an action",
    "cost": "a cost",
}


def attainment(baseline: float, target: float, now: float) -> float:
    """Share of the way from baseline to target that has been gone; below 0 when it went backwards."""
    if target == baseline:
        raise Refusal(f"The target equals the baseline ({target:g}): there is no way to go. Set a target that differs.")
    return (now - baseline) / (target - baseline)


def attainment_level(share: float) -> int:
    """Put attainment on the five-step scale -2 ... +2 of goal attainment scaling; 0 is the target."""
    return int(np.searchsorted([0.5, 1.0, 1.25, 1.5], share, side="right")) - 2


def goal_attainment_score(levels: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Goal attainment scaling: one score over several goals, 50 when all targets are just met."""
    x = np.asarray(levels, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    if len(x) == 0 or len(x) != len(w) or (w < 0).any() or not w.any() or np.abs(x).max() > 2:
        raise Refusal("Each goal needs a level from -2 to 2 and a weight that is not negative, not all zero.")
    return float(50 + 10 * (w @ x) / math.sqrt(0.7 * (w**2).sum() + 0.3 * w.sum() ** 2))


def goal_roi(benefit: float, costs: Sequence[float], *, tool: str | None = None) -> float:
    """Return on a goal: its attributable benefit against the cost of all actions that serve it, people included."""
    if tool is not None:
        raise Refusal(f"The return of the tool {tool} was asked for. " + TOOL_WORDS.format(tool=tool))
    total = float(sum(costs))
    if total <= 0:
        raise Refusal(
            "The actions for this goal cost nothing, so its return is undefined. Enter their cost, people included."
        )
    return benefit / total - 1


@dataclass(frozen=True, kw_only=True)
class GoalProgress(Answer):
    """Attainment of each goal, the score over all of them, and how many have teeth."""

    OFFERS: ClassVar = ("figure", "table")

    complete: Measure = unknown("strategy_completeness", "share")  # goals that have teeth
    score: Measure = unknown("goal_attainment_score", "points")
    goals: pd.DataFrame = field(default_factory=pd.DataFrame)
    attained: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # of goals that can be measured
    expected: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # by now, of the same goals
    missing: tuple[str, ...] = ()  # what each goal without teeth lacks, in words

    @property
    def drawable(self) -> bool:
        """Whether a goal can be measured."""
        return len(self.attained) > 0

    def words(self) -> Words:
        """How many goals are reached, which are behind their pace, and which have no teeth."""
        names, n = [str(name).split()[0] for name in self.attained.index], self.complete.n or 0
        behind = [one for one, late in zip(names, self.attained < self.expected, strict=True) if late]
        reached, judged = int((self.attained >= 1).sum()), numbers.plural(len(names), "goal")
        bars = ", ".join(f"{one} {numbers.percent(share, 0)}" for one, share in zip(names, self.attained, strict=True))
        text = f"No goal of {n} can be measured: {'; '.join(self.missing)}."
        if names:
            have = "has" if reached <= 1 else "have"
            pace = f"; behind the pace: {', '.join(behind)}" if behind else "; all keep the pace"
            text = (
                f"{reached or 'None'} of {judged} that can be measured {have} reached the target"
                f"{pace if np.isfinite(self.expected).any() else ''}."
            )
            text += f" Without teeth: {'; '.join(self.missing)}." if self.missing else ""
        return Words(
            sentence=text,
            table=self.goals,
            formats=dict.fromkeys(["Baseline", "Now", "Target"], "decimal")
            | {"Due": "date", "Attained": "percent", "Cost of all actions": "money"},
            title=f"{len(behind)} of {judged} behind their pace" if behind else f"{reached} of {judged} reached",
            caption="Goals: baseline, now, target",
            note=(
                f"n = {numbers.plural(n, 'goal')}, {numbers.count((self.complete.value or 0) * n)} with teeth; score "
                f"over all goals {numbers.decimal(self.score.value, 1)} (50: every target just met). Attainment says "
                "where a metric stands, not why."
            ),
            alt=f"One bar per goal from baseline (0%) to target (100%): {bars}.",
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how far each goal has come and how far it should have come by now."""
        shown = self.attained.iloc[::-1]
        ax = style.axes_for(ax, height=1.1 + 0.4 * len(shown))
        low = min(0.0, float(shown.min()))
        for place, (share, due) in enumerate(zip(shown, self.expected[shown.index], strict=True)):
            ahead = share >= due or not np.isfinite(due)
            ax.barh(place, share, color=style.BLUE if ahead else style.ORANGE, height=0.55)
            words = f"{numbers.percent(share, 0)}{'' if ahead else ', behind'}"
            inside = share > 0.3
            end, side, colour = (-6, "right", "white") if inside else (6, "left", style.INK)
            at = (share if inside else max(share, 0), place)
            ax.annotate(words, at, xytext=(end, 0), textcoords="offset points", ha=side, va="center", color=colour)
            if np.isfinite(due):
                ax.plot([due, due], [place - 0.36, place + 0.36], color=style.INK, linewidth=2)
        ax.axvline(1, color=style.GREY, linewidth=1, linestyle="--")
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks(range(len(shown)), [str(name) for name in shown.index])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_xlim(low * 1.1, max(1.15, float(shown.max()) * 1.2))
        ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        pace = "black mark: where it should be by now; " if np.isfinite(self.expected).any() else ""
        ax.set_xlabel(f"Way from baseline to target; {pace}dashed: target")
        return ax


def goal_progress(
    goals: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    since: pd.Timestamp | str | None = None,
    show_owners: bool = False,
) -> GoalProgress:
    """Measure every goal against its own baseline and target, and name those that cannot be measured.

    Parameters
    ----------
    goals : pandas.DataFrame
        Table ``goals``.
    as_of : timestamp or str
        Day of the report.
    since : timestamp or str, optional
        Day of the baselines; with it the pace is judged: the share of the way that should have been gone by now.
    show_owners : bool
        Whether owners are named; a report that travels says only whether there is one.

    Returns
    -------
    GoalProgress

    Notes
    -----
    A goal has teeth when it has metric, baseline, target, date, owner, action and cost (post 002). The score is goal
    attainment scaling over the goals that can be measured, by weight.
    """
    rows = goals.sort_values("goal_id", kind="stable").reset_index(drop=True)
    rows = rows.reindex(columns=[*rows, *(name for name in (*TEETH, "current", "weight") if name not in rows)])
    has = rows[[*TEETH]].notna()
    lacks = [", ".join(words for name, words in TEETH.items() if not row[name]) for row in has.to_dict("records")]
    still = has["baseline"] & has["target"] & (rows["baseline"] == rows["target"])
    measured = rows[has["baseline"] & has["target"] & rows["current"].notna() & ~still]
    ways = zip(measured["baseline"], measured["target"], measured["current"], strict=True)
    attained = pd.Series([attainment(*way) for way in ways], index=measured.index, dtype=float)
    short = [textwrap.shorten(str(text), 52, placeholder=" ...") for text in measured["statement"]]
    names = measured["goal_id"].astype(str) + " " + pd.Series(short, index=measured.index, dtype=object)
    expected = pd.Series(np.nan, index=measured.index)
    if since is not None:
        begun = pd.Timestamp(since)
        expected = (pd.Timestamp(as_of) - begun) / (pd.to_datetime(measured["due_on"]) - begun)
    weight = measured["weight"].astype(float).fillna(1.0)
    name = "goal_attainment_score"
    score = unknown(name, "points", "no goal that carries weight can be measured", len(measured))
    if weight.any():
        value = goal_attainment_score([attainment_level(share) for share in attained], weight.tolist())
        score = Measure(name=name, value=value, unit="points", n=len(measured))
    missing = [f"{goal} has a target that equals its baseline" for goal in rows.loc[still, "goal_id"]]
    missing += [f"{goal} lacks {what}" for goal, what in zip(rows["goal_id"], lacks, strict=True) if what]
    whole = float(has.all(axis=1).mean())
    return GoalProgress(
        complete=Measure(name="strategy_completeness", value=whole, unit="share", n=len(rows)),
        score=score,
        goals=pd.DataFrame(
            {
                "Goal": rows["goal_id"].astype(str) + " " + rows["statement"].astype(str),
                "Owner": rows["owner"] if show_owners else np.where(has["owner"], "named", "none"),
                "Baseline": rows["baseline"].astype(float),
                "Now": rows["current"].astype(float),
                "Target": rows["target"].astype(float),
                "Due": rows["due_on"],
                "Attained": attained.reindex(rows.index),
                "Cost of all actions": rows["cost"].astype(float),
                "Lacks": [what or "nothing" for what in lacks],
            }
        ),
        attained=attained.set_axis(names),
        expected=expected.astype(float).clip(0, 1).set_axis(names),
        missing=tuple(missing),
    )
