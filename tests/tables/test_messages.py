"""Messages have four parts, are capped, and cannot disturb a terminal or a page."""

import pytest

from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, Receipt, capped, quoted


def _message(**changes):
    given = {"what": "What.", "why": "Why.", "todo": "Do.", "table": "goals", "file": "goals.csv"}
    return Message(**(given | changes))


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\x1b", "\n", "\x7f", "\x9b", "\u200b", "\u202e", "\u2066", "\ufeff"]
)
def test_control_and_direction_characters_are_written_out(character):
    shown = quoted(f"a{character}b")
    assert character not in shown
    assert shown.startswith("'a\\")


def test_where_names_file_column_and_first_lines():
    where = _message(column="target", lines=(2, 30, 1400), n=2000).where
    assert where == "goals.csv, column target, lines 2, 30, 1,400 and 1,997 more"
    assert _message(file="").where == "table goals"
    assert _message(file="", table="").where == "the company folder"


def test_a_list_is_capped_and_errors_come_first():
    messages = [_message(level="warning"), *[_message(what=f"Fault {i}.") for i in range(30)]]
    lines = capped(messages).splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("- Fault 0.")
    assert "11 more findings" in lines[-1]


def test_the_refusal_holds_all_and_shows_errors():
    refusal = CompanyRefused([_message(level="warning", what="Odd."), _message(what="Wrong.")])
    assert len(refusal.messages) == 2
    assert "Wrong." in str(refusal)
    assert "Odd." not in str(refusal)


def test_a_receipt_that_does_not_tie_cannot_be_made():
    with pytest.raises(ValueError, match="does not tie"):
        Receipt(table="goals", file="goals.csv", sha256="", rows_read=3, rows_kept=1, left_out={"x": 1})
