"""The four cells on four customers whose sums can be done by hand."""

import pandas as pd
import pytest

from scrm_helpers.presentation.refusal import CannotSay
from scrm_helpers.value.cell_certainty import cell_probabilities
from scrm_helpers.value.cells import cut_points, with_cells
from scrm_helpers.value.matrix import value_matrix

VALUE = pd.DataFrame(
    {
        "is_customer": [True, True, True, True, False],
        "cell": ["Affluents", "Champions", "Advocates", "Misers", None],
        "margin_12m": [90.0, 50.0, 10.0, 5.0, None],
        "crv": [0.0, 20.0, 60.0, 0.0, 99.0],
    }
)


def test_sums_by_cell_leave_people_who_are_not_customers_out():
    matrix = value_matrix(VALUE)
    assert matrix.cells["people"].sum() == 4
    assert matrix.cells.loc["Advocates", ["own", "referral"]].tolist() == [10.0, 60.0]
    assert matrix.title == "1 low-spending advocate brings €60.00: 6.0 times what they spend themselves"


def test_the_sentence_says_how_much_comes_from_low_spenders():
    assert value_matrix(VALUE).sentence.startswith("75% of the referral value of €80.00 comes from customers who spend")


def test_without_referral_value_the_sentence_says_so():
    none = value_matrix(VALUE.assign(crv=0.0, cell=["Affluents", "Affluents", "Misers", "Misers", None]))
    assert none.sentence.endswith("no referral has brought value yet.")
    assert none.title == "No low-spending customer brings more than the median customer does"


def test_referrals_that_cost_more_than_they_brought_are_said_to():
    loss = value_matrix(VALUE.assign(crv=[0.0, -50.0, 10.0, 0.0, 99.0]))
    assert loss.sentence.endswith("has cost at least as much as it brought so far: referral value is −€40.00.")
    assert loss.title == "1 low-spending advocate brings €10.00"
    partly = value_matrix(VALUE.assign(crv=[0.0, -50.0, 60.0, 0.0, 99.0]))  # 60 of 10 would be 600%
    assert partly.sentence.startswith("€60.00 of the referral value of €10.00 comes from customers")


def test_nobody_with_a_cell_draws_nothing():
    empty = value_matrix(VALUE.assign(cell=pd.Series([None] * 5, dtype="str")))
    assert not empty.drawable
    assert "cannot be drawn" in empty.sentence


@pytest.mark.parametrize(("crv", "label"), [(0.0, "Brought in nobody"), (1.0, "Referral value at or below the median")])
def test_the_axis_says_what_the_cut_means(crv, label):
    axes = value_matrix(VALUE.assign(crv=[crv, 20.0, 60.0, crv, 99.0])).plot()
    assert axes.get_xticklabels()[0].get_text() == label


def test_cut_points_can_be_moved_and_are_said():
    assert value_matrix(VALUE).note.endswith("Cut points: own value €30.00 (median), referral value €10.00 (median).")
    cuts = cut_points(VALUE, own="60", referral="median")
    moved = with_cells(VALUE, cuts)
    # 90 | 50 | 10 | 5 against 60, and 0 | 20 | 60 | 0 against 10
    assert moved["cell"].tolist()[:4] == ["Affluents", "Advocates", "Advocates", "Misers"]
    matrix = value_matrix(moved, cuts=cuts)
    assert "customers who spend no more than €60.00" in matrix.sentence
    labels = [label.get_text() for label in matrix.plot().get_yticklabels()]
    assert labels == ["Spends at or\nbelow €60.00", "Spends above\n€60.00"]
    with pytest.raises(CannotSay, match="neither the word median nor an amount"):
        cut_points(VALUE, referral="high")


def test_the_probability_of_a_cell_uses_the_same_cuts():
    people = pd.DataFrame({"person_id": ["a", "b"], "clv": [10.0, 30.0], "crv": [5.0, 0.0], "cell": ["x", "y"]})
    people = people.assign(clv_low=float("nan"), clv_high=float("nan"), crv_low=float("nan"), crv_high=float("nan"))
    cuts = cut_points(people, own="40", referral="1")
    sure = cell_probabilities(with_cells(people, cuts), cuts=cuts)
    assert sure.loc["a", "Advocates"] == sure.loc["b", "Misers"] == 1.0


def test_last_years_margin_in_the_place_of_own_value_is_known():
    people = VALUE[VALUE["is_customer"]].assign(person_id=list("abcd"), clv=float("nan"), crv_low=0.0, crv_high=0.0)
    sure = cell_probabilities(people, pd.Series({"a": 0.5}))
    assert sure.loc["a", "Affluents"] == sure.loc["b", "Champions"] == sure.loc["c", "Advocates"] == 1.0
