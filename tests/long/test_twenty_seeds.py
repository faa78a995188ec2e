"""The rules of the claims in twenty draws of the sample: 500 customers each, through the package, about six minutes.

Each test names its rule. What nothing is planted for is shown in at most three of twenty; what is planted is found.
"""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from scrm_helpers import advocacy, network, value
from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, report_case
from scrm_helpers.people import People
from scrm_helpers.people.value_table import prepare_value
from scrm_helpers.report.chapters.actions import actions_in_short, cannot_plan, plan_actions
from scrm_helpers.report.chapters.results import claimed, record
from scrm_helpers.sample import published, write_sample
from scrm_helpers.sample.sample_company import business_case
from scrm_helpers.tables import open_company

SEEDS, MOST, LEAST = 20, 3, 16
DAY = "2026-09-30"
PLANTED = {"effect_fast_reply_repeat_buyers", "effect_helpdesk_retained_share", "effect_helpdesk_trust_index"}
WITHOUT = {"effect_helpdesk_replies_across_teams", "effect_helpdesk_social_messages_per_100_customers"}
UNRELATED = {
    "low_value_brings_its_share",
    "misses_referral_value",
    "together_own_value_and_referral_value",
    "orders_follow_orders_east",
    "answer_tells_more_of_future",
}


def drawn(seed, folder):
    """One company and what chapters 03, 04, 05, 07 and 10 make of it."""
    sample = write_sample(folder, 500, seed)
    company = open_company(folder)
    people, terms = People(company), Terms(company.as_of)
    table, surveys, referrals = prepare_value(people), company.table("surveys"), company.table("referrals")
    customers, orders = company.customers, people.orders
    linked = advocacy.link_answers(surveys, referrals, company.as_of, 365)
    funnel = advocacy.intention_funnel(linked, terms, 8, published("referral_funnel"), people.profit)
    joined = customers.set_index("customer_id")["joined_on"]
    placebo = advocacy.reversed_time_placebo(linked, referrals, joined, terms)
    everybody = advocacy.weighted_to_invited(surveys, customers, referrals, orders, terms)
    forest = network.build_forest(referrals, customers, as_of=company.as_of)
    tied = network.homophily_or_influence(forest, customers, company.transactions, terms)
    matrix, lists, together = (
        value.value_matrix(table),
        value.overlap_at(table, 0.2, 5),
        value.dimensions_together(table),
    )
    panel = sample.tables["initiative_panel"]
    effects = gather_evidence(panel)
    ledger = read_ledger(sample.tables["initiatives"], sample.tables["initiative_ledger"], terms)
    streams = gather_evidence(panel.query("outcome in ['retained share', 'trust index']"))
    case = report_case(business_case(terms.as_of), streams, ledger, CaseChoices(as_of=DAY), panel=panel)
    planned = plan_actions(company, table)
    short = actions_in_short(planned, company, cannot_plan(company, table), {})
    said = [funnel, placebo, everybody, tied, matrix, lists, together, effects, people.last_year, people.coming]
    said += [people.referral, people.views, people.influence, people.support, people.knowledge, case.valuation, short]
    said += [advocacy.referral_by_answer(linked, terms), advocacy.answer_and_referral(linked, terms)]
    return SimpleNamespace(
        numbers=[(one.name, record(one)) for answer in said for one in answer.measures],
        claims=[claimed(one) for answer in said for one in answer.claims],
        truth=sample.truth,
        rows=(len(planned), int(short.table["Rows"].sum())),
        asked=planned[planned["action"] == "ask"].merge(table[["person_id", "last_score", "p_alive"]], on="person_id"),
        case=case,
    )


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    return [drawn(seed, tmp_path_factory.mktemp(f"seed{seed}")) for seed in range(2000, 2000 + SEEDS)]


def counted(worlds, names, verdict="shown"):
    """In how many worlds each of these claims has the verdict."""
    found = Counter(one["name"] for world in worlds for one in world.claims if one["verdict"] == verdict)
    return {name: found[name] for name in names}


def number(world, name):
    return next(entry for known, entry in world.numbers if known == name)


