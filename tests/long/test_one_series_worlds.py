"""The level of one series under autocorrelation, in enough worlds to see a point (about two minutes)."""

import numpy as np
import pytest
from attribution_worlds import panel_of, world

from scrm_helpers.initiatives.attribution.few_treated import interrupted_series


@pytest.mark.parametrize(
    ("length", "start", "unit", "carried", "most"),
    [(24, 16, "quarter", 0.0, 0.065), (24, 16, "quarter", 0.5, 0.083), (48, 36, "month", 0.0, 0.065),
     (48, 36, "month", 0.5, 0.083), (48, 36, "month", 0.8, 0.09)],
)  # fmt: skip
def test_false_steps_stay_near_five_in_a_hundred(length, start, unit, carried, most):
    worlds = world(np.random.default_rng(18), 600, np.array([-1]), periods=length, carried=carried)
    found = [interrupted_series(panel_of(one, [start], granularity=unit))[0] for one in worlds]
    assert np.mean([one.p_value <= 0.05 for one in found]) <= most
