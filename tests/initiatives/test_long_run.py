"""The long run of Danish money demand, as in the R package ARDL."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import danish_data

from scrm_helpers.initiatives.plan.long_run import error_correction
from scrm_helpers.initiatives.refused import InitiativeRefused


def test_danish_money_demand():
    # Natsiopoulos and Tzeremes 2022: order (3, 1, 3, 2), speed -.41685, bounds F 5.11677 in case 2
    data = danish_data.load().data
    result = error_correction(data["lrm"], data[["lry", "ibo", "ide"]], 3, {"lry": 1, "ibo": 3, "ide": 2})
    assert result.speed == pytest.approx(-0.41685, abs=1e-4)
    assert result.bounds == pytest.approx(5.11677, abs=1e-4)
    assert "There is a lasting relation" in result.sentence


def test_two_random_walks_have_no_lasting_relation():
    # nominal 5 %: 60 pairs of independent walks, exact binomial 99.9 % limit 9
    found = 0
    for seed in range(60):
        walks = np.random.default_rng(seed).normal(size=(80, 2)).cumsum(axis=0)
        result = error_correction(pd.Series(walks[:, 0], name="y"), pd.DataFrame({"x": walks[:, 1]}), 1, {"x": 1})
        found += "There is a lasting relation" in result.sentence
    assert found <= 9


def test_short_series_are_refused():
    with pytest.raises(InitiativeRefused, match="at least 12 periods"):
        error_correction(pd.Series(np.arange(8.0)), pd.DataFrame({"x": np.arange(8.0)}), 1, {"x": 1})
