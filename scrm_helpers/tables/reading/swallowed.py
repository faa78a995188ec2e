"""Rows that hide in a cell: a quotation mark that is never closed, until one in a later row happens to close it.

Such a file is correct CSV. Only the look of the cell can tell: around its line breaks stand cells of the right kinds.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.kinds import NUMERIC, Kind, Table
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
