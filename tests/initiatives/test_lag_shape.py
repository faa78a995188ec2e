"""Lags within units: planted shapes are found, flat worlds stay flat, and short records say why not."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from scrm_helpers.initiatives.attribution.waves_and_lags import lag_shape

LATE = (0.0, 0.6, 0.0, 0.0, 0.0)
EVEN = tuple(0.5 * 0.6**lag for lag in range(5))


def panel(shape=LATE, units=60, periods=12, seed=1, noise=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3, (units, 1)) + rng.normal(0, 1, (units, periods + 4))
    y = sum(weight * x[:, 4 - lag : periods + 4 - lag] for lag, weight in enumerate(shape))
    y = y + rng.normal(0, 5, (units, 1)) + rng.normal(0, 1, periods) + rng.normal(0, noise, (units, periods))
    grids = {"trust": x[:, 4:], "margin": y}
    return pd.concat(
        pd.DataFrame(
            {
                "outcome": name,
                "unit_id": np.repeat([f"S{u:02d}" for u in range(units)], periods),
                "period": np.tile([f"{2020 + t // 4}Q{t % 4 + 1}" for t in range(periods)], units),
                "value": grid.ravel(),
            }
        )
        for name, grid in grids.items()
    )


def test_without_noise_a_planted_shape_is_found_to_the_last_digit():
    found = lag_shape(panel(noise=0.0), "trust", "margin")
    assert found.lag_effects == pytest.approx(LATE, abs=1e-9)
    assert found.total.value == pytest.approx(0.6)
    assert "most of it 1 period later" in found.sentence
    assert found.title == "Trust shows in margin 1 period later"


def test_even_fading_is_found_where_it_is_true():
    found = lag_shape(panel(EVEN, noise=0.0), "trust", "margin")
    assert found.carry == pytest.approx(0.6)
    assert found.fading == pytest.approx(EVEN, abs=1e-9)


def test_full_degree_is_least_squares_with_dummies_and_errors_by_unit():
    frame = panel(seed=4, noise=0.3)
    found = lag_shape(frame, "trust", "margin")
    assert "degree 4" in found.note
    x, y = (
        frame[frame["outcome"] == n].pivot(index="unit_id", columns="period", values="value")
        for n in ("trust", "margin")
    )
    lags = np.column_stack([x.to_numpy()[:, 4 - i : 12 - i].ravel() for i in range(5)])
    unit, period = np.repeat(np.arange(60), 8), np.tile(np.arange(8), 60)
    dummies = pd.get_dummies(pd.DataFrame({"u": unit, "p": period}).astype("category"), drop_first=True, dtype=float)
    design = np.column_stack([lags, np.ones(480), dummies])
    plain = sm.OLS(y.to_numpy()[:, 4:].ravel(), design).fit(
        cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False}
    )
    assert found.lag_effects == pytest.approx(plain.params[:5], abs=1e-10)
    assert found.covariance == pytest.approx(plain.cov_params()[:5, :5] * 60 / 59, rel=1e-8, abs=1e-12)


def test_the_range_of_the_sum_holds_its_level():
    # 95 % of 200 worlds: exact binomial 99.9 % limits 178 and 198
    held = 0
    for seed in range(200):
        measure = lag_shape(panel(seed=seed), "trust", "margin").measures[0]
        held += measure.low <= 0.6 <= measure.high
    assert 178 <= held <= 198


def test_no_link_is_said():
    found = lag_shape(panel((0.0,) * 5, seed=2), "trust", "margin")
    assert found.sentence.startswith("Within units no lasting link from trust to margin can be shown")


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (None, "margin and trust is not there"),
        (panel(periods=7), "takes 10 units or more over 8 periods; there are 60 over 7"),
        (panel(units=9), "there are 9 over 12"),
        (panel().assign(value=1.0), "hardly varies within units"),
    ],
)
def test_what_cannot_be_read_says_why(frame, words):
    found = lag_shape(frame, "trust", "margin")
    assert words in found.sentence
    assert not found.drawable
    assert all(measure.value is None and measure.reason for measure in found.measures)


def test_the_picture_shows_every_lag():
    axes = lag_shape(panel(), "trust", "margin").plot()
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "2", "3", "4"]
