"""Return by horizon: the special case, ripeness and the pooled ratio."""

import numpy as np
import pandas as pd
import pytest
from given import on

from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.ledger.horizons import compare_horizons


def ledger_of(flows, as_of="2025-12-31", cost=100.0, start="2024-01-10", **terms):
    """One initiative per entry of `flows`: direct margin from its first quarter on."""
    initiatives = pd.DataFrame({"initiative_id": sorted(flows), "started_on": pd.Timestamp(start), "cost": cost})
    quarters = [str(quarter) for quarter in pd.period_range("2024Q2", periods=8, freq="Q")]
    rows = [(name, quarters[k], "direct", x) for name, path in flows.items() for k, x in enumerate(path)]
    columns = ["initiative_id", "quarter", "stream", "amount"]
    return read_ledger(initiatives, pd.DataFrame(rows, columns=columns), on(as_of, **terms))


def test_return_equals_roi_in_the_special_case():
    # one direct stream, cash view, no discounting, one quarter: both are the same number
    result = compare_horizons(ledger_of({"a": [37.0, 55.0]}, discount_rate=0.0))
    assert result.returns.loc["a", 1] == pytest.approx(result.each.loc["a", "ROI after 1 quarter, cash"], abs=1e-12)


def test_horizons_pool_as_a_ratio_of_sums_and_verdicts_turn():
    slow, quick = [0.0, 40, 80, 80, 0, 0, 0], [150.0, 0, 0, 0, 0, 0, 0]
    result = compare_horizons(ledger_of({"slow": slow, "quick": quick}, discount_rate=0.0))
    assert result.returns.loc["slow", [1, 2, 4]].tolist() == pytest.approx([-1, -0.6, 1.0])
    assert {one.name: one.value for one in result.pooled}["pooled_return_4q"] == pytest.approx(350 / 200 - 1)
    assert result.turned == ("slow",)
    assert result.each.loc["slow", "Payback, quarters"] == "2.8"  # 40 after two quarters, 60 of the next 80
    assert "turned for “slow”" in result.sentence


def test_a_horizon_that_has_not_ripened_is_missing_not_zero():
    result = compare_horizons(ledger_of({"a": [10.0]}, as_of="2024-06-30"))
    assert list(result.returns) == [1]  # no column that nobody fills
    measure = next(m for m in result.measures if m.name == "pooled_return_12q")
    assert measure.value is None
    assert measure.reason


def test_nothing_ripe_is_said_in_words():
    result = compare_horizons(ledger_of({"a": []}, as_of="2024-03-31"))
    assert result.sentence.startswith("No initiative can be judged yet")


def test_money_unit_does_not_matter():
    flows = {"a": [10.0, 20, 30], "b": [50.0, 5, 1]}
    large = {name: [1000 * x for x in path] for name, path in flows.items()}
    small, big = compare_horizons(ledger_of(flows)), compare_horizons(ledger_of(large, cost=100_000.0))
    np.testing.assert_allclose(small.returns, big.returns, rtol=1e-12)


def test_roi_of_the_ripe_is_of_the_same_initiatives_as_the_return_at_eight_quarters():
    begun = pd.DataFrame({"initiative_id": ["old", "young"], "started_on": ["2024-01-10", "2025-06-10"], "cost": 100.0})
    rows = begun.assign(quarter=["2024Q2", "2025Q3"], stream="direct", amount=[30.0, 90.0])
    result = compare_horizons(read_ledger(begun, rows, on("2026-03-31", discount_rate=0.0)))
    assert (result.roi_of_ripe.value, result.roi_of_ripe.n) == (pytest.approx(-0.7), 1)
    assert {one.name: one.n for one in result.pooled}["pooled_return_8q"] == 1
