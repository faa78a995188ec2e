"""What costs more than it brings is said in these words, in every sentence about value."""

import re

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.lifetime.without_model import simple_lifetime_value
from scrm_helpers.value.matrix.four_cells import value_matrix
from scrm_helpers.value.matrix.whale import three_moves
from scrm_helpers.value.social.deflection import SELF_SERVICE, support_deflection
from scrm_helpers.value.social.engagement import engagement_value, people_outside
from scrm_helpers.value.social.influence import influence_value
from scrm_helpers.value.social.knowledge import knowledge_value
from scrm_helpers.value.social.referral_totals import referral_summary
from scrm_helpers.value.social.referral_value import referral_flows

DAY = pd.Timestamp("2026-06-30")
LOSS = re.compile(r"(worth|brings?|brought|leaves|earned) −")


def matrix(sign):
    cells = ["Champions", "Affluents", "Advocates", "Misers"]
    return pd.DataFrame(
        {
            "is_customer": True,
            "cell": cells,
            "clv": sign * np.array([9.0, 8, 2, 1]),
            "crv": sign * np.array([5.0, 0, 7, 0]),
        }
    )


def referred(sign):
    when = pd.to_datetime(["2025-01-01"] * 25)
    ids = [f"c{k:02d}" for k in range(25)]
    customers = pd.DataFrame({"customer_id": ids, "joined_on": when})
    orders = pd.DataFrame({"customer_id": ids, "ordered_on": when, "margin": sign * np.arange(1.0, 26)})
    links = pd.DataFrame(
        {"referrer_id": [f"r{k:02d}" for k in range(25)], "referred_id": ids, "referred_on": when, "converted_on": when}
    )
    return referral_summary(
        referral_flows(links, orders, customers, DAY, p_type1_default=1.0), 100, Terms(DAY), draws=99
    )


def by_hand(sign):
    days = pd.to_datetime(["2024-09-01", "2025-09-01"] * 6)
    ids = np.repeat([f"c{k}" for k in range(6)], 2)
    orders = pd.DataFrame({"customer_id": ids, "ordered_on": days, "margin": sign * 10.0, "amount": 10.0})
    return simple_lifetime_value(orders, Terms(DAY))


def influenced(sign):
    seen = pd.DataFrame({"influencer": ["a"], "influenced": ["b"], "by_staff": [False]})
    return influence_value(seen, pd.Series({"b": sign * 10.0}), 0.5)


def invented(sign):
    worth = 100.0 + sign * 50
    ideas = {"idea_id": list("ijkl"), "contributor_id": list("abcd"), "status": ["implemented"] * 3 + ["accepted"]}
    return knowledge_value(pd.DataFrame({**ideas, "value": worth, "cost": 100.0}), DAY)


def helped(sign):
    talk = {
        "interaction_id": ["m1", "m2"],
        "author_id": ["ann", "bob"],
        "in_reply_to": [None, "m1"],
        "occurred_on": DAY,
    }
    yes = pd.Series([True, None], dtype="boolean")
    return support_deflection(
        pd.DataFrame({**talk, "resolved": yes, "would_have_contacted": yes}),
        SELF_SERVICE + 0.05 * sign,
        Terms(DAY + pd.Timedelta(days=7)),
    )


def added(sign):
    moved = pd.DataFrame({"influencer": ["a"], "influenced": ["b"], "share": [0.5]})
    return engagement_value(sign * pd.Series({"a": 10.0, "b": 20.0}), moved, Terms(DAY), {}, {})


def outside(sign):
    people = pd.DataFrame({"is_customer": [True, False], "crv_next": [0.0, sign * 3.0]})
    return people_outside(people.assign(civ=np.nan, ckv_next=np.nan, sdv_next=np.nan), Terms(DAY, min_group=1))


def moved(sign):
    clv, margin = sign * np.array([9.0, 5, 4, 1, 2]), sign * np.array([50.0, 9, 8, 30, 2])
    alive = [0.9, 0.9, 0.9, 0.1, 0.1]
    return three_moves(pd.DataFrame({"person_id": list("abcde"), "clv": clv, "p_alive": alive, "margin": margin}))


RESULTS = [
    lambda sign: value_matrix(matrix(sign)),
    referred,
    by_hand,
    influenced,
    invented,
    helped,
    added,
    outside,
    moved,
]


@pytest.mark.parametrize("result", RESULTS)
def test_a_loss_is_no_negative_worth(result):
    gain, loss = result(1), result(-1)
    assert "more than they" not in gain.sentence
    assert re.search(r"cost|has cost at least", loss.sentence)
    for text in (loss.sentence, loss.title):
        assert not LOSS.search(text), text
