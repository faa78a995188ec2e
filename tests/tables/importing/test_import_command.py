"""`scrm import`: exports of several vendors to one company folder, its receipt, mapping and settings."""

import json
from pathlib import Path

import pandas as pd
import pytest

from .by_hand import ANSWERS, CONTACTS, ORDERS, mixed, receipt, run


def test_files_of_four_vendors_make_one_company(exports, capsys):
    assert run("import", *mixed(exports), "--to", "data") == 0
    said = capsys.readouterr().out
    assert "friends.csv: programme. 3 rows read, 1 kept, left out 1 name of nobody known and 1 self-referral." in said
    found = receipt()
    assert found["tables"] == {
        "customers": {"rows": 3, "derived": False},
        "transactions": {
            "orders": 2,
            "gross": {"EUR": "30.50"},
            "refunded": {"EUR": "0.50"},
            "net": {"EUR": "30.00"},
            "first_day": "2026-01-05",
            "last_day": "2026-03-01",
        },
        "surveys": {
            "rows": 3,
            "all": {"n": 3, "promoters": 2, "passives": 0, "detractors": 1, "nps": 33.33333333},
            "latest": {"n": 2, "promoters": 1, "passives": 0, "detractors": 1, "nps": 0.0},
            "other_scales": {},
        },
        "referrals": {"rows": 3, "valid": 1, "converted": 0, "referrers": 1, "by_status": {"unknown": 3}},
    }
    links = {(one["from"], one["to"]): one for one in found["linkage"]}
    assert len(links) == 4 * 3
    assert (links["transactions", "surveys"]["linked"], links["transactions", "surveys"]["money"]) == (
        2,
        {"EUR": "10.00"},
    )
    doubts = links["referrals", "customers"]["doubts"]
    assert "referrer_id is the name of nobody known: 1 row (friends.csv line 4)" in doubts
    assert "self-referral: 1 row (friends.csv line 3)" in doubts
    assert Path("data/referrals.csv").read_text() == "referrer_id,referred_id,referred_on\nK1,K2,2026-01-20\n"
    assert all(path.stat().st_mode & 0o77 == 0 for path in Path("data").glob("*.csv"))


def test_what_check_finds_in_an_imported_company_are_its_own_facts(exports, capsys):
    run("import", *mixed(exports), "--to", "data")
    assert run("check", "data", "--out", "checked") == 0
    facts, orders = json.loads(Path("checked/check.json").read_text())["facts"], receipt()["tables"]["transactions"]
    assert (facts["total_amount"], facts["first_order_date"]) == (orders["net"]["EUR"], orders["first_day"])
    assert (facts["n_customers"], facts["n_orders"]) == (3, 3)  # a refund is a row
    assert json.loads(Path("checked/check.json").read_text())["as_of"] == "2026-04-01"


def test_the_same_import_writes_the_same_bytes_and_forgotten_files_are_asked_for(exports, capsys):
    files = mixed(exports)
    run("import", *files, "--to", "data")
    before = {path.name: path.read_bytes() for path in Path("data").iterdir() if path.name != ".lock"}
    assert run("import", *files, "--to", "data") == 0
    assert {path.name: path.read_bytes() for path in Path("data").iterdir() if path.name != ".lock"} == before
    capsys.readouterr()
    assert run("import", *files[1:], "--to", "data") == 1
    assert "orders.csv, which is not given now and would be lost" in capsys.readouterr().err


def test_explaining_writes_nothing(exports, tmp_path, capsys):
    files = mixed(exports)
    before = sorted(tmp_path.rglob("*"))
    assert run("import", *files, "--explain") == 0
    assert run("import", *files, "--explain", "--to", "data") == 0
    said = capsys.readouterr().out
    assert "  UTF-8, separator ,, 1 header row\n  its header\n" in said
    assert sorted(tmp_path.rglob("*")) == before
    assert run("import", *files) == 1


def test_an_open_question_holds_back_its_file_alone_and_its_answer_brings_it(exports, capsys):
    exports("orders.csv", "unclear", "transactions", ORDERS)
    exports("answers.csv", "survey", "surveys", ANSWERS)
    assert run("import", "orders.csv", "answers.csv", "--to", "data") == 1
    said = capsys.readouterr().err
    assert "Which comes first? One of: day first and month first. -> answers: {date_order: }" in said
    assert not Path("data/transactions.csv").exists()
    file = next(one for one in receipt()["files"] if one["file"] == "orders.csv")
    assert (file["rows_kept"], file["left_out"], file["tables"]) == (0, {"a question is open": 3}, [])
    asked = Path("data/mapping.yaml").read_text()
    assert "    # Which comes first?\n    # one of: day first | month first\n    date_order:\n" in asked

    for wrong, hint in (("date_order: day frist", "day first"), ("date_ordre: day first", "date_order")):
        Path("data/mapping.yaml").write_text(asked.replace("date_order:", wrong))
        assert run("import", "orders.csv", "answers.csv", "--to", "data") == 1
        said = capsys.readouterr().err
        line = next(n for n, text in enumerate(Path("data/mapping.yaml").read_text().splitlines(), 1) if wrong in text)
        assert f"mapping.yaml, line {line}." in said
        assert hint in said.split("What to do:")[1]

    answered = asked.replace("date_order:", "date_order: day first")
    Path("data/mapping.yaml").write_text(answered)
    assert run("import", "orders.csv", "answers.csv", "--to", "data") == 0
    assert receipt()["tables"]["transactions"]["orders"] == 2
    assert Path("data/mapping.yaml").read_text() == answered  # the user's own file


