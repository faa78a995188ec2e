"""Ranges of the customer value models in more companies, and from how many customers on a curvature is enough.

About four minutes: the long form of `tests/long/test_value_ranges.py`. The profile is right from 1,500 customers
on; the curvature comes into its band near 20,000.
"""

from dataclasses import replace

import numpy as np
import pytest
from long import test_value_ranges as short
from long.test_value_ranges import TRUTH, buyers, one_start

from scrm_helpers.value.models import beta_geometric, paretonbd
from scrm_helpers.value.models.beta_geometric import MBGNBD, fit_bgnbd, fit_mbgnbd

__all__ = ["one_start"]  # a fixture that every test here uses


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


def test_more_companies():
    short.test_ranges_of_parameters("Pareto/NBD", 250, 1_500, short.unseen_leavers, paretonbd.fit_paretonbd, 8)
    short.test_ranges_of_parameters_where_customers_may_leave_after_the_first_purchase(2_500, 250)
    short.test_ranges_of_single_customers_hold_what_is_expected_of_them("BG/NBD", fit_bgnbd, 2_500, 40)
    short.test_ranges_of_single_customers_hold_what_is_expected_of_them("MBG/NBD", fit_mbgnbd, 5_000, 40)
