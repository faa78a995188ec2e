"""The eight properties of a return on initiative, each as a property over random cases."""

from dataclasses import replace

import numpy as np
import pytest
from desk import MEASURED, RANGE, ledger_of, panel_of
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.plan.business_case import plans, read_case
from scrm_helpers.initiatives.plan.streams import (
    COST_KINDS,
    GROSS,
    Booked,
    Cost,
    Distribution,
    Plan,
    Stream,
    ValuationTerms,
    after,
    fixed,
)
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, remember, report_case
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs

EURO = st.floats(1, 1000).map(lambda x: round(x, 2))
FEW = settings(max_examples=25, deadline=None)
CASH = ValuationTerms(view="cash", discount_rate_annual=0.0)


def valued(plan, terms=CASH, draws=50):
    return value_initiative(plan, draw_inputs([plan], draws=draws, seed=1), terms)


def plan_of(streams, costs, name="a"):
    streams = [Stream(f"s{n}", kind, fixed(value)) for n, (kind, value) in enumerate(streams)]
    return Plan(name, name, streams, [Cost(f"c{n}", "cash", *map(fixed, pair)) for n, pair in enumerate(costs)])


@FEW
@given(back=EURO, setup=EURO, running=EURO)
def test_1_roi_is_its_special_case(back, setup, running):
    table = valued(plan_of([("direct", back)], [(setup, running)])).horizons
    assert table["roinit"].to_numpy() == pytest.approx(table["roi"].to_numpy(), abs=1e-12)
    assert table.loc[8, "roi"] == pytest.approx(8 * back / (setup + 8 * running) - 1, abs=1e-12)


@FEW
@given(streams=st.lists(st.tuples(st.sampled_from(["direct", "referral", "retained"]), EURO), min_size=2, max_size=5),
       costs=st.lists(st.tuples(EURO, EURO), min_size=2, max_size=3), rate=st.floats(0, 0.3))  # fmt: skip
def test_2_it_adds_up_however_initiatives_and_streams_are_split(streams, costs, rate):
    terms = ValuationTerms(view="cash", discount_rate_annual=rate)
    whole = valued(plan_of(streams, costs), terms).horizons
    split = [plan_of(streams[:1], costs[:1]), plan_of(streams[1:], costs[1:])]
    parts = [valued(part, terms).horizons for part in split]
    net, spent = (sum(part[name] for part in parts) for name in ("npv", "spent"))
    assert whole["npv"].to_numpy() == pytest.approx(net.to_numpy(), rel=1e-9, abs=1e-6)
    assert whole["roinit"].to_numpy() == pytest.approx((net / spent).to_numpy(), rel=1e-9, abs=1e-9)
    halves = plan_of([(kind, value / 2) for kind, value in streams for _ in range(2)], costs)
    again = valued(halves, terms).horizons["npv"].to_numpy()
    assert again == pytest.approx(whole["npv"].to_numpy(), rel=1e-9, abs=1e-6)


@FEW
@given(setup=EURO, running=EURO, rate=st.floats(0, 0.3))
def test_3_no_benefit_is_minus_one_and_never_missing(setup, running, rate):
    terms = ValuationTerms(view="cash", discount_rate_annual=rate)
    for streams in ([], [("direct", 0.0)]):
        found = valued(plan_of(streams, [(setup, running)]), terms)
        assert found.horizons["roinit"].to_numpy() == pytest.approx(np.full(5, -1.0), abs=1e-12)
        assert found.judgement.roinit.value == pytest.approx(-1.0)
        assert found.judgement.verdict.endswith("not to pay")
    nothing = report_case(MEASURED, gather_evidence(None))  # missing evidence is another sentence
    assert "no evidence was found for kept" in nothing.valuation.sentence


@FEW
@given(back=EURO, cost=EURO, points=EURO)
def test_4_scores_stay_scores(back, cost, points):
    plan = plan_of([("direct", back)], [(cost, 1.0)])
    scored = replace(plan, streams=[*plan.streams, Stream("trust", "score", fixed(points))])
    one, other = valued(plan), valued(scored)
    assert (one.net == other.net).all()
    shortfall = -other.horizons.loc[8, "npv"]
    assert other.break_even["trust"] == pytest.approx(shortfall / points)


