"""Lifetime values that a company brings: taken, labelled, and compared with the models."""

import shutil

import pandas as pd
import pytest

from scrm_helpers.people import People
from scrm_helpers.people.value_table import prepare_value
from scrm_helpers.tables import open_company
from scrm_helpers.value.lifetime.without_model import brings_values, imported_note, imported_values

MODELS = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})


def customers(*clv):
    return pd.DataFrame({"customer_id": list("abcd"), "clv": clv})


def test_imported_values_are_compared_with_the_models():
    told = imported_values(customers(10.0, 20, 30, 40), MODELS)
    assert "for 4 of 4 customers, €100 in sum" in told
    assert "The models of this chapter give €10.00" in told
    assert "rank correlation of 1.00" in told


def test_a_part_and_a_column_without_values():
    assert "for 1 of 4 customers" in imported_values(customers(10.0, None, None, None), MODELS)
    empty = customers(None, None, None, None)
    assert not brings_values(empty)
    assert imported_note(empty) == []
    assert "those of the models count everywhere" in imported_values(empty, MODELS)


@pytest.fixture
def folder(tmp_path):
    """The sample company with a column clv: 100 for each customer, and none for the first."""
    from pathlib import Path

    shutil.copytree(Path(__file__).parents[1] / "frozen" / "sample", tmp_path / "company")
    path = tmp_path / "company" / "customers.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    given = [f"{line},{'' if number == 0 else '100.0'}" for number, line in enumerate(lines[1:])]
    path.write_text("\n".join([f"{lines[0]},clv", *given]) + "\n", encoding="utf-8")
    return path.parent


def test_a_company_folder_with_the_column(folder):
    people = People(open_company(folder, as_of="2026-09-30"))
    assert people.own_value_above(5.0) is None  # what another model is unsure of is not made up
    value = prepare_value(people).set_index("person_id")
    assert value["clv"].isna().loc["C000001"]
    assert value.loc["C000002", "clv"] == 100
    assert value["clv_low"].isna().all()
    assert value.loc["C000002", "p_alive"] > 0  # the models still say who is active, which the moves need
    assert any("Lifetime values are imported" in note for note in value.attrs["notes"])
