"""The influence graph, who acts on whose messages and referrals: who matters in it, its groups and its shape.

Scores are NetworKit's, the same every run. PageRank and modularity are own code of a few lines: NetworKit's give other
last digits (3e-13, 1e-16), by which people of the same attention would change places. Ties between groups are own code
beside networkx, which needs a graph of Python objects: a million ties would take minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    from networkit import Graph
    from scipy.sparse import csr_array

FIRM = "the firm"
FIRM_ROLES = ("brand", "employee")
OUTSIDE = "not a customer"
CUSTOMER = "customer"
NO_MESSAGES = "there is no table interactions"
UNSIGNED = "the table interactions does not say who wrote a message and what it answers: give author_id and in_reply_to"


@dataclass(frozen=True)
class InfluenceGraph:
    """People and the influence between them."""

    people: pd.Index  # ids, sorted; the firm (its brand accounts and all employees) is one node of this name
    role: np.ndarray  # "customer", "not a customer" or "the firm"
    weights: csr_array  # in row i and column j: how often person j acted on what person i wrote or offered
    blind: str = ""  # why contacts by message cannot be seen; empty where they are

    def __len__(self) -> int:
        return len(self.people)

    def without_firm(self) -> InfluenceGraph:
        """Return the graph between people: the firm, its edges, and who had no others are left out."""
        links, keep = self.weights.tocoo(), self.role != FIRM
        between = keep[links.row] & keep[links.col]
        people = np.union1d(links.row[between], links.col[between])
        inside = self.weights[people][:, people].tocsr()
        return InfluenceGraph(self.people[people], self.role[people], inside, self.blind)


def influence_graph(
    interactions: pd.DataFrame | None,
    forest: Forest | None = None,
    *,
    customers: pd.Series,
    as_of: str | pd.Timestamp | None = None,
) -> InfluenceGraph:
    """Build the graph of who acts on whom from replies to messages and from referrals that brought a customer.

    Parameters
    ----------
    interactions : pandas.DataFrame or None
        Who replies acted on the message replied to; *brand* and *employee* are the firm. Without ``author_id`` and
        ``in_reply_to`` all messages are left out.
    forest : Forest, optional, adds an edge from the referrer to everybody referred, weighing its share
    customers, as_of : ids of the customers; the last day that counts

    Returns
    -------
    InfluenceGraph, of all people with at least one edge; a reply to oneself is none

    Examples
    --------
    >>> messages = pd.DataFrame({"interaction_id": ["1", "2"], "author_id": ["A", "B"], "in_reply_to": [None, "1"],
    ...                          "author_role": ["customer", "other"]})
    >>> graph = influence_graph(messages, customers=pd.Series(["A"]))
    >>> graph.role.tolist(), graph.weights.toarray().tolist()
    (['customer', 'not a customer'], [[0.0, 1.0], [0.0, 0.0]])
    """
    from scipy.sparse import coo_array

    blind, parts = NO_MESSAGES, []
    if interactions is not None:
        blind = "" if {"author_id", "in_reply_to"} <= set(interactions) else UNSIGNED
        parts = [] if blind else [_replies(interactions, as_of)]
    if forest is not None:
        ends = {"source": forest.people[forest.referrer], "target": forest.people[forest.child]}
        parts.append(pd.DataFrame(ends | {"weight": forest.share}))
    links = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"source": [], "target": [], "weight": []})
    ends_in_turn = pd.concat([links["source"], links["target"]], ignore_index=True).astype("str")
    codes, seen = pd.factorize(ends_in_turn, sort=True)
    n, people = len(seen), pd.Index(seen, dtype="str")
    source, target = np.split(codes, 2)
    weights = coo_array((links["weight"].to_numpy(dtype=np.float64), (source, target)), shape=(n, n)).tocsr()
    weights.sum_duplicates()
    role = np.where(people.isin(customers), CUSTOMER, OUTSIDE)
    role[people == FIRM] = FIRM
    return InfluenceGraph(people, role, weights, blind)


def _replies(interactions: pd.DataFrame, as_of: str | pd.Timestamp | None) -> pd.DataFrame:
    """Return one row per reply: who was replied to, and who replied; nobody to themselves."""
    author = interactions["author_id"].astype("str")
    role = interactions.get("author_role", pd.Series("customer", interactions.index))
    person = author.mask(role.isin(FIRM_ROLES), FIRM).to_numpy()
    place = pd.Index(interactions["interaction_id"]).get_indexer(pd.Index(interactions["in_reply_to"]))
    signed = author.notna().to_numpy()
    reply = interactions["in_reply_to"].notna().to_numpy() & (place >= 0) & signed & signed[place]
    if as_of is not None:
        reply &= ~(interactions["occurred_on"] > pd.Timestamp(as_of)).to_numpy()
    reply &= person != person[place]
    return pd.DataFrame({"source": person[place[reply]], "target": person[reply], "weight": 1.0})


def group_ties(weights: csr_array, group: np.ndarray) -> np.ndarray:
    """Count edges by the groups of both ends, in a square; those of which a group is not known are left out."""
    code, names = pd.factorize(np.asarray(group))
    return ties_between(weights.astype(bool), code, len(names)).astype(np.int64)


def ties_between(weights: csr_array, group: np.ndarray, groups: int) -> np.ndarray:
    """Sum the ties by the groups of both ends, in a square of the first so many groups; all others are left out."""
    links = weights.tocoo()
    row, column = group[links.row], group[links.col]
    kept = (np.minimum(row, column) >= 0) & (np.maximum(row, column) < groups)
    flat = np.bincount(row[kept] * groups + column[kept], weights=links.data[kept], minlength=groups * groups)
    return flat.reshape(groups, groups)


def within_and_between(ties: np.ndarray) -> tuple[int, int]:
    """Count the edges within groups, and those between them."""
    within = int(np.trace(ties))
    return within, int(ties.sum()) - within


def assortativity(ties: np.ndarray) -> float | None:
    """Measure whether edges stay within groups: 1 always, 0 as by chance, below 0 less than by chance."""
    if not ties.sum() or len(ties) < 2:
        return None
    mixing = ties / ties.sum()
    chance = float(mixing.sum(axis=0) @ mixing.sum(axis=1))
    return None if chance >= 1 else (float(np.trace(mixing)) - chance) / (1 - chance)


def reciprocity(weights: csr_array) -> float | None:
    """Return the share of edges that are answered by an edge back, nobody tied to themselves; None without any."""
    present = weights.astype(bool).tolil()
    present.setdiag(False)
    present = present.tocsr()
    return present.multiply(present.T).nnz / present.nnz if present.nnz else None


def closeness_of_ties(weights: csr_array) -> tuple[float, float]:
    """Return the mean share of tied pairs among the neighbours of a person, and the share among all such pairs."""
    from networkit.centrality import LocalClusteringCoefficient

    ties = undirected(weights)
    found = LocalClusteringCoefficient(_graph(ties, weighted=False))
    found.run()
    local, degree = np.asarray(found.scores()), np.diff(ties.indptr)
    pairs = degree * (degree - 1)  # of neighbours; the local share weighed by them is the share of all pairs
    return float(local.mean()), float(local @ pairs / max(pairs.sum(), 1))


def strong_components(weights: csr_array) -> np.ndarray:
    """Return the sizes of the groups whose members all reach each other along the direction of influence."""
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(weights, directed=True, connection="strong")
    return np.sort(np.bincount(label))[::-1]


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
    found = np.asarray(finder.getPartition().getVector(), dtype=np.int64)  # asked once: the second is empty
    _, first, group, count = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    label = np.argsort(np.lexsort((first, -count)))[group]  # groups of the same size by their first member
    total = float(ties.sum())
    if total == 0:
        return label, None
    links = ties.tocoo()
    inside = links.data[label[links.row] == label[links.col]].sum() / total
    degree = np.bincount(label, weights=np.asarray(ties.sum(axis=1)).ravel()) / total
    return label, float(inside - degree @ degree)


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
