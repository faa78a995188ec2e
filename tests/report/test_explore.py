"""Views: controls move answer, picture and count; ids never show; what cannot be chosen is refused in words."""

import re

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.network import build_forest
from scrm_helpers.report.explore import Looks, looks, person_view
from scrm_helpers.report.explore.answering_hours import HoursAnswered
from scrm_helpers.report.explore.looks import PICK, Control, View

ROWS = pd.DataFrame(
    {
        "referrer_id": ["SECRET1", "SECRET2"],
        "referred_id": ["SECRET2", "SECRET3"],
        "referred_on": pd.Timestamp("2026-01-01"),
    }
)
NAMES = {"SECRET1": "one", "SECRET2": "<b>two", "SECRET3": "three"}
HOURS = Control("hours", "Hours a week", range(5), 2)


def person():
    return person_view(build_forest(ROWS), pd.Series({"SECRET2": 10.0, "SECRET3": 100.0}), NAMES, TERMS)


def hours(hours):
    spent = np.arange(6.0)
    return HoursAnswered(hours=hours, spent=spent, gained=spent * 10)


@pytest.fixture
def shown(monkeypatch):
    """What is on the page, by place, and the controls above it."""
    places, boxes = [], []
    monkeypatch.setattr(looks.Place, "put", lambda place, plain, markup: vars(place).update(text=plain, markup=markup))
    make = looks.Place.__init__
    monkeypatch.setattr(looks.Place, "__init__", lambda place, widgets: (make(place, widgets), places.append(place))[0])
    box = looks._box
    monkeypatch.setattr(looks, "_box", lambda *given: boxes.append(box(*given)) or boxes[-1])
    return places, boxes


def test_a_move_changes_sentence_picture_and_count(shown):
    pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")
    (places, boxes), room = shown, Looks(5, "EUR")
    room.at(View("Hours", [HOURS], hours))
    room.counted()
    page, count, counted = places
    before = re.search('src="([^"]+)"', page.markup)[1]
    assert "2 of 5 messages" in page.text
    boxes[0].value = 3
    assert "3 of 5 messages" in page.text
    assert re.search('src="([^"]+)"', page.markup)[1] != before
    boxes[0].value = 2
    assert "Views looked at: 2." in count.text  # going back is no new view
    assert counted.text.endswith("Hours: 2 views")


def test_without_controls_the_start_is_shown_and_said(shown, monkeypatch, capsys):
    monkeypatch.setattr(looks, "controls_library", lambda: None)
    Looks(5, "EUR").at(View("Hours", [HOURS], hours), hours=4)
    assert "4 of 5 messages" in shown[0][0].text
    assert shown[1] == []
    assert "`python3 kit.py lab`" in capsys.readouterr().out


def test_many_views_are_warned_of(shown):
    room, hours = Looks(5, "EUR"), lambda hours: HoursAnswered(reason="nobody wrote")
    for start in range(5):
        room.at(View("Hours", [HOURS], hours), hours=start)
    assert "by chance" not in room.caution
    for start in range(5):
        room.at(View("Again", [HOURS], hours), hours=start)
    assert "by chance" in room.caution


@pytest.mark.parametrize(
    ("control", "given", "said"),
    [
        (HOURS, 9, "hours is 9: give a number from 0 to 4"),
        (HOURS, 1.5, "hours is 1.5: give a number from 0 to 4"),
        (HOURS, True, "hours is True"),
        (Control("segment", "Segment", ["Trade", "Home"], "Home", kind=PICK), "trad", "Did you mean 'Trade'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(control, given, said):
    with pytest.raises(PlainError, match=re.escape(said)):
        View("Hours", [control], hours).at(**{control.name: given})


def test_a_number_between_two_positions_becomes_one():
    control = Control("rate", "Rate", [0.0, 0.1, 0.2], 0.1)
    assert control.at(0.15).values == [0.0, 0.1, 0.15, 0.2]
    with pytest.raises(PlainError, match="has no control horizon; it has hours"):
        View("Hours", [HOURS], hours).at(horizon=8)
    assert View("Hours", [HOURS], hours).at(horizon=None).controls == [HOURS]  # such as a worth where nothing is scored


def test_a_person_is_picked_and_no_id_shows(shown):
    pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")
    Looks(1, "EUR").at(person())
    (name, _, handed_up), page = shown[1], shown[0][0]
    assert name.options == ("<b>two", "one")  # by credit: 50 and 30
    assert "&lt;b&gt;two was brought by one" in page.markup
    name.value = "one"
    assert "one is credited €30.00" in page.text
    handed_up.value = 0.0
    assert "one is credited €10.00" in page.text
    assert "SECRET" not in page.markup + page.text
    name.value = "nobody"
    assert "Nobody has this name" in page.text


def test_generations_further_away_are_counted_and_not_drawn():
    found = person().answer(person="one", depth=1, handed_up=0.5)
    assert list(found.table["Who"]) == ["one", "<b>two"]
    assert "1 further away are counted and not drawn" in found.note
    assert "one is credited €30.00" in found.sentence


def test_nobody_to_pick():
    empty = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    with pytest.raises(Refusal, match="nobody to pick"):
        person_view(build_forest(empty), pd.Series(dtype=float), {}, TERMS)
