"""The register's four classes, on every combination of flags and on a small register."""

from itertools import product

import pandas as pd

from scrm_helpers.report.chapters.readiness import FLAGS, data_register

FIELDS = pd.DataFrame(
    [
        ("orders", "amount", "shop", True, True, True, True, "contract"),
        ("surveys", "score", "survey tool", False, True, True, True, "notice"),
        ("interactions", "reach", "network", False, False, True, True, None),
        ("interactions", "text", "network", False, False, False, True, None),
    ],
    columns=["table", "field", "system", "canonical", "stored", "actionable", "shown", "consent"],
)


def test_all_sixteen_combinations_fall_into_one_class():
    # Lieberman's order of decision: 8 canonical, then 4 stored, 2 actionable, 1 shown, 1 nothing.
    held = pd.DataFrame(list(product([True, False], repeat=4)), columns=FLAGS).assign(system="one")
    assert data_register(held).fields == {"owned": 8, "copied": 4, "borrowed": 2, "displayed": 1, "absent": 1}


def test_register_counts_fields_and_consent():
    result = data_register(FIELDS)
    assert result.fields == {"owned": 1, "copied": 1, "borrowed": 1, "displayed": 1, "absent": 0}
    assert result.without_consent == 2
    assert "1 of 4 fields in the register are ours" in result.sentence
    assert result.title == "2 of 4 fields can be analysed over time"


def test_the_picture_has_one_bar_per_class_present():
    assert len(data_register(FIELDS).plot().patches) == 4
