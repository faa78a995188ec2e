"""Influence, knowledge, support, engagement: the worked matrix, the accounting identity, chains done by hand."""

import numpy as np
import pandas as pd
import pytest
from given import TinyCompany
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.answers.terms import Terms
from scrm_helpers.people import People
from scrm_helpers.value.matrix.cell_stability import cell_certainty
from scrm_helpers.value.matrix.dimensions import overlap_at, pareto_front, valuable_set
from scrm_helpers.value.matrix.four_cells import cut_points, value_cells
from scrm_helpers.value.social.deflection import support_deflection
from scrm_helpers.value.social.engagement import bounded_shares, engagement_value, engagement_views, people_outside
from scrm_helpers.value.social.influence import (
    credited_influence,
    estimated_influence_share,
    influence_of_messages,
    influence_shares,
    influence_value,
    reactions,
    usable_share,
)
from scrm_helpers.value.social.knowledge import credit_shares, knowledge_value

W = pd.DataFrame({"influencer": ["a", "a", "b"], "influenced": ["b", "c", "c"], "share": [0.4, 0.1, 0.5]})
CLV = pd.Series({"a": 100.0, "b": 50.0, "c": 80.0})
AS_OF = pd.Timestamp("2026-06-30")
PEOPLE = pd.DataFrame({"clv": CLV, "seen_on": pd.Timestamp("2024-01-01")})


def test_influence_matrix_of_the_worked_example():
    assert (CLV + credited_influence(W, CLV)).tolist() == [128, 90, 80]
    assert (CLV + credited_influence(W, CLV, recursive=True)).tolist() == pytest.approx([144, 90, 80])
    views = engagement_views(CLV, W)
    assert views["reconciled"].tolist() == [128, 70, 32]
    assert views["reconciled"].sum() == CLV.sum() == 230


def test_influence_in_a_circle_has_no_end():
    circle = pd.DataFrame({"influencer": ["a", "b"], "influenced": ["b", "a"], "share": [1.0, 1.0]})
    with pytest.raises(ValueError, match="spectral radius of 1.000"):
        credited_influence(circle, CLV, recursive=True)
    assert credited_influence(circle, CLV).tolist() == [50, 100, 0]
    weaker = circle.assign(share=0.5)  # s = (I - W)^-1 e: a = (100 + 0.5 * 50) / 0.75
    assert (CLV + credited_influence(weaker, CLV, recursive=True))["a"] == pytest.approx(125 / 0.75)


def test_no_influence_leaves_nothing_and_full_influence_hands_everything_on():
    assert credited_influence(W[:0], CLV).sum() == 0
    full = pd.DataFrame({"influencer": ["a", "b", "b"], "influenced": ["c", "c", "a"], "share": [0.3, 0.7, 1.0]})
    assert credited_influence(full, CLV).sum() == pytest.approx(CLV["c"] + CLV["a"])


def messages(*rows):
    columns = ["interaction_id", "author_id", "author_role", "in_reply_to", "resolved", "would_have_contacted"]
    frame = pd.DataFrame(rows, columns=columns)
    frame[["resolved", "would_have_contacted"]] = frame[["resolved", "would_have_contacted"]].astype("boolean")
    return frame.assign(occurred_on=pd.Timestamp("2026-01-15"))


TALK = messages(
    ("m1", "ann", "customer", None, True, True),
    ("m2", "bob", "customer", "m1", None, None),
    ("m3", "eve", "employee", "m1", None, None),
    ("m4", "ann", "customer", "m2", None, None),
    ("m5", "ann", "customer", "m3", None, None),
    ("m6", "ann", "customer", "m1", None, None),
    ("q2", "cat", "customer", None, False, True),
    ("m8", "bob", "customer", "q2", None, None),
)


def test_replies_are_reactions_and_the_company_takes_its_part():
    seen = reactions(TALK)
    # bob reacts to ann and to cat; ann reacts to bob and to eve; a reply to oneself and by staff is none
    assert sorted(zip(seen["influencer"], seen["influenced"], strict=True)) == [
        ("ann", "bob"), ("bob", "ann"), ("cat", "bob"), ("eve", "ann"),
    ]  # fmt: skip
    shares = influence_shares(seen).set_index(["influencer", "influenced"])["share"]
    assert shares.to_dict() == {("ann", "bob"): 0.5, ("bob", "ann"): 0.5, ("cat", "bob"): 0.5}
    worth = influence_value(seen, pd.Series({"ann": 100.0, "bob": 40.0}), 0.5)
    assert worth.by_person.to_dict() == {"ann": 10.0, "bob": 25.0, "cat": 10.0}
    with pytest.raises(ValueError, match="within 0-1"):
        influence_value(seen, CLV, 1.5)


