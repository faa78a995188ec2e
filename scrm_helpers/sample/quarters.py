"""Calendar quarters as text such as 2026Q3, and as dates."""

import pandas as pd


def quarter_names(last_day: pd.Timestamp, past: int, ahead: int = 0) -> list[str]:
    """The quarter of `last_day`, the `past` before and the `ahead` after it."""
    now = last_day.to_period("Q")
    return [str(now + step) for step in range(-past, ahead + 1)]


def first_day(quarter: str) -> pd.Timestamp:
    """First day of a quarter given as text."""
    return pd.Period(quarter, freq="Q").start_time.normalize()
