"""Names of numbers: the same in every run, plain, and one for each text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.answers.measure import measure_name


@pytest.mark.parametrize(
    ("prefix", "text", "name"),
    [
        ("alike", "East", "alike_east"),
        ("effect", "social messages per 100 customers", "effect_social_messages_per_100_customers"),
        ("return", "G1", "return_g1"),
        ("worth_of_knowing", "fast-reply", "worth_of_knowing_fast_reply"),
    ],
)
def test_a_plain_text_is_its_name(prefix, text, name):
    assert measure_name(prefix, text) == name


@given(
    st.sets(
        st.text(max_size=12) | st.sampled_from(["East", "east", "EAST", "Ost", "東京", "大阪", "a b", "a-b", "a_b"])
    )
)
def test_no_two_texts_share_a_name_and_all_are_plain(texts):
    names = {text: measure_name("alike", text, texts) for text in texts}
    assert len(set(names.values())) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name) for name in names.values())
