"""What goes out to Gephi is everything that may go, whatever people are called."""

import io

import networkx as nx
import pandas as pd

from scrm_helpers.network import build_forest
from scrm_helpers.network.pictures.exchange import gexf_text, shareable

ROWS = pd.DataFrame(
    {
        "referrer_id": ["A", "B", "00123", "<b>"],
        "referred_id": ["B", "C", "D", "00123"],
        "referred_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-01-05"]),
    }
)


def test_everybody_who_is_tied_and_every_referral_goes_out():
    forest = build_forest(ROWS, pd.DataFrame({"customer_id": ["00123", "A", "B", "C", "D", "lonely"]}))
    graph, _ = shareable(forest, list, min_group=2)
    assert set(graph.nodes) == {"00123", "A", "B", "C", "D", "<b>"}
    assert graph.edges["A", "B"] == {"weight": 1.0, "referred_on": "2026-01-01"}
    assert graph.number_of_edges() == 4
    assert set(nx.read_gexf(io.BytesIO(gexf_text(graph).encode())).edges) == set(graph.edges)


def test_pseudonyms_take_the_place_of_ids():
    graph, _ = shareable(build_forest(ROWS), lambda ids: [f"n{place}" for place in range(len(ids))], min_group=2)
    assert "00123" not in gexf_text(graph)
