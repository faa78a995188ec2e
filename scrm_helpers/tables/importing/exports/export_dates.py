"""Days and moments as vendors write them, on the clock of the company; an order that is unclear is not guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.importing.exports.cell_values import where_of_distinct

_TIME = (
    r"(?:[T ,]+(?:at )?(?P<h>\d{1,2})(?::(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s?(?P<off>Z|UTC|GMT|(?:UTC|GMT)?\s?[+-]\d{2}:?\d{2})?$"
)
_MONTHS = pa.array(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_NUMERIC = r"^(?P<a>\d{1,4})(?P<mark>[-/.])\s?(?P<b>\d{1,2})[-/.]\s?(?P<c>\d{4}|\d{1,2})" + _TIME
_NAMED = (
    r"^(?:[A-Za-z]{3,9},? )?(?P<d>\d{1,2})(?:st|nd|rd|th)?[ .-]+(?P<month>[A-Za-z]{3,9})[ .,-]+(?P<y>\d{4})" + _TIME,
    r"^(?:[A-Za-z]{3,9},? )?(?P<month>[A-Za-z]{3,9})[. ]+(?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _TIME,
    r"^\w+ (?P<month>\w+) (?P<d>\d\d?) (?P<h>\d\d):(?P<min>\d\d):(?P<s>\d\d) (?P<off>[+-]\d+) (?P<y>\d+)(?P<half>)$",
)
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]|$)"
_EPOCH, _SHEET = r"^\d{9,10}(?:\.\d+)?$|^\d{12,13}$", r"^[2-6]\d{4}(?:\.\d+)?$"
_DAY_0 = np.datetime64("1899-12-30", "s")  # of spreadsheets
_NAT = np.datetime64("NaT", "s")
_FIRST = np.datetime64("1900-01-01", "s")


@dataclass(frozen=True)
class Zones:
    """Of the moments in a column that have no offset (empty: of the company), and of the company."""

    source: str
    company: str


def orders_shown(columns: Iterable[Any]) -> tuple[set[str], bool]:
    """Which orders of day and month the cells prove, and whether there are any dates that need it."""
    proved, needed = set[str](), False
    for cells in columns:
        numeric = where_of_distinct(pc.utf8_slice_codeunits(cells, 0, 4), r"^\d\d?[-/]\d")
        words = pc.unique(pc.filter(cells, pa.array(numeric)))
        parts = pc.extract_regex(words, _NUMERIC)
        if not len(parts) or parts.null_count == len(parts):
            continue
        first, second = (_number(parts, name) for name in "ab")
        needed = True
        proved |= {"dmy"} if (first > 12).any() else set()
        proved |= {"mdy"} if (second > 12).any() else set()
    return proved, needed


def read_moments_of(cells: Any, order: str, zones: Zones) -> np.ndarray:
    """Moments of the company's zone as datetime64[s]; not-a-time where a cell is blank or is not understood."""
    if not pc.all(pc.match_substring_regex(cells, _ISO)).as_py():
        return _placed(*_by_distinct(cells, order), zones)
    days, _ = _by_distinct(pc.utf8_slice_codeunits(cells, 0, 10), order)  # of days and of times there are few
    times, aware = _by_distinct(pc.utf8_slice_codeunits(cells, 10, 99), order, before="1970-01-01")
    return _placed(days + times.astype("int64"), aware, zones)


