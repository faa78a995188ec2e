"""One export in many clothes gives the same rows; what would make a wrong number is asked or refused."""

import csv
import io
from decimal import Decimal
from random import Random

import openpyxl
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.vendor_profile import OWN, load_profiles, profile_from, read_profile

HEAD = "Order,Line,Who,When,Paid,Pieces,Price,State,Back,Money"
SHOP = {
    "vendor": "Corner shop",
    "recognise": {"all": ["Order", "Line", "Who", "Pieces"]},
    "table": "transactions",
    "keep": {"State": ["paid", "refunded", "part*"]},
    "drop": [{"reason": "cancelled before payment", "when": {"State": "paid", "Paid": ""}}],
    "one_per": "Order",
    "columns": {
        "order_id": "Order", "customer_id": ["Who"], "ordered_on": "When", "amount": {"sum": ["Pieces", "Price"]},
        "currency": "Money",
    },
    "refund": {"amount": "Back", "all_when": {"State": ["refunded"]}},
}  # fmt: skip
PROFILES = {"shop": profile_from(SHOP, "shop.yaml")}
ROWS = [
    ["#1", "a", "Zoë@example.org", "2026-05-01 23:30:00 +0200", "x", "2", "1.50", "paid", "", "EUR"],
    ["#1", "b", "", "", "", "1", "0.10", "", "", ""],
    ["#2", "a", "b@example.org", "2026-05-02 10:00:00 +0200", "x", "1", "7.00", "refunded", "", "EUR"],
    ["#3", "a", "b@example.org", "2026-05-03 00:30:00 +0200", "x", "1", "9.00", "partly", "2.25", "EUR"],
    ["#4", "a", "c@example.org", "2026-05-04 10:00:00 +0200", "", "1", "5.00", "paid", "", "EUR"],
    ["#5", "a", "c@example.org", "2026-05-04 10:00:00 +0200", "x", "1", "5.00", "void", "", "EUR"],
    ["#1", "b", "", "", "", "1", "0.10", "", "", ""],
    ["#6", "a", "", "2026-05-04 10:00:00 +0200", "x", "1", "5.00", "paid", "", "EUR"],
]
MEANT = [
    ("#1", "zoë@example.org", "2026-05-01", "3.10"),
    ("#2", "b@example.org", "2026-05-02", "7.00"),
    ("#3", "b@example.org", "2026-05-02", "9.00"),
    ("#2-refund", "b@example.org", "2026-05-02", "-7.00"),
    ("#3-refund", "b@example.org", "2026-05-02", "-2.25"),
]
LEFT_OUT = {"exact duplicate": 1, "cancelled before payment": 1, "State: void": 1, "no person": 1}


def text_of(rows=ROWS, head=HEAD, separator=",", **form):
    held = io.StringIO()
    csv.writer(
        held, delimiter=separator, lineterminator=form.get("end", "\n"), quoting=form.get("quoting", 0)
    ).writerows([head.split(","), *rows])
    return held.getvalue()


def come_in(folder, content, name="file.csv", given=(), profiles=PROFILES, zone="UTC"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (found,) = import_file(path, profiles, given, zone)
    assert found.rows_read == found.rows_kept + sum(found.left_out.values())
    return found


def orders(found):
    frame = found.tables["transactions"]
    return list(frame[["order_id", "customer_id", "ordered_on", "amount"]].itertuples(index=False, name=None))


CLOTHES = {
    "UTF-8": text_of(),
    "UTF-8 with BOM": text_of().encode("utf-8-sig"),
    "UTF-16 LE": ("\ufeff" + text_of()).encode("utf-16-le"),
    "UTF-16 BE": ("\ufeff" + text_of()).encode("utf-16-be"),
    "Windows-1252": text_of().encode("cp1252"),
    "semicolon": text_of(separator=";"),
    "tab": text_of(separator="\t"),
    "bar": text_of(separator="|"),
    "quoted": text_of(quoting=csv.QUOTE_ALL),
    "line ends of Windows": text_of(end="\r\n"),
    "hint to a spreadsheet": "sep=;\n" + text_of(separator=";"),
    "title above": "Corner shop, May\n\n" + text_of(),
    "blank lines and a total below": text_of() + "\n\nTotal,,,,,,99,,,\n",
    "empty rows of a spreadsheet": text_of() + ",,,,,,,,,\n" * 3,
    "spaces around names": text_of(head=HEAD.replace(",", " ,\u00a0")),
    "a line break in the header": text_of(head=HEAD.replace("Line", "Line\n")),
}


@pytest.mark.parametrize("name", CLOTHES)
def test_the_same_export_in_other_clothes_gives_the_same_rows(tmp_path, name):
    found = come_in(tmp_path, CLOTHES[name])
    assert (found.refused, found.questions, found.vendor) == ("", (), "shop")
    assert (orders(found), dict(found.left_out)) == (MEANT, LEFT_OUT)
    if name in ("semicolon", "tab", "bar"):
        assert found.separator == name
    if name.startswith(("UTF", "Win")):
        assert found.encoding == name


def test_a_sheet_gives_the_same_rows_as_a_file(tmp_path):
    book = openpyxl.Workbook()
    for row in [HEAD.split(","), *ROWS]:
        book.active.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row])
    book.create_sheet("Empty")
    book.save(tmp_path / "book.xlsx")
    found = come_in(tmp_path, (tmp_path / "book.xlsx").read_bytes(), "book.xlsx")
    assert [(*row[:3], Decimal(row[3])) for row in orders(found)] == [(*row[:3], Decimal(row[3])) for row in MEANT]
    assert dict(found.left_out) == LEFT_OUT
    assert "Rename it to file.xlsx" in come_in(tmp_path, (tmp_path / "book.xlsx").read_bytes()).refused


