"""Days are days of the company: offsets, daylight saving, Parquet times, formats that are declared or proposed."""

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.checked_company import open_checked
from scrm_helpers.tables import CompanyRefused, open_company
from scrm_helpers.tables.contract.settings import day_of_analysis
from scrm_helpers.tables.values.moments import typed_moments

AS_OF = "2026-09-30"
ORDERS = ["2024-01-06", "2025-01-06", "2024-02-02", "2025-04-01", "2026-09-30"]


def orders(folder, days, **settings):
    """Write the five orders of the good company with other days."""
    text = folder.text("transactions")
    for old, new in zip(ORDERS, days, strict=True):
        text = text.replace(f",{old},", f",{new},")
    folder.write("transactions.csv", text)
    if settings:
        folder.write("company.yaml", "".join(f"{key}: {value!r}\n" for key, value in settings.items()))


def days_of(folder):
    return open_company(folder.path, AS_OF).transactions["ordered_on"].dt.strftime("%Y-%m-%d").tolist()


LATE = [
    "2024-02-01T00:00:00{0}",
    "2024-07-01T00:30{1}",
    "2024-03-31T00:59:59{0}",
    "2024-12-31T23:30{0}",
    "2024-08-01T00:00{1}",
]
WRITTEN = [text[:10] for text in LATE]


@pytest.mark.parametrize(
    ("winter", "summer", "zone"),
    [
        ("+01:00", "+02:00", "Europe/Berlin"),
        ("+02:00", "+03:00", "Europe/Helsinki"),
        ("-0500", "-0400", "America/New_York"),
    ],
)
def test_the_day_of_an_instant_is_the_day_in_the_zone_of_the_company(company_folder, winter, summer, zone):
    orders(company_folder, [text.format(winter, summer) for text in LATE], timezone=zone)
    assert days_of(company_folder) == WRITTEN
    said = [message.what for message in company_folder.check().messages]
    assert not any("offset" in what for what in said)
    company_folder.write("company.yaml", "timezone: UTC\n")
    utc = [f"{pd.Timestamp(text.format(winter, summer)).tz_convert('UTC'):%Y-%m-%d}" for text in LATE]
    assert days_of(company_folder) == utc


@pytest.mark.parametrize(
    ("winter", "summer", "line"),
    [
        ("+02:00", "+02:00", "timezone: Etc/GMT-2"),
        ("+05:30", "+05:30", "timezone: Asia/Kolkata"),
        ("+01:00", "+02:00", "timezone: Europe/Berlin"),
        ("Z", "+01:00", "timezone: Europe/London"),
    ],
)
def test_without_a_time_zone_the_day_that_is_written_counts_and_the_line_to_paste_keeps_it(
    company_folder, winter, summer, line
):
    orders(company_folder, [text.format(winter, summer) for text in LATE])
    assert days_of(company_folder) == WRITTEN
    said = [message for message in open_company(company_folder.path, AS_OF).messages if "offset" in message.what]
    assert [(message.level, message.column) for message in said] == [("warning", "ordered_on")]
    assert "on the day that is written" in said[0].why
    assert line in said[0].todo
    company_folder.write("company.yaml", f"{line}\n")
    assert days_of(company_folder) == WRITTEN


def test_offsets_that_no_zone_explains_count_in_utc_and_are_named(company_folder):
    orders(company_folder, [text.format("+01:00", "-08:00") for text in LATE])
    assert days_of(company_folder) == ["2024-01-31", "2024-07-01", "2024-03-30", "2024-12-31", "2024-08-01"]
    said = next(message for message in company_folder.check().messages if "offset" in message.what)
    assert "on its day in UTC" in said.why
    assert "`timezone: " in said.todo


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_two_offsets_in_a_declared_format(company_folder, zone):
    form = "%d.%m.%Y %H:%M %z"
    times = [pd.Timestamp(text.format("+01:00", "+02:00")).strftime(form) for text in LATE]
    company_folder.write(
        "company.yaml",
        (f"timezone: {zone}\n" if zone else "") + f'sources:\n  transactions:\n    dates: "{form}"\n',
    )
    text = company_folder.text("transactions")
    for old, new in zip(ORDERS, times, strict=True):
        text = text.replace(f",{old},", f",{new},")
    company_folder.write("transactions.csv", text)
    assert days_of(company_folder) == WRITTEN


def test_times_with_and_without_an_offset_are_not_mixed(company_folder):
    orders(company_folder, ["2024-02-01T00:00", *[text.format("+01:00", "+02:00") for text in LATE[1:]]])
    fault = next(message for message in company_folder.check().messages if message.level == "error")
    assert (fault.column, fault.lines) == ("ordered_on", (3, 4, 5, 6))
    assert "offset" in fault.todo


