"""The referral forest: who was brought by whom, from a table of referrals with all its faults."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal
from scrm_helpers.stats.tree_sums import climb
from scrm_helpers.tables.values.identity import rows_of, within_rings

Rule = Literal["first", "last", "split"]
NOBODY = -1  # in place of a referrer
MISSING, STRANGER = -1, -2  # in place of the position of an id: none given, none known

LEFT_OUT = {  # why a row is not an edge of the forest, in the order in which rows are sorted out
    "missing_id": "no referrer or no referred person",
    "later": "after the day of the report",
    "not_converted": "did not become a customer",
    "self_referral": "referred themselves",
    "unknown_person": "became a customer, but is not among the customers",
    "already_customer": "was a customer before the referral",
    "repeated": "same referral again",
    "other_referrer": "another referrer is credited",
    "cycle": "closes a ring of people who referred one another",
}
FLAGS = {  # what stays in the forest, but a reader should know
    "several_referrers": "referred people with several referrers",
    "early_referral": "referrals made before the referrer joined",
    "outside_referrer": "referrers who are not customers",
}


@dataclass(frozen=True)
class Forest:
    """People and who brought them, as flat arrays: one entry per person, or per credited referral, by child."""

    people: pd.Index  # ids: the customers in the order given, then referrers who are not customers, sorted
    is_customer: np.ndarray
    parent: np.ndarray  # position of the credited referrer, -1 for nobody; under the rule "split" the first
    root: np.ndarray  # position of the person at the top of the tree
    generation: np.ndarray  # how many referrals below the top
    child: np.ndarray  # position of who was referred, per credited referral, ascending
    referrer: np.ndarray
    share: np.ndarray  # credit of the referral; the shares of one child sum to one
    referred_on: np.ndarray
    rule: Rule  # who is credited when several people referred the same person
    left_out: dict[str, int]  # rows that are no edge, by reason (see `LEFT_OUT`)
    flags: dict[str, int]  # what was kept and is worth knowing (see `FLAGS`)
    rows: int  # rows read: the edges and those left out

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
) -> Forest:
    """Turn a table of referrals into a forest, every row either an edge or left out for a reason that is counted.

    Parameters
    ----------
    referrals : pandas.DataFrame
        ``referrer_id``, ``referred_id``, ``referred_on``; where there is ``converted_on`` only rows with it count.
    customers : pandas.DataFrame, optional
        ``customer_id`` and, where known, ``joined_on``. Without it everybody in `referrals` is taken as a customer.
    as_of : str or Timestamp, optional, referrals and conversions after this day are left out
    rule : {"first", "last", "split"}
        Who is credited of several referrers: the first, the last (by day, then by id), or all in equal shares.

    Returns
    -------
    Forest

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
    if missing := [name for name in ("referrer_id", "referred_id", "referred_on") if name not in referrals]:
        raise Refusal(
            f"The referrals have no column {', '.join(missing)}. Without it nobody can be credited. "
            "Give referrer_id, referred_id and referred_on."
        )
    if rule not in get_args(Rule):
        raise ValueError(f"rule is {rule!r}; it must be one of {', '.join(get_args(Rule))}.")
    people, known, source, target = encode(referrals, customers)
    edges = _Edges(source, target, _days(referrals["referred_on"]))
    limit = None if as_of is None else np.datetime64(pd.Timestamp(as_of), "us")
    edges.drop("missing_id", (source == MISSING) | (target == MISSING))
    if limit is not None:
        edges.drop("later", edges.day > limit)
    if "converted_on" in referrals:
        when = _days(referrals["converted_on"])
        edges.drop("not_converted", np.isnat(when) if limit is None else ~(when <= limit))
    edges.drop("self_referral", source == target)
    if customers is not None:
        edges.drop("unknown_person", (target >= known) | (target < 0))
    if customers is not None and "joined_on" in customers:
        edges.compare_joining(_days(customers["joined_on"]))
    edges.tidy(people)
    edges.credit(rule)
    if rule == "split":
        edges.break_cycles(len(people))
    parent = edges.parents(len(people))
    root, generation, endless = climb(parent)
    if len(endless):
        edges.break_cycles(len(people))
        parent = edges.parents(len(people))
        root, generation, _ = climb(parent)
    child, referrer = edges.target[edges.row], edges.source[edges.row]
    if outside := len(np.unique(referrer[referrer >= known])):
        edges.flags["outside_referrer"] = outside
    return Forest(
        people=people,
        is_customer=np.arange(len(people)) < known,
        parent=parent,
        root=root,
        generation=generation,
        child=child,
        referrer=referrer,
        share=1.0 / np.bincount(child, minlength=len(people))[child] if rule == "split" else np.ones(len(child)),
        referred_on=edges.day[edges.row],
        rule=rule,
        left_out=edges.left_out,
        flags=edges.flags,
        rows=len(referrals),
    )


