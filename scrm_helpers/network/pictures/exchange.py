"""Out to Gephi: the part of a forest that may be handed on, as a networkx graph and as GEXF."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Shareable:
    """A part of a forest that can be handed on, and what is not in it."""

    graph: nx.DiGraph  # the part, with pseudonyms in place of ids and the first day of the month in place of days
    cascades: int  # cascades in it
    description: str  # what is in it and what is left out


def shareable(
    forest: Forest, rename: Callable[[Iterable[str]], Iterable[str]], *, min_group: int = 5, most: int = 50_000
) -> Shareable:
    """Take the largest cascades of a forest and hide who is in them."""
    size = np.bincount(forest.root, minlength=len(forest))
    order = np.argsort(-size, kind="stable")
    order = order[(size[order] >= max(min_group, 2)) & (size[order] <= most)]
    chosen = order[np.cumsum(size[order]) <= most]
    graph = _hidden(forest, np.isin(forest.root, chosen), rename)
    text = (
        f"Credited referrals between {numbers.plural(len(graph), 'person', 'people')} in "
        f"{numbers.plural(len(chosen), 'cascade')}; pseudonyms, and the first day of the month in place of the day."
    )
    if left_out := int(np.count_nonzero(size > 1)) - len(chosen):
        text += (
            f" {numbers.plural(left_out, 'cascade')} {'is' if left_out == 1 else 'are'} left out: those of fewer than "
            f"{min_group} people, and what goes beyond {numbers.count(most)} people."
        )
    return Shareable(graph, len(chosen), text)


def _hidden(forest: Forest, inside: np.ndarray, rename: Callable[[Iterable[str]], Iterable[str]]) -> nx.DiGraph:
    """Draw up some people under pseudonyms, in the order of these, and who of them referred whom in which month."""
    import networkx as nx

    name = pd.Series(list(rename(forest.people[inside])), np.flatnonzero(inside), dtype="str")
    people = pd.DataFrame({"generation": forest.generation[inside], "is_customer": forest.is_customer[inside]}, name)
    ties = inside[forest.child] & inside[forest.referrer]
    month = pd.Series(forest.referred_on[ties].astype("datetime64[M]").astype("datetime64[us]"))
    links = pd.DataFrame(
        {
            "source": name[forest.referrer[ties]].to_numpy(),
            "target": name[forest.child[ties]].to_numpy(),
            "weight": forest.share[ties],
            "referred_on": month.dt.strftime("%Y-%m-%d"),
        }
    ).sort_values(["target", "source"])
    graph = nx.DiGraph()
    graph.add_nodes_from(people.sort_index().to_dict("index").items())
    known = links[["weight", "referred_on"]].to_dict("records")
    graph.add_edges_from(zip(links["source"], links["target"], known, strict=True))
    return graph


def write_gexf(graph: nx.DiGraph, path: Path, *, description: str = "") -> Path:
    """Write GEXF for Gephi; the same graph gives the same bytes.

    The description stands where networkx stamps the day of writing: the kit never asks the clock.
    """
    import networkx as nx

    meta = f"\n  <meta>\n    <description>{html.escape(description)}</description>\n  </meta>" if description else ""
    stamp = re.compile(r'\s*<meta lastmodifieddate="[^"]*">.*?</meta>', flags=re.DOTALL)
    text = stamp.sub(lambda _: meta, "\n".join(nx.generate_gexf(graph)), count=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path
