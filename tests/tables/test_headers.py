"""Headers of every table: spelled otherwise they are read and said; what may be meant fits in name and values."""

import csv
import io

import pytest

from scrm_helpers.tables import TABLES

from .conftest import GOOD

SPELLINGS = {
    "space behind": lambda name: name + " ",
    "space before": lambda name: " " + name,
    "capitals": str.upper,
    "first letter": str.capitalize,
    "no-break space": lambda name: name + "\u00a0",
    "zero width": lambda name: name[:2] + "\u200b" + name[2:],
    "byte order mark inside": lambda name: name[:1] + "\ufeff" + name[1:],
    "wide letters": lambda name: "".join(chr(ord(sign) + 0xFEE0) for sign in name),
}


def _with_header(text, old, new):
    """Write the header anew, quoted; a column that the good file lacks is added without values."""
    head, *rows = list(csv.reader(io.StringIO(text)))
    if old not in head:
        head, rows = [*head, old], [[*row, ""] for row in rows]
    sink = io.StringIO()
    csv.writer(sink, quoting=csv.QUOTE_ALL).writerows([[new if name == old else name for name in head], *rows])
    return sink.getvalue()


def _facts(report):
    return {**report.facts, "fingerprint": ""}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_column_of_every_table_spelled_otherwise_is_read_and_said(whole_company, spelling):
    clean = whole_company.check(by_customer=True)
    for table, declared in TABLES.items():
        text = GOOD[table]
        for name in declared.names:
            text = _with_header(text, name, SPELLINGS[spelling](name))
        whole_company.write(f"{table}.csv", text)
    report = whole_company.check(by_customer=True)
    assert report.exit_code == 0, report.to_text()
    assert _facts(report) == _facts(clean)
    said = {message.table: message.what for message in report.messages if "spelled otherwise" in message.what}
    assert list(said) == list(TABLES)
    assert all(f" as {name}" in said[table] for table, declared in TABLES.items() for name in declared.names)
    assert all(not receipt.columns_ignored for receipt in report.receipts.values())


@pytest.mark.parametrize(
    ("table", "name"), [("transactions", "margin"), ("transactions", "order_id"), ("ideas", "share")]
)
def test_two_headers_that_become_equal_are_refused(company_folder, table, name):
    head, *rows = GOOD[table].splitlines()
    company_folder.write(
        f"{table}.csv", "\n".join([f"{head},{name.upper()}\u00a0", *[f"{row},7" for row in rows]]) + "\n"
    )
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    assert f"both are {name}" in message.what


def test_twins_among_columns_that_are_not_used_harm_nobody(company_folder):
    head, *rows = GOOD["surveys"].splitlines()
    company_folder.write("surveys.csv", "\n".join([f"{head},Note,note", *[f"{row},a,b" for row in rows]]) + "\n")
    assert company_folder.check().exit_code == 0


def _missing(folder, table, renamed):
    text = GOOD[table]
    for old, new in renamed.items():
        text = _with_header(text, old, new)
    folder.write(f"{table}.csv", text)
    return folder.check().messages


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("transactions", "amount", "Order Amount"),
        ("transactions", "ordered_on", "Ordered at"),
        ("customers", "customer_id", "customerId"),
        ("surveys", "responded_on", "Responded on (date)"),
    ],
)
def test_a_proposal_can_be_pasted_and_works(company_folder, table, old, new):
    clean = company_folder.check()
    refusal = next(message for message in _missing(company_folder, table, {old: new}) if message.level == "error")
    assert f"The file has '{new}'" in refusal.todo
    company_folder.write("company.yaml", refusal.todo.split("`")[1] + "\n")
    assert _facts(company_folder.check()) == _facts(clean)


