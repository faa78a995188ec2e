"""Checked model fits: a fit that did not converge is a reason in words and a missing number, never a number."""

# Own code beside statsmodels: its negative binomial takes no frequency weights, so every customer would be a row of the
# fit (parameters differ by up to 8e-8); its logit tells of no separation in words (coefficients are equal to 1e-12).

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import Measure


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate with its interval, or the reason why there is none."""

    value: float | None = None  # the estimate in its own unit
    low: float | None = None  # ends of the interval; ``None`` when they cannot be given
    high: float | None = None
    level: float = 0.95  # confidence level, 0-1
    n: int = 0  # rows (or clusters) that the interval rests on
    p: float | None = None  # chance of so large an estimate where there is nothing, where that was tested
    reason: str = ""  # why an end is missing, in words

    def times(self, factor: float) -> Estimate:
        """Return the interval in another unit: every number multiplied by a positive `factor`."""
        value, low, high = (None if end is None else end * factor for end in (self.value, self.low, self.high))
        return replace(self, value=value, low=low, high=high)

    def measure(self, name: str, unit: str, **more: Any) -> Measure:
        """Name the number; `n`, where given, is what it rests on beside the rows of the interval."""
        own = {part.name: getattr(self, part.name) for part in fields(Estimate)}
        return Measure(name=name, unit=unit, **own | more)


def difference(first: Estimate, second: Estimate, correlation: float = 0.0) -> Estimate:
    """Return second minus first, with an interval built from the two intervals."""
    ends = (first.value, first.low, first.high, second.value, second.low, second.high)
    gap = Estimate(level=first.level, n=min(first.n, second.n))
    if any(end is None for end in ends):
        return replace(gap, reason=first.reason or second.reason or "one of the two numbers is missing")
    d1, l1, u1, d2, l2, u2 = (float(end) for end in ends if end is not None)
    below = (d2 - l2) ** 2 + (u1 - d1) ** 2 - 2 * correlation * (d2 - l2) * (u1 - d1)
    above = (u2 - d2) ** 2 + (d1 - l1) ** 2 - 2 * correlation * (u2 - d2) * (d1 - l1)
    down, up = float(np.sqrt(max(below, 0.0))), float(np.sqrt(max(above, 0.0)))
    return replace(gap, value=d2 - d1, low=d2 - d1 - down, high=d2 - d1 + up)


LARGE_ERROR = 50.0  # a standard error beyond this on a log or logit scale means that the data do not determine it
PARTS = 5  # into which numbers are cut
FLAT = "the data do not determine the model (its likelihood is flat)"


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A maximum-likelihood fit that was checked, or the reason why there is none."""

    names: tuple[str, ...]  # names of the parameters
    parameters: NDArray = field(default_factory=lambda: np.empty(0))
    covariance: NDArray = field(default_factory=lambda: np.empty((0, 0)))  # covariance of the estimates
    reason: str = ""  # why the fit failed; empty when it is sound

    @property
    def ok(self) -> bool:
        """Whether the fit is sound."""
        return not self.reason

    @property
    def errors(self) -> NDArray:
        """Standard errors of the parameters."""
        return np.sqrt(np.diag(self.covariance))

    def __getitem__(self, name: str) -> float:
        """Return one parameter by its name; a failed fit has none."""
        if not self.ok:
            raise ValueError(f"There is no {name!r}: {self.reason}.")
        return float(self.parameters[self.names.index(name)])


def maximise(log_likelihood: Callable[[NDArray], float], start: Sequence[float], names: tuple[str, ...], n: int) -> Fit:
    """Maximise a smooth log-likelihood of a few parameters and check the result."""
    from scipy.optimize import minimize

    def loss(point: NDArray) -> float:
        with np.errstate(all="ignore"):
            value = -log_likelihood(point) / max(n, 1)
        return value if np.isfinite(value) else 1e10

    point = minimize(loss, np.asarray(start, float), method="BFGS", options={"gtol": 1e-7}).x
    for _ in range(3):
        gradient, hessian = _derivatives(loss, point)
        if not np.all(np.isfinite(hessian)) or np.linalg.eigvalsh(hessian)[0] <= 1e-12:
            return Fit(names=names, reason=FLAT)
        step = np.linalg.solve(hessian, gradient)
        if loss(point - step) <= loss(point):
            point = point - step
    gradient, hessian = _derivatives(loss, point)
    if np.abs(gradient).max() > 1e-4 or loss(point) >= 1e10:
        return Fit(names=names, reason="the fit did not converge")
    if np.linalg.eigvalsh(hessian)[0] <= 1e-12:
        return Fit(names=names, reason=FLAT)
    found = Fit(names=names, parameters=point, covariance=np.linalg.inv(hessian) / max(n, 1))
    if found.errors.max() <= LARGE_ERROR:
        return found
    vague = names[int(found.errors.argmax())]
    return Fit(names=names, reason=f"the data do not determine {vague!r} (perfect separation or too few rows)")


