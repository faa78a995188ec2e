"""Distributions against closed forms."""

import numpy as np
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.plan.streams import Distribution, fixed

SIZE = 200_000


def test_pert_has_its_published_mean_and_variance():
    drawn = Distribution("pert", (2.0, 5.0, 9.0)).draw(SIZE, np.random.default_rng(1))
    mean = (2 + 4 * 5 + 9) / 6
    variance = (mean - 2) * (9 - mean) / 7
    assert drawn.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / SIZE))
    assert drawn.var() == pytest.approx(variance, rel=0.02)
    assert drawn.min() >= 2
    assert drawn.max() <= 9


@pytest.mark.parametrize(
    "given",
    [
        Distribution("uniform", (-1, 3)),
        Distribution("normal", (5, 2)),
        Distribution("beta", (6, 4)),
        Distribution("poisson", (3.5,)),
        Distribution("lognormal", (10.0, 30.0)),
        fixed(4.0),
    ],
)
def test_the_mean_is_the_mean_of_the_draws(given):
    drawn = given.draw(SIZE, np.random.default_rng(2))
    assert drawn.mean() == pytest.approx(given.mean, abs=6 * drawn.std() / np.sqrt(SIZE) + 1e-12)


def test_lognormal_keeps_median_and_ninetieth_percentile():
    drawn = Distribution("lognormal", (10.0, 30.0)).draw(SIZE, np.random.default_rng(3))
    assert np.quantile(drawn, [0.5, 0.9]) == pytest.approx([10, 30], rel=0.02)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("pert", (5, 2, 9)),
        ("uniform", (3, 1)),
        ("normal", (0, -1)),
        ("beta", (0, 1)),
        ("normal", (float("nan"), 1)),
        ("pert", (1, 2)),
        ("guess", (1,)),
    ],
)
def test_what_cannot_be_drawn_is_refused(kind, arguments):
    with pytest.raises(Refusal, match="distribution"):
        Distribution(kind, arguments)
