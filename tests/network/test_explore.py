"""The controls change what is shown, and ids never show."""

import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.network import build_forest, person_explorer

widgets = pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")

ROWS = pd.DataFrame(
    {
        "referrer_id": ["SECRET1", "SECRET2"],
        "referred_id": ["SECRET2", "SECRET3"],
        "referred_on": pd.Timestamp("2026-01-01"),
    }
)


def test_pick_a_person_and_move_the_slider():
    names = {"SECRET1": "one", "SECRET2": "<b>two", "SECRET3": "three"}
    box = person_explorer(build_forest(ROWS), pd.Series({"SECRET2": 10.0, "SECRET3": 100.0}), names, TERMS)
    person, handed_up, page = box.children
    assert person.options == ("<b>two", "one")  # by credit: 50 and 30
    assert "&lt;b&gt;two was brought by one" in page.value
    person.value = "one"
    assert "one is credited €30.00" in page.value
    handed_up.value = 0.0
    assert "one is credited €10.00" in page.value
    assert "SECRET" not in page.value
    person.value = "nobody"
    assert "Nobody has this name" in page.value


def test_nobody_to_pick():
    empty = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    with pytest.raises(Refusal, match="nobody to pick"):
        person_explorer(build_forest(empty), pd.Series(dtype=float), {}, TERMS)
