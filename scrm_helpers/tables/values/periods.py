"""The one reader of periods: years, halves, quarters, months, weeks and days as exports spell them, and counts.

A period has a name in one form (2026, 2026H1, 2026Q3, 2026-03, 2026-W09, 2026-03-31), whose order as text is its order
in time, and a place: neighbours in the calendar differ by one. Counted periods (1, 2, 3) have places but no calendar.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

MISSING = np.iinfo(np.int64).min
COUNT = "count"
_MONTHS = {"year": 12, "half-year": 6, "quarter": 3, "month": 1}
_DAYS = {"week": 7, "day": 1}
_FORMS = {"year": "2026", "half-year": "2026H1", "quarter": "2026Q3", "month": "2026-03", "week": "2026-W09",
          "day": "2026-03-31", COUNT: "7"}  # fmt: skip
_FROM, _TO = 1900, 9999
_LAST_YEAR = 2199  # of numbers that stand alone
_LARGEST_COUNT = 99_999
_WORDS = {
    "quarter": (r"q|qtr|quarter|quartal", 4),
    "half-year": (r"h|hy|hj|half|halbjahr", 2),
    "week": (r"w|wk|kw|cw|week|woche", 53),
    "month": (r"m|mo|mth|month|monat", 12),
}
_SPLIT = r"\s*[-/._' ]?\s*"
_NUMBERED = [
    (granularity, most, re.compile(form.format(word=f"(?:{word})", split=_SPLIT)))
    for granularity, (word, most) in _WORDS.items()
    for form in (
        r"(?P<year>\d{{4}}|\d{{2}}){split}{word}\.?\s?(?P<part>\d{{1,2}})",  # 2024-Q1, 2024-W09, 24Q1
        r"{word}\.?\s?(?P<part>\d{{1,2}}){split}(?P<year>\d{{4}}|(?<!\d)\d{{2}})",  # Q1 2024, W9/2024, Q1'24
        r"(?P<part>\d{{1,2}})\.?\s?{word}\.?{split}(?P<year>\d{{4}})",  # 1. Quartal 2024
        r"(?P<part>\d)\.?\s?{word}\.?{split}(?P<year>\d{{2}})",  # 1Q24
    )
]
_NUMBERED += [
    ("month", 12, re.compile(form))
    for form in (r"(?P<year>\d{4})(?:[-/ ]|\.(?=\d\d$))(?P<part>\d{1,2})", r"(?P<part>\d{1,2})[-/.](?P<year>\d{4})")
]
_OPEN = re.compile(r"\d{4}[-/ ][1-4]")
_NAMED = (
    re.compile(r"(?P<name>[a-zä]{3,9})\.?\s*[-/' ]?\s*(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<year>\d{4})\s*[-/ ]?\s*(?P<name>[a-zä]{3,9})\.?"),
)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[t ]00:00(?::00(?:\.0+)?)?(?:z|[+-]00:?00)?)?")
_COUNTED = re.compile(r"(?:p|per|period|t)?\s?(\d{1,5})")
_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",  # codespell:ignore
    "jan feb mrz apr mai jun jul aug sept okt nov dez",
)
_NO_YEAR = re.compile(rf"(?:{'|'.join(word for word, _ in _WORDS.values())}|[a-zä]{{3,9}})\.?\s?\d{{0,2}}")
_FISCAL = re.compile(r"(fy|gj).*")


@dataclass(frozen=True)
class Periods:
    """Periods understood, in the order in which they were given."""

    granularity: str
    names: np.ndarray  # names in one form; empty where a value is blank or could not be read
    places: np.ndarray  # place in the calendar (or the count itself), `MISSING` where there is no name
    bad: np.ndarray  # values that are no period, or not one of this granularity
    why: str = ""  # what a good value looks like, for the first bad one
    said: str = ""  # how days that begin or end longer periods were understood; else empty


def read_periods(given: Iterable[Any], granularity: str = "", *, within: bool = False) -> Periods:
    """Read periods; give each distinct value once."""
    words = [_plain(value) for value in given]
    found: list[tuple[str, int] | None] = [_understood(word) for word in words]
    _settle_numbers(words, found)
    if all(_OPEN.fullmatch(word) for word in words if word) and len({word[:4] for word in words if word}) > 1:
        found = [None] * len(words)  # 2023-1 to 2023-4 and 2024-1 to 2024-4: of months eight would be missing
    said = "" if granularity in ("day", COUNT) else _settle_days(found, granularity)
    if not granularity:
        seen = Counter(one[0] for one in dict.fromkeys(found) if one)  # among equals the one that comes first
        granularity = seen.most_common(1)[0][0] if seen else ""
    if within:
        found = [_holding(one, granularity) for one in found]
    places = np.array([one[1] if one and one[0] == granularity else MISSING for one in found], dtype=np.int64)
    unread = places == MISSING
    blank = np.array([not word for word in words], dtype=bool)
    names = np.full(len(words), "", dtype=object)
    names[~unread] = names_of(places[~unread], granularity)
    bad = unread & ~blank
    first = int(bad.argmax()) if bad.any() else -1
    why = _why_bad(words[first], found[first], granularity) if first >= 0 else ""
    return Periods(granularity, names, places, bad, why, said)


def first_days(places: np.ndarray, granularity: str) -> np.ndarray:
    """First day of each place of a calendar."""
    places = np.asarray(places, dtype=np.int64)
    if granularity in _MONTHS:
        return (places * _MONTHS[granularity]).astype("datetime64[M]").astype("datetime64[D]")
    return (places * _DAYS[granularity] - 3 * (granularity == "week")).astype("datetime64[D]")  # 1970 began on Thursday


def last_days(places: np.ndarray, granularity: str) -> np.ndarray:
    """Last day of each place of a calendar."""
    return first_days(np.asarray(places, dtype=np.int64) + 1, granularity) - 1


def places_on(days: np.ndarray, granularity: str) -> np.ndarray:
    """Place of the period that holds each day."""
    days = np.asarray(days).astype("datetime64[D]")
    if granularity in _MONTHS:
        return days.astype("datetime64[M]").astype(np.int64) // _MONTHS[granularity]
    return (days.astype(np.int64) + 3 * (granularity == "week")) // _DAYS[granularity]


def names_of(places: np.ndarray, granularity: str) -> list[str]:
    """Write places in the one form; counts with as many digits as the longest, so that text sorts them rightly."""
    if not len(places):
        return []
    if granularity == COUNT:
        width = len(str(max(places)))
        return [f"{place:0{width}d}" for place in places]
    days = first_days(places, granularity)
    if granularity == "week":
        return [day.strftime("%G-W%V") for day in days.tolist()]
    parts = {"half-year": "H", "quarter": "Q"}
    if granularity in parts:
        step = 12 // _MONTHS[granularity]
        return [f"{1970 + place // step}{parts[granularity]}{place % step + 1}" for place in places.tolist()]
    return [str(day)[: {"year": 4, "month": 7, "day": 10}[granularity]] for day in days]


def missing_between(places: Sequence[int] | np.ndarray) -> np.ndarray:
    """Places between the first and the last that are not there: the holes of a calendar."""
    there = np.unique(np.asarray(places, dtype=np.int64))
    if len(there) < 2 or there[-1] - there[0] + 1 == len(there) or there[-1] - there[0] > _LARGEST_COUNT:
        return np.empty(0, dtype=np.int64)
    return np.setdiff1d(np.arange(there[0], there[-1]), there)


def in_runs(places: np.ndarray, granularity: str, shown: int = 4) -> str:
    """Write places as runs, capped."""
    runs = [[place for _, place in run] for _, run in groupby(enumerate(places.tolist()), lambda one: one[1] - one[0])]
    ends = [names_of(np.array([run[0], run[-1]]), granularity) for run in runs]
    words = [first if first == last else f"{first} to {last}" for first, last in ends]
    return ", ".join(words[:shown]) + (f" and {len(words) - shown:,} more" if len(words) > shown else "")


def _plain(value: Any) -> str:
    """Text of a value in lower case, with plain dashes and single spaces; blank for a missing one."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, pd.Period):
        value = value.start_time.strftime("%G-W%V") if value.freqstr.startswith("W") else str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split()).lower()
    return re.sub(r"[\u2010-\u2015\u2212]", "-", text).replace("\u2019", "'")


