"""The worked case of METHODS 6.7: cost 100, then 15 * 0.9**(k-1) a quarter, ten per cent a year."""

import numpy as np
import pandas as pd
import pytest
from given import on

from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.ledger.quarterly_view import quarter_blindness
from scrm_helpers.initiatives.ledger.unpriced import break_even_weights
from scrm_helpers.initiatives.plan.streams import discount_factors

RATE = 1 / discount_factors(0.10, 2)[1] - 1
LONG = 1200
BENEFITS = np.concatenate([[0.0], 15 * 0.9 ** np.arange(LONG)])
COSTS = np.concatenate([[100.0], np.zeros(LONG)])


def small_ledger(as_of="2025-12-31", **terms):
    initiatives = pd.DataFrame({"initiative_id": ["a"], "started_on": ["2024-12-31"], "cost": [100.0]})
    rows = pd.DataFrame(
        [
            ("a", "2025Q1", "direct", 10.0, "EUR"),
            ("a", "2025Q4", "direct", 40.0, "EUR"),
            ("a", "2025Q2", "trust", 4.0, "points"),
        ],
        columns=["initiative_id", "quarter", "stream", "amount", "unit"],
    )
    return read_ledger(initiatives, rows, on(as_of, **terms))


def test_the_ledger_tells_what_one_quarter_misses():
    result = quarter_blindness(small_ledger(discount_rate=0.0))
    assert result.horizon == 4
    assert result.missed.value == pytest.approx(0.8)


def test_before_anything_ripened_the_answer_is_a_reason():
    result = quarter_blindness(small_ledger("2025-03-31"))
    assert result.missed.value is None
    assert result.measures[0].reason == "no initiative has 2 quarters behind it"


def test_scores_stay_apart_and_get_a_break_even_price():
    # shortfall 50 over 4 trust points: 12.50 a point
    result = break_even_weights(small_ledger(discount_rate=0.0))
    assert result.scores["Break-even worth of one unit"].tolist() == pytest.approx([12.5])
    assert "€12.50" in result.sentence
