"""The concept on one page: whole notation, verdict table, three beneficiaries side by side."""

import pandas as pd
import pytest
from desk import MEASURED, ledger_of, panel_of

from scrm_helpers.answers import show
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.valuation.case_report import report_case

PANEL = panel_of(["2024Q4"] * 12 + [None] * 12)


@pytest.fixture(scope="module")
def said():
    teams = [f"T{n}" for n in range(5)]
    rows = [(team, q, 20, 10, 5, 10, 4) for team in teams for q in ("2025Q1", "2025Q2", "2025Q3")]
    columns = ["team", "quarter", "n", "enps_promoters", "enps_detractors", "offered", "volunteered"]
    staff = pd.DataFrame(rows, columns=columns)
    book = ledger_of(("2024Q1", "cost", 1000, "cash"), ("2024Q4", "cost", 70, "reward"), day="2025-12-31")
    return report_case(MEASURED, gather_evidence(PANEL), book, panel=PANEL, employees=staff)


def test_the_page_quotes_the_return_whole_and_names_its_verdict(said):
    one = said.valuation.judgement
    assert said.concept.sentence.startswith(one.notation)
    assert said.concept.sentence.endswith(f"By the table: {one.verdict}.")
    assert said.concept.table.shape == (5, 4)
    assert len(said.concept.alt) <= 300
    drawn = [text.get_text().strip().replace("\n", " ") for text in said.concept.plot().texts]
    assert {type(label.get_text()) for label in said.concept.plot().get_xticklabels()} == {str}
    show.figure(said.concept)  # as the notebook does
    assert drawn == [said.valuation.judged[quarter].verdict for quarter in (1, 2, 4, 8, 12)]


def test_three_beneficiaries_in_their_own_units(said):
    lines = said.beneficiaries.table.set_index("What")
    assert list(lines["For"].drop_duplicates()) == ["the company", "employees", "customers"]
    assert lines.loc["Took part, of those offered", "Value"] == "40%"
    assert lines.loc["Teams that still take part two quarters later", "Value"] == "100%"
    assert lines.loc["Employee Net Promoter Score", "Value"] == "+25"
    assert lines.loc["Rewards, at what they cost the company so far", "Value"] == "€70.00"
    assert lines.loc["Effect on kept", "Value"].endswith("percentage points")
    assert "never summed" in said.beneficiaries.sentence
    assert "Nothing is measured" not in said.beneficiaries.sentence


def test_the_number_at_eight_quarters_has_its_name_whatever_the_headline():
    text = MEASURED.replace("schema: roinit/1", "schema: roinit/1\nheadline_q: 4")
    found = report_case(text, gather_evidence(PANEL), panel=PANEL).valuation
    assert [one.name for one in found.measures] == ["roinit_desk_4q", "roinit_desk_8q"]
    assert [claim.name for claim in found.claims] == ["roinit_desk"]
    for one in found.measures:
        assert one.population == "what Desk costs and brings"
        assert one.window.startswith("quarters 0 to ")
        assert one.level == 0.95
        assert one.low is not None
