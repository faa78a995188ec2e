"""Settings by kind: a number in another spelling is refused with the value that was meant, never taken for another."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, NoReturn

from pydantic import BeforeValidator, Field

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f_])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "zł": "PLN"}


class NotMeant(ValueError):
    """A value that is refused; `meant` is the value that was probably meant, empty where it cannot be told."""

    def __init__(self, reason: str, meant: str) -> None:
        super().__init__(reason)
        self.meant = meant


def refuse(reason: str, meant: object = None) -> NoReturn:
    """Refuse a value for a reason, with the value that was probably meant where it can be told."""
    raise NotMeant(reason, "" if meant is None else str(meant))


def _share(given: Any) -> Any:
    return _in_shares(given, most=1.0)


def _rate(given: Any) -> Any:
    return _in_shares(given, most=0.999)


def _in_shares(given: Any, most: float) -> Any:
    value, percent = _number(given)
    if value is None or not math.isfinite(value) or (0 <= value <= most and not percent and _is_plain(given)):
        return given
    if 0 <= value <= 100 and (percent or value > most):
        refuse(f"it is a share between 0 and 1, so that {value:g} would be {value * 100:g} %", f"{value / 100:.10g}")
    refuse("it is a share between 0 and 1", f"{value:.10g}" if 0 <= value <= most else None)


def _amount(given: Any) -> Any:
    value, percent = _number(given)
    if _is_plain(given) or value is None:
        return given
    refuse("write a plain number, without signs, units or marks for thousands",
           None if percent else f"{value:.15g}")  # fmt: skip


def _whole(given: Any) -> Any:
    value, percent = _number(given)
    if value is None or (_is_plain(given) and value % 1 == 0):
        return given
    refuse("it is a whole number", None if percent or value % 1 else f"{value:.0f}")


def _month(given: Any) -> Any:
    if isinstance(given, dt.date):
        refuse("it is the number of a month, 1 to 12", given.month)
    word = str(given).strip().lower()
    if word[:3] in _MONTHS and word.isalpha():
        refuse("it is the number of a month, 1 to 12", _MONTHS.index(word[:3]) + 1)
    return _whole(given)


def day(given: Any) -> Any:
    """Pass a day; refuse another spelling of one with the day that was meant."""
    if given is None or type(given) is dt.date:
        return given
    text = str(given).strip()
    for form in (
        () if isinstance(given, dt.datetime) else ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S")
    ):
        try:
            found = dt.datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        if form == "%Y-%m-%d" and text == found.isoformat():
            return found
        refuse("write a day such as 2026-09-30", found)
    return refuse("write a day such as 2026-09-30", given.date() if isinstance(given, dt.datetime) else None)


def code(given: Any) -> Any:
    """Pass a currency code; refuse small letters and signs with the code that was meant."""
    text = str(given).strip()
    meant = _SIGNS.get(text, text.upper() if re.fullmatch("[A-Za-z]{3}", text) else None)
    if isinstance(given, str) and meant and meant != given:
        refuse("write the three capital letters of ISO 4217, such as EUR", meant)
    return given


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), BeforeValidator(_share)]
Rate = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), BeforeValidator(_rate)]
Cost = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_amount)]
Whole = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Month = Annotated[int, Field(ge=1, le=12), BeforeValidator(_month)]
Amount = BeforeValidator(_amount)


def _is_plain(given: Any) -> bool:
    return not isinstance(given, str) or _PLAIN.fullmatch(given.strip()) is not None


def _number(given: Any) -> tuple[float | None, bool]:
    """Read what a person may have meant as a number, and whether it is in per cent."""
    if isinstance(given, (int, float)):
        return float(given), False
    if not isinstance(given, str):
        return None, False
    text = given.strip()
    percent = bool(re.search(r"%|per ?cent|prozent", text, re.I))
    text = re.sub(r"%|per ?cent|prozent|[A-Z]{3}\b|[€£$¥₹₽₺]", "", text, flags=re.I).strip()
    if grouped := _GROUPED.fullmatch(text):
        text = text.replace(grouped.group(1), "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d*,\d+", text):
        text = text.replace(",", ".")
    return (float(text), percent) if _PLAIN.fullmatch(text) else (None, percent)
