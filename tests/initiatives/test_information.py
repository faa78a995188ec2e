"""Value of information against trees and normal closed forms."""

import numpy as np
import pytest

from scrm_helpers.initiatives.plan.streams import Cost, Distribution, Plan, Stream, ValuationTerms, fixed
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs
from scrm_helpers.initiatives.valuation.payback_time import worth_of_signal
from scrm_helpers.initiatives.valuation.sensitivity import (
    evpi,
    evppi,
    measure_next,
    tipping_point,
    tipping_words,
    tornado,
)

DRAWS = 200_000


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (-0.5, 1.0), (2.0, 3.0)])
def test_perfect_information_on_a_normal(mean, sd):
    # s * UNL(|m|/s), the loss of a normal
    drawn = np.random.default_rng(1).normal(mean, sd, DRAWS)
    assert evpi(np.column_stack([np.zeros(DRAWS), drawn])) == pytest.approx(worth_of_signal(mean, sd), abs=0.01)


def test_partial_information_on_a_linear_normal_model():
    # net = m + b x + noise: |b| s UNL(|m|/(|b| s))
    rng = np.random.default_rng(2)
    x, noise = rng.normal(0, 1.5, DRAWS), rng.normal(0, 4, DRAWS)
    benefits = np.column_stack([np.zeros(DRAWS), 0.8 - 2.0 * x + noise])
    assert evppi(benefits, x) == pytest.approx(worth_of_signal(0.8, 3.0), abs=0.03)
    assert evppi(benefits, rng.normal(size=DRAWS)) < 0.02


def desk(cost=100.0):
    streams = [
        Stream("calls", "deflection", Distribution("uniform", (0, 40)), unit_value=Distribution("uniform", (0.9, 1.1)))
    ]
    return Plan("desk", "Desk", streams, [Cost("fee", "cash", fixed(cost), Distribution("uniform", (0, 1)))])


def test_the_uncertain_driver_is_measured_first():
    plan = desk()
    inputs = draw_inputs([plan], draws=20_000, seed=4)
    found = measure_next(plan, inputs, ValuationTerms(discount_rate_annual=0.0))
    assert found.first == "desk.calls.effect"
    assert "Measure calls: effect next" in found.sentence
    sure = desk(cost=10.0)
    assert "Nothing is worth measuring" in measure_next(sure, draw_inputs([sure], draws=5000, seed=1)).sentence


def test_the_tornado_orders_by_swing():
    plan = desk()
    swings = tornado(plan, draw_inputs([plan], draws=20_000, seed=4), ValuationTerms(discount_rate_annual=0.0)).swings
    assert swings.index[0] == "desk.calls.effect"
    # 8 quarters: 8 * 4 - 100 - 4 at the 10th percentile, 8 * 36 - 104 at the 90th
    assert swings.iloc[0][["low", "high"]].tolist() == pytest.approx([-72, 184], abs=5)
    assert swings["variance"].iloc[0] > 0.9


def test_the_tipping_point_is_the_bias_that_makes_a_coin_flip():
    plan = Plan("a", "A", [Stream("s", "direct", fixed(20.0))], [Cost("c", "cash", fixed(100.0))])
    bias = tipping_point(plan, draw_inputs([plan], draws=100, seed=1), ValuationTerms(discount_rate_annual=0.0))
    assert bias == pytest.approx(1 - 100 / 160)  # 8 * 20 back


def test_each_way_to_tip_has_its_words():
    assert tipping_words(0.25) == "25% of the effect would have to be bias for a coin flip"
    assert tipping_words(-0.5) == "the effect would have to be 50% larger for a coin flip"
    assert tipping_words(None) == "no bias tips it"


def test_a_ranking_of_assumptions_is_descriptive_in_the_ledger_of_claims():
    plan = desk()
    inputs = draw_inputs([plan], draws=2000, seed=4)
    for found in (tornado(plan, inputs), measure_next(plan, inputs)):
        (claim,) = found.claims
        assert claim.verdict == "descriptive"
        assert claim.sentence == found.sentence
        assert claim.estimate.population == "what Desk costs and brings"
        assert claim.estimate.window == "quarters 0 to 8 since its start"
