"""Exports of shops, programmes and help desks give exactly what was put into them, however their columns lie."""

import json
from random import Random

import pytest

from scrm_helpers.report.imported_company import import_company
from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from . import exports_of_messages, exports_of_payments, exports_of_programmes, exports_of_shops
from .rows_of_tables import found, settled

MODULES = (exports_of_shops, exports_of_payments, exports_of_programmes, exports_of_messages)
EXPORTS = {name: make for module in MODULES for name, make in module.EXPORTS.items()}
PROFILES = load_profiles(None)


def read(made, folder):
    """The one file, imported with the kit's own profiles."""
    (imported,) = import_file(made.write(folder), PROFILES)
    return imported


def thought_up(made):
    """What was put into a file; states of referrals are read from the receipt, not from the rows."""
    return {table: {k: v for k, v in facts.items() if k != "by_status"} for table, facts in made.facts.items()}


@pytest.mark.parametrize("name", EXPORTS)
def test_every_row_is_kept_or_left_out_for_its_reason_and_the_facts_are_those_thought_up(name, tmp_path):
    made = EXPORTS[name](Random(f"{name} 1"))
    imported = read(made, tmp_path)
    assert (imported.vendor, imported.refused) == (made.vendor, "")
    assert settled(imported), imported.questions
    assert dict(imported.left_out) == dict(made.left_out)
    assert imported.rows_read == len(made.rows) == imported.rows_kept + sum(made.left_out.values())
    assert found(imported, made.facts) == thought_up(made)


@pytest.mark.parametrize("name", EXPORTS)
def test_another_order_of_columns_and_a_missing_optional_one_change_no_fact(name, tmp_path):
    rng = Random(f"{name} 2")
    made = EXPORTS[name](rng)
    other = made.reordered(rng).without(rng.choice([one for one in made.optional if one in made.heads[0]]))
    imported = read(other, tmp_path)
    assert settled(imported), (imported.refused, imported.questions)
    assert found(imported, made.facts) == thought_up(made)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_needed_column_under_an_unknown_name_is_asked_for_or_refused(name, tmp_path):
    rng = Random(f"{name} 3")
    made = EXPORTS[name](rng)
    column = rng.choice([one for one in made.needed if one in made.heads[0]])
    imported = read(made.renamed(column, "Zz 17"), tmp_path)
    assert not settled(imported) or found(imported, made.facts) == thought_up(made), column


def test_a_folder_of_several_vendors_has_the_facts_of_each_in_its_receipt(tmp_path):
    rng, facts, rows, given = Random(11), {}, {}, tmp_path / "given"
    given.mkdir()
    for name in ("stripe", "friendbuy", "zendesk"):
        made = EXPORTS[name](rng)
        made.write(given, name)
        facts |= made.facts
        rows[f"{name}.csv"] = len(made.rows)
    assert not import_company([given], tmp_path / "data", None, None, False).faults
    receipt = json.loads((tmp_path / "data" / "import.json").read_text(encoding="utf-8"))
    assert {one["file"]: one["rows_read"] for one in receipt["files"]} == rows
    tables = receipt["tables"]
    assert {key: tables["interactions"][key] for key in facts["interactions"]} == facts["interactions"]
    assert {key: tables["transactions"][key] for key in ("orders", "gross", "refunded", "net")} == {
        key: facts["transactions"][key] for key in ("orders", "gross", "refunded", "net")
    }
    told = ("valid", "converted", "referrers", "by_status")
    assert {key: tables["referrals"][key] for key in told} == {key: facts["referrals"][key] for key in told}
    assert tables["referrals"]["rows"] == sum(facts["referrals"]["by_status"].values())


RENAMED = {
    "online_retail": "Quantity",
    "zendesk": "Id",
    "hootsuite_messages": "Direction",
    "referralcandy": "Referred At",
    "friendbuy": "Reward",
}


@pytest.mark.parametrize(("name", "column"), RENAMED.items())
def test_the_answer_to_a_question_stands_for_the_column_wherever_it_is_read(name, column, tmp_path):
    made = EXPORTS[name](Random(f"{name} 4"))
    path = made.renamed(column, "Zz 17").write(tmp_path)
    (asked,) = import_file(path, PROFILES)
    answers = {question.id: "Zz 17" for question in asked.questions if question.decides}
    (imported,) = import_file(path, PROFILES, [{"file": path.name, "answers": answers}])
    assert answers
    assert settled(imported)
    assert found(imported, made.facts) == thought_up(made)


def test_money_in_two_currencies_is_refused_until_a_rate_is_set(tmp_path):
    rows = "".join(f"#{n},a{n}@example.com,paid,{code},10.00,2026-05-13,1\n" for n, code in enumerate(("EUR", "USD")))
    export, data = tmp_path / "orders.csv", tmp_path / "data"
    export.write_text(f"Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity\n{rows}")
    (fault,) = import_company([export], data, None, None, explain=False).faults
    assert "no rate is given for USD" in fault
    assert "`rates: {USD: <EUR for one USD>}`" in fault
    with (data / "company.yaml").open("a") as settings:
        settings.write("currency: EUR\nrates: {USD: 0.9}\n")
    assert import_company([export], data, None, None, explain=False).faults == ()