def test_a_refused_file_is_named_and_the_others_are_written(exports, capsys):
    exports("page.csv", "refused", "transactions", ORDERS)
    exports("answers.csv", "survey", "surveys", ANSWERS)
    assert run("import", "page.csv", "answers.csv", "--to", "data") == 1
    assert "page.csv is refused. It is a login page." in capsys.readouterr().err
    assert Path("data/surveys.csv").exists()
    assert next(one["refused"] for one in receipt()["files"] if one["file"] == "page.csv") == "It is a login page."


def test_what_the_user_has_in_the_folder_stays(exports, capsys):
    Path("data").mkdir()
    mine = {
        "company.yaml": "# mine\nmin_group: 7\n",
        "customers.csv": "customer_id,joined_on\nx,2020-01-01\n",
        "note.txt": "n",
    }
    for name, text in mine.items():
        Path("data", name).write_text(text)
    exports("orders.csv", "shop", "transactions", ORDERS)
    assert run("import", "orders.csv", "--to", "data") == 0
    said = capsys.readouterr().err
    assert "The customers in the folder are yours and stay" in said
    assert "company.yaml is yours; to its end was added" in said
    assert {name: Path("data", name).read_text() for name in mine if name != "company.yaml"} == {
        name: text for name, text in mine.items() if name != "company.yaml"
    }
    settings = Path("data/company.yaml").read_text()
    assert settings.startswith(mine["company.yaml"])
    assert "as_of: 2026-03-01\ncurrency: EUR\n" in settings
    assert run("import", "orders.csv", "--to", "data") == 0
    assert Path("data/company.yaml").read_text() == settings
    capsys.readouterr()
    exports("contacts.csv", "crm", "customers", CONTACTS)
    assert run("import", "orders.csv", "contacts.csv", "--to", "data") == 1
    assert "customers.csv was not made by the kit. Nothing is overwritten." in capsys.readouterr().err


def test_a_file_under_two_names_is_read_once_and_numbers_of_two_shops_are_told_apart(exports, capsys):
    exports("orders.csv", "shop", "transactions", ORDERS)
    exports("again.csv", "shop", "transactions", ORDERS)
    overlap = (
        ORDERS.splitlines()[0] + "\n2,bob@example.com,2026-02-01,20.00,EUR\n9,bob@example.com,2026-03-01,1.00,EUR\n"
    )
    exports("more.csv", "shop", "transactions", overlap)
    exports("other.csv", "market", "transactions", ORDERS.replace("bob", "dan"))
    assert run("import", "orders.csv", "again.csv", "more.csv", "other.csv", "--to", "data") == 0
    assert "again.csv is given also as orders.csv; it is read once." in capsys.readouterr().err
    files = {one["file"]: one for one in receipt()["files"]}
    assert set(files) == {"orders.csv", "more.csv", "other.csv"}
    assert files["more.csv"]["left_out"] == {"in an earlier file already": 1}
    orders = pd.read_csv("data/transactions.csv", dtype="str")["order_id"].tolist()
    assert orders == ["1", "2", "3", "9", "other/1", "other/2", "other/3"]


def test_what_the_data_register_lets_nobody_keep_is_left_out(exports, capsys):
    Path("data").mkdir()
    Path("data/data_register.csv").write_text(
        "table,field,system,canonical,stored,actionable,shown\ntransactions,currency,shop,no,no,yes,yes\n"
    )
    exports("orders.csv", "shop", "transactions", ORDERS)
    assert run("import", "orders.csv", "--to", "data") == 0
    assert "The data register calls currency of transactions borrowed" in capsys.readouterr().err
    assert "currency" not in pd.read_csv("data/transactions.csv")


def test_a_file_that_nobody_knows_is_drafted_never_guessed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("odd.csv").write_text("Order No;Client;Order Date;Order Total\n".replace(";", ",") + "7,K1,2026-01-02,10.00\n")
    assert run("import", "odd.csv", "--to", "data") == 1
    assert sorted(path.name for path in Path("data").iterdir()) == [
        ".lock",
        "import.json",
        "manifest.jsonl",
        "mapping.yaml",
    ]
    said = capsys.readouterr().err
    assert "Which table is this? Its columns look most like transactions." in said
    draft = Path("data/mapping.yaml").read_text()
    assert "  # 'Order Total' ('10.00'): perhaps amount\n" in draft


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("  profil: shop\n", "The key 'profil' is unknown. Where: mine.yaml, line 2."),
        ("  table: transaction\n", "'transaction' is not a table. Where: mine.yaml, line 2."),
        ("  profile: shopify_order\n", "'shopify_order' is no profile. Where: mine.yaml, line 2."),
        ("  answers: [yes]\n", "The answers are no list of names with values. Where: mine.yaml, line 2."),
        ("- table: transactions\n", "Entry 2 names no file. Where: mine.yaml, line 2."),
    ],
)
def test_a_mapping_that_is_typed_wrongly_is_refused_with_its_line_before_anything_is_written(
    exports, capsys, entry, said
):
    exports("orders.csv", "shop", "transactions", ORDERS)
    Path("mine.yaml").write_text(f"- file: orders.csv\n{entry}")
    assert run("import", "orders.csv", "--to", "data", "--map", "mine.yaml") == 1
    found = capsys.readouterr().err
    assert found.startswith(said)
    assert "What to do: " in found
    assert not Path("data").exists()
