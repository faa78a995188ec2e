"""Similar neighbours are never called influence; a planted influence is found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.network import build_forest
from scrm_helpers.network.graph.homophily import FOLLOWS, SIMILAR, homophily_or_influence
from scrm_helpers.network.graph.neighbours import alikeness, e_value, following, matched_periods, tied_orders

SEEDED = replace(TERMS, seed=1)


def world(seed, ties=150, alike=0.8, trigger=0.0, days=900):
    """Pairs with purchase rates that are alike; at `trigger` orders of the first bring one of the second in 14 days."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(size=(ties, 1)), rng.normal(size=(ties, 2))
    rate = 0.012 * np.exp(np.sqrt(alike) * common + np.sqrt(1 - alike) * own)
    joined = np.stack([rng.integers(0, 200, ties), rng.integers(200, 300, ties)], axis=1)
    rows = []
    for pair in range(ties):
        dates = []
        for end in (0, 1):
            number = rng.poisson(rate[pair, end] * (days - joined[pair, end]))
            dates.append(rng.integers(joined[pair, end], days, number))
        caused = dates[0][rng.random(len(dates[0])) < trigger] + rng.integers(1, 15, 1)
        dates[1] = np.append(dates[1], caused[(caused > joined[pair, 1]) & (caused < days)])
        rows += [(f"P{pair:03}{end}", day) for end in (0, 1) for day in dates[end]]
    start = pd.Timestamp("2024-01-01")
    orders = pd.DataFrame(rows, columns=["customer_id", "day"])
    orders["ordered_on"] = (start + pd.to_timedelta(orders.pop("day"), unit="D")).astype("datetime64[us]")
    ids = [[f"P{pair:03}{end}" for pair in range(ties)] for end in (0, 1)]
    when = [(start + pd.to_timedelta(joined[:, end], unit="D")).astype("datetime64[us]") for end in (0, 1)]
    customers = pd.DataFrame({"customer_id": ids[0] + ids[1], "joined_on": when[0].append(when[1]), "region": "East"})
    referrals = pd.DataFrame({"referrer_id": ids[0], "referred_id": ids[1], "referred_on": when[1]})
    as_of = start + pd.Timedelta(days=days - 1)
    return build_forest(referrals, customers), customers, orders.assign(amount=10.0), as_of


def looked_at(seed, **options):
    forest, customers, orders, as_of = world(seed, **options)
    return tied_orders(forest, customers, orders, as_of)


def test_similar_neighbours_are_not_called_influence():
    forest, customers, orders, as_of = world(3)
    result = homophily_or_influence(forest, customers, orders, replace(SEEDED, as_of=as_of))
    assert result.table["What may be said"].tolist() == [SIMILAR]
    assert result.title == "Similar neighbours: nothing shows that one follows the other"
    assert "influence" not in (result.title + result.sentence)
    assert result.alike.value > 0.2
    result.plot()


def test_direction_in_time_is_called_by_its_name_and_never_a_cause():
    forest, customers, orders, as_of = world(3, trigger=0.3)
    result = homophily_or_influence(forest, customers, orders, replace(SEEDED, as_of=as_of))
    assert FOLLOWS in result.table["What may be said"].iloc[0]
    assert result.ratio.value > 1.2
    assert e_value(*result.ratio.ends) > 1
    for word in ("caused", "because", "influence"):
        assert word not in result.title + result.sentence


def test_size_and_power_of_the_test_in_time():
    # Zero influence, strong likeness: 5 % of 60 worlds is 3, more than 8 would be a chance of 0.3 %.
    alarms = sum(following(looked_at(seed, ties=80), permutations=199)[1].p < 0.05 for seed in range(60))
    assert alarms <= 8
    found = sum(following(looked_at(seed, ties=80, trigger=0.3), permutations=199)[1].p < 0.05 for seed in range(20))
    assert found >= 16


def test_the_matched_ratio_comes_down_to_one_without_influence():
    naive, matched = [], []
    for seed in range(8):
        ratio, plain = matched_periods(looked_at(seed, ties=300), np.zeros(300, dtype=int), draws=40)
        naive.append(np.log(plain))
        matched.append(np.log(ratio.value))
    assert np.mean(naive) > 0.3  # likeness alone looks like influence
    assert abs(np.mean(matched)) < 0.5 * np.mean(naive)