def test_share_of_influence_is_counted_before_and_after():
    seen = pd.DataFrame({"influenced": ["ann"], "occurred_on": pd.to_datetime(["2026-01-15"]), "influencer": ["bob"]})
    days = ["2026-01-10", "2026-01-16", "2026-01-20", "2026-03-01"]
    orders = pd.DataFrame({"customer_id": "ann", "ordered_on": pd.to_datetime(days)})
    joined = pd.Series(pd.Timestamp("2025-12-01"), ["ann"])
    estimate = estimated_influence_share(seen, orders, AS_OF, joined)
    assert estimate.p == 0.5  # one person with more after than before
    assert estimate.value == pytest.approx((2 - 1) / 4)
    share, said = usable_share(estimate, False)
    assert share == pytest.approx(min(estimate.high, 1))
    assert "limit, not an estimate" in said
    young = estimated_influence_share(seen, orders, AS_OF, joined + pd.Timedelta(days=40))
    assert young.value is None  # before the reaction she was no customer for as long
    nobody = estimated_influence_share(seen, orders.assign(customer_id="x"), AS_OF, joined)
    assert nobody.value is None
    assert usable_share(nobody, False)[0] == 0
    said = influence_of_messages(TALK, orders, PEOPLE, Terms(AS_OF), influence_share=0.2).assumed
    assert "set to 20%" in said
    said = influence_of_messages(TALK, orders, PEOPLE, Terms(AS_OF), influence_share=0.2, recursive=True).assumed
    assert "What the influenced move in others is credited as well." in said


def test_recursive_influence_without_end_is_credited_in_one_step_and_said():
    circle = messages(
        ("m1", "ann", "customer", None, None, None),
        ("m2", "bob", "customer", "m1", None, None),
        ("m3", "ann", "customer", "m2", None, None),
    )
    orders = pd.DataFrame({"customer_id": [], "ordered_on": pd.to_datetime([])})
    people = pd.DataFrame({"clv": [100.0, 40.0], "seen_on": AS_OF}, ["ann", "bob"])
    worth = influence_of_messages(circle, orders, people, Terms(AS_OF), influence_share=1.0, recursive=True)
    assert worth.by_person.to_dict() == {"ann": 40.0, "bob": 100.0}
    assert "spectral radius of 1.000" in worth.assumed
    assert "one step is credited" in worth.assumed


@pytest.mark.parametrize(
    ("table", "cost", "reason"),
    [
        (TALK, None, "no cost_per_contact"),
        (TALK.drop(columns="resolved"), 8.0, "no column resolved"),
        (TALK.assign(would_have_contacted=pd.array([pd.NA] * len(TALK), dtype="boolean")), 8.0, "would have contacted"),
    ],
)
def test_support_without_what_it_needs_has_a_reason(table, cost, reason):
    spared = support_deflection(table, cost, Terms(AS_OF))
    assert reason in spared.sentence
    assert spared.measures[0].value is None


def test_ideas_realised_and_expected():
    rows = [
        ("i1", "ann", "implemented", 0.6, 100.0, 40.0),
        ("i1", "bob", "implemented", 0.4, 100.0, 40.0),
        ("i2", "cat", "submitted", 1.0, np.nan, np.nan),
        ("i3", "cat", "accepted", 1.0, np.nan, np.nan),
        ("i4", "dan", "rejected", 1.0, np.nan, np.nan),
    ]
    ideas = pd.DataFrame(rows, columns=["idea_id", "contributor_id", "status", "share", "value", "cost"])
    ideas["implemented_on"] = pd.to_datetime(["2026-01-01"] * 2 + [None] * 3)
    people = knowledge_value(ideas, AS_OF).by_person
    assert people.loc[["ann", "bob"], "realised"].tolist() == pytest.approx([36, 24])
    # accepted: (1 + 1) / (1 + 1 + 2) = 0.5; submitted: (1 + 1 + 1) / (1 + 1 + 1 + 2) = 0.6 of it; mean net value 60
    assert people.loc["cat", "expected"] == pytest.approx(0.5 * 60 + 0.6 * 0.5 * 60)
    assert people.loc["dan"].tolist() == [0, 0]
    early = knowledge_value(ideas, pd.Timestamp("2025-06-30"))
    assert [measure.value for measure in early.measures] == [0.0, None]
    assert early.by_person["realised"].sum() == 0
    unknown = knowledge_value(ideas.drop(columns="value"), AS_OF)
    assert [measure.value for measure in unknown.measures] == [None, None]
    assert "cannot be said, because no idea with a known value has been implemented" in unknown.sentence


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.floats(0, 3) | st.none()), min_size=1, max_size=12))
def test_shares_of_an_idea_never_exceed_one(rows):
    ideas = pd.DataFrame(rows, columns=["idea_id", "share"])
    assert (credit_shares(ideas).groupby(ideas["idea_id"]).sum() <= 1 + 1e-9).all()


