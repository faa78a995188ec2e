"""What makes a return wrong is named and refused: by the functions, by ``scrm check`` and by ``scrm run``."""

import json

import numpy as np
import pandas as pd
import pytest
from given import on

from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.attribution.panel import read_panel
from scrm_helpers.initiatives.attribution.roll_outs import staggered_effect
from scrm_helpers.initiatives.attribution.waves_and_lags import latest_wave
from scrm_helpers.initiatives.goals.goal_table import goal_progress
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.ledger.horizons import compare_horizons
from scrm_helpers.initiatives.plan.business_case import example_case, read_case
from scrm_helpers.initiatives.staff.collaboration import collaboration_condition
from scrm_helpers.initiatives.staff.employees import employee_score, participation
from scrm_helpers.initiatives.staff.mediation import staff_chain
from scrm_helpers.initiatives.staff.teams import aggregation_gate, red_tape
from scrm_helpers.initiatives.valuation.portfolio import Draws, choose_portfolio
from scrm_helpers.report.checked_company import write_check
from scrm_helpers.report.run import RunOptions, run_report

EXAMPLE, DAY = example_case(), "2026-09-30"
COSTS = EXAMPLE[EXAMPLE.index("    costs:") : EXAMPLE.index("    benefits:")]
LONG = "effect: {design: staggered_did, path: [" + ", ".join(["0.1"] * 20) + "], se: [" + ", ".join(["1"] * 20) + "]}"
CASES = {
    "benefit without goal": ("goal: G2\n        effect", "effect", "names no goal: a benefit without a goal"),
    "goal without baseline": ("baseline: {value: 61.0, period: 2023Q4, n: 840, se: 0.9}", "", "G1 has no baseline"),
    "tool as subject": ("- id: deflected", "- id: twitter", "has the tool twitter as its subject. A return belongs to"),
    "cycle in evidence": ("from: G1, to: G2", "from: G1, to: G5", "The evidence runs in a circle (G5 to G1 to G5)"),
    "overlap without a rule": ("streams: [retained_margin, referral]", "streams: [trust, enps]", "counted twice"),
    "rate without approver": (", approved_by: null", "", "no approved_by"),
    "cost zero": (COSTS, "", "helpdesk costs nothing"),
    "horizon shorter than data": ("effect: {pert: [2, 8, 20]}", LONG, "20 quarters, longer than the longest horizon"),
    "dates out of order": ("target: {value: 66.0, by: 2027Q4}", "target: {value: 66.0, by: 2023Q4}", "out of order"),
    "flow not a number": ("effect: {pert: [2, 8, 20]}", "effect: {pert: [2, .nan, 20]}", "missing or infinite"),
    "infinite flow": ("setup: 24000", "setup: .inf", "missing or infinite"),
    "goals in a circle": ("parent: G1", "parent: G2", "parents in a circle (G2 to G2)"),
    "a key twice": ("currency: EUR", "currency: EUR\ncurrency: USD", "the key 'currency' stands twice"),
    "an alias": ("draws: 10000", "draws: &many 10000\nrealisation: *many", "aliases (*name) are refused"),
    "an owner as a list": (
        "owner: Head of People",
        "owner: [Ann, Bob]",
        "owner under goals, G5 must be text",
    ),
}


@pytest.fixture
def company(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,joined_on\nA,2025-01-02\nB,2025-02-03\n")
    orders = ["1,A,2025-03-01,10.50", "2,B,2025-04-01,20.00"]
    (folder / "transactions.csv").write_text("\n".join(["order_id,customer_id,ordered_on,amount", *orders]) + "\n")
    return folder


@pytest.mark.parametrize(("old", "new", "words"), CASES.values(), ids=CASES)
def test_a_faulty_case_is_named_and_refused_and_nothing_is_written(company, tmp_path, old, new, words):
    assert old in EXAMPLE
    text = EXAMPLE.replace(old, new, 1)
    with pytest.raises(Refusal) as refused:
        read_case(text)
    assert any(words in message for message in refused.value.messages), refused.value.messages
    (company / "initiatives.yaml").write_text(text)
    found = write_check(company, DAY, tmp_path / "checked")
    assert found.exit_code == 1
    named = [message for message in found.messages if words in message.what]
    assert named
    assert named[0].file == "initiatives.yaml"  # what, where, why and what to do
    assert named[0].why
    assert named[0].todo
    assert json.loads((tmp_path / "checked" / "check.json").read_text())["facts"] == {}
    with pytest.raises(PlainError, match="initiatives.yaml"):
        run_report(company, DAY, tmp_path / "out", RunOptions(forked=False))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00g", "UTF-8"),
        (b"goals: [", "cannot be read"),
        (b"[" * 3000, "cannot be used"),
        (b"- a\n- b", "no list of named parts"),
        (b"a: 1\n" + b"\n".join(b"k%d: 1" % k for k in range(30_000)), "more than 20,000 entries"),
    ],
    ids=["empty", "no text", "cut off", "too deep", "a list", "too long"],
)
def test_what_is_no_case_at_all(company, content, words):
    (company / "initiatives.yaml").write_bytes(content)
    found = write_check(company, DAY, None)
    assert found.exit_code == 1
    assert any(words in message.what for message in found.messages if message.file == "initiatives.yaml")


