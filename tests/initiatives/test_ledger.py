"""The ledger: what lands on which quarter, and what is refused in which words."""

import pandas as pd
import pytest
from given import on

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.ledger.flows import read_ledger

INITIATIVES = pd.DataFrame(
    {
        "initiative_id": ["b", "a"],
        "name": ["Idea jam", None],
        "started_on": pd.to_datetime(["2025-05-20", "2025-01-02"]),
        "cost": [500.0, 100.0],
    }
)
ROWS = pd.DataFrame(
    [
        ("a", "2025Q1", "hours", 2.0, "hours", "paid_time"),
        ("a", "2025Q2", "own time", 3.0, "hours", "volunteered_time"),
        ("a", "2025Q2", "gift", 10.0, "EUR", "reward"),
        ("a", "2025Q3", "direct", 70.0, None, None),
        ("a", "2025Q3", "trust", 1.5, "points", "benefit"),
        ("b", "2025Q3", "referral", 40.0, "EUR", "benefit"),
    ],
    columns=["initiative_id", "quarter", "stream", "amount", "unit", "kind"],
)


def read(rows=ROWS, initiatives=INITIATIVES, **kwargs):
    return read_ledger(initiatives, rows, on("2025-12-31"), **kwargs)


def test_flows_land_on_quarters_since_the_start():
    ledger = read(hourly_rate=30.0)
    assert ledger.ids == ("a", "b")
    assert ledger.names == ("a", "Idea jam")
    assert ledger.benefit().tolist() == [[0, 0, 70, 0], [0, 40, 0, 0]]
    assert ledger.scores["trust", "points"].tolist() == [[0, 0, 1.5, 0], [0, 0, 0, 0]]
    assert ledger.cost("cash").tolist() == [[0, 10, 0, 0], [500, 0, 0, 0]]  # b has no cost row: its cost in quarter 0
    assert ledger.cost("economic")[0].tolist() == [60, 10, 0, 0]  # 2 paid hours at 30
    assert ledger.cost("shadow", shadow_share=0.5)[0].tolist() == [60, 55, 0, 0]  # 3 own hours at half of 30
    assert ledger.booked_until.tolist() == [3, 2]


def test_row_order_does_not_matter():
    shuffled = read(ROWS.sample(frac=1, random_state=3), INITIATIVES.iloc[::-1])
    assert shuffled.benefit().tolist() == read().benefit().tolist()


def test_the_books_outrank_vintages_and_a_later_vintage_an_earlier_one():
    rows = pd.DataFrame(
        {
            "initiative_id": "a",
            "quarter": ["2025Q2", "2025Q2", "2025Q2", "2025Q3", "2025Q3", "2025Q3"],
            "stream": "direct",
            "amount": [5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
            "vintage": ["2025Q1", "2025Q2", None, "2025Q1", "2025Q2", "2026Q1"],
        }
    )
    assert read(rows).benefit()[0].tolist() == [0, 7, 9, 0]  # 2026Q1 was not known at the end of 2025


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("quarter", "2024Q4", "before the quarter in which the initiative started"),
        ("stream", None, "without a stream"),
    ],
)
def test_faults_are_named_and_refused(column, value, words):
    rows = ROWS.copy()
    rows[column] = rows[column].astype(object)
    rows.loc[0, column] = value
    with pytest.raises(Refusal, match=words):
        read(rows)


def test_a_cost_in_points_is_refused():
    with pytest.raises(Refusal, match="neither EUR nor hours"):
        read(ROWS.assign(unit=["points", *ROWS["unit"][1:]]))


def test_an_initiative_without_cost_is_refused():
    with pytest.raises(Refusal, match="no cost for b"):
        read(initiatives=INITIATIVES.assign(cost=0.0))


def test_inputs_stay_as_they_were():
    before = ROWS.copy(deep=True)
    read()
    pd.testing.assert_frame_equal(ROWS, before)


def test_a_forecast_that_time_has_overtaken_is_no_result():
    rows = pd.DataFrame(
        {
            "initiative_id": ["a", "a", "b", "b"],
            "quarter": ["2025Q2", "2026Q1", "2025Q2", "2026Q1"],
            "stream": "direct",
            "amount": [1.0, 2.0, 4.0, 8.0],
            "vintage": ["2025Q1", "2025Q4", None, "2025Q3"],
            "booked": pd.array([False, False, True, False], dtype="boolean"),
        }
    )
    ended = INITIATIVES.assign(ended_on=pd.to_datetime(["2025-10-01", None]))  # b was ended after its last forecast
    ledger = read(rows, ended)
    assert ledger.benefit().tolist() == [[0, 0, 0, 0, 2], [4, 0, 0, 0, 0]]


def test_a_quarter_counts_when_it_is_over():
    assert read_ledger(INITIATIVES, ROWS.iloc[:2], on("2025-12-30")).booked_until.tolist() == [2, 1]


def test_a_column_of_blank_ends_ends_nothing():
    blank = INITIATIVES.assign(ended_on=pd.Series([pd.NaT, pd.NaT], dtype="datetime64[us]"))
    assert read(ROWS, blank).benefit().tolist() == read().benefit().tolist()


@pytest.mark.parametrize("vintage", [{}, {"vintage": None}, {"vintage": pd.Series([None, None, None], dtype="str")}])
def test_without_vintages_a_booking_is_known_from_its_own_quarter_on(vintage):
    rows = pd.DataFrame(
        {
            "initiative_id": "a",
            "quarter": ["2025Q4", "2026Q1", "2026Q2"],
            "stream": "direct",
            "amount": [5.0, 7.0, 11.0],
            "booked": [True, True, False],
        }
    ).assign(**vintage)
    ledger = read(rows)
    assert ledger.benefit()[0].tolist() == [0, 0, 0, 5, 0, 11]  # the booking of 2026Q1 was not made by the end of 2025
    assert ledger.booked_until[0] == 3
