"""Every row of the referrals is an edge or left out for a counted reason; the rest is a forest."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.network import build_forest
from scrm_helpers.network.forest.fraud import referral_receipt
from scrm_helpers.network.forest.reach import cascade_credit, cascade_table, forest_table

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["A", "B", "C", "D", "E"],
        "joined_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]),
    }
)


def referrals(*rows):
    frame = pd.DataFrame(rows, columns=["referrer_id", "referred_id", "referred_on"])
    return frame.assign(referred_on=pd.to_datetime(frame["referred_on"]))


def parents(forest):
    above = [None if place < 0 else forest.people[place] for place in forest.parent]
    return dict(zip(forest.people, above, strict=True))


def test_a_plain_forest():
    forest = build_forest(
        referrals(("A", "B", "2026-01-20"), ("B", "C", "2026-02-20"), ("A", "D", "2026-03-20")), CUSTOMERS
    )
    assert parents(forest) == {"A": None, "B": "A", "C": "B", "D": "A", "E": None}
    assert forest.generation.tolist() == [0, 1, 2, 1, 0]
    assert forest.people[forest.root].tolist() == ["A", "A", "A", "A", "E"]
    assert (forest.left_out, forest.flags, forest.rows) == ({}, {}, 3)


def test_each_fault_is_found_and_counted():
    rows = referrals(
        ("A", "B", "2026-01-20"),  # credited
        ("A", "B", "2026-01-25"),  # repeated
        ("C", "C", "2026-02-01"),  # self
        ("A", "Z", "2026-02-01"),  # unknown person
        ("E", "D", "2026-03-01"),  # credited, but E joined in May
        ("A", "C", "2026-08-01"),  # C is a customer since March
        (None, "C", "2026-02-01"),  # nobody
        ("Y", "C", "2026-02-01"),  # credited, Y is not a customer
        ("B", "E", "2027-01-01"),  # after the report
    )
    forest = build_forest(rows, CUSTOMERS, as_of="2026-09-30")
    assert forest.left_out == {
        "missing_id": 1,
        "later": 1,
        "self_referral": 1,
        "unknown_person": 1,
        "already_customer": 1,
        "repeated": 1,
    }
    assert forest.flags == {"early_referral": 1, "outside_referrer": 1}
    assert forest.people.tolist() == ["A", "B", "C", "D", "E", "Y"]
    assert forest.is_customer.tolist() == [True] * 5 + [False]
    assert len(forest.child) + sum(forest.left_out.values()) == forest.rows
    receipt = referral_receipt(forest)
    assert (receipt.credited.value, receipt.faulty.value) == (3, 5)
    assert (
        receipt.sentence
        == "3 of 9 referrals brought a customer; 5 were left out because the forest cannot credit them."
    )


@pytest.mark.parametrize(
    ("rule", "parent", "shares"), [("first", "B", [1.0]), ("last", "A", [1.0]), ("split", "B", [0.5] * 2)]
)
def test_several_referrers_by_the_declared_rule(rule, parent, shares):
    forest = build_forest(referrals(("A", "C", "2026-02-10"), ("B", "C", "2026-02-05")), CUSTOMERS, rule=rule)
    assert parents(forest)["C"] == parent
    assert forest.share.tolist() == shares
    assert forest.flags == {"several_referrers": 1}


def test_on_the_same_day_the_id_decides_whatever_the_order_of_rows():
    rows = referrals(("B", "C", "2026-02-05"), ("A", "C", "2026-02-05"))
    for some in (rows, rows.iloc[::-1]):
        assert parents(build_forest(some, CUSTOMERS.iloc[::-1]))["C"] == "A"


@pytest.mark.parametrize("rule", ["first", "last", "split"])
def test_a_ring_is_broken_at_its_latest_referral(rule):
    rows = referrals(
        ("A", "B", "2026-01-01"), ("B", "C", "2026-01-02"), ("C", "A", "2026-01-03"), ("C", "D", "2026-01-04")
    )
    forest = build_forest(rows, rule=rule)
    assert parents(forest) == {"A": None, "B": "A", "C": "B", "D": "C"}
    assert forest.left_out == {"cycle": 1}


def test_only_conversions_up_to_the_day_of_the_report_count():
    rows = referrals(("A", "B", "2026-01-20"), ("A", "C", "2026-02-20"), ("A", "D", "2026-02-20"))
    rows["converted_on"] = pd.to_datetime(["2026-02-01", None, "2026-12-01"])
    assert build_forest(rows, as_of="2026-09-30").left_out == {"not_converted": 2}


def test_ids_are_text():
    forest = build_forest(referrals(("00123", "123", "2026-01-01"), ("NA", "00123", "2026-01-01")))
    assert parents(forest) == {"00123": "NA", "123": "00123", "NA": None}


def test_nobody_referred():
    forest = build_forest(referrals(), CUSTOMERS)
    assert len(forest) == 5
    assert cascade_table(forest).empty
    assert forest_table(referrals(), CUSTOMERS, pd.Series(dtype=float))["cascade_value"].isna().all()


def test_the_table_per_person():
    rows = referrals(("A", "B", "2026-01-20"), ("B", "C", "2026-02-20"))
    people = forest_table(rows, CUSTOMERS, pd.Series({"C": 100.0, "B": 10.0}))
    assert people.loc["B", "parent"] == "A"
    assert people["parent"].isna().tolist() == [True, False, False, True, True]
    assert people["cascade_size"].tolist() == [2, 1, 0, 0, 0]
    assert people["cascade_value"].tolist() == [0.5 * 10 + 0.25 * 100, 50.0, 0.0, 0.0, 0.0]
    assert people["referrals_credited"].tolist() == [1, 1, 0, 0, 0]


messy = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(0, 40)), min_size=0, max_size=30
)  # few people and many rows: self-referrals, rings, repeats and several referrers come by themselves


def frame_of(rows):
    start = pd.Timestamp("2026-01-01")
    columns = ["referrer_id", "referred_id", "referred_on"]
    return pd.DataFrame(
        [(f"P{a:02}", f"P{b:02}", start + pd.Timedelta(days=d)) for a, b, d in rows], columns=columns
    ).astype({"referrer_id": "str", "referred_id": "str", "referred_on": "datetime64[us]"})


@settings(max_examples=120, deadline=None)
@given(rows=messy, rule=st.sampled_from(["first", "last", "split"]), seed=st.integers(0, 99))
def test_whatever_the_rows_the_forest_accounts_for_all_of_them(rows, rule, seed):
    frame = frame_of(rows)
    forest = build_forest(frame, rule=rule)
    assert len(forest.child) + sum(forest.left_out.values()) == len(frame)
    assert (forest.generation[forest.parent >= 0] == forest.generation[forest.parent[forest.parent >= 0]] + 1).all()
    sums = np.bincount(forest.child, weights=forest.share, minlength=len(forest))
    assert np.allclose(sums[forest.parent >= 0], 1)
    value = np.random.default_rng(seed).lognormal(size=len(forest))
    credit = cascade_credit(forest, value, 0.4)
    assert (credit >= 0).all()
    assert credit.sum() <= value[forest.parent >= 0].sum() + 1e-9  # what nobody above can claim is credited to nobody


@settings(max_examples=60, deadline=None)
@given(rows=messy, seed=st.integers(0, 99))
def test_order_of_rows_names_and_lonely_people_change_nothing(rows, seed):
    frame = frame_of(rows).drop_duplicates(["referrer_id", "referred_id"]).drop_duplicates("referred_on")
    forest = build_forest(frame)
    shuffled = build_forest(frame.sample(frac=1, random_state=seed))
    assert parents(shuffled) == parents(forest)
    renamed = frame.assign(**{name: "x" + frame[name] for name in ("referrer_id", "referred_id")})
    assert build_forest(renamed).parent.tolist() == forest.parent.tolist()
    lonely = pd.DataFrame({"customer_id": [*forest.people, "lonely"]})
    assert build_forest(frame, lonely).parent.tolist() == [*forest.parent.tolist(), -1]
