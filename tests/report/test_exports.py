"""Spreadsheets: text stays text, bytes repeat."""

import datetime as dt
import io

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.report.page.exports import tables_workbook
from scrm_helpers.report.safe_sheets import csv_bytes, sheet_name, workbook_bytes

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_cells_never_start_a_formula_in_csv(text):
    cell = pd.read_csv(io.BytesIO(csv_bytes(pd.DataFrame({"a": [text]}))), dtype=str)["a"][0]
    assert cell == "'" + text.replace("\r", "\n")


def test_numbers_and_absent_cells_stay_as_they_are_in_csv():
    assert csv_bytes(pd.DataFrame({"a": [-1.5, None], "b": ["x", None]})) == b"a,b\n-1.5,x\n,\n"


def test_text_cells_are_text_in_a_workbook():
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes({"Sheet": pd.DataFrame({"a": [*FORMULAS, "plain"]})})))
    assert {cell.data_type for cell in book.active["A"]} == {"s"}


def test_the_same_frame_gives_the_same_workbook():
    frame = pd.DataFrame({"a": ["x"], "b": [1.5], "c": pd.to_datetime(["2026-01-02"])})
    assert workbook_bytes({"One": frame}) == workbook_bytes({"One": frame})


def test_sheet_names_that_spreadsheets_refuse_are_mended():
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes({"a/b:c[1]" + "x" * 40: pd.DataFrame({"a": [1]})})))
    assert book.sheetnames == [("a-b-c-1-" + "x" * 40)[:31]]


@given(st.lists(st.text(max_size=45), max_size=12))
def test_every_sheet_has_a_name_of_its_own_that_spreadsheets_accept(wanted):
    taken = []
    for name in wanted:
        taken.append(sheet_name(name, taken))
    assert len({name.lower() for name in taken}) == len(wanted)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\\n\x00") for name in taken)


def test_numbers_are_formatted_days_are_days_and_text_is_text():
    rows = [["01", 0.251, 1234.5, "2026-01-02", 12, 3.0], [None, None, None, None, None, None]]
    formats = {"Share": "percent", "Sum": "money", "Day": "date", "People": "count", "Score": "points"}
    table = {"caption": "What [all] brought: a table", "title": "T", "sentence": "S", "note": "", "hidden": 0}
    columns = ["Name", "Share", "Sum", "Day", "People", "Score"]
    tables = {"02": [{**table, "columns": columns, "rows": rows, "formats": formats}] * 2}
    book = openpyxl.load_workbook(io.BytesIO(tables_workbook(tables, "GBP")))
    assert book.sheetnames == ["Contents", "02 What -all- brought- a table", "02 What -all- brought- a 2"]
    cells = book.worksheets[1][2]
    assert [cell.value for cell in cells] == ["01", 0.251, 1234.5, dt.datetime(2026, 1, 2), 12, 3]  # noqa: DTZ001
    assert cells[1].number_format.endswith("%")
    assert "GBP" in cells[2].number_format
    assert cells[3].is_date
    assert cells[0].data_type == "s"
