"""A roll-out without missing periods: the same figures as diff-diff, which knows no calendar and no holes."""

import numpy as np
import pandas as pd
import pytest
from diff_diff import CallawaySantAnna

from scrm_helpers.initiatives.attribution.panel import Panel
from scrm_helpers.initiatives.attribution.staggered import aggregate, att_cells

CONTROL = {"never": "never_treated", "not_yet": "not_yet_treated"}


def rolled_out(units, periods, seed):
    rng = np.random.default_rng(seed)
    first = rng.choice([-1, 2, 4, periods - 2], units, p=[0.4, 0.2, 0.2, 0.2])
    since = np.arange(periods) - first[:, None]
    effect = np.where((first[:, None] >= 0) & (since >= 0), 0.3 * (since + 1), 0)
    values = rng.normal(size=(units, 1)) + effect + rng.normal(size=(units, periods))
    return Panel("y", tuple(map(str, range(units))), tuple(map(str, range(periods))), values, first, False, {})


@pytest.mark.parametrize("comparison", CONTROL)
@pytest.mark.parametrize("seed", range(3))
def test_effects_errors_and_covariances_are_those_of_the_library(comparison, seed):
    panel = rolled_out(40, 9, seed)
    units, periods = panel.values.shape
    long = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "time": np.tile(np.arange(1, periods + 1), units),
            "first": np.repeat(np.where(panel.first < 0, 0, panel.first + 1), periods),
            "y": panel.values.ravel(),
        }
    )
    peer = CallawaySantAnna(control_group=CONTROL[comparison]).fit(long, "y", "unit", "time", "first")
    cells = att_cells(panel, comparison)
    simple, event = aggregate(panel, cells, "simple"), aggregate(panel, cells, "event")
    assert (simple.overall, simple.overall_se) == pytest.approx((peer.overall_att, peer.overall_se), rel=1e-9)
    found = peer.aggregate("event_study").to_dataframe()
    assert event.key.tolist() == found["event_time"].tolist()
    assert event.att.tolist() == pytest.approx(found["att"].tolist(), rel=1e-9, abs=1e-12)
    assert event.se.tolist() == pytest.approx(found["se"].tolist(), rel=1e-9)
