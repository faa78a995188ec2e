"""The firm as a network, the voice of its staff, and which comes first: social activity or working together."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives import collaboration_order, employee_voice, staff_network

DAY = pd.Timestamp("2026-09-30")
TERMS = Terms(DAY)
ORDERS = pd.DataFrame(
    {"customer_id": [f"C{i}" for i in range(100)], "ordered_on": pd.Timestamp("2026-08-01"), "amount": 10.0}
)


def team(size, name="Service", **more):
    return pd.DataFrame({"team": name, "quarter": "2026Q3", "n": size, **more}, index=[0])


def written(staff, customers, **more):
    """One message of each named member of staff about a customer."""
    return pd.DataFrame(
        {
            "occurred_on": pd.Timestamp("2026-09-01"),
            "author_role": "employee",
            "author_id": staff,
            "customer_id": customers,
            **more,
        }
    )


def test_coverage_and_contacts_are_counted_once_a_pair():
    seen = written([f"E{i % 20}" for i in range(40)] * 2, [f"C{i}" for i in range(40)] * 2)
    found = staff_network(seen, team(40), ORDERS, TERMS)
    assert found.base.endswith("40 contacts")
    assert found.in_contact.value == 0.5
    assert found.reached.value == 0.4
    assert found.on_one.value == 1.0


def test_a_conversation_is_a_contact_with_the_customer_who_wrote_in_it():
    staff = written(["E1", "E2"], None, thread_id="T1")
    customer = written(["C1"], ["C1"], thread_id="T1").assign(author_role="customer")
    found = staff_network(pd.concat([staff, customer]), team(10), ORDERS, TERMS)
    assert found.base.endswith(" 2 contacts")
    assert found.on_one.value == 0.0


@pytest.mark.parametrize(("weights", "verdict"), [("alike", "not shown"), ("few", "shown")])
def test_a_few_who_hold_the_contacts_are_told_from_chance(weights, verdict):
    rng = np.random.default_rng(5)
    share = np.full(60, 1 / 60) if weights == "alike" else np.r_[np.full(6, 0.1), np.full(54, 0.4 / 54)]
    who = rng.choice(60, 500, p=share)
    found = staff_network(written([f"E{i}" for i in who], [f"C{i}" for i in range(500)]), team(80), ORDERS, TERMS)
    assert found.claims[0].verdict == verdict


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (None, "no table interactions"),
        (pd.DataFrame({"occurred_on": [DAY]}), "no author_id and no author_role"),
        (written(["E1"], ["C1"]).drop(columns="customer_id"), "no customer_id"),
        (written(["E1"], ["C1"]).assign(author_role="customer"), "No message of the last twelve months is by"),
    ],
)
def test_what_cannot_be_told_says_why(seen, why):
    found = staff_network(seen, team(10), ORDERS, TERMS)
    assert why in found.sentence


def test_small_teams_are_left_out_with_their_messages():
    seen = written(["E1", "E2", "E3"], ["C1", "C2", "C3"], team=["Service", "Service", "Tiny"])
    found = staff_network(seen, pd.concat([team(10), team(3, "Tiny")]), ORDERS, TERMS)
    assert (found.staff, found.in_contact.n) == (2, 10)


def test_the_voice_counts_ideas_per_head_and_waits_by_idea():
    rows = pd.concat([team(10, f"T{i}", ideas=i % 3, idea_days=20.0 + i) for i in range(9)])
    found = employee_voice(rows)
    assert found.ideas.value == pytest.approx(100 * 9 / 90)
    waited = rows[rows["ideas"] > 0]
    assert found.days.value == pytest.approx((waited["ideas"] * waited["idea_days"]).sum() / 9)
    assert "no initiatives with a ledger" in found.self_started.reason
    assert "has no ideas" in employee_voice(team(10)).sentence


def test_a_panel_without_the_outcomes_says_so():
    assert "no table initiative_panel" in collaboration_order(None, social="a", together="b").sentence
