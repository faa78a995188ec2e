"""What is read from exports of surveys and customer systems is what was put into them, and nothing else."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.joining.derived_tables import complete
from scrm_helpers.tables.importing.joining.import_receipt import receipt
from scrm_helpers.tables.importing.joining.joined_files import join_files
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from . import exports_of_crm, exports_of_surveys
from .made_exports import Made, counted

PROFILES = load_profiles(None)
SURVEYS, CRM = exports_of_surveys.EXPORTS, exports_of_crm.EXPORTS
ALL = SURVEYS | CRM
Reading = Callable[[Made], ImportedFile]


@cache
def made(name: str) -> Made:
    return ALL[name](Random(1))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """The one table that lies in the written file; each file is read once."""
    known: dict[int, ImportedFile] = {}
    kept = []

    def once(export: Made) -> ImportedFile:
        if id(export) not in known:
            kept.append(export)
            (known[id(export)],) = import_file(export.write(tmp_path_factory.mktemp("export")), PROFILES)
        return known[id(export)]

    return once


def told(found: ImportedFile) -> dict[str, dict[str, object]]:
    """What import.json tells of the tables when this is the only file."""
    joined = join_files([found], {})
    return receipt(joined, complete(joined, "EUR", add=False, theirs=False), "EUR")["tables"]


def mails(found: ImportedFile) -> dict[str, str]:
    """The mailbox of each contact by its id."""
    return dict(found.tables["customers"][["customer_id", "_mail"]].itertuples(index=False))


def facts(found: ImportedFile) -> dict[str, object]:
    """All that must not change when the columns of a file change places."""
    seen = {"read": found.rows_read, "kept": found.rows_kept, "left": dict(found.left_out), "vendor": found.vendor}
    for table, frame in found.tables.items():
        shown = frame[[column for column in sorted(frame) if not column.startswith("_")]]
        seen[table] = sorted(map(tuple, shown.to_numpy().tolist()))
    return seen


@pytest.mark.parametrize("name", ALL)
def test_every_row_is_kept_or_left_out_for_its_reason(name: str, read: Reading) -> None:
    export = made(name)
    found = read(export)
    assert found.vendor == export.vendor
    assert not found.refused
    assert not [question for question in found.questions if question.decides]
    assert found.rows_read == len(export.rows)
    assert dict(found.left_out) == dict(export.left_out)
    assert found.rows_kept == len(export.rows) - export.left_out.total()


@pytest.mark.parametrize("name", SURVEYS)
def test_answers_are_counted_over_all_and_over_the_latest_of_each_person(name: str, read: Reading) -> None:
    export = made(name)
    tables = told(read(export))
    surveys = tables["surveys"]
    assert {part: surveys[part] for part in ("all", "latest")} == export.answers.facts()
    assert surveys["other_scales"] == {scale: n for scale, n in export.others.items() if n}
    assert surveys["rows"] == len(export.rows) - export.left_out.total()
    assert tables["customers"]["derived"]


@pytest.mark.parametrize("column", ["Finished", "Progress"])
def test_an_answer_that_was_not_finished_is_seen_by_either_column(column: str, read: Reading) -> None:
    assert facts(read(made("qualtrics").without(column))) == facts(read(made("qualtrics")))


def test_people_who_were_asked_and_did_not_answer_stay(read: Reading) -> None:
    export = made("asknicely")
    frame = counted(read(export), "surveys")
    silent = frame[frame["score"] == ""]
    assert len(silent) == export.facts["not answered"] > 0
    assert (silent["responded_on"] == "").all()
    assert (silent["invited_on"] != "").all()


@pytest.mark.parametrize("zone", ["UTC", "America/Denver", "Pacific/Auckland"])
def test_a_day_is_a_day_of_the_company(zone: str, tmp_path: Path) -> None:
    export = made("qualtrics")
    (found,) = import_file(export.write(tmp_path), PROFILES, zone=zone)
    days = Counter(
        str(moment.astimezone(pd.Timestamp("2025-01-01", tz=zone).tz).date()) for _, moment, _ in export.answers.given
    )
    assert Counter(found.tables["surveys"]["responded_on"]) == days


@pytest.mark.parametrize("name", ["hubspot_deals", "hubspot_deals_internal", "salesforce_opportunities"])
def test_only_won_deals_are_orders(name: str, read: Reading) -> None:
    export = made(name)
    orders = told(read(export))["transactions"]
    assert orders["orders"] == export.facts["orders"]
    assert {currency: Decimal(text) for currency, text in orders["gross"].items()} == export.facts["gross"]
    assert orders["net"] == orders["gross"]


@pytest.mark.parametrize("name", ["hubspot_contacts", "salesforce_object"])
def test_old_ids_of_merged_contacts_lead_to_the_one_that_stayed(name: str, read: Reading) -> None:
    export = made(name)
    found = read(export)
    aliases = dict(found.tables["aliases"][["old_id", "customer_id"]].itertuples(index=False))
    assert {old: aliases[old] for old in export.facts["old ids"]} == export.facts["old ids"]
    assert set(mails(found).values()) - {""} == export.facts["customers"]


@pytest.mark.parametrize("name", ["salesforce_report", "salesforce_object"])
def test_who_brought_whom_is_read_from_contacts(name: str, read: Reading) -> None:
    export = made(name)
    found = read(export)
    frame = counted(found, "referrals")
    assert set(mails(found).values()) == export.facts["customers"]
    assert len(frame) == len(export.facts["referrals"]) > 0
    assert set(frame["_mail"]) == {friend for _, friend in export.facts["referrals"]}
    assert list(frame["referred_id"].map(mails(found))) == list(frame["_mail"])
    facts = told(found)["referrals"]
    assert facts["valid"] == facts["rows"] == len(export.facts["referrals"])
    assert facts["referrers"] == len({by for by, _ in export.facts["referrals"]})


def test_ids_that_differ_by_case_only_are_two(read: Reading) -> None:
    found = read(made("salesforce_report"))
    assert len({old for old in found.tables["customers"]["customer_id"] if old.lower() == "003kd00000abcde"}) == 2
    assert found.encoding == "Windows-1252"


@pytest.mark.parametrize("name", ["engagement_pulse", "engagement_answers"])
def test_a_pulse_gives_teams_and_quarters_never_people(name: str, read: Reading) -> None:
    export = made(name)
    columns = ["team", "quarter", "n", "engagement_mean", "enps_promoters", "enps_detractors"]
    found = {(row[0], row[1]): row[2:] for row in read(export).tables["employees"][columns].itertuples(index=False)}
    assert found.keys() == export.facts["teams"].keys()
    for place, numbers in export.facts["teams"].items():
        assert [float(cell) for cell in found[place]] == pytest.approx([float(number) for number in numbers])


@pytest.mark.parametrize("name", ALL)
def test_another_order_no_column_that_is_not_needed_and_a_german_spreadsheet_change_nothing(
    name: str, read: Reading
) -> None:
    export = made(name)
    assert facts(read(export.without(export.optional[0]).reordered(Random(7)).resaved())) == facts(read(export))


@pytest.mark.parametrize(("name", "column"), [(name, column) for name in ALL for column in made(name).needed])
def test_a_needed_column_under_another_name_is_asked_for_and_read_as_answered(
    name: str, column: str, read: Reading, tmp_path: Path
) -> None:
    export = made(name).renamed(column, "Zvlkn")
    found, whole = read(export), facts(read(made(name)))
    asked = [question.id for question in found.questions if question.decides]
    assert asked or facts(found) == whole
    if asked and found.vendor != "generic":
        entries = [{**entry, "answers": dict.fromkeys(asked, "Zvlkn")} for entry in found.mapping]
        (answered,) = import_file(export.write(tmp_path), PROFILES, entries)
        again = facts(answered)
        assert {part: again[part] for part in again if part != "customers"} == {
            part: whole[part] for part in whole if part != "customers"
        }
