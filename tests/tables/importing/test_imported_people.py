"""People of an imported company: derived, added, merged, named only, forgotten, and what they agreed to."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from .by_hand import ANSWERS, CONTACTS, ORDERS, REFERRALS, receipt, run


def test_customers_that_no_file_gives_are_derived_and_said(exports, capsys):
    exports("orders.csv", "shop", "transactions", ORDERS)
    exports(
        "answers.csv",
        "survey",
        "surveys",
        "_mail,responded_on,score\nbob@example.com,2026-01-31,7\ncem@example.com,2026-04-01,\n",
    )
    assert run("import", "orders.csv", "answers.csv", "--to", "data") == 0
    said = capsys.readouterr().err
    assert "No file gives customers: 3 people" in said
    assert receipt()["tables"]["customers"] == {"rows": 3, "derived": True}
    assert "3 customers are known by mail only, which is their id." in said
    days = pd.read_csv("data/customers.csv", index_col="customer_id")["joined_on"].to_dict()
    assert days == {"ann@example.com": "2026-01-05", "bob@example.com": "2026-01-31", "cem@example.com": "2026-04-01"}


def test_people_in_no_customers_file_are_added_and_said_with_their_money_unless_they_are_to_be_left_out(
    exports, capsys
):
    exports("orders.csv", "shop", "transactions", ORDERS + "4,new@example.com,2026-03-03,7.00,EUR\n")
    exports("contacts.csv", "crm", "customers", CONTACTS)
    assert run("import", "orders.csv", "contacts.csv", "--to", "data") == 0
    said = capsys.readouterr().err
    assert "1 person with 1 row of transactions (EUR 7.00) in no customers file: they are added" in said
    assert receipt()["tables"]["customers"] == {"rows": 4, "derived": False}
    link = next(one for one in receipt()["linkage"] if (one["from"], one["to"]) == ("transactions", "customers"))
    assert link["doubts"] == ["people in no customers file, who are added: 1 row (orders.csv line 5)"]
    answer = re.search("answers: ({.*})", said).group(1)
    head, _, tail = Path("data/mapping.yaml").read_text().partition("- file: contacts.csv")
    Path("data/mapping.yaml").write_text(f"{head}- file: contacts.csv{tail.replace('{}', answer)}")
    assert run("import", "orders.csv", "contacts.csv", "--to", "data") == 0
    assert receipt()["tables"]["customers"]["rows"] == 3
    link = next(one for one in receipt()["linkage"] if (one["from"], one["to"]) == ("transactions", "customers"))
    assert (link["linked"], link["money"]) == (3, {"EUR": "30.00"})
    assert "orders of EUR 7.00 belong to nobody in customers" in link["doubts"]


def test_merged_contacts_and_second_ids_become_aliases_that_check_follows(exports, capsys):
    exports("contacts.csv", "crm", "customers", CONTACTS + "K9,ann@example.com,Ann Ash,2025-11-01\n")
    exports("orders.csv", "shop", "transactions", ORDERS)
    exports("merged.csv", "crm", "aliases", "old_id,customer_id\nK0,K9\n")
    Path("data").mkdir()
    Path("data/ideas.csv").write_text("idea_id,contributor_id,submitted_on,status\nI1,K0,2026-01-01,implemented\n")
    assert run("import", "contacts.csv", "orders.csv", "merged.csv", "--to", "data") == 0
    assert Path("data/aliases.csv").read_text() == "old_id,customer_id\nK0,K1\nK9,K1\n"
    assert Path("data/customers.csv").read_text().splitlines()[1] == "K1,2025-11-01"
    files = {one["file"]: one for one in receipt()["files"]}
    assert files["contacts.csv"]["left_out"] == {"a person with an earlier row": 1}
    capsys.readouterr()
    assert run("check", "data") == 0
    assert "1 in contributor_id" in capsys.readouterr().out


@pytest.mark.parametrize("again", [slice(None), slice(1)])  # all exports, or the orders alone, which know only mails
def test_who_was_forgotten_does_not_come_back_with_the_next_import(exports, tmp_path, again):
    given = [exports("a.csv", "shop", "transactions", ORDERS), exports("b.csv", "crm", "customers", CONTACTS)]
    given += [exports("c.csv", "crm", "surveys", ANSWERS), exports("d.csv", "crm", "referrals", REFERRALS)]
    data = tmp_path / "data"
    run("import", *given, "--to", data)
    run("forget", data, "--id", "K1", "--id", "Ann@example.com")
    if again.stop:
        (data / "import.json").unlink()  # what was imported before is given up
    assert run("import", *given[again], "--to", data) == 0
    for path in data.iterdir():
        assert not re.search(r"ann@|\bK1\b", path.read_text()), path.name
    assert pd.read_csv(data / "transactions.csv")["order_id"].tolist() == [2]
    left_out = {file["file"]: file["left_out"] for file in json.loads((data / "import.json").read_text())["files"]}
    assert left_out["a.csv"] == {"forgotten person": 2}


def test_a_buyer_who_is_only_named_is_known_by_the_name_unless_several_bear_it(exports, capsys):
    rows = "1,Ann Ash,2026-01-05,10\n2,New Nora,2026-01-06,20\n3,new  nora,2026-01-07,5\n4,Cem Cole,2026-01-08,1\n"
    exports("orders.csv", "shop", "transactions", f"order_id,_name,ordered_on,amount\n{rows}")
    exports("contacts.csv", "crm", "customers", CONTACTS + "K4,dan@example.com,cem cole,2025-01-01\n")
    assert run("import", "orders.csv", "contacts.csv", "--to", "data") == 0
    assert pd.read_csv("data/transactions.csv")["customer_id"].tolist() == ["K1", "New Nora", "New Nora"]
    assert receipt()["files"][0]["left_out"] == {"name of several people": 1}
    assert "2 rows of transactions tell of people by name only" in capsys.readouterr().err
    doubts = next(
        one["doubts"] for one in receipt()["linkage"] if (one["from"], one["to"]) == ("transactions", "customers")
    )
    assert "customer_id is the name of several people: 1 row (orders.csv line 5)" in doubts


def test_customers_of_whom_no_day_is_known_give_way_to_those_who_bought(exports, capsys):
    exports("customers.csv", "shop", "customers", "customer_id,_mail\nK7,zoe@example.com\n")
    exports("orders.csv", "shop", "transactions", ORDERS)
    assert run("import", "customers.csv", "orders.csv", "--to", "data") == 0
    assert receipt()["tables"]["customers"] == {"rows": 2, "derived": True}
    assert receipt()["files"][0]["left_out"] == {"no day of joining, order or answer": 1}


def test_derived_customers_have_the_consent_that_they_gave_last(exports):
    rows = (
        "1,ann@example.com,2026-02-05,10,yes\n2,ann@example.com,2026-03-06,20,TRUE\n3,ann@example.com,2026-01-07,5,no\n"
    )
    rows += "4,bob@example.com,2026-01-08,1,\n5,cem@example.com,2026-01-09,1,no\n"
    exports("orders.csv", "shop", "transactions", f"order_id,_mail,ordered_on,amount,_consent\n{rows}")
    assert run("import", "orders.csv", "--to", "data") == 0
    consents = pd.read_csv("data/customers.csv", dtype="str", keep_default_na=False)["consent_contact"]
    assert consents.tolist() == ["yes", "", "no"]


def test_referrals_of_which_none_counts_are_told_in_facts_and_doubts(exports, capsys):
    exports("contacts.csv", "crm", "customers", CONTACTS + "K4,dan@example.com,cem cole,2025-01-01\n")
    rows = "Cem Cole,K1,2026-01-20\nBob Birch,K2,2026-01-20\nNobody,K3,2026-02-01\n"
    exports("friends.csv", "programme", "referrals", f"_referrer_name,referred_id,referred_on\n{rows}")
    assert run("import", "contacts.csv", "friends.csv", "--to", "data") == 0
    said = capsys.readouterr().out
    assert not Path("data/referrals.csv").exists()
    facts = {"rows": 3, "valid": 0, "converted": 0, "referrers": 0, "by_status": {"unknown": 3}}
    assert receipt()["tables"]["referrals"] == facts
    doubts = next(
        one["doubts"] for one in receipt()["linkage"] if (one["from"], one["to"]) == ("referrals", "customers")
    )
    lines = {
        "referrer_id is the name of several people": 2,
        "referrer_id is the name of nobody known": 4,
        "self-referral": 3,
    }
    for reason, line in lines.items():
        assert f"{reason}: 1 row (friends.csv line {line})" in doubts
        assert f"  {reason}: 1 row (friends.csv line {line})\n" in said
