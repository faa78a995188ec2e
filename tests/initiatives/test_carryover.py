"""Carry-over against closed forms and the Lydia Pinkham series."""

import numpy as np
import pytest

from scrm_helpers.initiatives.plan import streams


def test_carry_forward_is_a_convolution():
    path, kernel = np.array([[1.0, 2.0, 0.0, 4.0]]), np.array([1.0, 0.5, 0.25])
    stream = streams.Stream("a", "direct", streams.fixed(1.0), kernel=kernel, openings=((0, 1.0),))
    assert stream.path(path, 3)[0] == pytest.approx(np.convolve(path[0], kernel)[:4])


def test_delayed_kernel_peaks_late():
    assert streams.geometric(0.6, 8, peak=3).argmax() == 3


@pytest.mark.parametrize("carry", [1.0, -0.1, 1.5])
def test_an_effect_that_never_ends_is_refused(carry):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
        streams.geometric(carry, 4)
