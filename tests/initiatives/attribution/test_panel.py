"""The panel table laid out as a matrix."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.initiatives.attribution.panel import read_panel


@pytest.mark.parametrize("named", ["text", "number"])
def test_the_order_of_the_rows_does_not_matter(named):
    rng = np.random.default_rng(5)
    names = [f"store {number:02d}" for number in range(12)] if named == "text" else list(range(12))
    frame = pd.DataFrame(
        {
            "outcome": "margin",
            "unit_id": np.repeat(names, 6),
            "period": np.tile(np.arange(8, 14), 12),  # 10 comes after 9, not after 1
            "value": rng.normal(size=72),
            "first_period": np.repeat(rng.choice([np.nan, 9, 10, 12], 12), 6),
        }
    )
    in_order, mixed = read_panel(frame, "margin"), read_panel(frame.sample(frac=1, random_state=1), "margin")
    assert in_order.units == mixed.units
    assert in_order.periods == mixed.periods == ("8", "9", "10", "11", "12", "13")
    np.testing.assert_array_equal(in_order.values, mixed.values)
    np.testing.assert_array_equal(in_order.first, mixed.first)
    np.testing.assert_array_equal(in_order.values, frame["value"].to_numpy().reshape(12, 6))
