"""Days, money, scores and ids in every spelling of vendors come out as what was meant, or not at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from scrm_helpers.tables.importing.exports import cell_values

RNG = Random(14)
MOMENTS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=RNG.randrange(6 * 365 * 86_400)) for _ in range(400)]
BERLIN = ZoneInfo("Europe/Berlin")
FORMS = {
    "iso": "%Y-%m-%d %H:%M:%S",
    "iso with T": "%Y-%m-%dT%H:%M:%S",
    "slashes, month first": "%m/%d/%Y %H:%M:%S",
    "half days": "%m/%d/%Y %I:%M:%S %p",
    "dots": "%d.%m.%Y %H:%M:%S",
    "name behind": "%d %B %Y %H:%M:%S",
    "name before": "%b %d, %Y %I:%M:%S %p",
}
AWARE = {"iso": "%Y-%m-%d %H:%M:%S %z", "UTC": "%Y-%m-%d %H:%M:%S UTC", "archive": "%a %b %d %H:%M:%S %z %Y"}


def read(texts, order="", source="", company="UTC"):
    cells = pa.array(texts, pa.string())
    found = cell_values.read_moments_of(cells, order, source, company)
    return [str(moment) for moment in found]


def told(moments):
    return [moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in moments]


@pytest.mark.parametrize("form", FORMS)
def test_moments_without_offset_are_those_of_the_clock_on_the_wall(form):
    assert read([moment.strftime(FORMS[form]) for moment in MOMENTS], order="mdy") == told(MOMENTS)


def test_day_first_is_read_as_declared_and_not_otherwise():
    texts = [moment.strftime("%d/%m/%Y") for moment in MOMENTS]
    assert [text[:10] for text in read(texts, order="dmy")] == [text[:10] for text in told(MOMENTS)]


@pytest.mark.parametrize("form", AWARE)
def test_offsets_count_and_days_are_those_of_the_company(form):
    zone = UTC if form == "UTC" else ZoneInfo("America/Denver")
    texts = [moment.astimezone(zone).strftime(AWARE[form]) for moment in MOMENTS]
    assert read(texts, company="Europe/Berlin") == told(moment.astimezone(BERLIN) for moment in MOMENTS)


@pytest.mark.parametrize("factor", [1, 1000])
def test_unix_seconds_and_milliseconds_are_told_apart_by_length(factor):
    texts = [str(int(moment.timestamp()) * factor) for moment in MOMENTS]
    assert read(texts, company="Europe/Berlin") == told(moment.astimezone(BERLIN) for moment in MOMENTS)


def test_the_zone_of_the_source_is_turned_into_that_of_the_company():
    noon = [moment.replace(hour=12) for moment in MOMENTS]  # no clock is changed at noon
    texts = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in noon]
    meant = [moment.replace(tzinfo=ZoneInfo("America/Denver")).astimezone(BERLIN) for moment in noon]
    assert read(texts, source="America/Denver", company="Europe/Berlin") == told(meant)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31.04.2026", "13/13/2026", "soon", "0", "24:00", "2026-01-01 25:00:00"]
)
def test_what_is_no_moment_is_none(text):
    assert read([text, None], order="dmy") == ["NaT", "NaT"]


def test_the_cells_alone_prove_an_order():
    columns = [pa.array(["03/04/2026", "2026-05-06"]), pa.array(["25/04/2026"])]
    assert cell_values.orders_shown(columns[:1]) == (set(), True)
    assert cell_values.orders_shown(columns) == ({"dmy"}, True)
    assert cell_values.orders_shown([pa.array(["2026-05-06", "6.5.2026"])]) == (set(), False)


def spelled(amount, decimal, thousands, before, behind):
    text = f"{abs(amount):,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    return f"{'-' if amount < 0 else ''}{before}{text}{behind}"


@pytest.mark.parametrize(
    ("decimal", "thousands", "before", "behind"),
    [(".", ",", "$", ""), (",", ".", "", " €"), (",", "\u202f", "", " EUR"), (".", "'", "CHF ", ""), (".", "", "", "")],
)
def test_money_is_exact_whatever_marks_it_has(decimal, thousands, before, behind):
    amounts = [Decimal(RNG.randrange(-(10**9), 10**9)).scaleb(-2) for _ in range(300)]
    cells = pa.array([spelled(amount, decimal, thousands, before, behind) for amount in amounts])
    found, bad = cell_values.as_money(cells, decimal)
    assert not bad.any()
    assert [Decimal(text) for text in found.to_pylist()] == amounts
    assert cell_values.decimal_marks([cells]) == {decimal}


def test_brackets_and_a_minus_behind_are_negative_and_words_are_no_money():
    found, bad = cell_values.as_money(pa.array(["(12.50)", "7-", "n/a", "", None, "12 apples", "1.2.3"]), ".")
    assert found.to_pylist()[:2] == ["-12.50", "-7"]
    assert bad.tolist() == [False, False, False, False, False, True, True]


def test_thousands_alone_prove_no_decimal_mark():
    assert cell_values.decimal_marks([pa.array(["1,234", "12", "123.456"])]) == set()
    assert cell_values.unproved([pa.array(["1,234"])])


def test_scores_are_found_in_labels():
    texts = [
        "10",
        "9.0",
        "8,0",
        "Extremely likely - 10",
        "0 - Not at all likely",
        "7/10",
        "5 (neutral)",
        "Promoter",
        "8.5",
        None,
    ]
    scores, bad = cell_values.as_scores(pa.array(texts))
    assert scores.to_pylist() == ["10", "9", "8", "10", "0", "7", "5", None, None, None]
    assert np.flatnonzero(bad).tolist() == [7, 8]


def test_only_mails_lose_their_case_and_only_damage_is_damage():
    ids = cell_values.as_ids(pa.array(["'00123", "ANN@example.org", "aB", "17850.0", "1E5", "1.23E+11"]))
    assert ids.to_pylist() == ["00123", "ann@example.org", "aB", "17850.0", "1E5", "1.23E+11"]
    assert cell_values.as_ids(pa.array(["17850.0"]), whole=True).to_pylist() == ["17850"]
    assert np.flatnonzero(cell_values.damaged(ids)).tolist() == [5]


def test_sums_of_products_are_exact():
    numbers = cell_values.exact(pa.array(["-0.05", "12", None, "3.25"]))
    assert numbers.to_pylist() == [Decimal("-0.05"), Decimal("12.00"), None, Decimal("3.25")]
