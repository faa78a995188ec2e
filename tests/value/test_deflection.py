"""Contacts spared: the chain by hand, what counts as a new contact, and what does not change it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.social import deflection
from scrm_helpers.value.social.deflection import SELF_SERVICE, help_of_few, support_deflection
from scrm_helpers.value.social.knowledge import DAYS, spoken_ideas

AS_OF = pd.Timestamp("2026-06-30")
COST = SELF_SERVICE + 8
LONG = pd.Timedelta(days=DAYS)


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


def test_a_young_answer_is_not_judged_and_a_question_in_private_is_a_contact_already(monkeypatch):
    young = support_deflection(talk(*ASKED), COST, Terms(pd.Timestamp("2026-06-08")))
    assert young.reason
    private = support_deflection(talk(*ASKED).assign(channel="phone"), COST, Terms(AS_OF))
    assert "in public" in private.reason
    monkeypatch.setattr(deflection, "SOLVED_DAYS", 14)
    longer = support_deflection(talk(*ASKED, message(day="2026-06-10")), COST, Terms(AS_OF))
    assert longer.solved.value == 0.5
    assert "within 14 days" in longer.sentence


@given(st.permutations(range(6)), st.sampled_from(["", "x", "Z9"]))
def test_order_of_rows_and_names_of_people_change_nothing(order, sign):
    table = talk(*ASKED, message())
    other = table.iloc[list(order)].reset_index(drop=True).assign(author_id=lambda rows: sign + rows["author_id"])
    first, second = (support_deflection(rows, COST, Terms(AS_OF)) for rows in (table, other))
    assert first.chain == second.chain
    assert first.sentence == second.sentence


def helped(counts):
    """So many threads for each helper, in which he answers a question of ann."""
    helper = np.repeat([f"h{place}" for place in range(len(counts))], counts)
    asked = pd.DataFrame({"interaction_id": [f"q{row}" for row in range(len(helper))], "author_id": "ann"})
    answered = pd.DataFrame({"interaction_id": [f"a{row}" for row in range(len(helper))], "author_id": helper})
    answered["in_reply_to"] = asked["interaction_id"]
    table = pd.concat([asked, answered], ignore_index=True)
    threads = [name[1:] for name in table["interaction_id"]]
    return table.assign(thread_id=threads, author_role="customer", channel="community")


def test_help_is_set_beside_helpers_who_are_alike():
    even = help_of_few(helped([3] * 40), Terms(AS_OF))
    assert even.gini.value == pytest.approx(0)
    assert even.top.value == pytest.approx(0.1)
    assert even.top.value < even.even[0]  # chance is less even than that
    few = help_of_few(helped([60, 50, 40, 30] + [2] * 36), Terms(AS_OF))
    assert few.top.value == pytest.approx(180 / 252)
    assert few.top.low > few.even[1]
    assert "fewer than five" in help_of_few(helped([4, 4]), Terms(AS_OF)).sentence


@pytest.mark.parametrize(("wait", "counts"), [(-10, (9, 9, 0)), (10, (9, 0, 9)), (200, (9, 0, 0))])
def test_an_idea_on_file_follows_a_conversation_only_within_its_days(wait, counts):
    """Nine people file an idea, and speak of one so many days after it."""
    people, filed = [f"c{place}" for place in range(9)], pd.Timestamp("2025-10-01")
    said = pd.DataFrame({"interaction_id": people, "author_id": people, "in_reply_to": None, "intent": "idea"})
    early = said.assign(
        interaction_id="e" + said["interaction_id"], author_id="x", occurred_on=filed - pd.Timedelta("300D")
    )
    said = pd.concat([said.assign(occurred_on=filed + pd.Timedelta(days=wait)), early], ignore_index=True)
    found = spoken_ideas(said, pd.DataFrame({"contributor_id": people, "submitted_on": filed}), Terms(AS_OF))
    assert found.counts == counts
    assert found.answered.value == 0
    assert spoken_ideas(said, None, Terms(AS_OF)).followed.reason == "the company folder has no table ideas"
    assert spoken_ideas(said.drop(columns="intent"), None, Terms(AS_OF)).reason