def test_likeness_by_permutation():
    ties = looked_at(1)
    found, chance = alikeness(ties, np.zeros(150, dtype=int))
    assert chance.p == 0.001
    assert chance.low < 0 < chance.high < found.value
    assert found.low < found.value < found.high
    unlike = [alikeness(looked_at(seed, alike=0.0), np.zeros(150, dtype=int), 199)[1].p < 0.05 for seed in range(40)]
    assert sum(unlike) <= 6
    few, *_ = alikeness(ties.only(np.arange(150) < 5), np.zeros(5, dtype=int))
    assert few.value is None
    assert few.reason == "only 5 ties, 20 are needed"


def test_counting_orders_by_hand():
    customers = pd.DataFrame({"customer_id": ["A", "B"], "joined_on": pd.to_datetime(["2026-01-01"] * 2)})
    rows = pd.DataFrame({"referrer_id": ["A"], "referred_id": ["B"], "referred_on": pd.to_datetime(["2026-01-01"])})
    orders = pd.DataFrame(
        {
            "customer_id": ["B", "A", "B", "B"],
            "ordered_on": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-06", "2026-01-09"]),
            "amount": [1.0, 1.0, 1.0, -1.0],  # the last is a refund
        }
    )
    ties = tied_orders(build_forest(rows, customers), customers, orders, "2026-06-30")
    days = np.array([[0, 3], [4, 4], [4, 5], [0, 400]]) + ties.joined[1]
    counts = ties.count(np.ones(4, dtype=int), days[:, 0], days[:, 1]).tolist()
    assert counts == [0, 1, 2, 2]
    assert ties.early_orders(90).tolist() == [1, 2]
    assert np.isnan(ties.early_orders(400)).all()


def test_all_ties_are_tested_first_and_regions_never_beyond_them():
    forest, customers, orders, as_of = world(3, trigger=0.3)
    customers = customers.assign(region=np.where(customers.index % 2, "East", "West"))
    result = homophily_or_influence(forest, customers, orders, replace(SEEDED, as_of=as_of))
    assert result.table["Group"].tolist() == ["all referrals", "East", "West"]
    assert [measure.name for measure in result.by_group] == ["alike_east", "extra_orders_east", "alike_west",
                                                             "extra_orders_west"]  # fmt: skip
    claims = {claim.name: claim for claim in result.claims}
    assert claims["orders_follow_orders"].verdict == "shown"
    assert claims["orders_follow_orders_east"].p >= claims["orders_follow_orders"].p
    assert claims["orders_follow_orders_east"].p_corrected >= claims["orders_follow_orders_east"].p
    assert claims["orders_in_matched_moments"].verdict == "descriptive"
    nothing = world(6, alike=0.0)
    still = homophily_or_influence(nothing[0], nothing[1], nothing[2], replace(SEEDED, as_of=nothing[3]))
    assert {claim.verdict for claim in still.claims} <= {"not shown", "descriptive"}
    assert "is not shown" in still.sentence


def test_nobody_tied_is_a_reason():
    customers = pd.DataFrame({"customer_id": ["A"], "joined_on": pd.to_datetime(["2026-01-01"])})
    nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    orders = pd.DataFrame({"customer_id": ["A"], "ordered_on": pd.to_datetime(["2026-02-01"]), "amount": [1.0]})
    result = homophily_or_influence(
        build_forest(nobody, customers), customers, orders, replace(SEEDED, as_of=pd.Timestamp("2026-06-30"))
    )
    assert result.sentence.endswith("cannot be computed: no two customers are tied by a referral.")


def test_e_value():
    assert e_value(2.0, 4.0) == pytest.approx(2 + np.sqrt(2))  # VanderWeele and Ding 2017: RR 2 gives 3.41
    assert e_value(0.25, 0.5) == e_value(2.0, 4.0)
    assert e_value(0.8, 1.3) == 1.0
