"""A field without consent or purpose in the data register reaches no action list, whatever the field."""

import shutil
import zipfile

import pandas as pd
import pytest

from scrm_helpers.conversations import plan_answers
from scrm_helpers.people import People, value_table
from scrm_helpers.report.chapters.actions import cannot_plan, plan_actions
from scrm_helpers.report.chapters.grounds import on_ground
from scrm_helpers.report.engine.run_options import RunOptions
from scrm_helpers.sample import write_sample
from scrm_helpers.tables import open_company


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("company") / "sample"
    write_sample(made, customers=400, seed=3)
    return made


def listed(folder, field, **lacking):
    """The action list, and why some kinds are blank, where the register lacks a ground for one field."""
    path = folder / "data_register.csv"
    whole = path.read_text(encoding="utf-8")
    register = pd.read_csv(path)
    here = (register["table"] + "." + register["field"]).eq(field)
    assert here.any()
    for column, value in lacking.items():
        register.loc[here, column] = value
    try:
        register.to_csv(path, index=False)
        company = open_company(folder)
        given = on_ground(company, value_table.prepare_value(People(company)))
        return plan_actions(*given, answers=plan_answers(*given)), cannot_plan(*given)
    finally:
        path.write_text(whole, encoding="utf-8")


@pytest.mark.parametrize("lacking", [{"consent": None}, {"purpose": None}])
def test_answers_without_ground_ask_nobody(folder, lacking):
    everybody, _ = listed(folder, "surveys.score")
    some, why = listed(folder, "surveys.score", **lacking)
    assert (everybody["action"] == "ask").any()
    assert not (some["action"] == "ask").any()
    assert not some["reason"].str.contains("answered [0-9]", regex=True).any()
    assert f"names no {next(iter(lacking))} for score of surveys" in why["ask"]
    assert (some["action"] == "manage").sum() == (everybody["action"] == "manage").sum()


def test_without_a_ground_for_what_was_bought_nobody_is_chosen_by_it(folder):
    some, _ = listed(folder, "transactions.amount", consent=None)
    assert set(some["action"]) <= {"respond", "leave"}
    assert some[["value", "value_low", "value_high"]].isna().all(axis=None)


def test_words_without_ground_name_nobody_to_be_answered(folder):
    some, _ = listed(folder, "interactions.author_id", purpose=None)
    assert not some["action"].isin(["respond"]).any() or not some["reason"].str.contains("not a customer").any()


def test_no_output_file_holds_a_borrowed_value(folder, tmp_path, run_report):
    """A run reads what is borrowed through `sources:` and leaves no trace of it, nor of what is only displayed."""
    made = tmp_path / "company"
    shutil.copytree(folder, made)
    messages = pd.read_csv(made / "interactions.csv")
    messages["function"] = "displayed-mark"
    register = pd.read_csv(made / "data_register.csv")
    extra = register.iloc[[0, 0]].assign(
        table="interactions", field=["team", "function"], canonical=False, stored=False
    )
    extra["actionable"] = [True, False]
    pd.concat([register, extra]).to_csv(made / "data_register.csv", index=False)
    messages["team"] = [f"borrowed-team-{place % 20}" for place in range(len(messages))]
    messages.to_csv(made / "interactions.csv", index=False)
    with (made / "company.yaml").open("a", encoding="utf-8") as settings:
        settings.write("sources: {interactions: {columns: {team: team}}}\n")
    (made / "manifest.jsonl").unlink(missing_ok=True)
    ran = run_report(made, None, tmp_path / "out", RunOptions(only=["01", "06", "10"]))
    assert not ran.faults
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        assert b"borrowed-team" not in content, path.name
        assert b"displayed-mark" not in content, path.name
