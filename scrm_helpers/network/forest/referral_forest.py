"""The referral forest: who was brought by whom, from a table of referrals with all its faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.network.forest import ancestors
from scrm_helpers.network.forest.ancestors import NOBODY, climb
from scrm_helpers.network.forest.codes import MISSING, encode

Rule = Literal["first", "last", "split"]
RULES: tuple[Rule, ...] = ("first", "last", "split")

# Why a row is not an edge of the forest, in the order in which rows are sorted out.
LEFT_OUT = {
    "missing_id": "no referrer or no referred person",
    "later": "after the day of the report",
    "not_converted": "did not become a customer",
    "self_referral": "referred themselves",
    "unknown_person": "became a customer, but is not among the customers",
    "already_customer": "was a customer before the referral",
    "too_early": "referrer had not joined yet",
    "repeated": "same referral again",
    "other_referrer": "another referrer is credited",
    "cycle": "closes a ring of people who referred one another",
}
# What stays in the forest, but a reader should know.
FLAGS = {
    "several_referrers": "referred people with several referrers",
    "early_referral": "referrals made before the referrer joined",
    "outside_referrer": "referrers who are not customers",
}


@dataclass(frozen=True)
class Forest:
    """People and who brought them, as flat arrays; positions index `people`.

    Parameters
    ----------
    people : pandas.Index
        Ids: the customers in the order given, then referrers who are not customers, sorted.
    is_customer : ndarray of bool, shape (n,)
        Whether a person is a customer.
    parent : ndarray of int, shape (n,)
        Position of the credited referrer, -1 for nobody. Under the rule ``"split"`` the first referrer.
    root, generation : ndarray of int, shape (n,)
        The person at the top of the tree, and how many referrals below it a person is (0 at the top).
    child, referrer : ndarray of int, shape (m,)
        Ends of the credited referrals, ordered by `child`.
    share : ndarray of float, shape (m,)
        Credit of the referral; the shares of one child sum to one.
    referred_on : ndarray of datetime64, shape (m,)
        Day of the credited referral.
    rule : {"first", "last", "split"}
        Who is credited when several people referred the same person.
    left_out : dict of str to int
        Rows that are no edge, by reason (see ``LEFT_OUT``).
    flags : dict of str to int
        What was kept and is worth knowing (see ``FLAGS``).
    rows : int
        Rows read: ``len(child) + sum(left_out.values())``.
    """

    people: pd.Index
    is_customer: np.ndarray
    parent: np.ndarray
    root: np.ndarray
    generation: np.ndarray
    child: np.ndarray
    referrer: np.ndarray
    share: np.ndarray
    referred_on: np.ndarray
    rule: Rule
    left_out: dict[str, int]
    flags: dict[str, int]
    rows: int

    def __len__(self) -> int:
        return len(self.people)

    @property
    def unseen(self) -> str:
        """Why nothing is known of whom referrals brought, which is something else than nobody; empty when known."""
        strangers = self.left_out.get("unknown_person", 0)
        if len(self.child) or not strangers:
            return ""
        return (
            f"none of the {strangers:,} referrals that brought somebody names a customer; referred_id must be the "
            "customer_id of who came"
        )


def build_forest(
    referrals: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    *,
    as_of: str | pd.Timestamp | None = None,
    rule: Rule = "first",
    early: Literal["keep", "leave_out"] = "keep",
) -> Forest:
    """Turn a table of referrals into a forest, every row either an edge or left out for a reason that is counted.

    Parameters
    ----------
    referrals : pandas.DataFrame
        ``referrer_id``, ``referred_id``, ``referred_on``; with ``converted_on`` only those who became customers
        count, without it every row does.
    customers : pandas.DataFrame, optional
        ``customer_id`` and, where known, ``joined_on``. Without it everybody in `referrals` is taken as a customer.
    as_of : str or Timestamp, optional
        Referrals and conversions after this day are left out.
    rule : {"first", "last", "split"}
        Who is credited when several people referred the same person: the first, the last (by day, then by id), or
        all of them in equal shares.
    early : {"keep", "leave_out"}
        What to do with a referral made before its referrer joined: credit it and flag it, or leave it out (for
        causal questions, where time must run forward).

    Returns
    -------
    Forest

    Raises
    ------
    Refusal
        When a column is missing or an id occurs twice among the customers.
    ValueError
        When the rule is unknown.

    Notes
    -----
    A ring (A brought B, B brought A) cannot be true; its latest referral is left out, so that the rest stands.

    Examples
    --------
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B", "C"], "referred_id": ["B", "C", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-02"])})
    >>> forest = build_forest(rows)
    >>> forest.generation.tolist(), forest.left_out
    ([0, 1, 2], {'self_referral': 1})
    """
    _check(referrals, customers, rule, early)
    people, known, source, target = encode(referrals, customers)
    day = _days(referrals["referred_on"])
    edges = _Edges(source, target, day)
    limit = None if as_of is None else np.datetime64(pd.Timestamp(as_of), "us")
    edges.drop("missing_id", (source == MISSING) | (target == MISSING))
    if limit is not None:
        edges.drop("later", day > limit)
    edges.drop("not_converted", ~_converted(referrals, limit))
    edges.drop("self_referral", source == target)
    if customers is not None:
        edges.drop("unknown_person", (target >= known) | (target < 0))
        _use_joining(edges, customers, known, early)
    edges.tidy(people)
    several = edges.credit(rule)
    if several:
        edges.flags["several_referrers"] = several
    if rule == "split":
        edges.break_cycles(len(people))
    parent = edges.parents(len(people))
    root, generation, endless = climb(parent)
    if len(endless):
        edges.break_cycles(len(people))
        parent = edges.parents(len(people))
        root, generation, _ = climb(parent)
    referrer = edges.source[edges.row]
    if outside := len(np.unique(referrer[referrer >= known])):
        edges.flags["outside_referrer"] = outside
    child = edges.target[edges.row]
    return Forest(
        people=people,
        is_customer=np.arange(len(people)) < known,
        parent=parent,
        root=root,
        generation=generation,
        child=child,
        referrer=referrer,
        share=1.0 / np.bincount(child, minlength=len(people))[child] if rule == "split" else np.ones(len(child)),
        referred_on=day[edges.row],
        rule=rule,
        left_out=edges.left_out,
        flags=edges.flags,
        rows=len(referrals),
    )


class _Edges:
    """Rows that are still edges, and what became of the others."""

    def __init__(self, source: np.ndarray, target: np.ndarray, day: np.ndarray) -> None:
        self.source, self.target, self.day = source, target, day
        self.kept = np.ones(len(source), dtype=bool)
        self.left_out: dict[str, int] = {}
        self.flags: dict[str, int] = {}
        self.row = np.zeros(0, dtype=np.int64)

    def drop(self, reason: str, which: np.ndarray) -> None:
        """Leave out the rows `which` that were still in."""
        number = int(np.count_nonzero(which & self.kept))
        if number:
            self.left_out[reason] = number
            self.kept &= ~which

    def tidy(self, people: pd.Index) -> None:
        """Order the rows by child, day and referrer id, and leave out a referral that is there again."""
        rows = np.flatnonzero(self.kept)
        child = self.target[rows]
        count = np.bincount(child, minlength=len(people))
        single = count[child] == 1
        self.row = np.empty(len(rows), dtype=np.int64)
        self.row[(np.cumsum(count) - count)[child[single]]] = rows[single]
        some = rows[~single]
        if len(some):  # only people with several rows need sorting, and the referrer's id to decide within a day
            rank = np.unique(people[self.source[some]].to_numpy(dtype=object), return_inverse=True)[1]
            some = some[np.lexsort((rank, self.day[some], self.target[some]))]
            self.row[np.repeat(count > 1, count)] = some
            again = pd.DataFrame({"child": self.target[some], "by": self.source[some]}).duplicated().to_numpy()
            self.drop_rows("repeated", some[again])

    def drop_rows(self, reason: str, rows: np.ndarray) -> None:
        """Leave out rows by their number."""
        if len(rows):
            self.left_out[reason] = self.left_out.get(reason, 0) + len(rows)
            self.kept[rows] = False
            self.row = self.row[self.kept[self.row]]

    def credit(self, rule: Rule) -> int:
        """Choose the credited rows of each child by the rule; return how many children had several referrers."""
        child = self.target[self.row]
        opens = np.ones(len(child), dtype=bool)
        opens[1:] = child[1:] != child[:-1]
        several = len(child) - int(opens.sum())
        if rule != "split" and several:
            closes = np.append(opens[1:], True)
            chosen = opens if rule == "first" else closes
            self.drop_rows("other_referrer", self.row[~chosen])
        return int(np.count_nonzero(opens[:-1] & ~opens[1:])) if several else 0

    def break_cycles(self, people: int) -> None:
        """Leave out the latest referral of every ring, until no ring is left."""
        broken = ancestors.latest_in_rings(self.target[self.row], self.source[self.row], self.day[self.row], people)
        if len(broken):
            self.drop_rows("cycle", self.row[broken])

    def parents(self, people: int) -> np.ndarray:
        """Return the position of everybody's first credited referrer, -1 for nobody."""
        child = self.target[self.row]
        first = np.ones(len(child), dtype=bool)
        first[1:] = child[1:] != child[:-1]
        parent = np.full(people, NOBODY, dtype=child.dtype)
        parent[child[first]] = self.source[self.row[first]]
        return parent