EDGES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.floats(0, 2)).filter(lambda e: e[0] != e[1]),
    max_size=15,
)
AMOUNTS = st.dictionaries(st.sampled_from("abcdefg"), st.floats(-50, 1000), max_size=7)


@given(EDGES, AMOUNTS, AMOUNTS, AMOUNTS)
@settings(max_examples=50, deadline=None)
def test_the_reconciled_view_adds_up_for_any_shares(edges, clv, saved, knowledge):
    shares = bounded_shares(pd.DataFrame(edges, columns=["influencer", "influenced", "share"]).astype({"share": float}))
    parts = [pd.Series(part, dtype=float) for part in (clv, saved, knowledge)]
    views = engagement_views(parts[0], shares, *parts[1:])
    assert views["reconciled"].sum() == pytest.approx(sum(part.sum() for part in parts), abs=1e-6)
    assert views["ranking"].sum() == pytest.approx(views["reconciled"].sum() + views["given"].sum(), abs=1e-6)


def test_nobody_gives_away_more_than_everything():
    given = bounded_shares(W.assign(share=0.9)).groupby("influenced")["share"].sum()
    assert given.to_dict() == pytest.approx({"b": 0.9, "c": 1.0})


def test_both_views_agree_without_credit():
    nothing = engagement_value(CLV, W[:0], Terms(AS_OF), {}, {})
    assert "both views agree" in nothing.sentence
    assert engagement_value(CLV, W, Terms(AS_OF), {}, {}).measures[0].value == pytest.approx(230 + 20 + 8 + 40)


def test_cells_have_open_cut_points():
    own, referral = pd.Series([1.0, 2, 3, 4]), pd.Series([0.0, 0, 5, np.nan])
    assert value_cells(own, referral).tolist()[:3] == ["Misers", "Misers", "Champions"]
    assert value_cells(own, referral, cut_own=0.5, cut_referral=9).tolist()[:3] == ["Affluents"] * 3
    assert value_cells(own, referral).isna().tolist() == [False, False, False, True]
    assert value_cells(own, referral * np.nan).isna().all()


def test_a_cell_is_as_sure_as_its_estimates():
    value = pd.DataFrame(
        {
            "person_id": list("abcd"),
            "clv": [1.0, 2, 8, 9],
            "clv_low": [1.0, 2, 8, 9],
            "clv_high": [1.0, 2, 8, 9],
            "crv": [0.0, 5, 0, 5],
            "crv_low": [0.0, 0, 0, 0],
            "crv_high": [0.0, 10, 0, 10],
        }
    )
    value["cell"] = value_cells(value["clv"], value["crv"])
    draws = (pd.Index(["b", "d"]), np.array([[0.0, 10], [0.0, 10]]))
    cuts = cut_points(value)
    expected = cell_certainty(value, cuts, None, draws).cells["Customers expected"]
    assert expected.tolist() == [0.5, 1.5, 0.5, 1.5]
    known = cell_certainty(value, cuts, pd.Series({"a": 0.25}), draws).cells["Customers expected"]
    assert known.tolist() == [0.5, 1.75, 0.5, 1.25]
    assert cell_certainty(value, cuts, None, draws).measures[0].value == pytest.approx(0.75)
    assert "cannot be said" in cell_certainty(value[:0], cuts).sentence


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25))
def test_pareto_front_equals_the_definition(rows):
    values = np.array(rows, float)
    beaten = [any((other >= own).all() and (other > own).any() for other in values) for own in values]
    assert pareto_front(values).tolist() == [not one for one in beaten]


def test_overlap_of_short_lists():
    value = pd.DataFrame(
        {"is_customer": True, "clv": range(10, 0, -1), "crv": [0.0] * 8 + [3, 4], "civ": [9.0, 8] + [0.0] * 8}
    )
    lists = overlap_at(value, 0.2, min_group=1).overlaps.set_index("List")["Also best by own value"]
    assert lists.to_dict() == {"referral value": 0.0, "influence value": 1.0}
    assert valuable_set(value, min_group=1).measures[0].value >= 2
    assert not overlap_at(value.drop(columns=["crv", "civ"])).drawable
    assert not overlap_at(value, 0.2).drawable  # two people each


