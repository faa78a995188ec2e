"""Which given parameter goes to which chapter."""

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.engine.parameters import assign, from_source, typed_texts

OWN = 'data: str = ""\nas_of: str = ""\nresults: str = ""\n'
WALK = {
    "03": from_source(OWN + "weight: float = 0.5\nwave: str = ''"),
    "04": from_source(OWN + "weight: float = 0.1"),
    "07": from_source(OWN),
}


def test_a_parameter_goes_to_all_that_declare_it_and_to_no_other():
    assert assign(WALK, {"weight": 0.25, "wave": "x"}) == {
        "03": {"weight": 0.25, "wave": "x"},
        "04": {"weight": 0.25},
        "07": {},
    }


def test_a_name_that_no_chapter_declares_is_refused_with_the_nearest():
    with pytest.raises(PlainError, match="Did you mean 'weight'"):
        assign(WALK, {"weightt": 0.25})


@pytest.mark.parametrize("name", ["data", "as_of", "results"])
def test_what_the_run_sets_itself_is_refused(name):
    with pytest.raises(PlainError, match="set by the run itself"):
        assign(WALK, {name: "x"})
    with pytest.raises(PlainError, match="set by the run itself"):
        typed_texts(WALK, {name: "x"})


def test_texts_are_read_by_the_declared_type():
    assert typed_texts(WALK, {"weight": "1", "wave": "007"}) == {"weight": 1.0, "wave": "007"}
