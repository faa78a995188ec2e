"""One rung of the ladder: what a design says of an outcome, and how effects are written."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.initiatives.attribution.panel import Panel
from scrm_helpers.initiatives.plan.streams import EffectPath

FALLS = {"B": "C", "B-": "C", "C": "D"}  # grade of a design whose effect cannot be shown; a lottery stays a lottery
LEVEL = 0.05


@dataclass(frozen=True)
class Estimate:
    """A number with its error and degrees of freedom."""

    value: float
    se: float
    df: float

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the 95 % range, by t."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.df, 1 - LEVEL / 2)) * self.se
        return self.value - reach, self.value + reach

    @property
    def p(self) -> float:
        """Chance of so large a value if there were none."""
        from scipy.special import stdtr

        return 2 * float(stdtr(self.df, -abs(self.value) / self.se)) if self.se > 0 else float(self.value == 0)


@dataclass(frozen=True)
class Rung:
    """What one design says about an outcome; `path` is its effect for a valuation, None where it carries no claim."""

    design: str
    grade: str  # A to D, or "no design"
    effect: float
    low: float = math.nan
    high: float = math.nan
    path: EffectPath | None = None
    p_value: float | None = None  # the largest of those that must all be small
    test: str = ""  # what the p-value is of
    remark: str = ""  # what else stands behind the range, in words
    error: float = math.nan  # the widest error that counts
    doubt: str = ""  # why an effect whose range leaves zero out is not shown after all
    caveat: str = ""  # what an effect that is shown leaves open
    wide: tuple[float, float] = (math.nan, math.nan)  # range had the drift before the start gone on
    held: bool = True  # whether the grade is still that of the design

    @property
    def checks(self) -> str:
        """What permutations and placebo runs say."""
        return self.remark if self.p_value is None else f"{self.test} {written_p(self.p_value)}{self.remark}"

    @property
    def apart(self) -> bool:
        """Whether its range leaves zero out."""
        return self.low > 0 or self.high < 0

    @property
    def undoing_bias(self) -> float:
        """Share of the effect that must be bias for a range of it to reach zero; 0 when one holds zero already."""
        near = [end for low, high in ((self.low, self.high), self.wide) for end in (low if self.effect > 0 else high,)]
        return max(min(end / self.effect for end in near if not math.isnan(end)), 0.0) if self.effect else 0.0


def written_p(chance: float) -> str:
    """Write a p-value: below what three digits hold as such."""
    return "p < 0.001" if chance < 0.001 else f"p = {numbers.decimal(chance, 3)}"


def effect_writer(shares: bool, se: float) -> Callable[[float], str]:
    """Return how an effect is written: percentage points for shares, else two figures of its error."""
    scale, unit = (100.0, " percentage points") if shares else (1.0, "")
    digits = int(np.clip(1 - np.floor(np.log10(se * scale)), 0, 6)) if se > 0 else 2
    return lambda value: numbers.points(scale * value, digits) + unit


def between(low: float, high: float, writer: Callable[[float], str]) -> str:
    """Write an interval of effects, its unit once."""
    unit = writer(high).partition(" ")[2]
    return f"{writer(low).removesuffix(' ' + unit)} to {writer(high)}"


def need(panel: Panel, treated: int, comparison: int, design: str) -> None:
    """Refuse a design whose panel is too small, in words."""
    has, others = int(panel.treated.sum()), int((~panel.treated).sum())
    if has < treated or others < comparison:
        raise Refusal(
            f"The {design} of {panel.outcome} needs at least {treated} treated and {comparison} comparison units; "
            f"there are {has} and {others}. With so few, chance alone looks like an effect. Use a design for few "
            "units or widen the roll-out."
        )
