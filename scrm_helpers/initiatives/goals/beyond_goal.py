"""Once a goal is reached, does the tool that served it add anything? A return belongs to a goal, not to a tool."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.initiatives.attribution.panel import read_panel, with_past

LEAST_UNITS, LEAST_PERIODS = 10, 4


@dataclass(frozen=True, kw_only=True)
class BeyondGoal(Answer):
    """What use of a tool adds to a benefit beyond the goal it serves, in standard deviations."""

    ABSENT = "{reason}"

    slope: Measure = unknown("tool_beyond_goal", "ratio")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    outcomes: tuple[str, str, str] = ("", "", "")  # tool, goal, benefit
    base: str = ""  # units and periods, in words
    ratio: float = 0.0  # likelihood ratio of the model with the tool
    p_value: float = 1.0

    def words(self) -> Words:
        """Whether the tool goes with the benefit once the goal is held fixed."""
        (low, high), (tool, goal, benefit) = self.slope.ends, self.outcomes
        size = f"({numbers.decimal(self.slope.value)} standard deviations, 95% range "
        size += f"{numbers.interval(low, high, numbers.decimal)})"
        more = "more" if (self.slope.value or 0) > 0 else "less"
        return Words(
            sentence=f"{tool[:1].upper() + tool[1:]} go with {more} {benefit} even where {goal} is the same {size}: "
            "the goal as measured does not carry all that the tool does."
            if low > 0 or high < 0
            else f"Once {goal} is held fixed, {tool} add nothing to {benefit} that can be shown {size}: what is "
            "returned belongs to the goal.",
            table=self.lines,
            formats=dict.fromkeys([*map(str, self.lines)][1:], "decimal3"),
            caption=f"What goes with {benefit}",
            note=(
                f"{self.base}; standard deviations within units, common movements of a period taken out; ranges by "
                f"unit; likelihood ratio of the tool {numbers.decimal(self.ratio)} (p = "
                f"{numbers.decimal(self.p_value, 3)})."
            ),
        )


def tool_beyond_goal(panel: pd.DataFrame | None, tool: str, goal: str, benefit: str) -> BeyondGoal:
    """Test whether use of a tool goes with a benefit once the attainment of its goal is held fixed.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    tool, goal, benefit : str
        Outcomes of the panel: how much the tool is used, how well the goal is reached, and what that brings.

    Returns
    -------
    BeyondGoal
        With the reason in its sentence where the panel does not allow the test.

    Notes
    -----
    The chain is use of the tool, then attainment, then benefit (post 001). ``y[u,t] = unit + period + b goal[u,t-1] +
    c tool[u,t-1]``, all in standard deviations within units; if the goal carries all, ``c`` is zero. The range of
    ``c`` is clustered by unit; beside it the likelihood ratio ``n ln(RSS0 / RSS1)`` of the model without the tool. That
    the tool adds nothing does not say that it was useless: it may well have served the goal.

    Examples
    --------
    >>> tool_beyond_goal(None, "posts", "trust", "margin").sentence[:60]
    'Whether posts add to margin beyond trust cannot be said: it '
    """
    from scipy.stats import chi2
    from scipy.stats import t as student

    laid = _laid(panel, tool, goal, benefit)
    if isinstance(laid, str):
        reason = f"Whether {tool} add to {benefit} beyond {goal} cannot be said: {laid}"
        return BeyondGoal(reason=reason, slope=unknown("tool_beyond_goal", "ratio", laid))
    x, y, unit = laid
    units, inverse = int(unit.max()) + 1, np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    left = y - x @ beta
    sums = np.column_stack([np.bincount(unit, x[:, k] * left, minlength=units) for k in range(2)])
    covariance = inverse @ (sums.T @ sums) @ inverse * units / (units - 1)
    reach = float(student.ppf(0.975, units - 1))
    rows = []
    for words, value, error in zip((goal, tool), beta, np.sqrt(np.diag(covariance)), strict=True):
        rows.append((words, float(value), float(value - reach * error), float(value + reach * error)))
    _, slope, low, high = rows[1]
    without = y - x[:, 0] * (x[:, 0] @ y) / (x[:, 0] @ x[:, 0])
    ratio = len(y) * math.log(float(without @ without) / float(left @ left))
    heads = ["Of the quarter before", f"With {benefit}", "95% range low", "95% range high"]
    return BeyondGoal(
        slope=Measure(name="tool_beyond_goal", value=slope, unit="ratio", n=units, low=low, high=high),
        lines=pd.DataFrame(rows, columns=heads),
        outcomes=(tool, goal, benefit),
        base=f"n = {units} units, {len(y)} unit-periods",
        ratio=ratio,
        p_value=float(chi2.sf(ratio, 1)),
    )


def _laid(
    panel: pd.DataFrame | None, tool: str, goal: str, benefit: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | str:
    known = set() if panel is None else set(panel["outcome"].dropna().astype(str))
    absent = sorted({tool, goal, benefit} - known)
    if panel is None or absent:
        return f"it takes all three in the table initiative_panel, and {' and '.join(absent)} is not there."
    frames = []
    for name in (goal, tool, benefit):
        one = read_panel(panel, name)
        frames.append(pd.DataFrame(one.values, index=list(one.units), columns=one.places))
    units, periods = frames[0].index, frames[0].columns
    for frame in frames[1:]:
        units, periods = units.intersection(frame.index), periods.intersection(frame.columns)
    pairs = with_past(periods.to_numpy(), 1)
    if len(units) < LEAST_UNITS or len(pairs) < LEAST_PERIODS - 1:
        return (
            f"it takes {LEAST_UNITS} units or more over {LEAST_PERIODS} periods; there are {len(units)} over "
            f"{len(periods)}."
        )
    first, second, last = (frame.loc[units, periods].to_numpy() for frame in frames)
    now, before = pairs.T
    parts = [_scaled(grid) for grid in (first[:, before], second[:, before], last[:, now])]
    x = np.column_stack(parts[:2])
    if np.linalg.matrix_rank(x) < 2 or not parts[2].any():
        return f"{goal}, {tool} or {benefit} hardly varies within units."
    return x, parts[2], np.repeat(np.arange(len(units)), len(pairs))


def _scaled(grid: np.ndarray) -> np.ndarray:
    """Free of units and periods, in standard deviations, one column."""
    free = grid - grid.mean(axis=1, keepdims=True) - grid.mean(axis=0) + grid.mean()
    return (free / (free.std() or 1.0)).ravel()
