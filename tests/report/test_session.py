"""Opening and closing a chapter."""

import json

import pandas as pd
import pytest
from given import said

from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.people import value_table
from scrm_helpers.report.session import start
from scrm_helpers.tables import save_company

DAY = "2026-09-30"
ANSWER = said(sentence="Two customers.", numbers=[Measure(name="customers", value=2.0, unit="count")])


def test_a_chapter_knows_its_company_its_value_and_its_plan(company_folder):
    chapter = start("01", data=str(company_folder), as_of=DAY)
    assert chapter.plan.number == "01"
    assert chapter.company.customers["customer_id"].tolist() == ["001", "1"]
    assert chapter.value.set_index("person_id")["revenue"].to_dict() == {"001": 30.5, "1": 5.25}
    assert chapter.findings("") == {}


def test_a_prepared_folder_is_read_and_not_prepared_again(company_folder, tmp_path, monkeypatch):
    raw = start("01", data=str(company_folder), as_of=DAY)
    folder = save_company(raw.company, tmp_path / "prepared")
    value_table.save(raw.value, folder)
    monkeypatch.setattr(value_table, "prepare_value", None)  # called, it would fail
    again = start("01", data=str(folder), as_of=DAY)
    pd.testing.assert_frame_equal(again.value, raw.value)


def test_closing_prints_the_sentinel_last_and_the_same_each_time(company_folder, capsys):
    for _ in range(2):
        start("01", data=str(company_folder), as_of=DAY).finish(ANSWER)
    lines = capsys.readouterr().out.splitlines()
    sentinels = [line for line in lines if line.startswith("KIT-OK ")]
    assert len(set(sentinels)) == 1
    assert len(sentinels) == 2
    assert lines[-1] == sentinels[0]


def test_named_numbers_are_written_only_when_a_folder_is_named(company_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    start("01", data=str(company_folder), as_of=DAY).finish(ANSWER)
    assert sorted(tmp_path.rglob("*")) == before
    start("01", data=str(company_folder), as_of=DAY, results="found").finish(ANSWER)
    written = json.loads((tmp_path / "found" / "01.json").read_text())
    assert written["numbers"]["customers"]["value"] == 2.0
    assert written["answers"][0]["sentence"] == "Two customers."


def test_the_defaults_of_the_notebooks_hold_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chapter = start("10", data="../data/sample", as_of=DAY)
    assert chapter.company.is_sample
    assert "01" in chapter.findings("../data/sample-results")
    assert start("03", data="../../data/sample", as_of=DAY).company.is_sample
    with pytest.raises(PlainError, match="does not exist"):
        start("01", data="../data/another", as_of=DAY)


def test_a_chapter_reads_what_the_others_found_in_the_same_data(company_folder, tmp_path):
    found = str(tmp_path / "found")
    start("01", data=str(company_folder), as_of=DAY, results=found).finish(ANSWER)
    assert list(start("10", data=str(company_folder), as_of=DAY).findings(found)) == ["01"]
    (company_folder / "customers.csv").write_text("customer_id,joined_on\n001,2025-01-02\n1,2025-02-03\n2,2025-02-03\n")
    other = start("10", data=str(company_folder), as_of=DAY)
    with pytest.raises(PlainError, match="come from other data"):
        other.findings(found)
    assert list(other.earlier(found).chapters) == ["01"]
    with pytest.raises(PlainError, match="no results of chapters"):
        other.findings(str(tmp_path / "empty"))


def test_missing_tables_are_said_in_one_sentence_without_a_traceback(company_folder):
    with pytest.raises(PlainError) as refused:
        start("03", data=str(company_folder), as_of=DAY)
    assert str(refused.value).count("\n") == 0
    assert "no tables surveys and referrals" in str(refused.value)
    assert refused.value._render_traceback_() == [str(refused.value)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"as_of": "30.09.2026"}, "as_of must be a date such as 2026-09-30"),
        ({"as_of": 20260930}, "as_of must be a date"),
        ({"data": 7}, "data must be the path of a folder"),
        ({"results": None}, "results must be the path of a folder"),
        ({"data": "nowhere"}, "'nowhere' does not exist"),
    ],
)
def test_a_wrong_parameter_is_said_in_words(company_folder, settings, said):
    with pytest.raises(PlainError) as refused:
        start("01", **{"data": str(company_folder), "as_of": DAY, "results": "", **settings})
    assert said in str(refused.value)


def test_a_refused_company_is_refused_in_the_words_of_the_check(company_folder):
    (company_folder / "customers.csv").write_text("customer_id,joined_on\n001,2025-01-02\n001,2025-01-03\n")
    with pytest.raises(PlainError, match=r"customers\.csv, column customer_id"):
        start("01", data=str(company_folder), as_of=DAY)


def test_only_results_are_finished(company_folder):
    with pytest.raises(PlainError, match="not a DataFrame"):
        start("01", data=str(company_folder), as_of=DAY).finish(pd.DataFrame())


def test_results_that_cannot_be_written_are_said(company_folder, tmp_path):
    (tmp_path / "found").write_text("a file is in the way")
    with pytest.raises(PlainError, match="The results cannot be written"):
        start("01", data=str(company_folder), as_of=DAY, results=str(tmp_path / "found")).finish(ANSWER)
