"""Value streams: how an effect in natural units becomes money per quarter, stream by stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.plan.distributions import Distribution, fixed


def _share(value: float, name: str) -> float:
    if not 0 <= value < 1:
        raise Refusal(
            f"The {name} is {value}; it must lie in [0, 1). At 1 the effect would never end. Give the share of the "
            "effect that is still there one quarter later."
        )
    return float(value)


def geometric(carry: float, lags: int) -> np.ndarray:
    """Return the geometric kernel ``carry**l`` for l = 0 ... lags-1."""
    return _share(carry, "carry-over") ** np.arange(lags, dtype=float)


def delayed(carry: float, peak: float, lags: int) -> np.ndarray:
    """Return the delayed kernel ``carry**((l-peak)**2)``: the effect is strongest `peak` quarters after its cause."""
    return _share(carry, "carry-over") ** ((np.arange(lags, dtype=float) - peak) ** 2)


def carry_forward(paths: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Spread each quarter's effect over the quarters after it."""
    quarters = paths.shape[-1]
    spread = np.zeros_like(paths, dtype=float)
    for lag in np.flatnonzero(kernel[:quarters]):
        spread[..., lag:] += kernel[lag] * paths[..., : quarters - lag]
    return spread


STREAMS = ("direct", "retained", "referral", "deflection", "ideas", "employee")
COST_KINDS = ("cash", "reward", "paid_time", "volunteered_time")
COUNTED = {"cash": COST_KINDS[:2], "economic": COST_KINDS[:3], "shadow": COST_KINDS}
"""Kinds of cost that count in each view."""
GRADES = ("A", "B", "B-", "C", "D", "E")