@FEW
@given(first=st.integers(0, 8), wait=st.integers(0, 4), effect=EURO)
def test_5_quarters_are_those_of_the_calendar(first, wait, effect):
    stream = Stream("s", "direct", fixed(effect), openings=((first, 0.5), (first + wait, 0.5)))
    plan = Plan("a", "A", [stream], [Cost("c", "cash", fixed(100.0))])
    net = valued(plan).net[0]
    by_hand = np.cumsum([effect * ((q >= first) + (q >= first + wait)) / 2 for q in range(13)]) - 100
    assert net == pytest.approx(by_hand)
    # after one quarter is the end of quarter 1, here and in the ledger: quarters 0 and 1
    assert after(1) == slice(0, 2)
    assert valued(plan).horizons.loc[1, "npv"] == pytest.approx(net[after(1)][-1])
    book = ledger_of(("2024Q1", "direct", 30, "benefit"), ("2024Q2", "direct", 40, "benefit"),
                     ("2024Q3", "direct", 50, "benefit"), ("2024Q1", "cost", 100, "cash"))  # fmt: skip
    assert book.roi_one_quarter[0] == pytest.approx(70 / 100 - 1)


def test_6_only_what_a_design_carries_is_counted():
    gross = RANGE.replace("{normal: [0.2, 0.02]}", "{design: before_after, path: [0.5], se: [0.01]}")
    (plan,) = plans(read_case(gross), {}, {})
    assert [stream.kind for stream in plan.streams] == [GROSS]
    page = report_case(gross, gather_evidence(None))
    assert page.valuation.judgement.roinit.value == pytest.approx(-1.0)  # in no sum
    assert "kept (gross, in no sum)" in page.tied.table["Stream"].to_list()
    assert "gross" in page.grounds.table["Effect from"].iloc[0]
    # a design that no panel tests counts as an opinion
    typed = RANGE.replace("{normal: [0.2, 0.02]}", "{design: randomised, path: [0.5], se: [0.01]}")
    assert report_case(typed, gather_evidence(None)).valuation.judgement.grade == "E"
    # and by a panel that tests it, an effect typed in that it contradicts is named
    panel = panel_of(["2024Q4"] * 12 + [None] * 12)
    stated = typed.replace("path", "outcome: kept, path")
    said = report_case(stated, gather_evidence(panel), panel=panel).valuation
    assert "contradicted by the panel (kept, mean effect over 1 quarter: 0.5000 in the case" in said.sentence
    assert said.judgement.verdict == "open"


def test_7_an_estimate_belongs_to_its_day(tmp_path):
    panel = panel_of(["2024Q4"] * 12 + [None] * 12)
    found = gather_evidence(panel)
    first = report_case(RANGE, found, None, CaseChoices(as_of="2025-03-31"), panel=panel)
    assert remember(first, str(tmp_path)).days == ("2025-03-31",)
    other = report_case(RANGE.replace("0.2,", "0.3,"), found, None, CaseChoices(as_of="2025-03-31"), panel=panel)
    with pytest.raises(Refusal, match="What was believed then stays"):
        remember(other, str(tmp_path))
    booked = ledger_of(("2024Q1", "cost", 1000, "cash"), ("2024Q4", "retained", 900, "benefit"), day="2025-12-31")
    kept = remember(report_case(RANGE, found, booked, CaseChoices(as_of="2025-12-31"), panel=panel), str(tmp_path))
    assert kept.days == ("2025-03-31", "2025-12-31")
    assert first.valuation.judgement.notation in kept.sentence  # as it was believed


def test_7_what_was_stopped_is_zero_after_the_stop():
    spent = dict.fromkeys(COST_KINDS, np.zeros(9)) | {"cash": np.full(9, 10.0)}
    booked = Booked({"direct": np.array([0, 50.0, 50, 0, 0, 0, 0, 0, 0])}, spent)
    plan = replace(plan_of([("direct", 50.0)], [(10.0, 10.0)]), booked=booked)
    assert valued(plan).horizons.loc[8, "npv"] == pytest.approx(100 - 90)


def test_8_three_beneficiaries_side_by_side_and_never_summed():
    panel = panel_of(["2024Q4"] * 12 + [None] * 12)
    page = report_case(MEASURED, gather_evidence(panel), panel=panel).beneficiaries
    assert page.table["For"].drop_duplicates().to_list() == ["the company", "customers"]
    assert "Nothing is measured for employees" in page.sentence
    assert not page.table["What"].str.contains("total|sum", case=False).any()


def test_an_uncertain_return_is_a_range_of_its_draws():
    plan = Plan("a", "A", [Stream("s", "direct", Distribution("normal", (10, 20)))], [Cost("c", "cash", fixed(80.0))])
    found = value_initiative(plan, draw_inputs([plan], draws=40_000, seed=2), CASH)
    assert found.judgement.roinit.ends == pytest.approx((-1.96 * 2, 1.96 * 2), abs=0.08)  # 8 * 20 / 80 a quarter
