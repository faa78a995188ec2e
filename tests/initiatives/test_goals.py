"""Goals: published scores, conservation of cost, teeth, and the chain of grades."""

import pandas as pd
import pytest
from given import TERMS, on

from scrm_helpers.answers import Measure
from scrm_helpers.initiatives.goals.goal_chain import chain_grade, goal_tree
from scrm_helpers.initiatives.goals.goal_lines import goal_board
from scrm_helpers.initiatives.goals.goal_table import goal_attainment_score, goal_progress
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.plan.business_case import example_case, read_case


@pytest.mark.parametrize(
    ("levels", "weights", "score"),
    [
        ([0, 0, 0], None, 50.0),
        ([1], None, 60.0),
        ([1, 1], None, 62.40347345892084),
        ([1, 1, 1], None, 63.693063937629155),
        ([2, -1, 0], [3, 2, 1], 58.81305298478463),
    ],
)
def test_goal_attainment_scaling_as_published(levels, weights, score):
    # Kiresuk and Sherman 1968
    assert goal_attainment_score(levels, weights) == pytest.approx(score, abs=1e-9)


RETAINED = "effect: {design: staggered_did, outcome: retained share, design_bias_sd: 0.002}"


def goals():
    return pd.DataFrame(
        {
            "goal_id": ["G1", "G2", "G3"],
            "statement": ["Trust", "Stay", "Be everywhere"],
            "construct": ["trust", "loyalty", "trust"],
            "metric": ["index", "share", None],
            "baseline": [60.0, 0.10, None],
            "target": [70.0, 0.05, None],
            "due_on": pd.to_datetime(["2026-01-01", "2026-01-01", None]),
            "owner": ["A", "B", None],
            "current": [68.0, 0.09, None],
            "plan": ["help", "help", None],
            "cost": [10.0, 10.0, None],
        }
    )


def read_as(value, low, high):
    return Measure(name="metric", value=value, unit="", low=low, high=high, population="a table")


def test_progress_pace_and_teeth():
    read = {
        "G2": Measure(name="metric", value=0.09, unit="", low=0.085, high=0.095, population="a table")
    }  # that of G1 is only stated
    result = goal_progress(goals(), read, as_of="2025-07-02", since="2025-01-01")  # half of the time is gone
    assert result.attained.tolist() == pytest.approx([0.8, 0.2])
    assert result.complete.value == pytest.approx(2 / 3)
    assert [words.split()[0] for words in result.missing] == ["G3"]
    assert "by more than the error of the figure: G2. Without teeth: G3 lacks a metric, a baseline" in result.sentence
    assert "No table holds the metric of G1 (index)." in result.sentence
    assert [claim.verdict for claim in result.claims] == ["not shown", "shown"]
    assert result.table["Now by"].tolist() == ["as stated", "a table", "nowhere"]
    assert "otherwise" not in result.sentence
    other = goal_progress(goals(), {"G1": read_as(63.0, 62.0, 64.0)}, as_of="2025-07-02")
    assert "The tables say otherwise than was stated: G1 63, stated 68." in other.sentence
    assert other.attained.iloc[0] == pytest.approx(0.3)


def test_attainment_may_lie_outside():
    given = goals().iloc[:2].assign(baseline=[0.10, 10.0], target=[0.05, 20.0], current=[0.11, 25.0])
    assert goal_progress(given, {}, as_of="2025-07-02").attained.tolist() == pytest.approx([-0.2, 1.5])


def test_goals_that_cannot_be_measured_are_said():
    result = goal_progress(goals().iloc[2:], {}, as_of="2025-07-02")
    assert result.score.value is None
    assert result.sentence.startswith("No goal of 1 can be measured")


def test_a_chain_is_as_good_as_its_weakest_link():
    links = [("a", "m", "B"), ("m", "g", "D"), ("a", "g", "C")]
    assert chain_grade(links, "a", "g") == "C"
    assert chain_grade(links[:2], "a", "g") == "D"
    assert chain_grade(links, "a", "nowhere") == "E"


def test_direct_evidence_lifts_a_goal_above_its_chain():
    # the trust-to-loyalty link is D, but retained margin is estimated by a staggered roll-out
    tree = goal_tree(read_case(example_case()))
    assert tree.grades["G2"] == "B"
    without = example_case().replace(RETAINED, "effect: {pert: [0, 1, 2]}")
    assert goal_tree(read_case(without)).grades["G2"] == "D"
    assert "test them next" in tree.sentence
    assert len(tree.table) == 3


def test_one_line_for_each_goal():
    case = read_case(example_case())
    goals = pd.DataFrame(
        {
            "goal_id": ["G1", "G2", "G9"],
            "statement": ["Customers trust us to help them get the job done", "Something else", "Alone"],
            "baseline": [61.0, 0.9, 0.0],
            "current": [63.0, 0.91, None],
            "target": [66.0, 0.93, 1.0],
            "due_on": pd.to_datetime(["2027-09-30", "2025-01-01", "2027-09-30"]),
        }
    )
    table = pd.DataFrame({"initiative_id": ["a", "b"], "started_on": ["2026-01-01", "2026-01-01"], "cost": 10.0})
    rows = pd.DataFrame(
        {
            "initiative_id": ["a", "a", "b"],
            "quarter": ["2026Q2", "2026Q4", "2026Q3"],
            "stream": "direct",
            "amount": [30.0, 5.0, 7.0],
            "vintage": ["2026Q2", "2026Q3", "2026Q3"],
            "booked": [True, False, True],
        }
    )
    ledger = read_ledger(table, rows, on("2026-09-30"))
    served = {"a": {"": "G1"}, "b": {"": "G1"}}
    board = goal_board(goals, ledger, served, goal_tree(case), {}, TERMS)
    first, second, third = board.table.to_dict("records")
    assert (first["Booked"], first["Expected"], first["Initiatives"]) == (37.0, 5.0, "a, b")
    assert first["Pace needed, per quarter"] == "+0.75"  # 3 points in four quarters
    assert (first["Evidence"], first["Next claim to test"]) == ("B", "helped customers trust more (C)")
    assert second["Pace needed, per quarter"] == "due"
    assert second["Evidence"] == "not in the case"  # the same id with another statement is another goal
    assert third["Pace needed, per quarter"] == "n/a"
    assert board.unbacked == ("G2", "G9")
    for unserved in (ledger, None):
        assert goal_board(goals, unserved, {}, goal_tree(case), {}, TERMS).unbacked == ("G1", "G2", "G9")
