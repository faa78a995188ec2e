"""Exploring: one view, the count of views, and nothing that looks like a test result."""

import pandas as pd
import pytest
from worlds import survey_world

from scrm_helpers.advocacy.deeds.by_answer import ALL, caution, explorer, view_answers
from scrm_helpers.answers.terms import Terms


@pytest.fixture(scope="module")
def world():
    return survey_world(n=400, seed=1)


def test_a_segment_is_that_segment_alone(world):
    segments = pd.Series(["a"] * 300 + ["b"] * 100, index=world.customers["customer_id"])
    part = view_answers(world.surveys, world.referrals, segments, Terms(world.as_of), "b", 365)
    assert part.groups["People"].sum() == 100
    assert (
        view_answers(world.surveys, world.referrals, segments, Terms(world.as_of), ALL, 365).groups["People"].sum()
        == 400
    )


def test_many_views_are_warned_of():
    assert "by chance" in caution(60)
    assert "by chance" not in caution(2)


def test_controls_count_the_views_and_cannot_go_below_the_smallest_group(world):
    pytest.importorskip("ipywidgets", reason="ipywidgets is for exploring only")
    segments = pd.Series(["a"] * 300 + ["b"] * 100, index=world.customers["customer_id"])
    box = explorer(world.surveys, world.referrals, segments, Terms(world.as_of, min_group=7))
    which, window, smallest, _, remark = box.children
    which.value, window.value = "b", 90
    assert remark.value.startswith("Views looked at: 3.")
    assert smallest.min == 7
