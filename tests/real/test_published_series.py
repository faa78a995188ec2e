"""Series whose effect is published: the stand-in of one series beside R's CausalImpact."""

import pandas as pd
import pytest
from initiatives.attribution.test_designs import one_series

from scrm_helpers.initiatives.attribution.few_treated import interrupted_series


@pytest.mark.parametrize(
    ("file", "outcome", "controls", "start", "unit", "effect", "sd", "read"),
    [
        ("ci_comparison_data.csv", "CHANGED", [f"NOT_CHANGED_{k}" for k in (1, 2, 3)], 90, "day", -657, 736, {}),
        ("ci_google_data.csv", "y", ["x1", "x2"], 61, "day", 27, 4.5, {}),
        ("ci_volks_data.csv", "VolksWagen", ["BMW", "Allianz"], 246, "week", -44, 5.6, {"sep": " "}),
    ],
)  # fmt: skip
def test_series_stay_within_two_sd_of_r_causalimpact(
    shared_data, file, outcome, controls, start, unit, effect, sd, read
):
    table = pd.read_csv(shared_data / "roi" / file, **read)
    best = interrupted_series(one_series(table[[outcome, *controls]].to_numpy(float).T, start, unit))[0]
    assert abs(best.effect - effect) <= 2 * sd
    assert best.grade == "C"
