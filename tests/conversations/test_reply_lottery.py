"""What a reply lottery found: who is followed, by what the lot said, and what takes the place of the stated effect."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conversation_worlds import drawn_units
from given import on

from scrm_helpers.conversations.triage import lottery_evaluation
from scrm_helpers.conversations.triage.lottery_evaluation import evaluate_reply_lottery, follow_units, judge_units
from scrm_helpers.conversations.triage.open_messages import Answering

TERMS, DRAWN = on("2026-09-30"), pd.Timestamp("2026-06-30")


def message(who, thread, day, role="customer", tone=0.0):
    at = DRAWN + pd.Timedelta(days=day)
    row = {"occurred_on": at, "thread_id": thread, "author_role": role, "author_id": who, "sentiment": tone}
    return row | {"customer_id": who if role == "customer" else None, "interaction_id": f"{who}{thread}{day}"}


def tables(drawn_on=DRAWN):
    """A and B in the thread T0, C and an outsider in T1, D in a thread that was not drawn."""
    rows = [message("A", "T0", -3), message("B", "T0", -2), message("C", "T1", 0), message("X", "T1", -9, "other")]
    rows += [message("D", "T2", -1), message("us", "T0", 2, "brand"), message("A", "T9", 30, tone=-0.9)]
    lotteries = pd.DataFrame(
        {"kind": "reply", "unit_id": ["T0", "T1"], "arm": ["answer", "wait"], "probability": [0.3, 0.7]}
    )
    orders = pd.DataFrame({"customer_id": ["A", "B", "C"], "amount": [5.0, -5.0, 7.0]})
    orders["ordered_on"] = DRAWN + pd.to_timedelta([60, 10, 61], "D")
    return (
        lotteries.assign(drawn_on=drawn_on),
        pd.DataFrame(rows).reindex(columns=[*rows[0], "intent", "text", "reach"]),
        orders,
    )


def test_who_wrote_in_a_drawn_thread_is_followed_by_arm_for_the_days_after_the_draw():
    units = follow_units(*tables(), TERMS.as_of, "bought", 60).set_index("person")
    assert units["outcome"].to_dict() == {"A": 1, "B": 0, "C": 0}  # a refund is no purchase, the 61st day too late
    assert units["arm"].to_dict() == {"A": True, "B": True, "C": False}
    assert units["p"].to_dict() == {"A": 0.3, "B": 0.3, "C": pytest.approx(0.3)}  # of being answered
    assert units["answered"].to_dict() == {"A": True, "B": True, "C": False}
    unhappy = follow_units(*tables(), TERMS.as_of, "complained", 60).set_index("person")
    assert unhappy["outcome"].to_dict() == {"A": 1, "B": 0, "C": 0, "X": 0}


def test_a_lottery_whose_days_are_not_over_is_not_looked_at():
    assert follow_units(*tables(drawn_on=TERMS.as_of - pd.Timedelta(days=59)), TERMS.as_of, "bought", 60).empty
    early = evaluate_reply_lottery(*tables(), TERMS)
    assert "fewer than 20 threads of an arm" in early.sentence
    assert {claim.verdict for claim in early.claims} == {"cannot say"}
    assert early.kept == {}


def test_the_weighted_effect_is_the_difference_of_weighted_means_and_the_robust_one_is_nearer_to_itself():
    units = drawn_units(3, threads=200)
    found = judge_units(units, TERMS)
    y, arm, p = (units[name].to_numpy(float) for name in ("outcome", "arm", "p"))
    weight = np.where(arm == 1, 1 / p, 1 / (1 - p))
    means = [np.average(y[arm == one], weights=weight[arm == one]) for one in (1, 0)]
    assert found.weighted.value == pytest.approx(means[0] - means[1])
    assert found.uplift.value == pytest.approx(means[0] / means[1] - 1)
    groups = pd.factorize(units["thread"])[0]
    fit = sm.WLS(y, sm.add_constant(arm), weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    wider = np.sqrt((len(y) - 1) / (len(y) - 2))  # statsmodels counts two coefficients
    assert (found.weighted.high - found.weighted.value) * wider == pytest.approx(fit.conf_int()[1, 1] - fit.params[1])
    assert found.effect.high - found.effect.low < found.weighted.high - found.weighted.low


def test_who_was_answered_against_the_lot_counts_as_the_lot_said():
    units = drawn_units(4)
    turned = units.assign(answered=~units["answered"])
    one, other = (judge_units(frame, TERMS) for frame in (units, turned))
    assert one.effect == other.effect
    assert one.answered != other.answered


def test_policies_that_answer_all_or_nobody_have_the_means_of_the_arms():
    units = drawn_units(5)
    shares = judge_units(units, TERMS).policies.set_index("Policy")["Share"]
    weight = 1 / np.where(units["arm"], units["p"], 1 - units["p"])
    for name, arm in (("Answer all", True), ("Answer none", False)):
        rows = units["arm"] == arm
        assert shares[name] == pytest.approx(np.average(units["outcome"][rows], weights=weight[rows]))
    assert shares.drop(["Answer all", "Answer none"]).between(0, 1).all()


def test_the_effect_that_was_found_takes_the_place_of_the_stated_one_with_its_range(monkeypatch):
    units = drawn_units(6, threads=600, effect=-0.2)
    monkeypatch.setattr(
        lottery_evaluation, "follow_units", lambda *given: units.assign(asks=units["asks"] | (units.index > 100))
    )
    found = evaluate_reply_lottery(*tables(), TERMS)
    assert found.silent.value is None  # hardly anybody asked for nothing
    assert list(found.kept) == [True]
    low, middle, high = found.kept[True]
    assert (low, middle, high) == pytest.approx(
        (-0.1 * found.asking.high, -0.3 * found.asking.value, -0.5 * found.asking.low)
    )
    effect = Answering(measured=found.kept).effect(pd.Series([0.0, -1.0, -1.0]), pd.Series([True, True, False]))
    assert effect.T.tolist() == [[low, middle, high], [low, middle, high], [0.05, 0.2, 0.4]]
    bought = evaluate_reply_lottery(*tables(), TERMS, "bought", 60)
    assert bought.kept[True][1] == pytest.approx(judge_units(units, TERMS).uplift.value, abs=0.05)
    assert [claim.verdict for claim in found.claims] == ["shown", "shown", "cannot say"]