def _understood(word: str) -> tuple[str, int] | None:
    """Granularity and place of one value, as far as it alone tells."""
    number = re.fullmatch(r"(\d+)(?:\.0)?", word)
    if number:
        return ("number", int(number[1])) if len(number[1]) <= 8 else None
    if day := _DAY.fullmatch(word):
        return _day(day[1])
    for granularity, most, form in _NUMBERED:
        if found := form.fullmatch(word):
            return _part(granularity, _year(found["year"]), int(found["part"]), most)
    for form in _NAMED:
        if (found := form.fullmatch(word)) and (month := _month_named(found["name"])):
            return _part("month", _year(found["year"]), month, 12)
    counted = _COUNTED.fullmatch(word)
    return (COUNT, int(counted[1])) if counted else None


def _year(text: str) -> int:
    """Two digits are a year from 1990 to 2089."""
    return int(text) if len(text) == 4 else int(text) + (1900 if int(text) >= 90 else 2000)


def _part(granularity: str, year: int, part: int, most: int) -> tuple[str, int] | None:
    if not (_FROM <= year <= _TO and 1 <= part <= most):
        return None
    if granularity != "week":
        return granularity, (year - 1970) * most + part - 1
    try:
        monday = dt.date.fromisocalendar(year, part, 1)
    except ValueError:  # of a year of 52 weeks
        return None
    return granularity, int(places_on(np.array(monday, "datetime64[D]"), granularity))


