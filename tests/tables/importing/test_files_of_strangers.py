"""Files as people bring them: other spellings and languages, saved again by spreadsheets, half prepared by hand."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.generic_draft import draft_mapping
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from . import exports_of_surveys
from .made_exports import counted

PROFILES = load_profiles(None)
HERE = Path(__file__).parent / "strangers"

KNOWN = {  # file -> profile, n, promoters, detractors, reasons of what is left out
    "delighted_german": ("delighted", 3, 2, 1, {"other scale (csat)": 1}),
    "qualtrics_labels": ("qualtrics", 2, 1, 1, {"preview": 1, "unfinished": 1}),
    "qualtrics_codes": ("qualtrics", 1, 1, 0, {"preview": 1, "spam": 1, "unfinished": 1}),
    "monkey_old": ("surveymonkey", 2, 1, 0, {}),
    "monkey_german": ("surveymonkey", 2, 1, 1, {}),
    "monkey_rounded": ("surveymonkey", 2, 2, 0, {}),  # ids rounded by a spreadsheet are not needed beside mails
    "typeform_spanish": ("typeform", 2, 1, 0, {"unfinished": 1}),
    "feedback_labels": ("hubspot_feedback", 2, 1, 1, {"other scale (csat)": 1}),
}


def text_of(name: str) -> str:
    return (HERE / f"{name}.csv").read_text(encoding="utf-8")


def read(text: str, folder: Path, *given: Mapping[str, object]) -> ImportedFile:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8", newline="")
    (found,) = import_file(path, PROFILES, given)
    return found


def asked(found: ImportedFile) -> list[str]:
    """Ids of the questions that a number rests on."""
    return [question.id for question in found.questions if question.decides]


@pytest.mark.parametrize("name", KNOWN)
def test_other_spellings_of_a_vendor_give_the_same_facts(name: str, tmp_path: Path) -> None:
    vendor, n, promoters, detractors, left_out = KNOWN[name]
    found = read(text_of(name), tmp_path)
    assert (found.vendor, found.refused, asked(found)) == (vendor, "", [])
    assert dict(found.left_out) == left_out
    scores = [int(score) for score in counted(found, "surveys")["score"] if score]
    assert (len(scores), sum(s >= 9 for s in scores), sum(s <= 6 for s in scores)) == (n, promoters, detractors)


def test_a_workbook_keeps_what_the_export_said(tmp_path: Path) -> None:
    lines = [line.split(",") for line in text_of("typeform_spanish").splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0]).astype({lines[0][1]: object})
    frame[lines[0][1]] = pd.to_numeric(frame[lines[0][1]])
    for column in ("Start Date (UTC)", "Submit Date (UTC)"):
        frame[column] = pd.to_datetime(frame[column])
    path = tmp_path / "anything.xlsx"
    frame.to_excel(path, index=False, engine="xlsxwriter")
    (found,) = import_file(path, PROFILES)
    assert found.vendor == "typeform"
    assert dict(found.left_out) == {"unfinished": 1}
    assert list(found.tables["surveys"]["score"]) == ["10", "8"]
    assert list(found.tables["surveys"]["responded_on"]) == ["2026-02-01", "2026-02-02"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("qualtrics_codes", "Q4_NPS_GROUP,Q4,Q5", "Q3,Q4,Q5"),  # which of them is the likelihood to recommend?
        ("feedback_labels", "Survey Type", "Kind"),
    ],
)
def test_what_the_file_does_not_say_is_asked(name: str, old: str, new: str, tmp_path: Path) -> None:
    assert old in text_of(name)
    assert asked(read(text_of(name).replace(old, new), tmp_path))


def test_days_of_twelve_and_less_are_asked_about_and_read_as_answered(tmp_path: Path) -> None:
    text = text_of("monkey_old").replace("02/13/", "02/03/").replace("02/14/", "02/04/")
    assert asked(read(text, tmp_path)) == ["date_order"]
    for answer, days in {
        "month first": ["2014-02-03", "2014-02-04"],
        "day first": ["2014-03-02", "2014-04-02"],
    }.items():
        found = read(text, tmp_path, {"answers": {"date_order": answer}})
        assert list(found.tables["surveys"]["responded_on"]) == days


def test_one_question_about_several_things_is_asked_about_and_read_as_answered(tmp_path: Path) -> None:
    text = text_of("monkey_matrix")
    found = read(text, tmp_path)
    (question,) = [question for question in found.questions if question.decides]
    assert [choice[-8:] for choice in question.choices] == ["Our shop", " Our app", "Our site"]
    given = {**found.mapping[0], "answers": {question.id: question.choices[1]}}
    assert list(read(text, tmp_path, given).tables["surveys"]["score"]) == ["9", "8"]


def test_a_comment_under_a_score_is_no_score(tmp_path: Path) -> None:
    text = text_of("monkey_matrix").replace("Our shop,Our app,Our site", ",Comment,").replace("10,9,1", "10,fine,")
    assert list(read(text.replace("7,8,2", "7,,"), tmp_path).tables["surveys"]["score"]) == ["10", "7"]


def test_five_points_are_no_scale_from_nought_to_ten(tmp_path: Path) -> None:
    export = exports_of_surveys.typeform_older(Random(1))
    for row in export.rows:
        row[1] = str(int(row[1]) // 2)
    (found,) = import_file(export.write(tmp_path), PROFILES)
    assert found.refused or asked(found)


def test_an_id_that_a_spreadsheet_rounded_names_nobody(tmp_path: Path) -> None:
    found = read(text_of("monkey_rounded").replace("b@example.org", ""), tmp_path)
    assert "line 4" in found.refused
    assert "1.18052E+11" in found.refused


def test_a_plain_table_is_not_taken_for_a_vendor(tmp_path: Path) -> None:
    found = read(text_of("plain_survey"), tmp_path)
    assert found.vendor == "generic"
    assert not found.tables


def test_stages_of_the_companys_own_are_asked_for(tmp_path: Path) -> None:
    found = read(text_of("deals"), tmp_path)
    assert asked(found) == ["words:Deal Stage"]
    written = {**found.mapping[0], "answers": {"words:Deal Stage": "Vertrag unterschrieben"}}
    orders = read(text_of("deals"), tmp_path, written).tables["transactions"]
    assert list(orders["amount"]) == ["1250.00"]


def test_a_german_report_with_titles_above_its_header(tmp_path: Path) -> None:
    found = read(text_of("report"), tmp_path)
    assert (found.vendor, found.rows_read, asked(found)) == ("salesforce_report", 2, [])
    assert list(found.tables["customers"]["joined_on"]) == ["2026-02-13", "2026-03-01"]
    assert list(found.tables["referrals"]["_referrer_name"]) == ["Jürgen Ek"]


def test_a_pulse_that_names_people_is_refused(tmp_path: Path) -> None:
    assert "Employee Email" in read(text_of("pulse"), tmp_path).refused


def test_a_pulse_that_points_to_people_is_refused_until_the_owner_says_they_knew(tmp_path: Path) -> None:
    text = "\n".join(line.split(",", 1)[1] for line in text_of("pulse").splitlines())
    found = read(text, tmp_path)
    assert "Tenure" in found.refused
    assert "employees_informed" in found.refused
    told = read(text, tmp_path, {"answers": {"employees_informed": "yes"}})
    assert not told.refused
    assert list(told.tables["employees"]["team"]) == ["Sales"]


DRAFTS = {  # header and first row -> the likely table and its columns, of vendors and languages without a profile
    "Date;Gross Sales;Net Sales;Source;Transaction ID;Customer ID|04/21/24;-$12.50;-$12.50;Register;T1;C1":
        "transactions ordered_on=Date amount=Net Sales order_id=Transaction ID customer_id=Customer ID",
    "N° commande;Client;Date de commande;Montant TTC|1001;C1;15/05/2024;1 012,50":
        "transactions order_id=N° commande customer_id=Client ordered_on=Date de commande amount=Montant TTC",
    "Número de pedido;Correo electrónico;Fecha;Importe|1;ada@example.com;15/05/2024;12,50":
        "transactions order_id=Número de pedido customer_id=Correo electrónico ordered_on=Fecha amount=Importe",
    "Deal - ID;Deal - Value;Deal - Won time;Person - Email;Phone Number|1;10;2024-05-01 10:00:00;ada@example.com;0":
        "transactions order_id=Deal - ID amount=Deal - Value ordered_on=Deal - Won time customer_id=Person - Email",
    "Email;Phone Number;Email Marketing Consent;Date Added|ada@example.com;;SUBSCRIBED;2024-04-02 10:00:00+00:00":
        "customers customer_id=Email joined_on=Date Added",
    "Review Id;Review Created (UTC);Review Content;Review Stars;Email|r1;2024-05-01T10:00:00Z;Nice;5;a@example.com":
        "surveys responded_on=Review Created (UTC) text=Review Content score=Review Stars customer_id=Email",
    "Ticket ID;Source;Created time;Resolved time|7;Portal;2024-05-01 10:00:00;2024-05-02 10:00:00":
        "interactions interaction_id=Ticket ID channel=Source occurred_on=Created time",
}  # fmt: skip


@pytest.mark.parametrize("given", DRAFTS)
def test_a_file_of_nobody_known_gets_a_draft_that_is_likely(given: str) -> None:
    header, row = (part.split(";") for part in given.split("|"))
    entry, _ = draft_mapping(header, pd.DataFrame([row]))
    said = json.loads(entry["comments"][-1].partition("answers: ")[2])
    table = said.pop("table")
    found = {f"{name.removeprefix(f'{table}.')}={column}" for name, column in said.items()}
    likely, *columns = re.split(r" (?=[a-z_]+=)", DRAFTS[given])
    assert (table, found) == (likely, set(columns))
