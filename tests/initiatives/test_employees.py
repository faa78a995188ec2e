"""Employees: rates with their errors, reliability, the chain both ways, collaboration as a condition."""

import numpy as np
import pandas as pd
import pytest
from given import on

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.staff.collaboration import moderation
from scrm_helpers.initiatives.staff.employees import employee_score, participation, rewards
from scrm_helpers.initiatives.staff.mediation import lagged, service_chain, within_unit_path
from scrm_helpers.initiatives.staff.teams import aggregation_gate, icc, red_tape


def employees(teams=20, quarters=8, seed=0, tape=-0.05, spread=0.3):
    rng = np.random.default_rng(seed)
    rows = []
    for team in range(teams):
        mood = rng.normal(3.4, spread)
        for q in range(quarters):
            red = 3 + rng.normal(0, 0.4)
            volunteered = rng.binomial(40, np.clip(0.3 + tape * (red - 3), 0, 1))
            engaged = mood + rng.normal(0, 0.1)
            rows.append((f"T{team:02d}", f"{2024 + q // 4}Q{q % 4 + 1}", 20, engaged, 9, 4, red, 40, volunteered, 10.0))
    names = ["team", "quarter", "n", "engagement_mean", "enps_promoters", "enps_detractors", "red_tape_mean", "offered"]
    return pd.DataFrame(rows, columns=[*names, "volunteered", "hours"])


def test_participation_is_a_ratio_of_sums_with_its_range():
    table = pd.DataFrame(
        {
            "team": ["a", "b"],
            "quarter": ["2025Q1"] * 2,
            "n": [10, 30],
            "offered": [10, 30],
            "volunteered": [5, 3],
            "hours": [9.0, 1.0],
        }
    )
    result = participation(table)
    assert result.rate.value == pytest.approx(8 / 40)
    assert result.by_quarter["low"].iloc[0] == pytest.approx(0.1050, abs=5e-4)  # Wilson 8 of 40


def test_small_teams_are_left_out_counted_and_never_shown_alone():
    table = employees(teams=3)
    table.loc[table["team"] == "T00", "n"] = 6
    assert "8 teams and quarters with fewer than 7 answers left out" in participation(table).note
    assert "without showing persons" in employee_score(table.assign(n=6)).reason


def test_employee_score_says_how_far_a_team_may_be_off():
    result = employee_score(employees())
    assert result.by_quarter["score"].iloc[-1] == pytest.approx(25.0)  # (9 - 4) / 20
    # sqrt((.45 + .20 - .25^2)/20) * 196 = 33.6
    assert "off by 34 points" in result.sentence


def test_reliability_by_hand():
    # groups (1, 3) and (5, 7): between 16, within 2, k = 2
    assert icc(np.array([1.0, 3, 5, 7]), np.array([0, 0, 1, 1])) == pytest.approx((14 / 18, 14 / 16))
    assert aggregation_gate(employees()).passed
    assert "cannot be told apart" in aggregation_gate(employees(spread=0.0)).sentence


def test_red_tape_within_teams():
    strong = red_tape(employees(tape=-0.15))
    assert strong.slope.low < -0.15 < strong.slope.high
    assert "percentage points lower" in strong.sentence
    # nominal 5 %: 100 worlds without a relation, exact binomial 99.9 % limit 13
    found = [red_tape(employees(tape=0.0, seed=s)) for s in range(100)]
    assert sum("No relation" not in result.sentence for result in found) <= 13


def chain_world(units=40, periods=14, a=0.6, b=0.5, seed=0):
    rng = np.random.default_rng(seed)
    rich = rng.normal(0, 5, (units, 1))  # between units everything hangs together
    x = rich + rng.normal(size=(units, periods))
    m, y = rich + rng.normal(size=(units, periods)), rich + rng.normal(size=(units, periods))
    m[:, 1:] += a * (x - rich)[:, :-1]
    y[:, 1:] += b * (m - rich)[:, :-1]
    unit, period = np.divmod(np.arange(units * periods), periods)
    return pd.DataFrame({"unit_id": unit, "period": period, "mood": x.ravel(), "trust": m.ravel(), "margin": y.ravel()})


def test_the_planted_chain_is_found_forwards_only():
    result = service_chain(chain_world(), ("mood", "trust", "margin"))
    assert [claim.verdict for claim in result.claims] == ["shown", "not shown"]
    assert "backwards nothing can be shown" in result.sentence


def test_without_a_chain_one_is_seldom_claimed():
    # nominal 5 %: 60 worlds, both directions; 120 trials, exact binomial 99.9 % limit 15
    worlds = [service_chain(chain_world(a=0.0, b=0.0, seed=s), ("mood", "trust", "margin")) for s in range(60)]
    assert sum(claim.verdict == "shown" for world in worlds for claim in world.claims) <= 6