def encode(referrals: pd.DataFrame, customers: pd.DataFrame | None) -> tuple[pd.Index, int, np.ndarray, np.ndarray]:
    """Number the people, customers first, and write both ends of every referral as numbers."""
    first, second = (referrals[end].astype("str") for end in ("referrer_id", "referred_id"))
    if customers is None:
        listed = pd.Index(np.sort(pd.concat([first, second]).dropna().unique()), dtype="str")
    else:
        listed = pd.Index(customers["customer_id"], dtype="str", name=None)
    known = len(listed)
    if listed.nunique() < known:
        twice = str(listed[listed.duplicated()][0])
        raise Refusal(
            f"Customer {twice!r} occurs twice among the customers. Their value would count double. Keep one row."
        )
    source, target = np.split(np.array(rows_of(pd.concat([first, second], ignore_index=True), listed.to_series())), 2)
    strange = (source < 0) & first.notna().to_numpy()
    others = pd.Index(np.sort(first[strange].unique()), dtype="str")
    source[strange] = known + others.get_indexer(pd.Index(first[strange]))
    strange = (target < 0) & second.notna().to_numpy()
    found = others.get_indexer(pd.Index(second[strange]))
    target[strange] = np.where(found < 0, STRANGER, known + found)
    return listed.append(others), known, source, target


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
        self.drop_rows(reason, np.flatnonzero(which & self.kept))

    def compare_joining(self, joined: np.ndarray) -> None:
        """Compare the day of the referral with the days on which both joined, of the first so many people."""
        last, days = len(joined), np.append(joined, np.datetime64("NaT", "us"))
        source, target = (days[np.where(ends < 0, last, np.minimum(ends, last))] for ends in (self.source, self.target))
        self.drop("already_customer", target < self.day)
        if early := int(np.count_nonzero((source > self.day) & self.kept)):
            self.flags["early_referral"] = early

    def tidy(self, people: pd.Index) -> None:
        """Order the rows by child, day and referrer id, and leave out a referral that is there again."""
        rows = np.flatnonzero(self.kept)
        self.row = rows[np.argsort(self.target[rows], kind="stable")]
        child = self.target[self.row]
        several = np.bincount(child, minlength=len(people))[child] > 1
        some = self.row[several]  # of which day and the referrer's id decide
        rank = np.unique(people[self.source[some]].to_numpy(dtype=object), return_inverse=True)[1]
        self.row[several] = some = some[np.lexsort((rank, self.day[some], self.target[some]))]
        again = pd.DataFrame({"child": self.target[some], "by": self.source[some]}).duplicated().to_numpy()
        self.drop_rows("repeated", some[again])

    def drop_rows(self, reason: str, rows: np.ndarray) -> None:
        """Leave out rows by their number."""
        if len(rows):
            self.left_out[reason] = self.left_out.get(reason, 0) + len(rows)
            self.kept[rows] = False
            self.row = self.row[self.kept[self.row]]

    def credit(self, rule: Rule) -> None:
        """Keep the credited rows of each child by the rule, and count the children who had several referrers."""
        child = self.target[self.row]
        if several := int(np.count_nonzero(np.bincount(child) > 1)):
            self.flags["several_referrers"] = several
            if rule != "split":
                self.drop_rows("other_referrer", self.row[pd.Series(child).duplicated(keep=rule).to_numpy()])

    def break_cycles(self, people: int) -> None:
        """Leave out the latest referral of every ring, until no ring is left."""
        row = self.row
        child, referrer, day = self.target[row], self.source[row], self.day[row]
        inside, ring = within_rings(np.arange(len(row)), child, referrer, people)
        while len(inside):
            order = np.lexsort((inside, day[inside], ring))
            latest = inside[order[~pd.Series(ring[order]).duplicated(keep="last").to_numpy()]]
            self.drop_rows("cycle", row[latest])
            inside, ring = within_rings(np.setdiff1d(inside, latest, assume_unique=True), child, referrer, people)

    def parents(self, people: int) -> np.ndarray:
        """Return the position of everybody's first credited referrer, -1 for nobody."""
        parent = np.full(people, NOBODY, dtype=self.source.dtype)
        backwards = self.row[::-1]  # of several entries the last stays, here the first referrer
        parent[self.target[backwards]] = self.source[backwards]
        return parent


def _days(column: pd.Series) -> np.ndarray:
    return column.to_numpy().astype("datetime64[us]")
