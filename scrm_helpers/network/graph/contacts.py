"""Contacts with and without the firm: who talks to whom, and whether ties stay within groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.network.graph.tie_graph import FIRM, OUTSIDE, UNSIGNED, InfluenceGraph

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


@dataclass(frozen=True, kw_only=True)
class Contacts(Result):
    """Edges between people and with the firm, and within and between groups."""

    without_firm: int  # edges between people
    with_firm: int  # edges with the firm at one end
    firm: Ties  # E-I index of firm against people
    group: Ties  # E-I index of the groups, between people


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
    is_firm = graph.role == FIRM
    firm = external_internal(graph.weights, is_firm)
    people = graph.without_firm()
    known = None if group is None else group.reindex(people.people).to_numpy(dtype=object)
    groups = external_internal(people.weights, known) if known is not None else Ties(0, 0, None)
    total = firm.within + firm.between
    if not total:
        return Contacts(
            sentence="There are no contacts to look at: nobody acted on anybody's message or referral."
            + _without_messages(graph),
            table=pd.DataFrame(),
            measures=(Measure(name="ties_without_firm", value=None, unit="share", reason="there are no contacts"),),
            without_firm=0,
            with_firm=0,
            firm=firm,
            group=groups,
        )
    answered = reciprocity(people.weights)
    mixed = None if known is None else assortativity(people.weights, known)
    outside = people.role == OUTSIDE
    links = people.weights.tocoo()
    by_outside = int(np.count_nonzero(outside[links.row] | outside[links.col]))
    share = firm.within / total
    lines: list[tuple[str, float | None]] = [
        ("Ties in all", total),
        ("between people, without the firm", firm.within),
        ("of them with somebody who is not a customer", by_outside),
        ("of them within the same " + group_name, groups.within if known is not None else None),
        ("with the firm", firm.between),
    ]
    return Contacts(
        sentence=_sentence(share, total, groups, answered, group_name) + _without_messages(graph),
        table=pd.DataFrame(lines, columns=["Ties", "Number"]),
        title=f"{numbers.percent(share)} of the ties are between people, without the firm",
        caption="Who is in contact with whom",
        note=(
            f"n = {numbers.plural(len(graph), 'person', 'people')} with a tie, the firm counted as one. A tie: one "
            "person acted on another's message, or was brought by them."
        ),
        formats={"Number": "count"},
        measures=(
            Measure(name="ties_without_firm", value=share, unit="share", n=total),
            _measure("firm_e_i_index", firm.index, total, "there are no ties"),
            _measure("group_e_i_index", groups.index, groups.within + groups.between, "no groups are known"),
            _measure("reciprocity", answered, people.weights.nnz, "there are no ties between people"),
            _measure("group_assortativity", mixed, people.weights.nnz, "there are fewer than two groups"),
        ),
        without_firm=firm.within,
        with_firm=firm.between,
        firm=firm,
        group=groups,
    )


def _sentence(share: float, total: int, groups: Ties, answered: float | None, group_name: str) -> str:
    text = f"{numbers.percent(share)} of {numbers.plural(total, 'tie')} are between people, without the firm"
    if answered is not None:
        text += f"; {numbers.percent(answered)} of those are answered in kind"
    if groups.index is not None:
        within = groups.within / (groups.within + groups.between)
        text += f", and {numbers.percent(within)} stay within the same {group_name} (E-I index "
        text += f"{numbers.points(groups.index, 2)})"
    return text + "."


def _without_messages(graph: InfluenceGraph) -> str:
    if UNSIGNED not in graph.left_out:
        return ""
    return (
        " Contacts by message cannot be seen, because the table interactions does not say who wrote a message and what "
        "it answers: give author_id and in_reply_to."
    )


def _measure(name: str, value: float | None, n: int, reason: str) -> Measure:
    return Measure(name=name, value=value, unit="ratio", n=n, reason="" if value is not None else reason)
