"""Who matters in a directed, weighted graph, and which groups it has: NetworKit's algorithms, the same every run.

PageRank and modularity are own code of a few lines: NetworKit's give other last digits (3e-13, 1e-16), by which people
of the same attention would change places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from networkit import Graph
    from scipy.sparse import csr_array


def pagerank(weights: csr_array, damping: float = 0.85, tolerance: float = 1e-12) -> np.ndarray:
    """Rank people by how much of all attention ends up with them; of those who give none, everybody gets the same."""
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
    from networkit.centrality import CoreDecomposition

    found = CoreDecomposition(_graph(undirected(weights), weighted=False))
    found.run()
    return np.asarray(found.scores(), dtype=np.int64)


def betweenness(weights: csr_array, samples: int | None = None, seed: int = 1) -> np.ndarray:
    """Share of shortest ways (in steps, along the direction of influence) through everybody, or its estimate."""
    from networkit.centrality import Betweenness, EstimateBetweenness

    n = weights.shape[0]
    if n < 3:
        return np.zeros(n)
    graph = _graph(weights, seed, directed=True, weighted=False)
    found = Betweenness(graph) if samples is None or samples >= n else EstimateBetweenness(graph, samples)
    found.run()
    return np.asarray(found.scores()) / ((n - 1) * (n - 2))


def communities(weights: csr_array, seed: int = 1) -> tuple[np.ndarray, float | None]:
    """Divide people by the Leiden algorithm: the community of each, the largest 0, and the modularity, if any."""
    from networkit.community import ParallelLeiden

    ties = undirected(weights)
    finder = ParallelLeiden(_graph(ties, seed), iterations=3, randomize=True)
    finder.run()
    label = by_size(np.asarray(finder.getPartition().getVector(), dtype=np.int64))  # asked once: the second is empty
    total = float(ties.sum())
    if total == 0:
        return label, None
    links = ties.tocoo()
    inside = links.data[label[links.row] == label[links.col]].sum() / total
    degree = np.bincount(label, weights=np.asarray(ties.sum(axis=1)).ravel()) / total
    return label, float(inside - degree @ degree)


def by_size(label: np.ndarray) -> np.ndarray:
    """Renumber groups by size, the largest 0; groups of the same size by their first member."""
    _, first, group, count = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    return np.argsort(np.lexsort((first, -count)))[group]


def undirected(weights: csr_array) -> csr_array:
    """Return the ties without direction, weights of both directions added, nobody tied to themselves."""
    both = (weights + weights.T).tocsr()
    both.setdiag(0)
    both.eliminate_zeros()
    return both


def _graph(weights: csr_array, seed: int = 1, *, directed: bool = False, weighted: bool = True) -> Graph:
    import networkit
    from scipy.sparse import triu

    networkit.setNumberOfThreads(1)  # with more the result depends on who is first
    networkit.setSeed(seed, False)
    ties = (weights if directed else triu(weights, k=1)).tocoo()
    ends = (ties.data, (ties.row, ties.col))
    return networkit.GraphFromCoo(ends, n=weights.shape[0], weighted=weighted, directed=directed)
