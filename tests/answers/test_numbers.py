"""Numbers in words keep sign, size and absence."""

import pytest

from scrm_helpers.answers import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "€0"),
        (9.5, "€9.50"),
        (99.6, "€100"),
        (9_994, "€9,994"),
        (9_999.0, "€10.0k"),
        (12_345, "€12.3k"),
        (999_400, "€999k"),
        (999_600, "€1.00m"),
        (1_234_567, "€1.23m"),
        (-4_560_000_000, "−€4.56bn"),
        (float("nan"), "n/a"),
    ],
)
def test_money_keeps_three_figures(value, text):
    assert numbers.money(value) == text


def test_money_without_minor_unit_and_without_symbol():
    assert numbers.money(12.4, "JPY") == "¥12"
    assert numbers.money(1500, "CHF") == "CHF 1,500"


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.004, "0.4%"), (0.0996, "10%"), (-0.05, "−5.0%"), (1, "100%")]
)
def test_percent_shows_small_shares(share, text):
    assert numbers.percent(share) == text


def test_points_always_carry_a_sign_but_zero():
    assert [numbers.points(value) for value in (30, -3.6, 0.0, -0.2)] == ["+30", "−4", "0", "0"]


def test_unbounded_interval_ends_are_said():
    assert numbers.interval(1.0, float("inf"), numbers.decimal) == "1.00 to unbounded"
    assert numbers.interval(None, 1.0, numbers.decimal) == "n/a"


def test_unknown_style_is_refused():
    with pytest.raises(ValueError, match="known are count, date"):
        numbers.write(1.0, "percentage")


def test_what_each_writer_makes_of_a_plain_value():
    assert numbers.count(12345) == "12,345"
    assert (numbers.percent(0.1234), numbers.percent(0.086), numbers.percent(None)) == ("12%", "8.6%", "n/a")
    assert (numbers.points(30.2), numbers.points(-4.0)) == ("+30", "−4")
    assert numbers.decimal(-0.1417, 3) == "−0.142"
    assert (numbers.money(1234.5, "USD"), numbers.money(-2_500_000.0)) == ("$1,234", "−€2.50m")
    assert numbers.interval(0.11, 0.17, numbers.percent) == "11% to 17%"
    assert (numbers.plural(1, "customer"), numbers.plural(2, "person", "people")) == ("1 customer", "2 people")
    assert (numbers.listed(["b", "a", "b"]), numbers.listed("abcdefg", limit=2)) == ("a, b", "a, b and 5 more")
    assert (numbers.write(0.5, "percent"), numbers.write("a", "text"), numbers.write(0.12345, "decimal3")) == (
        "50%",
        "a",
        "0.123",
    )
