"""In from and out to what people know: pandas edge lists, networkx graphs, GEXF and GraphML for Gephi."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.graph.tie_graph import InfluenceGraph

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Shareable:
    """A part of a forest that can be handed on, and what is not in it."""

    forest: Forest  # the part, with pseudonyms in place of ids and the first day of the month in place of days
    cascades: int  # cascades in it, and cascades of the whole forest that are not
    left_out: int  # cascades in it, and cascades of the whole forest that are not
    description: str  # both in words


def shareable(
    forest: Forest, rename: Callable[[Iterable[str]], Iterable[str]], *, min_group: int = 5, most: int = 50_000
) -> Shareable:
    """Take the largest cascades of a forest and hide who is in them."""
    size = np.bincount(forest.root, minlength=len(forest))
    order = np.argsort(-size, kind="stable")
    order = order[(size[order] >= max(min_group, 2)) & (size[order] <= most)]
    chosen = order[np.cumsum(size[order]) <= most]
    inside = np.isin(forest.root, chosen)
    part = _part(forest, np.flatnonzero(inside), rename)
    left_out = int(np.count_nonzero(size > 1)) - len(chosen)
    return Shareable(part, len(chosen), left_out, _in_words(part, len(chosen), left_out, min_group, most))


def _part(forest: Forest, kept: np.ndarray, rename: Callable[[Iterable[str]], Iterable[str]]) -> Forest:
    people = pd.Index(list(rename(forest.people[kept])), dtype="str", name=forest.people.name)
    by_name = np.argsort(people.to_numpy(dtype=object), kind="stable")
    kept = kept[by_name]
    place = np.full(len(forest) + 1, -1)  # the last entry stands for nobody
    place[kept] = np.arange(len(kept))
    ties = np.flatnonzero((place[forest.child] >= 0) & (place[forest.referrer] >= 0))
    ties = ties[np.lexsort((place[forest.referrer[ties]], place[forest.child[ties]]))]
    return Forest(
        people=people[by_name],
        is_customer=forest.is_customer[kept],
        parent=place[forest.parent[kept]],
        root=place[forest.root[kept]],
        generation=forest.generation[kept],
        child=place[forest.child[ties]],
        referrer=place[forest.referrer[ties]],
        share=forest.share[ties],
        referred_on=forest.referred_on[ties].astype("datetime64[M]").astype("datetime64[us]"),
        rule=forest.rule,
        left_out={},
        flags={},
        rows=len(ties),
    )


def _in_words(part: Forest, cascades: int, left_out: int, min_group: int, most: int) -> str:
    text = (
        f"Credited referrals between {numbers.plural(len(part), 'person', 'people')} in "
        f"{numbers.plural(cascades, 'cascade')}; pseudonyms, and the first day of the month in place of the day."
    )
    if left_out:
        text += (
            f" {numbers.plural(left_out, 'cascade')} {'is' if left_out == 1 else 'are'} left out: those of fewer than "
            f"{min_group} people, and what goes beyond {numbers.count(most)} people."
        )
    return text


Network = Forest | InfluenceGraph


def people_of(network: Network) -> pd.DataFrame:
    """List the people of a forest or graph, with what is known of them."""
    if isinstance(network, Forest):
        columns = {"generation": network.generation, "is_customer": network.is_customer}
        return pd.DataFrame(columns, index=network.people.rename("person_id"))
    return pd.DataFrame({"role": network.role}, index=network.people.rename("person_id"))


def edges_of(network: Network) -> pd.DataFrame:
    """List the edges, from the person who refers or influences to the other."""
    if isinstance(network, InfluenceGraph):
        return network.edges
    return pd.DataFrame(
        {
            "source": network.people[network.referrer],
            "target": network.people[network.child],
            "weight": network.share,
            "referred_on": network.referred_on,
        }
    )


def to_networkx(network: Network, names: Mapping[str, str] | None = None) -> nx.DiGraph:
    """Turn a forest or graph into a networkx graph with the same people, edges and attributes."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((person, known) for person, known in people_of(network).to_dict("index").items())
    edges = edges_of(network)
    if "referred_on" in edges:
        edges["referred_on"] = edges["referred_on"].dt.strftime("%Y-%m-%d")
    attributes = edges.drop(columns=["source", "target"]).to_dict("records")
    graph.add_edges_from(
        (source, target, known)
        for source, target, known in zip(edges["source"], edges["target"], attributes, strict=True)
    )
    return graph if names is None else nx.relabel_nodes(graph, {person: names[person] for person in graph})


def write_gexf(
    network: Network, path: str | Path, names: Mapping[str, str] | None = None, *, description: str = ""
) -> Path:
    """Write GEXF for Gephi; the same network gives the same bytes."""
    import networkx as nx

    target = Path(path)
    text = "\n".join(nx.generate_gexf(to_networkx(network, names)))
    target.write_text(_described(text, description) + "\n", encoding="utf-8")
    return target


def _described(text: str, description: str) -> str:
    """Put the description where networkx stamps the day of writing: the kit never asks the clock."""
    import html
    import re

    meta = f"\n  <meta>\n    <description>{html.escape(description)}</description>\n  </meta>" if description else ""
    return re.sub(r'\s*<meta lastmodifieddate="[^"]*">.*?</meta>', lambda _: meta, text, count=1, flags=re.DOTALL)
