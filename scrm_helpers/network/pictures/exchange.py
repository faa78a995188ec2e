"""In from and out to what people know: pandas edge lists, networkx graphs, GEXF and GraphML for Gephi."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.referral_forest import Forest, Rule, build_forest
from scrm_helpers.network.graph.tie_graph import CUSTOMER, InfluenceGraph

if TYPE_CHECKING:
    import networkx as nx

Network = Forest | InfluenceGraph


def people_of(network: Network) -> pd.DataFrame:
    """List the people of a forest or graph, with what is known of them.

    Parameters
    ----------
    network : Forest or InfluenceGraph
        Where from.

    Returns
    -------
    DataFrame
        Indexed by person id: ``generation`` and ``is_customer`` of a forest, ``role`` of a graph.
    """
    if isinstance(network, Forest):
        columns = {"generation": network.generation, "is_customer": network.is_customer}
        return pd.DataFrame(columns, index=network.people.rename("person_id"))
    return pd.DataFrame({"role": network.role}, index=network.people.rename("person_id"))


def edges_of(network: Network) -> pd.DataFrame:
    """List the edges, from the person who refers or influences to the other.

    Parameters
    ----------
    network : Forest or InfluenceGraph
        Where from.

    Returns
    -------
    DataFrame
        ``source``, ``target`` (ids), ``weight``, and for a forest ``referred_on``.
    """
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
    """Turn a forest or graph into a networkx graph with the same people, edges and attributes.

    Parameters
    ----------
    network : Forest or InfluenceGraph
        Where from.
    names : mapping of str to str, optional
        Pseudonyms to use in place of ids, for whatever leaves the house.

    Returns
    -------
    networkx.DiGraph
        Nodes are ids; dates are ISO text, so that every file format can hold them.
    """
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


def forest_from_networkx(graph: nx.DiGraph, *, rule: Rule = "first") -> Forest:
    """Read a forest from a networkx graph whose edges lead from referrer to referred.

    Parameters
    ----------
    graph : networkx.DiGraph
        Nodes are ids (read as text); the edge attribute ``referred_on`` where known.
    rule : {"first", "last", "split"}
        Who is credited when several edges lead to the same person.

    Returns
    -------
    Forest
        Isolated nodes are kept.

    Examples
    --------
    >>> import networkx as nx
    >>> forest_from_networkx(nx.DiGraph([("A", "B"), ("B", "C")])).generation.tolist()
    [0, 1, 2]
    """
    rows = [(str(source), str(target), known.get("referred_on")) for source, target, known in graph.edges(data=True)]
    referrals = pd.DataFrame(rows, columns=["referrer_id", "referred_id", "referred_on"])
    ids = referrals.astype({"referrer_id": "str", "referred_id": "str"})
    people = pd.DataFrame({"customer_id": sorted(map(str, graph.nodes))}, dtype="str")
    return build_forest(ids.assign(referred_on=pd.to_datetime(ids["referred_on"])), people, rule=rule)


def graph_from_networkx(graph: nx.Graph, *, weight: str = "weight") -> InfluenceGraph:
    """Read an influence graph from networkx; an edge without direction counts in both.

    Parameters
    ----------
    graph : networkx.Graph or networkx.DiGraph
        Nodes are ids (read as text); the node attribute ``role`` where known, else everybody is a customer.
    weight : str
        Edge attribute of the weight, 1 where it is absent.

    Returns
    -------
    InfluenceGraph
    """
    rows = [(str(one), str(other), float(known.get(weight, 1.0))) for one, other, known in graph.edges(data=True)]
    if not graph.is_directed():
        rows += [(other, one, size) for one, other, size in rows if one != other]
    edges = pd.DataFrame(rows, columns=["source", "target", "weight"])
    return graph_from_edges(edges, {str(person): role for person, role in graph.nodes(data="role", default=CUSTOMER)})


def graph_from_edges(edges: pd.DataFrame, roles: dict[str, str] | None = None) -> InfluenceGraph:
    """Read an influence graph from an edge list.

    Parameters
    ----------
    edges : pandas.DataFrame
        ``source``, ``target`` (ids, read as text), ``weight`` where known (else 1); repeated edges are added up.
    roles : dict of str to str, optional
        Role of each person, who is in the graph even without an edge; else everybody with an edge is a customer.

    Returns
    -------
    InfluenceGraph

    Examples
    --------
    >>> graph_from_edges(pd.DataFrame({"source": ["A", "A"], "target": ["B", "B"]})).weights.sum().item()
    2.0
    """
    from scipy.sparse import coo_array

    source, target = edges["source"].astype("str"), edges["target"].astype("str")
    people = pd.Index(sorted({*source, *target, *(roles or {})}), dtype="str")
    size = edges["weight"].to_numpy(dtype=np.float64) if "weight" in edges else np.ones(len(edges))
    ends = (people.get_indexer(pd.Index(source)), people.get_indexer(pd.Index(target)))
    weights = coo_array((size, ends), shape=(len(people), len(people))).tocsr()
    weights.sum_duplicates()
    role = np.array([(roles or {}).get(person, CUSTOMER) for person in people], dtype=object)
    return InfluenceGraph(people, role.astype(str), weights, {})


def write_gexf(
    network: Network, path: str | Path, names: Mapping[str, str] | None = None, *, description: str = ""
) -> Path:
    """Write GEXF for Gephi; the same network gives the same bytes.

    Parameters
    ----------
    network : Forest or InfluenceGraph
        What to write.
    path : str or Path
        File; overwritten.
    names : mapping of str to str, optional
        Pseudonyms to use in place of ids.
    description : str
        What a reader should know of the file; it stands in the file itself.

    Returns
    -------
    Path
    """
    import networkx as nx

    target = Path(path)
    text = "\n".join(nx.generate_gexf(to_networkx(network, names)))
    target.write_text(_described(text, description) + "\n", encoding="utf-8")
    return target


def write_graphml(network: Network, path: str | Path, names: Mapping[str, str] | None = None) -> Path:
    """Write GraphML.

    Parameters
    ----------
    network : Forest or InfluenceGraph
        What to write.
    path : str or Path
        File; overwritten.
    names : mapping of str to str, optional
        Pseudonyms to use in place of ids.

    Returns
    -------
    Path
    """
    import networkx as nx

    target = Path(path)
    nx.write_graphml_xml(to_networkx(network, names), target)
    return target


def _described(text: str, description: str) -> str:
    """Put the description where networkx stamps the day of writing: the kit never asks the clock."""
    import html
    import re

    meta = f"\n  <meta>\n    <description>{html.escape(description)}</description>\n  </meta>" if description else ""
    return re.sub(r'\s*<meta lastmodifieddate="[^"]*">.*?</meta>', lambda _: meta, text, count=1, flags=re.DOTALL)
