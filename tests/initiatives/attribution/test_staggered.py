"""Callaway-Sant'Anna against the R reference on county employment, and its permutations."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.panel import read_panel
from scrm_helpers.initiatives.attribution.roll_outs import bands, course_of, staggered_effect, two_way


@pytest.fixture(scope="module")
def counties(shared_data):
    table = pd.read_csv(shared_data / "roi" / "mpdta.csv")
    return read_panel(
        pd.DataFrame(
            {
                "outcome": "employment",
                "unit_id": table["countyreal"],
                "period": table["year"],
                "value": table["lemp"],
                "first_period": table["first.treat"].replace(0, np.nan),
            }
        ),
        "employment",
    )


def test_effects_and_errors_equal_r(counties, shared_data):
    reference = pd.read_csv(shared_data / "roi" / "mpdta_R_did_aggte.csv").query("scenario == 'mpdta_nev_dr'")
    simple, dynamic = (reference[reference["type"] == name] for name in ("simple", "dynamic"))
    found = course_of(counties)
    small = np.sqrt(len(counties.units) / (len(counties.units) - 2))  # R takes many units for granted
    assert found.effect.value == pytest.approx(simple["overall_att"].iloc[0], abs=1e-9)
    assert found.effect.se == pytest.approx(simple["overall_se"].iloc[0] * small, abs=1e-9)
    after = dynamic[dynamic["egt"] >= 0]  # before the start R sets neighbouring periods beside each other
    np.testing.assert_allclose(found.att[found.after], after["att_egt"], atol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov))[found.after], after["se_egt"] * small, atol=1e-9)


def test_own_weights_give_the_estimates_of_the_library(counties):
    found = course_of(counties)  # large cohorts: the library's estimates
    np.testing.assert_allclose(
        found.weights.reshape(len(found.event), -1) @ found.values.ravel(), found.att, atol=1e-12
    )


def test_the_plain_regression_says_what_it_said(counties):
    assert two_way(counties) == pytest.approx(-0.03654893667406697, abs=1e-12)


def test_bands_are_wider_than_points_and_repeatable(counties):
    vcov = course_of(counties).vcov
    critical = bands(vcov, seed=3)
    assert 1.96 < critical < 4
    assert critical == bands(vcov, seed=3)


def simulated(units=60, periods=8, effect=1.0, seed=0, trend=0.0):
    rng = np.random.default_rng(seed)
    first = np.array([None, 3, 5])[np.arange(units) % 3]
    rows = [
        (
            u,
            t,
            rng.normal() + 0.3 * t + (first[u] is not None) * (trend * t + effect * (t >= (first[u] or 99))),
            first[u],
        )
        for u in range(units)
        for t in range(periods)
    ]
    frame = pd.DataFrame(rows, columns=["unit_id", "period", "value", "first_period"]).assign(outcome="margin")
    return read_panel(frame, "margin")


def test_a_planted_effect_is_found_and_none_is_not():
    found = staggered_effect(simulated(effect=1.0), draws=199)
    assert found.course.effect.ends[0] < 1.0 < found.course.effect.ends[1]
    assert found.p_value < 0.05
    assert found.rung.grade == "B"
    assert found.shown
    nothing = staggered_effect(simulated(effect=0.0, seed=5), draws=199)
    assert "No effect on margin can be shown" in nothing.sentence


def test_drifting_apart_before_the_start_is_said():
    result = staggered_effect(simulated(effect=0.0, trend=1.5), draws=99)
    assert result.course.effect.p < 0.001
    assert not result.shown
    assert "No effect on margin can be shown" in result.sentence
    assert "a drift like the one before the start could explain it" in result.sentence
    assert result.course.drift.value == pytest.approx(1.5, abs=0.3)


def test_permutations_hold_their_level():
    # under no effect the p-value is uniform: at 5 % about 5 of 100 are below (exact binomial 99.9 % range 0 to 13)
    below = sum(
        course_of(simulated(units=12, periods=5, effect=0.0, seed=s)).reassigned(39, s) <= 0.05 for s in range(100)
    )
    assert below <= 13


def test_one_treated_unit_and_no_before_are_refused():
    frame = pd.DataFrame({"outcome": "m", "unit_id": [1, 1, 2, 2, 3, 3], "period": [1, 2] * 3, "value": 1.0})
    with pytest.raises(Refusal, match="at least 2 treated"):
        staggered_effect(read_panel(frame.assign(first_period=[2, 2] + [None] * 4), "m"))
    early = read_panel(frame.assign(first_period=[1, 1, 1, 1, None, None]), "m")
    assert early.left_out == {"treated from the first period on": 2}
    with pytest.raises(Refusal, match="there are 0 and"):
        staggered_effect(early)


def test_faulty_panels_are_refused():
    frame = pd.DataFrame({"outcome": "m", "unit_id": [1, 1, 2, 2], "period": [1, 2, 1, 2], "value": 1.0})
    with pytest.raises(Refusal, match="Two first periods"):
        read_panel(frame.assign(first_period=[1, 2, None, None]), "m")
