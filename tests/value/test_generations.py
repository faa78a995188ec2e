"""More than one generation of referrals: draws that hand up, trees that are resampled whole, and their coverage."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.value.social.referral_totals import referral_summary, switch_effects
from scrm_helpers.value.social.referral_value import (
    ReferralFlows,
    Switches,
    referral_value_draws,
    referral_value_per_person,
    tree_sums,
)


def flows_of(links, margin, p_type1=1.0, credit=1.0):
    """One credited referral per link, complete, with its margin in one period and nothing else."""
    rows = pd.DataFrame(links, columns=["referrer_id", "referred_id"])
    rows = rows.assign(credit=credit, p_type1=p_type1, exposure=1.0, acquisition_cost=0.0)
    gain, none = np.asarray(margin, float).reshape(-1, 1), np.zeros((len(rows), 1))
    return ReferralFlows(rows=rows, margin=gain, marketing=none, reward=none, saved=none, expected_rest=none)


FREE = replace(TERMS, discount_rate=0.0)
CHAIN = flows_of([("a", "b"), ("b", "c"), ("c", "d"), ("x", "y")], [10.0, 20, 40, 7])


def test_trees_by_hand():
    worth = referral_value_per_person(CHAIN, 0.0)["crv"]
    value, people = tree_sums(CHAIN, worth, people=9)
    # a brought b brought c brought d: 70 in a tree of four; x brought y: 7; three people stand alone
    assert sorted(zip(value, people, strict=True)) == [(0, 1), (0, 1), (0, 1), (7, 2), (70, 4)]


def test_deeper_generations_hand_up_half():
    switches = Switches(generations=3)
    worth = referral_value_per_person(CHAIN, 0.0, switches)["crv"]
    assert worth.to_dict() == {"a": 10 + 10 + 10, "b": 20 + 20, "c": 40, "x": 7}


def test_draws_are_the_expectation_where_nothing_is_left_to_chance_and_centre_on_it_elsewhere():
    ids, certain = referral_value_draws(CHAIN, 0.0, draws=3)
    assert certain.T.tolist() == [referral_value_per_person(CHAIN, 0.0)["crv"][ids].tolist()] * 3  # all are type one
    half = CHAIN.with_type1(0.5)
    ids, drawn = referral_value_draws(half, 0.0, draws=4_000, seed=1)
    expected = referral_value_per_person(half, 0.0)["crv"][ids]
    assert drawn.mean(axis=1) == pytest.approx(expected.to_numpy(), abs=4 * drawn.std() / np.sqrt(4_000))


def forest(founders, rng, refer=0.5, tail=0.6):
    """Links and margins of a forest in which some people refer many, and the number of people in it."""
    people, links, front = founders, [], list(range(founders))
    while front:
        many = rng.poisson(rng.gamma(tail, refer / tail, len(front)))
        new = range(people, people + int(many.sum()))
        links += list(zip(np.repeat(front, many), new, strict=True))
        front, people = list(new), people + len(new)
    return flows_of(links, rng.lognormal(3, 1, len(links)) - 15), people


def total_per_person(founders, rng, switches):
    flows, people = forest(founders, rng)
    return referral_value_per_person(flows, 0.0, switches)["crv"].sum() / people


def test_ranges_by_tree_cover_where_ranges_by_person_do_not():
    switches, rounds = Switches(generations=3), 150
    truth = total_per_person(60_000, np.random.default_rng(9), switches)
    by_tree = by_person = 0
    for number in range(rounds):
        flows, people = forest(300, np.random.default_rng(100 + number))
        total = referral_summary(flows, people, replace(FREE, seed=number), switches, draws=299).measures[0]
        by_tree += total.low <= truth * people <= total.high
        crv = referral_value_per_person(flows, 0.0, switches)["crv"].to_numpy()
        found = mean_bootstrap_t(np.pad(crv, (0, people - len(crv))), draws=299, seed=number)
        by_person += found.low <= truth <= found.high
    assert by_tree / rounds >= 0.89
    assert by_person < by_tree - 0.03 * rounds


def test_one_tree_that_holds_most_has_no_range():
    many = [(f"r{k}", f"c{k}") for k in range(30)]
    told = referral_summary(flows_of([*many, ("a", "b")], [1.0] * 30 + [500]), 100, FREE, Switches(generations=2))
    assert "one tree of referrals holds 94% of the value" in told.sentence
    assert told.measures[0].low is None
    few = referral_summary(CHAIN, 100, FREE, Switches(generations=2))
    assert "too few trees of referrals" in few.sentence


def test_parts_add_up_with_what_is_handed_up():
    told = referral_summary(CHAIN, 9, FREE, Switches(generations=2))
    assert told.parts.sum() == pytest.approx(told.measures[0].value)
    assert told.parts["handed up by deeper generations"] == pytest.approx(0.5 * (20 + 40))


def test_the_points_of_the_formula_side_by_side():
    rng = np.random.default_rng(2)
    flows, people = forest(200, rng)
    told = switch_effects(flows, people, TERMS, draws=99)
    totals = dict(zip(told.table["The formula"], told.table["All"], strict=True))
    # no reward and no acquisition cost in this world: only the generations can matter
    published = totals.pop("as published (used here)")
    assert [name for name, total in totals.items() if total != published] == [
        "two generations, half handed up", "three generations, half handed up each time",
    ]  # fmt: skip
    assert "three generations" in told.sentence
    plain = switch_effects(flows_of([("a", "b")], [5.0]), 3, FREE, draws=9)
    assert "None of the debatable points" in plain.sentence
