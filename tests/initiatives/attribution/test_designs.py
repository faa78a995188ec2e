"""The other rungs: lottery, stand-in, one series, power and the ladder itself."""

import numpy as np
import pytest
from attribution_worlds import panel_of

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.few_treated import (
    interrupted_series,
    simplex_weights,
    synthetic_effect,
    synthetic_gap,
)
from scrm_helpers.initiatives.attribution.ladder_of_designs import before_after, ladder
from scrm_helpers.initiatives.attribution.roll_outs import randomised_effect, two_way


def test_feverbee_difference_in_differences():
    # members +50, non-members +20: 30 is the most that membership can claim
    values = np.array([[100.0, 150.0], [100.0, 150.0], [80.0, 100.0], [80.0, 100.0]])
    assert two_way(panel_of(values, [1, 1, -1, -1])) == pytest.approx(30)
    assert before_after(panel_of(values, [1, 1, -1, -1])) == 50


def test_a_mix_of_donors_is_recovered_exactly():
    rng = np.random.default_rng(2)
    donors = rng.normal(size=(12, 5))
    truth = np.array([0.2, 0.5, 0, 0.3, 0])
    assert simplex_weights(donors @ truth, donors) == pytest.approx(truth, abs=1e-6)
    values = np.vstack([donors.T, (donors @ truth)[None]])
    values[-1, 8:] += 2.5
    assert synthetic_gap(values, np.arange(6) == 5, 8)[0] == pytest.approx(2.5, abs=1e-3)


def test_placebo_runs_judge_the_stand_in():
    rng = np.random.default_rng(3)
    trend = (
        rng.normal(size=(20, 1))
        + np.linspace(0, 3, 16) * rng.uniform(0.5, 1.5, (20, 1))
        + rng.normal(0, 0.05, (20, 16))
    )
    first = [10] + [-1] * 19
    nothing = synthetic_effect(panel_of(trend, first))
    assert nothing.p_value > 0.05
    assert "no effect can be shown" in ladder(panel_of(trend, first)).sentence
    jumped = trend.copy()
    jumped[0, 10:] += 3
    assert synthetic_effect(panel_of(jumped, first)).p_value == pytest.approx(1 / 20)


def test_stand_in_needs_donors_and_a_past():
    values = np.random.default_rng(1).normal(size=(6, 6))
    with pytest.raises(Refusal, match="at least 1 treated and 5 comparison"):
        synthetic_effect(panel_of(values, [4, 4, -1, -1, -1, -1]))
    with pytest.raises(Refusal, match="at least three periods before"):
        synthetic_effect(panel_of(values, [2, -1, -1, -1, -1, -1]))


def trial(effect, seed=0, units=60):
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 2, (units, 1))
    values = level + rng.normal(0, 0.5, (units, 4))
    first = np.where(rng.permutation(units) < units // 2, 2, -1)
    values[first == 2, 2:] += effect
    return panel_of(values, first, randomised=True)


def test_adjusting_for_the_start_sharpens_a_trial():
    result = randomised_effect(trial(1.0), draws=499)
    assert result.low < 1.0 < result.high
    assert result.p_value == pytest.approx(1 / 500)
    assert result.path.covariance[0, 0] ** 0.5 < 0.25  # the plain difference has about 2 * sqrt(4/60) = 0.52


def test_trials_cover_the_truth():
    # nominal 95 %: 200 trials, exact binomial 99.9 % range 179 to 199
    covered = sum(
        (r := randomised_effect(trial(0.3, seed=s, units=40), draws=1, seed=s)).low < 0.3 < r.high for s in range(200)
    )
    assert 179 <= covered <= 199


def one_series(rows, start, unit="quarter", **more):
    """The first row treated from `start` on, the others its controls."""
    return panel_of(rows, [start] + [-1] * (len(rows) - 1), granularity=unit, **more)


def test_a_short_series_is_read_and_never_claimed():
    rng = np.random.default_rng(4)
    best = interrupted_series(one_series(rng.normal(size=(2, 20)), 14))[0]
    assert best.grade == "D"
    assert best.path is None
    assert interrupted_series(one_series(rng.normal(size=(2, 10)), 6)) == []


def test_power_is_that_of_the_wider_error():
    rng = np.random.default_rng(0)
    gaps, said = [], []
    for _ in range(60):
        found = ladder(panel_of(rng.normal(0, 2, (40, 1)) + rng.normal(0, 1, (40, 6)), [3] * 20 + [-1] * 20))
        gaps.append(found.study.course.undrifted.value)
        said.append(found.smallest)
    assert np.mean(said) == pytest.approx(2.8 * np.std(gaps), rel=0.2)


def test_power_without_a_design_is_a_reason():
    result = ladder(panel_of(np.random.default_rng(1).normal(size=(6, 2)), [1] * 6))
    assert np.isnan(result.smallest)
    assert "cannot be computed because no design" in result.power


def test_the_ladder_takes_the_best_rung_and_keeps_before_after_out():
    assert ladder(trial(1.0)).grade == "A"
    rng = np.random.default_rng(8)
    wide = ladder(panel_of(rng.normal(size=(24, 8)), [4] * 12 + [-1] * 12))
    assert [rung.grade for rung in wide.rungs] == ["C", "no design", "D"]  # a B that shows nothing falls
    moved = rng.normal(size=(24, 8)) + 3 * (np.arange(24) < 12)[:, None] * (np.arange(8) >= 4)
    assert ladder(panel_of(moved, [4] * 12 + [-1] * 12)).grade == "B"
    few = ladder(panel_of(rng.normal(size=(12, 8)), [4] + [-1] * 11))
    assert (few.grade, few.best.design) == ("C", "Stand-in")
    alone = ladder(panel_of(rng.normal(size=(3, 8)), [4, 4, 4]))
    assert alone.grade == "D"
    assert not alone.carried
    assert "no comparison carries the claim" in alone.sentence
