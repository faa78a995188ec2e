"""Tables of a few persons, small enough to work everything out by hand."""

import pandas as pd
import pytest


def days(*texts):
    return pd.to_datetime(list(texts))


@pytest.fixture
def surveys():
    return pd.DataFrame(
        {
            "customer_id": ["A", "A", "B", "C", "D", "E"],
            "invited_on": days("2025-01-01", "2025-03-01", "2025-01-01", "2025-01-01", "2025-01-01", "2026-08-01"),
            "responded_on": days("2025-01-05", "2025-03-05", "2025-01-05", "2025-01-05", None, "2026-08-05"),
            "score": [3.0, 10.0, 9.0, 2.0, None, 8.0],
            "wave": ["W1", "W2", "W1", "W1", "W1", "W3"],
        }
    )


@pytest.fixture
def referrals():
    # A: before the answer, on its day, twice after it (one brought), and too late; B: refers herself; D: silent, refers
    return pd.DataFrame(
        {
            "referrer_id": ["A", "A", "A", "A", "A", "B", "D"],
            "referred_id": ["p", "q", "r", "s", "t", "B", "u"],
            "referred_on": days(
                "2025-03-01", "2025-03-05", "2025-03-06", "2025-06-01", "2025-06-10", "2025-02-01", "2025-02-01"
            ),
            "converted_on": days(None, None, "2025-04-01", None, "2025-06-10", None, "2025-02-02"),
        }
    )


@pytest.fixture
def customers():
    joined = days("2024-01-01", "2024-01-01", "2024-12-20", "2024-01-01", "2026-01-01")
    return pd.DataFrame({"customer_id": list("ABCDE"), "joined_on": joined, "segment": list("xxyyx")})


@pytest.fixture
def as_of():
    return pd.Timestamp("2026-09-30")
