"""The data register: its classes and coarser views, which questions it carries, and what the kit does by it."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations import data_register, freshness, house_of_cards, register_feasibility
from scrm_helpers.conversations.data_register.feasibility import Need, hours_of
from scrm_helpers.conversations.data_register.ownership import MEANING
from scrm_helpers.tables.contract.data_classes import CLASSES, FLAGS, in_force

DAY = pd.Timestamp("2026-09-30")
FIELDS = pd.DataFrame(
    [
        ("orders", "amount", "shop", True, True, True, True, "contract", "sale"),
        ("surveys", "score", "survey tool", False, True, True, True, "notice", "research"),
        ("interactions", "reach", "network", False, False, True, True, None, "triage"),
        ("interactions", "text", "network", False, False, False, True, None, None),
    ],
    columns=["table", "field", "system", *FLAGS, "consent", "purpose"],
)


def test_all_sixteen_combinations_fall_into_one_class():
    # Lieberman's order of decision: 8 canonical, then 4 stored, 2 actionable, 1 shown, 1 nothing.
    held = pd.DataFrame(list(product([True, False], repeat=4)), columns=FLAGS)
    held = held.assign(table="t", field=[f"f{place}" for place in range(16)], system="one")
    assert data_register(held, DAY).fields == {"owned": 8, "copied": 4, "borrowed": 2, "displayed": 1, "absent": 1}


def test_the_four_classes_are_the_coarsest_from_which_both_views_follow():
    assert set(MEANING) == set(CLASSES)
    pairs = {words[1:] for words in MEANING.values()}
    assert len(pairs) == len(CLASSES)  # the common refinement tells all of them apart
    for view in zip(*pairs, strict=True):
        assert len(set(view)) == len(CLASSES) - 1  # and each view alone joins two of them


def test_register_counts_fields_and_grounds():
    result = data_register(FIELDS, DAY)
    assert result.fields == {"owned": 1, "copied": 1, "borrowed": 1, "displayed": 1, "absent": 0}
    assert len(result.barred) == 2
    assert "1 of 4 fields in the register are ours" in result.sentence
    assert "reach of interactions" in result.sentence
    assert "names the source of 0 of the copies" in result.sentence
    both = pd.concat([FIELDS, FIELDS[:1].assign(system="CRM", canonical=False)])
    assert "names the source of 1 of the copies" in data_register(both, DAY).sentence
    assert (result.drifted.value, result.drifted.n) == (
        None,
        1,
    )  # unknown, not zero
    assert "drifted" not in data_register(FIELDS[:1], DAY).sentence
    assert result.title == "2 of 4 fields can be analysed over time"
    assert len(result.plot().patches) == 4


def test_no_register_is_said_and_draws_nothing():
    register = data_register(None, DAY)
    assert not register.drawable
    assert "no table data_register" in register.sentence


def test_of_two_rows_of_a_field_in_a_system_the_last_one_in_force_counts():
    row = FIELDS.iloc[2:3]
    bought = row.assign(stored=True)  # as when a network was bought and its data became a copy
    both = pd.concat([row, bought, row.assign(shown=False)])
    both["valid_from"] = pd.to_datetime(["2024-01-01", "2025-01-01", "2027-01-01"])
    assert in_force(both, DAY)["stored"].tolist() == [True]
    assert data_register(both, pd.Timestamp("2024-06-01")).fields["borrowed"] == 1


@pytest.mark.parametrize(
    ("held", "use", "verdict"),
    [
        ((True, True, True, True), "looks back", "yes"),
        ((False, True, True, True), "looks back", "yes"),
        ((False, False, True, True), "looks back", "no: score of surveys is borrowed: looking back needs a copy"),
        ((False, False, True, True), "acts", "yes"),
        ((False, False, False, True), "acts", "no: score of surveys is displayed"),
        ((False, False, False, True), "looks back", "no: score of surveys is displayed"),
    ],
)
def test_operational_use_may_borrow_and_analytic_use_needs_a_copy(held, use, verdict):
    register = pd.DataFrame([("surveys", "score", "tool", *held, "a day")])
    register.columns = ["table", "field", "system", *FLAGS, "latency"]
    days = pd.date_range("2025-01-01", DAY, periods=50)
    tables = {"surveys": pd.DataFrame({"score": 9.0, "responded_on": days})}
    field = (("surveys", "score"),)
    need = Need("03", "Q?", field, months=12) if use == "looks back" else Need("03", "Q?", field, within=48)
    found = register_feasibility(register, tables, DAY, [need])
    assert found.table["Can be answered"].tolist() == [verdict]
    assert found.dying["tool"] == (("Q?",) if verdict == "yes" else ())


def test_a_question_survives_a_source_that_has_a_twin():
    register = pd.DataFrame([("surveys", "score", system, *[True] * 4) for system in ("tool", "CRM")])
    register.columns = ["table", "field", "system", *FLAGS]
    tables = {"surveys": pd.DataFrame({"score": 9.0, "responded_on": pd.date_range("2025-01-01", DAY, periods=50)})}
    found = register_feasibility(register, tables, DAY, [Need("03", "Q?", (("surveys", "score"),), months=12)])
    assert not any(found.dying.values())
    assert found.table["Dies with"].tolist() == ["no single source"]


def test_what_is_not_in_the_register_is_unknown_and_what_has_no_value_is_absent():
    needs = [Need("03", "Q?", (("surveys", "score"),), months=12), Need("02", "V?", (("transactions", "amount"),), 1.0)]
    tables = {"surveys": pd.DataFrame({"score": 9.0, "responded_on": pd.date_range("2025-01-01", DAY, periods=50)})}
    said = register_feasibility(FIELDS.iloc[2:], tables, DAY, needs).table["Can be answered"]
    assert said.tolist() == [
        "not known: score of surveys is not in the register",
        "no: amount of transactions holds no value",
    ]


@pytest.mark.parametrize(
    ("said", "hours"), [("at once", 0), ("an hour", 1), ("2 days", 48), ("later", None), (None, None)]
)
def test_ages_are_read_and_unknown_ones_stay_unknown(said, hours):
    assert hours_of(said) == hours


def test_only_a_table_that_stopped_is_stale():
    steady = pd.DataFrame({"ordered_on": pd.date_range("2025-01-01", DAY, freq="7D")})
    stopped = pd.DataFrame({"occurred_on": pd.date_range("2025-01-01", "2026-06-30", freq="7D")})
    found = freshness(None, {"transactions": steady, "interactions": stopped}, DAY)
    assert found.names == ("interactions",)


def people(n, value):
    return pd.DataFrame({"person_id": [f"C{i}" for i in range(n)], "is_customer": True, "cev": value})


def messages(n, linked):
    return pd.DataFrame({"customer_id": [f"C{i}" if i < linked else None for i in range(n)]})


def test_without_any_link_the_best_are_chosen_by_lot_and_with_all_of_them_all_are_found():
    value = np.random.default_rng(1).gamma(0.5, 100, 200)
    found = house_of_cards(messages(200, 200), people(200, value), Terms(DAY))
    assert found.lost.value == 0
    assert found.curve["Found"].iloc[0] == 1
    assert found.curve["Found"].iloc[-1] == pytest.approx(found.by_lot, abs=0.03)
    assert found.curve["Found"].is_monotonic_decreasing


@pytest.mark.parametrize("value", [np.ones(200), np.zeros(200)])
def test_where_nobody_can_be_told_apart_nothing_is_simulated(value):
    assert "tells nobody apart" in house_of_cards(messages(200, 150), people(200, value), Terms(DAY)).sentence