def test_one_pasted_line_mends_all_columns_and_keeps_what_the_source_says(company_folder):
    company_folder.write("company.yaml", 'sources: {transactions: {dates: "%Y-%m-%d", columns: {order_id: Order}}}\n')
    renamed = {"order_id": "Order", "amount": "Amount (net)", "ordered_on": "Ordered day"}
    messages = [message for message in _missing(company_folder, "transactions", renamed) if message.level == "error"]
    assert [message.column for message in messages] == ["ordered_on", "amount"]
    pasted = {message.todo.split("`")[1] for message in messages}
    company_folder.write("company.yaml", pasted.pop() + "\n")
    assert not pasted
    assert company_folder.check().exit_code == 0


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("surveys", "responded_on", "Response ID"),  # its values are ids, not days
        ("referrals", "referred_id", "Referrer ID"),  # nearer to another column
        ("transactions", "amount", "amount_currency"),
        ("transactions", "ordered_on", "order_ref"),
    ],
)
def test_a_column_that_is_another_thing_is_no_proposal(company_folder, table, old, new):
    head, *rows = list(csv.reader(io.StringIO(GOOD[table])))
    place = head.index(old)
    rows = [[*row[:place], "R_2x" if old != "referred_id" else row[place], *row[place + 1 :]] for row in rows]
    head[place] = new
    sink = io.StringIO()
    csv.writer(sink).writerows([head, *rows])
    company_folder.write(f"{table}.csv", sink.getvalue())
    refusal = next(message for message in company_folder.check().messages if message.column == old)
    assert "The file has" not in refusal.todo


def test_what_a_lost_column_does_to_money_is_said(company_folder):
    (message,) = _missing(company_folder, "transactions", {"margin": "margins"})
    assert (message.level, message.column) == ("warning", "margin")
    assert "margin_rate" in message.why
    assert "Nothing" not in message.todo
    company_folder.write("company.yaml", message.todo.split("`")[1])
    assert not company_folder.check().messages


def test_a_lost_currency_of_other_money_is_refused(company_folder):
    text = GOOD["transactions"].replace("EUR", "USD")
    company_folder.write("transactions.csv", text.replace("currency", "currencies"))
    (message,) = company_folder.check().messages
    assert (message.level, message.column) == ("error", "currency")
    assert "USD, not EUR" in message.why
    company_folder.write("company.yaml", message.todo.split("`")[1])
    assert company_folder.check().facts["currency"] == "USD"
    company_folder.write("company.yaml", "")
    company_folder.write("transactions.csv", text.replace("currency", "Currency "))
    assert company_folder.check().facts["currency"] == "USD"
    company_folder.write("transactions.csv", GOOD["transactions"].replace("currency", "currencies"))
    assert [message.level for message in company_folder.check().messages] == ["warning"]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_without_rows_stops_only_where_it_is_required(company_folder, table):
    company_folder.write(f"{table}.csv", GOOD[table].splitlines()[0] + "\n")
    report = company_folder.check()
    (message,) = [message for message in report.messages if message.what == "The table has a header but no rows."]
    assert message.table == table
    assert "remove" not in message.todo
    assert (report.exit_code, message.level) == ((1, "error") if TABLES[table].required else (0, "warning"))
    if report.exit_code == 0:
        assert report.receipts[table].rows_read == 0


def test_lines_for_days_and_decimal_marks_keep_what_the_source_says(company_folder):
    clean = company_folder.check()
    rows = list(csv.DictReader(io.StringIO(GOOD["transactions"])))
    lines = [";".join(["Nummer", *list(rows[0])[1:]])]
    for row in rows:
        row["ordered_on"] = ".".join(reversed(row["ordered_on"].split("-")))
        lines.append(";".join(row.values()))
    company_folder.write("transactions.csv", "\n".join(lines) + "\n")
    company_folder.write("company.yaml", 'sources: {transactions: {columns: {order_id: "Nummer"}}}\n')
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    company_folder.write("company.yaml", message.todo.split("`")[1] + "\n")
    assert _facts(company_folder.check()) == _facts(clean)
    company_folder.change("transactions", "20.25", "20,25")
    errors = [message for message in company_folder.check().messages if message.level == "error"]
    assert all("order_id" in message.todo and "dates" in message.todo for message in errors)
    assert errors


def test_a_column_of_another_name_comes_with_the_line_to_paste(company_folder):
    (message,) = [m for m in _missing(company_folder, "surveys", {"score": "Q7"}) if m.level == "error"]
    company_folder.write("company.yaml", message.todo.split("`")[1].replace("<name in the file>", "Q7") + "\n")
    assert company_folder.check().exit_code == 0


def test_an_answer_whose_day_cannot_be_read_is_not_said_to_have_none(company_folder):
    company_folder.write("surveys.csv", GOOD["surveys"].replace("2025-05-02,9", "05/02/2025 9:00,9"))
    assert [m.level for m in company_folder.check().messages if m.column == "responded_on"] == ["error"]


def test_money_that_may_stand_in_a_column_that_is_not_used_is_pointed_out(company_folder):
    (message,) = _missing(company_folder, "transactions", {"margin": "Rohertrag"})
    assert "The table has no margin so far" in message.todo
