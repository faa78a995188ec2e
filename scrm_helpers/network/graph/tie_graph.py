"""The influence graph, who acts on whose messages and referrals: who matters in it, its groups, and its balance.

Scores are NetworKit's, the same every run. PageRank and modularity are own code of a few lines: NetworKit's give other
last digits (3e-13, 1e-16), by which people of the same attention would change places. Ties between groups are own code
beside networkx, which needs a graph of Python objects: a million ties would take minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    from networkit import Graph
    from scipy.sparse import csr_array

FIRM = "the firm"
FIRM_ROLES = ("brand", "employee")
OUTSIDE = "not a customer"
CUSTOMER = "customer"
WITHOUT_MESSAGES = (
    " Contacts by message cannot be seen, because the table interactions does not say who wrote a message and what it "
    "answers: give author_id and in_reply_to."
)


@dataclass(frozen=True)
class InfluenceGraph:
    """People and the influence between them."""

    people: pd.Index  # ids, sorted; the firm (its brand accounts and all employees) is one node of this name
    role: np.ndarray  # "customer", "not a customer" or "the firm"
    weights: csr_array  # in row i and column j: how often person j acted on what person i wrote or offered
    unsigned: bool = False  # whether messages do not say who wrote them and what they answer

    def __len__(self) -> int:
        return len(self.people)

    def without_firm(self) -> InfluenceGraph:
        """Return the graph between people: the firm, its edges, and who had no others are left out."""
        links, keep = self.weights.tocoo(), self.role != FIRM
        between = keep[links.row] & keep[links.col]
        people = np.union1d(links.row[between], links.col[between])
        inside = self.weights[people][:, people].tocsr()
        return InfluenceGraph(self.people[people], self.role[people], inside, self.unsigned)


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
        Table *interactions*. Who replies acted on the message replied to; *brand* and *employee* are the firm. Without
        ``author_id`` and ``in_reply_to`` all messages are left out.
    forest : Forest, optional
        Adds an edge from the referrer to everybody referred, weighing its share.
    customers : pandas.Series of str
    as_of : str or Timestamp, optional

    Returns
    -------
    InfluenceGraph
        Of all people with at least one edge; a reply to oneself is none.

    Examples
    --------
    >>> messages = pd.DataFrame({"interaction_id": ["1", "2"], "author_id": ["A", "B"], "in_reply_to": [None, "1"],
    ...                          "author_role": ["customer", "other"]})
    >>> graph = influence_graph(messages, customers=pd.Series(["A"]))
    >>> graph.role.tolist(), graph.weights.toarray().tolist()
    (['customer', 'not a customer'], [[0.0, 1.0], [0.0, 0.0]])
    """
    from scipy.sparse import coo_array

    unsigned = interactions is not None and not {"author_id", "in_reply_to"} <= set(interactions)
    parts = [] if interactions is None or unsigned else [_replies(interactions, as_of)]
    if forest is not None:
        ends = {"source": forest.people[forest.referrer], "target": forest.people[forest.child]}
        parts.append(pd.DataFrame(ends | {"weight": forest.share}))
    nothing = pd.DataFrame({"source": [], "target": [], "weight": []})
    links = pd.concat(parts, ignore_index=True) if parts else nothing
    ends_in_turn = pd.concat([links["source"], links["target"]], ignore_index=True).astype("str")
    codes, seen = pd.factorize(ends_in_turn, sort=True)
    n, people = len(seen), pd.Index(seen, dtype="str")
    source, target = np.split(codes, 2)
    weights = coo_array((links["weight"].to_numpy(dtype=np.float64), (source, target)), shape=(n, n)).tocsr()
    weights.sum_duplicates()
    role = np.where(people.isin(customers), CUSTOMER, OUTSIDE)
    role[people == FIRM] = FIRM
    return InfluenceGraph(people, role, weights, unsigned)


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


