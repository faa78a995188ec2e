"""What goes out to networkx and files comes back the same."""

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


def test_pseudonyms_take_the_place_of_ids(forest, tmp_path):
    names = {person: f"n{place}" for place, person in enumerate(forest.people)}
    text = write_gexf(forest, tmp_path / "forest.gexf", names).read_text(encoding="utf-8")
    assert "00123" not in text
    assert "lonely" not in text
    assert to_networkx(forest, names).number_of_edges() == 4
