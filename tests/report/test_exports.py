"""Spreadsheets: text stays text, bytes repeat."""

import io

import openpyxl
import pandas as pd
import pytest

from scrm_helpers.report.safe_sheets import csv_bytes, workbook_bytes

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