def _by_distinct(cells: Any, order: str, before: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Moments as written, or in UTC where the text has an offset, and which have one; every text is read once."""
    packed = pc.dictionary_encode(cells)
    texts = pc.binary_join_element_wise(before, packed.dictionary, "")
    found, aware = np.full(len(texts) + 1, _NAT), np.zeros(len(texts) + 1, dtype=bool)
    for pattern in (_NUMERIC, *_NAMED):
        parts = pc.extract_regex(texts, pattern)
        hit = np.flatnonzero(np.isnat(found[:-1]) & ~parts.is_null().to_numpy(zero_copy_only=False))
        if len(hit):
            found[hit], aware[hit] = _from_parts(pc.take(parts, pa.array(hit)), order)
    for pattern in (_EPOCH, _SHEET):
        hit = np.flatnonzero(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))
        numbers = pc.cast(pc.take(texts, pa.array(hit)), pa.float64()).to_numpy()
        if pattern == _EPOCH:
            numbers = np.where(numbers >= 1e11, numbers // 1000, numbers).astype("int64")
            found[hit], aware[hit] = numbers.astype("datetime64[s]"), True
        else:
            found[hit] = _DAY_0 + np.round(numbers * 86_400).astype("timedelta64[s]")
    place = pc.fill_null(packed.indices, len(texts)).to_numpy()
    return found[place], aware[place]


def days_as_text(moments: np.ndarray, unit: str = "D") -> Any:
    """Moments as ISO text: days, or moments to the second; null where there is none."""
    values = moments.astype(f"datetime64[{unit}]")
    if np.isnat(values).all():
        return pa.nulls(len(values), pa.string())
    codes, different = pd.factorize(values.astype("int64"))
    written = np.datetime_as_string(different.astype(f"datetime64[{unit}]"))
    texts = pa.array(np.char.replace(written, "T", " ").astype(object), pa.string())
    return pc.take(texts, pa.array(codes, mask=np.isnat(values)))


def _number(parts: Any, name: str, default: int = 0) -> np.ndarray:
    text = pc.struct_field(parts, name)
    filled = pc.if_else(pc.equal(pc.fill_null(text, ""), ""), str(default), text)
    return pc.cast(filled, pa.int64()).to_numpy()


def _from_parts(parts: Any, order: str) -> tuple[np.ndarray, np.ndarray]:
    """Moments as written, or in UTC where they have an offset, and which have one."""
    names = [field.name for field in parts.type]
    if "month" in names:
        year, day = _number(parts, "y"), _number(parts, "d")
        word = pc.utf8_slice_codeunits(pc.utf8_lower(pc.struct_field(parts, "month")), 0, 3)
        month = pc.fill_null(pc.index_in(word, _MONTHS), -1).to_numpy() + 1
    else:
        first, second, third = (_number(parts, name) for name in "abc")
        dotted = pc.equal(pc.struct_field(parts, "mark"), ".").to_numpy(zero_copy_only=False)
        leading = first > 31
        day_first = ~leading & (dotted | (order == "dmy"))
        year = np.where(leading, first, third)
        year = np.where(year < 100, year + 2000, year)
        month = np.where(day_first | leading, second, first)
        day = np.where(leading, third, np.where(day_first, first, second))
    hour, minute, second_ = _number(parts, "h"), _number(parts, "min"), _number(parts, "s")
    half = pc.utf8_slice_codeunits(pc.utf8_lower(pc.fill_null(pc.struct_field(parts, "half"), "")), 0, 1)
    after = pc.equal(half, "p").to_numpy(zero_copy_only=False)
    hour = np.where(pc.equal(half, "").to_numpy(zero_copy_only=False), hour, hour % 12 + 12 * after)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second_ < 61) & (year > 1900)
    start = (
        (np.where(good, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]")
        + np.where(good, month, 1)
        - 1
    )
    days = start.astype("datetime64[D]") + np.where(good, day, 1) - 1
    good &= (days.astype("datetime64[M]") == start) & (days < np.datetime64("2200-01-01"))
    found = days.astype("datetime64[s]") + (hour * 3600 + minute * 60 + second_)
    shift, aware = _offsets(pc.fill_null(pc.struct_field(parts, "off"), ""))
    return np.where(good, found - shift, _NAT), aware


def _offsets(texts: Any) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from UTC, and which there are."""
    packed = pc.dictionary_encode(texts)
    words = [
        text.upper().replace(":", "").replace("UTC", "").replace("GMT", "").strip()
        for text in packed.dictionary.to_pylist()
    ]
    clocks = [
        (int(word[0] + "1"), int(word[1:3]), int(word[3:] or 0)) if word[:1] in tuple("+-") else (0, 0, 0)
        for word in words
    ]
    shifts = np.array([sign * (hours * 3600 + minutes * 60) for sign, hours, minutes in clocks], dtype="timedelta64[s]")
    codes, there = packed.indices.to_numpy(), pc.not_equal(packed.dictionary, "").to_numpy(zero_copy_only=False)
    return shifts[codes], there[codes]


def _placed(moments: np.ndarray, instant: np.ndarray, zones: Zones) -> np.ndarray:
    """Instants, and moments of the source's zone, on the clock of the company."""
    found = moments.copy()
    local = ~instant & ~np.isnat(moments)
    if zones.source and zones.source != zones.company and local.any():
        written = pd.DatetimeIndex(moments[local]).tz_localize(
            zones.source, ambiguous=np.zeros(local.sum(), bool), nonexistent="shift_forward"
        )
        found[local] = written.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[s]")
        instant = instant | local
    if zones.company != "UTC" and instant.any():
        moved = pd.DatetimeIndex(found[instant]).tz_localize("UTC").tz_convert(zones.company).tz_localize(None)
        found[instant] = moved.to_numpy("datetime64[s]")
    return np.where(found < _FIRST, _NAT, found)
