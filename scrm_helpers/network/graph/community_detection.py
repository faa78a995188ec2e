"""Communities: groups of people with more ties among themselves than with others, seeded and the same every run."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import numpy as np

from scrm_helpers.network.graph.centrality import by_size, undirected

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Method = Literal["auto", "louvain", "leiden"]
LARGE = 20_000  # ties above which networkx takes seconds and NetworKit, where installed, a fraction of one


@dataclass(frozen=True)
class Communities:
    """A division of people into communities."""

    label: np.ndarray  # community of each person, the largest 0
    modularity: float | None  # share of ties within communities beyond what chance would give; None without a tie
    method: str  # what found them

    @property
    def sizes(self) -> np.ndarray:
        """People per community, the largest first."""
        return np.bincount(self.label)


def communities(weights: csr_array, *, method: Method = "auto", resolution: float = 1.0, seed: int = 1) -> Communities:
    """Divide people into communities."""
    if method not in ("auto", "louvain", "leiden"):
        raise ValueError(f"method is {method!r}; it must be auto, louvain or leiden.")
    installed = find_spec("networkit") is not None
    if method == "leiden" and not installed:
        raise ValueError("Leiden needs NetworKit, which is not installed: install the extra 'graphs', or use louvain.")
    ties = undirected(weights)
    leiden = method == "leiden" or (method == "auto" and installed and ties.nnz > 2 * LARGE)
    label = (_leiden if leiden else _louvain)(ties, resolution, seed)
    label = by_size(label) if len(label) else label
    return Communities(label, modularity(ties, label, resolution), "Leiden" if leiden else "Louvain")


def modularity(ties: csr_array, label: np.ndarray, resolution: float = 1.0) -> float | None:
    """Measure how much more of the ties lie within groups than chance would give."""
    total = float(ties.sum())
    if total == 0:
        return None
    links = ties.tocoo()
    inside = links.data[label[links.row] == label[links.col]].sum() / total
    degree = np.bincount(label, weights=np.asarray(ties.sum(axis=1)).ravel()) / total
    return float(inside - resolution * (degree @ degree))


def _louvain(ties: csr_array, resolution: float, seed: int) -> np.ndarray:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(ties.shape[0]))
    links = ties.tocoo()
    upper = links.row < links.col
    ends = zip(links.row[upper].tolist(), links.col[upper].tolist(), links.data[upper].tolist(), strict=True)
    graph.add_weighted_edges_from(ends)
    label = np.zeros(ties.shape[0], dtype=np.int64)
    for number, people in enumerate(nx.community.louvain_communities(graph, resolution=resolution, seed=seed)):
        label[list(people)] = number
    return label


def _leiden(ties: csr_array, resolution: float, seed: int) -> np.ndarray:
    import networkit as nk
    from scipy.sparse import triu

    nk.setNumberOfThreads(1)  # with more the result depends on who is first
    nk.setSeed(seed, False)
    half = triu(ties, k=1).tocoo()
    graph = nk.GraphFromCoo((half.data, (half.row, half.col)), n=ties.shape[0], weighted=True, directed=False)
    finder = nk.community.ParallelLeiden(graph, iterations=3, randomize=True, gamma=resolution)
    finder.run()
    return np.asarray(finder.getPartition().getVector(), dtype=np.int64)
