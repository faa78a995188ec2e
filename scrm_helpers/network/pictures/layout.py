"""Where to draw people: tidy trees, every generation on its own line, no two branches in each other's way."""

from __future__ import annotations

import numpy as np

from scrm_helpers.network.forest.referral_forest import Forest


def members(forest: Forest, root: int) -> np.ndarray:
    """List a person and everybody below, generation by generation."""
    order = np.argsort(forest.parent, kind="stable")
    sorted_parent = forest.parent[order]
    level, found = np.array([root]), []
    while len(level):
        found.append(level)
        start, stop = np.searchsorted(sorted_parent, level), np.searchsorted(sorted_parent, level, side="right")
        level = np.concatenate([order[low:high] for low, high in zip(start, stop, strict=True)])
    return np.concatenate(found)


def tidy_tree(parent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place the people of one tree: leaves side by side, everybody else centred above those they brought."""
    n = len(parent)
    leaves = np.ones(n, dtype=np.int64)
    leaves[parent[parent >= 0]] = 0
    for person in range(n - 1, 0, -1):
        leaves[parent[person]] += leaves[person]
    down = np.zeros(n, dtype=np.int64)
    left = np.zeros(n)
    used = np.zeros(n)
    for person in range(1, n):
        above = parent[person]
        down[person] = down[above] + 1
        left[person] = left[above] + used[above]
        used[above] += leaves[person]
    across = left.copy()
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    for person in range(n - 1, -1, -1):
        if np.isfinite(first[person]):
            across[person] = (first[person] + last[person]) / 2
        above = parent[person]
        if above >= 0:
            first[above], last[above] = min(first[above], across[person]), max(last[above], across[person])
    return across, down
