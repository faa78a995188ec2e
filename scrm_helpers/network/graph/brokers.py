"""Brokers: the share of shortest ways that lead through a person, from a seeded sample of starting points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BATCH = 64  # starting points walked at once: one dense column each


def betweenness(weights: csr_array, samples: int | None = None, seed: int = 1) -> np.ndarray:
    """Count the shortest ways (in steps, along the direction of influence) that lead through everybody.

    Parameters
    ----------
    weights : csr_array, shape (n, n)
        Influence of rows on columns; the weights are not used.
    samples : int, optional
        How many starting points to draw; all people when None or when there are fewer.
    seed : int
        Seed of the draw.

    Returns
    -------
    ndarray of float, shape (n,)
        Share of the ordered pairs of other people whose shortest ways lead through the person, scaled up from the
        sample.

    Notes
    -----
    Brandes (2001, 2008), many starting points at once as sparse matrix products. Equal to
    ``networkx.betweenness_centrality`` when all people are starting points.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> betweenness(csr_array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])).tolist()
    [0.0, 0.5, 0.0]
    """
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