def test_days_are_days_of_the_company(tmp_path):
    assert [row[2] for row in orders(come_in(tmp_path, text_of(), zone="Europe/Berlin"))][:3] == [
        "2026-05-01",
        "2026-05-02",
        "2026-05-03",
    ]


def test_sums_of_any_lines_are_those_of_the_till(tmp_path):
    rng, till, rows = Random(3), {}, []
    for number in range(200):
        for line in range(rng.randrange(1, 4)):
            pieces, price = rng.randrange(1, 9), Decimal(rng.randrange(1, 10**5)).scaleb(-2)
            till[f"#{number}"] = till.get(f"#{number}", 0) + pieces * price
            rows.append(
                [
                    f"#{number}",
                    str(line),
                    "a@example.org",
                    "2026-01-31",
                    "x",
                    str(pieces),
                    str(price),
                    "paid",
                    "",
                    "EUR",
                ]
            )
    rng.shuffle(rows)
    found = come_in(tmp_path, text_of(rows))
    assert {name: Decimal(amount) for name, _, _, amount in orders(found)} == till
    assert found.rows_kept == len(rows)


def changed(place, cell, rows=ROWS):
    return [[cell if at == place else one for at, one in enumerate(row)] for row in rows]


REFUSED = {
    "a sign-in page": ("<!DOCTYPE html><html><title>Sign in</title></html>", "web page"),
    "nothing": (b"\xef\xbb\xbf", "empty"),
    "blank lines": ("\n\n", "blank lines"),
    "a header alone": (HEAD + "\n", "no rows below"),
    "too many cells": (text_of() + ",".join(["x"] * 11) + "\n", "more cells than the header"),
    "zero bytes": (b"Order,Line\x00\n", "zero byte"),
    "no encoding": (HEAD.encode() + b"\n\x81\n", "neither UTF-8 nor Windows-1252"),
    "damaged ids": (text_of(changed(0, "1.23E+11")), "spreadsheet rounded"),
    "days of both orders": (text_of([*changed(3, "13/01/2026")[:2], *changed(3, "01/13/2026")[2:]]), "some the month"),
    "no money": (text_of(changed(6, "ten")), "cannot be read as a number"),
    "both decimal marks": (text_of([*changed(6, "1.50")[:2], *changed(6, "1,50")[2:]]), "decimal comma"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_make_a_wrong_number_is_refused_with_file_reason_and_remedy(tmp_path, name):
    content, said = REFUSED[name]
    found = come_in(tmp_path, content)
    assert said in found.refused
    assert all(part in found.refused for part in ("Where: file.csv", "Why it matters: ", "What to do: "))
    assert found.tables == {}


QUESTIONS = {
    "transactions.amount": (text_of(head=HEAD.replace("Price", "Price each")), "Price each"),
    "keep:State": (text_of(head=HEAD.replace("State", "Status of it")), "Status of it"),
    "words:State": (text_of(changed(7, "bezahlt")), "bezahlt"),
    "date_order": (text_of(changed(3, "03/04/2026", ROWS[2:3])), "day first"),
    "transactions.order_id": (text_of(head=HEAD.replace("Order", "Number")), "Number"),
    "transactions.refund": (text_of(changed(7, "part refunded"), HEAD.replace("Back", "Gone")), "nothing was refunded"),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_not_known_is_asked_and_the_answer_lets_the_file_in(tmp_path, name):
    content, answer = QUESTIONS[name]
    found = come_in(tmp_path, content)
    assert (found.tables, found.refused) == ({}, "")
    asked = {question.id: question for question in found.questions}
    assert asked[name].decides
    assert answer in asked[name].choices
    answered = come_in(tmp_path, content, given=[{"file": "file.csv", "answers": {name: answer}}])
    assert name not in {question.id for question in answered.questions}
    if name == "date_order":
        assert orders(answered)[0][2] == "2026-04-03"


def test_what_was_applied_is_written_and_applied_again(tmp_path):
    found = come_in(tmp_path, text_of())
    again = come_in(tmp_path, text_of(), given=found.mapping)
    assert (orders(again), again.mapping, again.left_out) == (orders(found), found.mapping, found.left_out)


def test_currencies_are_kept_apart_and_said(tmp_path):
    found = come_in(tmp_path, text_of([*changed(9, "USD")[:2], *ROWS[2:]]))
    (question,) = found.questions
    assert (question.id, question.decides) == ("currency_rates", False)
    assert "rates: {EUR: " in question.text
    assert sorted(set(found.tables["transactions"]["currency"])) == ["EUR", "USD"]


def test_columns_that_mapping_yaml_names_are_read_without_a_profile(tmp_path):
    columns = {"order_id": "Order", "customer_id": "Who", "ordered_on": "When", "amount": "Price"}
    given = [{"file": "file.csv", "profile": "generic", "table": "transactions", "columns": columns}]
    assert come_in(tmp_path, text_of(), profiles={}).vendor == "generic"
    assert come_in(tmp_path, text_of(), given=given, profiles={}).tables["transactions"]["amount"].tolist()[0] == "1.50"


def test_customers_are_not_taken_for_orders_whatever_mapping_yaml_says(tmp_path):
    content = "Customer ID,First Name,Last Name,Email,Total Spent,Total Orders\n'1,A,B,a@example.org,10,1\n"
    columns = {"order_id": "Customer ID", "customer_id": "Email", "ordered_on": "Total Orders", "amount": "Total Spent"}
    given = [{"file": "file.csv", "profile": "generic", "table": "transactions", "columns": columns}]
    found = come_in(tmp_path, content, given=given, profiles=load_profiles(None))
    assert "given as orders" in found.refused


def test_a_table_of_the_contract_comes_in_as_it_stands(tmp_path):
    content = "customer_id,joined_on,region,note\nA,2026-01-31,North,x\n"
    found = come_in(tmp_path, content, profiles=PROFILES)
    assert (found.vendor, found.why[0]) == ("generic", "Its columns are those of table customers.")
    assert found.tables["customers"].drop(columns="_line").to_dict("list") == {
        "customer_id": ["A"], "joined_on": ["2026-01-31"], "region": ["North"],
    }  # fmt: skip


SCALE = {"vendor": "Asker", "recognise": {"all": ["Who", "Score"]}, "table": "surveys"}
SCALE |= {"columns": {"customer_id": "Who", "score": "Score", "responded_on": "When"}}


@pytest.mark.parametrize(("highest", "fine"), [(5, False), (6, True), (10, True), (11, False)])
def test_a_scale_that_is_not_0_to_10_is_refused_unless_it_is_said(tmp_path, highest, fine):
    rows = [[f"p{n}@example.org", str(min(n, highest)), "2026-01-02"] for n in range(25)]
    content, profiles = text_of(rows, "Who,Score,When"), {"asker": profile_from(SCALE, "asker.yaml")}
    found = come_in(tmp_path, content, profiles=profiles)
    assert (found.refused == "") is fine
    given = [{"file": "file.csv", "answers": {"scale": "nps"}}]
    assert (come_in(tmp_path, content, profiles=profiles, given=given).refused == "") is (highest <= 10)


def test_the_profiles_of_the_kit_stand_the_strict_reader():
    assert {path.stem: read_profile(path) for path in OWN.glob("*.yaml")} == load_profiles(None)


def test_a_profile_beside_the_data_wins_and_its_faults_are_named_with_their_line(tmp_path):
    (tmp_path / "corner.profile.yaml").write_text(
        "vendor: Corner\nrecognise: {all: [Order, Line]}\ntable: ideas\ncolumns: {idea_id: Order}\n"
    )
    found = come_in(tmp_path, text_of(), profiles=PROFILES | load_profiles(tmp_path))
    assert found.vendor == "corner"
    bad = tmp_path / "bad.yaml"
    bad.write_text("vendor: Bad\nrecognise: {all: [Order]}\ntable: transactions\ncolumns: {amont: Price}\nfoter: [x]\n")
    with pytest.raises(Refusal, match=r"(?s)'foter' is unknown.*bad\.yaml, line 5.*Did you mean footer"):
        read_profile(bad)
    bad.write_text("vendor: Bad\nrecognise: {all: [Order]}\ntable: transactions\ncolumns: {amont: Price}\n")
    with pytest.raises(Refusal, match="did you mean amount"):
        read_profile(bad)
