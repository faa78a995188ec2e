"""BG/BB and shifted-beta-geometric: derivatives, published survival, recovery, impossible rows."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.models import discrete_time

HIGH_END = [1, 0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491]  # Fader and Hardie (2007)
REGULAR = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]


@pytest.mark.parametrize(
    ("survivors", "published", "maximum"),
    [(HIGH_END, [0.668088, 3.806096], -1.611158), (REGULAR, [0.704077, 1.182043], -1.680265)],
)
def test_published_sbg(survivors, published, maximum):
    fitted = discrete_time.fit_sbg(1000 * pd.Series(survivors))
    assert fitted.parameters == pytest.approx(published, abs=2e-6)
    assert fitted.log_likelihood / 1000 == pytest.approx(maximum, abs=5e-7)
    assert discrete_time.survival(fitted.parameters, np.arange(8)) == pytest.approx(survivors, abs=0.02)


def test_sbg_residual_value_is_a_plain_sum():
    parameters = np.array([1.0, 1.0])  # S(t) = 1 / (t + 1)
    by_hand = 10 * sum(1 / (t + 1) / 1.1**t for t in range(1, 201))
    assert discrete_time.residual_value(parameters, 0, 10.0, 0.1) == pytest.approx(by_hand)


@pytest.mark.parametrize("survivors", [[5], [0, 0], [5, 6], [5, np.nan]])
def test_what_is_no_cohort_is_refused(survivors):
    with pytest.raises(ValueError, match="Survivors of a cohort"):
        discrete_time.fit_sbg(pd.Series(survivors, dtype=float))


def test_a_cohort_that_nobody_left_has_a_reason():
    assert discrete_time.fit_sbg(pd.Series([10, 10, 10])).reason == "nobody has left yet"


def simulated_donors(n, seed, parameters, offered=8):
    rng = np.random.default_rng(seed)
    alpha, beta, gamma, delta = parameters
    stays = rng.geometric(rng.beta(gamma, delta, n)) - 1
    took = (rng.random((n, offered)) < rng.beta(alpha, beta, n)[:, None]) & (np.arange(offered) < stays[:, None])
    last = np.where(took.any(axis=1), offered - np.argmax(took[:, ::-1], axis=1), 0)
    return pd.DataFrame({"taken": took.sum(axis=1), "last": last, "offered": offered})


def test_bgbb_recovers_what_was_planted():
    planted = np.array([1.2, 0.75, 0.66, 2.8])
    fitted = discrete_time.fit_bgbb(simulated_donors(8_000, 4, planted))
    errors = np.sqrt(np.diag(fitted.covariance))
    assert (np.abs(np.log(fitted.parameters / planted)) < 3.5 * errors).all()


def test_bgbb_gradient_and_hessian_are_exact():
    rows = simulated_donors(300, 1, (1.2, 0.75, 0.66, 2.8)).assign(customers=1.0)
    objective, place, step = discrete_time.bgbb_log_likelihood(rows), np.array([1.5, 0.6, 0.8, 3.0]), 1e-5
    _, gradient, hessian = objective(place)
    for i, move in enumerate(step * np.eye(4)):
        up, down = objective(place + move), objective(place - move)
        assert (up[0] - down[0]) / (2 * step) == pytest.approx(gradient[i], rel=1e-6, abs=1e-5)
        assert (up[1] - down[1]) / (2 * step) == pytest.approx(hessian[i], rel=1e-5, abs=1e-4)


def test_bgbb_probabilities_of_all_histories_sum_to_one():
    parameters, offered = np.array([0.9, 1.4, 0.5, 2.0]), 4
    from scipy.special import comb

    total = 0.0
    for last in range(offered + 1):
        for taken in range(last + 1) if last else [0]:
            if last and not taken:
                continue
            ways = comb(last - 1, taken - 1) if last else 1  # the last one is taken, the others in any order
            one = [np.array([float(value)]) for value in (taken, last, offered)]
            total += ways * np.exp(discrete_time._row_log_likelihood(parameters, *one)[0])
    assert total == pytest.approx(1.0, abs=1e-12)
