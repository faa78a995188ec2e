"""From how many customers on the curvature of the MBG/NBD gives honest ranges: the long form of a calibration.

About three minutes. The profile is right from 1,500 customers on; the curvature comes into its band near 20,000.
"""

from dataclasses import replace

import numpy as np
import pytest
from calibration.test_value_ranges import TRUTH, buyers

from scrm_helpers.value.models import beta_geometric
from scrm_helpers.value.models.beta_geometric import MBGNBD, fit_mbgnbd


@pytest.mark.parametrize(("n", "worlds"), [(10_000, 800), (20_000, 400)])
def test_the_curvature_holds_where_customers_are_many(n, worlds, monkeypatch):
    truth = np.array(TRUTH["MBG/NBD"])
    monkeypatch.setattr(beta_geometric, "MBGNBD", replace(MBGNBD, starts=[truth / (1, 39.0, 1, 1)]))
    held = []
    for seed in range(worlds):
        fitted = fit_mbgnbd(buyers(n, np.random.default_rng([3, seed]), "MBG/NBD"))
        assert fitted.identified
        low, high = (fitted.table[f"95% range {end}"].to_numpy() for end in ("low", "high"))
        held.append((low <= truth) & (truth <= high))
    monte_carlo = 2 * 0.22 / np.sqrt(worlds)
    assert 0.93 - monte_carlo <= np.mean(held) <= 0.95 + monte_carlo
