"""Days and moments as vendors write them, on the clock of the company; an order that is unclear is not guessed."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.importing.exports.cell_values import read_distinct, where, where_of_distinct

_CLOCK = (
    r"(?:[T ,]+(?:at )?(?P<h>\d{1,2})(?::(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s?(?P<off>Z|UTC|GMT|(?:UTC|GMT)?\s?[+-]\d{2}:?\d{2})?$"
)
_NUMERIC = r"(\d{1,4})([-/.])\s?(\d{1,2})[-/.]\s?(\d{4}|\d{1,2})"
_NAMED = (
    r"(?:[A-Za-z]{3,9},? )?(?P<d>\d{1,2})(?:st|nd|rd|th)?[ .-]+(?P<month>[A-Za-z]{3,9})[ .,-]+(?P<y>\d{4})",
    r"(?:[A-Za-z]{3,9},? )?(?P<month>[A-Za-z]{3,9})[. ]+(?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})",
)
_PARTS = rf"^(?P<day>{_NUMERIC.replace('(', '(?:')}|[^:]*?\d{{4}})(?P<clock>{_CLOCK})"
_ARCHIVE = r"^\w+ (\w+ \d\d?) (\d\d:\d\d:\d\d [+-]\d+) (\d{4})$", r"\1 \3 \2"  # the year stands last
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]|$)"
_EPOCH, _SHEET = r"^\d{9,10}(?:\.\d+)?$|^\d{12,13}$", r"^[2-6]\d{4}(?:\.\d+)?$"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_0 = np.datetime64("1899-12-30", "s")  # of spreadsheets
_FIRST, _LAST = dt.date(1901, 1, 1), dt.date(2199, 12, 31)


def orders_shown(columns: Iterable[Any]) -> tuple[set[str], bool]:
    """Which orders of day and month the cells prove, and whether there are any dates that need it."""
    days = list[str | None]()
    for cells in columns:
        numeric = where_of_distinct(pc.utf8_slice_codeunits(cells, 0, 4), r"^\d\d?[-/]\d")
        days += pc.unique(_parts(pc.unique(pc.filter(cells, pa.array(numeric))))[0]).to_pylist()
    found = [numbers for day in days if (numbers := re.fullmatch(_NUMERIC, day or ""))]
    return {order for one in found for order, place in (("dmy", 1), ("mdy", 3)) if int(one[place]) > 12}, bool(found)


def read_moments_of(cells: Any, order: str, zone: str, company: str) -> np.ndarray:
    """Moments on the clock of the company, those without an offset from a zone; not-a-time where none is understood."""
    days, clocks = _parts(cells)
    told = read_distinct(clocks, _clock_of, (None, False), [("seconds", "m8[s]"), ("aware", bool)])
    found = read_distinct(days, lambda text: _day_of(text, order), None, "M8[s]") + told["seconds"]
    aware = told["aware"]
    if np.isnat(found).any():
        numbers = {one: where(cells, one) for one in (_EPOCH, _SHEET)}
        epoch, sheet = (pc.cast(pc.filter(cells, pa.array(one)), pa.float64()).to_numpy() for one in numbers.values())
        found[numbers[_EPOCH]] = np.where(epoch >= 1e11, epoch // 1000, epoch).astype("int64").astype("M8[s]")
        found[numbers[_SHEET]] = _DAY_0 + np.round(sheet * 86_400).astype("m8[s]")
        aware = aware | numbers[_EPOCH]
    return _placed(found, aware, zone, company)


def _parts(cells: Any) -> tuple[Any, Any]:
    """The day and the clock in each cell, apart: of each there are few, and every text is read once."""
    if pc.all(pc.match_substring_regex(cells, _ISO)).as_py():
        return pc.utf8_slice_codeunits(cells, 0, 10), pc.utf8_slice_codeunits(cells, 10, 99)
    parts = pc.extract_regex(cells, _PARTS)
    if parts.null_count > cells.null_count:
        parts = pc.extract_regex(pc.replace_substring_regex(cells, *_ARCHIVE), _PARTS)
    return pc.struct_field(parts, "day"), pc.struct_field(parts, "clock")


def _day_of(text: str, order: str) -> dt.date | None:
    named = [found for one in _NAMED if (found := re.fullmatch(one, text))]
    if numeric := re.fullmatch(_NUMERIC, text):
        first, second, third = (int(numeric[place]) for place in (1, 3, 4))
        year, month, day = (third, second, first) if numeric[2] == "." or order == "dmy" else (third, first, second)
        year, month, day = (first, second, third) if first > 31 else (year, month, day)
    elif named and (word := named[0]["month"][:3].lower()) in _MONTHS:
        year, month, day = int(named[0]["y"]), _MONTHS.index(word) + 1, int(named[0]["d"])
    else:
        return None
    try:
        said = dt.date(year + 2000 * (year < 100), month, day)
    except ValueError:
        return None
    return said if _FIRST <= said <= _LAST else None


def _clock_of(text: str) -> tuple[int | None, bool]:
    """Seconds after midnight, in UTC where there is an offset, and whether there is one."""
    if not (said := re.fullmatch(_CLOCK, text)):
        return None, False
    hour, minute, second = (int(said[name] or 0) for name in ("h", "min", "s"))
    if said["half"]:
        hour = hour % 12 + 12 * (said["half"][0] in "Pp")
    if hour > 23 or minute > 59 or second > 60:
        return None, False
    sign, digits = re.fullmatch(r"\D*?([+-]?)(\d*)", (said["off"] or "").replace(":", "")).groups()  # type: ignore[union-attr]
    shift = int(digits[:2] or 0) * 3600 + int(digits[2:] or 0) * 60
    return hour * 3600 + minute * 60 + second - (-shift if sign == "-" else shift), bool(said["off"])


def days_as_text(moments: np.ndarray, unit: Literal["D", "s"] = "D") -> Any:
    """Moments as ISO text: days, or moments to the second; null where there is none."""
    codes, different = pd.factorize(moments.astype(f"M8[{unit}]").astype("M8[s]"))
    texts = [text.replace("T", " ") for text in np.datetime_as_string(different, unit).tolist()]
    return pc.take(pa.array(texts, pa.string()), pa.array(codes, mask=codes < 0))


def _placed(moments: np.ndarray, instant: np.ndarray, zone: str, company: str) -> np.ndarray:
    """Instants, and moments of the source's zone, on the clock of the company."""
    local = ~instant & ~np.isnat(moments)
    if zone and zone != company and local.any():
        winter = np.zeros(local.sum(), dtype=bool)  # an hour that comes twice is that of the later clock
        written = pd.DatetimeIndex(moments[local]).tz_localize(zone, ambiguous=winter, nonexistent="shift_forward")
        moments[local] = written.tz_convert("UTC").tz_localize(None).to_numpy("M8[s]")
        instant = instant | local
    if company != "UTC" and instant.any():
        moved = pd.DatetimeIndex(moments[instant]).tz_localize("UTC").tz_convert(company).tz_localize(None)
        moments[instant] = moved.to_numpy("M8[s]")
    return np.where(moments < np.datetime64("1900-01-01"), np.datetime64("NaT", "s"), moments)
