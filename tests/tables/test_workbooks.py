"""Workbooks as company folders: what a sheet shows is what is read, and what is not read is named."""

import datetime as dt
import io
import re
import zipfile

import pytest

from scrm_helpers.tables import open_company
from scrm_helpers.tables.importing.contract_rows import import_file

from .books import facts_of, rows_of, sheet_of, write_workbook

COMPANY = ("customers", "transactions", "surveys")


def test_a_workbook_is_a_company_folder(empty_folder, clean_report):
    write_workbook(empty_folder.path / "book.xlsx", {name.upper(): sheet_of(name) for name in COMPANY})
    report = empty_folder.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    assert not report.messages
    assert report.receipts["surveys"].file == "book.xlsx, sheet 'SURVEYS'"


def test_company_yaml_names_a_sheet(empty_folder, clean_report):
    write_workbook(empty_folder.path / "book.xlsx", {"Kunden": sheet_of("customers"), "Notes": [["x"], ["y"]]})
    for name in COMPANY[1:]:
        empty_folder.write(f"{name}.csv", empty_folder.good[name])
    (error,) = [message for message in empty_folder.check().messages if message.level == "error"]
    assert error.table == "customers"
    (left,) = [message for message in empty_folder.check().messages if message.level == "warning"]
    assert "'Kunden' and 'Notes' are not read" in left.what
    empty_folder.write("company.yaml", left.todo.split("`")[1])  # the line to paste, as it stands
    report = empty_folder.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    assert [message.what.count("'Notes'") for message in report.messages] == [1]


@pytest.mark.parametrize("name", ["customers.xlsx", "sources"])
def test_the_only_sheet_that_fits_is_meant(company_folder, clean_report, name):
    company_folder.bring("surveys")
    (company_folder.path / "customers.csv").unlink()
    file = name if name.endswith("xlsx") else "all.xlsx"
    write_workbook(company_folder.path / file, {"Sheet1": sheet_of("customers"), "Sheet2": [["a", "b"], [1, 2]]})
    if name == "sources":
        company_folder.write("company.yaml", "sources: {customers: all.xlsx}")
    assert facts_of(company_folder.check(by_customer=True)) == facts_of(clean_report)


def test_a_name_like_that_of_a_table_is_read_and_said(company_folder, clean_report):
    company_folder.bring("surveys")
    (company_folder.path / "customers.csv").unlink()
    sheets = {"Customer": sheet_of("customers"), "Transaction": [["other"], ["header"]]}
    write_workbook(company_folder.path / "all.xlsx", sheets)
    report = company_folder.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    assert "'Customer' is read as table customers" in report.messages[0].what
    assert "'Transaction' is not read" in report.messages[1].what


def test_two_places_for_one_table_are_refused(company_folder):
    write_workbook(company_folder.path / "all.xlsx", {"customers": sheet_of("customers")})
    (message,) = company_folder.check().messages
    assert "2 places for table customers: customers.csv and all.xlsx, sheet 'customers'" in message.what


def test_a_hidden_sheet_is_named_and_not_read(company_folder):
    sheets = {"x": [], "surveys": sheet_of("surveys"), "ideas": [["idea_id"]]}
    write_workbook(company_folder.path / "all.xlsx", sheets, hidden=["surveys"])
    report = company_folder.check()
    assert set(report.receipts) == {"customers", "transactions"}
    assert "'surveys' (hidden) and 'ideas' (no rows) are not read" in report.messages[0].what


def test_ids_that_are_numbers_become_text_and_are_said(empty_folder):
    header, rows = rows_of("customers")
    orders = [[row[0], 122.0 + i, *row[2:]] for i, row in enumerate(rows_of("transactions")[1])]
    numbers = [[122.0 + i, *row[1:]] for i, row in enumerate([*rows, rows[0]])]
    write_workbook(
        empty_folder.path / "all.xlsx",
        {"customers": [header, *numbers], "transactions": [rows_of("transactions")[0], *orders]},
    )
    report = empty_folder.check(by_customer=True)
    assert set(report.facts["amount_by_customer"]) == {"122", "123", "124", "125", "126"}
    said = {message.table: message for message in report.messages if "stored as numbers" in message.what}
    assert set(said) == {"customers", "transactions"}
    assert said["customers"].n == 5


def test_an_id_of_more_digits_than_a_number_holds_is_refused(company_folder):
    header, rows = rows_of("customers")
    write_workbook(company_folder.path / "all.xlsx", {"customers": [header, [4111111111111111.0, *rows[0][1:]]]})
    (company_folder.path / "customers.csv").unlink()
    assert any("turned into a number by a spreadsheet" in message.what for message in company_folder.check().messages)


