"""Waves and repeat buyers against published intervals and small worked cases."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.initiatives.attribution.waves_and_lags import latest_wave
from scrm_helpers.initiatives.staff.loyalty import repeat_buyers


def test_newcombe_published_case():
    # Newcombe 1998, table II, case (a), method 10: 56/70 - 48/80 = 0.2, 0.0524 to 0.3339
    bought = {"2024-01-05": range(80), "2025-01-05": range(32, 102), "2026-01-05": range(32, 88)}
    rows = [(str(customer), day, 10.0) for day, customers in bought.items() for customer in customers]
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"])
    change = repeat_buyers(table, as_of="2026-06-30").change
    assert (change.value, change.low, change.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def panel(shift, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(60, 3, (30, 1)) + rng.normal(0, 1, (30, 6))
    values[:, -1] += shift
    unit, period = np.divmod(np.arange(180), 6)
    return pd.DataFrame({"outcome": "trust", "unit_id": unit, "period": period + 1, "value": values.ravel()})


def test_a_change_inside_its_error_is_no_change():
    assert "No change of trust" in latest_wave(panel(0.0), "trust").sentence
    moved = latest_wave(panel(2.0), "trust")
    assert moved.effects[0].low < 2.0 < moved.effects[0].high
    assert moved.sentence.startswith("Trust changed by")


def test_customers_who_came_back():
    rows = [
        ("a", "2024-01-05", 10.0),
        ("a", "2025-01-05", 10.0),
        ("a", "2026-01-05", 10.0),
        ("b", "2024-02-01", 10.0),
        ("c", "2025-03-01", 10.0),
        ("c", "2026-02-01", -10.0),
    ]
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"])
    result = repeat_buyers(table, as_of="2026-06-30")
    assert result.table["Came back"].tolist() == [0.5, 0.5]  # a of {a, b}; a of {a, c}: a refund is no purchase
    assert repeat_buyers(table.iloc[:1], as_of="2026-06-30").measures[0].value is None
