"""Looking back: nothing known later leaks into an earlier quarter, killed initiatives stay, intervals are exact."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from given import on
from scipy import stats

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.hindsight.looking_back import Beliefs, beliefs, brier, hit_rates
from scrm_helpers.initiatives.hindsight.realisation import case_record, exact_share, realisation_ratio
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.plan.business_case import example_case
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, keep, recall, remember, report_case

INITIATIVES = pd.DataFrame(
    {
        "initiative_id": ["slow", "killed"],
        "started_on": pd.to_datetime(["2024-01-05", "2024-01-05"]),
        "ended_on": pd.to_datetime([None, "2024-07-01"]),
        "cost": [100.0, 100.0],
    }
)
QUARTERS = ["2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1"]


TERMS = on("2025-03-31", discount_rate=0.0)


def ledger():
    rows = [
        ("slow", QUARTERS[0], "cost", 100.0, "cash", QUARTERS[0], True),
        ("killed", QUARTERS[0], "cost", 100.0, "cash", QUARTERS[0], True),
    ]
    came, promised = [0, 10, 20, 90, 90], [0, 5, 5, 5, 5]
    for q in range(1, 5):
        rows.append(("slow", QUARTERS[q], "direct", came[q], "benefit", QUARTERS[q], True))
        rows += [("slow", QUARTERS[q], "direct", promised[q] + 20 * v, "benefit", QUARTERS[v], False) for v in range(q)]
    rows.append(("killed", QUARTERS[1], "direct", 1.0, "benefit", QUARTERS[1], True))
    rows += [("killed", QUARTERS[q], "direct", 60.0, "benefit", QUARTERS[0], False) for q in range(1, 5)]
    columns = ["initiative_id", "quarter", "stream", "amount", "kind", "vintage", "booked"]
    return pd.DataFrame(rows, columns=columns).astype({"booked": "boolean"})


def believed(table=None):
    return beliefs(INITIATIVES, ledger() if table is None else table, TERMS, 4, 35.0)


def test_each_quarter_knows_only_its_own_vintages():
    seen = believed()
    place = seen.names.index("slow")
    # vintage q: what came until q, plus (5 + 20 q) for each quarter after it, less 100
    assert seen.expected[place].tolist() == pytest.approx([-80, -15, 20, 85, 110])
    assert seen.so_far[place].tolist() == pytest.approx([-100, -90, -70, 20, 110])
    assert seen.final[place] == pytest.approx(110)


def test_shuffling_the_future_changes_no_earlier_belief():
    table = ledger()
    later = (table["vintage"] >= "2024Q4").to_numpy()
    changed = table.assign(amount=np.where(later, table["amount"] * -7, table["amount"]))
    before, after = believed(table), believed(changed)
    np.testing.assert_array_equal(before.expected[:, :3], after.expected[:, :3])


def test_bookings_after_the_day_of_the_report_do_not_revive_a_killed_initiative():
    # without vintages: what is booked in 2025Q2 was not known at the end of 2025Q1
    rows = ledger().query("booked").drop(columns=["vintage"])
    later = rows.tail(1).assign(initiative_id="killed", quarter="2025Q2", amount=500.0)
    early, late = believed(rows), believed(pd.concat([rows, later], ignore_index=True))
    assert late.final.tolist() == early.final.tolist()
    assert late.killed.tolist() == early.killed.tolist() == [True, False]


def test_a_killed_initiative_stays_and_is_named():
    seen = believed()
    place = seen.names.index("killed")
    assert seen.killed[place]
    assert seen.final[place] == pytest.approx(140)  # 4 * 60 - 100, its last forecast before the stop
    assert "above zero: killed" in hit_rates(seen, quarters=(1, 2, 4)).sentence


def test_nine_out_of_ten_has_an_exact_interval():
    count = 10
    seen = Beliefs(
        tuple(f"i{n}" for n in range(count)),
        np.tile([-5.0, -1.0, 5.0], (count, 1)),
        np.tile([1.0, 1.0, 1.0], (count, 1)),
        np.ones(count),
        np.ones(count, dtype=bool),
        np.zeros(count, dtype=bool),
        np.full(count, np.nan),
    )
    result = hit_rates(seen, quarters=(1, 2))
    assert (result.unseen.value, *result.unseen.ends) == (1.0, pytest.approx(0.6915, abs=1e-4), 1.0)
    assert "in keeping with nine times out of ten" in result.sentence
    assert result.claims[0].verdict == "not shown"
    two = hit_rates(replace(seen, **{part.name: getattr(seen, part.name)[:2] for part in fields(seen)}), quarters=(1,))
    assert "2 of 2 had not shown it after one quarter" in two.sentence
    assert "2 initiatives are too few to tell this from nine times out of ten" in two.sentence
    assert result.by_quarter.loc[1, "false_kill_cash"] == 1.0
    assert result.by_quarter.loc[2, "false_kill_cash"] == 0.0
    assert exact_share("", 3, 10).ends == pytest.approx(tuple(stats.binomtest(3, 10).proportion_ci(method="exact")))


def test_a_hit_rate_without_successes_is_not_a_finding():
    seen = Beliefs(
        ("a",),
        np.array([[-1.0, -1.0]]),
        np.array([[-1.0, -1.0]]),
        np.array([-1.0]),
        np.array([True]),
        np.array([False]),
        np.array([np.nan]),
    )
    result = hit_rates(seen, quarters=(1,))
    assert result.unseen.value is None
    assert result.by_quarter.loc[1, "hit_cash"] == 1.0
    assert result.by_quarter.loc[1, "base"] == 0.0


def test_realised_over_first_forecast():
    result = realisation_ratio(INITIATIVES, ledger(), TERMS)
    # slow: 210 came, 20 promised; killed: 1 came of 60 before its stop, and of the 180 after it nothing
    assert result.pooled.value == pytest.approx(211 / 260)
    assert result.quarters == (8, 3, 0)
    assert result.claims[0].verdict == "not shown"
    running = realisation_ratio(INITIATIVES.assign(ended_on=pd.NaT), ledger(), TERMS)
    assert running.pooled.value == pytest.approx(211 / 80)  # not ended: what is not booked is not known, and not zero
    assert running.quarters == (5, 0, 3)
    assert realisation_ratio(INITIATIVES, ledger().query("booked"), TERMS).pooled.value is None


@pytest.mark.parametrize(("absent", "said"), [(["vintage"], "column vintage"), (["booked"], "column booked")])
def test_a_ledger_that_tells_no_first_forecast_is_a_sentence_and_no_picture(absent, said):
    result = realisation_ratio(INITIATIVES, ledger().drop(columns=absent), TERMS)
    assert said in result.sentence
    assert result.measures[0].value is None
    assert not result.drawable


def test_brier_of_a_coin():
    assert brier(np.zeros(4), np.ones(4), np.array([1.0, -1.0, 1.0, -1.0])) == 0.25


def test_vintages_are_kept_and_never_rewritten(tmp_path):
    record = {"initiative": "desk", "as_of": "2026-03-31", "case": "abc", "verdict": "go", "version": "0.1.0"}
    assert keep(tmp_path, record) == keep(tmp_path, record)
    with pytest.raises(Refusal, match="What was believed then stays"):
        keep(tmp_path, record | {"verdict": "stop"})
    assert recall(tmp_path) == [record]


def test_the_chance_to_pay_is_scored():
    # two initiatives, spread 10 each: after no quarter of two, believed +10 and -10, that is chances of .841 and .159
    so_far = np.array([[-5.0, -1.0, 4.0], [-5.0, -8.0, -9.0]])
    expected = np.array([[10.0, 8.0, 4.0], [-10.0, 3.0, -9.0]])
    seen = Beliefs(
        ("a", "b"), so_far, expected, np.array([4.0, -9.0]), np.full(2, True), np.full(2, False), np.full(2, 10.0)
    )
    at = hit_rates(seen, quarters=(1,)).by_quarter.loc[1]
    left = 10 * np.sqrt(1 / 2)
    chances = stats.norm.cdf(np.array([8.0, 3.0]) / left)
    assert at["brier"] == pytest.approx(((chances - [1, 0]) ** 2).mean())
    assert "right for good from quarter 1 on" in hit_rates(seen, quarters=(1,)).note  # 0 and 2: median 1


def test_the_record_of_the_cases_is_exact_and_keeps_the_stopped():
    table = pd.DataFrame(
        {
            "initiative_id": ["a", "b", "c"],
            "started_on": pd.to_datetime(["2023-01-01"] * 3),
            "ended_on": pd.to_datetime([None, "2023-07-01", None]),
            "cost": 10.0,
            "case_p10": [50.0, 50.0, 50.0],
            "case_p50": [100.0, 100.0, 100.0],
            "case_p90": [150.0, 150.0, None],
        }
    )
    rows = pd.DataFrame(
        {"initiative_id": ["a", "b", "c"], "quarter": "2023Q2", "stream": "direct", "amount": [120.0, 20.0, 70.0]}
    )
    found = case_record(table, read_ledger(table, rows, on("2026-09-30")))
    # c has no high end and is not judged; a inside, b below: 1 of 2, exact 95 % interval 0.0126 to 0.9874
    assert found.inside.value == 0.5
    assert (found.measures[0].low, found.measures[0].high) == pytest.approx((0.01258, 0.98742), abs=1e-5)
    assert "1 fell short of the low end" in found.sentence
    # pinball at 10, 50, 90 %: a .1(70) + .5(20) + .1(30) = 20; b .9(30) + .5(80) + .1(130) = 80; mean 50 over 70
    assert found.loss == pytest.approx(50 / 70)
    young = case_record(table.assign(ended_on=None), read_ledger(table, rows, on("2023-12-31")))
    assert young.inside.value is None
    assert "has 8 quarters behind it" in young.sentence


def test_a_valuation_is_kept_and_shown_beside_the_earlier_ones(tmp_path):
    evidence = gather_evidence(None)
    text = example_case()
    for outcome in ("retained share", "trust index"):
        given = "path: [0.01, 0.01], se: [0.003, 0.003]"
        text = text.replace(f"outcome: {outcome}", given)
    early, late = (CaseChoices(as_of=day, version="1") for day in ("2026-06-30", "2026-09-30"))
    case = report_case(text, evidence, None, late)
    assert remember(case, "").reason.startswith("This valuation is not kept")
    assert remember(report_case(text, evidence, None, early), str(tmp_path)).reason == ""
    found = remember(case, str(tmp_path))
    assert found.sentence.startswith(
        "2 valuations of Voluntary expert helpdesk kept, the last on 2026-09-30; on 2026-06"
    )
    assert len({record["case"] for record in recall(tmp_path)}) == 1
    other = report_case(text.replace("seed: 20100611", "seed: 1"), evidence, None, late)
    with pytest.raises(Refusal, match="says something else"):
        remember(other, str(tmp_path))
    assert remember(report_case("", evidence), str(tmp_path)).sentence.startswith("There is no")
