"""Resampling: the shortcuts give the distribution that drawing row by row gives."""

import numpy as np
import pytest

from scrm_helpers.stats.chance import draw_sums


@pytest.mark.parametrize("distinct", [3, 400])
def test_sums_have_the_mean_and_the_spread_of_the_bootstrap(distinct):
    # a bootstrap sum of n rows has mean sum(x) and variance n * var(x)
    rng = np.random.default_rng(1)
    rows = np.where(rng.random(900) < 0.4, rng.integers(1, distinct, 900), 0).astype(float)[:, None]
    sums = draw_sums(rows, draws=20_000, seed=2)[:, 0]
    spread = np.sqrt(900 * rows.var())
    assert sums.mean() == pytest.approx(rows.sum(), abs=4 * spread / np.sqrt(20_000))
    assert sums.std() == pytest.approx(spread, rel=0.03)


def test_the_same_seed_gives_the_same_sums():
    rows = np.random.default_rng(1).random((50, 2))
    assert np.array_equal(draw_sums(rows, 10, seed=5), draw_sums(rows, 10, seed=5))
    assert not np.array_equal(draw_sums(rows, 10, seed=5), draw_sums(rows, 10, seed=6))
