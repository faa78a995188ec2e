"""The one reader of moments: dates and times become days and times of the company's time zone."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.accepted_words import NOTHING
from scrm_helpers.tables.values.identity import matches

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
         "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y",
         "%B %d, %Y", "%Y-%m-%d")  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p",
          " %H:%M %z", " %H:%M:%S %z", "T%H:%M:%S%z")  # fmt: skip
_SAMPLE = 50


def how_to_declare(text: pd.Series, found: pd.Series, declared: str = "") -> str:
    """Say what to do about dates that were not understood."""
    text = text[~text.str.strip().str.lower().isin(["", *NOTHING]).to_numpy()]
    found, filled = found[text.index], text.dropna()
    some = [day + time for day, time in product(_DAYS, _TIMES) if _fit(filled.head(_SAMPLE), day + time)]
    fits = [form for form in some if _fit(filled, form)]
    line = '`sources: {{table}: {{source}dates: "%s"}}`'
    if not fits:
        good, bad = text[found.notna()], text[found.isna()]
        beside = f" ({bad.iloc[0][:40]!r} stands beside {good.iloc[0][:40]!r})" if len(good) and len(bad) else ""
        wanted = f"in the declared format {declared}" if declared else "as 2026-09-30"
        said = f"Write all dates {wanted}; no one format fits every value of the column{beside}. All dates such as "
        return said + '31.12.2026 would be declared as `dates: "%d.%m.%Y"`.'
    if len(fits) == 1:
        return f"Every value fits one format: declare it in company.yaml with {line % fits[0]}, or write 2026-09-30."
    readings = [f"{pd.to_datetime(filled.iloc[0], format=fit):%-d %B %Y} by {line % fit}" for fit in fits[:2]]
    said = f"Nothing in the column tells day from month (no such part is above 12): {filled.iloc[0]} is "
    return f"{said}{' and '.join(readings)}. Declare the one that your system writes, or write 2026-09-30."


def _fit(text: pd.Series, form: str) -> bool:
    """Whether every value is a day from 1990 on by a format."""
    days = pd.to_datetime(text, format=form, errors="coerce", utc="%z" in form)
    return bool(len(days)) and bool((days.dt.year >= 1990).all())


ISO_DATE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
_OFFSET = r" ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)$"
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799  # of the years 1 to 9999
_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_ZONES = ("Europe/London", "Europe/Berlin", "Europe/Helsinki", "America/New_York", "America/Chicago", "America/Denver",
          "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo",
          "Australia/Sydney")  # fmt: skip


Read = tuple[pd.Series, np.ndarray, str, dict[str, Any]]
"""Distinct cells understood: values, which are good, what a good one looks like, and what is to be said of all."""


def read_moments(words: Any, form: str, zone: str | None) -> Read:
    """Read distinct texts as moments without a zone, missing where they are not understood."""
    text = pd.Series(words.to_pandas(), dtype="str")
    if form != "iso":
        return _declared(text, form, zone)
    bare = matches(words, ISO_DATE)
    aware = ~bare & matches(words, r"\d:\d[\d:.]*" + _OFFSET)
    if aware.any() and bare.any():
        return pd.Series(index=text.index, dtype="datetime64[us]"), bare, "Give all dates an offset, or none.", {}
    if not aware.any():
        found = _parsed(text.where(bare), "ISO8601")
        return found, found.notna().to_numpy(), "" if found.notna().all() else how_to_declare(text, found), {}
    local = pc.replace_substring_regex(words, _OFFSET, "")
    known = aware & matches(local, ISO_DATE)
    instants = _parsed(text.where(known).str.replace(" UTC", "Z").str.replace("UTC", "Z"), "ISO8601", utc=True)
    written = instants if zone else _parsed(pd.Series(local.to_pandas(), dtype="str").where(known), "ISO8601")
    return _placed(instants, written, zone, "Write dates as 2026-09-30.")


def typed_moments(cells: Any, zone: str | None) -> Read:
    """Read the dates and times of a Parquet file, whatever their unit; years after 9999 are no dates."""
    kind = cells.type
    if pa.types.is_date(kind):
        cells = pc.cast(cells, pa.timestamp("s" if pa.types.is_date32(kind) else "ms"))
    counts, unit = pc.fill_null(pc.cast(cells, pa.int64()), 0).to_numpy(), cells.type.unit
    seconds = counts // _SECOND[unit]
    good = (seconds >= _FIRST_SECOND) & (seconds <= _LAST_SECOND)
    there = good & ~cells.is_null().to_numpy()
    values = np.where(there, counts, 0).astype(f"datetime64[{unit}]").astype("datetime64[us]")
    found, more = pd.Series(np.where(there, values, np.datetime64("NaT", "us"))), dict[str, Any]()
    stored = None if pa.types.is_date(kind) else kind.tz
    if stored is not None:
        instants: pd.Series = pd.to_datetime(found, utc=True).astype("datetime64[us, UTC]")
        found, _, _, more = _placed(instants, _in_zone(instants, stored), zone, "")
    return found, good, "Give days of the years 1 to 9999.", more


def _declared(text: pd.Series, form: str, zone: str | None) -> Read:
    if "%z" not in form.lower():
        found = _parsed(text, form)
        why = "" if found.notna().all() else how_to_declare(text, found, form)
        return found, found.notna().to_numpy(), why, {}
    instants, why = _parsed(text, form, utc=True), f"Write dates in the declared format {form}."
    if zone is not None or not form.endswith("%z"):  # inside a format an offset cannot be told from the time
        return _placed(instants, instants, zone or "UTC", why)
    local = text.str.replace(_OFFSET, "", regex=True)
    return _placed(instants, _parsed(local, form.removesuffix("%z").rstrip()), None, why)


def _in_zone(instants: pd.Series, zone: str) -> pd.Series:
    return instants.dt.tz_convert(zone).dt.tz_localize(None)


def _placed(instants: pd.Series, written: pd.Series, zone: str | None, why: str) -> Read:
    """Days of the company's zone; without one those that are written if one zone explains them, else those of UTC."""
    if zone is not None:
        return _in_zone(instants, zone), instants.notna().to_numpy(), why, {}
    utc = _in_zone(instants, "UTC")
    good = utc.notna().to_numpy() & written.notna().to_numpy()
    offsets = (written - utc)[good].unique()
    if not any(offsets):
        return utc, utc.notna().to_numpy(), why, {}
    likely = _zone_of(instants[good], written[good], offsets)
    as_written = bool(likely) or len(offsets) == 1
    how = "on the day that is written" if as_written else "on its day in UTC, since no one zone has all these offsets"
    line = f"`timezone: {likely or 'Europe/Berlin'}`, or the zone of the company in its place"
    return written if as_written else utc, good, why, {"shifted": (how, line)}


def _zone_of(instants: pd.Series, written: pd.Series, offsets: np.ndarray) -> str:
    """A time zone in which every moment has the time that is written."""
    hours = pd.Timedelta(offsets[0]) / pd.Timedelta(hours=1)
    fixed = [f"Etc/GMT{-hours:+.0f}"] if len(offsets) == 1 and hours.is_integer() else []
    few = slice(None, None, len(instants) // 200 + 1)
    for zone in (*_ZONES, *fixed):
        if all((_in_zone(instants[rows], zone) == written[rows]).all() for rows in (few, slice(None))):
            return zone
    return ""


def _parsed(text: pd.Series, form: str, *, utc: bool = False) -> pd.Series:
    found = pd.to_datetime(text, format=form, errors="coerce", utc=utc)
    return found.astype("datetime64[us, UTC]" if utc else "datetime64[us]")
