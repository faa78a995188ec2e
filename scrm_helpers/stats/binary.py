"""Who is in and who is out: logit and probit on patterns of classes, by Newton steps on collapsed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Link = Literal["logit", "probit"]


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Rows collapsed to their distinct combinations of classes."""

    design: NDArray  # constant and one column per class beyond the first of each feature
    names: tuple[str, ...]  # names of the columns
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
    codes, levels = [], []
    for name in features:
        code, level = pd.factorize(features[name], sort=True)
        codes.append(code)
        levels.append([f"{name}: {one}" for one in level])
    keys = np.zeros(len(features), np.int64)
    for code, labels in zip(codes, levels, strict=True):
        keys = keys * len(labels) + code
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    columns, names = [np.ones(len(first))], ["constant"]
    for code, labels in zip(codes, levels, strict=True):
        for place, label in enumerate(labels[1:], start=1):
            columns.append((code[first] == place).astype(float))
            names.append(label)
    return Patterns(design=np.column_stack(columns), names=tuple(names), which=which)


def fit_binary(
    design: NDArray, yes: ArrayLike, total: ArrayLike, link: Link = "logit"
) -> tuple[NDArray | None, NDArray | None, str]:
    """Fit a logit or probit to counts per pattern by Fisher scoring."""
    hits, size = np.asarray(yes, float), np.asarray(total, float)
    if not 0 < hits.sum() < size.sum():
        return None, None, "undefined: all rows have the same outcome"
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance, slope = inverse_link(design @ beta, link)
        weight = size * slope**2 / np.maximum(chance * (1 - chance), 1e-12)
        information = design.T @ (weight[:, None] * design)
        score = design.T @ ((hits - size * chance) * slope / np.maximum(chance * (1 - chance), 1e-12))
        if np.linalg.cond(information) > 1e12:
            return None, None, "the classes do not determine the model (perfect separation or a copy of another class)"
        step = np.linalg.solve(information, score)
        beta = beta + np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-8:
            return beta, np.linalg.inv(information), ""
    return None, None, "the fit did not converge (perfect separation)"


def inverse_link(line: NDArray, link: Link) -> tuple[NDArray, NDArray]:
    """Return the probability at each linear predictor, and its slope."""
    if link == "logit":
        chance = 1 / (1 + np.exp(-np.clip(line, -30, 30)))
        return chance, chance * (1 - chance)
    from scipy.special import ndtr

    return ndtr(line), np.exp(-(line**2) / 2) / np.sqrt(2 * np.pi)
