"""Periods of a frame as places in the calendar: what is compared, lagged and drawn goes by them, not by the rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import listed
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.values.periods import MISSING, Periods, read_periods

_BLANK = TABLES["initiative_panel"].column("first_period").never


def first_places(given: Iterable[object], granularity: str) -> Periods:
    """Read first periods, or days, as the periods of a panel that hold them; words for never are blank."""
    return read_periods(
        ["" if str(value).strip().lower() in _BLANK else value for value in given], granularity, within=True
    )


def calendar_places(given: pd.Series | pd.Index) -> np.ndarray:
    """Place of each period in its calendar."""
    code, names = pd.factorize(given)
    read = read_periods(names)
    if (read.places == MISSING).any() or (code < 0).any():
        raise Refusal(f"Periods cannot be ordered in time: {listed(names[read.places == MISSING])}. {read.why}")
    return read.places[code]


def with_past(places: np.ndarray, lags: int) -> np.ndarray:
    """Columns of every place whose `lags` places before are there too, and of these, shape (places, 1 + lags).

    >>> with_past(np.array([1, 2, 6, 7]), 1).tolist()
    [[1, 0], [3, 2]]
    """
    column = {place: number for number, place in enumerate(places.tolist())}
    rows = [[column.get(place - lag, -1) for lag in range(lags + 1)] for place in places.tolist()]
    return np.array([row for row in rows if min(row) >= 0], dtype=int).reshape(-1, lags + 1)
