"""What chapters 02 and 05 claim of customers: each claim has a verdict, and without data a reason."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers import value
from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.history.purchases import Orders
from scrm_helpers.value.lifetime.clv import lifetime_values
from scrm_helpers.value.lifetime.purchase_models import fit_purchases, month_steps
from scrm_helpers.value.matrix.concentration import first_year
from scrm_helpers.value.matrix.four_cells import value_cells
from scrm_helpers.value.models.gammagamma import fit_gammagamma

AS_OF = pd.Timestamp("2026-09-30")
ORDERS = pd.DataFrame({"customer_id": ["a"], "ordered_on": [AS_OF], "amount": [5.0], "margin": [2.0]})
PEOPLE = pd.DataFrame({"customer_id": ["a"], "joined_on": [AS_OF]})
TABLE = pd.DataFrame({"person_id": ["a"], "is_customer": [True], "clv": [np.nan], "crv": [1.0], "cell": [None]})


def staying(n, seed):
    """Histories of customers who buy at their own rates and never leave."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(30, 60, n)
    x = rng.poisson(rng.gamma(1.2, 0.1, n) * age)
    last = np.where(x > 0, age * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return pd.DataFrame({"frequency": x, "recency": last, "age": age})


def nothing():
    """Every answer that claims something, of one customer with one order."""
    history = Orders.of(ORDERS).history(AS_OF)
    yield lifetime_values(history)
    yield value.evidence_of_leaving(history)
    yield value.rolling_backtest(ORDERS, AS_OF)
    yield value.track_purchases(ORDERS, AS_OF, holdout_days=30)
    yield value.concentration_of(pd.Series([5.0]), equal=first_year(ORDERS, PEOPLE, AS_OF))
    yield value.persistence(ORDERS, AS_OF)
    yield value.whale_curve(pd.Series([-5.0]))
    yield value.value_matrix(TABLE)
    yield value.no_campaign_migration(history, fit_purchases(history), fit_gammagamma(history), *[pd.Series(1.0)] * 2)
    yield value.overlap_at(TABLE)
    yield value.dimensions_together(TABLE)


@pytest.mark.parametrize("answer", [*nothing()], ids=lambda answer: type(answer).__name__)
def test_without_data_no_claim_is_made_and_each_has_a_reason(answer):
    assert answer.claims
    for claim in answer.claims:
        assert claim.verdict == "cannot say", claim
        assert claim.reason


def alike(n=300):
    """Customers who all buy at one rate and leave never: nothing tells them apart."""
    rng = np.random.default_rng(5)
    age = np.full(n, 50.0)
    x = rng.poisson(2.0, n).astype(float)
    last = np.where(x > 0, age * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    mean = np.where(x > 0, rng.gamma(6 * np.maximum(x, 1), 1 / rng.gamma(4, 1 / 30, n)) / np.maximum(x, 1), np.nan)
    return pd.DataFrame({"frequency": x, "recency": last, "age": age, "mean_spend": mean})


def test_a_model_that_tells_nobody_apart_makes_no_cell_no_ranking_and_no_list():
    history = alike()
    buying, spending = fit_purchases(history), fit_gammagamma(history)
    worth = lifetime_values(history)
    assert not buying.identified
    assert worth.indistinct
    assert "nobody is ranked, listed or put into a cell" in worth.sentence
    assert worth.claims[0].verdict == "cannot say"
    assert value.single_customers(history, worth, buying, spending, seed=1).reason
    assert value.no_campaign_migration(history, buying, spending, *[pd.Series(1.0, history.index)] * 2).reason
    table = pd.DataFrame({"person_id": history.index, "is_customer": True, "clv": 171.0, "crv": 1.0, "p_alive": 1.0})
    table = table.assign(margin=1.0, cell=value_cells(table["clv"], table["crv"]))
    for answer in (value.value_matrix(table), value.overlap_at(table), value.three_moves(table)):
        assert answer.reason
        assert not len(getattr(answer, "assigned", []))


def test_where_nobody_leaves_rates_still_tell_people_apart():
    history = staying(600, 3).assign(mean_spend=np.nan)
    some = history["frequency"] > 0
    history.loc[some, "mean_spend"] = np.random.default_rng(1).gamma(20, 1.0, int(some.sum()))
    fitted = fit_purchases(history.astype(float))
    assert fitted.model == "NBD"
    r, alpha = fitted.parameters
    worth = lifetime_values(history.astype(float))
    assert (worth.reason, worth.indistinct) == ("", "")
    assert (worth.customers["p_alive"] == 1).all()
    expected = (r + history["frequency"]) / (alpha + history["age"]) * month_steps(12, 0.0)[0][-1]
    assert worth.customers["expected_purchases"].to_numpy() == pytest.approx(expected.to_numpy())
    assert worth.clv_total.low < worth.clv_total.value < worth.clv_total.high
    assert value.evidence_of_leaving(history).claims[0].verdict == "not shown"


def test_a_year_for_everybody_is_counted_by_hand():
    orders = pd.DataFrame(
        [("a", 0, 8.0), ("a", 364, 2.0), ("a", 365, 50.0), ("b", 10, 4.0), ("b", 20, -4.0), ("c", 700, 9.0)],
        columns=["customer_id", "day", "amount"],
    )
    start = AS_OF - pd.Timedelta(days=800)
    orders["ordered_on"] = start + pd.to_timedelta(orders["day"], unit="D")
    people = pd.DataFrame({"customer_id": list("abc"), "joined_on": start + pd.to_timedelta([0, 10, 700], unit="D")})
    year = first_year(orders, people, AS_OF)
    assert year.values.to_dict() == {"a": 10.0, "b": 0.0}  # what b gave back is not there; c had no year yet
    assert sorted(year.amounts) == [2.0, 8.0]


def test_the_title_says_what_the_best_hold_at_equal_time():
    customers = [f"c{number}" for number in range(400)]
    rng = np.random.default_rng(2)
    rows = [(one, rng.integers(0, 300), 20.0) for one in customers for _ in range(rng.poisson(rng.gamma(0.5, 8)))]
    orders = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    start = AS_OF - pd.Timedelta(days=500)
    orders["ordered_on"] = start + pd.to_timedelta(orders["day"], unit="D")
    people = pd.DataFrame({"customer_id": customers, "joined_on": start})
    spent = orders.groupby("customer_id")["amount"].sum().reindex(customers, fill_value=0.0)
    held = value.concentration_of(spent, equal=first_year(orders, people, AS_OF))
    assert held.first_year.value == pytest.approx(held.top_20.value)  # all had the same time
    assert held.claims[0].verdict == "shown"
    assert held.title.endswith("where all had a year")
    assert held.sentence.endswith("that is more than chance.")


def test_a_referral_value_below_zero_has_no_share_and_says_so():
    people = pd.DataFrame({"is_customer": True, "clv": np.arange(40.0), "crv": [-1.0] + [5.0] * 39})
    people = people.assign(joined_on=AS_OF, cell=value_cells(people["clv"], people["crv"], 20.0, 0.0))
    matrix = value.value_matrix(people, min_group=1)
    assert matrix.low_value.value is None
    assert "below zero" in matrix.claims[0].reason
    assert matrix.claims[0].verdict == "cannot say"


def test_numbers_of_customers_say_over_whom_when_and_why_without_a_range():
    history = staying(600, 3).assign(mean_spend=20.0)
    history["mean_spend"] = np.random.default_rng(1).gamma(20, 1.0, 600)
    answers = [lifetime_values(history.astype(float), Terms(AS_OF)), value.evidence_of_leaving(history)]
    answers.append(value.whale_curve(pd.Series([9.0, 5.0, *[-1.0] * 5])))
    answers.append(value.concentration_of(pd.Series(np.arange(1.0, 101))))
    for measure in (one for answer in answers for one in answer.measures):
        assert measure.population, measure
        assert measure.window, measure
        assert measure.low is not None or measure.no_range, measure


def test_absent_unknown_and_alike_are_three_sentences():
    history = staying(200, 3).assign(mean_spend=np.random.default_rng(1).gamma(20, 1.0, 200))
    fits = fit_purchases(history), fit_gammagamma(history)
    unknown = value.no_campaign_migration(history, *fits, *[pd.Series(np.nan, history.index)] * 2)
    assert "whom anybody brought is not known" in unknown.sentence
    table = pd.DataFrame({"is_customer": True, "clv": np.arange(9.0), "crv": [0.0] * 8 + [1.0]})
    assert "fewer than 5 customers are known to have any other value" in value.overlap_at(table).sentence
    assert "the same for everybody" in value.overlap_at(table.assign(clv=3.0)).sentence
    assert "nobody's own value is known" in value.overlap_at(table.assign(clv=np.nan)).sentence
