"""Can the value of Social CRM be realised without a collaborative organisation? Post 002: "In short, no, it cannot"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Slope = tuple[float, float, float]
"""A slope and the ends of its 95 % range."""


@dataclass(frozen=True, kw_only=True)
class Moderation(Result):
    """Slope of an outcome on social activity at little and at much collaboration."""

    OFFERS: ClassVar = ("figure", "table")

    low_slope: Slope
    high_slope: Slope
    interaction: Slope
    curve: pd.DataFrame
    names: tuple[str, str, str]
    shares: bool

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the slope of the outcome on social activity over the range of collaboration."""
        ax = style.axes_for(ax)
        ax.fill_between(self.curve["together"], self.curve["low"], self.curve["high"], color=style.PALE_GREY)
        ax.plot(self.curve["together"], self.curve["slope"], color=style.BLUE, linewidth=2)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ends = self.curve.iloc[[0, -1]]
        ax.plot(ends["together"], ends["slope"], "o", color=style.BLUE, markersize=6)
        if self.shares:
            ax.yaxis.set_major_formatter(lambda value, _: numbers.points(100 * value, 1))
        if (self.curve["together"].between(0, 1)).all():
            ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_xlabel(f"{self.names[1][:1].upper() + self.names[1][1:]}; grey: 95% range")
        unit = "percentage points " if self.shares else ""
        ax.set_ylabel(
            f"{self.names[2][:1].upper() + self.names[2][1:]},\n{unit}per standard deviation of social activity"
        )
        return ax


def moderation(
    frame: pd.DataFrame,
    social: str,
    together: str,
    outcome: str,
    *,
    unit: str = "unit_id",
    period: str = "period",
) -> Moderation:
    """Test whether social activity pays only where teams work together."""
    from scipy.stats import t as student

    rows = frame.dropna(subset=[social, together, outcome])
    codes, units = pd.factorize(rows[unit])
    if len(units) < 10:
        raise Refusal(f"Collaboration as a condition needs ten or more units; there are {len(units)}. Add units.")
    s, c = (rows[name].to_numpy(dtype=float) for name in (social, together))
    s = (s - s.mean()) / (s.std(ddof=1) or 1.0)
    periods = pd.factorize(rows[period])[0]
    design = np.column_stack([_demeaned(part, codes, periods) for part in (s, c, s * c)])
    if np.linalg.matrix_rank(design / (np.abs(design).max(axis=0) + 1e-300)) < 3:
        raise Refusal(
            f"Collaboration as a condition needs {social} and {together} to vary within units over time, and each "
            "apart from the other; here they do not. Measure them over more periods."
        )
    y = _demeaned(rows[outcome].to_numpy(dtype=float), codes, periods)
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    rest = design * (y - design @ beta)[:, None]
    sums = np.column_stack([np.bincount(codes, rest[:, k]) for k in range(3)])
    small = len(units) / (len(units) - 1)
    covariance = inverse @ (sums.T @ sums) @ inverse * small
    reach = float(student.ppf(0.975, len(units) - 1))

    def at(level: float) -> Slope:
        weight = np.array([1.0, 0.0, level])
        value, error = float(weight @ beta), math.sqrt(max(float(weight @ covariance @ weight), 0.0))
        return value, value - reach * error, value + reach * error

    few, much = np.quantile(c, [0.1, 0.9])
    error = math.sqrt(max(float(covariance[2, 2]), 0.0))
    cross = (float(beta[2]), float(beta[2]) - reach * error, float(beta[2]) + reach * error)
    grid = np.linspace(few, much, 41)
    curve = pd.DataFrame([(level, *at(float(level))) for level in grid], columns=["together", "slope", "low", "high"])
    low_slope, high_slope = at(float(few)), at(float(much))
    names = tuple(" ".join(name.split("_")) for name in (social, together, outcome))
    text, title = _reading(low_slope, cross, names)
    return Moderation(
        sentence=text,
        table=pd.DataFrame(
            [
                ("Little collaboration (1 in 10 has less)", *low_slope),
                ("Much collaboration (1 in 10 has more)", *high_slope),
            ],
            columns=["Where", "Slope on social activity", "95% range low", "95% range high"],
        ),
        formats=dict.fromkeys(["Slope on social activity", "95% range low", "95% range high"], "decimal4"),
        title=title,
        caption=f"Does {names[0]} pay without collaboration?",
        note=(
            f"n = {len(units)} units, {len(rows)} unit-periods; unit and period effects; errors clustered by unit; a "
            "relation within units, grade D."
        ),
        alt=(
            f"A line: the slope of {names[2]} on {names[0]} over {names[1]}, from {numbers.decimal(low_slope[0], 4)} "
            f"at little to {numbers.decimal(high_slope[0], 4)} at much collaboration, with a grey 95% range."
        ),
        measures=(
            Measure(
                name="collaboration_interaction",
                value=cross[0],
                unit="ratio",
                n=len(units),
                low=cross[1],
                high=cross[2],
            ),
        ),
        low_slope=low_slope,
        high_slope=high_slope,
        interaction=cross,
        curve=curve,
        names=names,  # type: ignore[arg-type]
        shares=bool(rows[outcome].between(0, 1).all()),
    )


def _demeaned(values: np.ndarray, units: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Take unit and period means out, in turns until they are gone; one turn is enough for a full panel."""
    left = values.astype(float)
    for _ in range(50):
        before = left
        for codes in (units, periods):
            left = left - (np.bincount(codes, left) / np.bincount(codes))[codes]
        if np.abs(left - before).max() < 1e-12 * max(1.0, float(np.abs(values).max())):
            break
    return left


def _reading(few: Slope, cross: Slope, names: tuple[str, ...]) -> tuple[str, str]:
    social, _, outcome = names
    if cross[1] <= 0:
        text = (
            f"That {social} depends on collaboration cannot be shown: the slopes at little and much collaboration do "
            "not differ by more than chance."
        )
        return text, "Collaboration as a condition cannot be shown"
    if few[1] > 0 or few[2] < 0:
        text = (
            f"{social[:1].upper() + social[1:]} go with more {outcome} everywhere, and more so where teams work "
            "together: collaboration helps. What would be left without any lies beyond what was seen and is not said."
        )
        return text, "The link grows with collaboration"
    text = (
        f"Where teams seldom work together, no gain in {outcome} from {social} can be shown; where they often do, "
        "there is one. That is what post 002 says: without collaboration, no."
    )
    return text, f"Without collaboration {social} do not pay"
