"""Every published estimate and point value of the purchase and spend models, on the data of the literature.

Sources: Fader, Hardie and Lee (2005) for BG/NBD and Pareto/NBD; Fader and Hardie, note 025, for Gamma-Gamma; BTYDplus
for MBG/NBD; Fader, Hardie and Shang (2010) for BG/BB; CLVTools for standard errors.
"""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value import beta_geometric, gammagamma, paretonbd
from scrm_helpers.value.beta_geometric import fit_bgnbd, fit_mbgnbd
from scrm_helpers.value.bgbb import expected_occasions, fit_bgbb
from scrm_helpers.value.gammagamma import expected_spend, fit_gammagamma
from scrm_helpers.value.horizon import predict
from scrm_helpers.value.paretonbd import discounted_residual, fit_paretonbd
from scrm_helpers.value.rows import Rows

# Donors of the 1995 cohort by repeat gifts, year of the last one, over six years; Fader, Hardie and Shang (2010).
DONORS = [
    (0, 0, 3464), (1, 1, 1091), (1, 2, 277), (1, 3, 129), (1, 4, 78), (1, 5, 119), (1, 6, 129), (2, 2, 613),
    (2, 3, 255), (2, 4, 155), (2, 5, 173), (2, 6, 234), (3, 3, 322), (3, 4, 181), (3, 5, 225), (3, 6, 357),
    (4, 4, 240), (4, 5, 284), (4, 6, 512), (5, 5, 335), (5, 6, 728), (6, 6, 1203),
]  # fmt: skip


def test_bgnbd(cdnow):
    fitted = fit_bgnbd(cdnow)
    assert fitted.log_likelihood == pytest.approx(-9582.42556, abs=1e-5)
    assert fitted.parameters == pytest.approx([0.242593, 4.413531, 0.792886, 2.425754], abs=1e-6)
    errors = fitted.parameters * np.sqrt(np.diag(fitted.covariance))
    assert errors == pytest.approx([0.012557, 0.37822, 0.18573, 0.70541], rel=2e-4)


def test_mbgnbd(cdnow):
    fitted = fit_mbgnbd(cdnow)
    assert fitted.log_likelihood == pytest.approx(-9582.1327, abs=1e-4)
    assert fitted.parameters == pytest.approx([0.524838, 6.182992, 0.891356, 1.613999], abs=2e-6)


def test_paretonbd(cdnow):
    fitted = fit_paretonbd(cdnow)
    assert fitted.log_likelihood == pytest.approx(-9594.9739, abs=1e-4)
    assert fitted.parameters == pytest.approx([0.553276, 10.577613, 0.606214, 11.667918], abs=1e-5)
    errors = fitted.parameters * np.sqrt(np.diag(fitted.covariance))
    assert errors == pytest.approx([0.0476264, 0.8427222, 0.1872594, 6.2105448], rel=5e-4)


def test_gammagamma(cdnow):
    fitted = fit_gammagamma(cdnow)
    assert fitted.n == 946
    assert fitted.log_likelihood == pytest.approx(-4055.92324, abs=1e-5)
    assert fitted.parameters == pytest.approx([6.248803, 3.744589, 15.447748], abs=2e-6)
    first_ten = expected_spend(fitted.parameters, cdnow["frequency"].to_numpy(), cdnow["mean_spend"].to_numpy())[:10]
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert first_ten == pytest.approx(published, abs=0.1)


def test_bgnbd_first_customer():
    parameters = np.array([0.243, 4.414, 0.793, 2.426])
    one = Rows(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.array([1.0]))
    assert beta_geometric.log_likelihood(one)(parameters)[0] == pytest.approx(-9.4586, abs=1e-4)
    alive = beta_geometric.p_alive(parameters, one.x, one.t_x, one.T)
    assert alive == pytest.approx(0.7266, abs=5e-5)
    assert alive * beta_geometric.expected_if_alive(parameters, 39.0, one.x, one.T) == pytest.approx(1.226, abs=5e-4)


def test_bgnbd_expected_purchases_of_a_new_customer(cdnow):
    fitted = fit_bgnbd(cdnow)
    for t, expected in ((0.1429, 0.0078), (1, 0.0532), (3, 0.1506), (31.8571, 1.0405), (32, 1.0437), (78, 1.858)):
        new = beta_geometric.expected_if_alive(fitted.parameters, t, np.zeros(1), np.zeros(1))
        assert new == pytest.approx(expected, abs=5e-5)


def test_paretonbd_points():
    parameters = np.array([0.553, 10.578, 0.606, 11.669])
    alive = paretonbd.p_alive(parameters, np.array([26.0]), np.array([30.86]), np.array([31.0]))
    assert alive == pytest.approx(0.9979, abs=5e-5)
    assert alive * paretonbd.expected_if_alive(parameters, 52.0, np.array([26.0]), np.array([31.0])) == pytest.approx(
        25.46, abs=5e-3
    )
    new = discounted_residual(parameters, np.zeros(1), np.zeros(1), np.zeros(1), 0.0027)
    assert new == pytest.approx(3.954753, abs=1e-6)