def test_totals_blank_rows_titles_and_places_beside(company_folder, clean_report):
    header, rows = rows_of("transactions")
    shifted = [[], ["", *header], ["", *rows[0]], [], *(["", *row] for row in rows[1:]), ["", "Total", "", "", 127.85]]
    company_folder.bring("surveys")
    (company_folder.path / "transactions.csv").unlink()
    path = company_folder.path / "all.xlsx"
    write_workbook(path, {"transactions": shifted})
    report = company_folder.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    receipt = report.receipts["transactions"]
    assert (receipt.rows_read, receipt.left_out, receipt.blank_lines) == (6, {"total below the rows": 1}, 1)
    assert report.messages[0].lines == (9,)
    shifted[4][4] = "much"
    write_workbook(path, {"transactions": shifted})
    assert [message.lines for message in company_folder.check().messages if message.column == "amount"] == [(5,)]
    write_workbook(path, {"transactions": [["Orders of the year"], *sheet_of("transactions")]})
    assert "The header is line 2" in company_folder.check().messages[0].what


def test_days_that_are_dates_beside_days_that_are_text_are_refused(company_folder):
    header, rows = rows_of("customers")
    rows[1][1] = "13/02/2024"  # what a spreadsheet leaves as text when it takes 05/01/2024 for the first of May
    write_workbook(company_folder.path / "all.xlsx", {"customers": [header, *rows]})
    (company_folder.path / "customers.csv").unlink()
    (message,) = company_folder.check().messages
    assert "no one format fits" in message.todo


def test_moments_words_and_numbers_come_as_they_are_shown(company_folder):
    head = ["interaction_id", "occurred_on", "channel", "is_public", "sentiment", "team"]
    row = ["M1", dt.datetime.fromisoformat("2025-05-01 10:11"), "forum", True, 0.1 + 0.2, 7]
    write_workbook(company_folder.path / "all.xlsx", {"interactions": [head, row]})
    company_folder.write("company.yaml", "timezone: Europe/Berlin")
    found = open_company(company_folder.path, "2026-09-30").table("interactions").iloc[0]
    assert (found["occurred_on"], found["is_public"], found["sentiment"], found["team"]) == (row[1], True, 0.3, "7")


@pytest.mark.parametrize(("text", "words"), [("#DIV/0!", "'#DIV/0!'"), ("", "'#VALUE!'")])
def test_errors_and_formulas_that_were_never_calculated_are_no_blanks(company_folder, text, words):
    header, rows = rows_of("transactions")

    def formula(_book, sheet):
        sheet.write_formula(2, header.index("margin"), "=1/0", None, text or 0)
        return [header, *([*row[:4], None, *row[5:]] if i == 1 else row for i, row in enumerate(rows))]

    path = company_folder.path / "all.xlsx"
    write_workbook(path, {"transactions": formula})
    if not text:
        change(path, rb"<f>1/0</f><v>0</v>", b"<f>1/0</f>")
    (company_folder.path / "transactions.csv").unlink()
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    assert (message.column, message.lines) == ("margin", (3,))
    assert words in message.what


def change(path, old, new, inner="xl/worksheets/sheet1.xml"):
    """Change the text of one part of a workbook."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert re.search(old, parts[inner])
    parts[inner] = re.sub(old, new, parts[inner])
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    path.write_bytes(sink.getvalue())


BOMBS = {
    "a cell far away": (rb'r="E1"', b'r="XFD1048576"'),
    "a long text many times": (rb"<sheetData>.*</sheetData>", b"<sheetData>%s</sheetData>" % (
        b'<row r="1"><c r="A1" t="s"><v>0</v></c></row>' * 40_000)),
    "much of nothing": (rb"<sheetData>", b"<!--" + b" " * 70_000_000 + b"--><sheetData>"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_workbook_that_fills_the_memory_is_refused_before(company_folder, name):
    path = company_folder.path / "surveys.xlsx"
    header, rows = rows_of("surveys")
    write_workbook(path, {"surveys": [["x" * 32_000, *header[1:]], *rows]})
    change(path, *BOMBS[name])
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    assert "more than this reader takes" in message.what
    (imported,) = import_file(path, {})
    assert "more than this reader takes" in imported.refused


@pytest.mark.parametrize("cut", [100, 2000, -30])
def test_a_damaged_workbook_is_no_fault_of_the_program(company_folder, cut):
    path = company_folder.path / "surveys.xlsx"
    write_workbook(path, {"surveys": sheet_of("surveys")})
    path.write_bytes(path.read_bytes()[:cut])
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    assert message.table == "surveys"


def test_a_damaged_workbook_that_no_table_needs_is_a_warning(company_folder):
    company_folder.write("other.xlsx", b"PK\x03\x04 cut")
    (message,) = company_folder.check().messages
    assert (message.level, message.file) == ("warning", "other.xlsx")
