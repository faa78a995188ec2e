import numpy as np
import pandas as pd
import pytest

from scrm_helpers.sample import world

LAST = pd.Timestamp("2026-09-30")


def test_repeat_orders_are_those_of_the_planted_model(large):
    """E[X(t)] of BG/NBD (Fader, Hardie and Lee 2005), summed over the customers nobody could influence."""
    from scipy.special import hyp2f1

    customers = large.tables["customers"]
    alone = customers[customers["acquisition_channel"] != "referral"].set_index("customer_id")
    orders = large.tables["transactions"].query("amount > 0")
    repeats = orders["customer_id"].value_counts().reindex(alone.index) - 1
    weeks = (LAST - alone["joined_on"]).dt.days / 7
    r, alpha, a, b = (world.BG_NBD[name] for name in ("r", "alpha", "a", "b"))
    gone = hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
    expected = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + weeks)) ** r * gone)
    assert repeats.sum() == pytest.approx(expected.sum(), rel=0.02)
    assert (repeats == 0).mean() == pytest.approx(np.mean((alpha / (alpha + weeks)) ** r), abs=0.005)


def test_every_customer_orders_first_on_the_day_of_joining(large):
    orders = large.tables["transactions"].query("amount > 0").groupby("customer_id")["ordered_on"].min()
    joined = large.tables["customers"].set_index("customer_id")["joined_on"]
    assert (orders.reindex(joined.index) == joined).all()


def test_spend_is_gamma_gamma(large):
    """Mean spend p * gamma / (q - 1) = 60; of two orders of one person the correlation is p / (p + q - 1) = 2/3."""
    orders = large.tables["transactions"].query("amount > 0")
    first = orders.drop_duplicates("customer_id").set_index("customer_id")["amount"]
    assert first.mean() == pytest.approx(60, rel=0.01)
    second = orders[orders.duplicated("customer_id")].drop_duplicates("customer_id").set_index("customer_id")["amount"]
    both = pd.concat([first, second], axis=1, join="inner").clip(upper=400)
    assert both.corr().iloc[0, 1] == pytest.approx(2 / 3, abs=0.05)


def test_refunds_take_off_no_more_than_was_paid(large):
    transactions = large.tables["transactions"]
    refunds = transactions["amount"] < 0
    assert refunds.mean() == pytest.approx(world.REFUND_SHARE, abs=0.002)
    assert (transactions.groupby("customer_id")["amount"].sum() > -0.005).all()
    assert transactions["order_id"].is_unique
    share = transactions["margin"].sum() / transactions["amount"].sum()
    assert share == pytest.approx(world.MARGIN_RATE, abs=0.003)
