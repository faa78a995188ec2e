"""The small good company as a workbook and as databases."""

import csv
import datetime as dt
import io
from decimal import Decimal

import xlsxwriter

from scrm_helpers.tables import TABLES
from scrm_helpers.tables.contract.column_kinds import NUMERIC

from .conftest import GOOD


def rows_of(table):
    """Header and rows of a good table, each cell of the type of its column."""
    header, *rows = csv.reader(io.StringIO(GOOD[table]))
    kinds = [TABLES[table].column(name).kind for name in header]
    return header, [[typed(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in rows]


def typed(cell, kind):
    if not cell:
        return None
    if kind in NUMERIC:
        return float(cell)
    return dt.datetime.fromisoformat(cell) if kind == "date" else cell


def write_workbook(path, sheets, hidden=()):
    """Write sheets, each a list of rows; a function in the place of rows writes the sheet itself."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for number, row in enumerate(rows if isinstance(rows, list) else rows(book, sheet) or []):
                sheet.write_row(number, 0, row)


def sheet_of(table):
    header, rows = rows_of(table)
    return [header, *rows]


def facts_of(report):
    assert report.exit_code == 0, report.to_text()
    amounts = {customer: Decimal(amount) for customer, amount in report.facts["amount_by_customer"].items()}
    return {**report.facts, "fingerprint": "", "amount_by_customer": amounts}
