"""The band that simulated coverage must keep, and the worlds in which it is measured.

Where fewer worlds than a rule asks for run in CI, `SCRM_WORLDS=2000` before the command runs as many as it asks.
"""

import os

import numpy as np
import pytest

WORLDS = 2000  # a true 95 % leaves the band of 1.5 points in 0.18 % of runs, a true 92 % in 99.4 %
BAND = 0.015
ASKED = int(os.environ.get("SCRM_WORLDS", "0"))


@pytest.fixture(scope="session")
def in_band():
    def check(held, aim=0.95, band=BAND):
        band = max(BAND, 3 * np.sqrt(aim * (1 - aim) / len(held))) if band is None else band  # three standard errors
        return abs(float(np.mean(held)) - aim) <= band

    return check
