"""The check of the ranges confirms good ones, finds bad ones, and says when there is nothing to check."""

from dataclasses import replace

import pytest

from scrm_helpers.value.models.beta_geometric import BGNBD, fit_bgnbd
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import check_ranges


@pytest.fixture(scope="module")
def fitted(simulate):
    return fit_bgnbd(simulate(2_000, 3))


def test_good_ranges_are_confirmed(fitted):
    told = check_ranges(fitted, seed=20260930)
    assert "it confirms the ranges" in told.sentence
    assert 0 < told.measures[0].value < 0.12
    assert told.table["Parameter"].tolist() == ["r", "alpha", "a", "b"]
    assert (told.table["Chain, low"] < fitted.parameters).all()
    assert (told.table["Chain, high"] > fitted.parameters).all()


def test_ranges_twice_too_wide_are_found(fitted):
    # told apart by the likelihood alone: errors below the limit of a sharp likelihood are believed by the draws
    wrong = replace(fitted, covariance=fitted.covariance / 16)
    told = check_ranges(wrong, seed=20260930)
    assert told.measures[0].value > 0.12
    assert "confirms" not in told.sentence


def test_without_standard_errors_there_is_nothing_to_check():
    told = check_ranges(ModelFit(of=BGNBD, n=1, reason="there is only one customer"), seed=1)
    assert told.sentence == "There are no ranges to check: no model has standard errors."
    assert told.measures[0].value is None