def test_wealth_between_units_makes_no_chain():
    result = service_chain(chain_world(a=0.0, b=0.0, seed=2), ("mood", "trust", "margin"))
    assert "no chain from mood through trust to margin can be shown" in result.sentence


def test_slopes_within_units_recover_their_truth():
    rows = lagged(chain_world(units=200, periods=40), ("mood", "trust", "margin"))
    path = within_unit_path(rows)
    assert path[0].value == pytest.approx(0.6, abs=0.03)
    assert path[1].value == pytest.approx(0.5, abs=0.03)
    assert path[2].value == pytest.approx(0.3, abs=0.03)
    assert path[2].value + path[3].value == pytest.approx(path[4].value, abs=1e-9)  # least squares, unit by unit


def test_published_within_person_chain(shared_data):
    # Bolger and Laurenceau 2013, chapter 9, as fitted by bmlm; the file may not be shipped
    file = shared_data / "roi" / "BLch9.csv"
    if not file.is_file():
        pytest.skip("the diary data of Bolger and Laurenceau are not among the shared data")
    table = pd.read_csv(file)
    path = within_unit_path(table.rename(columns={"fwkstrs": "x", "fwkdis": "m", "freldis": "y", "id": "unit"}))
    published = (0.19, 0.15, 0.06, 0.10, 0.16)  # a, b, through, direct, total
    assert [slope.value for slope in path[:5]] == pytest.approx(published, abs=0.012)


def test_a_chain_needs_units():
    with pytest.raises(Refusal, match="ten or more units"):
        service_chain(chain_world(units=6), ("mood", "trust", "margin"))


def condition_world(social=0.0, cross=0.2, seed=0):
    rng = np.random.default_rng(seed)
    units, periods = 60, 12
    s, c = rng.normal(size=(2, units, periods))
    c = 0.5 + 0.2 * c
    y = rng.normal(0, 3, (units, 1)) + social * s + cross * s * c + 0.1 * c + rng.normal(0, 0.1, (units, periods))
    unit, period = np.divmod(np.arange(units * periods), periods)
    return pd.DataFrame(
        {"unit_id": unit, "period": period, "messages": s.ravel(), "together": c.ravel(), "solved": y.ravel()}
    )


def test_collaboration_as_a_condition():
    condition = moderation(condition_world(social=-0.2 * 0.25, cross=0.2), "messages", "together", "solved")
    assert condition.title == "Where teams seldom work together, no gain from messages can be shown"
    assert condition.sentence.endswith("(with together from 25% to 75%; what lies beyond is not said).")
    assert "per 1.00 more of messages (a standard deviation)" in condition.note
    assert condition.effects[0].low < 0.2 < condition.effects[0].high
    helps = moderation(condition_world(social=0.5), "messages", "together", "solved")
    assert helps.title == "The link grows with collaboration"
    for world in (0.5, 0.0):  # with and without a slope at none: nobody was seen there, so neither is claimed
        beyond = moderation(condition_world(social=world), "messages", "together", "solved").sentence
        assert beyond.endswith("what lies beyond is not said).")
    against = moderation(condition_world(cross=-0.2), "messages", "together", "solved")
    assert against.title == "The link shrinks with collaboration"
    nothing = moderation(condition_world(cross=0.0, seed=4), "messages", "together", "solved")
    assert "cannot be shown" in nothing.sentence


def test_rewards_stand_beside_given_hours():
    initiatives = pd.DataFrame({"initiative_id": ["a"], "started_on": ["2025-01-01"], "cost": [1.0]})
    rows = pd.DataFrame(
        [("a", "2025Q1", "gift", 30.0, "EUR", "reward"), ("a", "2025Q1", "own", 2.0, "hours", "volunteered_time")],
        columns=["initiative_id", "quarter", "stream", "amount", "unit", "kind"],
    )
    result = rewards(read_ledger(initiatives, rows, on("2025-03-31"), hourly_rate=40.0))
    assert (
        result.sentence
        == "Rewards have cost €30.00 so far; the hours people gave would have cost €80.00 at the full rate."
    )


def test_the_correlation_that_erases_the_chain_is_the_one_an_unseen_cause_would_leave():
    # x moves m (slope 1); m does not move y at all: an unseen u moves both. The errors of m and y then correlate by
    # var(u) / (var(u) + var(noise)) = 1 / (1 + 1) = .5, and just that correlation is said to explain b away.
    rng = np.random.default_rng(8)
    units, rows = 200, 60
    x, u = rng.normal(size=(units, rows)), rng.normal(size=(units, rows))
    m, y = x + u + rng.normal(size=(units, rows)), u + rng.normal(size=(units, rows))
    unit = np.repeat(np.arange(units), rows)
    path = within_unit_path(pd.DataFrame({"unit": unit, "x": x.ravel(), "m": m.ravel(), "y": y.ravel()}))
    assert path[1].value == pytest.approx(0.5, abs=0.02)
    assert path[5].value == pytest.approx(0.5, abs=0.02)
