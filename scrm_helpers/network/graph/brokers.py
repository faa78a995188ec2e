"""Brokers: the share of shortest ways that lead through a person, from a seeded sample of starting points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BATCH = 64  # starting points walked at once: one dense column each


def betweenness(weights: csr_array, samples: int | None = None, seed: int = 1) -> np.ndarray:
    """Count the shortest ways (in steps, along the direction of influence) that lead through everybody."""
    from scipy.sparse import csr_array as sparse

    n = weights.shape[0]
    if n < 3:
        return np.zeros(n)
    forward = sparse((np.ones(weights.nnz), weights.indices, weights.indptr), shape=(n, n))
    backward = forward.T.tocsr()
    starts = np.arange(n)
    if samples is not None and samples < n:
        starts = np.sort(np.random.default_rng(seed).choice(n, samples, replace=False))
    total = np.zeros(n)
    for first in range(0, len(starts), BATCH):
        total += _through(forward, backward, starts[first : first + BATCH])
    return total * (n / len(starts)) / ((n - 1) * (n - 2))


def _through(forward: csr_array, backward: csr_array, starts: np.ndarray) -> np.ndarray:
    """Sum the dependencies of the starting points on everybody; rows are people, columns starting points."""
    n, columns = forward.shape[0], np.arange(len(starts))
    ways = np.zeros((n, len(starts)))
    ways[starts, columns] = 1
    front = ways.copy()
    levels = []
    seen = ways > 0
    while True:
        front = backward @ front
        front[seen] = 0
        reached = front > 0
        if not reached.any():
            break
        seen |= reached
        ways += front
        levels.append(reached)
    lean = np.zeros_like(ways)
    for place in range(len(levels) - 1, 0, -1):
        share = np.where(levels[place], (1 + lean) / np.where(ways > 0, ways, 1), 0)
        lean += np.where(levels[place - 1], (forward @ share) * ways, 0)
    return lean.sum(axis=1)
