"""What a drift before the start makes of an effect: the headline obeys, the grade falls, and the words say why."""

import numpy as np
import pytest
from attribution_worlds import STAGGERED, panel_of, world

from scrm_helpers.initiatives.attribution.ladder_of_designs import ladder
from scrm_helpers.initiatives.attribution.roll_outs import course_of, staggered_effect

STEEP = panel_of(world(np.random.default_rng(1), 1, STAGGERED, drift=0.3)[0], STAGGERED)
MOVED = panel_of(world(np.random.default_rng(2), 1, STAGGERED, effect=1.5)[0], STAGGERED)


def test_a_drift_is_no_effect():
    found = ladder(STEEP)
    assert found.best.apart  # the plain range leaves zero out
    assert found.claim.verdict == "not shown"
    assert found.grade == found.best.path.grade == found.claim.grade == "D"  # it drifted visibly
    assert "no effect can be shown" in found.sentence
    assert "a drift like the one before the start could explain it (carried on, it leaves" in found.sentence
    assert "had the drift before the start gone on" in found.sentence
    assert found.study.title == "No effect on margin can be shown"
    assert "a drift that explains the effect would be seen in" in found.study.note


def test_a_plain_effect_without_drift_is_shown_with_both_ranges():
    found = ladder(MOVED)
    assert (found.claim.verdict, found.grade) == ("shown", "B")
    assert found.claim.p == max(found.study.course.effect.p, found.study.course.undrifted.p)
    assert found.best.error == found.study.course.undrifted.se > found.study.course.effect.se
    assert found.smallest == pytest.approx(2.8 * found.study.course.undrifted.se)
    assert f"{found.best.wide[0]:+.1f}"[:3] in found.sentence


def test_an_effect_on_top_of_a_drift_is_shown_and_its_grade_falls():
    values = world(np.random.default_rng(3), 1, STAGGERED, effect=3.0, drift=0.3)[0]
    found = ladder(panel_of(values, STAGGERED))
    assert (found.claim.verdict, found.grade) == ("shown", "C")
    assert "before the start it drifted too" in found.sentence
    assert found.best.wide[0] < 3.0 < found.best.wide[1]


def test_a_straight_drift_is_taken_out_to_the_last_digit():
    values = np.tile(np.arange(12.0), (48, 1)) * 0.2 * (STAGGERED >= 0)[:, None] + np.arange(48)[:, None]
    values += 2.0 * ((np.arange(12) >= STAGGERED[:, None]) & (STAGGERED >= 0)[:, None])
    found = course_of(panel_of(values, STAGGERED))
    assert found.drift.value == pytest.approx(0.2)
    assert found.undrifted.value == pytest.approx(2.0)
    assert found.effect.value > 2.5


def test_the_power_of_the_test_before_the_start_is_what_simulation_says():
    rng = np.random.default_rng(4)
    first = course_of(panel_of(world(rng, 1, STAGGERED)[0], STAGGERED))
    slope = 0.8 / (first.mean @ first.away)
    drifting = world(rng, 150, STAGGERED, drift=slope)
    seen = [course_of(panel_of(values, STAGGERED)).drift.p <= 0.05 for values in drifting]
    said = [course_of(panel_of(values, STAGGERED)) for values in world(rng, 20, STAGGERED)]
    expected = np.mean([power_of(one, 0.8) for one in said])
    assert np.mean(seen) == pytest.approx(expected, abs=0.1)


def power_of(found, effect):
    """The power that the course states, were its effect so large."""
    scaled = effect / found.effect.value
    return type(found)(**{**vars_of(found), "att": found.att * scaled}).seen


def vars_of(found):
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


def test_one_period_before_the_start_shows_nothing():
    values = world(np.random.default_rng(5), 1, STAGGERED, effect=4.0)[0][:, 7:]
    found = staggered_effect(panel_of(values, np.where(STAGGERED < 0, -1, 1)))
    assert found.course.undrifted is None
    assert not found.shown
    assert "with a single period before the start" in found.sentence