def _day(text: str) -> tuple[str, int] | None:
    try:
        day = np.datetime64(text)
    except ValueError:
        return None
    return ("day", int(day.astype(np.int64))) if _FROM <= int(text[:4]) <= _TO else None


def _month_named(name: str) -> int:
    months = ((month, full) for names in _NAMES for month, full in enumerate(names.split(), start=1))
    return next((month for month, full in months if full.startswith(name)), 0)


def _settle_numbers(words: list[str], found: list[tuple[str, int] | None]) -> None:
    """Tell years, months, days and counts written in digits alone apart, by all values of the column together."""
    numbers = {one[1] for one in found if one and one[0] == "number"}
    if not numbers:
        return
    kinds = {one[0] for one in found if one} - {"number"}
    low, high = min(numbers), max(numbers)
    dense = high - low < 2 * len(numbers)
    counts = kinds == {COUNT} or (high <= _LARGEST_COUNT and not kinds and (low < _FROM and (high < _FROM or dense)))
    for row, one in enumerate(found):
        if one and one[0] == "number":
            found[row] = (COUNT, one[1]) if counts else _of_digits(words[row].removesuffix(".0"))


def _of_digits(digits: str) -> tuple[str, int] | None:
    if len(digits) == 4 and _FROM <= int(digits) <= _LAST_YEAR:
        return "year", int(digits) - 1970
    if len(digits) == 6:
        return _part("month", int(digits[:4]), int(digits[4:]), 12)
    if len(digits) == 8:
        return _day(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    return (COUNT, int(digits)) if len(digits) <= 5 and int(digits) < _FROM else None


def _settle_days(found: list[tuple[str, int] | None], granularity: str) -> str:
    """Take days that all begin (or all end) a longer period for that period, and say so."""
    places = {one[1] for one in found if one}
    if not places or {one[0] for one in found if one} != {"day"} or (len(places) < 3 and not granularity):
        return ""
    days = np.array(sorted(places)).astype("datetime64[D]")
    for longer in [granularity] if granularity else ["year", "half-year", "quarter", "month", "week"]:
        place = places_on(days, longer)
        for ends, word in ((first_days, "first"), (last_days, "last")):
            if (ends(place, longer) == days).all():
                found[:] = [_holding(one, longer) for one in found]
                return f"each is the {word} day of a {longer}"
    return ""


def _holding(one: tuple[str, int] | None, granularity: str) -> tuple[str, int] | None:
    """The period of a longer granularity that holds a shorter one."""
    order = [*_MONTHS, *_DAYS]  # from the longest to the shortest
    if one is None or one[0] not in order or granularity not in order[: order.index(one[0])]:
        return one
    return granularity, int(places_on(first_days(np.array([one[1]]), one[0]), granularity)[0])


def _why_bad(word: str, one: tuple[str, int] | None, granularity: str) -> str:
    """What is to be done about the first value that is no period of its column."""
    if one:
        longer = f"{_FORMS[one[0]]} is a {one[0]}, {_FORMS[granularity]} a {granularity}" if granularity else ""
        return f"One column holds periods of one kind ({longer}): bring all values to one."
    if _FISCAL.fullmatch(word):
        return "Where a fiscal year starts differs from company to company: write calendar periods, such as 2026Q3."
    if _NO_YEAR.fullmatch(word):
        why = "Without a year it cannot be ordered over the turn of a year nor cut at a day: write the year too, such "
        return f"{why}as 2026-W09, 2026Q3 or 2026-03, or count the periods with plain numbers 1, 2, 3."
    if _OPEN.fullmatch(word):
        either = f"{word[:4]}Q{word[5]} or {word[:4]}-0{word[5]}"
        return f"Nothing tells whether {word} is a quarter or a month: write {either}."
    wanted = _FORMS.get(granularity, "2026, 2026H1, 2026Q3, 2026-03, 2026-W09 or 2026-03-31")
    return f"Write periods as {wanted}."
