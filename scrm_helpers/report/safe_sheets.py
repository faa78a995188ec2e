"""Sheets, the same bytes each time, whose text can run nothing: CSV and workbooks."""

import datetime as dt
import io
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

_LINE_END = re.compile("\r\n?")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A fixed creation date, or the file would differ with every run.
_EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_SHEET_NAME_LIMIT, _NOT_IN_A_NAME = 31, re.compile(r"[\[\]:*?/\\]")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    r"""Write a frame as UTF-8 CSV whose text cells cannot run as formulas."""
    safe = frame.copy()
    for name in safe.select_dtypes(["str", "object"]):
        safe[name] = safe[name].map(_harmless)
    return safe.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    quoted = f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
    return _LINE_END.sub("\n", quoted)  # a bare CR is not quoted and would split the row when read


def workbook_bytes(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Write frames as an XLSX workbook: one sheet each, header frozen, filters on, text never a formula or link."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": _EPOCH})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for name, frame in sheets.items():
            sheet = book.add_worksheet(_NOT_IN_A_NAME.sub("-", name)[:_SHEET_NAME_LIMIT])
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
            for column, header in enumerate(frame.columns):
                sheet.write_string(0, column, str(header), bold)
                width = max([len(str(header)), *(len(str(cell)) for cell in frame[header].head(200))], default=8)
                sheet.set_column(column, column, min(max(width + 2, 8), 60))
                for row, cell in enumerate(frame[header], start=1):
                    _write_cell(sheet, row, column, cell)
    return buffer.getvalue()


def _write_cell(sheet: Any, row: int, column: int, cell: Any) -> None:
    if pd.isna(cell):
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, (int, float)):
        sheet.write_number(row, column, cell)
    else:
        text = str(cell)[:10] if isinstance(cell, dt.datetime) else str(cell)
        sheet.write_string(row, column, text)
