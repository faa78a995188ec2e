"""A plan and what is believed about it: distributions, streams of value, costs, and the terms on which it counts."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scrm_helpers.answers import Refusal, numbers

_MOST = 1e15
_NORMAL_P90 = 1.2815515655446004
# of each kind of distribution the numbers that it asks for, and when it can be drawn with them
_KINDS: dict[str, tuple[tuple[str, ...], Callable[..., bool]]] = {
    "fixed": (("value",), lambda _: True),
    "uniform": (("low", "high"), lambda low, high: low <= high),
    "normal": (("mean", "sd"), lambda _, sd: sd >= 0),
    "lognormal": (("median", "p90"), lambda median, p90: 0 < median <= p90),
    "beta": (("alpha", "beta"), lambda alpha, beta: min(alpha, beta) > 0),
    "pert": (("low", "likely", "high"), lambda low, likely, high: low <= likely <= high),
    "poisson": (("mean",), lambda mean: mean >= 0),
}
COST_KINDS = ("cash", "reward", "paid_time", "volunteered_time")
COUNTED = {"cash": COST_KINDS[:2], "economic": COST_KINDS[:3], "shadow": COST_KINDS}  # by view
GRADES = ("A", "B", "B-", "C", "D", "E")
HORIZONS = (1, 2, 4, 8, 12)  # quarters at which a return is always given
GROSS = "gross"  # kind of a stream that no design carries: shown, never part of the sum
AT_ONCE = ((1, 1.0),)  # where nothing says when units open, all of them do after the set-up quarter


def after(quarters: int) -> slice:
    """Return the flows that count after some quarters, here and everywhere: quarter 0 (set-up) to the last."""
    # "After one quarter" is the end of quarter 1: quarters 0 and 1.
    return slice(0, quarters + 1)


@dataclass(frozen=True)
class Distribution:
    """What is believed about one input; own draws, so that a seed keeps giving the numbers it gave."""

    kind: str
    arguments: tuple[float, ...]  # in the order the kind asks for

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise Refusal(f"The distribution {self.kind!r} is unknown; known are {', '.join(_KINDS)}.")
        (names, drawable), given = _KINDS[self.kind], self.arguments
        wanted, fault = ", ".join(names), ""
        if len(given) != len(names):
            fault = f"needs {len(names)} numbers: {wanted}."
        elif not all(math.isfinite(x) for x in given):
            fault = "holds a number that is missing or infinite."
        elif max(map(abs, given)) > _MOST:
            fault = "holds a number too large to be meant. Check its unit."
        elif not drawable(*given):
            fault = f"cannot be drawn: {wanted} must be in this order and spreads positive."
        if fault:
            raise Refusal(f"The distribution {self.kind}: [{', '.join(f'{x:g}' for x in given)}] {fault}")

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.arguments[0] if self.certain else float(self._law.mean())

    @property
    def certain(self) -> bool:
        """Whether nothing is left to draw."""
        first, last = self.arguments[0], self.arguments[-1]
        none = {"fixed": True, "normal": last == 0, "beta": False, "poisson": False}
        return none.get(self.kind, first == last)

    @property
    def _law(self) -> Any:
        from scipy import stats

        a, b, c = (*self.arguments, 0.0, 0.0)[:3]
        match self.kind:
            case "uniform":
                return stats.uniform(a, b - a)
            case "lognormal":
                return stats.lognorm(math.log(b / a) / _NORMAL_P90, scale=a)
            case "pert":
                return stats.beta(1 + 4 * (b - a) / (c - a), 1 + 4 * (c - b) / (c - a), a, c - a)
        return getattr(stats, {"normal": "norm"}.get(self.kind, self.kind))(*self.arguments)

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `size` values."""
        if self.certain:
            return np.broadcast_to(self.arguments[0], size)
        return self._law.rvs(size, random_state=rng).astype(float)


def fixed(value: float) -> Distribution:
    """Return a certain value."""
    return Distribution("fixed", (float(value),))


