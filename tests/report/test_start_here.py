"""The start notebook: files are chosen, recognised and asked about; what cannot be meant is taken back."""

from pathlib import Path
from random import Random

import pytest
from tables.importing import exports_of_programmes, exports_of_shops, exports_of_surveys

from scrm_helpers.report.chapters.walk_plan import START
from scrm_helpers.report.export_desk import NO_FILES, start_here

MADE = {**exports_of_shops.EXPORTS, **exports_of_surveys.EXPORTS, **exports_of_programmes.EXPORTS}
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / f"{START}.ipynb"
UNKNOWN = "Bestellnr;Kunde;Datum;Betrag\nA1;k1@example.com;03.04.2026;1.234,50\nA2;k2@example.com;13.04.2026;9,90\n"


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "exports").mkdir()
    MADE["delighted"](Random("start")).write(tmp_path / "exports", "answers")
    (tmp_path / "exports" / "unknown.csv").write_text(UNKNOWN)
    return start_here(str(tmp_path / "exports"), str(tmp_path / "company"), str(tmp_path / "report"))


def test_files_of_a_folder_are_recognised_and_what_is_open_is_asked(desk):
    pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")
    shown, asked = desk.recognised(), desk.questions()
    assert NO_FILES in shown.value
    folder, files, _, said = desk.files().children
    assert files.value == ("answers.csv", "unknown.csv")
    assert "Delighted" in shown.value
    assert "not recognised" in shown.value
    assert len(asked.children) == 5  # which table, and its four columns
    for column in ("transactions", "Bestellnr", "Kunde", "Datum", "Betrag"):
        pickers = [one.children[1] for one in asked.children]
        next(one for one in pickers if (column, column) in one.options and not one.value).value = column
    assert not desk.problem
    assert len(desk.found.files[1].tables["transactions"]) == 2
    files.value = ("answers.csv",)
    assert "unknown.csv" not in shown.value
    folder.value = "nowhere"
    assert "no files" in said.value
    assert NO_FILES in shown.value


def test_an_answer_that_cannot_be_meant_is_said_and_taken_back(desk):
    desk.choose(sorted(desk.exports.iterdir()))
    desk.answer("unknown.csv", "table", "weather")
    assert "none of its choices" in desk.summary()
    assert desk.found is not None
    assert desk.answers == {}
