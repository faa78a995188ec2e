"""Rank coefficients against published tables, scipy and the jackknife."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scrm_helpers.stats.rank import auc, rank_coefficients, somers_d, spearman

# Agresti, income (rows) by job satisfaction (columns)
AGRESTI = np.array([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]])
SCIPY = np.array([[27, 25, 14, 7, 0], [7, 14, 18, 35, 12], [1, 3, 2, 7, 17]])
PAIRS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 4)), min_size=8, max_size=60)


def spread_out(table):
    rows, columns = np.indices(table.shape)
    return np.repeat(rows.ravel(), table.ravel()), np.repeat(columns.ravel(), table.ravel())


def test_published_table_of_income_and_satisfaction():
    income, satisfaction = spread_out(AGRESTI)
    found = rank_coefficients(satisfaction, income)
    assert found["gamma"].value == pytest.approx(0.22110091743119267, abs=1e-12)
    assert found["tau_b"].value == pytest.approx(0.15235215134659694, abs=1e-12)
    assert found["somers_d"].value == pytest.approx(0.14172302264039988, abs=1e-12)


def test_documented_table_of_scipy():
    rows, columns = spread_out(SCIPY)
    assert somers_d(columns, rows).value == pytest.approx(0.6032766111513396, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(PAIRS)
def test_coefficients_are_those_of_scipy(pairs):
    given_, outcome = np.array(pairs).T
    if len(set(given_)) < 2 or len(set(outcome)) < 2:
        return
    found = rank_coefficients(outcome, given_)
    assert found["somers_d"].value == pytest.approx(stats.somersd(given_, outcome).statistic, abs=1e-12)
    assert found["tau_b"].value == pytest.approx(stats.kendalltau(given_, outcome).statistic, abs=1e-12)
    assert spearman(outcome, given_).value == pytest.approx(stats.spearmanr(given_, outcome).statistic, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_order_of_rows_and_any_growing_scale_change_nothing(pairs):
    given_, outcome = np.array(pairs).T
    if len(set(given_)) < 2 or len(set(outcome)) < 2:
        return
    turned = somers_d(outcome[::-1], np.exp(given_[::-1]))
    assert turned.value == pytest.approx(somers_d(outcome, given_).value, abs=1e-12)
    assert turned.error == pytest.approx(somers_d(outcome, given_).error, abs=1e-12)


@pytest.mark.parametrize("name", ["somers_d", "tau_b", "gamma", "spearman"])
def test_errors_are_those_of_the_jackknife(name):
    rng = np.random.default_rng(2)
    score = rng.integers(0, 11, 400)
    outcome = rng.poisson(np.exp(-1.5 + 0.12 * score))

    def value(keep):
        if name == "spearman":
            return spearman(outcome[keep], score[keep])
        return rank_coefficients(outcome[keep], score[keep])[name]

    everybody = np.ones(400, bool)
    left_out = np.array([value(everybody & (np.arange(400) != row)).value for row in range(400)])
    jackknife = np.sqrt(399 / 400 * ((left_out - left_out.mean()) ** 2).sum())
    assert value(everybody).error == pytest.approx(jackknife, rel=0.02)


def test_doubling_the_company_keeps_the_estimate_and_shrinks_the_error():
    income, satisfaction = spread_out(AGRESTI)
    once, twice = somers_d(satisfaction, income), somers_d(np.tile(satisfaction, 2), np.tile(income, 2))
    assert twice.value == pytest.approx(once.value)
    assert twice.error == pytest.approx(once.error / np.sqrt(2))


def test_the_area_under_the_curve_is_somers_d_in_other_words():
    rng = np.random.default_rng(1)
    score, referred = rng.integers(0, 11, 200), rng.random(200) < 0.3
    found = auc(referred, score)
    u = stats.mannwhitneyu(score[referred], score[~referred]).statistic
    assert found.value == pytest.approx(u / (referred.sum() * (~referred).sum()))
    assert 2 * found.value - 1 == pytest.approx(somers_d(score, referred).value)


def test_ties_limit_spearman_and_the_limit_is_reached_in_perfect_order():
    score = np.arange(100) // 10
    referred = score >= 8
    found = spearman(referred, score)
    assert found.value == pytest.approx(found.attainable)
    assert found.attainable < 0.75


@pytest.mark.parametrize(
    ("outcome", "given", "reason"),
    [([0, 1, 1], [5, 5, 5], "no variation in the answer"), ([0, 0, 0], [1, 2, 3], "no variation in the outcome")],
)
def test_without_variation_the_coefficient_is_undefined_in_words(outcome, given, reason):
    for found in [*rank_coefficients(outcome, given).values(), spearman(outcome, given)]:
        assert found.value is None
        assert reason in found.reason
