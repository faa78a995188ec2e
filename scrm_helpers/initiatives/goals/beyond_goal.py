"""Whether the tool that serves a goal goes with a benefit beyond what the goal itself carries."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import Chance, Claim
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.initiatives.attribution.panel import clustered, in_step, without_means

LEAST_UNITS, LEAST_PERIODS = 10, 4  # for the test of a tool


@dataclass(frozen=True, kw_only=True)
class BeyondGoal(Answer):
    """What use of a tool adds to a benefit beyond the goal it serves, in standard deviations."""

    ABSENT = "{reason}"

    slope: Measure = unknown("tool_beyond_goal", "ratio")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    outcomes: tuple[str, str, str] = ("", "", "")  # tool, goal, benefit
    base: str = ""  # units and periods, in words
    ratio: float = 0.0  # likelihood ratio of the model with the tool
    p_value: float | None = None  # of the slope, clustered by unit

    def claimed(self) -> tuple[Claim, ...]:
        tool, goal, benefit = self.outcomes
        tested = f"{tool} beside later {benefit} within units, with {goal} held fixed"
        none, name = Chance(0.0, "the goal carries all"), self.slope.name
        return (Claim(name=name, tested=tested, estimate=self.slope, chance=none, p=self.p_value, grade="D"),)

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
            note=(
                f"{self.base}; standard deviations within units, common movements of a period taken out; ranges by "
                f"unit (p = {numbers.decimal(self.p_value, 3)}); likelihood ratio of the tool "
                f"{numbers.decimal(self.ratio)}."
            ),
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
    from statsmodels.api import OLS

    laid = _laid(panel, tool, goal, benefit)
    if isinstance(laid, str):
        reason = f"Whether {tool} add to {benefit} beyond {goal} cannot be said: {laid}"
        return BeyondGoal(reason=reason, slope=unknown("tool_beyond_goal", "ratio", laid))
    x, y, unit = laid
    (fit, covariance), units = clustered(y, x, unit), int(unit.max()) + 1
    ratio = 2 * (fit.llf - OLS(y, x[:, :1]).fit().llf)
    test = fit.t_test(np.eye(2), cov_p=covariance)
    low, high = test.conf_int().T
    lines = pd.DataFrame({"Of the quarter before": [goal, tool], f"With {benefit}": fit.params})
    lines["95% range low"], lines["95% range high"] = low, high
    slope, low, high = lines.iloc[1, 1:].tolist()
    return BeyondGoal(
        population="units of the panel",
        window=f"{panel['period'].min()} to {panel['period'].max()}" if panel is not None else "",
        slope=Measure(name="tool_beyond_goal", value=slope, unit="ratio", n=units, low=low, high=high),
        lines=lines,
        outcomes=(tool, goal, benefit),
        base=f"n = {units} units, {len(y)} unit-periods",
        ratio=float(ratio),
        p_value=float(test.pvalue[1]),
    )


def _laid(
    panel: pd.DataFrame | None, tool: str, goal: str, benefit: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | str:
    found = in_step(panel, (goal, tool, benefit), 1)
    if isinstance(found, str):
        return found
    grids, units, periods = found
    seen = grids.shape[2]
    if len(units) < LEAST_UNITS or seen < LEAST_PERIODS - 1:
        return (
            f"it takes {LEAST_UNITS} units or more over {LEAST_PERIODS} periods; there are {len(units)} over "
            f"{len(periods)}."
        )
    first, second, last = without_means(grids)
    parts = [(part / (part.std() or 1.0)).ravel() for part in (first[..., 1], second[..., 1], last[..., 0])]
    x = np.column_stack(parts[:2])
    if np.linalg.matrix_rank(x) < 2 or not parts[2].any():
        return f"{goal}, {tool} or {benefit} hardly varies within units."
    return x, parts[2], np.repeat(np.arange(len(units)), seen)
