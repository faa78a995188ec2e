"""Corrections for several tests against statsmodels and by hand."""

import numpy as np
import pytest

from scrm_helpers.answers.claim import holm


def test_undefined_tests_do_not_count():
    # two tests: 2 * 0.02 and max(0.04, 1 * 0.5)
    assert holm([0.02, np.nan, 0.5]) == pytest.approx([0.04, np.nan, 0.5], nan_ok=True)


def test_impossible_p_values_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.2])
