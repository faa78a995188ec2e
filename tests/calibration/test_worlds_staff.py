"""Worlds of staff: contacts dealt out by lot, and collaboration that follows social activity or does not."""

import numpy as np
import pandas as pd

from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives import collaboration_order, staff_network

DAY = pd.Timestamp("2026-09-30")


def test_contacts_dealt_out_by_lot_show_nothing():
    teams = pd.DataFrame({"team": "Service", "quarter": "2026Q3", "n": 60}, index=[0])
    orders = pd.DataFrame({"customer_id": ["C1"], "ordered_on": DAY, "amount": 10.0})
    shown = 0
    for seed in range(60):
        who = np.random.default_rng(seed).integers(0, 40, 300)
        seen = pd.DataFrame({"occurred_on": DAY, "author_role": "employee", "author_id": [f"E{i}" for i in who]})
        seen["customer_id"] = [f"C{i}" for i in range(300)]
        shown += staff_network(seen, teams, orders, Terms(DAY)).claims[0].verdict == "shown"
    assert shown <= 6


def moving(seed, lead=0.0):
    """Forty units over twelve quarters: collaboration follows social activity of the quarter before by `lead`."""
    rng = np.random.default_rng(seed)
    social = rng.normal(size=(40, 13))
    together = rng.normal(size=(40, 13))
    together[:, 1:] += lead * social[:, :-1]
    quarters = pd.period_range("2023Q3", periods=13, freq="Q").astype(str)
    unit = np.repeat(range(40), 13)
    parts = [
        pd.DataFrame(
            {
                "outcome": name,
                "unit_id": unit,
                "period": np.tile(quarters, 40),
                "value": grid.ravel(),
            }
        )
        for name, grid in (("social", social), ("together", together))
    ]
    return collaboration_order(pd.concat(parts), social="social", together="together")


def test_planted_order_is_found_in_its_direction_only():
    found = [[claim.verdict == "shown" for claim in moving(seed, 0.3).claims] for seed in range(20)]
    assert np.sum(found, axis=0)[0] >= 19
    assert np.sum(found, axis=0)[1] <= 3


def test_without_any_order_nothing_is_shown():
    assert sum(any(claim.verdict == "shown" for claim in moving(seed).claims) for seed in range(60)) <= 7
