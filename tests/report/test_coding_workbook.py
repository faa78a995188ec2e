"""The sheet for coding by hand: texts stay texts, a new file each time, and its last sheet is the table `coding`."""

import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from scrm_helpers import cli

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def run(*arguments):
    return cli.guarded(lambda: cli.commands.main([str(one) for one in arguments], standalone_mode=False))


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coding") / "company"
    folder.mkdir()
    for name in ("customers.csv", "transactions.csv", "company.yaml"):
        shutil.copyfile(SAMPLE / name, folder / name)
    table = pd.read_csv(SAMPLE / "interactions.csv", dtype=str).head(60)
    table["text"] = '=HYPERLINK("http://example.org")'
    table.to_csv(folder / "interactions.csv", index=False)
    return folder


def test_texts_are_no_formulas_and_the_last_sheet_is_the_table(company, tmp_path, capsys):
    target = tmp_path / "to-read.xlsx"
    assert run("coding", company, "--to", target) == 0
    assert "with their texts" in capsys.readouterr().out
    assert target.stat().st_mode & 0o077 == 0
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["how", "coder 1", "coder 2", "coding"]
    sheet = book["coder 1"]
    threads = [cell.value for cell in sheet["A"][1:]]
    assert all(cell.data_type == "s" and "=HYPERLINK" in cell.value for cell in sheet["C"][1:])
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ['"1,2,3,4,5,6"']
    joined = [cell.value for cell in book["coding"]["A"][1:]]
    assert joined == threads * 2
    assert all("'coder" in cell.value for cell in book["coding"]["C"][1:])


def test_a_file_that_is_there_and_the_company_folder_are_refused(company, tmp_path, capsys):
    target = tmp_path / "coded.xlsx"
    target.write_bytes(b"coded already")
    assert run("coding", company, "--to", target) == 1
    assert target.read_bytes() == b"coded already"
    assert run("coding", company, "--to", company / "coding.xlsx") == 1
    assert run("coding", company, "--to", tmp_path / "nowhere" / "coding.xlsx") == 1
    assert capsys.readouterr().err.count("\n") == 3
    assert not (company / "coding.xlsx").exists()
