"""Maximum likelihood with checks: one climb for all models, and words where the data do not carry the answer."""

# The purchase models are own code, for no library in the environment fits them with ranges, and so is the climb:
# scipy's trust-constr takes as many evaluations, but stops short of a bound towards which a likelihood rises for ever.

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Words, numbers
from scrm_helpers.tables.contract.receipts import listed

Objective = Callable[..., tuple[float, Any, Any]]  # log-likelihood, gradient and Hessian, or on request the first
COARSE = 1e-2  # how near its top a start is climbed before the best of them goes on alone
COARSE_STEPS = 50  # at most, to come there
NEAR = 0.1  # a climb along a ridge that rises for ever ends a rounding error before the bound
BOUND = 12.0  # log-parameters beyond +-12 on the scale of the data are infinity or zero in practice
LARGEST_ERROR = 2.5  # a standard error above this in a log-parameter is a factor of 130 either way at 95 %
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Model:
    """A model as it is named, its parameters, the starts of the search on the scale of the data, and whom it is of."""

    name: str
    parameters: tuple[str, ...]
    starts: tuple[tuple[float, ...], ...] = ()
    who: str = "customer"


class ModelFit(Answer):
    """A fitted model: its parameters, how sure they are, and why if they are not."""

    ABSENT = "The {model} model cannot be fitted to {who}: {reason}."

    of: Model
    n: int
    parameters: np.ndarray | None = None
    covariance: np.ndarray | None = None  # of the logarithms of the parameters
    log_likelihood: float | None = None
    objective: Objective | None = field(default=None, repr=False, compare=False)
    no_range: str = ""  # why there are parameters but no standard errors
    profile: np.ndarray | None = None  # ends of the ranges by the profile likelihood, where they were asked for

    model = property(attrgetter("of.name"), doc="Name of the model.")

    @property
    def identified(self) -> bool:
        """Whether the parameters have a standard error."""
        return self.covariance is not None

    @property
    def doubt(self) -> str:
        """Why there are no parameters, or no standard errors; empty where there are both."""
        return self.reason or self.no_range

    @property
    def ranges(self) -> np.ndarray:
        """Lower and upper ends of the 95 % ranges of the parameters."""
        if self.profile is not None:
            return self.profile
        error = np.nan if self.covariance is None else np.sqrt(np.diag(self.covariance))
        return np.stack([self.parameters * np.exp(side * error) for side in (-Z95, Z95)])

    @cached_property
    def _words(self) -> Words:
        return self.words()  # without parameters there is a table as well: of what is missing

    def words(self) -> Words:
        who = numbers.plural(self.n, self.of.who)
        if self.parameters is None or self.log_likelihood is None:
            return Words(
                sentence=self.ABSENT.format(model=self.model, who=who, reason=self.reason),
                table=pd.DataFrame({"Parameter": self.of.parameters, "Estimate": np.nan}),
                formats={"Estimate": "decimal3"},
            )
        table = pd.DataFrame({"Parameter": self.of.parameters, "Estimate": self.parameters})
        table["95% range low"], table["95% range high"] = self.ranges
        how = "the curvature in log-parameters" if self.profile is None else "the profile likelihood"
        return Words(
            sentence=f"The {self.model} model fits {who} (log-likelihood {numbers.decimal(self.log_likelihood, 1)})"
            + (f", but {self.no_range}: no standard errors are given." if self.no_range else "."),
            table=table,
            formats=dict.fromkeys(table.columns[1:], "decimal3"),
            caption=f"Parameters of the {self.model} model",
            note=f"n = {who}; maximum likelihood, ranges from {how}",
        )


@dataclass(frozen=True)
class Climb:
    """Where one climb ended: log-parameters, mean log-likelihood, gradient and Hessian there."""

    at: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray

    @property
    def settled(self) -> bool:
        """Whether the gradient vanishes where it may, bounds aside; near a bound rounding leaves more of it."""
        inside = np.abs(self.at) < BOUND - NEAR
        flat = 1e-5 if inside.all() else 1e-3
        return bool(np.isfinite(self.value) and np.all(np.abs(self.gradient[inside]) < flat))


def fit(model: Model, objective: Objective, scale: Sequence[float], n: int, small: Objective | None = None) -> ModelFit:
    """Maximise a log-likelihood over positive parameters and judge the result; `small` is a part of it to start on."""
    offset = np.log(np.asarray(scale, float))
    on_all = in_logs(objective, offset, n)
    screen = in_logs(small, offset, n) if small is not None else on_all
    with np.errstate(all="ignore"):
        ends = [climb(screen, np.log(np.asarray(start, float)), COARSE_STEPS, COARSE) for start in model.starts]
        best = climb(on_all, max(ends, key=lambda end: end.value if np.isfinite(end.value) else -np.inf).at)
    if not best.settled:
        reason = f"the likelihood of the {model.name} model has no maximum that could be reached on these data"
        return ModelFit(of=model, n=n, reason=reason)
    covariance, no_range = _judge(best, model.parameters, n)
    return ModelFit(
        of=model,
        n=n,
        parameters=np.exp(best.at + offset),
        covariance=covariance,
        log_likelihood=best.value * n,
        objective=objective,
        no_range=no_range,
    )


