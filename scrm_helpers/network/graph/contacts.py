"""Contacts with and without the firm: who talks to whom, and whether ties stay within groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.network.graph.tie_graph import FIRM, OUTSIDE, UNSIGNED, InfluenceGraph

if TYPE_CHECKING:
    from scipy.sparse import csr_array

UNGROUPED = "no groups are known"
WITHOUT_MESSAGES = (
    " Contacts by message cannot be seen, because the table interactions does not say who wrote a message and what it "
    "answers: give author_id and in_reply_to."
)


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
    code, names = pd.factorize(np.asarray(group), sort=False)
    links = weights.tocoo()
    row, column = code[links.row].astype(np.int64), code[links.col].astype(np.int64)
    known = (row >= 0) & (column >= 0)
    return row[known], column[known], len(names)


@dataclass(frozen=True, kw_only=True)
class Contacts(Answer):
    """Edges between people and with the firm, and within and between groups."""

    ABSENT = "There are no contacts to look at: {reason}."

    without_firm: Measure = unknown("ties_without_firm", "share")
    firm_index: Measure = unknown("firm_e_i_index", "ratio")
    group_index: Measure = unknown("group_e_i_index", "ratio")
    answered: Measure = unknown("reciprocity", "ratio")
    mixing: Measure = unknown("group_assortativity", "ratio")
    firm: Ties = Ties(0, 0, None)  # people among themselves, and with the firm
    group: Ties = Ties(0, 0, None)  # within and between the groups of people
    by_outside: int = 0  # ties of people with somebody who is not a customer
    people: int = 0
    group_name: str = "region"
    unsigned: bool = False  # whether messages do not say who wrote them

    @property
    def sentence(self) -> str:
        """The reading or why there is none, and what the messages do not tell."""
        return super().sentence + (WITHOUT_MESSAGES if self.unsigned else "")

    def words(self) -> Words:
        """How many ties are without the firm, answered, and within groups."""
        share, groups = numbers.percent(self.without_firm.value), self.group
        sentence = f"{share} of {numbers.plural(self.without_firm.n or 0, 'tie')} are between people, without the firm"
        if self.answered.value is not None:
            sentence += f"; {numbers.percent(self.answered.value)} of those are answered in kind"
        if groups.index is not None:
            within = numbers.percent(groups.within / (groups.within + groups.between))
            sentence += f", and {within} stay within the same {self.group_name} (E-I index "
            sentence += f"{numbers.points(groups.index, 2)})"
        known = self.group_index.reason != UNGROUPED
        lines: list[tuple[str, float | None]] = [
            ("Ties in all", self.without_firm.n),
            ("between people, without the firm", self.firm.within),
            ("of them with somebody who is not a customer", self.by_outside),
            (f"of them within the same {self.group_name}", groups.within if known else None),
            ("with the firm", self.firm.between),
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


def contact_balance(graph: InfluenceGraph, group: pd.Series | None = None, *, group_name: str = "region") -> Contacts:
    """Count who is in contact with whom: people with the firm, people among themselves, within and between groups.

    Parameters
    ----------
    graph : InfluenceGraph
        From :func:`influence_graph`.
    group : pandas.Series of str, optional
        Group of each person, indexed by person id; people without one are left out of the group figures.
    group_name : str
        What the groups are.

    Returns
    -------
    Contacts

    Notes
    -----
    E-I index (Krackhardt and Stern 1988): -1 when all ties lie within groups, +1 when all lie between. Its firm form
    says how far relations are about the firm (towards +1) or among customers (towards -1).
    """
    firm = external_internal(graph.weights, graph.role == FIRM)
    people, unsigned = graph.without_firm(), UNSIGNED in graph.left_out
    total = firm.within + firm.between
    if not total:
        nothing = unknown("ties_without_firm", "share", "there are no contacts")
        reason = "nobody acted on anybody's message or referral"
        return Contacts(reason=reason, without_firm=nothing, unsigned=unsigned)
    known = None if group is None else group.reindex(people.people).to_numpy(dtype=object)
    groups = external_internal(people.weights, known) if known is not None else Ties(0, 0, None)
    mixed = None if known is None else assortativity(people.weights, known)
    outside, links = people.role == OUTSIDE, people.weights.tocoo()
    inside, ties = groups.within + groups.between, people.weights.nnz
    return Contacts(
        without_firm=Measure(name="ties_without_firm", value=firm.within / total, unit="share", n=total),
        firm_index=_measure("firm_e_i_index", firm.index, total, "there are no ties"),
        group_index=_measure("group_e_i_index", groups.index, inside, UNGROUPED),
        answered=_measure("reciprocity", reciprocity(people.weights), ties, "there are no ties between people"),
        mixing=_measure("group_assortativity", mixed, ties, "there are fewer than two groups"),
        firm=firm,
        group=groups,
        by_outside=int(np.count_nonzero(outside[links.row] | outside[links.col])),
        people=len(graph),
        group_name=group_name,
        unsigned=unsigned,
    )


def _measure(name: str, value: float | None, n: int, reason: str) -> Measure:
    return Measure(name=name, value=value, unit="ratio", n=n, reason="" if value is not None else reason)
