"""The value table: fixed columns, hand-worked values, and small companies that lack most tables."""

import numpy as np
import pandas as pd
import pytest
from given import TinyCompany

from scrm_helpers.people import People
from scrm_helpers.people.value_table import COLUMNS, load, prepare_value, save


def dates(*days):
    return pd.to_datetime(list(days)).astype("datetime64[us]")


@pytest.fixture
def tables():
    customers = pd.DataFrame(
        {"customer_id": ["c", "a", "b"], "joined_on": dates("2025-01-01", "2024-01-01", "2025-01-01")}
    )
    transactions = pd.DataFrame(
        {
            "order_id": list("12345"),
            "customer_id": ["a", "a", "b", "b", "b"],
            "ordered_on": dates("2024-01-01", "2026-01-01", "2025-01-01", "2025-02-01", "2025-09-01"),
            "amount": [100.0, 50.0, 200.0, -20.0, 80.0],
            "margin": [40.0, 20.0, 100.0, -10.0, 30.0],
        }
    )
    return {"customers": customers, "transactions": transactions}


def test_columns_are_the_contract_and_absent_tables_leave_them_missing(tables):
    value = prepare_value(People(TinyCompany(tables)))
    assert value.dtypes.astype(str).to_dict() == COLUMNS
    assert value["person_id"].tolist() == ["a", "b", "c"]
    assert value[["crv", "referrals_made", "last_score", "civ", "cell"]].isna().all(axis=None)


def test_orders_money_and_the_last_twelve_months_are_hand_worked(tables):
    value = prepare_value(People(TinyCompany(tables))).set_index("person_id")
    assert value["orders"].tolist() == [2, 2, 0]  # the refund is no order
    assert value["revenue"].tolist() == [150.0, 260.0, 0.0]
    assert value["margin"].tolist() == [60.0, 120.0, 0.0]
    assert value["margin_12m"].tolist() == [20.0, 30.0, 0.0]
    assert value.loc["b", "last_order_on"] == pd.Timestamp("2025-09-01")
    assert pd.isna(value.loc["c", "first_order_on"])


def test_without_margin_revenue_is_taken_and_said(tables):
    tables["transactions"] = tables["transactions"].drop(columns="margin")
    value = prepare_value(People(TinyCompany(tables)))
    assert value["margin"].tolist() == value["revenue"].tolist()
    assert any("margin is taken to be revenue" in note for note in value.attrs["notes"])
    by_rate = prepare_value(People(TinyCompany(tables, margin_rate=0.4)))
    assert by_rate["margin"].tolist() == [60.0, 104.0, 0.0]


def test_referral_value_counts_one_year_discounted_in_half_years_in_expectation(tables):
    tables["referrals"] = pd.DataFrame(
        {
            "referrer_id": ["a", "a", "outside"],
            "referred_id": ["b", "x", "c"],
            "referred_on": dates("2024-12-01", "2026-01-01", "2025-01-01"),
            "converted_on": dates("2025-01-01", None, "2025-01-01"),
        }
    )
    value = prepare_value(People(TinyCompany(tables))).set_index("person_id")
    # b: 100 - 10 in the first half-year, 30 on day 243 in the second; 10 % a year; half of it is type one
    assert value.loc["a", "crv"] == pytest.approx(0.5 * (90 / 1.1**0.5 + 30 / 1.1))
    assert value.loc["b", "parent"] == "a"
    assert value.loc["a", "cascade_size"] == 1
    assert value.loc["a", "referrals_made"] == 2
    assert value.loc["a", "referrals_converted"] == 1
    assert value.loc["b", "crv"] == 0
    assert not value.loc["outside", "is_customer"]
    assert value.loc["a", "crv_low"] <= value.loc["a", "crv"] <= value.loc["a", "crv_high"]


def test_last_score_is_the_newest_answer(tables):
    tables["surveys"] = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "responded_on": dates("2026-02-01", "2026-01-01", None),
            "score": [9.0, 3.0, np.nan],
        }
    )
    value = prepare_value(People(TinyCompany(tables))).set_index("person_id")
    assert value.loc["a", "last_score"] == 9
    assert pd.isna(value.loc["b", "last_score"])


def test_a_lifetime_value_of_the_company_is_taken_and_labelled(tables):
    tables["customers"] = tables["customers"].assign(clv=[3.0, 1.0, 2.0])
    value = prepare_value(People(TinyCompany(tables)))
    assert value["clv"].tolist() == [1.0, 2.0, 3.0]
    assert value["clv_low"].isna().all()
    assert any("column clv of the table customers" in note for note in value.attrs["notes"])


def test_a_company_of_one_customer_and_one_of_refunds_only_have_reasons(tables):
    one = {"customers": tables["customers"][1:2], "transactions": tables["transactions"][:1]}
    refunds = {**tables, "transactions": tables["transactions"].assign(amount=-5.0)}
    for company, reason in ((one, "one customer"), (refunds, "no customer")):
        value = prepare_value(People(TinyCompany(company)))
        assert value["clv"].isna().all()
        assert any(reason in note for note in value.attrs["notes"])


def test_people_outside_are_rows_with_what_they_bring(tables):
    columns = ["interaction_id", "author_id", "author_role", "in_reply_to", "resolved", "would_have_contacted"]
    rows = [("m1", "a", "customer", None, True, True), ("m2", "fan", "other", "m1", None, None)]
    tables["interactions"] = pd.DataFrame(rows, columns=columns).assign(occurred_on=dates("2026-02-01", "2026-02-01"))
    for name in ("resolved", "would_have_contacted"):
        tables["interactions"][name] = tables["interactions"][name].astype("boolean")
    value = prepare_value(People(TinyCompany(tables))).set_index("person_id")
    assert not value.loc["fan", "is_customer"]
    assert value.loc["fan", "sdv"] == pytest.approx(8.0 - 0.1)
    assert pd.isna(value.loc["fan", "sdv_next"])  # one answer foretells nothing
    assert pd.isna(value.loc["fan", "cev"])


def test_what_the_tables_cannot_carry_is_missing_with_a_note_and_costs_nothing_else(tables):
    moments = dates("2026-02-01", "2026-02-02")
    tables["interactions"] = pd.DataFrame({"interaction_id": ["m1", "m2"], "occurred_on": moments, "channel": "forum"})
    tables["ideas"] = pd.DataFrame(
        {"idea_id": ["i1"], "contributor_id": ["a"], "status": ["submitted"], "submitted_on": moments[:1]}
    )
    value = prepare_value(People(TinyCompany(tables)))
    assert value[["civ", "ckv_next", "sdv"]].isna().all(axis=None)
    assert value["margin"].sum() == 180
    notes = " ".join(value.attrs["notes"])
    for said in (
        "Influence value cannot be given",
        "No support value can be given",
        "ideas: what they are worth cannot",
    ):
        assert said in notes


def test_saved_table_comes_back_with_its_notes(tables, tmp_path):
    tables["transactions"] = tables["transactions"].drop(columns="margin")
    value = prepare_value(People(TinyCompany(tables)))
    save(value, tmp_path)
    back = load(tmp_path)
    pd.testing.assert_frame_equal(back, value)
    assert back.attrs == value.attrs


def test_row_order_does_not_matter(tables):
    value = prepare_value(People(TinyCompany(tables)))
    shuffled = {name: table.sample(frac=1, random_state=3) for name, table in tables.items()}
    pd.testing.assert_frame_equal(prepare_value(People(TinyCompany(shuffled))), value)