TYPES = [pa.date32(), pa.date64(), *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns"))]
TYPES += [pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in ("UTC", "+02:00", "Europe/Berlin")]


def as_parquet(folder, days):
    """Write the orders with a typed column of days."""
    frame = pd.read_csv(folder.path / "transactions.csv", dtype={"order_id": str, "customer_id": str})
    table = pa.Table.from_pandas(frame, preserve_index=False)
    place = table.column_names.index("ordered_on")
    parquet.write_table(table.set_column(place, "ordered_on", days), folder.path / "transactions.parquet")
    (folder.path / "transactions.csv").unlink()


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_every_time_of_parquet_is_read_or_called_bad(kind):
    moments = pd.to_datetime(pd.Series(ORDERS) + " 12:00")
    zone = getattr(kind, "tz", None)
    placed = moments if zone is None else moments.dt.tz_localize(zone)
    cells = pa.chunked_array([pa.array(placed.dt.date if pa.types.is_date(kind) else placed, type=kind), [None]])
    read, *_, said = typed_moments(cells, None)
    assert read.dt.strftime("%Y-%m-%d").tolist()[:5] == ORDERS
    assert ("shifted" not in said) == (zone in (None, "UTC"))
    size = pa.int32() if kind == pa.date32() else pa.int64()
    least, most = (-(2**31), 2**31 - 1) if kind == pa.date32() else (-(2**63) + 1, 2**63 - 1)
    _, good, *_ = typed_moments(pa.chunked_array([pa.array([least, 0, most], size).view(kind)]), "Europe/Berlin")
    reaches = getattr(kind, "unit", "") == "ns"  # to 2262
    assert good.tolist() == [reaches, True, reaches]


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us"), pa.timestamp("ms", "Europe/Berlin")], ids=str)
def test_times_of_parquet_beyond_the_years_1_to_9999_refuse_with_the_value(company_folder, kind):
    far = 4_000_000 if kind == pa.date32() else 2**60
    as_parquet(company_folder, pa.array([far, *[0] * 4], pa.int32() if kind == pa.date32() else pa.int64()).view(kind))
    report = company_folder.check()
    assert report.exit_code == 1
    fault = next(message for message in report.messages if "not a date" in message.what)
    assert (fault.column, fault.lines) == ("ordered_on", (2,))
    assert "years 1 to 9999" in fault.todo


@pytest.mark.parametrize(
    ("days", "proposed", "not_proposed"),
    [
        (["01/06/2026", "22/06/2026"], ["%d/%m/%Y"], ["%m/%d/%Y", "%d.%m.%Y"]),
        (["01/06/2026", "06/22/2026"], ["%m/%d/%Y"], ["%d/%m/%Y"]),
        (["01/06/2026", "02/06/2026"], ["%d/%m/%Y", "%m/%d/%Y", "tells day from month"], ["%d.%m.%Y"]),
        (["31.12.2025", "1.6.2026"], ["%d.%m.%Y"], ["%d/%m/%Y"]),
        (["20260601", "20260622"], ["%Y%m%d"], ["%d.%m.%Y"]),
        (["2026/06/01 10:00", "2026/06/22 23:59"], ["%Y/%m/%d %H:%M"], ["%d.%m.%Y"]),
        (["6/1/2026 3:15 PM", "6/22/2026 3:15 AM"], ["%m/%d/%Y %I:%M %p"], ["%d.%m.%Y"]),
        (["01 Jun 2026", "22 Jun 2026"], ["%d %b %Y"], ["%d.%m.%Y"]),
        (["2026-06-01", "22/06/2026"], ["no one format fits every value"], ["%d/%m/%Y"]),
        (["01/06/2026", "soon"], ["no one format fits every value"], ["%d/%m/%Y"]),
    ],
)
def test_a_proposed_format_fits_every_value_and_its_line_works(company_folder, days, proposed, not_proposed):
    filled = [days[0], days[1], days[0], days[1], days[0]]
    orders(company_folder, filled)
    fault = next(message for message in company_folder.check().messages if message.level == "error")
    assert all(text in fault.todo for text in proposed), fault.todo
    assert not any(text in fault.todo for text in not_proposed), fault.todo
    if len(proposed) == 1 and proposed[0].startswith("%"):
        line = fault.todo.split("`")[1]
        company_folder.write("company.yaml", line + "\n")
        found = open_company(company_folder.path, AS_OF).transactions["ordered_on"]
        assert found.dt.year.isin([2025, 2026]).all()


@pytest.mark.parametrize("given", ["9999-12-31", "2262-04-12", "2200-01-01", "1989-12-31", "0001-01-01"])
def test_a_day_of_the_analysis_outside_the_years_that_can_be_counted_is_refused_in_a_sentence(company_folder, given):
    with pytest.raises(CompanyRefused, match="is not a day from 1990 to 2199"):
        day_of_analysis(given)
    if given == "9999-12-31":
        with pytest.raises(PlainError, match="is not a day from 1990 to 2199"):
            open_checked(company_folder.path, given)


def test_the_last_day_that_is_taken_can_be_counted_on_from(company_folder):
    assert company_folder.check("2199-12-31").exit_code == 0


def test_a_plan_without_end_counts_as_unknown(company_folder):
    company_folder.change("initiatives", "2027-01-01", "9999-12-31")
    report = company_folder.check()
    assert report.exit_code == 0
    assert report.receipts["initiatives"].values_blanked == {"ended_on after 2199": 1}
