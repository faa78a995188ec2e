"""Four views of cost on one ledger."""

import pandas as pd
import pytest
from given import on

from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.ledger.unpriced import cost_views


def views(hours):
    initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    rows = pd.DataFrame(
        [
            ("desk", "2025Q2", "direct", 200.0, "EUR", "benefit"),
            ("desk", "2025Q1", "fee", 100.0, "EUR", "cash"),
            ("desk", "2025Q2", "desk hours", 1.0, "hours", "paid_time"),
            ("desk", "2025Q2", "own hours", hours, "hours", "volunteered_time"),
        ],
        columns=["initiative_id", "quarter", "stream", "amount", "unit", "kind"],
    )
    return cost_views(read_ledger(initiatives, rows, on("2025-06-30", discount_rate=0.0), hourly_rate=40.0))


def test_each_view_adds_its_hours():
    result = views(hours=2.0)  # 200 back; 100 cash, 40 paid, 80 own
    assert result.net.iloc[0].tolist() == pytest.approx([100, 60, 20, -20])
    assert result.turned == ("desk",)
    assert "depends on what an hour is held to cost" in result.sentence


def test_without_own_hours_the_views_agree():
    assert "shadow view equals the economic one" in views(hours=0.0).sentence