def test_a_list_that_age_alone_explains_misses_no_more_than_chance():
    age = np.arange(600)
    value = pd.DataFrame({"is_customer": True, "clv": 600.0 - age, "crv": np.where(age % 3 == 0, age, 0.0)})
    value["joined_on"] = pd.Timestamp("2026-01-01") - pd.to_timedelta(age, unit="D")
    lists = overlap_at(value)
    assert lists.overlaps["Also best by own value"].item() < 0.01  # the newest are best here, the oldest there
    assert lists.title == "That a list by own value misses more of the others than chance does cannot be shown"
    apart = overlap_at(value.assign(clv=np.where(value["crv"] > 0, 1.0, 9.0 + value.index % 7)))
    assert apart.title == "A list by own value misses more of the best by referral value than chance would"


def test_people_outside_stay_in_the_totals():
    value = pd.DataFrame(
        {"is_customer": [True, False], "crv_next": [10.0, 30.0], "civ": np.nan, "ckv_next": np.nan, "sdv_next": np.nan}
    )
    outside = people_outside(value, Terms(AS_OF, min_group=1))
    assert outside.measures[0].value == 30
    assert outside.table["Everybody brings"].tolist() == [40]
    assert people_outside(value[:1], Terms(AS_OF)).sentence.startswith("Everybody")


def test_a_company_without_social_tables_says_so_for_each():
    orders = pd.DataFrame({"customer_id": ["a"], "ordered_on": [AS_OF], "margin": [1.0]})
    customers = pd.DataFrame({"customer_id": list("ab"), "joined_on": [AS_OF, AS_OF], "clv": [10.0, 20.0]})
    social = People(TinyCompany({"customers": customers, "transactions": orders.assign(amount=1.0)}))
    for part, table in (("referral", "referrals"), ("influence", "interactions"), ("knowledge", "ideas")):
        assert f"no table {table}" in getattr(social, part).sentence
    assert social.views.measures[1].value == 30
    assert social.referral_draws is None


def test_parts_meet_in_the_views():
    orders = pd.DataFrame({"customer_id": ["bob"], "ordered_on": pd.to_datetime(["2025-01-02"]), "margin": [50.0]})
    people = pd.DataFrame({"customer_id": ["ann", "bob"], "joined_on": pd.to_datetime(["2024-01-01", "2025-01-01"])})
    people["acquisition_cost"] = [10.0, np.nan]
    people["clv"] = [100.0, 40.0]
    referred = pd.DataFrame(
        {
            "referrer_id": ["ann"],
            "referred_id": ["bob"],
            "referred_on": people["joined_on"][1:].to_numpy(),
            "converted_on": people["joined_on"][1:].to_numpy(),
            "p_type1": [0.5],
        }
    )
    orders["amount"] = orders["margin"]
    tables = {
        "customers": people,
        "transactions": orders,
        "referrals": referred,
        "interactions": TALK[TALK["interaction_id"] != "m6"],
    }
    social = People(TinyCompany(tables), influence_share=0.0)
    views = social.views.people
    assert views.loc["ann", "credited"] == pytest.approx(0.5 * 40)
    assert views["reconciled"].sum() == 140  # what was saved and spared so far is another period
    assert social.support.total.value == pytest.approx(0.5 * 7.9)
    assert "only 1 of them" in social.views.left_out["customers they will win"]


@pytest.mark.parametrize("columns", [[], ["author_id"]])
def test_messages_that_name_nobody_have_no_influence_and_say_so(columns):
    written = pd.DataFrame({"interaction_id": ["m1"], "occurred_on": pd.to_datetime(["2026-06-01"]), "author_id": "a"})
    orders = pd.DataFrame({"customer_id": ["a"], "ordered_on": pd.to_datetime(["2026-06-05"])})
    found = influence_of_messages(written[["interaction_id", "occurred_on", *columns]], orders, PEOPLE, Terms(AS_OF))
    assert found.measures[0].value is None
    assert "the table interactions has no column" in found.assumed


def test_worth_together_is_not_given_when_nobody_has_a_lifetime_value():
    views = engagement_value(CLV * np.nan, W, Terms(AS_OF), {"help": (pd.Series({"a": 5.0}), "")}, {})
    assert "cannot be given, because nobody has a lifetime value" in views.sentence
    assert "€5" in views.sentence
    assert all(measure.value is None and measure.reason for measure in views.measures)
    assert views.people["ranking"].isna().all()
    assert not views.drawable
    moved = influence_value(W.assign(by_staff=False), CLV * np.nan, 0.5)
    assert moved.measures[0].value is None
    assert "nobody has a lifetime value" in moved.sentence


def test_people_without_a_lifetime_value_are_counted_beside_the_sum():
    views = engagement_value(CLV.where(CLV != 80), W, Terms(AS_OF), {}, {})  # c's 80 is not known: 100 + 50 remain
    assert views.measures[1].value == 150
    assert views.sentence.endswith("1 person of 3 has no lifetime value; own purchases of theirs are left out.")