def _derivatives(loss: Callable[[NDArray], float], point: NDArray) -> tuple[NDArray, NDArray]:
    """Return gradient and Hessian by central differences, on the diagonal half the step of statsmodels'."""
    size = len(point)
    steps = 1e-4 * np.maximum(np.abs(point), 1.0)
    shifts = np.diag(steps)
    centre = loss(point)
    up = np.array([loss(point + shift) for shift in shifts])
    down = np.array([loss(point - shift) for shift in shifts])
    hessian = np.diag((up - 2 * centre + down) / steps**2)
    for i in range(size):
        for j in range(i):
            together, apart = shifts[i] + shifts[j], shifts[i] - shifts[j]
            corners = loss(point + together) - loss(point + apart) - loss(point - apart) + loss(point - together)
            hessian[i, j] = hessian[j, i] = corners / (4 * steps[i] * steps[j])
    return (up - down) / (2 * steps), hessian


def classes(values: pd.Series) -> pd.Series:
    """Put a feature into classes: texts stay, numbers are cut at their quantiles, missing is a class of its own."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.astype(float)
        if numbers.nunique() > PARTS:
            edges = np.unique(numbers.quantile(np.arange(1, PARTS) / PARTS).to_numpy())
            cut = pd.Series(np.searchsorted(edges, numbers.to_numpy(), side="left") + 1, index=values.index)
            return ("part " + cut.astype(str)).where(numbers.notna(), "missing")
    return values.astype("object").where(values.notna(), "missing").astype(str)


def patterns(features: pd.DataFrame) -> tuple[NDArray, NDArray]:
    """Collapse rows with the same classes: the design, a constant and classes beyond the first, and each row's line."""
    which = features.groupby([*features]).ngroup().to_numpy()
    lines = features.iloc[np.unique(which, return_index=True)[1]]
    return np.column_stack([np.ones(len(lines)), pd.get_dummies(lines, drop_first=True).to_numpy(float)]), which


def fit_logit(design: NDArray, yes: ArrayLike, total: ArrayLike) -> tuple[NDArray | None, str]:
    """Fit a logit to counts per pattern by Newton steps: the coefficients, or the reason why there are none."""
    hits, size = np.asarray(yes, float), np.asarray(total, float)
    if not 0 < hits.sum() < size.sum():
        return None, "undefined: all rows have the same outcome"
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = chances(design @ beta)
        weight = size * chance * (1 - chance)
        information = design.T @ (weight[:, None] * design)
        if np.linalg.cond(information) > 1e12:
            return None, "the classes do not determine the model (perfect separation or a copy of another class)"
        step = np.linalg.solve(information, design.T @ (hits - size * chance))
        beta = beta + np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-8:
            return beta, ""
    return None, "the fit did not converge (perfect separation)"


def chances(line: NDArray) -> NDArray:
    """Return the probability at each linear predictor."""
    return 1 / (1 + np.exp(-np.clip(line, -30, 30)))


RATE: tuple[str, ...] = ("constant", "slope", "log_dispersion")  # parameters of a negative binomial rate


class Cells(NamedTuple):
    """Equal rows collapsed: a million customers with eleven answers become some hundred cells."""

    given: NDArray  # answer of the cell
    counts: NDArray  # outcome of the cell
    exposure: NDArray  # time under observation
    weight: NDArray  # customers in the cell


def collapse(counts: ArrayLike, given: ArrayLike, exposure: ArrayLike | float = 1.0) -> Cells:
    """Collapse equal rows into cells with their frequency."""
    y, x = np.asarray(counts, float), np.asarray(given, float)
    time = np.broadcast_to(np.asarray(exposure, float), y.shape)
    rows = pd.DataFrame({"given": x, "counts": y, "exposure": time})
    return Cells(*rows.groupby([*rows]).size().reset_index(name="weight").to_numpy(float).T)


def dispersion(counts: ArrayLike, mean: ArrayLike, scale: ArrayLike | float = 1.0) -> float:
    """Return the dispersion of counts around known means: variance = mean + dispersion x mean^2."""
    from scipy.optimize import minimize_scalar

    # means are told apart to one per cent, which leaves some hundred cells of a million customers
    steps = np.round(100 * np.log(np.asarray(mean, float)))
    cells = collapse(counts, steps, scale)  # the scale tells rows apart as an exposure would
    expected, shift = np.exp(cells.given / 100), np.log(cells.exposure)

    def loss(point: float) -> float:
        return -float(cells.weight @ _log_nb(cells.counts, expected, point + shift))

    return float(np.exp(minimize_scalar(loss, bounds=(-12, 6), method="bounded").x))


def logit(cells: Cells) -> Fit:
    """Fit the logit of a count above zero with one slope on the answer."""
    crossed = cells.counts > 0
    if reason := _no_counts(cells):
        return Fit(names=RATE[:2], reason=reason)
    some, rest = cells.given[crossed], cells.given[~crossed]
    if np.ptp(cells.given) > 0 and (some.min() >= rest.max() or some.max() <= rest.min()):
        reason = "perfect separation: the answer tells without error who refers"
        return Fit(names=RATE[:2], reason=reason)

    def log_chance(cells: Cells, point: NDArray) -> NDArray:
        line = point[0] + point[1] * cells.given
        return crossed * line - np.logaddexp(0, line)

    share = float(cells.weight @ crossed) / cells.weight.sum()
    return _fit(cells, log_chance, RATE[:2], [np.log(share / (1 - share)), 0.0])


