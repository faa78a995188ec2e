"""Early looks and pilots: closed forms for normal worlds, and words where nothing can be said."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scrm_helpers.initiatives.plan.streams import Cost, Plan, Stream, ValuationTerms, fixed
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs
from scrm_helpers.initiatives.valuation.payback_time import early_look, payback_curve, wait_or_decide, worth_of_signal

DRAWS = 400_000


def world(seen, end):
    """A valuation whose net value is `seen` after one quarter and `end` at eight."""
    plan = Plan("a", "A", [Stream("s", "direct", fixed(1.0))], [Cost("c", "cash", fixed(1.0))])
    valued = value_initiative(plan, draw_inputs([plan], draws=10, seed=1))
    net = np.zeros((len(end), 13))
    net[:, 1], net[:, 8] = seen, end
    return replace(valued, net=net)


def test_right_verdicts_have_their_closed_form():
    # truth centred normal with sd 1, one quarter shows it with noise of sd 2: 1/2 + arcsin(1/sqrt(5))/pi = .648
    rng = np.random.default_rng(1)
    end = rng.normal(size=DRAWS)
    found = early_look(world(end + rng.normal(0, 2, DRAWS), end))
    closed = 0.5 + math.asin(1 / math.sqrt(5)) / math.pi
    assert found.by_quarter.loc[1, "Right verdicts"] == pytest.approx(closed, abs=0.003)
    assert found.stopped.value == pytest.approx(1 - closed, abs=0.003)
    assert found.base == pytest.approx(0.5, abs=0.003)


def test_a_rule_that_stops_everything_is_often_right_and_misses_every_success():
    end = np.where(np.arange(100) < 10, 1.0, -1.0)
    found = early_look(world(np.full(100, -1.0), end))
    assert found.by_quarter.loc[1].to_list() == [0.9, 1.0, 0.0]
    assert "would stop 100% of the futures in which “A” pays at 8 quarters (10% of all futures)" in found.sentence


def test_without_a_success_nothing_can_be_missed():
    found = early_look(world(np.full(10, -1.0), np.full(10, -1.0)))
    assert found.stopped.value is None
    assert found.measures[0].reason == "fewer than 1 in 100 simulated futures pay"


def test_a_pilot_is_worth_the_value_of_its_sample():
    # prior mean 1, sd 2, noise 2.5: what one quarter teaches is the textbook EVSI of one observation
    rng = np.random.default_rng(2)
    end = rng.normal(1, 2, DRAWS)
    terms = ValuationTerms(discount_rate_annual=0.10)
    found = wait_or_decide(replace(world(end + rng.normal(0, 2.5, DRAWS), end), terms=terms))
    taught, lost = worth_of_signal(1, 2**2 / math.hypot(2, 2.5)), 1 - 1.1**-0.25
    assert found.worth.loc[1] == pytest.approx(taught - lost, abs=0.02 * taught)
    assert found.sentence.startswith("A pilot of 1 quarter before deciding is worth up to")


def test_what_is_certain_is_decided_now():
    found = wait_or_decide(world(np.full(100, 1.0), np.full(100, 5.0)))
    assert found.sentence.startswith("A pilot first is not worth its delay")
    assert math.isclose(found.worth.loc[4], -5 * (1 - 1.1**-1), rel_tol=1e-9)


def test_money_back_is_counted_for_the_first_time_and_for_good():
    # four futures: back in quarter 2 and kept; back in 1 and lost; back in 6; never
    net = np.full((4, 13), -1.0)
    net[0, 2:] = net[2, 6:] = net[1, 1] = 0.0
    valued = world(np.zeros(4), np.zeros(4))
    curve = payback_curve(replace(valued, net=net))
    assert curve.first[[1, 2, 6, 12]].to_list() == [0.25, 0.5, 0.75, 0.75]
    assert curve.lasting[[1, 2, 6, 12]].to_list() == [0.0, 0.25, 0.5, 0.5]
    assert curve.measures[0].value == 0.5
    assert "75% within 12, but in 25% it is lost again" in curve.sentence
