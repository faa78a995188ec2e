"""After contacts were merged, old ids are read as the customer's in every column that names customers."""

import pandas as pd
import pytest

from scrm_helpers.tables import TABLES, open_company
from scrm_helpers.tables.values import identity

AS_OF = "2026-09-30"
COLUMNS = [
    (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if column.refers_to == "customers.customer_id"
]


def _put(folder, table, column, old, new):
    """Write `new` for `old` in one column of a table."""
    header, *rows = folder.text(table).splitlines()
    place = header.split(",").index(column)
    cells = [row.split(",") for row in rows]
    for row in cells:
        row[place] = new if row[place] == old else row[place]
    folder.write(f"{table}.csv", "\n".join([header, *(",".join(row) for row in cells), ""]))


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_former_id_is_read_as_the_customer_in_every_column(company_folder, table, column):
    company_folder.bring(table)
    if table == "ideas":
        _put(company_folder, table, column, "E1", "C1")
    whole = open_company(company_folder.path, AS_OF).table(table)
    (known,) = {*whole[column].dropna()} & {"C1", "C3"} if column == "referred_id" else {"C1"}
    company_folder.write("aliases.csv", f"old_id,customer_id\nOLD1,OLD2\nOLD2,{known}\n")
    _put(company_folder, table, column, known, "OLD1")
    company = open_company(company_folder.path, AS_OF)
    assert company.table(table).equals(whole)
    assert company.receipts[table].ids_renamed == {column: int((whole[column] == known).sum())}
    assert f"Former ids read as today's: {int((whole[column] == known).sum())} in {column}." in (
        company_folder.check().to_text()
    )


@pytest.mark.parametrize(
    ("rows", "reason", "line"),
    [
        ("C2,C1", "old id is a customer", 2),
        ("A,B\nB,A\nZ,A", "circle of aliases", 2),
        ("A,A", "circle of aliases", 2),
        ("A,B\nB,C99", "alias of nobody", 2),
    ],
)
def test_an_alias_that_names_nobody_is_left_out_in_words(company_folder, rows, reason, line):
    before = company_folder.check().facts["total_amount"]
    company_folder.write("aliases.csv", f"old_id,customer_id\n{rows}\n")
    report = company_folder.check()
    found = [message for message in report.messages if message.table == "aliases" and message.lines]
    assert report.exit_code == 0
    assert found[0].lines[0] == line
    assert report.receipts["aliases"].left_out == {reason: len(rows.splitlines())}
    assert report.facts["total_amount"] == before


def test_one_old_id_of_two_customers_is_refused(company_folder):
    company_folder.write("aliases.csv", "old_id,customer_id\nA,C1\nA,C2\n")
    assert company_folder.check().exit_code == 1


@pytest.mark.parametrize(("ids", "differ"), [("ab ä", True), ("aba", False), ("", True)])
def test_many_ids_are_told_apart_as_few_are(monkeypatch, ids, differ):
    column = pd.Series([*ids, None, None], dtype="str")
    assert identity.all_differ(column) is differ
    monkeypatch.setattr(identity, "MANY", 0)
    assert identity.all_differ(column) is differ


def test_many_ids_are_found_as_few_are(monkeypatch):
    ids = pd.Series(["b", None, "a", "b", "ä", "B", "b "], dtype="str")
    among = pd.Series(["ä", "b"], dtype="str")
    few = identity.rows_of(ids, among).tolist()
    monkeypatch.setattr(identity, "MANY", 2)
    assert identity.rows_of(ids, among).tolist() == few == [1, -1, -1, 1, 0, -1, -1]