def test_discounted_value_with_published_parameters(cdnow):
    parameters, rate = np.array([0.553, 10.578, 0.606, 11.669]), np.log(1.15) / 52
    x, t_x, age = (cdnow[name].to_numpy() for name in ("frequency", "recency", "age"))
    residual = discounted_residual(parameters, x, t_x, age, rate)
    value = 0.3 * residual * expected_spend(np.array([6.25, 3.74, 15.44]), x, cdnow["mean_spend"].to_numpy())
    assert paretonbd.p_alive(parameters, x, t_x, age).sum() == pytest.approx(1052.2377, abs=1e-4)
    assert residual.sum() == pytest.approx(7208.2340, abs=1e-4)
    assert residual[0] == pytest.approx(6.50173, abs=1e-5)
    assert value.sum() == pytest.approx(78514.51, abs=0.01)
    assert value.mean() == pytest.approx(33.3112, abs=1e-4)
    assert value[0] == pytest.approx(48.10705, abs=1e-5)


def test_holdout_correlations(cdnow, cdnow_orders):
    later = cdnow_orders[cdnow_orders["ordered_on"] > "1997-09-30"].drop_duplicates(["customer_id", "ordered_on"])
    ids = np.sort(cdnow_orders["customer_id"].unique())
    actual = later["customer_id"].value_counts().reindex(ids).fillna(0).to_numpy()
    assert actual.sum() == 1882
    history = [cdnow[name].to_numpy() for name in ("frequency", "recency", "age")]
    both = [predict(fitter(cdnow), 39.0, *history) for fitter in (fit_bgnbd, fit_paretonbd)]
    assert [np.corrcoef(actual, one)[0, 1] for one in both] == pytest.approx([0.6256, 0.6302], abs=1e-4)
    assert np.corrcoef(*both)[0, 1] == pytest.approx(0.9955, abs=1e-4)


def test_bgbb_on_donations():
    donors = pd.DataFrame(DONORS, columns=["taken", "last", "customers"]).assign(offered=6)
    fitted = fit_bgbb(donors)
    assert donors["customers"].sum() == 11_104
    assert fitted.parameters == pytest.approx([1.203522, 0.749716, 0.656718, 2.783443], abs=2e-6)
    assert fitted.log_likelihood == pytest.approx(-33225.5813, abs=1e-4)
    expected = expected_occasions(fitted.parameters, 5, donors["taken"], donors["last"], donors["offered"])
    assert (expected * donors["customers"]).sum() == pytest.approx(12_884.2, abs=0.1)


@pytest.mark.parametrize("module", [beta_geometric, paretonbd])
def test_hourly_and_weekly_data_give_the_same_answer(cdnow, module):
    fitter = fit_bgnbd if module is beta_geometric else fit_paretonbd
    weeks = fitter(cdnow)
    for factor in (7.0, 168.0):
        other = fitter(cdnow.assign(recency=cdnow["recency"] * factor, age=cdnow["age"] * factor))
        times = np.array([1, factor, 1, factor if module is paretonbd else 1])
        assert other.parameters == pytest.approx(weeks.parameters * times, rel=1e-8)
        assert np.diag(other.covariance) == pytest.approx(np.diag(weeks.covariance), rel=1e-7)


def test_cents_and_euros_give_the_same_answer(cdnow):
    euros, cents = fit_gammagamma(cdnow), fit_gammagamma(cdnow.assign(mean_spend=cdnow["mean_spend"] * 100))
    assert cents.parameters == pytest.approx(euros.parameters * [1, 1, 100], rel=1e-8)


def test_gradients_are_exact(cdnow):
    used = cdnow[cdnow["frequency"] > 0]
    from scrm_helpers.value.rows import collapse

    cases = [
        (beta_geometric.log_likelihood(collapse(cdnow)), [0.3, 5.0, 0.9, 2.0]),
        (beta_geometric.log_likelihood(collapse(cdnow), 1), [0.3, 5.0, 0.9, 2.0]),
        (paretonbd.log_likelihood(collapse(cdnow)), [0.6, 19.0, 0.7, 3.0]),
        (gammagamma.log_likelihood(used["frequency"].to_numpy(), used["mean_spend"].to_numpy()), [5.0, 3.0, 13.0]),
    ]
    for objective, at in cases:
        place, step = np.array(at), 1e-5
        _, gradient, hessian = objective(place)
        for i in range(len(place)):
            move = step * np.eye(len(place))[i]
            up, down = objective(place + move), objective(place - move)
            assert (up[0] - down[0]) / (2 * step) == pytest.approx(gradient[i], rel=1e-6, abs=1e-4)
            assert (up[1] - down[1]) / (2 * step) == pytest.approx(hessian[i], rel=1e-5, abs=1e-3)
