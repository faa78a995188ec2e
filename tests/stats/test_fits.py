"""Fits that cannot be trusted become reasons."""

import numpy as np
import pytest

from scrm_helpers.stats.fits import maximise


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
