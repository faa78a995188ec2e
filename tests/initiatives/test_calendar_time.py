"""Calendar time: units from their own opening, what is booked as booked, and every contradiction in one sentence."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from desk import MEASURED, RANGE, ledger_of, panel_of
from given import on

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.plan.business_case import example_case, read_case
from scrm_helpers.initiatives.plan.streams import Booked, Cost, EffectPath, Plan, Stream, fixed
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, report_case
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs, mean_inputs, project
from scrm_helpers.initiatives.valuation.tie_out import on_calendar


def initiative(text=RANGE):
    return read_case(text).initiatives[0]


def test_every_unit_brings_its_effect_from_its_own_opening():
    # a third opens in quarter 3, two thirds in quarter 5; effects 1, 2, 3 and then the last one, by hand
    stream = Stream("s", "direct", fixed(1.0), openings=((3, 1 / 3), (5, 2 / 3)), persistence=1.0)
    assert stream.path(np.array([[1.0, 2.0, 3.0]]), 8)[0] == pytest.approx([0, 0, 0, 1 / 3, 2 / 3, 5 / 3, 7 / 3, 3, 3])
    late = replace(stream, delay=1)
    assert late.path(np.array([6.0]), 8)[0] == pytest.approx([0, 0, 0, 0, 2, 2, 6, 6, 6])
    assert not replace(stream, openings=((9, 1.0),)).path(np.array([6.0]), 8).any()  # after the horizon: nothing


def test_the_panel_says_when_units_opened_and_else_the_ledger_and_else_the_case():
    panel = panel_of(["2024Q4"] * 4 + ["2025Q2"] * 12 + [None] * 8)
    found = on_calendar(initiative(), panel, None)
    assert found.openings == ((3, 0.25), (5, 0.75))
    assert found.opened == "16 units open: 4 in 2024Q4, 12 in 2025Q2, by the panel"
    booked = ledger_of(("2024Q1", "cost", 1000, "cash"), ("2024Q4", "retained", 50, "benefit"))
    by_ledger = on_calendar(initiative(), None, booked)
    assert by_ledger.openings == ((3, 1.0),)
    assert "when the ledger first books a benefit" in by_ledger.opened
    planned = initiative(RANGE.replace("serves", "units: {opens: {2024Q3: 5}}\n    serves"))
    assert on_calendar(planned, None, None).openings == ((2, 1.0),)
    assert on_calendar(initiative(), None, None).openings == ((1, 1.0),)


def test_a_month_or_a_day_is_read_as_its_quarter():
    panel = panel_of(["2024Q4"] * 8 + [None] * 8).replace({"first_period": {"2024Q4": "2024-11"}})
    assert on_calendar(initiative(), panel, None).openings == ((3, 1.0),)


def test_a_roll_out_that_never_happened_is_named_in_one_sentence():
    with pytest.raises(Refusal, match="The roll-out of Desk never happened: up to 2026Q3 the panel opens none of 16"):
        on_calendar(initiative(), panel_of([None] * 16), None)
    panel = panel_of([None] * 16)
    said = report_case(MEASURED, gather_evidence(panel), panel=panel)
    assert {said.valuation.sentence, said.cfo.sentence} == {said.tied.sentence}
    assert said.valuation.sentence.startswith("The roll-out of Desk never happened")
    assert not said.valuation.claims


def test_what_contradicts_the_case_is_named_and_the_calendar_of_panel_and_ledger_counts():
    panel = panel_of(["2024Q4"] * 8 + [None] * 8)
    planned = RANGE.replace("serves", "units: {opens: {2024Q2: 8}}\n    serves")
    said = report_case(planned, gather_evidence(panel), panel=panel).valuation
    contradicted = "contradicted by the panel (the case plans that 8 units open: 8 in 2024Q2; in the panel 8 units"
    assert contradicted in said.sentence
    assert not said.net[:, 2].max() > 0  # nothing before the panel's opening
    early = on_calendar(initiative(), panel_of(["2023Q4"] * 8 + [None] * 8), None)
    assert "it opens units in 2023Q4, before the case starts in 2024Q1" in early.doubts[0]
    later = ledger_of(("2024Q2", "cost", 1000, "cash"), ("2024Q4", "retained", 50, "benefit"), start="2024-04-01")
    found = on_calendar(initiative(), None, later)
    assert "the case starts Desk in 2024Q1, the table initiatives in 2024Q2" in found.doubts[0]
    assert found.booked.costs["cash"].tolist() == [0, 1000, 0, 0]  # on the clock of the case


def test_booked_quarters_are_as_booked_and_keep_the_error_of_their_estimate():
    effect = EffectPath(np.full(6, 0.2), np.eye(6) * 0.01**2)
    plan = Plan("d", "D", [Stream("k", "retained", effect, reach=100.0)], [Cost("c", "cash", fixed(9.0), fixed(1.0))])
    booked = Booked({"retained": np.array([0.0, 5.0, 7.0])}, {kind: np.zeros(3) for kind in COSTS} | {"cash": SPENT})
    inputs = draw_inputs([plan], draws=20_000, seed=1)
    flows = project(replace(plan, booked=booked), inputs, 4)
    assert flows.benefit[:, :3].mean(axis=0) == pytest.approx([0, 5, 7], abs=0.03)
    assert flows.benefit[:, 1].std() == pytest.approx(100 * 0.01, rel=0.02)
    assert flows.benefit[:, 3].mean() == pytest.approx(20, abs=0.05)  # after the booked quarters the case speaks
    assert (flows.cost("cash")[:, :3] == SPENT).all()
    assert mean_inputs(plan)["d.k.effect"].shape == (1, 6)
    known = replace(plan, streams=[replace(plan.streams[0], effect=fixed(0.2))], booked=booked)
    assert not project(known, draw_inputs([known], draws=50, seed=1), 4).benefit[:, :3].std(axis=0).any()


SPENT = np.array([11.0, 2.0, 3.0])
COSTS = ("cash", "reward", "paid_time", "volunteered_time")


def test_the_sample_of_old_its_case_is_put_into_calendar_time(request):
    """The worked case of old claimed +.36 and go: by the panel's roll-out it is −.55, by its ledger +.19."""
    frozen = request.config.rootpath / "tests" / "frozen"
    table = {name: pd.read_csv(frozen / "sample" / f"{name}.csv") for name in TABLES}
    text, found = (frozen / "initiatives.yaml").read_text(), gather_evidence(table["initiative_panel"])
    chosen = CaseChoices(as_of="2026-09-30")
    alone = report_case(text, found, None, chosen, panel=table["initiative_panel"]).valuation
    assert alone.judgement.roinit.value == pytest.approx(-0.55, abs=0.02)
    assert alone.judgement.roinit.high < -0.3
    assert alone.headline["chance"] == 0
    ledger = read_ledger(table["initiatives"], table["initiative_ledger"], on("2026-09-30"))
    both = report_case(text, found, ledger, chosen, panel=table["initiative_panel"])
    assert both.valuation.judgement.roinit.value == pytest.approx(0.19, abs=0.01)
    low, high = both.valuation.judgement.roinit.ends
    assert low < -0.55 < 0.19 < high  # which of both sources is right is not known
    assert both.valuation.judgement.verdict == "open"
    assert "contradicted by the panel (retained, quarters 0 to 10" in both.valuation.sentence
    assert both.cfo.decision != "go"
    assert [claim.verdict for claim in both.valuation.claims] == ["cannot say"]


TABLES = ("initiative_panel", "initiatives", "initiative_ledger")


def test_the_example_is_read_and_planned_as_the_panel_of_the_sample():
    assert read_case(example_case()).initiatives[0].units.opens == {"2024Q4": 12, "2025Q2": 12, "2025Q4": 12}