def truncated_negative_binomial(cells: Cells) -> Fit:
    """Fit the number of referrals among those who made any."""
    some = Cells(*(column[cells.counts > 0] for column in cells))
    if len(np.unique(some.counts)) < 2:
        nobody = not len(some.counts)
        reason = "nobody referred" if nobody else "undefined: everybody who referred made the same number"
        return Fit(names=RATE, reason=reason)
    start = [_mean_rate(some), 0.0, 0.0]
    return maximise(lambda point: float(some.weight @ log_some(some, point)), start, RATE, int(some.weight.sum()))


def log_rate(cells: Cells, point: NDArray) -> NDArray:
    """Return the log probability of each cell's count at a rate that differs between people."""
    return _log_nb(cells.counts, _mean(cells, point), point[2])


def log_some(cells: Cells, point: NDArray) -> NDArray:
    """Return the log probability of each cell's count among those who have any."""
    return log_rate(cells, point) - np.log1p(-np.exp(_log_nb(0.0, _mean(cells, point), point[2])))


def log_inflated(cells: Cells, point: NDArray) -> NDArray:
    """Return the log probability of each cell's count where some can never have any."""
    log_never, log_can = -np.logaddexp(0, -point[3]), -np.logaddexp(0, point[3])
    ordinary = log_can + log_rate(cells, point)
    return np.where(cells.counts == 0, np.logaddexp(log_never, ordinary), ordinary)


def log_probability(model: str, fits: tuple[Fit, ...], cells: Cells) -> NDArray:
    """Return the log probability of each cell's count under a fitted model."""
    point = fits[0].parameters
    if model == "hurdle":
        line = point[0] + point[1] * cells.given
        some = log_some(cells, fits[1].parameters) - np.logaddexp(0, -line)
        return np.where(cells.counts > 0, some, -np.logaddexp(0, line))
    return log_rate(cells, point) if model == "negative binomial" else log_inflated(cells, point)


def fit_counts(model: str, cells: Cells) -> tuple[Fit, ...]:
    """Fit a count model by its name; a hurdle has two parts, who refers at all, and how many referrals those make."""
    if model == "hurdle":
        return logit(cells), truncated_negative_binomial(cells)
    names, log_chance, start = RATE, log_rate, [0.0, 0.0, 0.0]
    if model != "negative binomial":  # zero-inflated: some can never refer, the others refer at a rate
        names, log_chance, start = (*RATE, "logit_never"), log_inflated, [0.5, 0.0, -0.5, -0.5]
    if reason := _no_counts(cells):
        return (Fit(names=names, reason=reason),)
    start[0] += _mean_rate(cells)
    return (_fit(cells, log_chance, names, start),)


def held_out(model: str, counts: NDArray, given: NDArray, fold: NDArray) -> float | None:
    """Return the mean log probability of rows left out of the fit, fold by fold; None where one fit fails."""
    total = 0.0
    for part in np.unique(fold):
        out = fold == part
        fits = fit_counts(model, collapse(counts[~out], given[~out]))
        if not all(one.ok for one in fits):
            return None
        cells = collapse(counts[out], given[out])
        total += float(cells.weight @ log_probability(model, fits, cells))
    return total / len(counts)


def _mean(cells: Cells, point: NDArray) -> NDArray:
    return cells.exposure * np.exp(point[0] + point[1] * cells.given)


def _log_nb(y: NDArray | float, mean: NDArray, log_dispersion: NDArray | float) -> NDArray:
    from scipy.special import gammaln

    size = np.exp(-log_dispersion)
    ways = gammaln(y + size) - gammaln(size) - gammaln(np.asarray(y) + 1)
    return ways + size * np.log(size / (size + mean)) + np.asarray(y) * np.log(mean / (size + mean))


def _fit(cells: Cells, log_chance: Callable[[Cells, NDArray], NDArray], names: tuple[str, ...], start: list) -> Fit:
    """Fit on a centred answer, which steadies the search, and move the constant back."""
    total = cells.weight.sum()
    centre = float(cells.weight @ cells.given / total)
    spread = float(np.sqrt(cells.weight @ (cells.given - centre) ** 2 / total))
    if spread == 0:
        return Fit(names=names, reason="undefined: no variation in the answer")
    turn = np.eye(len(names))
    turn[1, 1], turn[0, 1] = 1 / spread, -centre / spread
    found = maximise(lambda point: float(cells.weight @ log_chance(cells, turn @ point)), start, names, int(total))
    if not found.ok:
        return found
    return Fit(names=names, parameters=turn @ found.parameters, covariance=turn @ found.covariance @ turn.T)


def _mean_rate(cells: Cells) -> float:
    return float(np.log(cells.weight @ cells.counts / (cells.weight @ cells.exposure)))


def _no_counts(cells: Cells) -> str:
    if not cells.counts.any():
        return "nobody referred"
    return "undefined: everybody referred" if cells.counts.all() else ""
