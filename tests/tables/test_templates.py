"""What a new company folder holds: every setting with its default, a workbook that is itself a company, all columns."""

import csv
import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest
import yaml

from scrm_helpers.report.new_company import CONTENT, write_new
from scrm_helpers.tables import TABLES
from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.templates.data_dictionary import columns_body, columns_page

from .conftest import GOOD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    write_new(folder)
    return {name: (folder / name).read_bytes() for name in CONTENT}


@pytest.mark.parametrize("name", CONTENT)
def test_a_new_company_is_never_written_over_anything(tmp_path, name):
    path = tmp_path / name
    for there in (lambda: path.write_text("mine"), path.mkdir, lambda: path.symlink_to("nowhere")):
        there()
        before = path.lstat()
        assert {one for one, about in write_new(tmp_path).items() if about} == CONTENT.keys() - {name}
        assert path.lstat() == before
        assert write_new(tmp_path) == dict.fromkeys(CONTENT, "")
        for new in tmp_path.iterdir():
            new.rmdir() if new.is_dir() else new.unlink()


def test_the_settings_are_all_there_with_their_defaults(template):
    text = template["company.yaml"].decode()
    assert yaml.safe_load(text) is None
    lines = [line[2:] for line in text.splitlines() if line.startswith("# ") and line[2:].split(":")[0].isidentifier()]
    shown = {line.split(":")[0]: line for line in lines}
    assert set(shown) == set(Settings.model_fields)
    Settings(**yaml.safe_load("\n".join(shown.values())))  # each can be meant
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        assert ("none" in shown[name]) == (default in (None, "")), name
        if "none" not in shown[name]:
            given = Settings(**yaml.safe_load(shown[name]))
            assert getattr(given, name) == default, name


def test_the_example_of_sources_can_be_read(template):
    text = template["company.yaml"].decode()
    block = text[text.index("# sources: {}") :].replace("{}", "", 1)
    given = yaml.safe_load("\n".join(line.removeprefix("# ") for line in block.splitlines()))
    assert {type(source.query or source.file) for source in Settings(**given).sources.values()} == {str}


def test_a_workbook_that_nobody_filled_in_is_recognised(empty_folder, template):
    for name, content in template.items():
        empty_folder.write(name, content)
    (message,) = empty_folder.check().messages
    assert "no row of customers and transactions is in it yet" in message.what


@pytest.mark.parametrize("tables", [("customers", "transactions"), tuple(GOOD)])
def test_the_workbook_filled_in_is_a_company(empty_folder, template, tmp_path, tables):
    book = openpyxl.load_workbook(io.BytesIO(template["tables.xlsx"]))
    for table in tables:
        sheet = book[table]
        places = {cell.value: cell.column for cell in sheet[1]}
        for number, row in enumerate(csv.DictReader(io.StringIO(GOOD[table])), start=2):
            for name, text in row.items():
                kind = TABLES[table].column(name).kind
                value = float(text) if text and kind in NUMERIC else text or None
                if text and kind == "date":
                    value = dt.datetime.fromisoformat(text)
                sheet.cell(number, places[name]).value = value
    book.save(empty_folder.path / "tables.xlsx")
    empty_folder.write("columns.html", template["columns.html"])
    report = empty_folder.check()
    (tmp_path / "clean").mkdir()
    clean = type(empty_folder)(tmp_path / "clean")
    clean.bring(*tables)
    wanted = clean.check()
    assert {**report.facts, "fingerprint": ""} == {**wanted.facts, "fingerprint": ""}
    assert set(report.receipts) == set(tables)
    assert [message.what for message in report.messages] == [message.what for message in wanted.messages]


def test_words_are_chosen_from_a_list_and_needed_columns_are_marked(template):
    book = openpyxl.load_workbook(io.BytesIO(template["tables.xlsx"]))
    for table in TABLES.values():
        sheet = book[table.name]
        lists = {
            str(check.sqref).split(":")[0]: check.formula1.strip('"').split(",")
            for check in sheet.data_validations.dataValidation
            if check.type == "list"
        }
        for place, column in enumerate(table.columns, start=1):
            head = sheet.cell(1, place)
            assert head.value == column.name
            assert column.about in head.comment.text
            assert (head.fill.fgColor.rgb == "FF1F3A5F") == column.required
            words = list(column.words.words) if column.words else None
            assert lists.get(f"{head.column_letter}2") == words


def test_the_page_of_columns_is_that_of_the_contract(template):
    again = (
        "write it: python -c 'from scrm_helpers.tables.templates.data_dictionary import columns_body as b; print(b())'"
    )
    head = "# Columns\n\nEvery table and column that a company can hand to the kit, made from the contract.\n\n"
    assert (ROOT / "COLUMNS.md").read_text(encoding="utf-8") == head + columns_body(), again
    assert columns_body() in columns_page()
    assert all(column.about for table in TABLES.values() for column in table.columns)
