"""What the people above are credited with for those they brought, directly and through others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.ancestors import sum_below
from scrm_helpers.network.forest.referral_forest import Forest


def cascade_credit(forest: Forest, value: np.ndarray, passed_on: float = 0.5) -> np.ndarray:
    """Let every referrer pass a share of the credit on to whoever brought them."""
    if not 0 <= passed_on < 1:
        raise ValueError(f"passed_on is {passed_on!r}: it is the share of credit handed up, from 0 to below 1.")
    value = np.asarray(value, dtype=np.float64)
    if value.shape != (len(forest),):
        raise ValueError(
            f"There are {len(forest)} people, but {value.size} values. Give one value per person, in order."
        )
    direct = (1 - passed_on) * _one_step(forest, np.where(np.isnan(value), 0.0, value))
    return direct + _below(forest, direct, passed_on)


def _one_step(forest: Forest, amount: np.ndarray) -> np.ndarray:
    return np.bincount(forest.referrer, weights=forest.share * amount[forest.child], minlength=len(forest))


def _below(forest: Forest, amount: np.ndarray, keep: float) -> np.ndarray:
    """Sum what is below; with several referrers a person's credit runs up along each, so level by level."""
    if forest.rule != "split":
        return sum_below(forest.parent, amount, keep)
    total = np.zeros(len(forest))
    step = keep * _one_step(forest, amount)
    while step.any():
        total += step
        step = keep * _one_step(forest, step)
    return total


def cascade_sizes(forest: Forest) -> np.ndarray:
    """Count the people below everybody: those a person brought, directly and through others."""
    return np.rint(sum_below(forest.parent, np.ones(len(forest)))).astype(np.int64)


def structural_virality(forest: Forest) -> pd.Series:
    """Measure for every cascade whether it spread from one to many or from hand to hand."""
    n = len(forest)
    size = sum_below(forest.parent, np.ones(n)) + 1
    members = np.flatnonzero(forest.parent >= 0)
    root, below = forest.root[members], size[members]
    crossings = np.bincount(root, weights=below * (size[root] - below), minlength=n)
    heads = np.flatnonzero((forest.parent < 0) & (size > 1))
    people = size[heads]
    return pd.Series(2 * crossings[heads] / (people * (people - 1)), index=heads)


def cascade_table(forest: Forest) -> pd.DataFrame:
    """Describe every cascade: a person nobody referred, with everybody below."""
    virality = structural_virality(forest)
    heads = virality.index.to_numpy()
    members = np.flatnonzero(forest.parent >= 0)
    number = np.empty(len(forest), dtype=np.int64)
    number[heads] = np.arange(len(heads))
    cascade = number[forest.root[members]]
    people = np.bincount(cascade, minlength=len(heads)) + 1
    depth = np.zeros(len(heads), dtype=np.int64)
    np.maximum.at(depth, cascade, forest.generation[members])
    table = pd.DataFrame(
        {
            "root": heads,
            "people": people,
            "depth": depth,
            "breadth": _breadth(cascade, forest.generation[members], depth),
            "virality": virality.to_numpy(),
        }
    )
    return table.sort_values(["people", "root"], ascending=[False, True], ignore_index=True)


def _breadth(cascade: np.ndarray, generation: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Return the people in the widest generation; every generation of every cascade has a counter of its own."""
    first = np.concatenate([[0], np.cumsum(depth)])
    level = np.bincount(first[cascade] + generation - 1, minlength=int(first[-1]))
    return np.maximum.reduceat(level, first[:-1]) if len(depth) else depth
