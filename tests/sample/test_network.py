import numpy as np
import pandas as pd
import pytest

from scrm_helpers.sample import world


@pytest.fixture(scope="module")
def pairs(large):
    """Converted referrals between customers, first one for each who came, with both sides' region and dates."""
    customers = large.tables["customers"].set_index("customer_id")
    came = large.tables["referrals"].dropna(subset=["converted_on"]).drop_duplicates("referred_id")
    came = came[came["referrer_id"].isin(customers.index)]
    return came.assign(
        referrer_joined=came["referrer_id"].map(customers["joined_on"]),
        joined=came["referred_id"].map(customers["joined_on"]),
        region=came["referred_id"].map(customers["region"]),
        referrer_region=came["referrer_id"].map(customers["region"]),
    )


def test_who_came_by_referral_is_a_customer_since_that_day(large, pairs):
    customers = large.tables["customers"].set_index("customer_id")
    assert (pairs["converted_on"] == pairs["joined"]).all()
    came = large.tables["referrals"].dropna(subset=["converted_on"])["referred_id"].unique()
    assert set(came) == set(customers.index[customers["acquisition_channel"] == "referral"])


def test_forest_has_no_cycle_because_every_referrer_joined_earlier(large, pairs):
    assert (pairs["referrer_joined"] < pairs["joined"]).all()
    referrals = large.tables["referrals"]
    joined = referrals["referrer_id"].map(large.tables["customers"].set_index("customer_id")["joined_on"])
    assert (referrals["referred_on"] > joined)[joined.notna()].all()
    assert (referrals["converted_on"] >= referrals["referred_on"])[referrals["converted_on"].notna()].all()
    assert not (referrals["referrer_id"] == referrals["referred_id"]).any()


def test_status_tells_whether_somebody_came(large):
    referrals = large.tables["referrals"]
    assert ((referrals["status"] == "converted") == referrals["converted_on"].notna()).all()
    assert set(referrals["status"]) == {"converted", "pending", "declined"}
    assert (referrals.loc[referrals["status"] != "converted", "reward_cost"] == 0).all()
    assert referrals["p_type1"].mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("company", ["small", "large"])
def test_deep_cascades_stars_repeats_and_influencers_exist(company, request):
    sample = request.getfixturevalue(company)
    referrals = sample.tables["referrals"]
    assert sample.truth["in_this_draw"]["deepest_generation"] >= 8
    assert referrals["referrer_id"].value_counts().max() >= 15
    assert referrals.duplicated(["referrer_id", "referred_id"]).sum() >= 2
    outside = ~referrals["referrer_id"].isin(sample.tables["customers"]["customer_id"])
    assert referrals.loc[outside, "referrer_id"].nunique() >= 5
    assert referrals.loc[outside, "converted_on"].notna().any()


def order_of_the_referred_nearby(large, pairs, first: int, last: int) -> pd.Series:
    """Share of the referrers' orders with one by the person referred `first` to `last` days later, by region."""
    orders = large.tables["transactions"].query("amount > 0")[["customer_id", "ordered_on"]]
    theirs = pairs.merge(orders, left_on="referrer_id", right_on="customer_id")
    known = (theirs["ordered_on"] - theirs["joined"]).dt.days > 30
    theirs = theirs[known & (theirs["ordered_on"] < pd.Timestamp("2026-09-01"))]
    theirs = theirs[["referred_id", "region", "ordered_on"]].drop_duplicates()
    both = theirs.merge(orders, left_on="referred_id", right_on="customer_id", suffixes=("", "_of_referred"))
    near = (both["ordered_on_of_referred"] - both["ordered_on"]).dt.days.between(first, last)
    hits = both[near].drop_duplicates(["referred_id", "ordered_on"])["region"].value_counts()
    return hits / theirs["region"].value_counts()


def test_the_zero_influence_region_has_none_and_the_others_have(large, pairs):
    after = order_of_the_referred_nearby(large, pairs, 1, 14)
    before = order_of_the_referred_nearby(large, pairs, -14, -1)
    zero = world.ZERO_INFLUENCE_REGION
    assert large.truth["network"]["triggered_orders_by_region"][zero] == 0
    assert after[zero] == pytest.approx(before[zero], abs=0.012)
    others = after.drop(zero) - before.drop(zero)
    assert (others > 0.03).all(), others


def test_neighbours_in_the_zero_influence_region_are_alike(large, pairs):
    orders = large.tables["transactions"].query("amount > 0")["customer_id"].value_counts()
    days = (pd.Timestamp("2026-09-30") - large.tables["customers"].set_index("customer_id")["joined_on"]).dt.days
    rate = np.log1p(orders.reindex(days.index) - 1) - 0.5 * np.log1p(days)
    alike = {}
    for region, group in pairs[pairs["region"] == pairs["referrer_region"]].groupby("region"):
        alike[region] = np.corrcoef(group["referrer_id"].map(rate), group["referred_id"].map(rate))[0, 1]
    zero = alike.pop(world.ZERO_INFLUENCE_REGION)
    assert zero > 0.15
    assert all(zero > other + 0.05 for other in alike.values())
