"""Files that are no table, or whose header hides: the true cause is named, and obeying the advice helps."""

import gzip
import io
import zipfile

import pytest

from scrm_helpers.tables import TABLES

from .conftest import GOOD

ORDERS = GOOD["transactions"]
SIGN_IN = b"<!DOCTYPE html>\n<html><head><title>Sign in &amp; go</title></head><body></body></html>"


def _workbook(kind, *names):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        if kind == "xlsx":
            sheets = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(names))
            packed.writestr("xl/workbook.xml", f"<workbook><sheets>{sheets}</sheets></workbook>")
        elif kind == "ods":
            tables = "".join(f'<table:table table:name="{name}"></table:table>' for name in names)
            packed.writestr("content.xml", f"<office:spreadsheet>{tables}</office:spreadsheet>")
        else:
            for name in names:
                packed.writestr(name, "x")
    return sink.getvalue()


NO_TABLES = {
    "sign-in page": (SIGN_IN, "a web page (HTML) titled 'Sign in & go'"),
    "page in UTF-16": (SIGN_IN.decode().encode("utf-16"), "a web page"),
    "page in Latin-1": (b"\n <html><body>M\xfcnchen", "a web page"),
    "JSON": (b'[{"order_id": "O1"}]', "a JSON file"),
    "JSON lines": (b'{"order_id": "O1"}\n{"order_id": "O2"}', "a JSON file"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML file"),
    "RTF": (b"{\\rtf1\\ansi order_id}", "RTF"),
    "e-mail": (b"Return-Path: <a@example.org>\nReceived: from x", "an e-mail"),
    "SQL": (b"-- dump\nCREATE TABLE orders (x);", "a dump of a database"),
    "workbook": (_workbook("xlsx", "Orders"), "an Excel workbook"),
    "OpenDocument": (_workbook("ods", "Orders"), "an OpenDocument spreadsheet"),
    "ZIP": (_workbook("zip", "orders.csv"), "a ZIP file with 'orders.csv'"),
    "packed": (gzip.compress(ORDERS.encode()), "a gzip file"),
    "picture": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_another_file_saved_as_csv_is_named(company_folder, name):
    content, words = NO_TABLES[name]
    for table in ("transactions", "referrals"):
        company_folder.write(f"{table}.csv", content)
    company_folder.write("surveys.csv.gz", gzip.compress(content))
    messages = {message.table: message for message in company_folder.check().messages}
    assert list(messages) == ["transactions", "surveys", "referrals"]
    assert words in messages["transactions"].what
    assert "The name says CSV, but it is a" in messages["surveys"].what
    advised = [table for table, message in messages.items() if "move the file out of the folder" in message.todo]
    assert advised == ["surveys", "referrals"]


HIDDEN = {
    "comment": ("# export of today\n", "The header is line 2; above it stands a comment"),
    "title lines": ("Orders of the year\n\nby;the;shop\n", "The header is line 4; above it stands a title or remark"),
}


def _spoil_all(folder, change):
    """Spoil every table and return the one error of each."""
    for table in TABLES:
        folder.write(f"{table}.csv", change(GOOD[table]))
    errors = [message for message in folder.check().messages if message.level == "error"]
    assert [message.table for message in errors] == list(TABLES)
    return errors


@pytest.mark.parametrize("name", HIDDEN)
def test_lines_above_the_header_are_the_cause(company_folder, name):
    above, words = HIDDEN[name]
    assert all(words in error.what for error in _spoil_all(company_folder, lambda text: above + text))


@pytest.mark.parametrize("separator", ["~", "^", "::", "\x01", "  ", "¦", "||", "#", "/"])
def test_an_odd_separator_is_the_cause(company_folder, separator):
    for error in _spoil_all(company_folder, lambda text: text.replace(",", separator)):
        assert f"The columns are separated by {separator!r}" in error.what


def test_other_causes_have_their_own_words(company_folder):
    for content, words in (
        (ORDERS.split("\n", 1)[1], "There is no header"),
        (GOOD["surveys"], "The columns are those of table surveys"),
        ("Service not available\n", "holds no delimiter"),
        ("," + ORDERS.replace("\nO", "\n,O"), "has no name"),
        (ORDERS.replace("\n", ",\n"), "the header ends in a delimiter"),
        (
            "".join(f"{'' if i == 0 else i - 1},{line}\n" for i, line in enumerate(ORDERS.splitlines())),
            "counts the rows",
        ),
    ):
        company_folder.write("transactions.csv", content)
        (message,) = [message for message in company_folder.check().messages if message.level == "error"]
        assert words in message.what


def test_the_delimiter_is_the_one_that_finds_columns(company_folder):
    clean = company_folder.check().facts
    head, *rows = ORDERS.replace(",", ";").splitlines()
    extra = ';"a, b, c, d, e, f, g, h, i"'
    company_folder.write("transactions.csv", "\n".join([head + extra.replace('"', ""), *[row + ";1" for row in rows]]))
    assert {**company_folder.check().facts, "fingerprint": 0} == {**clean, "fingerprint": 0}


DAMAGE = {
    "id as a number": ("customers", "C3,2025-03-09", "1.23E+11,2025-03-09", "turned into a number", "error"),
    "id lost to a formula": ("referrals", "C1,C3,", "#N/A,C3,", "error or a filled-up cell", "error"),
    "day as a number": ("transactions", "2024-01-06", "45297", "which is 2024-01-06", "error"),
    "narrow column": ("transactions", "2024-01-06", "########", "filled-up cell", "error"),
    "amount of a formula": ("transactions", "20.25", "#REF!", "error or a filled-up cell", "error"),
    "word of a formula": ("customers", "Gold,North", "#NAME?,North", "error or a filled-up cell", "warning"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_of_a_spreadsheet_is_the_cause(company_folder, name):
    table, old, new, words, level = DAMAGE[name]
    company_folder.change(table, old, new)
    found = [message for message in company_folder.check().messages if message.table == table]
    assert [message.level for message in found if words in message.what] == [level]
    assert not any("is not a date, such" in message.what or "not a number" in message.what for message in found)


@pytest.mark.parametrize("word", ["Total", "Summe:", "GRAND TOTAL"])
def test_a_total_below_the_rows_is_left_out_and_said(whole_company, word):
    clean = whole_company.check(by_customer=True)
    tables = [table for table in TABLES if len(TABLES[table].required_names) > 1]  # else the word could be an id
    for table in tables:
        whole_company.append(table, word + "," * GOOD[table].splitlines()[0].count(","))
    report = whole_company.check(by_customer=True)
    assert report.exit_code == 0, report.to_text()
    assert {**report.facts, "fingerprint": 0} == {**clean.facts, "fingerprint": 0}
    said = {message.table: message.lines for message in report.messages if "total" in message.what}
    assert said == {table: (GOOD[table].count("\n") + 1,) for table in tables}
    assert all(report.receipts[table].left_out == {"total below the rows": 1} for table in tables)


def test_a_short_total_line_is_the_cause(company_folder):
    company_folder.append("transactions", "Total,130.85")
    (message,) = company_folder.check().messages
    assert "total or remark below" in message.todo


def test_other_files_are_named_with_what_they_are(company_folder):
    (company_folder.path / "all.csv.bak").write_bytes(_workbook("xlsx", "Orders", "Plan &amp; more"))
    company_folder.write("book.ods", _workbook("ods", "Goals"))
    company_folder.write("all.zip", _workbook("zip", "goals.csv"))
    company_folder.write("crm.duckdb", b"\x00" * 8 + b"DUCK" + b"\x00" * 100)
    company_folder.write("old.xls", b"\xd0\xcf\x11\xe0" + b"\x00" * 100)
    company_folder.write("page.html", SIGN_IN)
    said = {message.file: message.what for message in company_folder.check().messages}
    assert "an Excel workbook" in said[""]
    assert "OpenDocument spreadsheet" in said["book.ods"]
    assert "ZIP file with 'goals.csv'" in said["all.zip"]
    assert "DuckDB" in said["crm.duckdb"]
    assert "old Excel" in said["old.xls"]
    assert "web page" in said["page.html"]


@pytest.mark.parametrize(
    "name", ["Surveys.CSV", "survey 2024.csv", "surveys für uns.txt", "old.tsv", "surveys.csv.txt"]
)
def test_obeying_the_line_for_company_yaml_reads_the_file(company_folder, name):
    company_folder.bring("surveys")
    clean = company_folder.check()
    (company_folder.path / "surveys.csv").rename(company_folder.path / name)
    (message,) = company_folder.check().messages
    line = message.todo.split("`")[1].replace("<table>", "surveys")
    company_folder.write("company.yaml", line + "\n")
    report = company_folder.check()
    assert not report.messages, report.to_text()
    assert report.receipts["surveys"].rows_kept == clean.receipts["surveys"].rows_kept


def test_two_files_are_settled_by_the_line_for_company_yaml(company_folder):
    company_folder.write("customers.csv.gz", gzip.compress(GOOD["customers"].encode()))
    (message,) = company_folder.check().messages
    company_folder.write("company.yaml", message.todo.split("`")[1] + "\n")
    report = company_folder.check()
    assert report.exit_code == 0
    assert "Table customers is read from customers.csv" in report.messages[0].todo


def test_tables_in_a_folder_inside_are_pointed_out(company_folder):
    inside = company_folder.path / "export"
    inside.mkdir()
    (company_folder.path / "customers.csv").rename(inside / "customers.csv")
    assert "The folder 'export' inside holds customers.csv" in company_folder.check().messages[0].todo
