"""The effects planted in the stores come back by plain differences, and only where they were planted."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.sample import drawn_stores

QUIET = ["social messages per 100 customers", "replies across teams", "solved first time"]
NEVER = "never"


def helpdesk(panel: pd.DataFrame) -> pd.DataFrame:
    """Value by outcome, opening and store (rows) and period (columns)."""
    rows = panel[panel["initiative_id"] == "helpdesk"].fillna({"first_period": NEVER})
    return rows.pivot_table(index=["outcome", "first_period", "unit_id"], columns="period", values="value")


@pytest.fixture(scope="module")
def wide(small):
    return helpdesk(small.tables["initiative_panel"])


@pytest.fixture(scope="module")
def many():
    """Panels of twelve companies: together they see an effect three times as sharply."""
    today = pd.Timestamp("2026-09-30")
    draws = [drawn_stores.store_tables(np.random.default_rng(seed), today)["initiative_panel"] for seed in range(12)]
    return [helpdesk(panel) for panel in draws]


def gain(wide: pd.DataFrame, outcome: str, exposure: int) -> float:
    """Change since the quarters before opening, less that of the stores never treated; mean over the cohorts."""
    table = wide.loc[outcome]
    estimates = []
    for first in table.index.unique("first_period").drop(NEVER):
        at = table.columns.get_loc(first)
        if at + exposure < table.shape[1]:
            change = table.iloc[:, at + exposure] - table.iloc[:, :at].mean(axis=1)
            estimates.append(change.loc[first].mean() - change.loc[NEVER].mean())
    return float(np.mean(estimates))


@pytest.mark.parametrize("exposure", range(4))
@pytest.mark.parametrize(
    ("outcome", "effect"),
    [
        ("retained share", drawn_stores.retention_effect),
        ("trust index", drawn_stores.trust_effect),
        ("margin per customer", drawn_stores.margin_effect),
        *((outcome, lambda _: 0.0) for outcome in QUIET),
    ],
)
def test_effect_by_exposure_is_the_planted_one(many, outcome, effect, exposure):
    estimates = [gain(wide, outcome, exposure) for wide in many]
    error = np.std(estimates, ddof=1) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - effect(exposure)) < 3.5 * error


def test_helpdesk_effect_on_retention_shows_in_the_shipped_sample(wide):
    assert gain(wide, "retained share", 3) == pytest.approx(drawn_stores.retention_effect(3), abs=0.008)


def test_roll_out_is_staggered_with_enough_units_on_both_sides(small):
    panel = small.tables["initiative_panel"].query("outcome == 'retained share'")
    opened = panel.drop_duplicates("unit_id")["first_period"]
    assert opened.nunique() == 3
    assert opened.isna().sum() == 24
    assert opened.value_counts().min() >= 8


def test_lottery_gives_back_the_reply_effect(small):
    panel = small.tables["initiative_panel"].query("outcome == 'repeat buyers'")
    assert panel["randomised"].all()
    after = panel[panel["period"] > panel["period"].min()].groupby("unit_id")["value"].mean()
    treated = panel.drop_duplicates("unit_id").set_index("unit_id")["first_period"].notna()
    difference = after[treated].mean() - after[~treated].mean()
    error = np.sqrt(after[treated].var() / treated.sum() + after[~treated].var() / (~treated).sum())
    assert abs(difference - drawn_stores.REPLY_EFFECT) < 2.5 * error
    assert treated.sum() == len(treated) / 2


def within_store(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sub(frame.mean(axis=1), axis=0)


def test_social_activity_helps_only_where_teams_work_together(wide):
    together = within_store(wide.loc["replies across teams"]).to_numpy().ravel()
    social = wide.loc["social messages per 100 customers"] / 10
    product = within_store(social * wide.loc["replies across teams"]).to_numpy().ravel()
    alone = within_store(social).to_numpy().ravel()
    solved = within_store(wide.loc["solved first time"]).to_numpy().ravel()
    slopes = np.linalg.lstsq(np.column_stack([alone, together, product]), solved, rcond=None)[0]
    assert slopes == pytest.approx(list(drawn_stores.SOLVED.values()), abs=0.02)


def test_engagement_moves_the_trust_of_the_next_quarter(small, wide):
    trust = wide.loc["trust index"].loc[NEVER] - 0.1 * np.arange(drawn_stores.QUARTERS)
    teams = small.tables["employees"].pivot_table(index="store", columns="quarter", values="engagement_mean")
    calm = teams.index.intersection(trust.index)
    before = within_store(teams.loc[calm].iloc[:, :-1]).to_numpy().ravel()
    moved = within_store(trust.loc[calm].iloc[:, 1:]).to_numpy().ravel()
    assert before @ moved / (before @ before) == pytest.approx(drawn_stores.ENGAGEMENT_TO_TRUST, abs=1.0)


def test_employees_are_teams_of_seven_or_more(small):
    teams = small.tables["employees"]
    assert teams["n"].min() >= 7
    assert (teams["volunteered"] <= teams["offered"]).all()
    assert (teams["enps_promoters"] + teams["enps_detractors"] <= teams["n"]).all()
    assert teams["store"].isin(small.tables["initiative_panel"]["unit_id"]).all()
    assert teams["engagement_mean"].between(1, 5).all()
    assert teams["red_tape_mean"].between(1, 5).all()


def test_data_register_has_all_four_classes(small):
    register = small.tables["data_register"]
    flags = register[["canonical", "stored", "actionable", "shown"]].astype(bool)
    first = {"TTTT", "FTTT", "FFTT", "FFFT"}
    assert first <= {"".join("T" if flag else "F" for flag in row) for row in flags.to_numpy()}


def test_credit_of_an_idea_sums_to_one(large):
    ideas = large.tables["ideas"]
    assert ideas.groupby("idea_id")["share"].sum().between(0.999, 1.001).all()
    assert not ideas.duplicated(["idea_id", "contributor_id"]).any()
    done = ideas["status"] == "implemented"
    assert (ideas["value"].notna() == done).all()
    assert (ideas["implemented_on"].notna() == done).all()
    assert (ideas.loc[done, "implemented_on"] > ideas.loc[done, "submitted_on"]).all()
