"""Who matters in a directed, weighted graph, and which groups it has: NetworKit's algorithms, the same every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from networkit import Graph
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Communities:
    """A division of people into communities."""

    label: np.ndarray  # community of each person, the largest 0
    modularity: float | None  # share of ties within communities beyond what chance would give; None without a tie

    @property
    def sizes(self) -> np.ndarray:
        """People per community, the largest first."""
        return np.bincount(self.label)


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


def communities(weights: csr_array, *, resolution: float = 1.0, seed: int = 1) -> Communities:
    """Divide people into groups with more ties among themselves than with others, by the Leiden algorithm."""
    from networkit.community import ParallelLeiden

    ties = undirected(weights)
    finder = ParallelLeiden(_graph(ties, seed), iterations=3, randomize=True, gamma=resolution)
    finder.run()
    label = np.asarray(finder.getPartition().getVector(), dtype=np.int64)  # asked once: the second is empty
    label = by_size(label) if len(label) else label
    return Communities(label, modularity(ties, label, resolution))


def modularity(ties: csr_array, label: np.ndarray, resolution: float = 1.0) -> float | None:
    """Measure how much more of the ties lie within groups than chance would give."""
    total = float(ties.sum())
    if total == 0:
        return None
    links = ties.tocoo()
    inside = links.data[label[links.row] == label[links.col]].sum() / total
    degree = np.bincount(label, weights=np.asarray(ties.sum(axis=1)).ravel()) / total
    return float(inside - resolution * (degree @ degree))


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


def _graph(weights: csr_array, seed: int = 1, *, directed: bool = False, weighted: bool = True) -> Graph:
    import networkit
    from scipy.sparse import triu

    networkit.setNumberOfThreads(1)  # with more the result depends on who is first
    networkit.setSeed(seed, False)
    ties = (weights if directed else triu(weights, k=1)).tocoo()
    ends = (ties.data, (ties.row, ties.col))
    return networkit.GraphFromCoo(ends, n=weights.shape[0], weighted=weighted, directed=directed)
