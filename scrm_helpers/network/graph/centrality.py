"""Who matters in a directed, weighted graph: scores that equal networkx where it can compute them, on flat arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def pagerank(weights: csr_array, damping: float = 0.85, tolerance: float = 1e-12) -> np.ndarray:
    """Rank people by how much of all attention ends up with them."""
    n = weights.shape[0]
    given = np.asarray(weights.sum(axis=0)).ravel()
    silent = given == 0
    flow = weights.multiply(1.0 / np.where(silent, 1.0, given)[None, :]).tocsr()
    rank = np.full(n, 1.0 / max(n, 1))
    for _ in range(1000):
        before = rank
        rank = damping * (flow @ before + before[silent].sum() / n) + (1 - damping) / n
        if np.abs(rank - before).sum() < tolerance:
            break
    return rank


def core_numbers(weights: csr_array) -> np.ndarray:
    """Find the largest k for which a person belongs to a group where everybody has k ties within the group."""
    ties = undirected(weights)
    start, friends = ties.indptr, ties.indices
    degree = np.diff(start).astype(np.int64)
    n = len(degree)
    core = np.zeros(n, dtype=np.int64)
    left = np.ones(n, dtype=bool)
    alive, k = np.arange(n), 0
    while len(alive):
        k = max(k, int(degree[alive].min()))
        layer = alive[degree[alive] <= k]
        while len(layer):
            core[layer] = k
            left[layer] = False
            touched = friends[_ranges(start[layer], start[layer + 1])]
            touched = touched[left[touched]]
            people, hits = np.unique(touched, return_counts=True)
            degree[people] -= hits
            layer = people[degree[people] <= k]
        alive = alive[left[alive]]
    return core


def by_size(label: np.ndarray) -> np.ndarray:
    """Renumber groups by size, the largest 0; groups of the same size by their first member."""
    _, first, group, count = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -count))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[group]


def undirected(weights: csr_array) -> csr_array:
    """Return the ties without direction, weights of both directions added, nobody tied to themselves."""
    both = (weights + weights.T).tocsr()
    both.setdiag(0)
    both.eliminate_zeros()
    return both


def _ranges(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Concatenate ``arange(start, stop)`` of all pairs."""
    length = stop - start
    offset = np.repeat(stop - np.cumsum(length), length)
    return np.arange(len(offset)) + offset
