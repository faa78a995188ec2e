"""All columns, from the contract: the page of what each holds, and a workbook to fill in, a sheet for each table."""

import datetime as dt
import io
from html import escape
from typing import Any

from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column, Kind, Table
from scrm_helpers.tables.contract.declarations import REQUIRED, TABLES
from scrm_helpers.tables.sources.workbooks import GUIDE

_WRITTEN: dict[Kind, str] = {
    "id": "text, as the system writes it: 00123 and 123 are two ids",
    "group": "text",
    "text": "text",
    "word": "one of the words",
    "yes_no": "yes or no",
    "currency": "code of three capital letters (ISO 4217)",
    "unit": "currency code or a word",
    "money": "plain number, such as 1234.50",
    "number": "plain number",
    "share": "number",
    "count": "whole number",
    "date": "day, such as 2026-09-30",
    "period": "period",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top}th{background:#eee}"
)
_HEAD = "<tr><th>Column</th><th>Needed</th><th>What it holds</th><th>How it is written</th></tr>"


def how_written(column: Column) -> str:
    """Say how a cell of a column is written, with its range and words."""
    text = _WRITTEN[column.kind]
    if column.low is not None:
        text += f", {column.low:g} to {column.high:g}" if column.high is not None else f", {column.low:g} or more"
    if column.words is None or column.kind == "yes_no":
        return text
    return f"{text}: {', '.join(column.words.words)}{' or your own' if column.words.own else ''}"


def columns_body() -> str:
    """All tables as HTML, which is Markdown too."""
    return "\n".join(line for table in TABLES.values() for line in _table(table)) + "\n"


def columns_page() -> str:
    """The page that a new company folder gets."""
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Columns</title><style>{_STYLE}</style>'
    return f"{head}</head><body>\n<h1>Columns</h1>\n{columns_body()}</body></html>\n"


def _table(table: Table) -> list[str]:
    needed = " The company needs this table." if table.required else ""
    key = f" A row is known by {' and '.join(table.key)}." if table.key else ""
    lines = [f"<h2>{table.name}</h2>", f"<p>One row is {escape(table.row)}.{needed}{key}</p>", f"<table>{_HEAD}"]
    for column in table.columns:
        spellings = column.words.spellings.items() if column.words else ()
        others = [f"{word} (also {spelt.replace('|', ', ')})" for word, spelt in spellings]
        accepted = f"<br><small>{escape('; '.join(others))}</small>" if others else ""
        cells = (f"<code>{column.name}</code>", "yes" if column.required else "", escape(column.about))
        row = "".join(f"<td>{cell}</td>" for cell in (*cells, escape(how_written(column)) + accepted))
        lines.append(f"<tr>{row}</tr>")
    return [*lines, "</table>"]


WORKBOOK = "tables.xlsx"
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
    words = column.words
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
