"""The four cells on four customers whose sums can be done by hand."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.matrix import four_cells
from scrm_helpers.value.matrix.cell_stability import cell_certainty
from scrm_helpers.value.matrix.four_cells import cut_points, value_cells


def value_matrix(value, **given):
    return four_cells.value_matrix(value, min_group=1, **given)  # four customers whose sums can be done by hand


VALUE = pd.DataFrame(
    {
        "is_customer": [True, True, True, True, False],
        "cell": ["Affluents", "Champions", "Advocates", "Misers", None],
        "clv": [90.0, 50.0, 10.0, 5.0, None],
        "crv": [0.0, 20.0, 60.0, 0.0, 99.0],
    }
)


def test_sums_by_cell_leave_people_who_are_not_customers_out():
    matrix = value_matrix(VALUE)
    assert matrix.cells["people"].sum() == 4
    assert matrix.cells.loc["Advocates", ["own", "referral"]].tolist() == [10.0, 60.0]
    assert matrix.title == "1 customer of low expected value has brought €60.00 so far"  # two periods: never a multiple


def test_the_sentence_names_the_split_and_does_not_judge_it_without_enough_people():
    said = value_matrix(VALUE).sentence
    assert said.startswith("75% of the referral value of €80.00 so far comes from customers whose expected value is")
    assert said.endswith("chance would give as much cannot be said, because too few people brought somebody.")


def aged(seed, own):
    """Old customers have brought more; `own` says how expected value goes with that among customers of one age."""
    generator = np.random.default_rng(seed)
    age = np.arange(600) / 600
    brought = np.where(generator.random(600) < 0.1 + 0.5 * age, 10.0, 0.0)
    expected = 100 * (1 - age) + own * brought + generator.random(600)
    people = pd.DataFrame({"is_customer": True, "clv": expected, "crv": brought})
    people["joined_on"] = pd.Timestamp("2026-01-01") - pd.to_timedelta(1000 * age, unit="D")
    return cut_points(people).with_cells(people)


def test_a_split_that_age_alone_explains_is_not_called_more_than_chance():
    said = [value_matrix(aged(seed, own=0.0)).sentence for seed in range(20)]
    assert sum("no difference is shown" in one for one in said) >= 18  # and age alone puts far more than half below
    assert all(float(one.split("%")[0]) > 60 for one in said)


def test_a_planted_split_among_customers_of_one_age_is_found_and_its_side_named():
    assert "more than chance" in value_matrix(aged(1, own=-3.0)).sentence
    assert "less than chance" in value_matrix(aged(1, own=3.0)).sentence


@pytest.mark.parametrize("clv", [171.0, float("nan")])
def test_without_a_model_that_tells_people_apart_there_is_no_matrix(clv):
    people = VALUE[["is_customer", "crv"]].assign(clv=clv)
    left_out = value_matrix(people.assign(cell=value_cells(people["clv"], people["crv"])))
    assert not left_out.drawable
    assert left_out.table.empty
    assert "tells these customers apart" in left_out.sentence


def test_without_referral_value_the_sentence_says_so():
    none = value_matrix(VALUE.assign(crv=0.0, cell=["Affluents", "Affluents", "Misers", "Misers", None]))
    assert none.sentence.endswith("no referral has brought value yet.")
    assert none.title == "No customer of low expected value has brought more than the median customer does"


def test_referrals_that_cost_more_than_they_brought_are_said_to():
    loss = value_matrix(VALUE.assign(crv=[0.0, -50.0, 10.0, 0.0, 99.0]))
    assert loss.sentence.endswith("has cost at least as much as it brought so far: referral value is −€40.00.")
    assert loss.title == "1 customer of low expected value has brought €10.00 so far"
    partly = value_matrix(VALUE.assign(crv=[0.0, -50.0, 60.0, 0.0, 99.0]))  # 60 of 10 would be 600%
    assert partly.sentence.startswith("€60.00 of the referral value of €10.00 so far comes from customers")


def test_nobody_with_a_cell_draws_nothing():
    empty = value_matrix(VALUE.assign(cell=pd.Series([None] * 5, dtype="str")))
    assert not empty.drawable
    assert "is left out: no customer has both" in empty.sentence


@pytest.mark.parametrize(("crv", "label"), [(0.0, "Brought in nobody"), (1.0, "Referral value at or below the median")])
def test_the_axis_says_what_the_cut_means(crv, label):
    axes = value_matrix(VALUE.assign(crv=[crv, 20.0, 60.0, crv, 99.0])).plot()
    assert axes.get_xticklabels()[0].get_text() == label


def test_cut_points_can_be_moved_and_are_said():
    assert value_matrix(VALUE).note.endswith("Cut points: own value €30.00 (median), referral value €10.00 (median).")
    cuts = cut_points(VALUE, own="60", referral="median")
    moved = cuts.with_cells(VALUE)
    # 90 | 50 | 10 | 5 against 60, and 0 | 20 | 60 | 0 against 10
    assert moved["cell"].tolist()[:4] == ["Affluents", "Advocates", "Advocates", "Misers"]
    matrix = value_matrix(moved, cuts=cuts)
    assert "customers whose expected value is no more than €60.00" in matrix.sentence
    labels = [label.get_text() for label in matrix.plot().get_yticklabels()]
    assert labels == ["Expected value\nat or below\n€60.00", "Expected value\nabove €60.00"]
    with pytest.raises(Refusal, match="neither the word median nor an amount"):
        cut_points(VALUE, referral="high")


def test_the_probability_of_a_cell_uses_the_same_cuts():
    people = pd.DataFrame({"person_id": ["a", "b"], "clv": [10.0, 30.0], "crv": [5.0, 0.0], "cell": ["x", "y"]})
    people = people.assign(clv_low=float("nan"), clv_high=float("nan"), crv_low=float("nan"), crv_high=float("nan"))
    cuts = cut_points(people, own="40", referral="1")
    assert cell_certainty(cuts.with_cells(people), cuts).cells["Customers expected"].tolist() == [0, 0, 1, 1]


def test_cells_of_too_few_customers_are_not_shown_anywhere():
    people = aged(1, own=3.0)
    few = people["cell"].eq("Champions").cumsum().le(3) | people["cell"].ne("Champions")
    matrix = four_cells.value_matrix(people[few])
    held = people[few]["cell"].value_counts()
    assert held["Champions"] == 3
    assert matrix.hidden == {"Champions", held.drop("Champions").idxmin()}  # three alone would follow from the total
    shown = " ".join(text.get_text() for text in matrix.plot().texts)
    assert "3 customers" not in shown
    assert shown.count("too few customers to be shown") == 2
    by_name = {measure.name: measure for measure in matrix.measures}
    assert by_name["champions_people"].value is None
    assert by_name["champions_referral_value"].reason
    assert "Champions" not in matrix.alt
