"""Evidence over many outcomes, the report on a case, returns by goal, and chapters that lack a table."""

import numpy as np
import pandas as pd
import pytest
from given import on

from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.attribution.waves_and_lags import latest_wave
from scrm_helpers.initiatives.goals.goal_lines import goal_returns
from scrm_helpers.initiatives.hindsight.realisation import case_spread
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.plan.business_case import example_case
from scrm_helpers.initiatives.staff.collaboration import collaboration_condition
from scrm_helpers.initiatives.staff.mediation import staff_chain
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, case_text, report_case
from scrm_helpers.initiatives.valuation.portfolio import choose_portfolio, draws_from_ledger
from scrm_helpers.initiatives.valuation.tie_out import own_effect


def panel(effects, units=30, periods=8, seed=0):
    rng = np.random.default_rng(seed)
    frames = []
    for outcome, effect in effects.items():
        values = rng.normal(0, 1, (units, 1)) + rng.normal(0, 1, (units, periods))
        values[: units // 2, 4:] += effect
        unit, period = np.divmod(np.arange(units * periods), periods)
        first = np.where(unit < units // 2, 4.0, np.nan)
        frames.append(
            pd.DataFrame(
                {"outcome": outcome, "unit_id": unit, "period": period, "value": values.ravel(), "first_period": first}
            )
        )
    return pd.concat(frames)


def test_only_what_survives_many_looks_is_shown():
    found = gather_evidence(panel({"margin": 2.0} | {f"noise {k}": 0.0 for k in range(12)}))
    assert found.shown == ("margin",)
    assert own_effect(found, "", "margin").grade == "B"
    assert own_effect(found, "", "unknown") is None
    assert "none can be shown" in gather_evidence(panel({f"noise {k}": 0.0 for k in range(6)}, seed=2)).sentence


def test_what_is_shown_names_the_bias_that_would_undo_it():
    found = gather_evidence(panel({"margin": 2.0} | {f"noise {k}": 0.0 for k in range(3)}))
    best = found.ladders["margin"].best
    undone = f"{min(best.low, best.wide[0]) / best.effect:.0%}"  # ranges move with the effect: low minus bias is zero
    column = found.table.set_index("Outcome")["Bias that would undo it"]
    assert column["margin"] == undone
    assert set(column.drop("margin")) == {"none needed"}
    assert f"were {undone} of it bias, a range would reach zero" in found.ladders["margin"].sentence
    assert "bias" not in found.ladders["noise 1"].sentence
    assert "a coin flip between gain and loss takes 100% of any effect" in found.note


def test_without_a_design_there_is_no_bias_to_name():
    lone = panel({"margin": 2.0}, units=6).query("unit_id < 3")
    assert gather_evidence(lone).table["Bias that would undo it"].tolist() == ["n/a"]


def test_without_a_panel_the_reason_is_given():
    found = gather_evidence(None)
    assert not found.drawable
    assert "No effect can be attributed" in found.sentence


def test_a_case_takes_its_effects_from_the_evidence(tmp_path):
    effects = panel({"retained share": 2.0, "trust index": 1.0})
    effects["value"] = np.where(effects["outcome"] == "retained share", 0.9 + 0.01 * effects["value"], effects["value"])
    report = report_case(example_case(), gather_evidence(effects), choices=CaseChoices(version="1"))
    assert report.valuation.horizons.loc[8, "npv"] == pytest.approx(report.steps.steps.iloc[-1])
    assert len(report.cfo.table) == 15
    tip = report.statistician.sentence.split("; ")[-1]
    assert "for a coin flip" in tip
    assert report.valuation.sentence.lower().endswith(f" {tip}")
    assert "can show an effect" in report.statistician.table["Answer"].iloc[0]
    assert report.hints


def test_an_initiative_that_the_case_does_not_have_is_named():
    said = report_case(example_case(), gather_evidence(None), choices=CaseChoices("ghost")).valuation.sentence
    assert said == "The business case has no initiative ghost; it has helpdesk. Name one of them."


def test_a_missing_case_or_missing_evidence_is_one_sentence(tmp_path):
    assert case_text(tmp_path, sample=False) == ""
    assert case_text(tmp_path, sample=True) == example_case()
    (tmp_path / "initiatives.yaml").write_text("schema: roinit/1", encoding="utf-8")
    assert case_text(tmp_path, sample=True) == "schema: roinit/1"
    refused = report_case("schema: roinit/1", gather_evidence(None)).valuation
    assert refused.sentence.startswith("The business case is refused. The business case has no goals")
    none = report_case("", gather_evidence(None))
    assert none.cfo.sentence == none.tree.sentence
    assert "no business case" in none.valuation.sentence
    assert (
        "no evidence was found for retained_margin, trust"
        in report_case(example_case(), gather_evidence(None)).cfo.sentence
    )


def ledger():
    initiatives = pd.DataFrame(
        {
            "initiative_id": ["a", "b", "c"],
            "started_on": pd.Timestamp("2025-01-01"),
            "cost": [100.0, 50, 10],
            "case_p10": [0.0, 0, 0],
            "case_p90": [100.0, 0, 0],
        }
    )
    rows = pd.DataFrame(
        [
            ("a", "2025Q2", "direct", 10.0),
            ("a", "2025Q4", "retained", 140.0),
            ("b", "2025Q2", "direct", 60.0),
            ("b", "2025Q4", "direct", -50.0),
        ],
        columns=["initiative_id", "quarter", "stream", "amount"],
    )
    return initiatives, read_ledger(initiatives, rows, on("2025-12-31", discount_rate=0.0))


def test_the_return_of_a_goal_is_a_ratio_of_sums_over_all_that_serve_it():
    _, read = ledger()
    result = goal_returns(read, {"a": {"": "G1"}, "b": {"": "G1"}})
    assert result.goals.loc["G1", "Return"] == pytest.approx(160 / 150 - 1)
    assert result.sentence.startswith("1 of 1 goal has earned back")
    assert result.unassigned == 10
    assert "€10.00 of cost serves no goal" in result.sentence
    assert "no initiative ledger" in goal_returns(None, {}).sentence


def test_the_first_quarter_picks_the_wrong_initiative():
    initiatives, read = ledger()
    drawn = draws_from_ledger(read, case_spread(initiatives))
    result = choose_portfolio(drawn, budget=110.0)
    assert result.chosen == ("a",)
    assert result.by_roi == ("b",)  # c lost money after one quarter: nobody who looks at ROI funds it
    assert result.myopia.value == pytest.approx(50 + 40, abs=4)  # a is worth 50, b -40
    # booked quarters carry no spread: b and c are certain, a has 9 of 12 quarters ahead
    assert drawn.late.std(axis=0) == pytest.approx([100 / 2.563 * np.sqrt(9 / 12), 0, 0], rel=0.05)


def test_chapters_bow_out_where_a_table_is_missing():
    staff = pd.DataFrame({"team": ["a"], "quarter": ["2025Q1"], "n": [9], "engagement_mean": [3.0], "store": ["S1"]})
    for result in (
        staff_chain(staff, None, mediator="trust", outcome="margin"),
        collaboration_condition(None, social="s", together="c", outcome="y"),
        latest_wave(None, "trust"),
    ):
        assert not result.drawable
        assert "This company has no table initiative_panel" in result.sentence
