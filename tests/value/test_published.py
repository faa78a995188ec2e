"""Every published estimate of the purchase and spend models, on the data of the literature.

Sources: Fader, Hardie and Lee (2005) for BG/NBD and Pareto/NBD; Fader and Hardie, note 025, for Gamma-Gamma; BTYDplus
for MBG/NBD; Fader, Hardie and Shang (2010) for BG/BB; CLVTools for standard errors and the Gamma-Gompertz/NBD.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln, xlogy

from scrm_helpers.value.history.order_days import collapse
from scrm_helpers.value.history.purchases import Orders
from scrm_helpers.value.models import beta_geometric, discrete_time, gammagamma, paretonbd
from scrm_helpers.value.models.beta_geometric import fit_bgnbd, fit_mbgnbd, fit_nbd
from scrm_helpers.value.models.discrete_time import expected_occasions, fit_bgbb
from scrm_helpers.value.models.gammagamma import expected_spend, fit_gammagamma
from scrm_helpers.value.models.paretonbd import fit_paretonbd

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


def _count_constant(rows):
    """From the likelihood of purchase times to that of the counts alone."""
    return float(rows.weight @ (xlogy(rows.x, rows.T) - gammaln(rows.x + 1)))


def test_nbd(cdnow):
    fitted = fit_nbd(cdnow)
    assert fitted.parameters == pytest.approx([0.384768, 12.072085], abs=5e-7)
    assert fitted.log_likelihood == pytest.approx(-9763.6602, abs=5e-5)
    assert fitted.log_likelihood + _count_constant(collapse(cdnow)) == pytest.approx(-3193.0568, abs=5e-5)


def test_gammagamma(cdnow):
    fitted = fit_gammagamma(cdnow)
    assert fitted.n == 946
    assert fitted.log_likelihood == pytest.approx(-4055.92324, abs=1e-5)
    assert fitted.parameters == pytest.approx([6.248803, 3.744589, 15.447748], abs=2e-6)
    first_ten = expected_spend(fitted.parameters, cdnow["frequency"].to_numpy(), cdnow["mean_spend"].to_numpy())[:10]
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert first_ten == pytest.approx(published, abs=0.1)


def test_bgbb_on_donations():
    donors = pd.DataFrame(DONORS, columns=["taken", "last", "customers"]).assign(offered=6)
    fitted = fit_bgbb(donors)
    assert donors["customers"].sum() == 11_104
    assert fitted.parameters == pytest.approx([1.203522, 0.749716, 0.656718, 2.783443], abs=2e-6)
    assert fitted.log_likelihood == pytest.approx(-33225.5813, abs=1e-4)
    expected = expected_occasions(fitted.parameters, 5, donors["taken"], donors["last"], donors["offered"])
    assert (expected * donors["customers"]).sum() == pytest.approx(12_884.2, abs=0.1)


def test_the_raw_files_give_the_estimates_of_every_engine(cdnow_orders, cdnow_master_orders):
    """Days as they are instead of the rounded weeks of the summary: lifetimes, CLVTools and pymc-marketing agree."""
    sample, whole = (
        Orders.of(rows).history(pd.Timestamp("1997-09-30")) for rows in (cdnow_orders, cdnow_master_orders)
    )
    assert (len(sample), sample["frequency"].sum(), len(whole)) == (2_357, 2_457, 23_570)
    for history, purchases, purchase_maximum, spend, spend_maximum in (
        (sample, [0.24259, 4.41360, 0.79292, 2.42591], -9582.4292, [6.2496, 3.7442, 15.4435], -4055.9177),
        (whole, [0.2516, 4.7889, 0.7234, 2.1611], -95368.444, [6.275, 3.624, 14.984], -40763.476),
    ):
        buying, spending = fit_bgnbd(history), fit_gammagamma(history)
        digits = 5e-6 if history is sample else 5e-5
        assert buying.parameters == pytest.approx(purchases, abs=digits)
        assert buying.log_likelihood == pytest.approx(purchase_maximum, abs=10 * digits if history is sample else 5e-4)
        assert spending.parameters == pytest.approx(spend, abs=5e-5 if history is sample else 5e-4)
        assert spending.log_likelihood == pytest.approx(spend_maximum, abs=5e-5 if history is sample else 5e-4)


def test_bgbb_chances_that_a_donor_is_still_there():
    """Published for 2002, with rounded parameters: no gift, two gifts the last in the fourth year, six of six."""
    alive = discrete_time.p_alive(
        np.array([1.204, 0.750, 0.657, 2.783]), np.array([0, 2, 6]), np.array([0, 4, 6]), np.full(3, 6)
    )
    assert alive == pytest.approx([0.11, 0.59, 0.93], abs=5e-3)


@pytest.mark.parametrize(
    ("fitter", "of_time"),
    [
        (fit_nbd, [0, 1]),
        (fit_bgnbd, [0, 1, 0, 0]),
        (fit_mbgnbd, [0, 1, 0, 0]),
        (fit_paretonbd, [0, 1, 0, 1]),
    ],
)
def test_hourly_and_weekly_data_give_the_same_answer(cdnow, fitter, of_time):
    weeks = fitter(cdnow)
    for factor in (7.0, 168.0):
        other = fitter(cdnow.assign(recency=cdnow["recency"] * factor, age=cdnow["age"] * factor))
        assert other.parameters == pytest.approx(weeks.parameters * factor ** np.array(of_time), rel=1e-8)
        assert np.diag(other.covariance) == pytest.approx(np.diag(weeks.covariance), rel=1e-7)


def test_cents_and_euros_give_the_same_answer(cdnow):
    euros, cents = fit_gammagamma(cdnow), fit_gammagamma(cdnow.assign(mean_spend=cdnow["mean_spend"] * 100))
    assert cents.parameters == pytest.approx(euros.parameters * [1, 1, 100], rel=1e-8)


def test_gradients_are_exact(cdnow):
    used = cdnow[cdnow["frequency"] > 0]
    cases = [
        (beta_geometric.log_likelihood(collapse(cdnow)), [0.3, 5.0, 0.9, 2.0]),
        (beta_geometric.log_likelihood(collapse(cdnow), 1), [0.3, 5.0, 0.9, 2.0]),
        (paretonbd.log_likelihood(collapse(cdnow)), [0.6, 19.0, 0.7, 3.0]),
        (beta_geometric.nbd_log_likelihood(collapse(cdnow)), [0.4, 9.0]),
        (gammagamma.log_likelihood(used["frequency"].to_numpy(), used["mean_spend"].to_numpy()), [5.0, 3.0, 13.0]),
    ]
    for objective, at in cases:
        place, step = np.array(at), 1e-5
        _, gradient, hessian = objective(place)
        for i in range(len(place)):
            width = step * place[i]
            move = width * np.eye(len(place))[i]
            up, down = objective(place + move), objective(place - move)
            assert (up[0] - down[0]) / (2 * width) == pytest.approx(gradient[i], rel=1e-6, abs=1e-4)
            assert (up[1] - down[1]) / (2 * width) == pytest.approx(hessian[i], rel=1e-5, abs=1e-3)
