"""A tool adds nothing once its goal is reached, unless it does: planted worlds, and plain regression as the oracle."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from scrm_helpers.initiatives.goals.goal_chain import tool_beyond_goal


def world(direct=0.0, units=60, periods=12, seed=1):
    rng = np.random.default_rng(seed)
    tool = rng.normal(5, 1, (units, 1)) + rng.normal(0, 1, (units, periods))
    goal = 2 + 0.8 * tool + rng.normal(0, 1, (units, periods))
    y = rng.normal(0, 3, (units, 1)) + rng.normal(0, 1, (units, periods))
    y[:, 1:] += 1.5 * goal[:, :-1] + direct * tool[:, :-1]
    index = pd.MultiIndex.from_product([range(units), [f"{2020 + t // 4}Q{t % 4 + 1}" for t in range(periods)]])
    ids = {"unit_id": index.get_level_values(0).astype(str), "period": index.get_level_values(1)}
    grids = {"posts": tool, "trust": goal, "margin": y}
    return pd.concat(pd.DataFrame({**ids, "outcome": name, "value": grid.ravel()}) for name, grid in grids.items())


def test_a_tool_that_works_through_its_goal_adds_nothing():
    found = tool_beyond_goal(world(), "posts", "trust", "margin")
    assert found.slope.low < 0 < found.slope.high
    assert found.sentence.startswith("Once trust is held fixed, posts add nothing to margin that can be shown")
    assert found.table["With margin"].iloc[0] > 0.5


def test_a_tool_with_a_way_of_its_own_is_seen():
    found = tool_beyond_goal(world(direct=0.8), "posts", "trust", "margin")
    assert found.slope.low > 0
    assert found.slope.p < 0.001
    assert "the goal as measured does not carry all" in found.sentence


def test_false_alarms_keep_to_their_level():
    # 5 % of 200 worlds: exact binomial 99.9 % limits 1 and 22
    alarms = sum(tool_beyond_goal(world(seed=s), "posts", "trust", "margin").slope.p < 0.05 for s in range(200))
    assert 1 <= alarms <= 22


def test_the_likelihood_ratio_is_that_of_two_least_squares_fits_with_dummies():
    frame = world(0.3, units=20, periods=6)
    wide = frame.pivot_table(index=["unit_id", "period"], columns="outcome", values="value").sort_index()
    before = wide[["trust", "posts"]].groupby("unit_id").shift(1)
    rows = pd.concat([before, wide["margin"]], axis=1).dropna().reset_index()
    dummies = pd.get_dummies(rows[["unit_id", "period"]], drop_first=True, dtype=float)
    small = sm.OLS(rows["margin"], sm.add_constant(pd.concat([rows[["trust"]], dummies], axis=1))).fit()
    large = sm.OLS(rows["margin"], sm.add_constant(pd.concat([rows[["trust", "posts"]], dummies], axis=1))).fit()
    found = tool_beyond_goal(frame, "posts", "trust", "margin")
    assert found.ratio == pytest.approx(2 * (large.llf - small.llf), rel=1e-9)


@pytest.mark.parametrize(
    ("frame", "words"),
    [(None, "is not there"), (world(units=9), "there are 9 over 12"), (world().assign(value=2.0), "hardly varies")],
)
def test_what_cannot_be_tested_says_why(frame, words):
    found = tool_beyond_goal(frame, "posts", "trust", "margin")
    assert words in found.sentence
    assert found.measures[0].reason
