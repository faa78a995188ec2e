"""Which column of a file may be the one that is missing: its name is near and its values look right, or it is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.declarations import Column, Table
from scrm_helpers.tables.contract.kinds import NUMERIC, Kind
from scrm_helpers.tables.contract.receipts import pasteable
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.exact import Cells

_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")
_LOOKS: dict[Kind, re.Pattern[str]] = {
    "date": re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ].*)?"),
    **dict.fromkeys(NUMERIC, _NUMBER),
    "yes_no": re.compile(r"(?i)yes|no|true|false|y|n|0|1"),
    "period": re.compile(r"(?=.*\d)[\w ./'-]{1,15}"),
}


def swallowed_rows(cells: Cells, width: int, delimiter: str, wanted: dict[str, int], table: Table) -> np.ndarray:
    """Return the rows that seem to hold the remains of other rows in one cell."""
    import pyarrow.compute as pc

    kinds = {position: table.column(name).kind for name, position in wanted.items()}
    looks = [_LOOKS.get(kinds.get(position, "text")) for position in range(width)]
    found: set[int] = set()
    for position, column in cells.columns.items():
        broken = np.flatnonzero(pc.match_substring(column, "\n").fill_null(False).to_numpy())
        for row in broken:
            text: Any = column[int(row)].as_py()
            if _holds_rows(text, position, looks, delimiter):
                found.add(int(row))
    return np.array(sorted(found), dtype=np.int64)


def _holds_rows(text: str, position: int, looks: list[re.Pattern[str] | None], delimiter: str) -> bool:
    """Whether the first line continues the row to its end, and the last line begins another one."""
    first, *_, last = text.split("\n")
    tail, head = first.rstrip("\r").split(delimiter)[1:], last.split(delimiter)[:-1]
    if len(tail) != len(looks) - position - 1 or len(head) != position:
        return False
    pairs = [
        (cell, look) for cell, look in zip(head + tail, looks[:position] + looks[position + 1 :], strict=True) if look
    ]
    filled = [(cell.strip(), look) for cell, look in pairs if cell.strip()]
    return bool(filled) and all(look.fullmatch(cell) for cell, look in filled)


def looks_like(text: str, kind: Kind) -> bool:
    """Whether a cell looks like this kind; words may look like anything."""
    look = _LOOKS.get(kind)
    return look is None or look.fullmatch(text) is not None


Firsts = Mapping[int, list[str]]
"""Position of a column in the file -> its first cells as text."""
FIRST_ROWS = 50
_NEAR = 0.6
_CODE = re.compile(r"[A-Za-z]{3}")
_NO_ID = re.compile(r"[+-]?\d*[.,]\d+|\S+\s+\S+\s+.*", re.S)  # a decimal number, or several words


def look_alikes(
    free: Mapping[int, str], absent: Iterable[Column], table: Table, firsts: Firsts
) -> dict[str, tuple[str, ...]]:
    """Find for each absent column the unused one that may be it: its name, then its first values."""
    wanted = {column.name: column for column in absent}
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    for position, name in free.items():
        nearness, best = max((_nearness(name, column.name), column.name) for column in table.columns)
        filled = [cell.strip() for cell in firsts.get(position, []) if cell.strip()]
        if best not in wanted or nearness < _NEAR or not filled or not _fit(filled, wanted[best]):
            continue
        if best not in found or nearness > found[best][0]:
            found[best] = nearness, (name, *filled)
    return {name: alike for name, (_, alike) in found.items()}


def to_paste(table: Table, source: Source, columns: Mapping[str, str]) -> str:
    """Write the line of company.yaml that maps columns of one table, with what its source says already."""
    given = source.model_dump(exclude_none=True, exclude_defaults=True)
    entries = {**given, "columns": {**source.columns, **columns}}
    return f"sources: {{{table.name}: {_flow(entries)}}}"


def said_already(source: Source, but: tuple[str, ...]) -> str:
    """What a source says already, but for some keys, as the beginning of a line that adds to it."""
    given = source.model_dump(exclude_none=True, exclude_defaults=True, exclude=set(but))
    return "".join(f"{key}: {_flow(entry)}, " for key, entry in given.items())


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(entry)}' for key, entry in value.items())}}}"
    return pasteable(str(value))


def _nearness(name: str, declared: str) -> float:
    words = re.findall(r"[^\W_]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).casefold())
    if set(declared.split("_")) <= set(words):
        return 0.95 if len(words) > declared.count("_") + 1 else 1.0
    return difflib.SequenceMatcher(None, "_".join(words), declared).ratio()


def _fit(cells: list[str], column: Column) -> bool:
    """Whether all these values look like the kind of the column."""
    if column.kind == "currency":
        return all(_CODE.fullmatch(cell) for cell in cells)
    if column.kind == "id":
        return not any(_NO_ID.fullmatch(cell) or looks_like(cell, "date") for cell in cells)
    return all(looks_like(cell, column.kind) for cell in cells)
