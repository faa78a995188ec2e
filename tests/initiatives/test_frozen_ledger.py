"""The numbers of the sample as it was when its claims were recomputed by hand, by today's definitions."""

from pathlib import Path

import pandas as pd
import pytest
from given import on

from scrm_helpers.initiatives.goals.goal_lines import goal_returns
from scrm_helpers.initiatives.goals.goal_table import current_values
from scrm_helpers.initiatives.hindsight.looking_back import look_back
from scrm_helpers.initiatives.hindsight.realisation import case_spread, realisation_ratio
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.ledger.horizons import compare_horizons
from scrm_helpers.initiatives.ledger.quarterly_view import quarter_blindness
from scrm_helpers.initiatives.valuation.portfolio import choose_portfolio, draws_from_ledger
from scrm_helpers.tables import open_company

FROZEN, TERMS = Path(__file__).parents[1] / "frozen" / "sample", on("2026-09-30")


@pytest.fixture(scope="module")
def company():
    return open_company(FROZEN)


@pytest.fixture(scope="module")
def tables(company):
    return company.table("initiatives"), company.table("initiative_ledger")


def test_returns_are_over_the_initiatives_with_every_quarter_booked(tables):
    found = compare_horizons(read_ledger(*tables, TERMS))
    pooled = {one.name: one for one in found.pooled}
    assert (pooled["pooled_return_8q"].value, pooled["pooled_return_8q"].n) == (pytest.approx(0.0244, abs=1e-4), 4)
    assert pooled["pooled_return_12q"].value is None  # twelve quarters after the start need thirteen
    assert list(found.returns) == [1, 2, 4, 8]
    assert found.net.value == pytest.approx(-115_844, abs=1)
    assert found.net.kind == "incremental"  # every booked benefit has the method "comparison group"
    assert "gross" not in found.note


def test_what_one_quarter_misses_stands_beside_an_even_flow(tables):
    found = quarter_blindness(read_ledger(*tables, TERMS))
    assert found.missed.value == pytest.approx(0.9716, abs=1e-4)
    assert quarter_blindness(read_ledger(*tables, on("2026-09-30", discount_rate=0.0))).even[1] == pytest.approx(2 / 9)
    assert found.missed.n == 4


def test_what_was_stopped_brings_nothing_after_its_stop(tables):
    assert realisation_ratio(*tables, TERMS).pooled.value == pytest.approx(0.8695, abs=1e-4)


def test_two_initiatives_prove_nothing(tables):
    found = look_back(*tables, TERMS)
    assert "2 initiatives are too few to tell this from nine times out of ten" in found.sentence
    assert "judged at 8 quarters" in found.sentence


def test_roi_done_right_loses_eighty_three_thousand(tables):
    drawn = draws_from_ledger(read_ledger(*tables, TERMS), case_spread(tables[0]))
    found = choose_portfolio(drawn, 0.5 * drawn.cost.sum())
    assert found.myopia.value == pytest.approx(82_700, abs=300)
    assert found.by_roi == ("Autumn discount",)


def test_goals_stand_where_the_tables_say(company):
    now = current_values(company.table("goals"), company)
    assert {goal: round(one.value, 3) for goal, one in now.items()} == {
        "G1": 64.705,
        "G2": 0.913,
        "G3": 0.287,
        "G4": 7.0,  # ideas; those of two people count once
        "G5": 0.114,
    }


def test_the_return_of_a_goal_holds_what_the_case_says_serves_it(tables):
    ledger = read_ledger(*tables, TERMS)
    own = dict(zip(tables[0]["initiative_id"], tables[0]["goal_id"], strict=True))
    served = {one: {"": goal} for one, goal in own.items()}
    served["helpdesk"] |= {"retained": "G2", "deflection": "G1"}
    found = goal_returns(ledger, served)
    assert "Voluntary expert helpdesk" in found.goals.loc["G2", "Initiatives"]
    both = found.goals[["Benefit to date", "Cost of all of them"]].sum()
    assert both["Benefit to date"] == pytest.approx(ledger.to_date(ledger.benefit()).sum())
    assert both["Cost of all of them"] == pytest.approx(ledger.to_date(ledger.cost("economic")).sum())
    assert pd.notna(found.goals["Return"]).all()
