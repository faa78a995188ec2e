"""Small builders of columns: ids, days and words, fast for a million rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scrm_helpers.sample.world import DAYS


def ids(prefix: str, numbers: np.ndarray, width: int = 6) -> pd.Series:
    """Text ids such as C000123, with leading zeros."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pa.array(numbers.astype(np.int64)).cast(pa.string()), width, "0")
    return pd.Series(pc.binary_join_element_wise(prefix, digits, "").to_pandas(), dtype="str")


def dates(days: np.ndarray, as_of: pd.Timestamp) -> pd.Series:
    """Dates from day numbers; a negative day number is a missing date."""
    first = np.datetime64(as_of.date(), "D") - DAYS
    values = first + days.astype("timedelta64[D]")
    values[days < 0] = np.datetime64("NaT")
    return pd.Series(values.astype("datetime64[us]"))


def words(names: Sequence[str], codes: np.ndarray) -> pd.Series:
    """Names picked by code; code -1 is missing."""
    choices = pd.array([*names, None], dtype="str")
    return pd.Series(choices.take(np.where(codes < 0, len(names), codes)))


def pick(rng: np.random.Generator, shares: np.ndarray, size: int) -> np.ndarray:
    """Codes drawn with the given shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right")


def sequences(counts: np.ndarray) -> np.ndarray:
    """0, 1, ... counts[0] - 1, 0, 1, ... counts[1] - 1, and so on."""
    starts = np.cumsum(counts) - counts
    return np.arange(counts.sum()) - np.repeat(starts, counts)


def quarter_names(last_day: pd.Timestamp, past: int, ahead: int = 0) -> list[str]:
    """The quarter of `last_day`, the `past` before and the `ahead` after it."""
    now = last_day.to_period("Q")
    return [str(now + step) for step in range(-past, ahead + 1)]


def first_day(quarter: str) -> pd.Timestamp:
    """First day of a quarter given as text."""
    return pd.Period(quarter, freq="Q").start_time.normalize()
