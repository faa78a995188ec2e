"""The contract holds every table and column of the design, and can be read by machines."""

import re

import pytest

from scrm_helpers.tables.contract.declarations import REQUIRED, TABLES


def test_required_tables_come_first():
    assert REQUIRED == ("customers", "transactions")
    assert list(TABLES)[:2] == ["customers", "transactions"]
    assert len(TABLES) == 16


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_declared_soundly(table):
    assert len(set(table.names)) == len(table.names)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in table.names)
    assert set(table.key) <= set(table.required_names)
    assert table.names[: len(table.required_names)] == table.required_names, "required columns come first"
    assert all(column.about for column in table.columns)
    assert all(column.required for column in table.columns if column.blank in ("unknown", "leave_out"))
    assert all(column.kind in ("date", "period") for column in table.columns if column.event)
    assert all(column.kind == "date" for column in table.columns if column.future)
    events = [column.name for column in table.columns if column.event]
    twice = (["responded_on", "invited_on"], ["quarter", "vintage"])
    assert len(events) <= 1 or events in twice, "a row happens once; a survey twice; a flow is known after it happens"


def test_no_person_is_a_column_of_employees():
    assert not {"employee_id", "name", "email"} & set(TABLES["employees"].names)