@dataclass(frozen=True, kw_only=True)
class Contacts(Answer):
    """Edges between people and with the firm, and within and between regions."""

    ABSENT = "There are no contacts to look at: {reason}."

    without_firm: Measure = unknown("ties_without_firm", "share")
    firm_index: Measure = unknown("firm_e_i_index", "ratio")
    group_index: Measure = unknown("group_e_i_index", "ratio")
    answered: Measure = unknown("reciprocity", "ratio")
    mixing: Measure = unknown("group_assortativity", "ratio")
    firm: tuple[int, int] = (0, 0)  # ties among people, and with the firm
    group: tuple[int, int] = (0, 0)  # ties of people within and between regions
    by_outside: int = 0  # ties of people with somebody who is not a customer
    people: int = 0
    unsigned: bool = False  # whether messages do not say who wrote them

    @property
    def sentence(self) -> str:
        """The reading or why there is none, and what the messages do not tell."""
        return super().sentence + (WITHOUT_MESSAGES if self.unsigned else "")

    def words(self) -> Words:
        share, (inside, across) = numbers.percent(self.without_firm.value), self.group
        sentence = f"{share} of {numbers.plural(self.without_firm.n or 0, 'tie')} are between people, without the firm"
        if self.answered.value is not None:
            sentence += f"; {numbers.percent(self.answered.value)} of those are answered in kind"
        known = self.group_index.value is not None
        if known:
            stay, index = numbers.percent(inside / (inside + across)), numbers.points(self.group_index.value, 2)
            sentence += f", and {stay} stay within the same region (E-I index {index})"
        lines: list[tuple[str, float | None]] = [
            ("Ties in all", self.without_firm.n),
            ("between people, without the firm", self.firm[0]),
            ("of them with somebody who is not a customer", self.by_outside),
            ("of them within the same region", inside if known else None),
            ("with the firm", self.firm[1]),
        ]
        return Words(
            sentence=f"{sentence}.",
            table=pd.DataFrame(lines, columns=["Ties", "Number"]),
            formats={"Number": "count"},
            title=f"{share} of the ties are between people, without the firm",
            caption="Who is in contact with whom",
            note=(
                f"n = {numbers.plural(self.people, 'person', 'people')} with a tie, the firm counted as one. A tie: "
                "one person acted on another's message, or was brought by them."
            ),
        )


def contact_balance(graph: InfluenceGraph, region: pd.Series | None = None) -> Contacts:
    """Count who is in contact with whom: people with the firm, people among themselves, within and between regions.

    Parameters
    ----------
    graph : InfluenceGraph
    region : pandas.Series of str, optional
        Region of each person, indexed by person id; people without one are left out of the figures of regions.

    Returns
    -------
    Contacts

    Notes
    -----
    E-I index (Krackhardt and Stern 1988): -1 when all ties lie within groups, +1 when all lie between. Its firm form
    says how far relations are about the firm (towards +1) or among customers (towards -1).
    """
    firm, people = group_ties(graph.weights, graph.role == FIRM), graph.without_firm()
    total = int(firm.sum())
    if not total:
        nothing = unknown("ties_without_firm", "share", "there are no contacts")
        reason = "nobody acted on anybody's message or referral"
        return Contacts(reason=reason, without_firm=nothing, unsigned=graph.unsigned)
    known = (pd.Series(dtype=object) if region is None else region).reindex(people.people)
    groups, ties = group_ties(people.weights, known.to_numpy(dtype=object)), people.weights.nnz
    outside, links = people.role == OUTSIDE, people.weights.tocoo()
    firm_index, group_index = external_internal(firm), external_internal(groups)
    return Contacts(
        without_firm=Measure(name="ties_without_firm", value=int(np.trace(firm)) / total, unit="share", n=total),
        firm_index=_measure("firm_e_i_index", firm_index, total, "there are no ties"),
        group_index=_measure("group_e_i_index", group_index, int(groups.sum()), "no groups are known"),
        answered=_measure("reciprocity", reciprocity(people.weights), ties, "there are no ties between people"),
        mixing=_measure("group_assortativity", assortativity(groups), ties, "there are fewer than two groups"),
        firm=_within_and_between(firm),
        group=_within_and_between(groups),
        by_outside=int(np.count_nonzero(outside[links.row] | outside[links.col])),
        people=len(graph),
        unsigned=graph.unsigned,
    )


def _measure(name: str, value: float | None, n: int, reason: str) -> Measure:
    return Measure(name=name, value=value, unit="ratio", n=n, reason="" if value is not None else reason)


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


def _within_and_between(ties: np.ndarray) -> tuple[int, int]:
    within = int(np.trace(ties))
    return within, int(ties.sum()) - within


def external_internal(ties: np.ndarray) -> float | None:
    """Return how many more edges are between groups than within, as a share of all; None where there is none."""
    within, between = _within_and_between(ties)
    return (between - within) / (within + between) if within + between else None


def assortativity(ties: np.ndarray) -> float | None:
    """Measure whether edges stay within groups: 1 always, 0 as by chance, below 0 less than by chance."""
    if not ties.sum() or len(ties) < 2:
        return None
    mixing = ties / ties.sum()
    chance = float(mixing.sum(axis=0) @ mixing.sum(axis=1))
    return None if chance >= 1 else (float(np.trace(mixing)) - chance) / (1 - chance)


def reciprocity(weights: csr_array) -> float | None:
    """Return the share of edges that are answered by an edge back; None where there is no edge."""
    present = weights.astype(bool)
    return present.multiply(present.T).nnz / present.nnz if present.nnz else None


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
