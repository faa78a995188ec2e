"""Effects of initiatives in worlds without any, with a drift instead, and with one that the design can see.

About a minute.
"""

import numpy as np
import pytest
from attribution_worlds import STAGGERED, panel_of, world

from scrm_helpers.initiatives.attribution.few_treated import interrupted_series
from scrm_helpers.initiatives.attribution.ladder_of_designs import ladder
from scrm_helpers.initiatives.attribution.roll_outs import course_of, randomised_effect, staggered_effect

SIZE = 0.065  # of 2,000 worlds at 5 %
FITS = 0.05 + 0.033  # of 400 worlds at 5 %
SMALL = {
    "8 + 8 units": np.r_[np.repeat([5, 8], 4), [-1] * 8],
    "cohorts of two": np.r_[np.repeat([4, 6, 8, 10], 2), [-1] * 12],
    "nobody never": np.repeat([4, 6, 8, 10], 4),
}


def shown(rung):
    """Whether a rung would be shown, were it looked at alone."""
    return rung.apart and rung.p_value <= 0.05


@pytest.mark.parametrize("first", SMALL.values(), ids=SMALL)
def test_few_units_and_small_cohorts_keep_their_level(first, in_band):
    rng, false, held = np.random.default_rng(11), [], []
    for values in world(rng, 2000, first):
        found = course_of(panel_of(values, first))
        false.append(max(found.effect.p, found.undrifted.p) <= 0.05)
        held.append([low <= 0 <= high for low, high in (found.effect.ends, found.undrifted.ends)])
    assert np.mean(false) <= SIZE
    # pooled errors are those of the noise, so that both ranges hold what they promise
    assert all(in_band(one, band=0.02) for one in np.transpose(held))


def test_one_cohort_of_eight_beside_eight_keeps_its_level():
    first = np.r_[[6] * 8, [-1] * 8]
    worlds = world(np.random.default_rng(12), 400, first)
    assert np.mean([shown(staggered_effect(panel_of(one, first), draws=99).rung) for one in worlds]) <= FITS


@pytest.mark.parametrize("others", [5, 30])
def test_one_treated_unit_keeps_the_level_of_its_placebos(others):
    first = np.r_[6, [-1] * others]
    count = 50 if others == 5 else 400  # a p of 1/6 is never small
    false = [ladder(panel_of(one, first)).shown for one in world(np.random.default_rng(13), count, first)]
    assert np.mean(false) <= (0.0 if others == 5 else FITS)


@pytest.mark.parametrize("clusters", [0, 10])
def test_trials_with_outcomes_after_only_keep_their_level(clusters):
    rng, false = np.random.default_rng(19), []
    for _ in range(400):
        code = np.arange(30) % (clusters or 30)
        arm = rng.permutation(np.arange(code.max() + 1) % 2 == 0)[code]
        values = rng.standard_t(4, (30, 1)) + (rng.normal(size=code.max() + 1)[code][:, None] if clusters else 0)
        more = {"cluster": code.astype(float)} if clusters else {}
        panel = panel_of(values, np.where(arm, 0, -1), randomised=True, **more)
        false.append(shown(randomised_effect(panel, draws=199)))
    assert np.mean(false) <= FITS


@pytest.mark.parametrize("drift", [0.05, 0.15])
def test_a_drift_is_not_sold_as_an_effect(drift):
    plain, both = [], []
    for values in world(np.random.default_rng(14), 400, STAGGERED, drift=drift):
        found = course_of(panel_of(values, STAGGERED))
        plain.append(found.effect.p <= 0.05)
        both.append(max(found.effect.p, found.undrifted.p) <= 0.05)
    assert np.mean(both) <= FITS
    assert np.mean(plain) >= (0.25 if drift == 0.15 else 0.0)  # what the plain range alone would have sold


def test_an_effect_of_ninety_per_cent_power_is_shown():
    rng = np.random.default_rng(15)
    error = np.mean([course_of(panel_of(one, STAGGERED)).undrifted.se for one in world(rng, 20, STAGGERED)])
    effect = 3.24 * error  # 1.96 + 1.28 of the wider error, whose power is the one that is said
    found = [ladder(panel_of(one, STAGGERED)) for one in world(rng, 200, STAGGERED, effect=effect)]
    assert np.mean([one.shown for one in found]) >= 0.8
    assert np.mean([one.grade == "B" for one in found]) >= 0.75
    held = [one.best.low <= effect <= one.best.high for one in found]
    assert abs(np.mean(held) - 0.95) <= 0.045  # 200 worlds


@pytest.mark.parametrize(("length", "start", "carried"), [(24, 16, 0.5), (48, 36, 0.5)])
def test_one_series_keeps_its_level_under_autocorrelation(length, start, carried):
    rng, unit = np.random.default_rng(16), "quarter" if length == 24 else "month"
    worlds = world(rng, 60, np.array([-1]), periods=length, carried=carried)
    false = [shown(interrupted_series(panel_of(one, [start], granularity=unit))[0]) for one in worlds]
    assert np.mean(false) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)  # 5 to 7 % in 2,000 worlds: tests/long


def test_one_series_shows_a_step_of_ninety_per_cent_power():
    worlds = world(np.random.default_rng(17), 90, np.array([-1]), periods=60, carried=0.0)
    errors = [interrupted_series(panel_of(one, [36], granularity="month"))[0].error for one in worlds[:30]]
    moved = worlds[30:] + 3.24 * np.mean(errors) * (np.arange(60) >= 36)
    assert np.mean([shown(interrupted_series(panel_of(one, [36], granularity="month"))[0]) for one in moved]) >= 0.8