def climb(objective: Objective, start: np.ndarray, steps: int = 200, enough: float = 1e-7) -> Climb:
    """Climb a log-likelihood by damped Newton steps inside the bounds."""
    at = np.clip(start, -BOUND, BOUND)
    value, gradient, hessian = objective(at)
    for _ in range(steps):
        held = ((at <= -BOUND) & (gradient < 0)) | ((at >= BOUND) & (gradient > 0))
        step = _newton_step(gradient, hessian, ~held)
        gain = float(gradient @ step)
        moved, share = None, 1.0
        while share > 1e-9:
            to = np.clip(at + share * step, -BOUND, BOUND)
            new_value, new_gradient, new_hessian = objective(to)
            if np.isfinite(new_value) and new_value >= value + 1e-4 * share * gain - 1e-12 * abs(value):
                moved = to
                break
            share /= 4
        if moved is None:
            break
        done = share == 1.0 and float(np.abs(moved - at).max()) < enough
        at, value, gradient, hessian = moved, new_value, new_gradient, new_hessian
        if done:
            break
    return Climb(at, value, gradient, hessian)


def _newton_step(gradient: np.ndarray, hessian: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return an ascent step: Newton's where the surface is concave, along the gradient's side elsewhere."""
    step = np.zeros_like(gradient)
    if not free.any():
        return step
    curve, axes = np.linalg.eigh(-hessian[np.ix_(free, free)])
    curve = np.maximum(np.abs(curve), 1e-10 * max(float(np.abs(curve).max()), 1e-10))
    step[free] = axes @ ((axes.T @ gradient[free]) / curve)
    return step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))


def in_logs(objective: Objective, offset: np.ndarray, n: int) -> Objective:
    """Restate an objective per customer and in logarithms of scaled parameters."""

    def restated(logs: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        parameters = np.exp(logs + offset)
        value, gradient, hessian = objective(parameters)
        slope = gradient * parameters
        return value / n, slope / n, (hessian * np.outer(parameters, parameters) + np.diag(slope)) / n

    return restated


def _judge(best: Climb, names: Sequence[str], n: int) -> tuple[np.ndarray | None, str]:
    """Return the covariance of the log-parameters, or None and why there is none."""
    at_bound = [name for name, place in zip(names, best.at, strict=True) if abs(place) >= BOUND - NEAR]
    if at_bound:
        return None, f"the data do not identify {listed(at_bound)}: the likelihood keeps rising towards the limit"
    curve, axes = np.linalg.eigh(-best.hessian * n)
    if curve[0] <= 0:
        return None, f"the likelihood is flat: the data do not tell {listed(names)} apart"
    covariance = (axes / curve) @ axes.T
    errors = np.sqrt(np.diag(covariance))
    loose = [name for name, error in zip(names, errors, strict=True) if error > LARGEST_ERROR]
    if loose:
        return None, f"the data hardly identify {listed(loose)}: values a hundred times apart fit equally well"
    return covariance, ""


def beta_slopes(
    a: float, b: float, more_a: np.ndarray, more_b: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the slopes of ``ln B(a + more_a, b + more_b) / B(a, b)`` by a and b, and its bends by aa, ab and bb."""
    from scipy.special import psi, zeta  # zeta(2, x) is the trigamma function

    (to_a, to_b, to_both), (bend_a, bend_b, bend_both) = (
        (of(a + more_a) - of(a), of(b + more_b) - of(b), of(a + b) - of(a + b + more_a + more_b))
        for of in (psi, lambda at: zeta(2, at))
    )
    return (to_a + to_both, to_b + to_both), (bend_a + bend_both, bend_both, bend_b + bend_both)


def mixed(
    logs: np.ndarray, slopes: Sequence[np.ndarray], bends: Mapping[tuple[int, int], np.ndarray], weight: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the weighted sum of ``ln sum_k exp(logs)`` with gradient and Hessian."""
    top = logs.max(axis=1)
    share = np.exp(logs - top[:, None])
    total = share.sum(axis=1)
    share /= total[:, None]
    value = float(weight @ (top + np.log(total)))
    size = len(slopes)
    means = np.stack([np.einsum("ij,ij->i", share, slope) for slope in slopes])
    heavy = share * weight[:, None]
    hessian = -np.einsum("ir,jr,r->ij", means, means, weight)
    for i in range(size):
        weighted = heavy * slopes[i]
        for j in range(i, size):
            hessian[i, j] += np.einsum("ij,ij->", weighted, slopes[j])
            if (i, j) in bends:
                hessian[i, j] += np.einsum("ij,ij->", heavy, bends[i, j])
    return value, means @ weight, np.triu(hessian) + np.triu(hessian, 1).T
