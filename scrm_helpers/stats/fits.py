"""Checked model fits: a fit that did not converge is a reason in words and a missing number, never a number.

The logit on classes is own code beside statsmodels: coefficients equal to 1e-12, and perfect separation or a copied
class is a reason in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import Measure
from scrm_helpers.answers.measure import Kind


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate with its interval, or the reason why there is none."""

    value: float | None = None  # the estimate in its own unit
    low: float | None = None  # ends of the interval; ``None`` when they cannot be given
    high: float | None = None
    level: float = 0.95  # confidence level, 0-1
    n: int = 0  # rows (or clusters) that the interval rests on
    reason: str = ""  # why an end is missing, in words

    def times(self, factor: float) -> Estimate:
        """Return the interval in another unit: every number multiplied by a positive `factor`."""
        value, low, high = (None if end is None else end * factor for end in (self.value, self.low, self.high))
        return replace(self, value=value, low=low, high=high)

    def measure(self, name: str, unit: str, *, n: int | None = None, kind: Kind = "descriptive") -> Measure:
        """Name the number; `n` is what it rests on, where that is not the rows of the interval."""
        return Measure(name=name, unit=unit, kind=kind, **asdict(self) | ({} if n is None else {"n": n}))


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
    """Return gradient and Hessian by central differences."""
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


def classes(values: pd.Series, parts: int = 5) -> pd.Series:
    """Put a feature into classes: texts stay, numbers are cut at their quantiles, missing is a class of its own."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.astype(float)
        if numbers.nunique() > parts or parts == 2:
            edges = np.unique(numbers.quantile(np.arange(1, parts) / parts).to_numpy())
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
