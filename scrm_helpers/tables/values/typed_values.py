"""Text to values, by declaration: days, periods, exact decimals, counts, yes or no. What is unclear is not guessed.

Each distinct text is understood once and the result is spread over the rows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.accepted_words import BLANK, UNIT, read_currency, unclear
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column, Kind
from scrm_helpers.tables.values.identity import is_text, matches, says_nothing
from scrm_helpers.tables.values.moments import Read, read_moments, typed_moments
from scrm_helpers.tables.values.periods import read_periods

WORDS = ("word", "yes_no", "currency", "unit")
"""Kinds whose cells mean one of few things."""
_NUMBER = {mark: rf"^[+-]?(\d{{1,15}}([{mark}]\d{{0,20}})?|[{mark}]\d{{1,20}})$" for mark in ".,"}
_SCIENTIFIC = r"^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$"
_CODE = re.compile("[A-Z]{3}")
_PLAIN_TEXT = ("id", "group", "text")
_STORED: dict[Kind, tuple[str, str]] = {  # kind -> how its column is kept, and how a Parquet file should store it
    **dict.fromkeys(NUMERIC, ("float64", "a number")),
    "count": ("Int64", "a whole number"),
    "date": ("datetime64[us]", "date"),
    "yes_no": ("boolean", "yes/no"),
}
_TOO_LARGE = 1e15  # as in text, where a number has at most 15 digits before the decimal mark


@dataclass(frozen=True)
class Converted:
    """Values of one column."""

    values: pd.Series
    blank: np.ndarray  # cells that are empty or hold spaces only
    bad: np.ndarray  # cells that could not be understood
    why_bad: str = ""  # what a good cell looks like
    shifted: tuple[str, str] | None = None
    granularity: str = ""  # of periods: what they are
    said: str = ""  # of periods: how days were understood as longer periods
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
    kind = cells.type
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_date(kind)
    if column.kind == "period" and (plain or pa.types.is_timestamp(kind)):
        cells = cells.cast(pa.string())
    if not is_text(cells.type):
        return _typed(cells, column, timezone)
    if column.kind in _PLAIN_TEXT:
        return _plain_text(cells, column)
    encoded = cells.dictionary_encode().unify_dictionaries().combine_chunks()
    blank = encoded.indices.is_null().to_numpy(zero_copy_only=False)
    positions = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    words = encoded.dictionary
    if not len(words):
        return Converted(_missing(len(blank), column.kind), blank, np.zeros(len(blank), dtype=bool))
    empty = matches(words, BLANK)
    nothing = np.zeros(len(words), dtype=bool) if column.blank == "refuse" else says_nothing(words)
    trimmed = pc.utf8_trim(words, characters=" ")
    if column.kind in WORDS:
        values, good, why, more = _read_words(words.to_pylist(), column)
    elif column.kind == "date":
        values, good, why, more = read_moments(trimmed, dates, timezone)
    elif column.kind == "period":
        values, good, why, more = _read_periods(trimmed.to_pylist(), column, granularity)
    else:
        values, good, why, more = _read_numbers(trimmed, column, decimal)
    spread = values.iloc[positions].reset_index(drop=True)
    nothing = nothing[positions] & ~blank
    blank |= (empty[positions] & ~blank) | nothing
    bad = ~good[positions] & ~blank
    missing = blank | bad
    if missing.any():
        spread[missing] = pd.NA if column.kind in ("count", "yes_no") else None
    return Converted(spread, blank, bad, why, words=words, positions=positions, nothing=nothing, **more)


def _read_words(texts: list[str], column: Column) -> Read:
    """Read texts that mean one of few things."""
    if column.kind == "currency":
        read = [read_currency(text) or (text.strip() if _CODE.fullmatch(text.strip()) else None) for text in texts]
        why = "Write ISO 4217 codes, such as EUR."
    elif column.kind == "unit":
        read = [read_currency(text) or (None if unclear(text) else UNIT.read(text)) for text in texts]
        why = "Write ISO 4217 codes, such as EUR, for money ($ or kr are several currencies), else any word."
    else:
        assert column.words is not None
        read, why = [column.words.read(text) for text in texts], f"Use one of {', '.join(column.words.words)}."
    pairs = [(text, word) for text, word in zip(texts, read, strict=True) if word is not None]
    said = column.words.needs_remark if column.words else str.__ne__
    more = {"reworded": {text: word for text, word in pairs if said(text, word)}}
    values = pd.Series(read, dtype="str")
    if column.kind == "yes_no":
        values = values.map({"yes": True, "no": False}).astype("boolean")
        why = "Write yes or no (also true/false, 1/0)."
    return values, values.notna().to_numpy(), why, more


def _read_periods(texts: list[str], column: Column, granularity: str) -> Read:
    given = ["" if text.lower() in column.never else text for text in texts]
    found = read_periods(given, column.granularity or granularity, within=bool(column.period_of))
    names, good, why = found.names, ~found.bad, found.why
    if column.period_of:  # a start that is no period costs the chapters that need it, not the company: they refuse it
        names, good, why = np.where(found.bad, given, names), np.ones(len(given), dtype=bool), ""
    values = pd.Series([name or None for name in names], dtype="str")
    return values, good, why, {"granularity": found.granularity, "said": found.said}


def _read_numbers(words: Any, column: Column, decimal: str) -> Read:
    if column.kind == "count":
        good = matches(words, r"^[+-]?\d{1,15}(\.0*)?$")
        numbers = pc.cast(pc.if_else(good, words, "0"), "float64").to_numpy(zero_copy_only=False)
        return pd.Series(numbers).astype("Int64"), good, "Write a whole number without separators.", {}
    good = matches(words, _NUMBER[decimal])
    # Programs write a probability or a tone as 1e-05; in money the same text is a damaged export.
    if column.low is not None and column.high is not None:
        good |= matches(words, _SCIENTIFIC)
    text = pc.replace_substring(words, ",", ".") if decimal == "," else words
    values = pc.cast(pc.if_else(good, text, "0"), "float64").to_numpy(zero_copy_only=False)
    good &= np.isfinite(values)
    other = "," if decimal == "." else "."
    hint = f"Write plain numbers such as 1234{decimal}50, without thousands separators, units or 1e5"
    hint += f'; if "{other}" is the decimal mark of this file, put `sources: {{{{table}}: {{{{source}}decimal: '
    hint += f'"{other}"}}}}` into company.yaml.'
    return pd.Series(values), good, hint, {}


def _plain_text(cells: Any, column: Column) -> Converted:
    values = pd.Series(cells.to_pandas(), dtype="str").reset_index(drop=True)
    values.name = None
    plain = column.kind == "id" and not pc.any(pc.match_substring_regex(cells, "[^!-~]")).as_py()
    empty = None if plain else pc.match_substring_regex(cells, BLANK)
    if empty is not None and pc.any(empty).as_py():
        values[empty.fill_null(False).to_numpy().astype(bool)] = None
    return Converted(values, values.isna().to_numpy(), np.zeros(len(values), dtype=bool), plain=plain)


def _typed(cells: Any, column: Column, timezone: str | None) -> Converted:
    """Bring typed cells of a Parquet file to the declared type, or call them all bad."""
    kind, found = column.kind, cells.type
    blank = cells.is_null().to_numpy()
    none_bad = np.zeros(len(blank), dtype=bool)
    numeric = pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found)
    if pa.types.is_null(found):
        return Converted(_missing(len(blank), kind), blank, none_bad)
    if kind in _PLAIN_TEXT and pa.types.is_integer(found):
        return _plain_text(pc.cast(cells, pa.string()), column)
    if kind in NUMERIC and numeric:
        exact = pc.cast(cells, pa.string()) if pa.types.is_decimal(found) else cells  # a decimal would be off by a bit
        values = pc.cast(exact, pa.float64(), safe=False).to_numpy()
        blank = blank | np.isnan(values)
        bad = (np.abs(values) >= _TOO_LARGE) | ((values % 1 != 0) & ~blank if kind == "count" else False)
        series = pd.Series(np.where(bad, np.nan, values)).astype("Int64" if kind == "count" else "float64")
        return Converted(series, blank, bad, "Give finite numbers below 1e15.")
    if kind == "yes_no" and pa.types.is_boolean(found):
        return Converted(pd.Series(cells.to_pandas()).astype("boolean"), blank, none_bad)
    if kind == "date" and (pa.types.is_date(found) or pa.types.is_timestamp(found)):
        read, good, why, more = typed_moments(cells, timezone)
        return Converted(read, blank, ~good & ~blank, why, **more)
    wanted = _STORED.get(kind, ("str", "text"))[1]
    hint = f"The file stores this column as {found}; store it as {wanted}."
    return Converted(_missing(len(blank), kind), blank, ~blank, hint)


def _missing(n: int, kind: Kind) -> pd.Series:
    return pd.Series(index=range(n), dtype=_STORED.get(kind, ("str", "text"))[0])
