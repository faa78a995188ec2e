"""A return on initiative whose truth is known: the range holds it, the verdicts keep their promise (about a minute)."""

import numpy as np
import pytest

from scrm_helpers.initiatives.plan.streams import (
    Booked,
    Cost,
    EffectPath,
    Plan,
    Stream,
    ValuationTerms,
    fixed,
    geometric,
)
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs

TRUTH, TERMS = 0.02 + 0.005 * np.arange(6), ValuationTerms()
OPENINGS = ((2, 0.25), (4, 0.75))
COSTS = ("cash", "reward", "paid_time", "volunteered_time")


def plan_of(estimate, covariance, setup, booked=None):
    stock = geometric(0.8, 20)
    path = EffectPath(estimate, covariance)
    stream = Stream("kept", "retained", path, fixed(40.0), reach=5000.0, kernel=stock, openings=OPENINGS, grade="B")
    return Plan("desk", "Desk", [stream], [Cost("fee", "cash", fixed(setup), fixed(500.0))], booked)


def true_flows(effect):
    """Benefit by quarter, laid out by hand: stock, roll-out, one effect for each quarter since opening."""
    new = np.zeros(9)
    for opened, share in OPENINGS:
        for quarter in range(opened, 9):
            new[quarter] += share * 5000 * (effect[quarter - opened] if quarter - opened < len(effect) else 0.0)
    stock = 0.0
    return 40.0 * np.array([stock := 0.8 * stock + one for one in new])


def worlds(count, setup, seed, booked=False):
    rng, quarters = np.random.default_rng(seed), len(TRUTH)
    errors = 0.004**2 * (0.5 + 0.5 * np.eye(quarters))  # neighbouring quarters err together
    for _ in range(count):
        estimate = rng.multivariate_normal(TRUTH, errors)
        given = None
        if booked:  # the ledger books what the comparison group gives, up to quarter 5
            cash = np.array([setup, 500, 500, 500, 500, 500.0])
            given = Booked({"retained": true_flows(estimate)[:6]}, dict.fromkeys(COSTS, np.zeros(6)) | {"cash": cash})
        plan = plan_of(estimate, errors, setup, given)
        yield value_initiative(plan, draw_inputs([plan], draws=2000, seed=int(rng.integers(2**31))), TERMS).judgement


def truth(setup):
    factor = TERMS.factors(9)
    cost = (np.r_[setup, np.full(8, 500.0)] * factor).sum()
    return float(true_flows(TRUTH) @ factor / cost - 1)


def test_the_range_holds_the_truth_where_the_ledger_has_booked_a_part():
    held = [one.roinit.low <= truth(30_000.0) <= one.roinit.high for one in worlds(1000, 30_000.0, 1, booked=True)]
    assert abs(np.mean(held) - 0.95) <= 0.021  # three standard errors of a thousand worlds


def test_the_range_holds_the_truth_and_what_pays_nothing_beyond_cost_is_seldom_shown_to_pay():
    back = float(true_flows(TRUTH) @ TERMS.factors(9))
    setup = back - float(500 * TERMS.factors(9)[1:].sum())
    assert truth(setup) == pytest.approx(0.0, abs=1e-9)
    found = list(worlds(2000, setup, 5))
    held = [one.roinit.low <= 0 <= one.roinit.high for one in found]
    assert 0.935 <= np.mean(held) <= 0.965
    assert np.mean([one.verdict.startswith("shown") for one in found]) <= 0.065


def test_an_initiative_with_power_of_ninety_per_cent_is_shown_to_pay():
    found = list(worlds(300, 1000.0, 3))
    spread = float(np.std([one.roinit.value for one in found]))
    unit = truth(0.0) + 1  # choose the set-up cost by which the truth lies 3.24 standard errors above zero
    assert unit > 0
    back, run = float(true_flows(TRUTH) @ TERMS.factors(9)), float(500 * TERMS.factors(9)[1:].sum())
    error = spread * (1000.0 + run)  # of the net value
    setup = back - 3.24 * error - run
    assert np.mean([one.verdict == "shown to pay" for one in worlds(600, setup, 4)]) >= 0.8
