"""Rank correlations between dimensions, against scipy and on tables where the answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from scrm_helpers.value.matrix.dimensions import dimensions_together


def table(n=400, seed=1, **columns):
    generator = np.random.default_rng(seed)
    made = {"is_customer": True, "clv": generator.gamma(2, 10, n), "crv": generator.poisson(0.3, n) * 10.0}
    return pd.DataFrame(made | columns)


def test_coefficients_are_scipys():
    value = table()
    found = dimensions_together(value).correlations.loc["referral value", "own value"]
    assert found == pytest.approx(spearmanr(value["clv"], value["crv"]).statistic, abs=1e-12)


def test_independent_dimensions_are_not_said_to_go_together():
    assert (
        dimensions_together(table()).sentence
        == "No two dimensions of value can be shown to go together or against each other."
    )


def test_a_planted_order_is_found_and_named():
    value = table()
    together = dimensions_together(value.assign(sdv=value["clv"] ** 2))
    assert together.title == "Own value and support value go together most: rank correlation 1.00"
    assert together.measures[0].value == pytest.approx(1.0)


def test_weak_but_certain_order_is_not_called_close():
    value = table(n=20_000)
    generator = np.random.default_rng(3)
    weak = 0.1 * value["clv"].rank() / len(value) + generator.random(len(value))
    together = dimensions_together(value.assign(civ=weak))
    assert "can be shown to go together" in together.sentence
    assert together.sentence.endswith("None is close enough for one list to stand for another.")


def test_a_negative_order_runs_against_and_is_not_called_together():
    value = table()
    together = dimensions_together(value.assign(sdv=-value["clv"]))
    assert together.title == "Own value and support value run against each other most: rank correlation −1.00"
    assert "none can be shown to go together and 1 to run against each other" in together.sentence


def test_age_that_moves_both_is_no_relation_among_customers_of_one_age():
    age = np.arange(1000)
    value = table(n=1000)
    value = value.assign(clv=value["clv"] - age / 10, crv=value["crv"] + age / 10, joined_on=pd.Timestamp("2026-01-01"))
    value["joined_on"] -= pd.to_timedelta(age, unit="D")
    assert "No two dimensions" in dimensions_together(value.sample(frac=1, random_state=2)).sentence
    assert "1 to run against" in dimensions_together(value.drop(columns="joined_on")).sentence


def test_one_dimension_alone_draws_nothing():
    alone = dimensions_together(table().assign(crv=0.0))
    assert not alone.drawable
    assert alone.measures[0].reason == "fewer than two dimensions vary"


def test_the_picture_shows_each_pair_once():
    value = table()
    axes = dimensions_together(value.assign(sdv=value["clv"] ** 2)).plot()
    assert len(axes.texts) == 3
