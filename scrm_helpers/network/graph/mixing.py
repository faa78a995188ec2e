"""Who is tied to whom: reciprocity, assortativity, and the balance of ties within and between groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Ties:
    """Ties within and between groups, and the index that sums them up."""

    within: int  # numbers of edges
    between: int  # numbers of edges
    index: float | None


def reciprocity(weights: csr_array) -> float | None:
    """Return the share of edges that are answered by an edge back; None where there is no edge."""
    present = weights.astype(bool)
    return present.multiply(present.T).nnz / present.nnz if present.nnz else None


def assortativity(weights: csr_array, group: np.ndarray) -> float | None:
    """Measure whether edges stay within groups: 1 always, 0 as by chance, below 0 less than by chance."""
    row, column, known = _edge_groups(weights, group)
    if not len(row) or known < 2:
        return None
    mixing = np.bincount(row * known + column, minlength=known * known).reshape(known, known) / len(row)
    chance = float(mixing.sum(axis=0) @ mixing.sum(axis=1))
    return None if chance >= 1 else (float(np.trace(mixing)) - chance) / (1 - chance)


def external_internal(weights: csr_array, group: np.ndarray) -> Ties:
    """Count edges within and between groups."""
    row, column, _ = _edge_groups(weights, group)
    within = int(np.count_nonzero(row == column))
    between = len(row) - within
    return Ties(within, between, (between - within) / len(row) if len(row) else None)


def _edge_groups(weights: csr_array, group: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the groups of both ends of every edge whose groups are known, as numbers, and how many there are."""
    import pandas as pd

    code, names = pd.factorize(np.asarray(group), sort=False)
    links = weights.tocoo()
    row, column = code[links.row].astype(np.int64), code[links.col].astype(np.int64)
    known = (row >= 0) & (column >= 0)
    return row[known], column[known], len(names)
