"""Cells of an export as the contract wants them: ids, mails, money, scores, words; whole columns at a time."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.accepted_words import NOTHING
from scrm_helpers.tables.importing.vendor_profile import as_pattern
from scrm_helpers.tables.values.identity import CAPITAL, holds

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


def holds_sign(cells: Any, signs: str) -> bool:
    """Whether one of these signs stands anywhere in a column."""
    return holds(cells, *((byte, byte) for byte in signs.encode()))


def where(cells: Any, pattern: str) -> np.ndarray:
    """Which cells hold the pattern."""
    return pc.fill_null(pc.match_substring_regex(cells, pattern), False).to_numpy(zero_copy_only=False)


def where_of_distinct(cells: Any, pattern: str) -> np.ndarray:
    """Which cells hold the pattern, where many are alike."""
    packed = pc.dictionary_encode(one_piece(cells))
    hit = np.append(where(packed.dictionary, pattern), False)
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
    if holds_sign(ids, "'`") or holds(ids, (0xE2, 0xE2)):
        ids = pc.utf8_trim_whitespace(pc.replace_substring_regex(ids, r"^['’`]", ""))
    if whole:
        ids = pc.replace_substring_regex(ids, r"^(\d+)[.,]0+$", r"\1")
    if holds_sign(ids, "@") and holds(ids, CAPITAL, (128, 255)):
        ids = pc.if_else(pc.match_substring(ids, "@"), pc.utf8_lower(ids), ids)
    return ids


def damaged(ids: Any) -> np.ndarray:
    """Which ids a spreadsheet rounded to scientific notation."""
    return where(ids, _DAMAGED) if holds_sign(ids, "+") else np.zeros(len(ids), dtype=bool)


def decimal_marks(columns: Sequence[Any]) -> set[str]:
    """Which decimal marks the cells prove: "." or ","; 1,234 proves nothing."""
    proved = set[str]()
    for cells in columns:
        texts = pc.unique(one_piece(cells)).drop_null()
        odd = pc.filter(texts, pc.invert(pc.match_substring_regex(texts, r"^-?\d+$")))
        for mark, other in (".,", ",.") if len(odd) else ():
            sure = r"M\d{1,2}\D*$|M\d{4,}\D*$|\dO\d{3}(?:O\d{3})*M|(?:^|\D)0M\d|O\d{3}O\d{3}"
            if where(odd, sure.replace("M", f"[{mark}]").replace("O", f"[{other}]")).any():
                proved.add(mark)
    return proved


def unproved(columns: Sequence[Any]) -> bool:
    """Whether cells such as 1,234 or 1.234 stand in the columns, which are two numbers."""
    return any(
        where(pc.unique(one_piece(cells)).drop_null(), r"(?:^|\D)[1-9]\d{0,2}[.,]\d{3}(?:\D|$)").any()
        for cells in columns
    )


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
