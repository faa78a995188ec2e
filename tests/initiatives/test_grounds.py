"""What each benefit rests on: cash and capacity, the declared bias in the draws, the tail."""

import numpy as np
import pytest

from scrm_helpers.initiatives.ledger.quarterly_view import bridge
from scrm_helpers.initiatives.plan.business_case import example_case, plans, read_case
from scrm_helpers.initiatives.plan.streams import (
    DEFAULT,
    Distribution,
    EffectPath,
    ValuationTerms,
    geometric,
)
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs, mean_inputs, project
from scrm_helpers.initiatives.valuation.one_page import case_grounds
from scrm_helpers.initiatives.valuation.sensitivity import tornado

EXAMPLE = example_case()
FLAT = {name: EffectPath(np.full(6, 0.01), np.zeros((6, 6))) for name in ("retained_margin", "trust")}


def made(text=EXAMPLE, estimates=FLAT, draws=4000):
    case = read_case(text)
    (plan,) = plans(case, estimates, {})
    return case, plan, draw_inputs([plan], draws=draws, seed=1)


def test_the_declared_bias_of_the_yaml_is_in_every_draw():
    # the estimate itself is certain here, so what is left is the declared bias: one shift of the whole path per draw
    _, _, inputs = made(draws=40_000)
    drawn = inputs["helpdesk.retained_margin.effect"]
    assert drawn.std(axis=0) == pytest.approx(np.full(6, 0.002), rel=0.02)
    assert np.ptp(drawn, axis=1).max() == pytest.approx(0.0, abs=1e-12)
    assert inputs["helpdesk.trust.effect"].std() == pytest.approx(0.3, rel=0.02)


def test_the_tornado_moves_by_the_declared_bias():
    _, plan, inputs = made()
    wide = made(EXAMPLE.replace("design_bias_sd: 0.002", "design_bias_sd: 0.004"))
    name = "helpdesk.retained_margin.effect"
    swing = [float(np.ptp(tornado(p, i).swings.loc[name, ["low", "high"]])) for p, i in ((plan, inputs), wide[1:])]
    assert swing[1] == pytest.approx(2 * swing[0], rel=1e-6)


def test_the_bias_is_named_where_it_counts():
    case, plan, inputs = made()
    grounds = case_grounds(case, plan, inputs, mark="abc")
    assert grounds.bias == {"retained_margin": 0.002, "trust": 0.3}
    assert grounds.table.set_index("Benefit")["Declared bias"].to_dict() == {
        "retained margin": "0.002",
        "deflected": "in the range",
        "referral": "in the range",
        "trust": "0.3",
        "enps": "in the range",
    }
    silent = EXAMPLE.replace(", design_bias_sd: 0.002", "")
    silently = case_grounds(*made(silent))
    assert "none declared" in silently.table["Declared bias"].to_list()


def test_two_benefits_of_one_estimate_stand_and_fall_together():
    path = EffectPath(np.full(4, 1.0), np.eye(4))
    _, _, inputs = made(EXAMPLE.replace("design_bias_sd: 0.002", "design_bias_sd: 0.3"), dict.fromkeys(FLAT, path))
    assert (inputs["helpdesk.retained_margin.effect"] == inputs["helpdesk.trust.effect"]).all()


def test_cash_and_capacity_share_the_worth_of_saved_contacts():
    # deflected is worth effect x value at all; beta(6, 4) of it, 0.6 on average, reaches the ledger
    case, plan, _ = made()
    means = mean_inputs(plan)
    grounds = case_grounds(case, plan, means)
    row = grounds.table.set_index("Benefit").loc["deflected"]
    assert row["Reaches the ledger"] / (row["Reaches the ledger"] + row["Capacity"]) == pytest.approx(0.6)
    benefit = project(plan, means, 8).benefit @ DEFAULT.factors(9)
    assert grounds.cash == pytest.approx(float(benefit[0]))


def test_confidence_and_realisation_cut_an_estimate_but_no_measured_effect():
    def worth(text):
        case, plan, _ = made(text)
        return case_grounds(case, plan, mean_inputs(plan)).table.set_index("Benefit")["Reaches the ledger"]

    plain = worth(EXAMPLE.replace("confidence: 0.8", "confidence: 1"))
    assert worth(EXAMPLE)["deflected"] == pytest.approx(0.8 * plain["deflected"])
    realised = worth(EXAMPLE.replace("realisation: 1.0", "realisation: 0.5"))
    assert realised["referral"] == pytest.approx(0.5 * plain["referral"])
    assert realised["retained margin"] == pytest.approx(plain["retained margin"])


def test_the_tail_has_its_closed_form_and_never_enters_the_sum():
    # B_H f / (1 + r - f) / (1 + r)^H, by brute force over two hundred more quarters
    case, plan, _ = made()
    means, terms = mean_inputs(plan), ValuationTerms(horizon=8)
    expected = 0.0
    for stream in plan.streams:
        if stream.kind == "score":
            continue
        path = project(plan.__class__(plan.id, plan.name, [stream], []), means, 8).benefit[0]
        later = path[-1] * stream.fade ** np.arange(1, 200)
        expected += float(later @ terms.factors(208)[9:])
    grounds = case_grounds(case, plan, means, terms)
    assert grounds.tail == pytest.approx(expected, rel=1e-9)
    steps = bridge({"direct": [0, 50]}, {"cash": [100, 0]}, ValuationTerms(horizon=1), tail=7.0)
    assert steps.steps.iloc[:-1].sum() == pytest.approx(steps.steps.iloc[-1])
    assert "Later still, not counted" in [tick.get_text() for tick in steps.plot().get_yticklabels()]


def test_only_a_geometric_kernel_fades_on():
    _, plan, _ = made()
    fades = {stream.name: stream.fade for stream in plan.streams}
    assert fades["retained_margin"] == pytest.approx(0.9)
    assert fades["referral"] == pytest.approx(0.7)
    assert fades["deflected"] == 0.0
    late = plan.streams[1].__class__("s", "direct", Distribution("fixed", (1.0,)), kernel=np.array([0.5, 1.0, 0.2]))
    assert late.fade == 0.0
    assert geometric(0.7, 3)[1] == 0.7
