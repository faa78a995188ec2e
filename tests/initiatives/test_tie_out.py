"""Case, ledger and panel, stream by stream: sums by hand, contradictions beyond chance, and seldom by chance."""

import numpy as np
import pandas as pd
import pytest
from desk import MEASURED, RANGE, ledger_of, panel_of

from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, report_case

PANEL = panel_of(["2024Q4"] * 12 + ["2025Q2"] * 12 + [None] * 12)
FEES = [("2024Q1", "cost", 1000, "cash")]
QUARTERS = ["2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4"]


def page(text, *flows, day="2025-12-31", found=None):
    ledger = ledger_of(*FEES, *flows, day=day)
    return report_case(text, found or gather_evidence(PANEL), ledger, CaseChoices(as_of=day), panel=PANEL)


def test_the_three_columns_by_hand():
    # effect .05 on 1,000 units at 10 each: 500 a quarter when all are open, half of it before 2025Q2
    booked = [(quarter, "retained", 250 if quarter < "2025Q2" else 500, "benefit") for quarter in QUARTERS]
    tied = page(MEASURED, *booked).tied
    row = tied.rows.loc["retained"]
    assert row["ledger"] == 2 * 250 + 3 * 500
    assert row["case"] == row["panel"] == pytest.approx(2000, rel=0.1)
    assert row["reading"] == "agree"
    assert tied.rows.loc["cash", "case"] == -1000 - 7 * 100  # quarters 0 to 7
    assert tied.rows.loc["cash", "ledger"] == -1000
    assert tied.rows.loc["cash", "reading"] == "−41% beside the plan"
    assert tied.booked.value == 2000 - 1000 == tied.rows.loc["net", "ledger"]
    assert not tied.contradictions
    assert tied.by_stream.startswith("By stream: retained: case €")
    assert tied.by_stream.count("€") == 3
    expert = page(RANGE, *booked).tied.rows.loc["retained"]
    assert np.isnan(expert["panel"])  # nothing that the panel tests


def test_a_ledger_that_books_what_the_panel_does_not_carry_is_named():
    booked = [(quarter, "retained", 2500, "benefit") for quarter in QUARTERS]
    said = page(MEASURED, *booked)
    assert "contradicted by the panel (retained, quarters 0 to 7: the panel's effect gives" in said.tied.sentence
    assert said.valuation.judgement.verdict == "open"
    assert said.cfo.decision != "go"
    answers = said.cfo.table.set_index("Question")["Answer"]
    assert "open, because the case is contradicted by the panel" in answers["What is it worth?"]
    assert answers["Does it tie to the ledger?"] == f"{said.tied.sentence} {said.tied.by_stream}"
    expert = page(RANGE, *booked).tied.sentence  # 8,000 expected, 12,500 booked
    assert "contradicted by the ledger (retained, quarters 0 to 7: the case expects" in expert
    assert "contradicted" not in page(RANGE.replace("0.2,", "0.31,"), *booked).tied.sentence


def test_a_ledger_of_costs_alone_is_no_ledger_of_zero_benefit():
    assert page(MEASURED).tied.booked.reason == "nothing is booked yet"  # but for the set-up quarter
    said = page(MEASURED, ("2025Q4", "cost", 10, "cash"))
    assert said.tied.booked.reason == "the ledger books no benefit of it"
    assert said.tied.rows.loc["retained", "reading"] == "not booked"
    assert not said.tied.contradictions
    assert said.valuation.horizons.loc[8, "npv"] > 0  # the benefit of the panel stands
    zero = page(MEASURED, ("2024Q4", "direct", 1, "benefit"))
    assert "the ledger books €0" in zero.tied.sentence  # other benefit is booked, so nothing of this came


def test_books_that_follow_the_truth_are_seldom_called_a_contradiction():
    rng, wrong = np.random.default_rng(3), 0
    for seed in range(60):
        panel = panel_of(["2024Q4"] * 12 + ["2025Q2"] * 12 + [None] * 12, seed=seed)
        flows = [(q, "retained", (250 if q < "2025Q2" else 500) * rng.normal(1, 0.08), "benefit") for q in QUARTERS]
        ledger = ledger_of(*FEES, *flows, day="2025-12-31")
        text = MEASURED.replace("outcome: kept", "outcome: kept, design_bias_sd: 0.002")
        wrong += bool(report_case(text, gather_evidence(panel), ledger, panel=panel).tied.contradictions)
    assert wrong <= 6


def test_a_claim_keeps_its_grade_only_where_the_panel_tests_it():
    goal = MEASURED.replace("decision:", "evidence: [LINK]\ndecision:")
    stated = "{from: desk, to: G, claim: it works, design: staggered_did, grade: B}"
    bare, tested = (
        goal.replace("LINK", stated),
        goal.replace("LINK", stated.replace("grade: B", "grade: B, panel: kept")),
    )
    found = gather_evidence(PANEL)
    said = [report_case(text, found, panel=PANEL) for text in (bare, tested)]
    assert [one.tree.links for one in said] == [[("desk", "G", "E")], [("desk", "G", "B")]]
    opinion = "Nothing in the panel tests that it works (desk to G): it counts as an opinion."
    assert [opinion in one.hints for one in said] == [True, False]
    boast = goal.replace("LINK", "{from: desk, to: G, claim: it works, design: correlational, grade: A}")
    assert report_case(boast, found, panel=PANEL).tree.links == [("desk", "G", "D")]  # no better than its design


def test_two_initiatives_on_one_outcome_each_keep_their_own_effect():
    both = pd.concat([PANEL, panel_of(["2025Q1"] * 12, effect=-0.05, seed=9, initiative="other")])
    both.loc[both["initiative_id"] == "other", "unit_id"] += "o"
    found = gather_evidence(both)
    own = report_case(MEASURED, found, panel=both).valuation
    assert own.judgement.roinit.value == pytest.approx(
        report_case(MEASURED, gather_evidence(PANEL), panel=PANEL).valuation.judgement.roinit.value, abs=0.15
    )
