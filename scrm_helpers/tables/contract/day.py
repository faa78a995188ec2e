"""The day of the analysis: given by the caller, never by the clock."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from scrm_helpers.tables.contract.messages import CompanyRefused, quoted

EARLIEST = pd.Timestamp("1990-01-01")
LATEST = pd.Timestamp("2199-12-31")
"""Days beyond are marks such as 9999-12-31, and counting on from them leaves the calendar of the machine."""
_WHY = "Every figure is as of one day, and the kit never asks the clock."


def day_of_analysis(given: str | dt.date | pd.Timestamp | None) -> pd.Timestamp:
    """Understand the day of the analysis."""
    if given is None:
        todo = "Add --as-of 2026-09-30, or `as_of:` to company.yaml."
        raise CompanyRefused.because("No day of the analysis is given.", _WHY, todo)
    try:
        text = given if isinstance(given, str) else given.isoformat()[:10]
        day = pd.Timestamp(dt.date.fromisoformat(text)).as_unit("us") if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        what = f"The day of the analysis {quoted(given)} is not a day from 1990 to 2199."
        raise CompanyRefused.because(what, _WHY, "Write it as 2026-09-30.")
    return day
