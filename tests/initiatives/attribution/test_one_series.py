"""One series: published models of the Sicilian smoking ban, step and slope, season, and what is no control."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from attribution_worlds import panel_of

from scrm_helpers.initiatives import gather_evidence
from scrm_helpers.initiatives.attribution.few_treated import (
    autocorrelated,
    interrupted_series,
    season,
    step_of_counts,
)
from scrm_helpers.initiatives.attribution.ladder_of_designs import ladder


@pytest.fixture(scope="module")
def sicily(shared_data):
    return pd.read_csv(shared_data / "roi" / "sicily.csv")


@pytest.mark.parametrize(
    ("family", "harmonics", "ratio", "low", "high"),
    [("poisson", 0, 0.8944, 0.8647, 0.9251), ("quasi-poisson", 2, 0.8851, 0.8394, 0.9332)],
)
def test_the_published_models_of_the_smoking_ban_are_reproduced(sicily, family, harmonics, ratio, low, high):
    counts, exposure = (sicily[name].to_numpy(float) for name in ("aces", "stdpop"))
    step = step_of_counts(counts, exposure, int(sicily["smokban"].argmax()), family, season(len(sicily), 12, harmonics))
    assert np.exp([step.value, *step.ends]) == pytest.approx([ratio, low, high], abs=0.002)


def table_of(sicily, **columns):
    months = sicily["year"].astype(str) + "-" + sicily["month"].astype(str).str.zfill(2)
    start = months[sicily["smokban"].argmax()]
    frame = {"outcome": "events", "unit_id": "Sicily", "period": months, "value": sicily["aces"], "first_period": start}
    return pd.DataFrame(frame).assign(initiative_id="ban", exposure=sicily["stdpop"], **columns)


def test_the_table_leads_to_them_and_to_a_default_that_allows_for_autocorrelation(sicily):
    found = gather_evidence(table_of(sicily))
    best = found.ladders["events"].best
    assert found.shown == ("events",)
    assert [rung.design for rung in found.ladders["events"].rungs[1:4]] == [
        "Poisson",
        "Poisson, season",
        "Negative binomial",
    ]
    assert "as a ratio 0.88 (0.84 to 0.93)" in best.checks.replace("0.883", "0.88")
    assert best.grade == "D"  # shown, but nothing tells the ban from what else began then
    assert "no control series, so whatever else began then looks the same" in found.ladders["events"].sentence
    mean = sicily["aces"][sicily["smokban"] == 1].mean()
    assert best.effect == pytest.approx(mean * (1 - 1 / 0.883), rel=0.02)


def series(rows, start, unit="month", **more):
    first = [start] + [-1] * (len(rows) - 1)
    return panel_of(np.asarray(rows, dtype=float), first, granularity=unit, **more)


def noise(length, seed, carried=0.0):
    rng = np.random.default_rng(seed)
    found = rng.normal(size=length)
    for time in range(1, length):
        found[time] = carried * found[time - 1] + np.sqrt(1 - carried**2) * found[time]
    return found


def test_step_slope_and_season_are_found_to_the_last_digit():
    time = np.arange(60.0)
    exact = 50 + 0.1 * time + 3 * np.sin(2 * np.pi * (time + 1) / 12) + noise(60, 1) * 1e-6
    step, *_ = interrupted_series(series([exact + 4.0 * (time >= 40)], 40))
    assert step.effect == pytest.approx(4.0, abs=1e-5)
    slope, *_ = interrupted_series(series([exact + 0.5 * np.clip(time - 40, 0, None)], 40))
    assert slope.effect == pytest.approx(0.5 * 9.5, abs=1e-4)  # mean of the twenty periods after
    assert "change of slope +0.500000" in slope.checks


def test_a_deterministic_trend_is_no_control():
    own = noise(48, 2)
    time = np.arange(48.0)
    alone, beside = (ladder(series(rows, 40)) for rows in ([own], [own, 5 + 0.1 * time]))
    assert beside.best.grade == alone.best.grade == "D"
    assert beside.best.effect == pytest.approx(alone.best.effect)
    real = noise(48, 3)
    controlled = interrupted_series(series([own + 2 * real, real], 40))[0]
    assert controlled.grade == "C"


def test_averaging_over_autocorrelation_is_least_squares_where_there_is_none():
    y, design = noise(200, 4), np.column_stack([np.arange(200) >= 120, np.ones(200)]).astype(float)
    plain, found = sm.OLS(y, design).fit(), autocorrelated(y, design)[0]
    assert found.value == pytest.approx(plain.params[0], abs=0.03)
    assert found.se == pytest.approx(plain.bse[0], rel=0.15)
    carried = autocorrelated(noise(200, 4, 0.7), design)[0]
    assert carried.se > 1.7 * found.se  # in the long run sqrt((1 + .7) / (1 - .7)) = 2.4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("counts", ["rare", "none after", "constant", "nearly constant"])
def test_models_of_counts_that_cannot_be_fitted_are_left_out_without_a_word(counts):
    rng = np.random.default_rng(7)
    rows = {
        "rare": rng.poisson(0.3, 48),
        "none after": np.r_[rng.poisson(5, 36), np.zeros(12)],
        "constant": np.full(48, 7),
        "nearly constant": 40 + np.arange(48) % 2,
    }[counts]
    found = interrupted_series(series([rows], 36, exposure=np.full((1, 48), 1000.0)))
    assert all(np.isfinite(rung.effect) for rung in found)
    assert bool(found) == (counts != "constant")
    if counts == "none after":
        assert found[0].high < -2  # five a month came before


def test_short_records_claim_nothing():
    assert interrupted_series(series([noise(9, 5)], 7, "quarter")) == []
    short = ladder(series([noise(20, 6) + 9 * (np.arange(20) >= 14)], 14, "quarter"))
    assert not short.carried
    assert short.claim.verdict == "cannot say"
    assert "One unit alone, seen so briefly, tells nothing of its own course." in short.sentence
