"""Orders of one vendor, answers of another, referrals of a third: one company that `scrm check` finds good."""

import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from scrm_helpers import cli

from . import exports_of_payments, exports_of_programmes, exports_of_shops, exports_of_surveys

MADE = {**exports_of_shops.EXPORTS, **exports_of_payments.EXPORTS, **exports_of_surveys.EXPORTS}
MADE |= exports_of_programmes.EXPORTS


def run(*arguments):
    return cli.guarded(lambda: cli.commands.main([str(one) for one in arguments], standalone_mode=False))


def read(name):
    return json.loads(Path(name).read_text())


@pytest.mark.parametrize(
    "vendors", [("shopify_orders", "delighted", "friendbuy"), ("stripe", "delighted_by_program", "talkable")]
)
def test_three_commands_lead_from_exports_to_facts_that_were_thought_up(tmp_path, monkeypatch, vendors):
    monkeypatch.chdir(tmp_path)
    made = [MADE[name](Random(f"{name} mixed")) for name in vendors]
    files = [one.write(tmp_path, f"file{place}").name for place, one in enumerate(made)]
    assert run("import", *files, "--to", "data") == 0
    assert run("check", "data", "--out", "checked") == 0
    found, facts = read("data/import.json"), read("checked/check.json")["facts"]
    orders, truth = found["tables"]["transactions"], made[0].facts["transactions"]
    money = {
        name: {code: Decimal(text) for code, text in orders[name].items()} for name in ("gross", "refunded", "net")
    }
    assert money == {name: {code: Decimal(text) for code, text in truth[name].items()} for name in money}
    assert {name: orders[name] for name in ("orders", "first_day")} == {
        name: truth[name] for name in ("orders", "first_day")
    }
    assert (Decimal(facts["total_amount"]), facts["first_order_date"]) == (
        sum(money["net"].values()),
        orders["first_day"],
    )
    for counts in ("all", "latest"):
        known = {name: round(n, 6) for name, n in made[1].answers.facts()[counts].items()}
        assert {name: round(n, 6) for name, n in found["tables"]["surveys"][counts].items()} == known
    assert found["tables"]["surveys"]["other_scales"] == dict(made[1].others)
    truth = made[2].facts["referrals"]
    assert {name: n for name, n in found["tables"]["referrals"].items() if name != "rows"} == {
        name: n for name, n in truth.items() if name != "selves"
    }
    assert all(file["rows_read"] == file["rows_kept"] + sum(file["left_out"].values()) for file in found["files"])
    assert facts["n_customers"] == found["tables"]["customers"]["rows"]
    assert len(found["linkage"]) == 4 * 3


def test_a_file_that_nobody_knows_is_asked_about_and_its_answers_import_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "Bestellnr;Kunde;Datum;Betrag;Farbe\nA1;k1@example.com;03.04.2026;1.234,50;rot\nA2;k2;13.04.2026;9,90;blau\n"
    Path("fremd.csv").write_text(rows)
    assert run("import", "fremd.csv", "--to", "data") == 1
    assert not Path("data/transactions.csv").exists()
    pasted = capsys.readouterr().err.rpartition("If all of this is right: ")[2].strip()
    mapping = Path("data/mapping.yaml").read_text()
    Path("mine.yaml").write_text(mapping.partition("  answers:")[0] + f"  {pasted}\n")
    assert run("import", "fremd.csv", "--to", "data", "--map", "mine.yaml") == 0
    first = "order_id,customer_id,ordered_on,amount\nA1,k1@example.com,2026-04-03,1234.50\n"
    assert Path("data/transactions.csv").read_text().startswith(first)
    before = Path("data/transactions.csv").read_bytes()
    assert run("import", "fremd.csv", "--to", "data") == 0  # by what the first one wrote into mapping.yaml
    assert Path("data/transactions.csv").read_bytes() == before
    Path("mine.yaml").write_text(Path("mine.yaml").read_text().replace('"Betrag"', '"Betarg"'))
    assert run("import", "fremd.csv", "--to", "data", "--map", "mine.yaml") == 1
    assert "transactions.amount: Betrag" in capsys.readouterr().err


def test_of_a_file_that_tells_nothing_the_table_is_asked_first_then_its_columns(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("odd.csv").write_text("aa,bb,cc,dd\nA1,k1@example.com,2026-04-13,9.90\n")
    assert run("import", "odd.csv", "--to", "data") == 1
    assert "Which table is this? Nothing in its columns tells." in capsys.readouterr().err
    mapping = Path("data/mapping.yaml")
    mapping.write_text(mapping.read_text().replace("    table:", "    table: transactions"))
    assert run("import", "odd.csv", "--to", "data") == 1
    said = capsys.readouterr().err
    assert all(
        f"answers: {{transactions.{name}: }}" in said for name in ("order_id", "customer_id", "ordered_on", "amount")
    )


def test_tables_in_the_words_of_the_contract_are_imported_as_they_stand(company_folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    company_folder.bring("surveys", "referrals", "employees", "aliases")
    company_folder.change("referrals", "1e-05", "0.00001")
    files = sorted(company_folder.path.glob("*.csv"))
    assert run("import", *files, "--to", "data") == 0
    assert {path.name for path in Path("data").glob("*.csv")} == {path.name for path in files}
    for name in ("company", "data"):
        assert run("check", name, "--as-of", "2026-09-30", "--out", f"{name} checked") == 0
    before, after = (read(f"{name} checked/check.json") for name in ("company", "data"))
    assert {**before["facts"], "fingerprint": ""} == {**after["facts"], "fingerprint": ""}
    kept = [{name: table["rows_kept"] for name, table in one["tables"].items()} for one in (before, after)]
    assert kept[0] == kept[1]