def test_cohorts_of_one_and_two_units_are_pooled():
    first = np.r_[np.repeat([3, 4, 5, 6, 7, 8, 9, 10], 2), 5, [-1] * 16]
    found = course_of(panel_of(world(np.random.default_rng(6), 1, first)[0], first))
    assert found.df == 33 - 9  # units less cohorts
    assert (np.diag(found.vcov) > 0).all()
    # by hand: one cohort, one period after the start
    plain = panel_of(world(np.random.default_rng(7), 1, np.r_[[5] * 3, [-1] * 5])[0], np.r_[[5] * 3, [-1] * 5])
    one = course_of(plain)
    gap = plain.values[:, 5] - plain.values[:, 4]
    pooled = (gap[:3].var() * 3 + gap[3:].var() * 5) / 6
    at = list(one.event).index(0)
    assert one.att[at] == pytest.approx(gap[:3].mean() - gap[3:].mean())
    assert one.vcov[at, at] == pytest.approx(pooled * (1 / 3 + 1 / 5))


def test_where_everybody_is_treated_the_later_ones_are_compared():
    first = np.repeat([4, 6, 8, 10], 6)
    found = ladder(panel_of(world(np.random.default_rng(8), 1, first, effect=2.0)[0], first))
    assert (found.claim.verdict, found.grade) == ("shown", "B-")
    assert found.best.low < 2.0 < found.best.high
    assert "no comparison unit but those treated later" in found.panel.base


def test_few_units_stand_out_among_reassignments_too():
    first = np.r_[[6] * 8, [-1] * 8]
    found = staggered_effect(panel_of(world(np.random.default_rng(9), 1, first, effect=2.0)[0], first))
    assert found.few
    effect = found.course.effect
    assert found.rung.p_value == max(effect.p, found.course.undrifted.p, found.p_value)
    assert effect.ends[0] == pytest.approx(effect.value - 2.1448 * effect.se, abs=1e-4)  # t with 14 degrees


def test_one_treated_unit_among_six_can_show_nothing():
    first = np.r_[6, [-1] * 5]
    found = ladder(panel_of(world(np.random.default_rng(10), 1, first, effect=9.0)[0], first))
    assert found.claim.p == pytest.approx(1 / 6)
    assert (found.claim.verdict, found.grade) == ("not shown", "C")
    assert "the smallest possible placebo p is 0.17, so nothing can be shown with so few" in found.sentence
    many = np.r_[6, [-1] * 30]
    assert ladder(panel_of(world(np.random.default_rng(11), 1, many, effect=9.0)[0], many)).shown


def test_a_treated_unit_that_drifts_stands_out_among_placebos_only_less_its_drift():
    first = np.r_[8, [-1] * 30]
    values = world(np.random.default_rng(12), 1, first, periods=16)[0]
    values[0] += 0.6 * np.arange(16)
    found = ladder(panel_of(values, first))
    assert found.best.apart
    assert not found.shown
    values[0, 8:] += 9.0
    assert ladder(panel_of(values, first)).shown


@pytest.mark.parametrize(
    ("treated", "others", "design"),
    [(1, 40, "Stand-in"), (2, 12, "Stand-in"), (7, 7, "Staggered roll-out"), (3, 5, "Staggered roll-out")],
)
def test_few_treated_units_take_the_design_that_can_show_something(treated, others, design):
    first = np.r_[[6] * treated, [-1] * others]
    found = ladder(panel_of(world(np.random.default_rng(13), 1, first, effect=12.0)[0], first))
    assert found.best.design == design
    assert (found.claim.verdict, found.grade) == ("shown", "B-")


def test_as_many_cohorts_as_units_say_nothing():
    first = np.array([3, 5, 7])
    found = ladder(panel_of(world(np.random.default_rng(14), 1, first)[0], first))
    assert found.claim.verdict == "cannot say"
    assert "rolled out to one unit at a time" in found.sentence


def test_units_that_opened_together_count_once():
    first, cluster = np.repeat(np.r_[[6] * 8, [-1] * 8], 5), np.repeat(np.arange(16.0), 5)
    values = world(np.random.default_rng(15), 1, first)[0] + np.repeat(
        world(np.random.default_rng(16), 1, np.r_[[6] * 8, [-1] * 8])[0], 5, axis=0
    )
    found = ladder(panel_of(values, first, cluster=cluster))
    by_hand = ladder(panel_of(values.reshape(16, 5, 12).mean(axis=1), first[::5]))
    assert (found.best.effect, found.best.error) == pytest.approx((by_hand.best.effect, by_hand.best.error))
    assert "64 left out: in a cluster that counts once" in found.panel.base
    assert found.best.error > 1.5 * ladder(panel_of(values, first)).best.error
