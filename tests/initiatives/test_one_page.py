"""The two pages: every question answered, the rule applied by the letter."""

import numpy as np
import pytest

from scrm_helpers.answers import numbers
from scrm_helpers.initiatives.ledger.quarterly_view import bridge
from scrm_helpers.initiatives.plan.business_case import example_case, plans, read_case
from scrm_helpers.initiatives.plan.streams import DEFAULT, EffectPath
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs, project
from scrm_helpers.initiatives.valuation.one_page import CfoPage, StatisticianPage, case_grounds
from scrm_helpers.initiatives.valuation.payback_time import early_look
from scrm_helpers.initiatives.valuation.sensitivity import measure_next, tipping_point, tornado
from scrm_helpers.initiatives.valuation.tie_out import stream_by_stream


@pytest.fixture(scope="module")
def parts():
    case = read_case(example_case())
    estimates = {name: EffectPath(np.full(6, 0.015), np.eye(6) * 1e-5) for name in ("retained_margin", "trust")}
    (plan,) = plans(case, estimates, {})
    inputs = draw_inputs([plan], draws=2000, seed=case.seed)
    return case, plan, inputs, value_initiative(plan, inputs)


def steps_of(plan, inputs):
    flows = project(plan, inputs, 8)
    streams = {name: path.mean(axis=0) for name, path in flows.streams.items()}
    return bridge(streams, {name: path.mean(axis=0) for name, path in flows.costs.items()}, DEFAULT)


def page_of(parts, case=None, **options):
    given, plan, inputs, valued = parts
    case = case or given
    return CfoPage(
        case=case,
        valuation=valued,
        steps=steps_of(plan, inputs),
        swings=tornado(plan, inputs),
        measure=measure_next(plan, inputs),
        grounds=case_grounds(case, plan, inputs),
        early=early_look(valued),
        tied=stream_by_stream(plan, inputs, DEFAULT),
        **options,
    )


def test_the_cfo_page_answers_everything(parts):
    _, plan, inputs, valued = parts
    steps = steps_of(plan, inputs)
    assert steps.steps.iloc[-1] == pytest.approx(
        valued.horizons.loc[8, "npv"]
    )  # the page and the bridge are one engine
    page = page_of(parts)
    assert len(page.table) == 15
    assert page.table["Answer"].str.len().min() > 10
    assert not page.table["Answer"].str.contains(r"\bnan\b|None|\binf\b").any()
    text = " ".join(page.table["Answer"])
    assert "approved by nobody" in text
    assert "P(NPV>0 at 8Q) >= 0.70" in text
    # the rule of the case says go from .7 on; the verdict must carry it, and opinions (grade E) do not
    assert valued.horizons.loc[8, "chance"] >= 0.7 or page.decision != "go"


def test_the_statistician_page_names_the_tipping_bias(parts):
    _, plan, inputs, _ = parts
    tip = tipping_point(plan, inputs)
    page = StatisticianPage(asked=page_of(parts), tipping=tip, ladders=[])
    assert f"{abs(tip):.0%}" in page.sentence
    assert "No power was computed" in page.table["Answer"].iloc[0]
    assert "retained margin: 0.002; trust: 0.3 (standard deviation" in " ".join(page.table["Answer"])


def test_a_page_that_travels_names_nobody_unless_asked(parts):
    hidden, named = (" ".join(page_of(parts, **given).table["Answer"]) for given in ({}, {"show_owners": True}))
    for owner in ("Head of Service", "Chief Financial Officer", "Head of People"):
        assert owner not in hidden
        assert owner in named
    assert "owner named in the case" in hidden


def test_an_approved_rate_is_a_second_line_and_never_the_first(parts):
    case, _, _, valued = parts
    rule = "double_count:\n  - {streams: [enps, retained_margin, deflected, referral], rule: residual only}"
    text = example_case().replace("approved_by: null", "approved_by: board").replace("double_count:", rule)
    approved = read_case(text)
    scores = page_of(parts, case=approved).table.set_index("Question")["Answer"]["What is not in money?"]
    gain, net = float(valued.gains["enps"]), float(valued.horizons.loc[8, "npv"])
    assert gain == pytest.approx(4.33, abs=0.1)  # mean of the range 0, 4, 10
    assert f"net value {numbers.money(net)} to {numbers.money(net + 11000 * gain)}" in scores
    assert "board" not in scores
    assert page_of(parts, case=approved).sentence == page_of(parts, case=case).sentence


def test_a_tail_is_shown_apart_and_only_when_asked(parts):
    asked = read_case(example_case().replace("tail: false", "tail: true"))
    where = "Where does it come from?"
    assert "Apart from this, after quarter 8" in page_of(parts, case=asked).table.set_index("Question")["Answer"][where]
    assert "Apart from this" not in page_of(parts).table.set_index("Question")["Answer"][where]
