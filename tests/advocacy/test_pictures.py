"""Every picture of the chapter draws, is described, and says what its marks are."""

import pandas as pd
import pytest
from given import TERMS
from worlds import survey_world

from scrm_helpers import advocacy
from scrm_helpers.answers import drawing
from scrm_helpers.answers.terms import Terms
from scrm_helpers.sample.published_facts import published

NAMES = ["score", "waves", "kept", "funnel", "worth", "foretold", "asked"]


@pytest.fixture(scope="module")
def results():
    world = survey_world(n=900, slope=0.15, seed=2)
    linked = advocacy.link_answers(world.surveys, world.referrals, world.as_of, 365)
    history = advocacy.referral_history(
        world.customers, world.surveys, world.referrals, world.as_of - pd.Timedelta(days=365), 365
    )
    model = advocacy.fit_referral_model(history)
    value = pd.Series(20.0, index=linked.people.loc[linked.people["referred"], "customer_id"])
    ranks = {"by answer": history["score"], "by past referrals": history["past"]}
    return {
        "score": advocacy.net_promoter_score(linked.people["score"], TERMS),
        "waves": advocacy.compare_waves(world.surveys, Terms(world.as_of)),
        "kept": advocacy.referral_by_answer(linked, TERMS),
        "funnel": advocacy.intention_funnel(linked, TERMS, 8, published("referral_funnel"), pd.Series(dtype=float)),
        "worth": advocacy.worth_by_answer(linked, TERMS, value),
        "foretold": advocacy.calibration_by_answer(model, history, TERMS),
        "asked": advocacy.targeting_curve(history["future"], ranks, 100, TERMS),
    }


@pytest.mark.parametrize("name", NAMES)
def test_pictures_draw_the_same_bytes_twice_and_are_described(results, name):
    found = results[name]
    assert drawing.drawings(found) == drawing.drawings(found)
    assert 20 < len(found.alt) <= 300
    assert found.title
    assert found.title != found.alt


@pytest.mark.parametrize("name", [name for name in NAMES if name != "score"])
def test_axes_say_what_they_measure(results, name):
    axes = results[name].plot()
    assert axes.get_ylabel()
    assert axes.get_xlabel() or any(label.get_text() for label in axes.get_xticklabels())


def test_one_name_stands_for_one_number(results):
    seen = {}
    for found in results.values():
        for measure in found.measures:
            assert seen.setdefault(measure.name, measure.value) == measure.value
