"""Single futures and the chance to lie above a cut agree with the models that they are drawn from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.lifetime.clv import chance_above, customer_lifetime_value, outcome_draws, single_customers
from scrm_helpers.value.lifetime.purchase_models import MODELS, fit_purchases
from scrm_helpers.value.matrix.cell_stability import PublishedCampaigns, no_campaign_migration
from scrm_helpers.value.models.gammagamma import fit_gammagamma

TERMS = Terms(pd.Timestamp(0), seed=1)


@pytest.fixture(scope="module", params=["BG/NBD", "Pareto/NBD"])
def fitted(simulate, request):
    history = simulate(1_200, 21)
    buying = fit_purchases(history, request.param)
    assert buying.model == request.param
    return history, buying, fit_gammagamma(history)


def test_single_futures_centre_on_the_expectation(fitted, monkeypatch):
    # draws from the normal approximation, whose agreement with the likelihood is tested beside it
    monkeypatch.setattr("scrm_helpers.value.models.posterior._nearly_normal", lambda _: True)
    history, buying, spending = fitted
    worth = customer_lifetime_value(history, buying, spending, Terms(pd.Timestamp(0), discount_rate=0.0), draws=50)
    some = history.iloc[:40]
    # with the parameters held at their estimates, so that nothing but chance is left
    sure_of = (replace(one, covariance=1e-8 * one.covariance) for one in (buying, spending))
    bought, money = outcome_draws(some, *sure_of, 12, draws=6_000, seed=1)
    assert bought.mean() == pytest.approx(worth.customers["expected_purchases"].iloc[:40].mean(), rel=0.05)
    assert money.mean() == pytest.approx(worth.customers["clv"].iloc[:40].mean(), rel=0.08)
    shown = single_customers(history, worth, buying, spending, draws=500, seed=1)
    wide = shown.table["Single future, 5% high"] - shown.table["Single future, 5% low"]
    sure = shown.table["Expected, 95% range high"] - shown.table["Expected, 95% range low"]
    assert (wide > sure).all()


def test_chance_to_lie_above_the_median_is_half_on_average(fitted):
    history, buying, spending = fitted
    chance = chance_above(history, buying, spending, 0.0, TERMS)
    assert (chance <= 1).all()
    assert chance.mean() == pytest.approx(
        MODELS[buying.model][0](buying.parameters, *history[["frequency", "recency", "age"]].to_numpy().T).mean()
    )  # above nothing is whoever is still there
    low, high = (chance_above(history, buying, spending, cut, TERMS).mean() for cut in (1.0, 100.0))
    assert low > high


def test_chance_to_lie_above_a_cut_follows_the_rate_and_the_months(fitted):
    history, buying, spending = fitted

    def chance(cut, rate, months):
        return chance_above(history, buying, spending, cut, replace(TERMS, discount_rate=rate), months)

    for rate, months in ((0.1, 12), (0.4, 12), (0.4, 36)):  # discounted from the middle of the months
        grown = 20.0 * (1 + rate) ** (months / 24)
        pd.testing.assert_series_equal(chance(20.0, rate, months), chance(grown, 0.0, months))
    pd.testing.assert_series_equal(chance(20.0, 0.1, 12), chance_above(history, buying, spending, 20.0, TERMS))
    means = [chance(20.0, rate, months).mean() for rate, months in ((0.4, 12), (0.1, 12), (0.1, 36))]
    assert means[0] < means[1] < means[2]


def test_people_move_between_cells_with_no_campaign(fitted):
    history, buying, spending = fitted
    brought = pd.Series(np.random.default_rng(3).negative_binomial(0.3, 0.5, len(history)), history.index)
    moved = no_campaign_migration(history, buying, spending, brought, pd.Series(1.0, history.index))
    assert np.allclose(moved.shares.sum(axis=1), 1)
    assert 0.05 < moved.shares.loc["Champions", "Champions"] < 0.9
    assert "control group" in PublishedCampaigns().sentence
