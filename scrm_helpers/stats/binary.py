"""Who is in and who is out: a logit on patterns of classes, by Newton steps on collapsed rows.

Own code beside statsmodels: coefficients equal to 1e-12, and perfect separation or a copied class is a reason in words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Rows collapsed to their distinct combinations of classes."""

    design: NDArray  # constant and one column per class beyond the first of each feature
    which: NDArray  # pattern of each row


def classes(values: pd.Series, parts: int = 5) -> pd.Series:
    """Put a feature into classes: texts stay, numbers are cut at their quantiles, missing is a class of its own."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.astype(float)
        if numbers.nunique() > parts or parts == 2:
            edges = np.unique(numbers.quantile(np.arange(1, parts) / parts).to_numpy())
            cut = pd.Series(np.searchsorted(edges, numbers.to_numpy(), side="left") + 1, index=values.index)
            return ("part " + cut.astype(str)).where(numbers.notna(), "missing")
    return values.astype("object").where(values.notna(), "missing").astype(str)


def patterns(features: pd.DataFrame) -> Patterns:
    """Collapse rows with the same classes and build their design."""
    found = [pd.factorize(features[name], sort=True) for name in features]
    keys = np.zeros(len(features), np.int64)
    for code, levels in found:
        keys = keys * len(levels) + code
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    columns = [np.ones(len(first))]
    for code, levels in found:
        columns += [(code[first] == place).astype(float) for place in range(1, len(levels))]
    return Patterns(design=np.column_stack(columns), which=which)


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
