"""Numbers as people read them: one place decides on digits, signs and currencies."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeGuard

from scrm_helpers.answers.measure import Measure

MISSING = "n/a"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_NO_MINOR_UNIT = {"JPY", "KRW", "ISK", "CLP", "VND"}
MINUS = "\u2212"
DIGITS = 10  # significant digits that are the same on every machine


def _given(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def count(value: float | None) -> str:
    """Write a count with thousands separators."""
    return f"{value:,.0f}".replace("-", MINUS) if _given(value) else MISSING


def percent(share: float | None, digits: int | None = None) -> str:
    """Write a share (0-1) as a percentage; below ten per cent with one digit, so that 0.4 % is not 0 %."""
    if not _given(share):
        return MISSING
    if digits is None:
        digits = 1 if 0 < abs(share) < 0.0995 else 0
    return f"{100 * share:.{digits}f}%".replace("-", MINUS)


def points(value: float | None, digits: int = 0) -> str:
    """Write a score on a signed scale (Net Promoter Score, differences) with its sign."""
    if not _given(value):
        return MISSING
    text = f"{value:+.{digits}f}"
    if float(text) == 0:
        return text.lstrip("+-")
    return text.replace("-", MINUS)


def decimal(value: float | None, digits: int = 2) -> str:
    """Write a plain number with a fixed count of decimals."""
    if not _given(value):
        return MISSING
    if math.isinf(value):
        return "unbounded" if value > 0 else f"{MINUS}unbounded"
    return f"{value:,.{digits}f}".replace("-", MINUS)


def money(value: float | None, currency: str = "EUR") -> str:
    """Write an amount short enough to say aloud: three figures and k, m or bn from ten thousand on."""
    if not _given(value):
        return MISSING
    sign, size = (MINUS if value < 0 else ""), abs(value)
    mark = SYMBOLS.get(currency, f"{currency} ")
    for limit, unit, name in ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e4, 1e3, "k")):
        if size >= limit * 0.9995:
            figures = size / unit
            digits = 2 if figures < 9.995 else 1 if figures < 99.95 else 0
            return f"{sign}{mark}{figures:,.{digits}f}{name}"
    digits = 0 if size >= 99.5 or currency in _NO_MINOR_UNIT or size == 0 else 2
    return f"{sign}{mark}{size:,.{digits}f}"


def interval(low: float | None, high: float | None, writer: Callable[[float], str]) -> str:
    """Write an interval in words, each end by `writer`; an end that is missing makes the whole missing."""
    return f"{writer(low)} to {writer(high)}" if _given(low) and _given(high) else MISSING


def span(measure: Measure, writer: Callable[[float], str]) -> str:
    """Write the interval of a named number, or why it has none."""
    if measure.low is None or measure.high is None:
        return f"no range: {measure.no_range}" if measure.no_range else "no range"
    return interval(measure.low, measure.high, writer)


def plural(number: float, one: str, many: str | None = None) -> str:
    """Write a count with its noun in the right number."""
    return f"{count(number)} {one if number == 1 else (many or one + 's')}"


def listed(names: Iterable[object], limit: int = 5) -> str:
    """Write names once each, sorted, the first few and how many more."""
    unique = sorted({str(name) for name in names})
    more = f" and {len(unique) - limit} more" if len(unique) > limit else ""
    return ", ".join(unique[:limit]) + more


def quoted(names: Iterable[object]) -> str:
    """Write names of a company's own, commas in them or not, so that a sentence can be read."""
    return ", ".join(f"“{name}”" for name in names)


def write(value: Any, style: str, currency: str = "EUR") -> str:
    """Write one table cell: as text, count, percent, points, money, date or decimal (``"decimal3"``: three digits)."""
    import pandas as pd

    if pd.isna(value):
        return MISSING
    writers: dict[str, Callable[[Any], str]] = {"text": str, "date": lambda day: str(day)[:10], "count": count}
    writers |= {"percent": percent, "points": points, "money": partial(money, currency=currency)}
    if style.startswith("decimal"):
        return decimal(float(value), int(style.removeprefix("decimal") or 2))
    if style not in writers:
        known = ", ".join(sorted([*writers, "decimal"]))
        raise ValueError(f"Unknown style {style!r} for a table cell; known are {known}.")
    return writers[style](value)


def rounded(value: float | int | None) -> float | int | None:
    """Round to ten significant digits, so that the last bits of another processor do not show."""
    if value is None or isinstance(value, int):
        return value
    number = float(value)
    return float(f"{number:.{DIGITS}g}") + 0.0 if math.isfinite(number) else None
