"""What every public analysis hands back: numbers, a sentence, a table and, where it helps, a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOT_FINITE = "the number is not finite: its denominator is zero or its interval has no end"
Kind = Literal["descriptive", "gross", "attributed", "incremental"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One named number with all that a reader needs to judge it."""

    name: str  # stable snake_case name, unique within a chapter
    value: float | None  # the number; ``None`` when it cannot be given, and then `reason` says why
    unit: str
    n: int | None = None  # number of units the number rests on
    low: float | None = None  # ends of the interval at `level`
    high: float | None = None  # ends of the interval at `level`
    level: float = 0.95  # confidence or probability level of the interval, 0-1
    kind: Kind = "descriptive"  # how far the number may be read as caused by an action
    reason: str = ""  # why the value is missing, in words; empty where it is not
    no_range: str = ""

    def __post_init__(self) -> None:
        if self.value is None and not self.reason:
            raise ValueError(f"Measure {self.name!r} has no value: say why in `reason`.")
        words = {"reason": self.reason, "no_range": ""}
        if _known(self.value):
            ranged = _known(self.low) and _known(self.high)
            words = {"reason": "", "no_range": "" if ranged else self.no_range or self.reason}
        elif self.value is not None:
            object.__setattr__(self, "value", None)
            words["reason"] = self.reason or NOT_FINITE
        for name, text in words.items():  # frozen for everybody else
            object.__setattr__(self, name, text)


def _known(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A finished answer. Subjects derive their own results from it and add named numbers."""

    sentence: str  # the computed reading, with its own wording for "no difference can be shown"
    table: pd.DataFrame  # numbers behind the sentence, one tidy row per line shown; the index is not shown
    title: str = ""  # the take-away as a title, computed
    caption: str = ""  # what the table holds, for its caption
    note: str = ""  # base (n), units, period and source in one line
    alt: str = ""  # computed description of the picture for those who do not see it, at most 300 characters
    formats: Mapping[str, str] = field(default_factory=dict)  # how each column of `table` is written: see :func:`write`
    measures: tuple[Measure, ...] = ()  # the numbers that go to ``results.json``
    drawable: bool = True

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the answer on `ax` (a new one when None) and return the axes; results without a picture refuse."""
        raise NotImplementedError(f"{type(self).__name__} has a table and a sentence, but no picture.")
