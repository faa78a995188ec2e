"""Fits that cannot be trusted become reasons."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from scrm_helpers.stats.fits import checked, maximise


def test_a_flat_likelihood_is_no_estimate():
    fit = maximise(lambda p: -((p[0] + p[1] - 1.0) ** 2), [0.0, 0.0], ["a", "b"], n=10)
    assert "do not determine" in fit.reason
    with pytest.raises(ValueError, match="do not determine"):
        fit["a"]


def test_a_likelihood_without_maximum_is_no_estimate():
    assert not maximise(lambda p: p[0], [0.0], ["a"], n=10).ok


def test_normal_mean_has_its_textbook_error():
    values = np.random.default_rng(1).normal(5, 1, 400)
    fit = maximise(lambda p: -0.5 * ((values - p[0]) ** 2).sum(), [0.0], ["mean"], n=400)
    assert fit["mean"] == pytest.approx(values.mean(), abs=1e-6)
    assert fit.errors[0] == pytest.approx(1 / 20, rel=1e-4)


def test_perfect_separation_in_statsmodels_becomes_a_reason():
    x = sm.add_constant(np.arange(20.0))
    result, reason = checked(lambda: sm.Logit(np.arange(20) >= 10, x).fit(disp=0))
    assert result is None
    assert reason


def test_warnings_of_a_fit_become_a_reason_and_old_age_does_not():
    def old():
        warnings.warn("will be gone", FutureWarning, stacklevel=1)
        return "fine"

    def shaky():
        warnings.warn("Hessian is singular", RuntimeWarning, stacklevel=1)
        return "not fine"

    assert checked(old) == ("fine", "")
    assert checked(shaky)[0] is None
