"""SQLite and DuckDB files in the folder: the same company as from CSV, nothing written, nothing else looked at."""

import hashlib
import sqlite3

import duckdb
import pyarrow as pa
import pytest

from scrm_helpers.tables import TABLES, CompanyRefused, open_company
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import Origin
from scrm_helpers.tables.sources.locating import open_inside
from scrm_helpers.tables.sources.typed_cells import table_of_rows

from .books import facts_of, rows_of

COMPANY = ("customers", "transactions", "surveys")
KINDS = ("shop.sqlite", "shop.db", "shop.duckdb")


def make(path, renamed=()):
    """Write the good company as a database, each column of the type of its values."""
    opened = (duckdb if path.suffix == ".duckdb" else sqlite3).connect(path)
    for table in COMPANY:
        header, rows = rows_of(table)
        kinds = [next((type(row[i]).__name__ for row in rows if row[i] is not None), "str") for i in range(len(header))]
        names = {"float": "DOUBLE", "datetime": "TIMESTAMP", "str": "VARCHAR"}
        columns = ", ".join(f'"{name}" {names[kind]}' for name, kind in zip(header, kinds, strict=True))
        opened.execute(f'CREATE TABLE "{dict(renamed).get(table, table)}" ({columns})')
        marks = ", ".join("?" * len(header))
        plain = [[str(cell) if hasattr(cell, "isoformat") else cell for cell in row] for row in rows]
        opened.executemany(f'INSERT INTO "{dict(renamed).get(table, table)}" VALUES ({marks})', plain)
    opened.commit()
    opened.close()


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("name", KINDS)
def test_tables_are_read_by_their_names(empty_folder, clean_report, name):
    make(empty_folder.path / name)
    before = digests(empty_folder.path)
    report = empty_folder.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    assert not report.messages
    assert digests(empty_folder.path) == before
    assert report.receipts["customers"].file == f"{name}, table 'customers'"


@pytest.mark.parametrize("name", KINDS)
def test_a_query_with_parameters_is_read_in_one_order(empty_folder, clean_report, name):
    make(empty_folder.path / name, renamed=[("transactions", "all orders")])
    assert "'all orders' is not read" in empty_folder.check().messages[1].what
    query = 'select * from \\"all orders\\" where amount >= :least order by random();'
    line = f'sources: {{transactions: {{file: {name}, query: "{query}", parameters: {{least: -100}}}}}}'
    empty_folder.write("company.yaml", line)
    first, again = (empty_folder.check(by_customer=True) for _ in range(2))
    assert facts_of(first) == facts_of(clean_report)
    assert first.facts == again.facts


NO_QUESTIONS = (
    "delete from surveys",
    "select 1; delete from surveys",
    "with x as (select 1) insert into surveys select * from surveys",
    "attach 'other.db' as other",
    "select * from read_csv('customers.csv')",
    "select * from surveys where score > :limit",
)


@pytest.mark.parametrize("name", ["shop.sqlite", "shop.duckdb"])
def test_what_is_no_question_to_this_file_is_refused(empty_folder, name):
    make(empty_folder.path / name)
    inside, before = open_inside(empty_folder.path / name), digests(empty_folder.path)
    origin = Origin(TABLES["surveys"], name)
    for query in NO_QUESTIONS:
        with pytest.raises(CompanyRefused) as refused:
            inside.query(Source(file=name, query=query), origin, ".")
        assert str(empty_folder.path) not in str(refused.value)
    assert digests(empty_folder.path) == before


def test_a_view_of_what_is_gone_is_named_and_the_rest_is_read(empty_folder, clean_report):
    make(empty_folder.path / "shop.sqlite")
    with sqlite3.connect(empty_folder.path / "shop.sqlite") as opened:
        opened.execute("CREATE VIEW ideas AS SELECT * FROM gone")
    opened.close()
    report = empty_folder.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    assert "'ideas' (cannot be read) is not read" in report.messages[0].what


@pytest.mark.parametrize(("name", "beside"), [("shop.sqlite", "-wal"), ("shop.duckdb", ".wal")])
def test_a_database_with_open_changes_is_not_read_half(company_folder, name, beside):
    make(company_folder.path / name)
    company_folder.write(name + beside, "changes")
    said = [message.what for message in company_folder.check().messages if message.file == name]
    assert "Changes that are not in it yet" in said[0]


@pytest.mark.parametrize("name", ["surveys.sqlite", "surveys.duckdb"])
def test_a_damaged_database_is_refused_in_words(company_folder, name):
    make(company_folder.path / name)
    content = (company_folder.path / name).read_bytes()
    company_folder.write(name, content[:200] + b"\x7f" * 3000 + content[3200:5000])
    assert [message.level for message in company_folder.check().messages if message.table == "surveys"] == ["error"]


def test_types_of_a_database_become_text_numbers_and_days(company_folder):
    with duckdb.connect(company_folder.path / "shop.duckdb") as opened:
        opened.execute(
            "CREATE TABLE referrals AS SELECT 1.0::DOUBLE AS referrer_id, 7::HUGEINT AS referred_id, DATE '2025-03-01' "
            "AS referred_on, 5.10::DECIMAL(8, 2) AS reward_cost, 'pending'::ENUM('pending') AS status"
        )
    company = open_company(company_folder.path, "2026-09-30")
    row = company.table("referrals").iloc[0]
    assert (row["referrer_id"], row["referred_id"], row["reward_cost"], row["status"]) == ("1", "7", 5.1, "pending")
    assert f"{row['referred_on']:%Y-%m-%d}" == "2025-03-01"
    assert any("stored as numbers" in message.what for message in company.messages)


@pytest.mark.parametrize("cell", ["['a', 'b']", "'ab'::BLOB", "{'a': 1}"])
def test_records_and_bytes_are_refused(company_folder, cell):
    with duckdb.connect(company_folder.path / "shop.duckdb") as opened:
        opened.execute(f"CREATE TABLE surveys AS SELECT {cell} AS customer_id, NULL AS responded_on, 9 AS score")
    (message,) = company_folder.check().messages
    assert "lists, records or bytes" in message.what


def test_a_column_of_nothing_in_a_query_is_blank():
    parts = iter([[("C1", None, 9)], [("C2", 2.5, None)], [("C3", "x", 8)]])
    origin = Origin(TABLES["surveys"], "a query")
    raw = table_of_rows(["customer_id", "responded_on", "score"], parts, origin, "", ",")
    assert [column.type for column in raw.columns.values()] == [pa.large_string()] * 3
    assert raw.columns["responded_on"].to_pylist() == [None, "2.5", "x"]
    assert raw.columns["score"].to_pylist() == ["9", None, "8"]
