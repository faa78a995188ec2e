"""The two pages: every question answered, the rule applied by the letter."""

import numpy as np
import pytest

from scrm_helpers.initiatives.bridge import bridge
from scrm_helpers.initiatives.business_case import example_case, plans, read_case
from scrm_helpers.initiatives.information import measure_next
from scrm_helpers.initiatives.one_page import cfo_page, rule_verdict, statistician_page
from scrm_helpers.initiatives.sensitivity import tipping_point, tornado
from scrm_helpers.initiatives.simulate import draw_inputs, project
from scrm_helpers.initiatives.streams import EffectPath
from scrm_helpers.initiatives.valuation import value_initiative


@pytest.fixture(scope="module")
def parts():
    case = read_case(example_case())
    estimates = {name: EffectPath(np.full(6, 0.015), np.eye(6) * 1e-5) for name in ("retained_margin", "trust")}
    (plan,) = plans(case, estimates=estimates)
    inputs = draw_inputs([plan], draws=2000, seed=case.seed)
    return case, plan, inputs, value_initiative(plan, inputs)


def test_the_cfo_page_answers_everything(parts):
    case, plan, inputs, valued = parts
    flows = project(plan, inputs, 8)
    steps = bridge(
        {name: path.mean(axis=0) for name, path in flows.streams.items()},
        {name: path.mean(axis=0) for name, path in flows.costs.items()},
        horizon=8,
    )
    assert steps.steps.iloc[-1] == pytest.approx(
        valued.horizons.loc[8, "npv"]
    )  # the page and the bridge are one engine
    page = cfo_page(
        case, valued, steps=steps, swings=tornado(plan, inputs), measure=measure_next(plan, inputs), case_mark="abc"
    )
    assert len(page.table) == 12
    assert page.table["Answer"].str.len().min() > 10
    assert not page.table["Answer"].str.contains(r"\bnan\b|None|\binf\b").any()
    text = " ".join(page.table["Answer"])
    assert "approved by nobody" in text
    assert "P(NPV>0 at 8Q) >= 0.70" in text
    assert (
        page.verdict
        == rule_verdict(case, valued)
        == ("go" if valued.horizons.loc[8, "chance"] >= 0.7 else page.verdict)
    )


def test_the_statistician_page_names_the_tipping_bias(parts):
    _, plan, inputs, valued = parts
    tip = tipping_point(plan, inputs)
    page = statistician_page(valued, [], [], tipping=tip, seed=1)
    assert f"{abs(tip):.0%}" in page.sentence
    assert "No power was computed" in page.table["Answer"].iloc[0]
