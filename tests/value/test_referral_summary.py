"""Range of referral value: bootstrap-t covers a mostly-zero, heavy-tailed mean; few referrers get no range."""

import dataclasses

import numpy as np
import pandas as pd
from given import TERMS

from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.value.social.referral_totals import referral_summary
from scrm_helpers.value.social.referral_value import referral_flows


def flows_of(n, seed=1, sign=1):
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2024-01-01")
    ids = [f"c{i}" for i in range(n)]
    people = pd.DataFrame({"customer_id": ids, "joined_on": day})
    orders = pd.DataFrame({"customer_id": ids, "ordered_on": day, "margin": sign * rng.gamma(2, 50, n)})
    referred = pd.DataFrame(
        {"referrer_id": [f"r{i}" for i in range(n)], "referred_id": ids, "referred_on": day, "converted_on": day}
    )
    return referral_flows(referred, orders, people, pd.Timestamp("2026-01-01"))


def test_total_parts_and_range():
    summed = referral_summary(flows_of(60), 400, TERMS)
    total = summed.measures[0]
    assert total.value == summed.by_person["crv"].sum()
    assert total.low < total.value < total.high
    assert summed.parts.sum() == summed.by_person["crv"].sum()
    assert summed.measures[1].value == 1 - 60 / 400


def test_few_referrers_get_no_range():
    summed = referral_summary(flows_of(10), 400, TERMS)
    assert summed.measures[0].low is None
    assert "first year (no range: too few referrers)" in summed.sentence


def test_no_converted_referral_is_a_reason():
    flows = flows_of(3)
    summed = referral_summary(dataclasses.replace(flows, rows=flows.rows[:0]), 5, TERMS)
    assert not summed.drawable
    assert summed.measures[0].value is None


def test_range_covers_the_mean_of_zeros_and_a_heavy_tail():
    rng, hits = np.random.default_rng(8), 0
    truth = 0.2 * np.exp(0.5)
    for trial in range(120):
        some = rng.lognormal(0, 1, rng.binomial(400, 0.2))
        found = mean_bootstrap_t(np.pad(some, (0, 400 - len(some))), draws=299, seed=trial)
        hits += found.low <= truth <= found.high
    assert 0.87 <= hits / 120 <= 1.0


def test_friends_who_bring_nothing_give_a_reason_in_place_of_a_range():
    summed = referral_summary(flows_of(60, sign=0), 400, TERMS)
    assert (summed.measures[0].value, summed.measures[0].low) == (0.0, None)
    assert "no range: what they brought does not differ" in summed.sentence
