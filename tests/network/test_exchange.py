"""What goes out to networkx and files comes back the same."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from scrm_helpers.network import build_forest
from scrm_helpers.network.graph.tie_graph import influence_graph
from scrm_helpers.network.pictures.exchange import (
    edges_of,
    forest_from_networkx,
    graph_from_edges,
    graph_from_networkx,
    people_of,
    to_networkx,
    write_gexf,
    write_graphml,
)

ROWS = pd.DataFrame(
    {
        "referrer_id": ["A", "B", "00123", "<b>"],
        "referred_id": ["B", "C", "D", "00123"],
        "referred_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-01-05"]),
    }
)


@pytest.fixture
def forest():
    return build_forest(ROWS, pd.DataFrame({"customer_id": ["00123", "A", "B", "C", "D", "lonely"]}))


def test_a_forest_goes_to_networkx_and_back(forest):
    graph = to_networkx(forest)
    assert nx.is_forest(graph)
    assert graph.nodes["C"] == {"generation": 2, "is_customer": True}
    assert graph.edges["A", "B"] == {"weight": 1.0, "referred_on": "2026-01-01"}
    back = forest_from_networkx(graph)
    parents = [
        dict(zip(one.people, [None if p < 0 else one.people[p] for p in one.parent], strict=True))
        for one in (forest, back)
    ]
    assert parents[0] == parents[1]
    assert "lonely" in back.people


@pytest.mark.parametrize(("write", "read"), [(write_gexf, nx.read_gexf), (write_graphml, nx.read_graphml)])
def test_files_hold_the_same_graph_and_the_same_bytes(forest, tmp_path, write, read):
    path = write(forest, tmp_path / "forest.xml")
    first = path.read_bytes()
    graph = read(path)
    assert set(graph.edges) == {("A", "B"), ("B", "C"), ("00123", "D"), ("<b>", "00123")}
    assert graph.nodes["C"]["generation"] == 2
    write(forest, path)
    assert path.read_bytes() == first
    assert b"lastmodified" not in first


def test_a_graph_goes_to_networkx_and_back(forest):
    graph = influence_graph(None, forest, referral_weight=2.5)
    back = graph_from_networkx(to_networkx(graph))
    assert back.people.equals(graph.people)
    assert back.role.tolist() == graph.role.tolist()
    assert np.array_equal(back.weights.toarray(), graph.weights.toarray())
    assert back.role[back.people == "<b>"].tolist() == ["not a customer"]


def test_edge_lists(forest):
    edges = edges_of(forest)
    assert edges.columns.tolist() == ["source", "target", "weight", "referred_on"]
    graph = graph_from_edges(edges)
    assert graph.weights.sum() == 4
    assert people_of(graph)["role"].unique().tolist() == ["customer"]
    both = graph_from_networkx(nx.Graph([("A", "B")]))
    assert both.weights.toarray().tolist() == [[0, 1], [1, 0]]


def test_pseudonyms_take_the_place_of_ids(forest, tmp_path):
    names = {person: f"n{place}" for place, person in enumerate(forest.people)}
    text = write_gexf(forest, tmp_path / "forest.gexf", names).read_text(encoding="utf-8")
    assert "00123" not in text
    assert "lonely" not in text
    assert to_networkx(forest, names).number_of_edges() == 4
