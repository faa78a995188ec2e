"""Credit along the path: hand-worked values."""

import numpy as np
import pandas as pd

from scrm_helpers.network import build_forest
from scrm_helpers.network.forest.reach import cascade_credit


def forest_of(edges, **options):
    rows = pd.DataFrame(edges, columns=["referrer_id", "referred_id"])
    return build_forest(rows.assign(referred_on=pd.Timestamp("2026-01-01")), **options)


def test_geometric_credit_on_a_path():
    # A - B - C - D, D worth 80: C gets half of it, B a quarter, A an eighth, an eighth is unclaimed.
    credit = cascade_credit(forest_of([("A", "B"), ("B", "C"), ("C", "D")]), np.array([0, 0, 0, 80.0]))
    assert credit.tolist() == [10, 20, 40, 0]
