"""Return on initiative against closed forms: normal flows, the nesting test, referral and deflection values."""

import math

import numpy as np
import pytest
from scipy import stats

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.plan.streams import (
    Cost,
    Distribution,
    EffectPath,
    Plan,
    Stream,
    ValuationTerms,
    discount_factors,
    first_back,
    fixed,
    geometric,
)
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs, mean_inputs, project

DRAWS = 40_000


def valued(plan, **terms):
    return value_initiative(plan, draw_inputs([plan], draws=DRAWS, seed=11), ValuationTerms(**terms))


def test_independent_normal_quarters_give_the_normal_closed_form():
    # NPV of independent normal flows is normal: mean, sd and P(>0) in closed form
    quarters, mean, sd, cost = 8, 20.0, 15.0, 130.0
    effect = EffectPath(np.full(quarters, mean), np.eye(quarters) * sd**2, grade="A")
    plan = Plan("a", "A", [Stream("s", "direct", effect)], [Cost("c", "cash", fixed(cost))])
    factor = discount_factors(0.10, quarters + 1)[1:]
    expected, spread = mean * factor.sum() - cost, sd * np.sqrt((factor**2).sum())
    at = valued(plan).horizons.loc[8]
    assert at["npv"] == pytest.approx(expected, abs=5 * spread / np.sqrt(DRAWS))
    assert at["chance"] == pytest.approx(stats.norm.cdf(expected / spread), abs=4 * at["chance_error"])
    assert at["npv_low"] == pytest.approx(expected - 1.96 * spread, abs=0.05 * spread)


def test_joint_errors_widen_what_pointwise_errors_would_narrow():
    same = np.full((8, 8), 25.0)  # perfectly correlated quarters
    joint = Plan(
        "a", "A", [Stream("s", "direct", EffectPath(np.full(8, 10.0), same))], [Cost("c", "cash", fixed(60.0))]
    )
    assert valued(joint).net[:, 8].std() == pytest.approx(5 * discount_factors(0.1, 9)[1:].sum(), rel=0.03)


def test_return_on_initiative_nests_roi():
    # one direct stream, cash view, no discounting, nothing uncertain: the same number to 1e-12
    plan = Plan("a", "A", [Stream("s", "direct", fixed(37.0))], [Cost("c", "cash", fixed(100.0), fixed(7.0))])
    table = valued(plan, view="cash", discount_rate_annual=0.0).horizons
    for horizon in (1, 2, 4, 8, 12):
        assert table.loc[horizon, "roinit"] == pytest.approx(table.loc[horizon, "roi"], abs=1e-12)
    assert table.loc[4, "roi"] == pytest.approx(37 * 4 / 128 - 1, abs=1e-12)


def test_the_ratio_is_of_expectations_not_the_mean_of_ratios():
    costs = [Cost("c", "cash", Distribution("lognormal", (100.0, 300.0)))]
    plan = Plan("a", "A", [Stream("s", "direct", fixed(100.0))], costs)
    inputs = draw_inputs([plan], draws=DRAWS, seed=11)
    at = value_initiative(plan, inputs, ValuationTerms(discount_rate_annual=0.0)).horizons.loc[4]
    spent = inputs["a.c.setup"]
    assert at["roinit"] == pytest.approx((400 - spent.mean()) / spent.mean(), rel=1e-9)
    assert abs(at["roinit"] - ((400 - spent) / spent).mean()) > 0.5


def test_retained_customers_count_as_a_stock():
    # a*m*(1-rho^q)/(1-rho) per quarter
    plan = Plan(
        "a",
        "A",
        [Stream("s", "retained", fixed(10.0), fixed(2.0), kernel=geometric(0.9, 13))],
        [Cost("c", "cash", fixed(1.0))],
    )
    path = project(plan, mean_inputs(plan), 12).streams["retained"][0]
    assert path[12] == pytest.approx(20 * (1 - 0.9**12) / 0.1)


def test_an_observed_path_goes_on_by_its_persistence_and_stops_without():
    effect = EffectPath(np.array([1.0, 2.0]), np.zeros((2, 2)))
    assert Stream("s", "direct", effect, persistence=0.5).path(effect.estimate[None], 4).tolist() == [[0, 1, 2, 1, 0.5]]
    assert Stream("s", "direct", effect).path(effect.estimate[None], 4).tolist() == [[0, 1, 2, 0, 0]]


def test_views_of_cost_nest():
    costs = [
        Cost("licence", "cash", fixed(100.0)),
        Cost("hours", "paid_time", per_quarter=fixed(2.0), rate=fixed(10.0)),
        Cost("own", "volunteered_time", per_quarter=fixed(4.0), rate=fixed(10.0), shadow=fixed(0.5)),
    ]
    plan = Plan("a", "A", [Stream("s", "direct", fixed(50.0))], costs)
    npv = {
        view: valued(plan, view=view, discount_rate_annual=0.0).horizons.loc[4, "npv"]
        for view in ("cash", "economic", "shadow")
    }
    assert npv == pytest.approx({"cash": 100, "economic": 20, "shadow": -60})


def test_scores_stay_apart_and_carry_a_break_even_rate():
    streams = [Stream("s", "direct", fixed(10.0)), Stream("trust", "score", fixed(5.0))]
    plan = Plan("a", "A", streams, [Cost("c", "cash", fixed(180.0))])
    result = valued(plan, discount_rate_annual=0.0)
    assert result.break_even["trust"] == pytest.approx(100 / 5)  # shortfall 180 - 80 over 5 points
    assert result.horizons.loc[8, "npv"] == pytest.approx(-100)


def test_paybacks_of_paths():
    net = np.array([[-10.0, 5, -5, 5], [-10, -8, -6, -4], [0, 1, 2, 3]])
    assert first_back(net).tolist() == pytest.approx([2 / 3, math.inf, 0])
    assert first_back(net, sustained=True).tolist() == pytest.approx([2.5, math.inf, 0])


def test_the_weakest_large_stream_sets_the_grade():
    streams = [Stream("s", "direct", fixed(10.0), grade="A"), Stream("r", "referral", fixed(0.1), grade="D")]
    costs = [Cost("c", "cash", fixed(10.0))]
    assert valued(Plan("a", "A", streams, costs)).judgement.grade == "A"
    streams[1] = Stream("r", "referral", fixed(5.0), grade="D")
    assert valued(Plan("a", "A", streams, costs)).judgement.grade == "D"


def test_same_seed_same_draws():
    plan = Plan("a", "A", [Stream("s", "direct", Distribution("normal", (1, 1)))], [Cost("c", "cash", fixed(1.0))])
    assert np.array_equal(valued(plan).net, valued(plan).net)


def test_cost_zero_is_refused():
    with pytest.raises(Refusal, match="costs nothing"):
        valued(Plan("a", "A", [Stream("s", "direct", fixed(1.0))], [Cost("c", "cash")]))


def test_a_range_that_holds_zero_says_so():
    plan = Plan("a", "A", [Stream("s", "direct", Distribution("normal", (10, 20)))], [Cost("c", "cash", fixed(80.0))])
    found = valued(plan)
    assert found.judgement.verdict == "open"  # an opinion: grade E, P .5
    assert "8 quarters after the start: open." in found.sentence
