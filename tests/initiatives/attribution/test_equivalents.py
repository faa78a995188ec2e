"""Where a published data set is not at hand, the same method against a closed form or another implementation of it.

The data of Proposition 99, the paid-search experiment, the Sicilian smoking ban and two of the five CausalImpact series
are not among the shared data; what they would check is checked here on worlds whose answer is known.
"""

import numpy as np
import pytest
from attribution_worlds import panel_of

from scrm_helpers.initiatives.attribution.few_treated import simplex_weights, synthetic_gap
from scrm_helpers.initiatives.attribution.ladder_of_designs import ladder
from scrm_helpers.initiatives.attribution.roll_outs import staggered_effect, two_way


def test_two_periods_give_the_difference_of_mean_changes_and_its_error():
    # as in the paid-search experiment: 68 treated and 142 comparison markets, one period before and one after
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (210, 1)) + rng.normal(0, 0.05, (210, 2))
    values[:68, 1] -= 0.0066
    change = np.diff(values, axis=1)[:, 0]
    one, two = change[:68], change[68:]
    found = staggered_effect(panel_of(values, [1] * 68 + [-1] * 142), draws=99)
    assert found.course.effect.value == pytest.approx(one.mean() - two.mean(), abs=1e-12)
    assert found.course.effect.se == pytest.approx(np.sqrt((one.var() / 68 + two.var() / 142) * 210 / 208), rel=1e-9)
    assert not found.shown  # one period before the start tells nothing of a drift
    plain = two_way(found.panel)  # with two periods no worse
    assert plain == pytest.approx(found.course.effect.value, abs=1e-12)


def test_three_designs_differ_on_one_world_and_only_the_right_one_is_right():
    # as on Proposition 99 (-27, -20, -16): all follow one course, each at its own pace; the treated unit stands
    # above every mix of the others. Difference in differences misses the pace, synthetic control the height; their
    # union finds the 2.5.
    rng = np.random.default_rng(4)
    pace, common = np.linspace(-1, 1, 20), np.cumsum(rng.normal(0.5, 1, 30))
    trends = rng.normal(0, 3, (20, 1)) + np.outer(pace, common)
    own = 0.6 * common + 7.0
    own[20:] += 2.5
    values, treated = np.vstack([trends, own]), np.arange(21) == 20
    assert synthetic_gap(values, treated, 20)[0] == pytest.approx(2.5, abs=0.1)
    assert abs(two_way(panel_of(values, [-1] * 20 + [20])) - 2.5) > 2  # difference in differences
    synthetic_control = own - simplex_weights(own[:20], trends[:, :20].T) @ trends
    assert abs(synthetic_control[20:].mean() - 2.5) > 0.5


def test_one_unit_with_few_controls_and_a_long_past_reaches_grade_c():
    rng = np.random.default_rng(5)
    controls = 50 + rng.normal(size=(3, 36)).cumsum(axis=1)
    own = 10 + controls.mean(axis=0) + rng.normal(0, 0.3, 36)
    own[28:] += 4.0
    found = ladder(panel_of(np.vstack([own, controls]), [28, -1, -1, -1]))
    assert found.grade == "C"
    assert found.best.design == "One series"
    assert found.best.path.estimate[0] == pytest.approx(4.0, abs=0.6)
    assert found.best.low > 0
    assert found.shown
    short = ladder(panel_of(np.vstack([own, controls])[:, 16:], [12, -1, -1, -1]))
    assert short.grade == "D"  # twelve quarters before the start carry nothing
    assert not short.carried
