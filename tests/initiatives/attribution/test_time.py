"""Estimates count time by the calendar: the same table in any spelling and any order of rows gives the same figures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from given import on

from scrm_helpers import initiatives
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives import gather_evidence, lag_shape
from scrm_helpers.initiatives.attribution.panel import read_panel
from scrm_helpers.initiatives.attribution.roll_outs import staggered_effect
from scrm_helpers.initiatives.attribution.waves_and_lags import latest_wave
from scrm_helpers.initiatives.staff.mediation import lagged
from scrm_helpers.initiatives.staff.teams import large_teams
from scrm_helpers.initiatives.valuation.tie_out import own_effect
from scrm_helpers.tables import open_company

MONTHS = pd.period_range("2023-09", periods=16, freq="M")
QUARTERS = pd.period_range("2021Q3", periods=16, freq="Q")
WEEKS = pd.period_range("2023-11-06", periods=16, freq="W")
FORMS = {
    "2024-1": (MONTHS, lambda p: f"{p.year}-{p.month}"),
    "Jan 2024": (MONTHS, lambda p: f"{p:%b %Y}"),
    "January 2024": (MONTHS, lambda p: f"{p:%B %Y}"),
    "Jan-24": (MONTHS, lambda p: f"{p:%b-%y}"),
    "01/2024": (MONTHS, lambda p: f"{p:%m/%Y}"),
    "202401": (MONTHS, lambda p: int(f"{p:%Y%m}")),
    "2024-01-01": (MONTHS, lambda p: f"{p:%Y-%m}-01"),
    "a period": (MONTHS, lambda p: p),
    "Q1 2024": (QUARTERS, lambda p: f"Q{p.quarter} {p.year}"),
    "1Q24": (QUARTERS, lambda p: f"{p.quarter}Q{p.year % 100}"),
    "2024-q1": (QUARTERS, lambda p: f"{p.year}-q{p.quarter}"),
    "W9 2024": (WEEKS, lambda p: "W{1} {0}".format(*p.start_time.isocalendar()[:2])),
    "2024W9": (WEEKS, lambda p: "{}W{}".format(*p.start_time.isocalendar()[:2])),
    "7": (MONTHS, lambda p: (p - MONTHS[0]).n + 1),
    "period 7": (MONTHS, lambda p: f"period {(p - MONTHS[0]).n + 1}"),
}


def world(calendar, write, outcome="margin", effect=5.0, seed=3):
    """A roll-out to 8 and 8 of 30 units whose effect is planted."""
    rng = np.random.default_rng(seed)
    starts = np.r_[np.repeat([6, 10], 8), np.full(14, 99)]
    values = rng.normal(50, 3, (30, 1)) + rng.normal(0, 0.05, (30, len(calendar))) + 0.2 * np.arange(len(calendar))
    values += effect * (np.arange(len(calendar)) >= starts[:, None])
    frame = pd.DataFrame(
        {
            "outcome": outcome,
            "unit_id": np.repeat([f"U{unit:02d}" for unit in range(30)], len(calendar)),
            "period": [write(period) for _ in starts for period in calendar],
            "value": values.ravel(),
            "first_period": [write(calendar[start]) if start < 99 else None for start in starts for _ in calendar],
        }
    )
    return frame.astype({"period": object, "first_period": object})


@pytest.fixture(scope="module")
def plain():
    return staggered_effect(read_panel(world(MONTHS, str), "margin"), draws=99)


def test_the_planted_effect_is_found(plain):
    assert plain.course.effect.ends[0] < 5 < plain.course.effect.ends[1]
    assert abs(plain.course.effect.value - 5) < 0.1
    assert plain.course.drift.p > 0.05


@pytest.mark.parametrize(("calendar", "write"), FORMS.values(), ids=FORMS)
def test_every_spelling_and_order_of_rows_gives_the_same_figures(plain, calendar, write):
    for frame in (world(calendar, write), world(calendar, write).sample(frac=1, random_state=1)):
        found = staggered_effect(read_panel(frame, "margin"), draws=99)
        assert (found.course.effect, found.p_value) == (plain.course.effect, plain.p_value)
        pd.testing.assert_frame_equal(found.event, plain.event)
        np.testing.assert_array_equal(found.rung.path.estimate, plain.rung.path.estimate)


def test_a_start_may_be_a_day_and_falls_into_its_period(plain):
    frame = world(MONTHS, str)
    frame["first_period"] = frame["first_period"].astype("str") + "-17"
    assert staggered_effect(read_panel(frame, "margin"), draws=99).course.effect == plain.course.effect


@pytest.mark.parametrize("form", ["W{0}", "Q{0}", "FY24-{0}", "spring {0}"])
def test_what_cannot_be_ordered_is_refused_with_the_value(form):
    frame = world(MONTHS, lambda period: form.format((period - MONTHS[0]).n + 1))
    with pytest.raises(Refusal, match="cannot be ordered in time: " + form.format(1)):
        read_panel(frame, "margin")


def without(frame, *gone):
    return frame[~frame["period"].isin([str(MONTHS[month]) for month in gone])]


def test_holes_are_bridged_by_the_calendar_and_named():
    growing = world(MONTHS, str, effect=0.0)
    since = growing["period"].map({str(month): place for place, month in enumerate(MONTHS)})
    start = growing["first_period"].map({str(month): place for place, month in enumerate(MONTHS)})
    growing["value"] += (since - start + 1).where(since >= start, 0).fillna(0)  # 1, 2, 3 ... periods after the start
    whole = staggered_effect(read_panel(growing, "margin"), draws=99)
    panel = read_panel(without(growing, 6, 7, 8), "margin")  # the first start lies in the hole
    found = staggered_effect(panel, draws=99)
    by_event = found.event.set_index("event")["att"]
    for event, effect in by_event[by_event.index >= 0].items():
        assert abs(effect - (event + 1)) < 0.1, "an effect grows by one a month, whatever months were seen"
    assert set(by_event.index) <= set(whole.event["event"])
    assert len(found.rung.path.estimate) == len(whole.rung.path.estimate)
    assert abs(found.rung.path.estimate - whole.rung.path.estimate).max() < 0.3
    assert "none of 2024-03 to 2024-05" in found.note


def test_lags_go_by_the_calendar():
    """An outcome follows its driver one month later; where months are missing, no other month stands in for them."""
    rng = np.random.default_rng(8)
    x = rng.normal(0, 1, (40, 30))
    months = pd.period_range("2022-01", periods=30, freq="M").astype(str)
    y = 2.5 * np.hstack([np.zeros((40, 1)), x[:, :-1]]) + rng.normal(0, 0.1, x.shape)
    frame = pd.concat(
        pd.DataFrame(
            {
                "outcome": name,
                "unit_id": np.repeat([f"U{unit:02d}" for unit in range(40)], 30),
                "period": np.tile(months, 40),
                "value": grid.ravel(),
            }
        )
        for name, grid in (("x", x), ("y", y))
    )
    holes = [months[place] for place in (5, 6, 7, 15, 16, 22)]
    for table in (frame, frame[~frame["period"].isin(holes)]):
        effects = lag_shape(table, "x", "y", lags=2).lag_effects
        np.testing.assert_allclose(effects, [0, 2.5, 0], atol=0.05)
    wide = frame.pivot_table(index=["unit_id", "period"], columns="outcome", values="value").reset_index()
    wide["again"] = wide["x"]
    line = lagged(wide[~wide["period"].isin(holes)].sample(frac=1, random_state=2), ("again", "x", "y"))
    assert len(line) == 40 * (30 - 2 - 5 - 4 - 3)
    assert np.corrcoef(line["m"], line["y"])[0, 1] > 0.99


def test_the_wave_a_year_before_is_that_of_the_calendar():
    months = pd.period_range("2023-01", periods=24, freq="M")
    rows = [
        ("trust", f"U{unit}", f"{month:%b %Y}", float(place + unit % 3))
        for unit in range(5)
        for place, month in enumerate(months)
    ]
    frame = pd.DataFrame(rows, columns=["outcome", "unit_id", "period", "value"])
    assert latest_wave(frame, "trust").effects[0].value == 12
    holes = frame[~frame["period"].isin(["Jun 2024", "Jul 2024"])]
    assert latest_wave(holes, "trust").effects[0].value == 12


def test_teams_are_in_the_order_of_the_calendar():
    staff = pd.DataFrame({"team": "A", "quarter": ["Q1 2025", "Q2 2024", "Q3 2024"], "n": 9, "engagement_mean": 3.0})
    assert large_teams(staff)[0]["quarter"].tolist() == ["2024Q2", "2024Q3", "2025Q1"]


def test_a_monthly_effect_is_not_valued_as_a_quarterly_one():
    for calendar, valued in ((MONTHS, False), (QUARTERS, True)):
        found = gather_evidence(world(calendar, str))
        assert (own_effect(found, "", "margin") is not None) == valued


@pytest.fixture(scope="module")
def sample_in_other_spellings(tmp_path_factory):
    """The sample with every period spelled differently and the rows of these tables shuffled."""
    folder = tmp_path_factory.mktemp("sample")
    for file in sorted(Path("data/sample").iterdir()):
        (folder / file.name).write_bytes(file.read_bytes())
    for table, columns in (
        ("initiative_panel", ["period", "first_period"]),
        ("employees", ["quarter"]),
        ("initiative_ledger", ["quarter", "vintage"]),
    ):
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        for column in columns:
            frame[column] = frame[column].str.replace(r"(\d{4})Q(\d)", r"Q\2 \1", regex=True)
        frame.sample(frac=1, random_state=4).to_csv(folder / f"{table}.csv", index=False)
    return folder


def numbers_of(data):
    """What chapters 07 and 08 compute first, in the middle of a quarter."""
    company = open_company(data, "2026-08-15")
    panel, staff = company.table("initiative_panel"), company.table("employees")
    table, rows = company.table("initiatives"), company.table("initiative_ledger")
    flows = initiatives.ledger_of(company)
    answers = [
        initiatives.gather_evidence(panel),
        initiatives.lag_shape(panel, "trust index", "margin per customer"),
        initiatives.compare_horizons(flows),
        initiatives.realisation_ratio(table, rows, on(company.as_of)),
        initiatives.participation(staff),
        initiatives.employee_score(staff),
        initiatives.staff_chain(staff, panel, mediator="trust index", outcome="margin per customer"),
        initiatives.tool_beyond_goal(panel, "social messages per 100 customers", "trust index", "margin per customer"),
        initiatives.latest_wave(panel, "trust index"),
    ]
    return {measure.name: measure for answer in answers for measure in answer.measures}, answers[4].sentence


def test_the_chapters_say_the_same_of_the_sample_in_other_spellings(sample_in_other_spellings):
    other, sentence = numbers_of(sample_in_other_spellings)
    plain, same = numbers_of("data/sample")
    assert other.keys() == plain.keys()
    for name, measure in plain.items():
        for part in ("value", "low", "high", "n"):
            was, now = (np.array(getattr(one, part), dtype=float) for one in (measure, other[name]))
            np.testing.assert_allclose(now, was, rtol=1e-9, atol=1e-12, err_msg=name)
    assert sentence == same
    assert "In 2026Q2 " in sentence  # the running quarter is left out
