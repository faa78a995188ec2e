"""One named number with all that a reader needs to judge it."""

import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*")
NOT_FINITE = "the number is not finite: its denominator is zero or its interval has no end"
COUNTED = "all of them are counted, none is drawn"  # why a count has no range
NOT_COMPUTED = "it was not computed"
Kind = Literal["descriptive", "gross", "attributed", "incremental"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One named number with all that a reader needs to judge it.

    Parameters
    ----------
    name : stable snake_case name, unique within a chapter
    value : the number; None when it cannot be given, and then `reason` says why
    unit : "share" (0-1), "points", "count", "ratio", "quarters", "days" or an ISO currency code
    n : number of units the number rests on
    low, high, level : ends of the interval, and its confidence or probability level, 0-1
    kind : how far the number may be read as caused by an action: descriptive, gross, attributed or incremental
    population, window : over whom and over which days, in words; where they are empty, those of the answer hold
    window_from, window_to : first and last day of the window, both inclusive
    p : chance of so large a value where there is nothing, where that was tested
    reason : why the value is missing, in words; empty where it is not
    no_range : why a value stands without its interval, where that is known, also given as `reason` with a value

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
    population: str = ""
    window: str = ""
    window_from: date | None = None
    window_to: date | None = None
    p: float | None = None
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

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of the interval; of a number without one any value is possible, and no difference is shown."""
        if self.low is None or self.high is None or not (_known(self.low) and _known(self.high)):
            return -math.inf, math.inf
        return self.low, self.high


def unknown(name: str, unit: str, reason: str = NOT_COMPUTED, n: int | None = None) -> Measure:
    """Name a number that is not there: the default of an answer's field, and its reason where there is one."""
    return Measure(name=name, value=None, unit=unit, n=n, reason=reason)


def counted(
    name: str, value: float | None, n: int | None, unit: str = "count", no_range: str = COUNTED, **more: Any
) -> Measure:
    """Name a number that was counted over everybody, or has no range for another reason; or say why there is none."""
    return Measure(name=name, value=None if value is None else float(value), unit=unit, n=n, no_range=no_range, **more)


def _known(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def measure_name(prefix: str, text: str, among: Iterable[str] = ()) -> str:
    """Name a number after a group, a goal or an outcome that the data name."""
    short = slug(text, "_")
    alone = all(other == text or slug(other, "_") != short for other in among)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    mark = "" if alone and _PLAIN.fullmatch(text) else digest[:6]
    return "_".join(part for part in (prefix, short, mark) if part)


def slug(text: str, joint: str = "-") -> str:
    """Write a text in small letters and digits alone, for places, files and names."""
    return re.sub(r"[^a-z0-9]+", joint, text.lower()).strip(joint)
