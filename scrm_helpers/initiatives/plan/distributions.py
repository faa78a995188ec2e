"""Ranges instead of points: the few distributions a business case needs, drawn together where they hang together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal

_MOST = 1e15
_ARGUMENTS = {
    "fixed": ("value",),
    "uniform": ("low", "high"),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "p90"),
    "beta": ("alpha", "beta"),
    "pert": ("low", "likely", "high"),
    "poisson": ("mean",),
}


@dataclass(frozen=True)
class Distribution:
    """What is believed about one input."""

    kind: str
    arguments: tuple[float, ...]  # in the order the kind asks for

    def __post_init__(self) -> None:
        if self.kind not in _ARGUMENTS:
            raise Refusal(f"The distribution {self.kind!r} is unknown; known are {', '.join(_ARGUMENTS)}.")
        names, given = _ARGUMENTS[self.kind], self.arguments
        shown = f"{self.kind}: [{', '.join(f'{x:g}' for x in given)}]"
        if len(given) != len(names):
            raise Refusal(f"The distribution {shown} needs {len(names)} numbers: {', '.join(names)}.")
        if not all(math.isfinite(x) for x in given):
            raise Refusal(f"The distribution {shown} holds a number that is missing or infinite.")
        if max(map(abs, given)) > _MOST:
            raise Refusal(f"The distribution {shown} holds a number too large to be meant. Check its unit.")
        ordered = self.kind not in ("uniform", "pert", "lognormal") or list(given) == sorted(given)
        positive = {
            "normal": given[-1] >= 0,
            "poisson": given[0] >= 0,
            "beta": min(given) > 0,
            "lognormal": given[0] > 0,
        }
        if not ordered or not positive.get(self.kind, True):
            raise Refusal(
                f"The distribution {shown} cannot be drawn: {', '.join(names)} must be in this order and spreads "
                "positive."
            )

    @property
    def mean(self) -> float:
        """Expected value."""
        a, *rest = self.arguments
        if self.kind == "uniform":
            return (a + rest[0]) / 2
        if self.kind == "lognormal":
            return a * math.exp(_log_sd(a, rest[0]) ** 2 / 2)
        if self.kind == "beta":
            return a / (a + rest[0])
        if self.kind == "pert":
            return (a + 4 * rest[0] + rest[1]) / 6
        return a

    @property
    def certain(self) -> bool:
        """Whether nothing is left to draw."""
        return self.kind == "fixed" or (self.kind in ("uniform", "pert") and self.arguments[0] == self.arguments[-1])

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `size` values."""
        if self.certain:
            return np.broadcast_to(self.arguments[0], size)
        a, *rest = self.arguments
        if self.kind == "uniform":
            return rng.uniform(a, rest[0], size)
        if self.kind == "normal":
            return rng.normal(a, rest[0], size)
        if self.kind == "lognormal":
            return a * np.exp(_log_sd(a, rest[0]) * rng.standard_normal(size))
        if self.kind == "beta":
            return rng.beta(a, rest[0], size)
        if self.kind == "poisson":
            return rng.poisson(a, size).astype(float)
        likely, high = rest
        width = high - a
        return a + width * rng.beta(1 + 4 * (likely - a) / width, 1 + 4 * (high - likely) / width, size)


def fixed(value: float) -> Distribution:
    """Return a certain value.

    >>> fixed(2.0).mean
    2.0
    """
    return Distribution("fixed", (float(value),))


def _log_sd(median: float, p90: float) -> float:
    return math.log(p90 / median) / 1.2815515655446004


def draw_together(
    inputs: Mapping[str, Distribution],
    draws: int,
    rng: np.random.Generator,
    spearman: pd.DataFrame | None = None,
) -> dict[str, np.ndarray]:
    """Draw all inputs, those named in `spearman` joined by a Gaussian copula."""
    drawn = {name: inputs[name].draw(draws, rng) for name in inputs}
    if spearman is None or spearman.empty:
        return drawn
    names = [str(name) for name in spearman.index]
    matrix = spearman.to_numpy(dtype=float)
    unknown = [name for name in names if name not in inputs]
    if unknown:
        raise Refusal(f"Correlations are given for {', '.join(unknown)}, which no initiative uses.")
    if names != list(map(str, spearman.columns)) or not np.allclose(matrix, matrix.T) or np.abs(matrix).max() > 1:
        raise Refusal(
            "The table of correlations must have the same names in rows and columns, be symmetric and stay within -1 "
            "and 1."
        )
    values, vectors = np.linalg.eigh(2 * np.sin(np.pi * matrix / 6))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    normals = rng.standard_normal((draws, len(names))) @ root.T
    for column, name in enumerate(names):
        order = np.argsort(np.argsort(normals[:, column], kind="stable"), kind="stable")
        drawn[name] = np.sort(drawn[name])[order]
    return drawn