def _check(referrals: pd.DataFrame, customers: pd.DataFrame | None, rule: str, early: str) -> None:
    missing = [name for name in ("referrer_id", "referred_id", "referred_on") if name not in referrals]
    if missing:
        raise Refusal(
            f"The referrals have no column {', '.join(missing)}. Without it nobody can be credited. "
            "Give referrer_id, referred_id and referred_on."
        )
    if customers is not None and "customer_id" not in customers:
        raise Refusal("The customers have no column customer_id. Without it nobody can be looked up. Give it.")
    for name, value, allowed in (("rule", rule, RULES), ("early", early, ("keep", "leave_out"))):
        if value not in allowed:
            raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")


def _days(column: pd.Series) -> np.ndarray:
    return column.to_numpy().astype("datetime64[us]")


def _converted(referrals: pd.DataFrame, limit: np.datetime64 | None) -> np.ndarray:
    if "converted_on" in referrals:
        when = _days(referrals["converted_on"])
        became = ~np.isnat(when)
        return became if limit is None else became & (when <= limit)
    return np.ones(len(referrals), dtype=bool)


def _use_joining(edges: _Edges, customers: pd.DataFrame, known: int, early: str) -> None:
    """Compare the day of the referral with the days on which both joined, where these are known."""
    if "joined_on" not in customers:
        return
    joined = np.append(_days(customers["joined_on"]), np.datetime64("NaT", "us"))
    target, source = (np.where(ends < 0, known, np.minimum(ends, known)) for ends in (edges.target, edges.source))
    edges.drop("already_customer", joined[target] < edges.day)
    before = joined[source] > edges.day
    if early == "leave_out":
        edges.drop("too_early", before)
    elif (count := int(np.count_nonzero(before & edges.kept))) > 0:
        edges.flags["early_referral"] = count
