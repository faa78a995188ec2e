"""Sheets, the same bytes each time, whose text can run nothing: CSV and workbooks."""

import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Mapping
from textwrap import wrap
from types import MappingProxyType
from typing import Any

import pandas as pd

from scrm_helpers.answers.numbers import write

UNFORMATTED: Mapping[str, Mapping[str, str]] = MappingProxyType({})
_LINE_END = re.compile("\r\n?")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")
# A fixed creation date, or the file would differ with every run.
EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_SHEET_NAME_LIMIT, _NOT_IN_A_NAME = 31, re.compile(r"[\[\]:*?/\\\x00-\x1f]")


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


def workbook_bytes(
    sheets: Mapping[str, pd.DataFrame],
    formats: Mapping[str, Mapping[str, str]] = UNFORMATTED,
    currency: str = "EUR",
) -> bytes:
    """Write frames as sheets with a frozen header; `formats` has styles of columns, as `numbers.write` knows them."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": EPOCH})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        looks = {style: book.add_format({"num_format": code}) for style, code in _codes(currency).items()}
        for name, frame in sheets.items():
            sheet, styles = book.add_worksheet(sheet_name(name)), formats.get(name, {})
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
            for column, header in enumerate(frame.columns):
                sheet.write_string(0, column, str(header), bold)
                style = styles.get(str(header), "text")
                width = max([len(str(header)), *(len(write(cell, style)) for cell in frame[header].head(200))])
                sheet.set_column(column, column, min(max(width + 2, 8), 60))
                for row, cell in enumerate(frame[header], start=1):
                    _write_cell(sheet, row, column, cell, looks, style)
    return buffer.getvalue()


def sheet_name(wanted: str, taken: Iterable[str] = ()) -> str:
    """Make a name that spreadsheets accept and that no sheet of the workbook has, in whatever case."""
    plain, used = _NOT_IN_A_NAME.sub("-", wanted).strip("' "), {one.lower() for one in taken}
    ends = ["", *(f" {number}" for number in range(2, len(used) + 3))]
    names = ((wrap(plain, _SHEET_NAME_LIMIT - len(end), break_on_hyphens=False) or ["Sheet"])[0] + end for end in ends)
    return next(name for name in names if name.lower() not in used)


def _codes(currency: str) -> dict[str, str]:
    money = f'#,##0.00 "{currency}"'
    digits = {f"decimal{n}": f"#,##0.{'0' * n}" if n else "#,##0" for n in range(7)}
    plain = {"count": "#,##0", "percent": "0.0%", "points": "+#,##0.0;-#,##0.0;0", "decimal": "#,##0.00"}
    return {**plain, **digits, "money": money, "date": "yyyy-mm-dd"}


def _write_cell(sheet: Any, row: int, column: int, cell: Any, looks: Mapping[str, Any], style: str) -> None:
    if pd.isna(cell):
        return
    if style == "date" and isinstance(cell, str) and _DAY.match(cell):
        cell = dt.date.fromisoformat(cell[:10])
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, dt.date):
        sheet.write_datetime(row, column, cell, looks["date"])
    elif isinstance(cell, (int, float)) and math.isfinite(cell):
        sheet.write_number(row, column, cell, looks.get(style))
    else:
        sheet.write_string(row, column, str(cell))
