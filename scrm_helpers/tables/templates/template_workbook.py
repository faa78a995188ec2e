"""The workbook to fill in: a sheet for each table, which is itself a company folder's content once it is filled."""

import datetime as dt
import io
from typing import Any

from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column, Table
from scrm_helpers.tables.contract.declarations import REQUIRED, TABLES
from scrm_helpers.tables.sources.workbooks import GUIDE
from scrm_helpers.tables.templates.data_dictionary import how_written, words_of

FILE = "tables.xlsx"
_MADE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)  # fixed, or the file would differ each time
_ROWS = 10_000  # for which cells are checked while typing
_GUIDE = (
    "Each sheet is a table and each row one thing: a customer, an order, an answer. Fill in from row 2 on.",
    f"The sheets {' and '.join(REQUIRED)} are needed; leave any other sheet as it is, and what needs it is left out.",
    "Columns with a dark header are needed, those with a light one may stay blank. Do not rename them or add titles.",
    "Point at a header to read what the column holds. Where there are words to choose from, a list opens in the cell.",
    "Ids are text: 00123 and 123 are two customers. The same person has the same id in every sheet.",
    "Days are dates, such as 2026-09-30. Money is a plain number in one currency. Write no totals below.",
    "Save, and check the folder in which this file lies: scrm check FOLDER --as-of 2026-09-30",
    "All columns in one page: columns.html. Settings: company.yaml.",
)


def workbook_to_fill_in() -> bytes:
    """Write the workbook that `scrm init` puts into a new company folder."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": _MADE})
        formats = {
            "needed": book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3A5F"}),
            "optional": book.add_format({"bold": True, "bg_color": "#DCE6F1"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "text": book.add_format({"num_format": "@"}),
            "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        guide = book.add_worksheet(GUIDE)
        guide.set_column(0, 0, 110, formats["wrapped"])
        guide.write_column(0, 0, _GUIDE)
        for table in TABLES.values():
            _write_sheet(book.add_worksheet(table.name), table, formats)
    return buffer.getvalue()


def _write_sheet(sheet: Any, table: Table, formats: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        look = None if column.kind in NUMERIC else formats["date" if column.kind == "date" else "text"]
        sheet.set_column(place, place, max(12, len(column.name) + 3), look)
        sheet.write_string(0, place, column.name, formats["needed" if column.required else "optional"])
        needed = "Needed." if column.required else "May stay blank."
        note = f"{column.about}\n{needed} {how_written(column)}"
        sheet.write_comment(0, place, note, {"x_scale": 2, "y_scale": 1.2})
        if check := _checked(column):
            sheet.data_validation(1, place, _ROWS, place, check)


def _checked(column: Column) -> dict[str, Any]:
    """What a cell may hold; a word of one's own is asked about, and never forbidden where it is allowed."""
    words = words_of(column)
    told = {"error_title": column.name, "error_message": how_written(column)[:250]}
    if words is not None:
        kind = "warning" if words.own else "stop"
        return {"validate": "list", "source": list(words.words), "error_type": kind, **told}
    if column.kind == "date":
        return {"validate": "date", "criteria": ">=", "value": dt.date(1990, 1, 1), **told}
    if column.kind in NUMERIC:
        kind = "integer" if column.whole or column.kind == "count" else "decimal"
        low, high = -1e15 if column.low is None else column.low, 1e15 if column.high is None else column.high
        return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high, **told}
    return {}
