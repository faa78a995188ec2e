"""Contacts spared: the chain by hand, what counts as a new contact, and what does not change it."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.social.deflection import SELF_SERVICE, support_deflection

AS_OF = pd.Timestamp("2026-06-30")
COST = SELF_SERVICE + 8


def talk(*later):
    """Ann asks in public on 1 June, bob and an employee answer on the next day; then what else is said."""
    rows = [
        ("q1", "ann", "customer", "community", None, "2026-06-01", True, True),
        ("a1", "bob", "customer", "community", "q1", "2026-06-02", None, None),
        ("a2", "eve", "employee", "community", "q1", "2026-06-02", None, None),
        *later,
    ]
    names = ["interaction_id", "author_id", "author_role", "channel", "in_reply_to", "occurred_on", "resolved"]
    frame = pd.DataFrame(rows, columns=[*names, "would_have_contacted"])
    yes_no = {"resolved": "boolean", "would_have_contacted": "boolean"}
    return frame.assign(occurred_on=pd.to_datetime(frame["occurred_on"])).astype(yes_no)


ASKED = [("q2", "cat", "customer", "community", None, "2026-06-01", True, True)]
ASKED += [("a3", "bob", "customer", "community", "q2", "2026-06-02", None, None)]


def message(author="ann", channel="community", reply=None, day="2026-06-05", asks=False):
    return ("m", author, "customer", channel, reply, day, asks, None)


@pytest.mark.parametrize(
    ("later", "stayed"),
    [
        ((), 2),
        ((message(),), 1),  # she asks anew
        ((message(reply="a1"),), 1),  # or on
        ((message(reply="a1", asks=None),), 2),  # thanks to bob are no contact
        ((message(channel="e-mail", reply="a2", asks=None),), 1),  # an answer in private is
        ((message(day="2026-06-09"),), 1),  # on the seventh day
        ((message(day="2026-06-10"),), 2),  # and on the eighth
        ((message(author="dan"),), 2),
    ],
)
def test_a_question_is_solved_when_its_asker_does_not_come_back_within_seven_days(later, stayed):
    spared = support_deflection(talk(*ASKED, *later), COST, Terms(AS_OF))
    assert list(spared.chain.values())[2:5] == [2, 2, stayed]
    assert spared.solved.value == stayed / 2
    # of ann's question bob and the employee share the credit; cat's is his alone
    assert spared.total.value == pytest.approx(8 * (0.5 * (stayed == 2) + 1))
    assert spared.total.value == pytest.approx(spared.by_person["value"].sum())


def test_a_young_answer_is_not_judged_and_a_question_in_private_is_a_contact_already():
    young = support_deflection(talk(*ASKED), COST, Terms(pd.Timestamp("2026-06-08")))
    assert young.reason
    private = support_deflection(talk(*ASKED).assign(channel="phone"), COST, Terms(AS_OF))
    assert "in public" in private.reason
    longer = support_deflection(talk(*ASKED, message(day="2026-06-10")), COST, Terms(AS_OF), days=14)
    assert longer.solved.value == 0.5
    assert "within 14 days" in longer.sentence


@given(st.permutations(range(6)), st.sampled_from(["", "x", "Z9"]))
def test_order_of_rows_and_names_of_people_change_nothing(order, sign):
    table = talk(*ASKED, message())
    other = table.iloc[list(order)].reset_index(drop=True).assign(author_id=lambda rows: sign + rows["author_id"])
    first, second = (support_deflection(rows, COST, Terms(AS_OF)) for rows in (table, other))
    assert first.chain == second.chain
    assert first.sentence == second.sentence
