"""BG/NBD predictions against an integral that uses no hypergeometric function."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.models.beta_geometric import expected_if_alive, fit_bgnbd, p_alive


def by_integral(parameters, t, x, age, modified):
    """E[(1 - (1 + p t / (alpha + T))^-(r + x)) / p] over p ~ Beta(a, b + x), the purchases of somebody who is there."""
    from scipy.integrate import quad
    from scipy.special import betaln

    r, alpha, a, b = parameters
    b = b + x + modified

    def smooth(p):
        return -np.expm1(-(r + x) * np.log1p(p * t / (alpha + age))) / p if p else (r + x) * t / (alpha + age)

    value = quad(smooth, 0, 1, weight="alg", wvar=(a - 1, b - 1), limit=2000, epsabs=0, epsrel=1e-11)[0]
    return value / np.exp(betaln(a, b))


@pytest.mark.parametrize("modified", [0, 1])
@pytest.mark.parametrize(
    ("a", "b"), [(0.793, 2.426), (0.9999, 2.0), (1.0, 2.0), (1.00001, 1.5), (0.3, 0.5), (3.0, 1.2)]
)
@pytest.mark.parametrize(("x", "age"), [(0, 39.0), (2, 38.86), (40, 39.0)])
def test_expected_purchases_equal_the_integral(a, b, x, age, modified):
    parameters = np.array([0.6, 4.4, a, b])
    ours = expected_if_alive(parameters, 52.0, np.array([float(x)]), np.array([age]), modified)[0]
    assert ours == pytest.approx(by_integral(parameters, 52.0, x, age, modified), rel=2e-8)


@pytest.mark.parametrize(("x", "age"), [(400, 4.0), (1000, 39.0), (5000, 39.0)])
def test_thousands_of_purchases_go_on_at_their_rate(x, age):
    ours = expected_if_alive(np.array([0.24, 4.4, 0.79, 2.43]), 0.01, np.array([float(x)]), np.array([age]))[0]
    assert ours == pytest.approx(0.01 * (x + 0.24) / (age + 4.4), rel=0.01)  # nobody has time to leave


def test_a_plus_b_below_one_has_no_pole():
    new = np.zeros(1)
    around = [
        expected_if_alive(np.array([0.5, 2.0, 0.4, 0.6 + shift]), 10.0, new, new)[0] for shift in (-1e-7, 0, 1e-7)
    ]
    assert np.ptp(around) < 1e-6
    assert 0 < around[1] < 0.5 / 2.0 * 10
    assert expected_if_alive(np.array([0.5, 2.0, 0.2, 0.3]), 10.0, new, new)[0] > 0


def test_nobody_without_a_repeat_has_left_under_the_bgnbd_only():
    one = (np.array([0.5, 4.0, 0.8, 2.0]), np.zeros(1), np.zeros(1), np.array([30.0]))
    assert p_alive(*one)[0] == 1
    assert p_alive(*one, modified=1)[0] < 1


def test_row_order_and_labels_do_not_matter(simulate):
    history = simulate(400, 3)
    shuffled = history.sample(frac=1, random_state=1)
    assert (fit_bgnbd(shuffled).parameters == fit_bgnbd(history).parameters).all()


def test_no_customers_at_all_are_a_reason_and_no_crash():
    nobody = pd.DataFrame({"frequency": [], "recency": [], "age": []}, dtype=float)
    assert fit_bgnbd(nobody).reason
