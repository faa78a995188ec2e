"""The Gamma-Gompertz/NBD likelihood against a plain integral, and what its fit says with and without ageing."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.history.distinct_histories import Rows
from scrm_helpers.value.models.gompertz import fit_gompertz, log_likelihood


def by_integral(parameters, x, t_x, age):
    from scipy.integrate import quad
    from scipy.special import gammaln

    r, alpha, b, s, beta = parameters

    def leaves(u):
        return s * beta**s * b * np.exp(b * u) / (beta + np.expm1(b * u)) ** (s + 1) * ((alpha + u) / scale) ** -(r + x)

    scale = alpha + t_x
    inside = sum(
        quad(leaves, t_x + (age - t_x) * low, t_x + (age - t_x) * high, epsabs=0, epsrel=1e-12)[0]
        for low, high in ((0, 1e-3), (1e-3, 0.05), (0.05, 1))
    )
    stays = (beta / (beta + np.expm1(b * age))) ** s * ((alpha + age) / scale) ** -(r + x)
    return np.log(inside + stays) - (r + x) * np.log(scale) + gammaln(r + x) - gammaln(r) + r * np.log(alpha)


@pytest.mark.parametrize(
    "parameters",
    [(0.55, 10.6, 2e-4, 0.6, 2.6e-3), (0.55, 10.6, 0.1, 0.6, 0.5), (2, 1, 0.2, 0.3, 20), (0.5, 100, 0.1, 0.05, 1.0)],
)
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 39), (2, 30.43, 38.86), (40, 10, 39), (400, 3.9, 4), (3, 1, 80)])
def test_likelihood_equals_the_integral(parameters, x, t_x, age):
    one = Rows(*(np.array([float(value)]) for value in (x, t_x, age, 1)))
    assert log_likelihood(one)(np.array(parameters))[0] == pytest.approx(by_integral(parameters, x, t_x, age), rel=1e-9)


def test_ageing_is_found_where_it_is():
    """Everybody's risk of leaving grows by 12 % a week, where the Pareto/NBD knows constant risks only."""
    rng, n, truth = np.random.default_rng(5), 6_000, np.array([2.0, 1.0, 0.12, 1.5, 200.0])
    r, alpha, b, s, beta = truth
    age = rng.uniform(30, 80, n)
    life = np.log1p(rng.exponential(1 / rng.gamma(s, 1 / beta, n))) / b
    seen = np.minimum(life, age)
    x = rng.poisson(rng.gamma(r, 1 / alpha, n) * seen)
    last = np.where(x > 0, seen * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    fitted = fit_gompertz(pd.DataFrame({"frequency": x, "recency": last, "age": age}))
    assert fitted.identified
    assert (np.abs(np.log(fitted.parameters / truth)) < 3.5 * np.sqrt(np.diag(fitted.covariance))).all()


def test_without_repeat_purchases_there_is_a_reason():
    nobody = pd.DataFrame({"frequency": [0.0, 0], "recency": [0.0, 0], "age": [9.0, 9]})
    assert fit_gompertz(nobody).reason == "nobody bought a second time"
