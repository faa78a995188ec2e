"""The band that simulated coverage must keep, and the worlds in which it is measured."""

import numpy as np
import pytest

WORLDS = 2000  # a true 95 % leaves the band of 1.5 points in 0.18 % of runs, a true 92 % in 99.4 %
BAND = 0.015


@pytest.fixture(scope="session")
def in_band():
    def check(held, aim=0.95, band=BAND):
        return abs(float(np.mean(held)) - aim) <= band

    return check
