"""Periods are read once, whatever their spelling: in the order of the calendar, or refused with the value."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.tables import TABLES, open_company
from scrm_helpers.tables.values.periods import (
    first_days,
    in_runs,
    last_days,
    missing_between,
    places_on,
    read_periods,
)

DAY = st.dates(dt.date(1991, 1, 1), dt.date(2088, 12, 31))
SPELLINGS = {
    "year": ["{year}", "{year}.0"],
    "half-year": ["{year}H{half}", "{year}-H{half}", "H{half} {year}", "{half}H{yy}", "H{half}/{yy}", "{year} h{half}"],
    "quarter": [
        "{year}Q{quarter}", "{year}-Q{quarter}", "{year}-q{quarter}", "Q{quarter} {year}", "q{quarter}-{year}",
        "Q{quarter}/{yy}", "{quarter}Q{yy}", "{quarter}Q{year}", "Quarter {quarter} {year}", "{year} Q{quarter}",
        "Q{quarter}'{yy}", "{yy}Q{quarter}", "{quarter}. Quartal {year}",
    ],
    "month": [
        "{year}-{month:02d}", "{year}/{month:02d}", "{month:02d}/{year}", "{month}/{year}", "{year}{month:02d}",
        "{year}M{month:02d}", "{name} {year}", "{short} {year}", "{short}-{yy}", "{short}. {year}", "{year} {short}",
        "{year}.{month:02d}", "{month:02d}.{year}",
    ],
    "week": ["{iso}-W{week:02d}", "{iso}W{week:02d}", "W{week} {iso}", "{iso}-W{week}", "KW {week}/{iso}"],
    "day": ["{day}", "{day}T00:00:00", "{day} 00:00:00", "{compact}"],
}  # fmt: skip
CALENDARS = ["year", "half-year", "quarter", "month", "week", "day"]


def written(day, form):
    week = day.isocalendar()
    return form.format(
        year=day.year, yy=f"{day:%y}", half=(day.month + 5) // 6, quarter=(day.month + 2) // 3, month=day.month,
        name=f"{day:%B}", short=f"{day:%b}", iso=week.year, week=week.week, day=day, compact=f"{day:%Y%m%d}",
    )  # fmt: skip


@pytest.mark.parametrize("granularity", CALENDARS)
@settings(max_examples=40, deadline=None)
@given(days=st.lists(DAY, min_size=1, max_size=8), data=st.data())
def test_every_spelling_is_the_same_period_in_the_order_of_the_calendar(granularity, days, data):
    forms = [data.draw(st.sampled_from(SPELLINGS[granularity])) for _ in days]
    read = read_periods([written(day, form) for day, form in zip(days, forms, strict=True)], granularity)
    plain = read_periods([written(day, SPELLINGS[granularity][0]) for day in days], granularity)
    assert not read.bad.any(), read.why
    assert read.names.tolist() == plain.names.tolist()
    np.testing.assert_array_equal(read.places, places_on(np.array(days, dtype="datetime64[D]"), granularity))
    assert np.argsort(read.names, kind="stable").tolist() == np.argsort(read.places, kind="stable").tolist()
    assert read_periods(read.names, granularity).places.tolist() == read.places.tolist()  # its own names are read again
    inside = np.array(days, dtype="datetime64[D]")
    assert (first_days(read.places, granularity) <= inside).all()
    assert (inside <= last_days(read.places, granularity)).all()
    np.testing.assert_array_equal(first_days(read.places + 1, granularity), last_days(read.places, granularity) + 1)


@pytest.mark.parametrize(
    ("granularity", "freq"), [("year", "Y"), ("quarter", "Q"), ("month", "M"), ("week", "W"), ("day", "D")]
)
def test_places_are_those_of_pandas(granularity, freq):
    periods = pd.period_range("2019-12-30", periods=120, freq=freq)
    read = read_periods(periods, "" if granularity != "day" else "day")
    assert read.granularity == granularity
    np.testing.assert_array_equal(np.diff(read.places), 1)
    np.testing.assert_array_equal(
        first_days(read.places, granularity), periods.start_time.to_numpy().astype("datetime64[D]")
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("0123456789QqWHMJan-/. '", min_size=1, max_size=9), min_size=1, max_size=5))
def test_what_is_read_is_never_in_another_order_than_its_names(words):
    read = read_periods(words)
    good = ~read.bad & (read.names != "")
    assert np.argsort(read.names[good], kind="stable").tolist() == np.argsort(read.places[good], kind="stable").tolist()
    assert read.bad.any() == bool(read.why)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["W9", "W10"], "Without a year"),
        (["Q1", "Q2"], "Without a year"),
        (["Jan", "Feb"], "Without a year"),
        (["FY24Q1"], "fiscal year"),
        (["2023-1", "2023-4", "2024-1"], "a quarter or a month"),
        (["2024.1", "2024.2"], "Write periods"),
        (["2024-W53"], "Write periods"),
        (["2024Q5"], "Write periods"),
        (["202413"], "Write periods"),
        (["31.12.2024"], "Write periods"),
        (["2024-02-30"], "Write periods"),
        (["45296"], "Write periods"),
        (["2024Q1", "2024Q2", "2024-03"], "one kind"),
        (["2024", "7"], "one kind"),
        (["24-Jan"], "Write periods"),
    ],
)
def test_what_cannot_be_ordered_is_not_guessed(values, words):
    read = read_periods(values)
    assert read.bad.any()
    assert words in read.why


def test_counts_are_ordered_as_numbers():
    read = read_periods([2, 10, "period 9", "P1", None])
    assert read.granularity == "count"
    assert read.names.tolist() == ["02", "10", "09", "01", ""]


@pytest.mark.parametrize(
    ("days", "names"),
    [
        (["2024-01-01", "2024-02-01", "2024-04-01"], ["2024-01", "2024-02", "2024-04"]),
        (["2024-01-31", "2024-02-29", "2024-03-31"], ["2024-01", "2024-02", "2024-03"]),
        (["2024-01-01", "2024-04-01", "2024-10-01"], ["2024Q1", "2024Q2", "2024Q4"]),
        (["2024-01-01", "2024-01-08", "2024-01-22"], ["2024-W01", "2024-W02", "2024-W04"]),
        (["2024-01-01", "2024-01-02", "2024-01-03"], ["2024-01-01", "2024-01-02", "2024-01-03"]),
    ],
)
def test_days_that_begin_or_end_a_longer_period_are_that_period(days, names):
    assert read_periods(days).names.tolist() == names


EVENTS = [(table.name, column) for table in TABLES.values() for column in table.columns if column.event]


@pytest.mark.parametrize(("table", "column"), EVENTS, ids=lambda value: value if isinstance(value, str) else value.name)
@pytest.mark.parametrize("as_of", ["2026-09-30", "2026-08-15", "2025-06-30"])
def test_no_table_holds_a_row_of_later_than_as_of(sample_company, table, column, as_of):
    frame = sample_company(as_of).table(table)
    if column.kind == "date":
        assert not (frame[column.name] > pd.Timestamp(as_of) + pd.Timedelta(hours=24)).any()
        return
    if column.plan_if_not:
        assert (frame[~frame[column.plan_if_not].astype(bool)][column.name] > as_of[:4]).any(), "plans lie ahead"
        frame = frame[frame[column.plan_if_not].astype(bool)]
    read = read_periods(frame[column.name])
    ends = first_days(read.places, "quarter") if column.begun else last_days(read.places, "quarter")
    assert (ends <= np.datetime64(as_of)).all()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_says_which_column_is_the_time_of_a_row(table):
    timeless = {
        "goals",
        "data_register",
        "aliases",
        "coding",
        "suppress",
    }  # plans, names, opinions
    assert any(column.event for column in table.columns) or table.name in timeless


@pytest.fixture(scope="module")
def sample_company():
    opened = {}

    def open_at(as_of):
        if as_of not in opened:
            opened[as_of] = open_company("data/sample", as_of)
        return opened[as_of]

    return open_at


def panel_of(write, months=range(1, 8)):
    rows = [f"margin,U{unit},{write(dt.date(2024, month, 1))},{unit + month}," for unit in (1, 2) for month in months]
    return "outcome,unit_id,period,value,first_period\n" + "\n".join(rows) + "\n"


def test_the_running_period_is_left_out_and_named(company_folder):
    company_folder.write("initiative_panel.csv", panel_of(lambda day: f"{day:%b %Y}"))
    company_folder.change("transactions", "O5,C4,2026-09-30,0.10,0,EUR,0\n", "")
    found = company_folder.check("2024-05-20").receipts["initiative_panel"]
    assert found.left_out == {"period after 2024-05-20": 4, "period not over on 2024-05-20": 2}
    whole = company_folder.check("2024-05-31")
    assert whole.receipts["initiative_panel"].left_out == {"period after 2024-05-31": 4}


def test_holes_are_named(company_folder):
    text = panel_of(lambda day: f"{day.year}-{day.month}", [1, 2, 6, 7])
    company_folder.write("initiative_panel.csv", text.replace("margin,U1,2024-2,3,\n", ""))
    said = [message.what for message in company_folder.check().messages]
    assert any("No row of the outcome 'margin' is of 2024-03 to 2024-05" in what for what in said)
    assert any("1 unit_id of the outcome 'margin' lack periods" in what and "'U1'" in what for what in said)


@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        ("initiative_panel", "U2,2025-01,11", "U2,W9,11", "write the year too"),
        ("initiative_panel", "U2,2025-01,11", "U2,2025Q1,11", "One column holds periods of one kind"),
        ("initiative_ledger", "2025-q2", "2025-02", "not a quarter"),
        ("employees", "A,2025Q1", "A,FY25Q1", "fiscal year"),
    ],
)
def test_a_period_that_cannot_be_ordered_refuses_with_the_value(company_folder, table, old, new, words):
    company_folder.change(table, old, new)
    report = company_folder.check()
    assert report.exit_code == 1
    fault = next(message for message in report.messages if message.level == "error")
    assert words in str(fault)
    assert fault.lines


def test_a_forecast_is_a_plan_and_a_booking_of_the_running_quarter_is_not(company_folder):
    company_folder.write(
        "initiative_ledger.csv",
        "initiative_id,quarter,stream,amount,unit,kind,vintage,booked\n"
        "I1,Q2 2026,sales,1,currency,benefit,Q2 2026,yes\n"  # over
        "I1,Q3 2026,sales,2,currency,benefit,Q3 2026,yes\n"  # running
        "I1,Q4 2026,sales,3,currency,benefit,Q3 2026,no\n"  # a plan
        "I1,Q4 2026,sales,4,currency,benefit,Q4 2026,no\n"  # not known yet
        "I1,Q2 2026,sales,5,currency,benefit,Q4 2026,yes\n",  # corrected later
    )
    company_folder.change("transactions", "O5,C4,2026-09-30,0.10,0,EUR,0\n", "")
    assert open_company(company_folder.path, "2026-08-15").table("initiative_ledger")["amount"].tolist() == [1.0, 3.0]


def test_a_fiscal_year_is_not_taken_for_the_calendar_in_silence(company_folder):
    company_folder.bring("initiative_ledger", "employees")
    company_folder.write("company.yaml", "fiscal_year_start: 7\n")
    said = [message for message in company_folder.check().messages if "fiscal year starts in month 7" in message.what]
    assert {message.column for message in said} == {"quarter"}
    assert {message.level for message in said} == {"warning"}


def test_holes_are_found_and_written_as_runs():
    assert missing_between([5, 1, 2]).tolist() == [3, 4]
    assert in_runs(np.array([650, 651, 653]), "month") == "2024-03 to 2024-04, 2024-06"
    assert first_days(np.array([2821]), "week").astype(str).tolist() == ["2024-01-22"]