def test_a_case_that_is_a_link_is_not_followed(company, tmp_path):
    (tmp_path / "elsewhere.yaml").write_text(EXAMPLE)
    (company / "initiatives.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert any("no plain file" in message.what for message in write_check(company, DAY, None).messages)


def test_a_sound_case_passes(company):
    (company / "initiatives.yaml").write_text(EXAMPLE)
    found = write_check(company, DAY, None)
    assert found.exit_code == 0
    assert found.facts["n_customers"] == 2


def panel(first="2025Q1", treated=12, units=24, **columns):
    periods = [f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
    frame = pd.DataFrame(
        {
            "outcome": "trust",
            "unit_id": np.repeat([f"U{k:02d}" for k in range(units)], 8),
            "period": periods * units,
            "value": np.random.default_rng(1).normal(50, 1, 8 * units).round(3),
            "first_period": np.repeat([first if k < treated else "" for k in range(units)], 8),
        }
    )
    return frame.assign(**columns)


def mixed_units():
    frame = panel()
    frame["value"] = np.where(frame["unit_id"] < "U06", frame["value"] / 100, frame["value"])
    return frame


def switched_back():
    frame = panel()
    frame.loc[7, "first_period"] = "2025Q3"
    return frame


PANELS = {
    "one treated unit": (panel(treated=1), "Only one unit was treated in trust"),
    "no period before": (panel(first="2024Q1"), "was treated from its first period on"),
    "all at once": (panel(treated=24), "All units of trust were treated at once"),
    "a unit that switches back": (switched_back(), "Two first periods are given for U00"),
    "a start that is no period": (panel(first="soon"), "first periods that are no period of it: soon"),
    "two units of measure": (mixed_units(), "probably written in percent"),
    "half a lottery": (panel(randomised=[True, False] * 96), "randomised in some rows only"),
}


@pytest.mark.parametrize(("frame", "words"), PANELS.values(), ids=PANELS)
def test_a_doubtful_panel_is_named_before_any_chapter_runs(company, frame, words):
    initiatives = "initiative_id,started_on,cost\nhelpdesk,2024-01-01,100\n"
    (company / "initiatives.csv").write_text(initiatives)
    frame.assign(initiative_id="helpdesk").to_csv(company / "initiative_panel.csv", index=False)
    found = write_check(company, DAY, None)
    assert found.exit_code == 0  # the other chapters can be made
    named = [message for message in found.messages if words in message.what]
    assert named
    assert (named[0].file, named[0].level) == ("initiative_panel.csv", "warning")


def test_designs_refuse_one_treated_unit_and_no_period_before():
    with pytest.raises(Refusal, match="at least 2 treated and 2 comparison units; there are 1 and 23"):
        staggered_effect(read_panel(panel(treated=1), "trust"))
    with pytest.raises(Refusal, match="there are 0 and 12"):
        staggered_effect(read_panel(panel(first="2024Q1"), "trust"))
    found = gather_evidence(panel(first="2024Q1"))
    assert "12 units left out: treated from the first period on" in found.sentence
    assert not found.shown
    alone = gather_evidence(panel(treated=1))
    assert alone.table["Grade"].to_list() == ["C"]  # placebo in space shows nothing, so the B- falls
    with pytest.raises(Refusal, match="no period of it: soon"):
        gather_evidence(panel(first="soon"))
    assert "trust is the same everywhere" in gather_evidence(panel(value=0.5)).sentence


def ledger_files(company, **change):
    given = {"who": "helpdesk", "amount": "50", "quarter": "2025Q2", "cost": "100", "ended": "", "unit": "EUR"}
    given |= {"started": "2025-01-01", "kind": "benefit", "twin": ""} | change
    rows = "initiative_id,started_on,ended_on,cost\nhelpdesk,{started},{ended},{cost}\n{twin}".format(**given)
    (company / "initiatives.csv").write_text(rows)
    row = "{who},{quarter},direct,{amount},{unit},{kind}".format(**given)
    (company / "initiative_ledger.csv").write_text(f"initiative_id,quarter,stream,amount,unit,kind\n{row}\n")


@pytest.mark.parametrize(
    ("change", "words", "refused"),
    [
        ({"amount": "nan"}, "amount is not a number", True),
        ({"amount": "inf"}, "amount is not a number", True),
        ({"amount": ""}, "without amount", True),
        ({"amount": "1e308"}, "amount is not a number", True),
        ({"quarter": "Q2"}, "not a quarter", True),
        ({"quarter": "2025Q5"}, "not a quarter", True),
        ({"ended": "2024-12-31"}, "end before they start", True),
        ({"started": ""}, "without started_on", True),
        ({"twin": "helpdesk,2025-04-01,,5\n"}, "share their initiative_id", True),
        ({"who": "ghost"}, "not in initiatives", True),
        ({"kind": "magic"}, "not one of the allowed words", True),
        ({"cost": "0"}, "gives no cost for helpdesk", False),
        ({"quarter": "2024Q3"}, "flows before the quarter in which the initiative started", False),
        ({"quarter": "9999Q4"}, "lies after the day of the analysis", False),
        ({"unit": "USD"}, "no rate is given", True),
        ({"unit": "$"}, "not a clear currency", True),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_faulty_ledger_is_named(company, tmp_path, change, words, refused):
    ledger_files(company, **change)
    found = write_check(company, DAY, None)
    assert any(words in message.what for message in found.messages), [message.what for message in found.messages]
    assert (found.exit_code == 1) == refused
    if refused:
        with pytest.raises(PlainError):
            run_report(company, DAY, tmp_path / "out", RunOptions(forked=False))
        assert not (tmp_path / "out").exists()


def test_a_run_says_the_whole_sentence_where_the_figure_would_stand(company, tmp_path):
    ledger_files(company, cost="0")
    done = run_report(company, DAY, tmp_path / "out", RunOptions(only=["07"]))
    assert done.exit_code == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "gives no cost for helpdesk. A return is value per unit of cost, so it is undefined." in page


def test_impossible_flows_are_refused_by_the_function():
    table = pd.DataFrame({"initiative_id": ["a"], "started_on": ["2024-01-01"], "cost": [1.0]})
    rows = pd.DataFrame({"initiative_id": ["a"], "quarter": ["2025Q4"], "stream": ["direct"], "amount": [1.0]})
    with pytest.raises(Refusal, match="costs that are negative"):
        read_ledger(table, rows.assign(amount=-1.0, kind="cash"), on(DAY))


def test_two_initiatives_of_one_name_keep_their_ids():
    table = pd.DataFrame({"initiative_id": ["a", "b"], "name": "Desk", "started_on": "2025-01-01", "cost": 10.0})
    rows = pd.DataFrame({"initiative_id": ["a", "b"], "quarter": "2025Q3", "stream": "direct", "amount": [30.0, 5.0]})
    ledger = read_ledger(table, rows, on(DAY))
    assert ledger.names == ("Desk (a)", "Desk (b)")
    assert "Desk (a)" in compare_horizons(ledger).sentence


def test_gigantic_amounts_still_choose_the_better_set():
    npv = np.array([[1e15, 3e15, 2e15]])
    drawn = Draws(("a", "b", "c"), npv, npv, np.zeros(3), np.full(3, 1e15))
    assert choose_portfolio(drawn, 2e15).chosen == ("b", "c")


def goals(**columns):
    given = {"goal_id": ["G1", "G2"], "statement": ["Trust", "Stay"], "baseline": [61.0, 0.9], "target": [66.0, 0.93]}
    frame = pd.DataFrame(given | {"current": [63.5, 0.915], "weight": 1.0, "metric": "m", "due_on": DAY, "owner": "X"})
    return frame.assign(**columns)


def test_a_target_that_equals_its_baseline_leaves_the_other_goals():
    found = goal_progress(goals(target=[61.0, 0.93]), {}, as_of=DAY)
    assert "G1 has a target that equals its baseline" in found.sentence
    assert found.attained.to_list() == pytest.approx([0.5])


def test_weights_that_are_all_zero_give_no_score_and_a_reason():
    found = goal_progress(goals(weight=0.0), {}, as_of=DAY)
    assert found.score.value is None
    assert found.measures[1].reason == "no goal that carries weight can be measured"


def test_owners_are_named_only_when_asked():
    assert goal_progress(goals(), {}, as_of=DAY).table["Owner"].to_list() == ["named", "named"]
    assert goal_progress(goals(owner=[None, "X"]), {}, as_of=DAY).table["Owner"].to_list() == ["none", "named"]
    assert goal_progress(goals(), {}, as_of=DAY, show_owners=True).table["Owner"].to_list() == ["X", "X"]


def staff(**columns):
    stores = [f"S{k:02d}" for k in range(12)]
    quarters = [f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
    frame = pd.DataFrame({"store": np.repeat(stores, 8), "quarter": quarters * 12})
    frame["engagement_mean"] = np.random.default_rng(3).normal(3.4, 0.2, len(frame))
    return frame.assign(team=frame["store"], n=20, offered=10, volunteered=2, hours=5.0).assign(**columns)


def outcomes(names, **columns):
    rng = np.random.default_rng(4)
    rows = staff().rename(columns={"store": "unit_id", "quarter": "period"})[["unit_id", "period"]]
    made = [rows.assign(outcome=name, value=rng.normal(0, 1, len(rows))) for name in names]
    return pd.concat(made, ignore_index=True).assign(**columns)


def test_a_chain_that_cannot_be_shown_leaves_the_rest_of_the_chapter():
    short = outcomes(("trust", "margin"))
    short = short[short["period"].isin(["2025Q3", "2025Q4"])]
    said = staff_chain(staff(), short, mediator="trust", outcome="margin").sentence
    assert said.startswith("The chain from staff to customers cannot be shown. The chain needs ten or more units")
    flat = collaboration_condition(outcomes(("s", "t", "o"), value=0.5), social="s", together="t", outcome="o")
    assert "to vary within units over time" in flat.sentence
    gaps = outcomes(("trust",)).iloc[::3]
    assert "measured in every period; there are 0" in latest_wave(gaps, "trust").sentence


def test_months_of_the_panel_meet_the_quarters_of_the_staff():
    monthly = outcomes(("trust", "margin"))
    ends = {"1": "03", "2": "06", "3": "09", "4": "12"}
    monthly["period"] = [f"{name[:4]}-{ends[name[-1]]}" for name in monthly["period"]]
    said = staff_chain(staff(), monthly, mediator="trust", outcome="margin").sentence
    assert "Within units" in said


@pytest.mark.parametrize(
    ("columns", "words"), [({"volunteered": 11}, "would exceed one"), ({"offered": 0, "volunteered": 0}, "no base")]
)
def test_participation_needs_a_base(columns, words):
    assert words in participation(staff(**columns)).reason


@pytest.mark.parametrize(
    ("question", "column", "name"),
    [
        (participation, "offered", "voluntary_participation"),
        (employee_score, "enps_promoters", "enps"),
        (aggregation_gate, "engagement_mean", "reliability_engagement"),
        (red_tape, "red_tape_mean", "red_tape_slope"),
    ],
)
def test_a_question_that_nobody_was_asked_leaves_the_rest_of_the_chapter(question, column, name):
    whole = staff(enps_promoters=8, enps_detractors=4, red_tape_mean=3.0)
    found = question(whole.drop(columns=column))
    assert f"The table employees has no {column}. Add what was asked" in found.sentence
    assert (found.measures[0].name, found.measures[0].value) == (name, None)
    assert not found.drawable
    assert "no row with" in question(whole.assign(**{column: np.nan})).sentence
    if question is red_tape:
        assert "varies within fewer than 6 teams" in question(whole).sentence
    else:
        assert question(whole).measures[0].value is not None
