"""In from and out to what people know: pandas edge lists, networkx graphs, GEXF and GraphML for Gephi."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.graph.tie_graph import InfluenceGraph

if TYPE_CHECKING:
    import networkx as nx

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
