"""Case, panel, ledger, goals and truth of the sample tell one story about the helpdesk."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.plan.business_case import read_case
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, report_case
from scrm_helpers.initiatives.valuation.tie_out import on_calendar
from scrm_helpers.sample.sample_company import business_case, make_sample


def reported(sample, as_of):
    tables, terms = sample.tables, Terms(pd.Timestamp(as_of))
    panel = tables["initiative_panel"].query("outcome in ['retained share', 'trust index']")
    ledger = read_ledger(tables["initiatives"], tables["initiative_ledger"], terms)
    text, found = business_case(terms.as_of), gather_evidence(panel)
    return report_case(text, found, ledger, CaseChoices(as_of=as_of), panel=panel)


def test_the_case_of_six_seeds_agrees_with_panel_ledger_and_truth():
    torn, held, firm = 0, [], 0
    for seed in range(6):
        sample = make_sample(200, seed)
        said = reported(sample, "2026-09-30")
        torn += bool(said.tied.contradictions)
        truth, one = sample.truth["helpdesk"]["roinit_economic_10_percent"], said.valuation.judged
        held += [one[h].roinit.low <= truth[f"{h}q"] <= one[h].roinit.high for h in (8, 12)]
        assert said.valuation.judgement.verdict != "shown to pay"  # the truth at eight quarters is -.44
        assert said.valuation.judgement.grade in ("B", "C")  # C where the diagnostics of the roll-out warn
        firm += said.valuation.judgement.grade == "B"
    assert torn <= 1
    assert firm >= 3
    assert np.mean(held) >= 0.85


@pytest.mark.parametrize("as_of", ["2026-09-30", "2026-06-30", "2025-02-28"])
def test_the_case_moves_with_the_last_day_of_the_company(as_of):
    sample = make_sample(200, 3, as_of)
    one = read_case(business_case(pd.Timestamp(as_of))).initiatives[0]
    assert not on_calendar(one, sample.tables["initiative_panel"], None).doubts
    started = sample.tables["initiatives"].set_index("initiative_id")["started_on"]["helpdesk"]
    assert str(started.to_period("Q")) == one.start
    truth = sample.truth["helpdesk"]["stores_open_from_quarter"]
    opened = [(pd.Period(quarter) - pd.Period(one.start)).n for quarter in one.units.opens]
    assert dict(zip(map(str, opened), one.units.opens.values(), strict=True)) == truth


def test_the_ledger_books_the_planted_money_but_for_its_noise():
    sample = make_sample(200, 5)
    rows = sample.tables["initiative_ledger"].query("initiative_id == 'helpdesk' and booked and kind == 'benefit'")
    for stream, planted in sample.truth["helpdesk"]["money_by_quarter"].items():
        assert rows.loc[rows["stream"] == stream, "amount"].sum() == pytest.approx(sum(planted[:11]), rel=0.15)


def test_goals_stand_where_the_tables_say():
    tables = make_sample(400, 2).tables
    now = tables["goals"].set_index("goal_id")["current"]
    panel, staff = tables["initiative_panel"], tables["employees"]
    last = panel[panel["period"] == "2026Q3"].groupby("outcome")["value"].mean()
    assert now["G1"] == pytest.approx(last["trust index"], abs=0.06)
    assert now["G2"] == pytest.approx(last["retained share"], abs=0.001)
    people = staff[staff["quarter"] == "2026Q3"]
    assert now["G5"] == pytest.approx(people["volunteered"].sum() / people["offered"].sum(), abs=0.001)
    assert now["G4"] == (tables["ideas"]["implemented_on"] > "2025-09-30").sum()
    assert np.isnan(now["G6"])
