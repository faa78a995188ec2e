"""Lifetime value: point values by hand, ranges that keep every uncertainty, labels, units, bad input."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.lifetime.clv import customer_lifetime_value, lifetime_values
from scrm_helpers.value.lifetime.purchase_models import draws_over_pairs, fit_purchases, month_steps, over_pairs
from scrm_helpers.value.models import beta_geometric, gammagamma
from scrm_helpers.value.models.beta_geometric import fit_bgnbd
from scrm_helpers.value.models.fitting import Model, fit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.posterior import laplace_draws, metropolis_draws


@pytest.fixture(scope="module")
def history(simulate):
    return simulate(1_500, 11)


@pytest.fixture(scope="module")
def worth(history):
    return lifetime_values(history)


def test_value_is_the_discounted_sum_month_by_month(history, worth):
    buying, spending = fit_bgnbd(history), fit_gammagamma(history)
    one = history.iloc[[int(history["frequency"].argmax())]]
    x, t_x, age, mean = (one[name].to_numpy() for name in ("frequency", "recency", "age", "mean_spend"))
    alive = beta_geometric.p_alive(buying.parameters, x, t_x, age)
    until = [beta_geometric.expected_if_alive(buying.parameters, k * 365.25 / 84, x, age) for k in range(1, 13)]
    monthly = np.diff(np.array([np.zeros(1), *until]), axis=0)
    discounted = sum(part / 1.1 ** ((k + 1) / 12) for k, part in enumerate(monthly))
    by_hand = alive * discounted * gammagamma.expected_spend(spending.parameters, x, mean)
    assert worth.customers.loc[one.index[0], "clv"] == pytest.approx(float(by_hand[0]), rel=1e-12)


def test_ranges_hold_the_point_and_the_total_is_the_sum(worth):
    people = worth.customers
    for name in ("p_alive", "expected_purchases", "clv"):
        assert (people[f"{name}_low"] <= people[name] * (1 + 1e-6)).all()
        assert (people[f"{name}_high"] >= people[name] * (1 - 1e-6)).all()
    assert worth.clv_total.value == pytest.approx(people["clv"].sum())
    assert worth.clv_total.low < worth.clv_total.value < worth.clv_total.high


def test_spend_uncertainty_is_kept(history):
    """Peers average spend over draws first: with purchases known for sure, nothing would be left of the range."""
    buying, spending = fit_bgnbd(history), fit_gammagamma(history)
    known = dataclasses.replace(buying, covariance=buying.covariance * 1e-18)
    people = customer_lifetime_value(history, known, spending).customers
    width = (people["clv_high"] - people["clv_low"]) / people["clv"]
    assert width[history["frequency"] == 0].min() > 0.05
    assert np.log(people["clv_high"] / people["clv_low"]).max() < 1
    sure = dataclasses.replace(spending, covariance=spending.covariance * 1e-18)
    still = customer_lifetime_value(history, known, sure).customers
    assert still["clv_high"].to_numpy() == pytest.approx(still["clv_low"].to_numpy(), rel=1e-5)


def test_labels_stay_with_their_customers_in_any_order(history, worth):
    shuffled = history.sample(frac=1, random_state=5)
    pd.testing.assert_frame_equal(lifetime_values(shuffled).customers.sort_index(), worth.customers, rtol=1e-9)


def test_cents_and_euros_do_not_matter(history, worth):
    cents = lifetime_values(history.assign(mean_spend=history["mean_spend"] * 100)).customers
    for name in ("expected_spend", "clv"):
        assert cents[name].to_numpy() == pytest.approx(100 * worth.customers[name].to_numpy(), rel=1e-8)
    assert cents["p_alive"].to_numpy() == pytest.approx(worth.customers["p_alive"].to_numpy(), rel=1e-12)
    for name in ("clv_low", "clv_high"):
        assert cents[name].to_numpy() == pytest.approx(100 * worth.customers[name].to_numpy(), rel=1e-5)


def test_ranges_by_interpolation_equal_exact_draws(history):
    buying = fit_bgnbd(history)
    draws, coming = laplace_draws(buying, 6, 1), month_steps(12, 0.1)
    x, age = history["frequency"].to_numpy(), history["age"].to_numpy()
    at = draws_over_pairs(beta_geometric.expected_if_alive, draws, coming, x, age)(np.arange(200))
    for number, parameters in enumerate(draws):
        exact = over_pairs(beta_geometric.expected_if_alive, parameters, coming, x, age)(slice(200))
        assert at[:, :, number] == pytest.approx(exact, rel=1e-5)


def test_many_distinct_ages_are_interpolated_without_a_visible_error(monkeypatch, history):
    from scrm_helpers.value.lifetime import purchase_models

    coming = month_steps(12, 0.1)
    x, age = history["frequency"].to_numpy(), history["age"].to_numpy()
    parameters = fit_bgnbd(history).parameters
    arguments = (beta_geometric.expected_if_alive, parameters, coming, x, age)
    exact = over_pairs(*arguments)(slice(None))
    monkeypatch.setattr(purchase_models, "DIRECT", 0)
    assert over_pairs(*arguments)(slice(None)) == pytest.approx(exact, rel=1e-10)


def test_metropolis_agrees_with_laplace(cdnow):
    fitted = fit_bgnbd(cdnow)
    chain, accepted = metropolis_draws(fitted, 1_500, 3)
    laplace = laplace_draws(fitted, 1_500, 3)
    assert accepted > 0.6
    assert np.log(chain).std(axis=0) == pytest.approx(np.log(laplace).std(axis=0), rel=0.2)
    assert np.log(chain).mean(axis=0) == pytest.approx(np.log(laplace).mean(axis=0), abs=0.1)


def test_no_range_is_made_up_where_parameters_are_not_identified(simulate):
    history = simulate(200, 1, (0.243, 4.414, 0.02, 20.0))
    buying = fit_bgnbd(history)
    assert not buying.identified
    worth = customer_lifetime_value(history, buying, fit_gammagamma(history))
    assert worth.clv_total.low is None
    assert "no range can be given" in worth.sentence
    assert "clv_low" not in worth.customers
    with pytest.raises(ValueError, match="cannot be drawn"):
        laplace_draws(buying, 10, 1)


def frame(*rows):
    return pd.DataFrame(rows, columns=["frequency", "recency", "age", "mean_spend"], dtype=float)


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (frame((3, 5, 9, 10)), "one customer"),
        (frame((0, 0, 9, np.nan), (0, 0, 8, np.nan)), "nobody bought a second time"),
        (frame((0, 0, 0, np.nan), (0, 0, 0, np.nan)), "no time has passed"),
        (frame((0, 0, 9, np.nan)).iloc[:0], "no customer has bought anything"),
        (frame((1, 3, 9, -5), (2, 4, 9, 0), (1, 2, 9, -1), (0, 0, 9, np.nan)), "positive spend"),
        (frame(*[(k % 3, (k % 3) * 2, 9, 10) for k in range(30)]), "everybody spends the same"),
    ],
)
def test_bad_input_gives_a_reason_and_missing_values(history, reason):
    worth = lifetime_values(history)
    assert worth.clv_total.value is None
    assert reason in worth.sentence
    assert worth.customers["clv"].isna().all()
    assert worth.measures[0].reason


def test_one_customer_is_written_in_the_singular(history):
    fits = fit_bgnbd(history), fit_gammagamma(history)
    one = customer_lifetime_value(history[:1], *fits, months=1, draws=0)
    assert one.sentence.startswith("1 customer is expected to bring")
    assert "in the next 1 month;" in one.sentence
    assert one.note.startswith("n = 1 customer;")


def test_huge_amounts_and_constant_columns_are_worked_out(simulate):
    history = simulate(300, 8)
    worth = lifetime_values(history.assign(mean_spend=history["mean_spend"] * 1e9))
    assert worth.clv_total.value == pytest.approx(1e9 * lifetime_values(history).clv_total.value, rel=1e-8)
    same_age = lifetime_values(history.assign(age=39.0))
    assert np.isfinite(same_age.clv_total.value)


def test_the_second_model_steps_in_only_where_it_is_surer(simulate):
    assert fit_purchases(simulate(1_000, 1)).model == "BG/NBD"
    with pytest.raises(ValueError, match="purchase model is 'RFM'"):
        fit_purchases(simulate(50, 1), "RFM")


def test_a_likelihood_without_a_maximum_is_a_reason_not_a_number():
    toy = Model("toy", ("a",), ((1.0,),))
    fitted = fit(toy, lambda p: (np.nan, np.full(1, np.nan), np.full((1, 1), np.nan)), (1.0,), 5)
    assert fitted.reason
    assert "no maximum" in fitted.sentence
