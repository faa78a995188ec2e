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
    """One named number with all that a reader needs to judge it.

    Parameters
    ----------
    name : str
        Stable snake_case name, unique within a chapter.
    value : float or None
        The number; ``None`` when it cannot be given, and then `reason` says why.
    unit : str
        ``"share"`` (0-1), ``"points"``, ``"count"``, ``"ratio"``, ``"quarters"``, ``"days"`` or an ISO
        currency code.
    n : int, optional
        Number of units the number rests on.
    low, high : float, optional
        Ends of the interval at `level`.
    level : float
        Confidence or probability level of the interval, 0-1.
    kind : {"descriptive", "gross", "attributed", "incremental"}
        How far the number may be read as caused by an action.
    reason : str
        Why the value is missing, in words; empty where it is not.
    no_range : str
        Why a value stands without its interval, where that is known; a reason given with a value is taken for this.

    Raises
    ------
    ValueError
        When the value is missing without a reason.

    Examples
    --------
    >>> Measure(name="nps", value=30.0, unit="points", n=100, low=14.1, high=44.2).value
    30.0
    >>> Measure(name="nps", value=30.0, unit="points", n=1, reason="one answer has no range").reason
    ''
    """

    name: str
    value: float | None
    unit: str
    n: int | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    kind: Kind = "descriptive"
    reason: str = ""
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
    """A finished answer. Subjects derive their own results from it and add named numbers.

    Parameters
    ----------
    sentence : str
        The computed reading, with its own wording for "no difference can be shown".
    table : pandas.DataFrame
        Numbers behind the sentence, one tidy row per line shown; the index is not shown.
    title : str
        The take-away as a title, computed.
    caption : str
        What the table holds, for its caption.
    note : str
        Base (n), units, period and source in one line.
    alt : str
        Computed description of the picture for those who do not see it, at most 300 characters.
    formats : mapping of str to str
        How each column of `table` is written: see :func:`write`.
    measures : tuple of Measure
        The numbers that go to ``results.json``.
    drawable : bool
        False where there is nothing to draw; the sentence then says why, and ``show.figure`` shows nothing.

    Examples
    --------
    >>> Result(sentence="Nobody referred anybody.", table=pd.DataFrame()).sentence
    'Nobody referred anybody.'
    """

    sentence: str
    table: pd.DataFrame
    title: str = ""
    caption: str = ""
    note: str = ""
    alt: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    drawable: bool = True

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the answer on `ax` (a new one when None) and return the axes; results without a picture refuse."""
        raise NotImplementedError(f"{type(self).__name__} has a table and a sentence, but no picture.")
