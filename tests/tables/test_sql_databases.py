"""Databases by a query: the address is only in the environment, and a password is nowhere else."""

import sqlite3
import sys

import pytest

from scrm_helpers.tables import open_company

from .books import facts_of
from .test_file_databases import make

pytest.importorskip("sqlalchemy")
CANARY = "s3cret/Canary@1"
ENCODED = "s3cret%2FCanary%401"
LINES = """sources:
  customers: {database: SHOP_URL, query: select * from customers order by random()}
  transactions: {database: SHOP_URL, query: "select * from orders where amount >= :least", parameters: {least: -100}}
  surveys: {database: SHOP_URL, query: select * from surveys}
"""


@pytest.fixture
def shop(empty_folder, tmp_path, monkeypatch):
    """A company whose tables are in a database elsewhere."""
    make(tmp_path / "shop.sqlite", renamed=[("transactions", "orders")])
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{tmp_path / 'shop.sqlite'}")
    empty_folder.write("company.yaml", LINES)
    return empty_folder


def test_tables_come_from_queries_and_are_the_same_every_time(shop, clean_report):
    first, again = (shop.check(by_customer=True) for _ in range(2))
    assert facts_of(first) == facts_of(clean_report)
    assert first.facts == again.facts
    assert not first.messages
    assert first.receipts["customers"].file == "database SHOP_URL"


def test_other_rows_are_another_company(shop, tmp_path):
    before = shop.check().facts["fingerprint"]
    with sqlite3.connect(tmp_path / "shop.sqlite") as opened:
        opened.execute("UPDATE orders SET amount = amount + 1 WHERE order_id = 'O1'")
    opened.close()
    assert shop.check().facts["fingerprint"] != before


def test_a_query_that_writes_changes_nothing(shop, tmp_path):
    before = (tmp_path / "shop.sqlite").read_bytes()
    for query in ("delete from surveys", "with x as (select 1) delete from surveys", "select 1; delete from surveys"):
        shop.write("company.yaml", LINES.replace("select * from surveys", f'"{query}"'))
        (message,) = shop.check().messages
        assert (message.level, message.table, message.column) == ("error", "surveys", "query")
    assert (tmp_path / "shop.sqlite").read_bytes() == before


WRONG = {
    "not set": ("", "is not set"),
    "no address": (f"host=x password={CANARY}", "is no address"),
    "unknown dialect": (f"shopdb://u:{ENCODED}@host/shop", "gives no answer"),
    "no driver": (f"mysql+mysqldb://u:{ENCODED}@host/shop", "driver"),
    "no server": (f"postgresql://u:{ENCODED}@127.0.0.1:1/shop", "gives no answer"),
    "no port": (f"postgresql://u:{ENCODED}@host:port/shop", "is no address"),
    "no file": (f"sqlite:///nowhere.db?password={ENCODED}", "does not exist"),
    "odd option": (f"sqlite:///{__file__}?password={ENCODED}&detect={ENCODED}", "gives no answer"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_address_that_cannot_be_used_is_not_repeated(shop, monkeypatch, name):
    address, words = WRONG[name]
    monkeypatch.setenv("SHOP_URL", address)
    messages = shop.check().messages
    assert all(words in message.what for message in messages if message.table == "customers")
    assert {message.level for message in messages} == {"error"}
    hidden(shop.check().to_json())


WRITTEN = (
    f"sources: {{customers: {{database: 'postgresql://u:{CANARY}@host/shop', query: select 1}}}}",
    f"sources: {{customers: {{database: '{CANARY}', query: select 1}}}}",
    f"sources: {{customers: 'postgresql://u:{CANARY}@host/shop'}}",
    f"sources: {{customers: {{url: 'postgresql://u:{CANARY}@host/shop'}}}}",
    f"sources: {{customers: {{database: SHOP_URL, password: '{CANARY}', query: select 1}}}}",
    f"sources: {{customers: {{file: 'postgresql://u:{CANARY}@host/shop', sheet: a, query: b}}}}",
    f"sources: 'postgresql://u:{CANARY}@host/shop'",
    f"currency: 'postgresql://u:{CANARY}@host/shop'",
)


@pytest.mark.parametrize("place", range(len(WRITTEN)))
def test_an_address_in_a_file_is_refused_and_not_repeated(shop, place):
    shop.write("company.yaml", WRITTEN[place])
    report = shop.check()
    assert report.exit_code == 1
    hidden(report.to_json() + report.to_text())


def hidden(text):
    assert not [part for part in (CANARY, ENCODED, "Canary", "s3cret") if part in text], text


def test_without_the_library_the_extra_is_named(shop, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert {"pip install 'scrm-helpers[sql]'" in message.todo for message in shop.check().messages} == {True}


def test_borrowed_columns_are_read_through_a_database(shop, tmp_path):
    with sqlite3.connect(tmp_path / "shop.sqlite") as opened:
        opened.execute("UPDATE customers SET segment = 'Gold' WHERE segment IS NULL")
    opened.close()
    head = "table,field,system,canonical,stored,actionable,shown\n"
    shop.write("data_register.csv", f"{head}customers,segment,network,no,no,yes,yes\n")
    company = open_company(shop.path, "2026-09-30")
    assert "segment" in company.customers
    assert company.receipts["customers"].columns_borrowed == ("segment",)
