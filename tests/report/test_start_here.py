"""The start notebook: files are chosen, recognised and asked about; what cannot be meant is taken back."""

import json
import re
from pathlib import Path
from random import Random

import pytest
from tables.importing import exports_of_programmes, exports_of_shops, exports_of_surveys

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report import export_desk
from scrm_helpers.report.chapters.walk_plan import START, WALK
from scrm_helpers.report.export_desk import NO_FILES, put_settings, rate_lines, start_here

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


def test_rates_are_typed_one_for_each_currency_and_stand_in_the_settings(tmp_path):
    pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")
    desk = start_here("", str(tmp_path / "company"), str(tmp_path / "report"))
    (tmp_path / "exports").mkdir()
    MADE["shopify_orders"](Random("start")).write(tmp_path / "exports", "orders")
    (orders,) = (tmp_path / "exports").iterdir()
    orders.write_bytes(orders.read_bytes().replace(b",EUR,", b",USD,", 20))
    asked = desk.questions()
    desk.choose([orders])
    (text, own, *fields, said) = asked.children[0].children
    assert "EUR, USD" in text.value
    own.value = "USD"
    assert [one.disabled for one in fields] == [False, True]
    fields[0].value = "1,08"
    assert "rates: {EUR: 1.08}" in said.value
    fields[0].value = "much"
    assert "give a number above 0" in said.value
    file = tmp_path / "company.yaml"
    file.write_text("as_of: 2026-01-01\nrates: {EUR: 2}\n", encoding="utf-8")
    put_settings(file, rate_lines("USD", {"EUR": "1.08", "GBP": ""}))
    assert file.read_text(encoding="utf-8").splitlines() == ["as_of: 2026-01-01", "currency: USD", "rates: {EUR: 1.08}"]


@pytest.mark.parametrize("typed", ["0", "-1", "nan", "1e400", "1; x"])
def test_a_rate_that_is_no_number_above_zero_is_refused(typed):
    with pytest.raises(PlainError, match="give a number above 0, in EUR"):
        rate_lines("EUR", {"USD": typed})


def test_without_controls_the_four_commands_are_said(monkeypatch, capsys):
    monkeypatch.setattr(export_desk, "_widgets", lambda: None)
    desk = start_here()
    assert "scrm run my-company" in capsys.readouterr().out
    assert [part() for part in (desk.files, desk.recognised, desk.questions, desk.report)] == [None] * 4


def test_the_start_links_every_chapter_and_every_notebook_to_look_around_in():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    links = re.findall(r"\]\(([^)]+)\)", "".join(line for cell in cells for line in cell["source"]))
    assert all((NOTEBOOK.parent / link).exists() for link in links)
    looks = [f"explore/{path.name}" for path in NOTEBOOK.parent.glob("explore/*.ipynb")]
    assert {*(f"{plan.stem}.ipynb" for plan in WALK), *looks} <= set(links)
