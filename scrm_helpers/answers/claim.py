"""What an answer claims beyond description: what was tested, what chance gives, and what may be said of it."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure

Verdict = Literal["shown", "not shown", "cannot say", "descriptive"]
ROUNDING = 1e-9  # a p-value may leave 0 to 1 by the last bits of a sum


@dataclass(frozen=True)
class Chance:
    """What the same rows give by chance, or what the control gave; a range where it is drawn and not known."""

    value: float
    how: str  # how it was found, in words: "scores shuffled among customers of the same age"
    low: float | None = None
    high: float | None = None
    p: float | None = None  # of what was found, where the draws give it

    def written(self, writer: Callable[[float], str]) -> str:
        """Write what chance gives, and between what it lies."""
        return f"{writer(self.value)} ({numbers.interval(self.low, self.high, writer)})"

    def exceeded_by(self, estimate: Measure) -> bool:
        """Tell whether the estimate lies beyond chance by every range there is; without any, nothing is shown."""
        if estimate.value is None:
            return False
        low, high = estimate.ends
        ranges = [(low, high, self.value)] if math.isfinite(high - low) else []
        if self.low is not None and self.high is not None:
            ranges.append((self.low, self.high, estimate.value))
        return bool(ranges) and not any(low <= value <= high for low, high, value in ranges)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence that says more than what was counted: its test and its verdict."""

    name: str = ""  # stable snake_case, unique in the chapter; where it is empty, that of the estimate
    tested: str  # what was set beside what, in words
    estimate: Measure
    chance: Chance | None = None
    p: float | None = None
    p_corrected: float | None = None
    family: str = ""  # tests that answer one question together; Holm's correction goes over them
    after: float | None = None  # p of the test that must be shown before this one is asked: a fixed sequence
    sentence: str = ""  # as printed; where it is empty, the sentence of the answer
    grade: str = ""  # of the evidence, where the claim is about an effect
    numbers: tuple[str, ...] = ()  # named numbers that the sentence rests on, beside the estimate
    given: Verdict | None = None  # by its chapter, where it is quoted: some need more than a range beyond chance

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.estimate.name)  # frozen for everybody else
        if self.p is None:
            drawn = None if self.chance is None else self.chance.p
            object.__setattr__(self, "p", self.estimate.p if drawn is None else drawn)

    @property
    def verdict(self) -> Verdict:
        """What may be said: shown needs both the range and the corrected p-value beyond chance."""
        if self.given or self.estimate.value is None or self.chance is None:
            return self.given or ("cannot say" if self.estimate.value is None else "descriptive")
        p = max((p for p in (self.own_p, self.after) if p is not None), default=0.0)
        beyond = self.chance.exceeded_by(self.estimate) and p <= 1 - self.estimate.level + ROUNDING
        return "shown" if beyond else "not shown"

    @property
    def own_p(self) -> float | None:
        """The p-value of its own test, corrected where it belongs to a family."""
        return self.p if self.p_corrected is None else self.p_corrected

    @property
    def reason(self) -> str:
        """Why nothing can be said."""
        return self.estimate.reason

    @property
    def direction(self) -> int:
        """On which side of chance the estimate lies where that is shown, 1 or -1; else 0."""
        if self.verdict != "shown" or self.chance is None or self.estimate.value is None:
            return 0
        return 1 if self.estimate.value > self.chance.value else -1


def corrected(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Correct the p-values of each family; one that could not be tested neither counts nor gets one."""
    found = list(claims)
    for family in {claim.family for claim in found if claim.family}:
        places = [at for at, claim in enumerate(found) if claim.family == family and claim.p is not None]
        for at, p in zip(places, holm([found[at].p or 0.0 for at in places]), strict=True):
            found[at] = replace(found[at], p_corrected=None if math.isnan(p) else float(p))
    for at, claim in enumerate(found):
        if claim.after is not None and claim.own_p is not None:  # later questions are as rarely wrong as the first
            found[at] = replace(claim, p_corrected=max(claim.own_p, claim.after))
    return tuple(found)


def holm(p_values: ArrayLike) -> NDArray:
    """Return Holm-adjusted p-values: the chance of any false finding in the family stays below the level."""
    # Own beside statsmodels: equal to the last bit, without a second of loading, and undefined tests are passed over.
    raw = np.asarray(p_values, float)
    if np.any((raw < -ROUNDING) | (raw > 1 + ROUNDING)):
        raise ValueError("A p-value lies between 0 and 1.")
    known = np.flatnonzero(~np.isnan(raw))
    order = known[np.argsort(raw[known], kind="stable")]
    adjusted = np.full(raw.shape, np.nan)
    steps = np.clip(raw[order], 0.0, 1.0) * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
