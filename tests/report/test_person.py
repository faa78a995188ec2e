"""One person and the value that flows to them."""

import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.answers import Refusal
from scrm_helpers.network import build_forest
from scrm_helpers.network.forest.reach import cascade_credit, values_of
from scrm_helpers.report.explore import person_view

ROWS = pd.DataFrame(
    {
        "referrer_id": ["A", "B", "B", "C"],
        "referred_id": ["B", "C", "D", "E"],
        "referred_on": pd.Timestamp("2026-01-01"),
    }
)
SELF = {person: person for person in "ABCDE"}
ALL = {"depth": 9, "handed_up": 0.5}
VALUE = pd.Series({"A": 1.0, "B": 2.0, "C": 10.0, "D": 20.0, "E": 40.0})


def test_above_below_and_credit():
    found = person_view(build_forest(ROWS), VALUE, SELF, TERMS).answer(person="B", **ALL)
    assert found.table["Who"].tolist() == ["A", "B", "C", "D", "E"]
    assert found.table["Where"].tolist() == ["above", "this person", "below", "below", "below"]
    assert found.nodes["credit"].tolist() == [0, 0, 5, 10, 10]  # half of C and D, a quarter of E
    assert found.sentence == (
        "B was brought by A and brought 2 people directly and 1 through them; of their €70.00, B is credited €25.00."
    )
    found.plot()


@pytest.mark.parametrize("person", list("ABCDE"))
def test_the_credit_is_the_same_as_for_everybody_at_once(person):
    forest = build_forest(ROWS)
    whole = cascade_credit(forest, values_of(forest, VALUE))
    found = person_view(forest, VALUE, SELF, TERMS).answer(person=person, **ALL)
    assert found.measures[0].value == pytest.approx(whole[forest.people.get_loc(person)])


def test_pseudonyms_and_strangers():
    names = {person: f"p{place}" for place, person in enumerate("ABCDE")}
    view = person_view(build_forest(ROWS), VALUE, names, TERMS)
    found = view.answer(person="p4", **ALL)
    assert found.sentence == "p4 was brought by p2 and has brought nobody yet."
    with pytest.raises(Refusal, match="Nobody has this name"):
        view.answer(person="Z", **ALL)
