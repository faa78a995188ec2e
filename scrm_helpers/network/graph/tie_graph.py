"""The influence graph: who acts on whose messages and referrals, weighted and directed, as a sparse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    from scipy.sparse import csr_array


FIRM = "the firm"
FIRM_ROLES = ("brand", "employee")
OUTSIDE = "not a customer"
CUSTOMER = "customer"
UNSIGNED = "message that does not say who wrote it or what it answers"


@dataclass(frozen=True)
class InfluenceGraph:
    """People and the influence between them."""

    people: pd.Index  # ids, sorted; the firm (its brand accounts and all employees) is one node of this name
    role: np.ndarray  # "customer", "not a customer" or "the firm"
    weights: csr_array  # in row i and column j: how often person j acted on what person i wrote or offered
    left_out: dict[str, int]  # rows that are no edge, by reason

    def __len__(self) -> int:
        return len(self.people)

    @property
    def edges(self) -> pd.DataFrame:
        """Edges as a table: ``source``, ``target`` (ids) and ``weight``, by source and target."""
        links = self.weights.tocoo()
        return pd.DataFrame({"source": self.people[links.row], "target": self.people[links.col], "weight": links.data})

    def only(self, keep: np.ndarray) -> InfluenceGraph:
        """Return the graph of the people for whom `keep` is true, and of those of them who still have an edge."""
        inside = self.weights[keep][:, keep]
        linked = (np.diff(inside.indptr) > 0) | (np.bincount(inside.indices, minlength=inside.shape[0]) > 0)
        place = np.flatnonzero(keep)[linked]
        return InfluenceGraph(
            self.people[place], self.role[place], inside[linked][:, linked].tocsr(), dict(self.left_out)
        )

    def without_firm(self) -> InfluenceGraph:
        """Return the graph between people: the firm and its edges are left out."""
        return self.only(self.role != FIRM)


def influence_graph(
    interactions: pd.DataFrame | None,
    forest: Forest | None = None,
    *,
    customers: pd.Series | None = None,
    as_of: str | pd.Timestamp | None = None,
    referral_weight: float = 1.0,
) -> InfluenceGraph:
    """Build the graph of who acts on whom from replies to messages and from referrals that brought a customer.

    Parameters
    ----------
    interactions : pandas.DataFrame or None
        Table *interactions*: ``interaction_id``, ``author_id``, ``author_role``, ``in_reply_to``, ``occurred_on``.
        Somebody who replies acted on the message replied to; ``author_role`` *brand* and *employee* are the firm.
        Without the columns ``author_id`` and ``in_reply_to`` all messages are left out and counted.
    forest : Forest, optional
        Adds an edge from the referrer to everybody referred, weighing `referral_weight` times its share.
    customers : pandas.Series of str, optional
        Ids of customers; without it the authors in the role *customer* and the customers of the forest.
    as_of : str or Timestamp, optional
        Messages after this day are left out.
    referral_weight : float
        Weight of a referral in messages acted on, above 0.

    Returns
    -------
    InfluenceGraph
        Of all people with at least one edge. People who reply to themselves are left out and counted.

    Examples
    --------
    >>> messages = pd.DataFrame({"interaction_id": ["1", "2"], "author_id": ["A", "B"], "in_reply_to": [None, "1"],
    ...                          "author_role": ["customer", "other"]})
    >>> influence_graph(messages).edges.to_dict("records")
    [{'source': 'A', 'target': 'B', 'weight': 1.0}]
    """
    from scipy.sparse import coo_array

    known = set() if customers is None else set(customers)
    parts: list[pd.DataFrame] = []
    left_out: dict[str, int] = {}
    if interactions is not None:
        replies, authors = _replies(interactions, as_of, left_out)
        parts.append(replies)
        known |= authors if customers is None else set()
    if forest is not None:
        ends = {"source": forest.people[forest.referrer], "target": forest.people[forest.child]}
        parts.append(pd.DataFrame(ends | {"weight": referral_weight * forest.share}))
        known |= set(forest.people[forest.is_customer]) if customers is None else set()
    links = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"source": [], "target": [], "weight": []})
    codes, seen = pd.factorize(
        pd.concat([links["source"], links["target"]], ignore_index=True).astype("str"), sort=True
    )
    people = pd.Index(seen, dtype="str")
    n = len(people)
    source, target = codes[: len(links)], codes[len(links) :]
    weights = coo_array((links["weight"].to_numpy(dtype=np.float64), (source, target)), shape=(n, n)).tocsr()
    weights.sum_duplicates()
    role = np.where(people.isin(list(known)), CUSTOMER, OUTSIDE)
    role[people == FIRM] = FIRM
    return InfluenceGraph(people, role, weights, left_out)


def _replies(
    interactions: pd.DataFrame, as_of: str | pd.Timestamp | None, left_out: dict[str, int]
) -> tuple[pd.DataFrame, set[str]]:
    """Return one row per reply (who was replied to, who replied) and the ids of the authors who are customers."""
    if "author_id" not in interactions or "in_reply_to" not in interactions:
        left_out[UNSIGNED] = len(interactions)
        return pd.DataFrame({"source": [], "target": [], "weight": []}), set()
    author = interactions["author_id"].astype("str")
    role = interactions.get("author_role", pd.Series("customer", interactions.index))
    person = author.mask(role.isin(FIRM_ROLES), FIRM).to_numpy()
    place = pd.Index(interactions["interaction_id"]).get_indexer(pd.Index(interactions["in_reply_to"]))
    reply = interactions["in_reply_to"].notna().to_numpy(copy=True)
    reasons = {"reply to a message that is not there": reply & (place < 0)}
    if as_of is not None:
        reasons["after the day of the report"] = reply & (interactions["occurred_on"] > pd.Timestamp(as_of)).to_numpy()
    reasons["no author"] = reply & (author.isna().to_numpy() | author.isna().to_numpy()[place])
    reasons["replied to themselves"] = reply & (person == person[place])
    for reason, which in reasons.items():
        if number := int(np.count_nonzero(reply & which)):
            left_out[reason] = number
            reply &= ~which
    links = pd.DataFrame({"source": person[place[reply]], "target": person[reply], "weight": 1.0})
    return links, set(author[role == "customer"].dropna())