@dataclass(frozen=True)
class EffectPath:
    """An effect estimated from data, quarter by quarter since adoption, with its full covariance."""

    estimate: np.ndarray  # effect in natural units in event quarter 0, 1,
    covariance: np.ndarray  # joint covariance of the estimates, not the pointwise errors alone
    grade: str = "B"  # evidence grade of the design, A to E
    bias_sd: float = 0.0  # standard deviation of the bias that the design may leave, in the unit of the effect

    def __post_init__(self) -> None:
        quarters = len(self.estimate)
        if self.covariance.shape != (quarters, quarters) or not quarters:
            raise Refusal(
                f"An effect over {quarters} quarters needs a covariance of {quarters} by {quarters}, not "
                f"{' by '.join(map(str, self.covariance.shape))}."
            )
        if not (np.isfinite(self.estimate).all() and np.isfinite(self.covariance).all()):
            raise Refusal("An effect path holds a number that is missing or infinite.")

    def draw(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draw whole paths, shape (draws, quarters): the errors of neighbouring quarters stay together."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.clip(values, 0, None))
        # einsum: for so narrow a product a threaded matrix library waits longer than it works
        paths = self.estimate + np.einsum("sk,ek->se", rng.standard_normal((draws, len(self.estimate))), root)
        return paths + self.bias_sd * rng.standard_normal((draws, 1))


def path_of(since: np.ndarray, estimate: np.ndarray, covariance: np.ndarray, grade: str) -> EffectPath:
    """Lay effects estimated at some periods since the start on all periods: over a hole the effect moves evenly.

    >>> path_of(np.array([0, 2]), np.array([1.0, 3.0]), np.eye(2), "B").estimate.tolist()
    [1.0, 2.0, 3.0]
    """
    every = np.arange(since[-1] + 1)
    if len(every) == len(since):
        return EffectPath(estimate, covariance, grade)
    between = np.column_stack([np.interp(every, since, row) for row in np.eye(len(since))])
    return EffectPath(between @ estimate, between @ covariance @ between.T, grade)


@dataclass(frozen=True)
class Stream:
    """One stream of value of one initiative: ``effect x reach x unit value x cashable``, carried forward."""

    name: str  # unique within the initiative
    kind: str  # one of `STREAMS`, or ``"score"`` for a return that stays in its own unit
    effect: Distribution | EffectPath
    unit_value: Distribution = field(default_factory=lambda: fixed(1.0))
    cashable: Distribution = field(default_factory=lambda: fixed(1.0))  # share that reaches the ledger
    reach: float = 1.0  # units that the effect applies to
    kernel: np.ndarray | None = None
    persistence: float = 0.0  # share of the last observed effect that is still there one quarter later, in [0, 1]
    delay: int = 0  # quarters before the first effect
    grade: str = "E"  # evidence grade of the effect

    def __post_init__(self) -> None:
        if self.kind not in (*STREAMS, "score"):
            raise Refusal(f"The stream {self.name} is of kind {self.kind!r}; known are {', '.join(STREAMS)}.")
        if self.grade not in GRADES:
            raise Refusal(f"The stream {self.name} has the grade {self.grade!r}; known are {', '.join(GRADES)}.")

    @property
    def fade(self) -> float:
        """Share of the effect in force that is still there one quarter after the initiative ends; 0 if not geometric.

        >>> from scrm_helpers.initiatives.plan.streams import geometric
        >>> Stream("s", "referral", fixed(1.0), kernel=geometric(0.5, 4)).fade, Stream("s", "direct", fixed(1.0)).fade
        (0.5, 0.0)
        """
        if self.kernel is None:
            return self.persistence
        share = float(self.kernel[1] / self.kernel[0]) if len(self.kernel) > 1 and self.kernel[0] else 0.0
        return share if np.allclose(self.kernel[1:], share * self.kernel[:-1]) else 0.0

    def path(self, effect: np.ndarray, quarters: int) -> np.ndarray:
        """Lay drawn effects, shape (draws,) or (draws, event quarters), on quarters 0 ... `quarters`."""
        first = 1 + self.delay
        laid = np.zeros((len(effect), quarters + 1))
        if effect.ndim == 1:
            laid[:, first:] = effect[:, None]
        else:
            seen = min(effect.shape[1], max(quarters + 1 - first, 0))
            laid[:, first : first + seen] = effect[:, :seen]
            beyond = quarters + 1 - first - seen
            if beyond > 0:
                laid[:, first + seen :] = effect[:, -1:] * self.persistence ** np.arange(1, beyond + 1)
        return laid if self.kernel is None else carry_forward(laid, self.kernel)


@dataclass(frozen=True)
class Cost:
    """One cost: money (`setup`, `per_quarter`) or hours per quarter at a rate."""

    name: str
    kind: str
    setup: Distribution = field(default_factory=lambda: fixed(0.0))
    per_quarter: Distribution = field(default_factory=lambda: fixed(0.0))
    rate: Distribution = field(default_factory=lambda: fixed(1.0))
    shadow: Distribution = field(default_factory=lambda: fixed(1.0))

    def __post_init__(self) -> None:
        if self.kind not in COST_KINDS:
            raise Refusal(f"The cost {self.name} is of kind {self.kind!r}; known are {', '.join(COST_KINDS)}.")


@dataclass(frozen=True)
class Plan:
    """An initiative ready to be valued: its streams and its costs."""

    id: str
    name: str
    streams: Sequence[Stream]
    costs: Sequence[Cost]

    def inputs(self) -> dict[str, Distribution | EffectPath]:
        """All inputs by name, ``initiative.stream.what``."""
        found: dict[str, Distribution | EffectPath] = {}
        for stream in self.streams:
            parts: Mapping[str, Distribution | EffectPath] = {
                "effect": stream.effect,
                "value": stream.unit_value,
                "cashable": stream.cashable,
            }
            found |= {f"{self.id}.{stream.name}.{what}": given for what, given in parts.items()}
        for cost in self.costs:
            given = {"setup": cost.setup, "quarterly": cost.per_quarter, "rate": cost.rate, "shadow": cost.shadow}
            found |= {f"{self.id}.{cost.name}.{what}": value for what, value in given.items()}
        return found
