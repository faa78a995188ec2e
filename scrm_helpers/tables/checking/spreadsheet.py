"""Damage that spreadsheets do: ids as 1.23E+11, error words, filled-up cells, days as numbers, a total below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.declarations import Column
from scrm_helpers.tables.reading.files import RawTable
from scrm_helpers.tables.values.typed_values import Converted

_FEW = 0.05


def check_marks(draft: Draft, column: Column, found: Converted, decimal: str) -> None:
    """Warn of a few numbers with exactly three decimals among numbers with at most two."""
    import pyarrow.compute as pc

    if found.words is None or found.positions is None or column.kind not in ("money", "number", "share"):
        return
    finer = pc.match_substring_regex(found.words, rf"\{decimal}\d{{3}}").to_numpy(zero_copy_only=False)
    if not finer.any():
        return
    three = pc.match_substring_regex(found.words, rf"^ *[+-]?[1-9]\d{{0,2}}\{decimal}\d{{3}} *$")
    if (finer & ~three.to_numpy(zero_copy_only=False)).any():
        return
    rows = finer[found.positions] & ~found.blank
    if rows.sum() > max(_FEW * np.sum(~found.blank), 1):
        return
    draft.warn(
        rows,
        f"{{rows}} whose {column.name} has three decimals while no other has more than two, such as {{example}}.",
        f"In other countries the {'point' if decimal == '.' else 'comma'} marks thousands: it may be meant a thousand "
        "times as large.",
        "Nothing, if three decimals are meant; else write the number without a mark for thousands.",
        column.name,
    )


_ERRORS = r"^\s*(#{2,}|#(N/A|NV|REF!|BEZUG!|VALUE!|WERT!|NAME\?|DIV/0!|NUM!|ZAHL!|NULL!|SPILL!|CALC!))\s*$"
_SCIENTIFIC = r"^\s*[+-]?\d([.,]\d+)?[eE]\+\d{1,3}\s*$"
_SERIAL = r"^\s*[2-6]\d{4}([.,]\d+)?\s*$"
_FIRST_DAY = pd.Timestamp("1899-12-30")
_TOTALS = ("total", "totals", "grand total", "sum", "summe", "gesamt", "insgesamt", "subtotal",
           "zwischensumme", "totale", "suma", "somme", "totaal")  # fmt: skip
_TAIL = 3  # a total stands in the last rows


def find_spreadsheet_damage(draft: Draft) -> None:
    """Name the damage; where it explains why cells cannot be read, it takes the place of that message."""
    for column in draft.declared.columns:
        if not draft.has(column.name) or not _is_text(cells := draft.raw.columns[column.name]):
            continue
        if column.kind == "id":
            _find(
                draft, column.name, _where(cells, "+", _SCIENTIFIC),
                f"{{rows}} whose {column.name} was turned into a number by a spreadsheet, such as {{example}}.",
                "The last digits are lost for good: different ids become one.",
                "Export again from the source and do not open the file in a spreadsheet before; there, import ids as "
                "text.",
            )  # fmt: skip
        _find(
            draft, column.name, _where(cells, "#", _ERRORS),
            f"{{rows}} whose {column.name} is an error or a filled-up cell of a spreadsheet, such as {{example}}.",
            "What stood there is lost, and cells that look the same would count as the same.",
            "Mend the formula, or widen the column, and save the sheet as CSV again.",
            level="warning" if column.kind in ("text", "group") else "error",
        )  # fmt: skip
        if column.kind == "date" and _unread(draft, column.name):
            rows = _where(cells, "", _SERIAL)
            if rows.any():
                text = str(cells[int(np.flatnonzero(rows)[0])].as_py()).strip().replace(",", ".")
                day = _FIRST_DAY + pd.Timedelta(days=int(float(text)))
                _find(
                    draft, column.name, rows,
                    f"{{rows}} whose {column.name} is not a date but a day as spreadsheets count it, such as "
                    f"{{example}}, which is {day:%Y-%m-%d}.",
                    "A day that is guessed would change the figures.",
                    "Format the column as a date (YYYY-MM-DD) in the spreadsheet and save as CSV again.",
                )  # fmt: skip


def totals_below(raw: RawTable) -> int:
    """Count the last rows that are totals: a cell says so, and cells that every row needs are blank."""
    needed = [name for name in raw.origin.declared.required_names if name in raw.columns]
    for n in range(min(_TAIL, raw.n_rows)):
        cells = {name: column[raw.n_rows - 1 - n].as_py() for name, column in raw.columns.items()}
        words = [str(cell).strip(" :*").casefold() for cell in cells.values() if cell is not None]
        blank = any(cells[name] is None or not str(cells[name]).strip() for name in needed)
        if not blank or not any(word in _TOTALS for word in words):
            return n
    return min(_TAIL, raw.n_rows)


def _find(draft: Draft, column: str, rows: np.ndarray, what: str, why: str, todo: str, **level: Any) -> None:
    """Note the damage, and drop the message that these cells cannot be read."""
    rows = rows & draft.keep
    n = int(rows.sum())
    if n:
        lines = draft.raw.lines_of(np.flatnonzero(rows))
        draft.messages = [
            message for message in draft.messages if (message.column, message.n, message.lines) != (column, n, lines)
        ]
        draft.find(rows, what, why, todo, column, **level)


def _unread(draft: Draft, column: str) -> bool:
    return any(message.column == column and message.level == "error" for message in draft.messages)


def _is_text(cells: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)


def _where(cells: Any, part: str, pattern: str) -> np.ndarray:
    """Rows whose cell matches; the pattern is tried only where one sign of it stands somewhere, which is fast."""
    import pyarrow.compute as pc

    texts = [chunk.buffers()[2] for chunk in cells.chunks]
    if part and not any((np.frombuffer(text, np.uint8) == ord(part)).any() for text in texts if text):
        return np.zeros(len(cells), dtype=bool)
    found = pc.match_substring_regex(cells, pattern).fill_null(False)
    return found.to_numpy()
