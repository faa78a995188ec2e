"""Who is tied to whom: reciprocity, assortativity, and the balance of ties within and between groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Ties:
    """Ties within and between groups, and the index that sums them up.

    Parameters
    ----------
    within, between : int
        Numbers of edges.
    index : float or None
        ``(between - within) / (between + within)``: -1 all within, +1 all between; None without an edge.
    """

    within: int
    between: int
    index: float | None


def reciprocity(weights: csr_array) -> float | None:
    """Return the share of edges that are answered by an edge back; None where there is no edge.

    Parameters
    ----------
    weights : csr_array, shape (n, n)
        Influence of rows on columns.

    Returns
    -------
    float or None

    Notes
    -----
    Equal to ``networkx.overall_reciprocity``.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> reciprocity(csr_array([[0, 2, 1], [1, 0, 0], [0, 0, 0]]))
    0.6666666666666666
    """
    present = weights.astype(bool)
    return present.multiply(present.T).nnz / present.nnz if present.nnz else None


def assortativity(weights: csr_array, group: np.ndarray) -> float | None:
    """Measure whether edges stay within groups: 1 always, 0 as by chance, below 0 less than by chance.

    Parameters
    ----------
    weights : csr_array, shape (n, n)
        Influence of rows on columns; the weights are not used.
    group : ndarray, shape (n,)
        Group of each person; edges of people without a group (missing) are left out.

    Returns
    -------
    float or None
        None where there is no edge or only one group.

    Notes
    -----
    Newman (2003), *Physical Review E* 67, 026126. Equal to ``networkx.attribute_assortativity_coefficient``.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> assortativity(csr_array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]), np.array([0, 0, 1, 1]))
    1.0
    """
    row, column, known = _edge_groups(weights, group)
    if not len(row) or known < 2:
        return None
    mixing = np.bincount(row * known + column, minlength=known * known).reshape(known, known) / len(row)
    chance = float(mixing.sum(axis=0) @ mixing.sum(axis=1))
    return None if chance >= 1 else (float(np.trace(mixing)) - chance) / (1 - chance)


def external_internal(weights: csr_array, group: np.ndarray) -> Ties:
    """Count edges within and between groups.

    Parameters
    ----------
    weights : csr_array, shape (n, n)
        Influence of rows on columns; the weights are not used.
    group : ndarray, shape (n,)
        Group of each person; edges of people without a group (missing) are left out.

    Returns
    -------
    Ties

    Notes
    -----
    E-I index (Krackhardt and Stern 1988, *Social Psychology Quarterly* 51(2)).

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> external_internal(csr_array([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), np.array(["a", "a", "b"]))
    Ties(within=1, between=2, index=0.3333333333333333)
    """
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
