"""Cells of an export as the contract wants them, whole columns at a time; an unclear order of dates is not guessed."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.accepted_words import NOTHING
from scrm_helpers.tables.importing.vendor_profile import as_pattern
from scrm_helpers.tables.values.identity import CAPITAL, holds, matches

_DAMAGED = r"^[+-]?\d+(?:[.,]\d+)?[eE]\+\d+$"
_NONZERO = re.compile("[1-9]")
_PLAIN_NUMBER = r"^-?\d+(?:\.\d+)?$"
_SCORE = re.compile(r"(?<![\d.,])(10|\d)(?:[.,]0+)?(?![\d.,]*\d)")
_OUT_OF = re.compile(r"^\s*(10|\d)\s*(?:/|out of|von)\s*10\s*$", re.IGNORECASE)
_MARKS = re.compile(r"(?<![A-Za-z])(?:[A-Z]{3}|US|kr|Fr|Rs|zł|Kč)\.?(?![A-Za-z])|[€$£¥₹₽₺]|[\s\u00a0\u202f'’`_]")


def one_piece(cells: Any) -> Any:
    """A column as one array."""
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def tidy(cells: Any, blank: Sequence[str] = ()) -> Any:
    """Cells without spaces around; null where there is nothing, or a word that says nothing."""
    words = one_piece(cells)
    if not blank and not holds(words, (0, 32), (128, 255)):
        return words
    words = pc.utf8_trim_whitespace(words)
    empty = pc.equal(words, "")
    if blank:
        low = [word.strip().lower() for word in blank]
        empty = pc.or_(empty, pc.is_in(pc.utf8_lower(words), value_set=pa.array(low, words.type)))
    return pc.if_else(empty, pa.scalar(None, words.type), words)


def where_of_distinct(cells: Any, pattern: str) -> np.ndarray:
    """Which cells hold the pattern, where many are alike."""
    packed = pc.dictionary_encode(one_piece(cells))
    hit = np.append(matches(packed.dictionary, pattern), False)
    return hit[pc.fill_null(packed.indices, len(hit) - 1).to_numpy()]


def filled(cells: Any) -> np.ndarray:
    """Which cells are not blank."""
    return pc.is_valid(cells).to_numpy(zero_copy_only=False)


def by_distinct(cells: Any, change: Callable[[str], str | None]) -> Any:
    """Change every different text once."""
    packed = pc.dictionary_encode(one_piece(cells))
    return pc.take(pa.array([change(text) for text in packed.dictionary.to_pylist()], pa.string()), packed.indices)


def read_distinct(cells: Any, read: Callable[[str], Any], blank: Any, kind: Any) -> np.ndarray:
    """What is read of every different text once, in each cell."""
    packed = pc.dictionary_encode(one_piece(cells))
    found = np.array([*map(read, packed.dictionary.to_pylist()), blank], dtype=kind)
    return found[pc.fill_null(packed.indices, len(found) - 1).to_numpy()]


def chosen(cells: Any, words: Sequence[str]) -> np.ndarray:
    """Which cells are one of these words; the empty word is a blank cell."""
    patterns = [as_pattern(word) for word in words if word]
    return read_distinct(cells, lambda text: any(one.search(text) for one in patterns), "" in words, bool)


def in_words(cells: Any, values: Mapping[str, str]) -> Any:
    """Cells in the words of a profile; `*` is for all others, "" for blank ones, and what fits none stays."""
    patterns = [(as_pattern(word), said) for word, said in values.items() if word]

    def change(text: str) -> str | None:
        return next((said for one, said in patterns if one.search(text)), text) or None

    changed = by_distinct(cells, change)
    return pc.fill_null(changed, values[""]) if values.get("") else changed


def as_ids(cells: Any, *, whole: bool = False) -> Any:
    """Ids as text: without the apostrophe of a spreadsheet, mails in small letters, all else as it stands."""
    ids = cells
    if holds(ids, (0xE2, 0xE2), sign="'`"):
        ids = pc.utf8_trim_whitespace(pc.replace_substring_regex(ids, r"^['’`]", ""))
    if whole:
        ids = pc.replace_substring_regex(ids, r"^(\d+)[.,]0+$", r"\1")
    if holds(ids, sign="@") and holds(ids, CAPITAL, (128, 255)):
        ids = pc.if_else(pc.match_substring(ids, "@"), pc.utf8_lower(ids), ids)
    return ids


def damaged(ids: Any) -> np.ndarray:
    """Which ids a spreadsheet rounded to scientific notation."""
    return matches(ids, _DAMAGED) if holds(ids, sign="+") else np.zeros(len(ids), dtype=bool)


def decimal_marks(columns: Sequence[Any]) -> set[str]:
    """Which decimal marks the cells prove: "." or ","; 1,234 proves nothing."""
    proved = set[str]()
    for cells in columns:
        texts = pc.unique(one_piece(cells)).drop_null()
        odd = pc.filter(texts, pc.invert(pc.match_substring_regex(texts, r"^-?\d+$")))
        for mark, other in (".,", ",.") if len(odd) else ():
            sure = r"M\d{1,2}\D*$|M\d{4,}\D*$|\dO\d{3}(?:O\d{3})*M|(?:^|\D)0M\d|O\d{3}O\d{3}"
            if matches(odd, sure.replace("M", f"[{mark}]").replace("O", f"[{other}]")).any():
                proved.add(mark)
    return proved


def unproved(columns: Sequence[Any]) -> bool:
    """Whether cells such as 1,234 or 1.234 stand in the columns, which are two numbers."""
    different = (pc.unique(one_piece(cells)).drop_null() for cells in columns)
    return any(matches(texts, r"(?:^|\D)[1-9]\d{0,2}[.,]\d{3}(?:\D|$)").any() for texts in different)


def as_money(cells: Any, decimal: str) -> tuple[Any, np.ndarray]:
    """Money as plain decimals with a point, and which cells are none."""
    there = filled(cells)
    plain = where_of_distinct(cells, _PLAIN_NUMBER) if decimal == "." else np.zeros_like(there)
    if not (there & ~plain).any():
        return cells, np.zeros_like(there)
    said = tidy(pc.if_else(pa.array(plain), pa.scalar(None, cells.type), cells), NOTHING)
    amounts = by_distinct(said, lambda text: _amount(text, decimal))
    return pc.if_else(pa.array(plain), cells, amounts), filled(said) & ~filled(amounts)


def _amount(text: str, decimal: str) -> str | None:
    bare = _MARKS.sub("", text).replace("−", "-")
    minus = bool(re.fullmatch(r"\(.*\)|.*-|-.*", bare))
    bare = bare.strip("()+-")
    thousands = "," if decimal == "." else "."
    grouped = rf"\d{{1,3}}(\{thousands}\d{{2,3}})*\{thousands}\d{{3}}(\{decimal}\d*)?"
    if thousands in bare and not re.fullmatch(grouped, bare):
        return None
    bare = bare.replace(thousands, "").replace(decimal, ".")
    number = Decimal(bare) if re.fullmatch(r"\d+\.?\d*|\.\d+", bare) else None
    return None if number is None else format(-number if minus and number else number, "f")


def as_scores(cells: Any) -> tuple[Any, np.ndarray]:
    """Scores 0 to 10, also from labels such as "Extremely likely - 10", and which cells hold none."""

    def change(text: str) -> str | None:
        if (whole := _OUT_OF.match(text)) or (whole := re.fullmatch(r"\s*(\d+)(?:[.,]0+)?\s*", text)):
            return whole[1]
        found = _SCORE.findall(text)
        return found[0] if len(found) == 1 and not re.search(r"\d[.,]\d*[1-9]", text) else None

    said = tidy(cells, NOTHING)
    scores = by_distinct(said, change)
    return scores, filled(said) & ~filled(scores)


def exact(cells: Any) -> Any:
    """Plain decimals as exact numbers, with as many digits behind the point as the longest has."""
    point = pc.find_substring(cells, ".")
    behind = pc.subtract(pc.subtract(pc.binary_length(cells), point), 1)
    digits = pc.max(pc.if_else(pc.less(point, 0), 0, behind)).as_py()
    return pc.cast(cells, pa.decimal128(38, digits or 0))


def taken_off(amounts: Any) -> Any:
    """Plain decimals made negative, whatever their sign; null for nought."""
    return by_distinct(amounts, lambda text: f"-{text.lstrip('-')}" if _NONZERO.search(text) else None)


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
        numbers = {one: matches(cells, one) for one in (_EPOCH, _SHEET)}
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
    return pc.cast(pa.array(moments.astype(f"M8[{unit}]")), pa.string())


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
