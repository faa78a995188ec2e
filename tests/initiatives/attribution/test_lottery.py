"""Trials: outcomes from after the start only, a covariate, clusters drawn together, against plain formulas."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from attribution_worlds import panel_of

from scrm_helpers.initiatives import gather_evidence
from scrm_helpers.initiatives.attribution.roll_outs import randomised_effect


def trial(effect=1.0, units=60, seed=0, start=0, periods=1, clusters=0, **more):
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.arange(units) % 2 == 0)
    values = rng.normal(size=(units, periods))
    if clusters:
        code = np.arange(units) % clusters
        arm = rng.permutation(np.arange(clusters) % 2 == 0)[code]
        values += rng.normal(size=clusters)[code][:, None]
        more["cluster"] = code.astype(float)
    values[:, start:] += effect * arm[:, None]
    return panel_of(values, np.where(arm, start, -1), randomised=True, **more)


def test_outcomes_from_after_the_start_only_give_the_difference_of_means_and_its_error():
    panel = trial()
    found = randomised_effect(panel)
    one, two = panel.values[panel.treated, 0], panel.values[~panel.treated, 0]
    assert found.effect == pytest.approx(one.mean() - two.mean())
    assert found.error == pytest.approx(np.sqrt(one.var(ddof=1) / 30 + two.var(ddof=1) / 30))
    assert found.p_value < 0.05
    assert "outcomes from after the start only" in found.checks


def test_a_covariate_sharpens_it_as_least_squares_with_interactions_does():
    rng = np.random.default_rng(1)
    panel = trial(seed=1)
    covariate = panel.values[:, 0] + rng.normal(0, 0.5, 60)
    found = randomised_effect(panel_of(panel.values, panel.first, randomised=True, covariate=covariate))
    centred, treated = covariate - covariate.mean(), panel.treated.astype(float)
    design = np.column_stack([treated, np.ones(60), centred, treated * centred])
    fit = sm.OLS(panel.values[:, 0], design).fit(cov_type="HC2")
    assert (found.effect, found.error) == pytest.approx((fit.params[0], fit.bse[0]))
    assert found.error < 0.7 * randomised_effect(panel).error


def test_units_drawn_in_clusters_have_the_error_of_clusters():
    panel = trial(effect=0.0, units=120, clusters=12, seed=2)
    found, plain = randomised_effect(panel), randomised_effect(panel_of(panel.values, panel.first, randomised=True))
    design = np.column_stack([panel.treated, np.ones(120)]).astype(float)
    kinds = {"groups": panel.cluster.astype(int)}
    fit = sm.OLS(panel.values[:, 0], design).fit(cov_type="cluster", cov_kwds=kinds)
    assert found.error == pytest.approx(fit.bse[0])
    assert found.error > 1.5 * plain.error
    assert found.high - found.effect == pytest.approx(2.2281 * found.error, rel=1e-4)  # t with 12 - 2 degrees
    assert found.p_value > 0.05


def test_two_clusters_can_show_nothing():
    found = randomised_effect(trial(effect=5.0, units=40, clusters=2, seed=3))
    assert found.p_value == 1.0


def test_all_that_started_alike_is_no_covariate():
    panel = trial(start=1, periods=2, seed=4)
    values = panel.values.copy()
    values[:, 0] = 5.0
    found = randomised_effect(panel_of(values, panel.first, randomised=True))
    assert found.effect == pytest.approx(values[panel.treated, 1].mean() - values[~panel.treated, 1].mean())


def test_a_lottery_over_several_starts_is_a_staggered_comparison_of_units_seen_before():
    rng = np.random.default_rng(6)
    start = np.repeat([0, 3, 5, 99], 12)
    values = rng.normal(size=(48, 8)) + 3.0 * (np.arange(8) >= start[:, None])
    frame = pd.DataFrame(
        {
            "outcome": "margin",
            "unit_id": np.repeat([f"U{unit:02d}" for unit in range(48)], 8),
            "period": np.tile([f"2026-0{month + 1}" for month in range(8)], 48),
            "value": values.ravel(),
            "first_period": np.repeat([f"2026-0{month + 1}" if month < 99 else None for month in start], 8),
            "randomised": True,
        }
    )
    found = gather_evidence(frame).ladders["margin"]
    assert (found.best.design, found.shown) == ("Staggered roll-out", True)
    assert "12 left out: treated from the first period on" in found.panel.base


@pytest.mark.parametrize("measured", [1, 3])
def test_the_table_says_all_of_it(measured):
    rng = np.random.default_rng(5)
    arm = np.arange(48) < 24
    frame = pd.DataFrame(
        {
            "outcome": "reply rate",
            "unit_id": np.repeat([f"U{unit:02d}" for unit in range(48)], measured),
            "period": np.tile([f"2026-0{month + 1}" for month in range(measured)], 48),
            "value": rng.normal(size=48 * measured) + 2 * np.repeat(arm, measured),
            "first_period": np.repeat(np.where(arm, "2026-01", None), measured),
            "randomised": True,
            "initiative_id": "reply",
            "cluster": np.repeat([f"C{unit // 2}" for unit in range(48)], measured),
            "covariate": np.repeat(rng.normal(size=48), measured),
        }
    )
    found = gather_evidence(frame)
    (claim,) = found.claims
    assert (claim.name, claim.verdict, claim.grade) == ("effect_reply_reply_rate", "shown", "A")
    checks = found.ladders["reply rate"].best.checks
    assert "outcomes from after the start only, adjusted for the covariate, 24 clusters" in checks
    assert "before and after" not in found.ladders["reply rate"].sentence