@dataclass(frozen=True)
class EffectPath:
    """An effect estimated from data, quarter by quarter since adoption, with its full covariance."""

    estimate: np.ndarray  # effect in natural units in event quarter 0, 1,
    covariance: np.ndarray  # joint covariance of the estimates, not the pointwise errors alone
    grade: str = "B"  # evidence grade of the design, A to E
    bias_sd: float = 0.0  # standard deviation of the bias that the design may leave, in the unit of the effect

    def __post_init__(self) -> None:
        if not (np.isfinite(self.estimate).all() and np.isfinite(self.covariance).all()):
            raise Refusal("An effect path holds a number that is missing or infinite.")

    def draw(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draw whole paths, shape (draws, quarters): the errors of neighbouring quarters stay together."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.clip(values, 0, None))  # of the nearest covariance that can be drawn
        errors = rng.standard_normal((draws, len(self.estimate)))
        # einsum: for so narrow a product a threaded matrix library waits longer than it works
        return self.estimate + np.einsum("sk,ek->se", errors, root) + self.bias_sd * rng.standard_normal((draws, 1))

    def tenths(self) -> np.ndarray:
        """The whole path at its 10th and at its 90th percentile, along its own spread."""
        total = self.covariance.sum(axis=1) + self.bias_sd**2 * len(self.estimate)
        spread = math.sqrt(max(float(total.sum()), 0.0))
        step = _NORMAL_P90 * total / spread if spread > 0 else np.zeros_like(total)
        return np.stack([self.estimate - step, self.estimate + step])


def path_of(since: np.ndarray, estimate: np.ndarray, covariance: np.ndarray, grade: str) -> EffectPath:
    """Lay effects estimated at some periods since the start on all periods: over a hole the effect moves evenly."""
    every = np.arange(since[-1] + 1)
    if len(every) == len(since):
        return EffectPath(estimate, covariance, grade)
    between = np.column_stack([np.interp(every, since, row) for row in np.eye(len(since))])
    return EffectPath(between @ estimate, between @ covariance @ between.T, grade)


def geometric(carry: float, lags: int, peak: float | None = None) -> np.ndarray:
    """Return the kernel ``carry**l`` for l = 0 ... lags-1, or with a peak the delayed one ``carry**((l-peak)**2)``."""
    if not 0 <= carry < 1:
        raise Refusal(
            f"The carry-over is {carry}; it must lie in [0, 1). At 1 the effect would never end. Give the share of the "
            "effect that is still there one quarter later."
        )
    lag = np.arange(lags, dtype=float)
    return float(carry) ** (lag if peak is None else (lag - peak) ** 2)


@dataclass(frozen=True)
class Stream:
    """One stream of value of one initiative: ``effect x reach x unit value x cashable``, carried forward."""

    name: str  # unique within the initiative
    kind: str  # a kind of money such as ``"direct"``, or ``"score"`` for a return that stays in its own unit
    effect: Distribution | EffectPath
    unit_value: Distribution = field(default_factory=lambda: fixed(1.0))
    cashable: Distribution = field(default_factory=lambda: fixed(1.0))  # share that reaches the ledger
    reach: float = 1.0  # units that the effect applies to
    kernel: np.ndarray | None = None
    persistence: float = 0.0  # share of the last observed effect that is still there one quarter later, in [0, 1]
    delay: int = 0  # quarters before the first effect
    grade: str = "E"  # evidence grade of the effect
    openings: tuple[tuple[int, float], ...] = AT_ONCE  # quarter since the start, and share of the units that open then

    @property
    def fade(self) -> float:
        """Share of the effect in force that is still there a quarter after the initiative ends; 0 if not geometric."""
        if self.kernel is None:
            return self.persistence
        share = float(self.kernel[1] / self.kernel[0]) if len(self.kernel) > 1 and self.kernel[0] else 0.0
        return share if np.allclose(self.kernel[1:], share * self.kernel[:-1]) else 0.0

    def path(self, effect: np.ndarray, quarters: int) -> np.ndarray:
        """Lay drawn effects, shape (draws,) or (draws, quarters since opening), on quarters 0 ... `quarters`."""
        # Every share of the units brings its effect from its own opening on; a kernel spreads it over what comes after.
        laid = np.zeros((len(effect), quarters + 1))
        for opened, share in self.openings:
            first = opened + self.delay
            if first > quarters:
                continue
            if effect.ndim == 1:
                laid[:, first:] += share * effect[:, None]
                continue
            seen = min(effect.shape[1], quarters + 1 - first)
            laid[:, first : first + seen] += share * effect[:, :seen]
            beyond = np.arange(1, quarters + 2 - first - seen)
            laid[:, first + seen :] += share * effect[:, -1:] * self.persistence**beyond
        if self.kernel is None:
            return laid
        carried = np.zeros_like(laid)  # by lag, for all draws at once; scipy's lfilter takes them one by one
        for lag, share in enumerate(self.kernel[: quarters + 1]):
            carried[:, lag:] += share * laid[:, : quarters + 1 - lag]
        return carried


@dataclass(frozen=True)
class Cost:
    """One cost: money (`setup`, `per_quarter`) or hours per quarter at a rate."""

    name: str
    kind: str  # one of `COST_KINDS`
    setup: Distribution = field(default_factory=lambda: fixed(0.0))
    per_quarter: Distribution = field(default_factory=lambda: fixed(0.0))
    rate: Distribution = field(default_factory=lambda: fixed(1.0))
    shadow: Distribution = field(default_factory=lambda: fixed(1.0))


Paths = Mapping[str, np.ndarray]  # flows by quarter, of each kind of stream or cost


@dataclass(frozen=True)
class Booked:
    """What the ledger holds for the quarters that are over: it carries the value there, the case only beyond."""

    streams: Paths  # money back; empty where none is booked
    costs: Paths
    compared: bool = True  # whether a comparison found all of the benefit, so that it is more than gross

    @property
    def until(self) -> int:
        """The last quarter since the start that is booked."""
        return len(next(iter(self.costs.values()))) - 1


@dataclass(frozen=True)
class OnCalendar:
    """One initiative on the clock of its case, whose quarter 0 is the one in which it starts."""

    openings: tuple[tuple[int, float], ...] = AT_ONCE  # quarter, and share of the units that open in it
    opened: str = "all units open in quarter 1, as nothing says otherwise"
    booked: Booked | None = None
    doubts: tuple[str, ...] = ()  # where the case contradicts the panel or the ledger


@dataclass(frozen=True)
class Plan:
    """An initiative ready to be valued: its streams and its costs."""

    id: str
    name: str
    streams: Sequence[Stream]
    costs: Sequence[Cost]
    booked: Booked | None = None

    def place(self, horizon: int) -> dict[str, Any]:
        """Over what and when a figure of it holds, in words."""
        booked = "" if self.booked is None else f", up to quarter {min(self.booked.until, horizon)} as booked"
        window = f"quarters 0 to {horizon} since its start{booked}"
        return {"population": f"what {self.name} costs and brings", "window": window}

    def inputs(self) -> dict[str, Distribution | EffectPath]:
        """All inputs by name, ``initiative.stream.what``."""
        parts: dict[str, dict[str, Distribution | EffectPath]] = {
            s.name: {"effect": s.effect, "value": s.unit_value, "cashable": s.cashable} for s in self.streams
        }
        for c in self.costs:
            parts[c.name] = {"setup": c.setup, "quarterly": c.per_quarter, "rate": c.rate, "shadow": c.shadow}
        return {f"{self.id}.{name}.{what}": value for name, given in parts.items() for what, value in given.items()}


def discount_factors(annual: float, quarters: int) -> np.ndarray:
    """Return the factors of the quarters 0 ... `quarters` - 1 at a rate per year: the first is not discounted."""
    return (1 + annual) ** (-np.arange(quarters) / 4)


def first_back(net: np.ndarray, *, sustained: bool = False) -> np.ndarray:
    """Quarter in which each cumulative path is back at zero, linear inside the quarter; infinite when never."""
    below = net < 0
    quarters = net.shape[1]
    if sustained:
        first = np.where(below.any(axis=1), quarters - np.argmax(below[:, ::-1], axis=1), 0)
    else:
        first = np.where((~below).any(axis=1), np.argmin(below, axis=1), quarters)
    result = np.where(first < quarters, first.astype(float), math.inf)
    inside = np.flatnonzero((first > 0) & (first < quarters))
    before, after = net[inside, first[inside] - 1], net[inside, first[inside]]
    result[inside] = first[inside] - 1 + before / (before - after)
    return result


@dataclass(frozen=True)
class ValuationTerms:
    """How far ahead a valuation looks, at which rate, in which view of cost and in which money."""

    horizon: int = 8  # quarters that count
    discount_rate_annual: float = 0.10  # rate per year, above -1
    view: str = "economic"  # which costs count
    currency: str = "EUR"  # ISO code of all money

    @property
    def counted(self) -> tuple[str, ...]:
        """Kinds of cost that count in this view."""
        return COUNTED[self.view]

    def factors(self, quarters: int) -> np.ndarray:
        """Discount factors of the quarters 0 ... `quarters` - 1."""
        return discount_factors(self.discount_rate_annual, quarters)

    @property
    def rate_words(self) -> str:
        """The discount rate, as read."""
        return f"{numbers.percent(self.discount_rate_annual, 0)} a year"

    def money(self, amount: float) -> str:
        """Write an amount in the currency of these terms."""
        return numbers.money(amount, self.currency)


DEFAULT = ValuationTerms()
