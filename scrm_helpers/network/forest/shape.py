"""The shape of all cascades at once: people, generations, breadth, and structural virality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.ancestors import sum_below
from scrm_helpers.network.forest.referral_forest import Forest


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