def test_what_nothing_is_planted_for_is_not_shown_more_often_than_chance(worlds):
    """1. People of one age: lists, cells and ranks; 5. influence: no order follows another in the region without."""
    found = counted(worlds, UNRELATED)
    assert all(count <= MOST for count in found.values()), found
    tested = counted(worlds, UNRELATED, "not shown")
    assert all(found[name] + tested[name] >= SEEDS / 2 for name in UNRELATED), tested  # not everything is "cannot say"


def test_a_claim_is_shown_only_beyond_what_chance_gives(worlds):
    """1. Every title that sets people beside each other says what chance gives, and claims what is beyond it."""
    for claim in (claim for world in worlds for claim in world.claims if claim["verdict"] == "shown"):
        chance, p = claim["chance"], claim["p_corrected"]
        assert claim["low"] is None or not claim["low"] <= chance["value"] <= claim["high"], claim
        assert chance["low"] is None or not chance["low"] <= claim["estimate"] <= chance["high"], claim
        assert p is None or p <= 0.05 + 1e-9, claim


def test_both_sides_of_a_comparison_are_of_one_period(worlds):
    """1. Like for like: referral value and margin of the same twelve months."""
    parts = ("window", "window_from", "window_to", "unit")
    for world in worlds:
        ours, theirs = (number(world, name) for name in ("margin_12m", "referral_value_12m"))
        assert [ours[part] for part in parts] == [theirs[part] for part in parts]


def test_every_number_says_over_whom_when_and_how_sure_and_has_one_value(worlds):
    """2. One declared population and window per figure; a range or the word why none; one value of a name."""
    for world in worlds:
        known = {}
        for name, entry in world.numbers:
            assert known.setdefault(name, entry) == entry, name
            bare = entry["value"] is not None and None in (entry["low"], entry["high"])
            assert entry["population"], name
            assert entry["window"], name
            assert bool(entry["reason"]) == (entry["value"] is None), name
            assert bool(entry["no_range"]) == bare, name


def test_the_score_of_everybody_holds_the_truth_and_the_funnel_narrows(worlds):
    """2. Who is silent thinks otherwise; 5. a profitable customer brought is a customer brought."""
    scores = [(number(world, "nps_of_everybody"), world.truth["scores"]["nps_of_everybody"]) for world in worlds]
    assert sum(one["low"] <= truth <= one["high"] for one, truth in scores) >= LEAST + 1, scores
    for world in worlds:
        referring, bringing = (number(world, name)["value"] for name in ("share_referring", "share_bringing"))
        assert referring >= bringing


def test_the_list_holds_whom_the_chapter_names_ranked_by_their_own_value(worlds):
    """2. The same count in table and file; not nines and tens alone; own values; who is active comes first."""
    for world in worlds:
        asked = world.asked
        assert world.rows[0] == world.rows[1]
        assert asked["last_score"].min() == 8
        assert asked["value"].nunique() > 1
        active = (asked["p_alive"] >= 0.5).to_numpy()
        assert not np.any(np.diff(active.astype(int)) > 0)


def test_case_panel_and_ledger_tell_one_story(worlds):
    """3. One verdict from value, range and grade; the sources agree; the truth is in the range."""
    judged = [(world.case.valuation, world.truth["helpdesk"]["roinit_economic_10_percent"]) for world in worlds]
    assert sum(bool(world.case.tied.contradictions) for world in worlds) <= 2
    assert not [one for one, _ in judged if one.judgement.verdict == "shown to pay"]
    held = [
        one.judged[h].roinit.low <= truth[f"{h}q"] <= one.judged[h].roinit.high
        for one, truth in judged
        for h in (8, 12)
    ]
    assert np.mean(held) >= 0.85, np.mean(held)


def test_planted_effects_are_shown_and_others_are_not(worlds):
    """4. The headline obeys its diagnostics: effects are found, and none where there is none."""
    planted, without = counted(worlds, PLANTED), counted(worlds, WITHOUT)
    assert all(count >= LEAST for count in planted.values()), planted
    assert all(count <= MOST for count in without.values()), without
