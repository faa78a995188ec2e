"""Has a figure moved since an earlier run? A change inside its margin is never called a rise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scrm_helpers.answers import numbers
from scrm_helpers.report.chapters.results import written

FIRST_RUN = ""  # the trust box says once that there is nothing to compare with


def verdict(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Say whether a figure moved since the earlier run, and never call a change inside its margin a rise."""
    if before is None or before["value"] is None or before["unit"] != now["unit"]:
        return FIRST_RUN
    change = now["value"] - before["value"]
    share = now["unit"] == "share"  # a difference of two percentages is in points
    text = f"{numbers.decimal(100 * abs(change), 1)} points" if share else written(abs(change), now["unit"]).lstrip("+")
    signed = f"{'+' if change > 0 else numbers.MINUS}{text} on the earlier run"
    ends = [one[end] for one in (now, before) for end in ("low", "high")]
    if any(end is None for end in ends):
        return f"● {signed}: no margin known"
    margin = sum(((one["high"] - one["low"]) / 2) ** 2 for one in (now, before)) ** 0.5
    if abs(change) <= margin:
        return f"● {signed}: within the margin"
    return f"{'▲' if change > 0 else '▼'} {signed}: outside the margin"


def money_verdict(now: float, before: float | None, currency: str) -> str:
    """Say by how much an amount without a range differs from the earlier run."""
    if before is None:
        return FIRST_RUN
    change = now - before
    return f"{'+' if change > 0 else numbers.MINUS}{numbers.money(abs(change), currency)} on the earlier run"
