"""Ranges from the likelihood itself: the drop at their ends, open ends, and the draws that follow its shape."""

import numpy as np
import pytest

from scrm_helpers.value.models.beta_geometric import fit_bgnbd, fit_mbgnbd
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.posterior import laplace_draws, metropolis_draws, parameter_draws, with_profile_ranges

MODIFIED = (0.525, 6.183, 0.891, 1.614)


def ends(fitted):
    return fitted.table[["95% range low", "95% range high"]].to_numpy()


@pytest.mark.parametrize("fitter", [fit_bgnbd, fit_mbgnbd, fit_gammagamma])
def test_likelihood_has_dropped_by_half_the_quantile_at_either_end(cdnow, fitter):
    """With the other parameters searched by a method that uses no derivatives."""
    from scipy.optimize import minimize

    fitted = fitter(cdnow)
    for place, pair in enumerate(ends(with_profile_ranges(fitted))):
        for end in pair:

            def worse(others, place=place, end=end):
                parameters = np.insert(np.exp(others), place, end)
                return fitted.log_likelihood - fitted.objective(parameters)[0]

            start = np.log(np.delete(fitted.parameters, place))
            drop = minimize(worse, start, method="Nelder-Mead", options={"xatol": 1e-6, "maxiter": 4_000}).fun
            assert np.sqrt(2 * drop) == pytest.approx(1.96, abs=0.03)


def test_where_the_likelihood_is_a_parabola_both_ranges_agree(cdnow_master_orders):
    import pandas as pd

    from scrm_helpers.value.history.purchases import Orders

    fitted = fit_bgnbd(Orders.of(cdnow_master_orders).history(pd.Timestamp("1997-09-30")))
    both = with_profile_ranges(fitted)
    assert ends(both) == pytest.approx(ends(fitted), rel=0.03)
    assert both.note.endswith("ranges from the profile likelihood")
    assert (parameter_draws(fitted, 50, 1) == laplace_draws(fitted, 50, 1)).all()


def test_an_end_that_the_data_leave_open_is_said_to_be_unbounded(simulate):
    from scrm_helpers.answers import numbers

    found = [with_profile_ranges(fit_mbgnbd(simulate(300, seed, MODIFIED, modified=1))) for seed in range(5)]
    edges = np.concatenate([ends(fitted) for fitted in found if fitted.identified])
    assert np.isinf(edges[:, 1]).any()
    assert numbers.decimal(np.inf) == "unbounded"
    assert (edges[:, 0] < edges[:, 1]).all()


def test_a_fit_without_errors_is_handed_back(simulate):
    fitted = fit_bgnbd(simulate(200, 1, (0.243, 4.414, 0.02, 20.0)))
    assert with_profile_ranges(fitted) is fitted
    with pytest.raises(ValueError, match="cannot be drawn"):
        parameter_draws(fitted, 10, 1)


def test_draws_follow_a_bent_likelihood(simulate):
    """A long Markov chain is the exact answer; the normal approximation misses its upper end, the draws do not."""
    fitted = fit_mbgnbd(simulate(2_500, 10_003, MODIFIED, modified=1))
    exact = np.quantile(np.log(metropolis_draws(fitted, 8_000, 1, freedom=4.0)[0]), [0.05, 0.5, 0.95], axis=0)
    drawn = np.quantile(np.log(parameter_draws(fitted, 2_000, 2)), [0.05, 0.5, 0.95], axis=0)
    normal = np.quantile(np.log(laplace_draws(fitted, 2_000, 2)), [0.05, 0.5, 0.95], axis=0)
    error = np.sqrt(np.diag(fitted.covariance))
    assert np.abs((drawn - exact) / error).max() < 0.35
    assert np.abs((normal - exact) / error).max() > np.abs((drawn - exact) / error).max()


def test_draws_are_the_same_for_the_same_seed(cdnow):
    fitted = fit_mbgnbd(cdnow)
    assert (parameter_draws(fitted, 20, 4) == parameter_draws(fitted, 20, 4)).all()
    assert (parameter_draws(fitted, 20, 4) != parameter_draws(fitted, 20, 5)).any()
