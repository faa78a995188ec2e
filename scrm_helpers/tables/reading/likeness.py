"""Which column of a file may be the one that is missing: its name is near and its values look right, or it is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from scrm_helpers.tables.contract.declarations import Column, Table
from scrm_helpers.tables.contract.messages import pasteable
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.swallowed import looks_like

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
