"""What goes out to networkx and files comes back the same."""

import networkx as nx
import pandas as pd
import pytest

from scrm_helpers.network import build_forest
from scrm_helpers.network.pictures.exchange import to_networkx, write_gexf

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


def test_everybody_and_every_referral_goes_out(forest, tmp_path):
    graph = to_networkx(forest)
    assert set(graph.nodes) == {"00123", "A", "B", "C", "D", "lonely", "<b>"}
    assert graph.edges["A", "B"] == {"weight": 1.0, "referred_on": "2026-01-01"}
    assert graph.number_of_edges() == 4
    assert nx.read_gexf(write_gexf(forest, tmp_path / "forest.gexf")).number_of_edges() == 4
