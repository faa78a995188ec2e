"""Text to values, by declaration: days, periods, exact decimals, counts, yes or no. What is unclear is not guessed.

Each distinct text is understood once and the result is spread over the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.contract.accepted_words import BLANK, UNIT, YES_NO, Vocabulary, read_currency, unclear
from scrm_helpers.tables.contract.kinds import NUMERIC, Column
from scrm_helpers.tables.values.identity import says_nothing
from scrm_helpers.tables.values.moments import read_moments, typed_moments
from scrm_helpers.tables.values.periods import read_periods

WORDS = ("word", "yes_no", "currency", "unit")
"""Kinds whose cells mean one of few things."""


def read_words(texts: list[str], column: Column) -> tuple[pd.Series, np.ndarray, str]:
    """Read distinct texts: what they mean, which are good, and what a good one looks like."""
    if column.kind == "yes_no":
        answers = (
            pd.Series([YES_NO.read(text) for text in texts], dtype="str")
            .map({"yes": True, "no": False})
            .astype("boolean")
        )
        return answers, answers.notna().to_numpy(), "Write yes or no (also true/false, 1/0)."
    if column.kind == "currency":
        read = [read_currency(text) or _capitals(text) for text in texts]
        why = "Write ISO 4217 codes, such as EUR."
    elif column.kind == "unit":
        read = [read_currency(text) or (None if unclear(text) else _own(UNIT, text)) for text in texts]
        why = "Write ISO 4217 codes, such as EUR, for money ($ or kr are several currencies), else any word."
    else:
        assert column.words is not None
        read = [_own(column.words, text) for text in texts]
        why = f"Use one of {', '.join(column.words.words)}."
    values = pd.Series(read, dtype="str")
    return values, values.notna().to_numpy(), why


def reworded(words: Any, values: pd.Series, column: Column) -> dict[str, str]:
    """Spellings that were read as another word, where a reader should know it."""
    if column.kind not in WORDS:
        return {}
    pairs = [
        (text, word) for text, word in zip(words.to_pylist(), values.astype("object"), strict=True) if not pd.isna(word)
    ]
    if column.kind == "yes_no":
        named = [(text, "yes" if value else "no") for text, value in pairs]
        return {text: word for text, word in named if YES_NO.needs_remark(text, word)}
    return {text: word for text, word in pairs if text != word}


def _own(vocabulary: Vocabulary, text: str) -> str | None:
    """The word that a text means, or the text itself where own words are kept."""
    return vocabulary.read(text) or (text.strip() if vocabulary.own else None)


def _capitals(text: str) -> str | None:
    code = text.strip()
    return code if len(code) == 3 and code.isascii() and code.isalpha() and code.isupper() else None


_NUMBER = {
    ".": r"^[+-]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})$",
    ",": r"^[+-]?(\d{1,15}(,\d{0,20})?|,\d{1,20})$",
}
_SCIENTIFIC = r"^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$"
_PLAIN_TEXT = ("id", "group", "text")
_TOO_LARGE = 1e15  # as in text, where a number has at most 15 digits before the decimal mark


@dataclass(frozen=True)
class Converted:
    """Values of one column."""

    values: pd.Series
    blank: np.ndarray  # cells that are empty or hold spaces only, and cells that could not be understood
    bad: np.ndarray  # cells that are empty or hold spaces only, and cells that could not be understood
    why_bad: str = ""  # what a good cell looks like
    shifted: tuple[str, str] | None = None
    granularity: str = ""  # of periods: what they are, and how days were understood as longer periods
    said: str = ""  # of periods: what they are, and how days were understood as longer periods
    words: Any = None  # the different texts of the column, and `positions` says which one each row has
    positions: np.ndarray | None = None
    nothing: np.ndarray | None = None  # blank cells that hold a word for nothing, such as NULL
    reworded: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False  # whether the cells are ids of visible ASCII characters only


def convert(
    cells: Any,
    column: Column,
    decimal: str = ".",
    dates: str = "iso",
    timezone: str | None = "UTC",
    granularity: str = "",
) -> Converted:
    """Understand the cells of one column."""
    import pyarrow as pa

    if column.kind == "period" and _is_plain(cells.type):
        cells = cells.cast(pa.string())
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return _typed(cells, column, timezone)
    if column.kind in _PLAIN_TEXT:
        return _plain_text(cells, column)
    encoded = cells.dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = (
            encoded.chunk(0) if encoded.num_chunks else pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), [])
        )
    blank = encoded.indices.is_null().to_numpy(zero_copy_only=False)
    positions = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    words = encoded.dictionary
    if not len(words):
        return Converted(_missing(len(blank), column.kind), blank, np.zeros(len(blank), dtype=bool))
    empty, nothing = _says_nothing(words, column)
    values, good, why, more = _distinct(words, column, decimal, dates, timezone, granularity)
    spread = values.iloc[positions].reset_index(drop=True)
    nothing = nothing[positions] & ~blank
    blank |= (empty[positions] & ~blank) | nothing
    bad = ~good[positions] & ~blank
    missing = blank | bad
    if missing.any():
        spread[missing] = pd.NA if column.kind in ("count", "yes_no") else None
    more |= {"nothing": nothing, "reworded": reworded(words, values, column)}
    return Converted(spread, blank, bad, why, words=words, positions=positions, **more)


def _says_nothing(words: Any, column: Column) -> tuple[np.ndarray, np.ndarray]:
    """Distinct texts of spaces only, and words for nothing where an empty cell does not refuse."""
    empty = _matches(words, BLANK)
    if column.blank == "refuse":
        return empty, np.zeros(len(words), dtype=bool)
    return empty, says_nothing(words)


def _is_plain(kind: Any) -> bool:
    """Whether Parquet cells of this type may be periods: whole or decimal numbers, days, times."""
    import pyarrow as pa

    return (
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    )


def _distinct(
    words: Any, column: Column, decimal: str, dates: str, timezone: str | None, granularity: str
) -> tuple[pd.Series, np.ndarray, str, dict[str, Any]]:
    """Understand distinct texts: values, which are good, what a good one looks like, and what is to be said of all."""
    import pyarrow.compute as pc

    if column.kind in WORDS:
        return *read_words(words.to_pylist(), column), {}
    trimmed = pc.utf8_trim(words, characters=" ")
    if column.kind == "date":
        read = read_moments(trimmed, dates, timezone)
        return read.values, read.good, read.why, {"shifted": read.shifted}
    if column.kind == "period":
        given = ["" if word.lower() in column.never else word for word in trimmed.to_pylist()]
        found = read_periods(given, column.granularity or granularity, within=bool(column.period_of))
        more = {"granularity": found.granularity, "said": found.said}
        if (
            column.period_of
        ):  # a start that is no period costs the chapters that need it, not the company: they refuse it
            kept = np.where(found.bad, given, found.names)
            return pd.Series([name or None for name in kept], dtype="str"), np.ones(len(given), dtype=bool), "", more
        return pd.Series([name or None for name in found.names], dtype="str"), ~found.bad, found.why, more
    return *_plain_values(trimmed, column, decimal), {}


def _plain_values(trimmed: Any, column: Column, decimal: str) -> tuple[pd.Series, np.ndarray, str]:
    """Numbers and counts."""
    import pyarrow.compute as pc

    if column.kind != "count":
        return _numbers(trimmed, column, decimal)
    good = _matches(trimmed, r"^[+-]?\d{1,15}(\.0*)?$")
    numbers = pc.cast(pc.if_else(good, trimmed, "0"), "float64").to_numpy(zero_copy_only=False)
    return pd.Series(numbers).astype("Int64"), good, "Write a whole number without separators."


def _numbers(words: Any, column: Column, decimal: str) -> tuple[pd.Series, np.ndarray, str]:
    import pyarrow.compute as pc

    good = _matches(words, _NUMBER[decimal])
    # Programs write a probability or a tone as 1e-05; in money the same text is a damaged export.
    if column.low is not None and column.high is not None:
        good |= _matches(words, _SCIENTIFIC)
    text = pc.replace_substring(words, ",", ".") if decimal == "," else words
    values = pc.cast(pc.if_else(good, text, "0"), "float64").to_numpy(zero_copy_only=False)
    good &= np.isfinite(values)
    other = "," if decimal == "." else "."
    hint = f"Write plain numbers such as 1234{decimal}50, without thousands separators, units or 1e5"
    hint += f'; if "{other}" is the decimal mark of this file, put `sources: {{{{table}}: {{{{source}}decimal: '
    hint += f'"{other}"}}}}` into company.yaml.'
    return pd.Series(values), good, hint


def _plain_text(cells: Any, column: Column) -> Converted:
    import pyarrow.compute as pc

    values = pd.Series(cells.to_pandas(), dtype="str").reset_index(drop=True)
    values.name = None
    plain = column.kind == "id" and not pc.any(pc.match_substring_regex(cells, "[^!-~]")).as_py()
    empty = None if plain else pc.match_substring_regex(cells, BLANK)
    if empty is not None and pc.any(empty).as_py():
        values[empty.fill_null(False).to_numpy().astype(bool)] = None
    blank = values.isna().to_numpy()
    return Converted(values, blank, np.zeros(len(values), dtype=bool), plain=plain)


def _typed(cells: Any, column: Column, timezone: str | None) -> Converted:
    """Bring typed cells of a Parquet file to the declared type, or call them all bad."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, found = column.kind, cells.type
    blank = cells.is_null().to_numpy()
    none_bad = np.zeros(len(blank), dtype=bool)
    numeric = pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found)
    if pa.types.is_null(found):
        return Converted(_missing(len(blank), kind), blank, none_bad)
    if kind in _PLAIN_TEXT and pa.types.is_integer(found):
        return _plain_text(pc.cast(cells, pa.string()), column)
    if kind in NUMERIC and numeric:
        values = pc.cast(cells, pa.float64(), safe=False).to_numpy()
        blank = blank | np.isnan(values)
        bad = (np.abs(values) >= _TOO_LARGE) | ((values % 1 != 0) & ~blank if kind == "count" else False)
        series = pd.Series(np.where(bad, np.nan, values))
        return Converted(
            series.astype("Int64") if kind == "count" else series, blank, bad, "Give finite numbers below 1e15."
        )
    if kind == "yes_no" and pa.types.is_boolean(found):
        return Converted(pd.Series(cells.to_pandas()).astype("boolean"), blank, none_bad)
    if kind == "date" and (pa.types.is_date(found) or pa.types.is_timestamp(found)):
        read = typed_moments(cells, timezone)
        return Converted(read.values, blank, ~read.good & ~blank, read.why, read.shifted)
    wanted = {"count": "a whole number", "yes_no": "yes/no", "date": "date"}.get(kind, "text")
    wanted = "a number" if kind in ("number", "money", "share") else wanted
    hint = f"The file stores this column as {found}; store it as {wanted}."
    return Converted(_missing(len(blank), kind), blank, ~blank, hint)


def _matches(words: Any, pattern: str) -> np.ndarray:
    import pyarrow.compute as pc

    return pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)


def _missing(n: int, kind: str) -> pd.Series:
    dtype = {"date": "datetime64[us]", "count": "Int64", "yes_no": "boolean"}.get(kind, "str")
    dtype = "float64" if kind in ("number", "money", "share") else dtype
    return pd.Series(index=range(n), dtype=dtype)
