"""Maximum likelihood with checks: one climb for all models, and words where the data do not carry the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result


def mixed(
    logs: np.ndarray,
    slopes: Sequence[np.ndarray],
    bends: Mapping[tuple[int, int], np.ndarray],
    weight: np.ndarray,
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


Objective = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]
COARSE = 1e-2  # how near its top a start is climbed before the best of them goes on alone
NEAR = 0.1  # a climb along a ridge that rises for ever ends a rounding error before the bound
BOUND = 12.0  # log-parameters beyond +-12 on the scale of the data are infinity or zero in practice
LARGEST_ERROR = 2.5  # a standard error above this in a log-parameter is a factor of 130 either way at 95 %
Z95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class ModelFit(Result):
    """A fitted model: its parameters, how sure they are, and why if they are not."""

    model: str
    names: tuple[str, ...]
    parameters: np.ndarray | None
    covariance: np.ndarray | None
    log_likelihood: float | None
    n: int
    reason: str = ""
    objective: Objective | None = field(default=None, repr=False, compare=False)

    @property
    def converged(self) -> bool:
        """Whether there are parameters at all."""
        return self.parameters is not None

    @property
    def identified(self) -> bool:
        """Whether the parameters have a standard error."""
        return self.covariance is not None


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


def fit(
    model: str,
    names: Sequence[str],
    objective: Objective,
    starts: Sequence[Sequence[float]],
    scale: Sequence[float],
    n: int,
    small: Objective | None = None,
    described: str = "customer",
) -> ModelFit:
    """Maximise a log-likelihood over positive parameters and judge the result."""
    offset = np.log(np.asarray(scale, float))
    on_all = _in_logs(objective, offset, n)
    screen = _in_logs(small, offset, n) if small is not None else on_all
    with np.errstate(all="ignore"):
        ends = [climb(screen, np.log(np.asarray(start, float)), enough=COARSE) for start in starts]
        ends = sorted((end for end in ends if np.isfinite(end.value)), key=lambda end: -end.value)
        ends = [climb(on_all, end.at) for end in ends[:1]]
    if not ends or not ends[0].settled:
        reason = f"the likelihood of the {model} model has no maximum that could be reached on these data"
        return _without_parameters(model, tuple(names), n, reason, described)
    best = ends[0]
    covariance, reason = _judge(best, names, n)
    parameters = np.exp(best.at + offset)
    return _with_parameters(
        model, tuple(names), parameters, covariance, best.value * n, n, reason, described, objective
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


def _in_logs(objective: Objective, offset: np.ndarray, n: int) -> Objective:
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
        return None, f"the data do not identify {_listed(at_bound)}: the likelihood keeps rising towards the limit"
    curve, axes = np.linalg.eigh(-best.hessian * n)
    if curve[0] <= 0:
        return None, f"the likelihood is flat: the data do not tell {_listed(names)} apart"
    covariance = (axes / curve) @ axes.T
    errors = np.sqrt(np.diag(covariance))
    loose = [name for name, error in zip(names, errors, strict=True) if error > LARGEST_ERROR]
    if loose:
        return None, f"the data hardly identify {_listed(loose)}: values a hundred times apart fit equally well"
    return covariance, ""


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _with_parameters(
    model: str,
    names: tuple[str, ...],
    parameters: np.ndarray,
    covariance: np.ndarray | None,
    log_likelihood: float,
    n: int,
    reason: str,
    described: str,
    objective: Objective,
) -> ModelFit:
    error = np.sqrt(np.diag(covariance)) if covariance is not None else np.full(len(names), np.nan)
    low, high = parameters * np.exp(-Z95 * error), parameters * np.exp(Z95 * error)
    table = pd.DataFrame({"Parameter": names, "Estimate": parameters, "95% range low": low, "95% range high": high})
    known = covariance is not None
    sentence = (
        f"The {model} model fits {numbers.plural(n, described)} (log-likelihood {numbers.decimal(log_likelihood, 1)})"
        + ("." if known else f", but {reason}: no standard errors are given.")
    )
    measures = tuple(
        Measure(
            name=f"{model}_{name}".lower().replace("/", "").replace("-", "_").replace(" ", "_"),
            value=float(value),
            unit="ratio",
            n=n,
            low=float(below) if known else None,
            high=float(above) if known else None,
        )
        for name, value, below, above in zip(names, parameters, low, high, strict=True)
    )
    return ModelFit(
        sentence=sentence,
        table=table,
        caption=f"Parameters of the {model} model",
        note=f"n = {numbers.plural(n, described)}; maximum likelihood, ranges from the curvature in log-parameters",
        formats=dict.fromkeys(table.columns[1:], "decimal3"),
        measures=measures,
        model=model,
        names=names,
        parameters=parameters,
        covariance=covariance,
        log_likelihood=log_likelihood,
        n=n,
        reason=reason,
        objective=objective,
    )


def without_fit(model: str, names: Sequence[str], n: int, reason: str, described: str = "customer") -> ModelFit:
    """Return a fit that has no parameters and says why."""
    return _without_parameters(model, tuple(names), n, reason, described)


def _without_parameters(model: str, names: tuple[str, ...], n: int, reason: str, described: str) -> ModelFit:
    missing = [float("nan")] * len(names)
    return ModelFit(
        sentence=f"The {model} model cannot be fitted to {numbers.plural(n, described)}: {reason}.",
        table=pd.DataFrame({"Parameter": names, "Estimate": missing}),
        formats={"Estimate": "decimal3"},
        model=model,
        names=names,
        parameters=None,
        covariance=None,
        log_likelihood=None,
        n=n,
        reason=reason,
    )
