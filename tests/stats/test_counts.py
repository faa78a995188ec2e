"""Count models against statsmodels and against worlds with known truth."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.discrete.count_model import ZeroInflatedNegativeBinomialP

from scrm_helpers.stats.fits import (
    collapse,
    fit_counts,
    log_inflated,
    log_rate,
    log_some,
    logit,
    truncated_negative_binomial,
)


def negative_binomial(cells):
    return fit_counts("negative binomial", cells)[0]


def zero_inflated(cells):
    return fit_counts("zero-inflated", cells)[0]


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    score = rng.integers(0, 11, 4000)
    rate = np.exp(-1.2 + 0.08 * score) * rng.gamma(2.0, 0.5, 4000)
    return score, rng.poisson(rate), rng.random(4000) < 0.4


def test_negative_binomial_is_that_of_statsmodels(world):
    score, counts, _ = world
    theirs = sm.NegativeBinomial(counts, sm.add_constant(score)).fit(disp=0)
    cells = collapse(counts, score)
    ours = negative_binomial(cells)
    assert cells.weight @ log_rate(cells, ours.parameters) == pytest.approx(theirs.llf, abs=1e-4)
    assert ours.parameters[:2] == pytest.approx(theirs.params[:2], abs=1e-4)
    assert ours.errors[:2] == pytest.approx(theirs.bse[:2], rel=1e-2)
    assert np.exp(ours["log_dispersion"]) == pytest.approx(theirs.params[2], rel=1e-3)


def test_exposure_is_an_offset_not_a_reason_for_more_referrals(world):
    score, counts, _ = world
    years = np.where(np.arange(4000) % 2, 1.0, 3.0)
    more = counts + np.where(years == 3.0, np.random.default_rng(1).poisson(0.9 * counts.mean(), 4000), 0)
    theirs = sm.NegativeBinomial(more, sm.add_constant(score), exposure=years).fit(disp=0)
    assert negative_binomial(collapse(more, score, years)).parameters[:2] == pytest.approx(theirs.params[:2], abs=1e-4)


def test_crossing_the_hurdle_is_the_logit_of_statsmodels(world):
    score, counts, _ = world
    theirs = sm.Logit(counts > 0, sm.add_constant(score)).fit(disp=0)
    ours = logit(collapse(counts, score))
    assert ours.parameters == pytest.approx(theirs.params, abs=1e-6)
    assert ours.errors == pytest.approx(theirs.bse, rel=1e-4)


def test_hurdle_parts_multiply_to_the_likelihood_of_all_counts(world):
    # negative binomial counts: the truncated part alone gives the same slope as all counts, within three errors
    score, counts, _ = world
    whole, (_, amount) = negative_binomial(collapse(counts, score)), fit_counts("hurdle", collapse(counts, score))
    assert abs(amount["slope"] - whole["slope"]) < 3 * amount.errors[1]


def test_truncated_likelihood_is_that_of_scipy():
    counts, score = np.array([1, 1, 2, 3, 1, 5, 2, 1] * 30), np.array([1, 2, 3, 4, 5, 6, 7, 8] * 30)
    cells = collapse(counts, score)
    fit = truncated_negative_binomial(cells)
    size = np.exp(-fit["log_dispersion"])
    mean = np.exp(fit["constant"] + fit["slope"] * score)
    nb = stats.nbinom(size, size / (size + mean))
    assert cells.weight @ log_some(cells, fit.parameters) == pytest.approx(
        (nb.logpmf(counts) - nb.logsf(0)).sum(), abs=1e-5
    )


def test_zero_inflation_is_found_where_it_was_planted_and_matches_statsmodels(world):
    score, counts, never = world
    cells = collapse(np.where(never, 0, counts), score)
    fit = zero_inflated(cells)
    assert fit["logit_never"] == pytest.approx(np.log(0.4 / 0.6), abs=3 * fit.errors[3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ZeroInflatedNegativeBinomialP(np.where(never, 0, counts), sm.add_constant(score))
        theirs = model.fit(disp=0, maxiter=1000, start_params=[fit["logit_never"], *fit.parameters[:2], 0.5])
    assert cells.weight @ log_inflated(cells, fit.parameters) == pytest.approx(theirs.llf, abs=0.01)


@pytest.mark.parametrize(
    ("counts", "score", "reason"),
    [
        ([0] * 10, range(10), "nobody referred"),
        ([1] * 10, range(10), "everybody referred"),
        ([0] * 5 + [1, 2, 1, 3, 1], range(10), "perfect separation"),
        ([0, 1] * 5, [7] * 10, "no variation in the answer"),
    ],
)
def test_what_cannot_be_fitted_says_why(counts, score, reason):
    assert reason in logit(collapse(counts, list(score))).reason
