"""Whom to answer: the knapsack against enumeration, what the value of an answer is made of, and why some are left."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from given import on
from hypothesis import given, settings
from hypothesis import strategies as some

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.conversations import compare_policies
from scrm_helpers.conversations.triage.answer_queue import first_answered, queue_answers, with_lot, within_hours
from scrm_helpers.conversations.triage.answers_planned import arms_of, draw_reply_lottery
from scrm_helpers.conversations.triage.open_messages import ANSWERED, BOT, QUARREL, VENT, Answering

TERMS = on("2026-09-30")
EQUAL = {"escalates": (0.0, 0.0), "readers": (0.0, 0.0, 0.0), "complaint_minutes": 6.0}


def said(who, tone=-0.8, intent="complaint", thread=None, day=20, **more):
    usual = {"author_role": "customer", "customer_id": who, "is_public": True, "channel": "social", "text": "x?"}
    row = {"author_id": who, "sentiment": tone, "intent": intent, "thread_id": thread or f"T{who}", "reach": 10.0}
    return {**usual, **row, "occurred_on": pd.Timestamp(2026, 9, day), **more}


def table(*rows):
    frame = pd.DataFrame(rows)
    return frame.assign(interaction_id=[f"M{place}" for place in range(len(frame))])


def worth(clv, **more):
    ids = [f"C{place}" for place in range(len(clv))]
    return pd.DataFrame({"person_id": ids, "is_customer": True, "clv": clv, "civ": 0.0, **more})


def crowd(n, seed=0):
    rng = np.random.default_rng(seed)
    tones, intents = rng.uniform(-1, 1, n).round(2), rng.choice(["complaint", "question", "chat"], n)
    rows = [said(f"C{place}", tones[place], intents[place], reach=float(rng.integers(1, 900))) for place in range(n)]
    return table(*rows), worth(rng.lognormal(4, 1, n), crv_next=rng.lognormal(2, 1, n))


@settings(deadline=None, max_examples=15)
@given(
    some.lists(some.tuples(some.integers(-5, 20), some.integers(1, 9)), min_size=1, max_size=8), some.integers(1, 30)
)
def test_the_choice_under_the_hours_is_the_best_of_all_choices(items, available):
    value, hours = np.array(items, float).T
    every = np.array(list(product([0, 1], repeat=len(items))))
    best = (every @ value)[every @ hours <= available].max()
    taken, bound = within_hours(value, hours, available)
    assert value[taken].sum() == pytest.approx(best)
    assert hours[taken].sum() <= available
    assert bound >= best - 1e-9
    alike, _ = within_hours(value, np.ones(len(value)), available)
    top = np.sort(value[value > 0])[::-1][:available]
    assert value[alike].sum() == pytest.approx(top.sum())


def test_a_long_queue_of_unequal_times_comes_close_to_its_bound():
    rng = np.random.default_rng(0)
    value, hours = rng.normal(3, 5, 3000), rng.uniform(0.05, 0.5, 3000)
    taken, bound = within_hours(value, hours, 100.0)
    assert 0.999 * bound < value[taken].sum() <= bound
    assert hours[taken].sum() <= 100
    assert (value[taken] > 0).all()


def test_without_an_effect_nobody_is_answered_and_without_the_rest_the_order_is_lifetime_values():
    messages, people = crowd(30)
    nobody = queue_answers(messages, people, TERMS, Answering(uplift=(0.0, 0.0, 0.0), **EQUAL))
    assert nobody.to_answer.value == 0
    alike = messages.assign(sentiment=-0.8, intent="question")
    rows = queue_answers(alike, people.assign(crv_next=0.0), TERMS, Answering(hours=1.0, **EQUAL)).rows
    clv = people.set_index("person_id")["clv"]
    answered = rows.loc[rows["action"] == "respond", "person"]
    assert set(answered) == set(clv.nlargest(10).index)  # six minutes each
    assert rows.sort_values("value")["person"].tolist() == clv.sort_values().index.tolist()


def test_only_the_increase_of_escalation_counts_and_only_where_nothing_is_asked():
    messages, people = crowd(40)
    values = {
        both: queue_answers(messages, people, TERMS, Answering(escalates=both)).rows["value"]
        for both in ((0.0, 0.0), (0.6, 0.6), (0.6, 0.5))
    }
    assert np.allclose(values[0.0, 0.0], values[0.6, 0.6])
    rows = queue_answers(messages, people, TERMS, Answering()).rows
    lower = values[0.6, 0.5] < values[0.6, 0.6] - 1e-9
    assert (lower == (rows["barred"] == VENT)).all()


def test_ranges_hold_the_middle_and_widen_with_what_is_assumed():
    messages, people = crowd(40)
    people = people.assign(clv_low=0.8 * people["clv"], clv_high=1.3 * people["clv"])
    wide, narrow = (
        queue_answers(messages, people, TERMS, Answering(uplift=ends)).rows
        for ends in ((0.0, 0.2, 0.9), (0.2, 0.2, 0.2))
    )
    for rows in (wide, narrow):
        assert ((rows["low"] <= rows["value"]) & (rows["value"] <= rows["high"])).all()
    assert (wide["high"] - wide["low"] >= narrow["high"] - narrow["low"]).all()


def test_who_is_no_customer_counts_with_influence():
    rows = [
        said("C0"),
        said("X1", author_role="other", customer_id=None, reach=90_000.0),
        said("X2", author_role="other", customer_id=None),
    ]
    people = pd.concat([worth([100.0]), pd.DataFrame({"person_id": ["X2"], "is_customer": False, "civ": 500.0})])
    found = queue_answers(table(*rows), people, TERMS, Answering()).rows.set_index("person")
    assert found.loc["X1", "influence"] == pytest.approx(90_000 * 0.001 * 100)  # by reach: nobody knows more
    assert found.loc["X2", "influence"] == 500
    limit = queue_answers(table(*rows), people.assign(civ_low=0.0, civ_high=500.0), TERMS, Answering()).rows
    assert limit.set_index("person").loc["X2", "influence"] == 250  # where chapter 05 shows none, but up to 500
    assert (found["action"] == "respond").all()
    assert found["customer"].tolist() == [True, False, False]


LEFT = {
    ANSWERED: [said("C0"), said("us", author_role="brand", customer_id=None, thread="TC0", day=21)],
    "": [said("us", author_role="brand", customer_id=None, thread="TC0", day=19), said("C0")],
    VENT: [said("C0", text="x")],
    QUARREL: [said(who, thread="T", day=day) for day, who in enumerate(["C0", "C1", "C0", "C1"], 10)],
    BOT: [said("C0", thread=f"T{place}", text="win win") for place in range(20)]
    + [said(f"C{n}") for n in range(1, 60)],
}


@pytest.mark.parametrize("why", LEFT)
def test_who_is_left_is_left_for_a_reason(why):
    rows = queue_answers(table(*LEFT[why]), worth([100.0] * 60), TERMS, Answering()).rows.set_index("person")
    assert rows.loc["C0", "left"] == why
    assert rows.loc["C0", "action"] == ("leave" if why else "respond")


def test_a_machine_that_writes_half_of_all_is_left_whatever_it_says():
    rows = [said("C0", thread=f"T{n}", text=f"text {n}") for n in range(40)] + [said(f"C{n}") for n in range(1, 21)]
    found = queue_answers(table(*rows), worth([100.0] * 21), TERMS, Answering()).rows
    assert found.loc[found["left"] == BOT, "person"].tolist() == ["C0"]
    assert len(found) == 21


@pytest.mark.parametrize("name", ["sentiment", "intent", "reach", "customer_id", "author_id", "thread_id", "text"])
def test_a_column_that_is_not_there_is_named_and_the_queue_goes_on(name):
    messages, people = crowd(30)
    blank = pd.Series(np.nan, messages.index, dtype=messages[name].dtype)
    for damaged in (messages.drop(columns=name), messages.assign(**{name: blank})):
        found = queue_answers(damaged, people, TERMS, Answering())
        assert len(found.rows) == 30
        assert found.sentence
        assert (name in found.missing) == (name != "text")


@pytest.mark.parametrize("people", [worth([]), worth([np.nan] * 30), worth([]).reindex(columns=["person_id"])])
def test_without_values_whoever_asks_is_answered_the_longest_waiting_first(people):
    messages, _ = crowd(30)
    messages["occurred_on"] += pd.to_timedelta(np.arange(30) % 7, "D")
    rows = queue_answers(messages, people, TERMS, Answering(hours=1.0, complaint_minutes=6.0)).rows
    first = rows[rows["asks"] & (rows["barred"] == "")].sort_values("occurred_on", kind="stable").head(10)
    assert rows.index[rows["action"] == "respond"].tolist() == sorted(first.index)
    assert rows["value"].isna().all()


@pytest.mark.parametrize("given", [{"uplift": (0.3, 0.2, 0.4)}, {"uplift": (0.1, 0.2)}, {"escalates": (2.0, 0.0)}])
def test_what_is_assumed_must_be_shares_in_order(given):
    with pytest.raises(Refusal, match=next(iter(given))):
        Answering(**given)


def test_expected_value_is_the_best_policy_of_the_model_and_differences_are_paired():
    messages, people = crowd(80)
    queue = queue_answers(messages, people, TERMS, Answering(hours=2.0, complaint_minutes=6.0))
    found = compare_policies(queue)
    assert found.compared["Net value"].idxmax() == len(found.compared) - 1
    for measure in found.behind:
        assert measure.low <= measure.value <= measure.high
        assert measure.value <= 1e-9
    spread = found.compared["To"] - found.compared["From"]
    assert (found.compared["Beside to"] - found.compared["Beside from"] <= spread + spread.iloc[-1]).all()
    assert "not observed" in found.sentence
    few = compare_policies(replace(queue, fewest=len(queue.rows)))  # any policy that answers would answer fewer
    assert few.reason.startswith("fewer than")
    assert {measure.value for measure in few.behind} == {None}


def test_the_rank_product_does_not_change_with_monotone_scales_and_expected_value_does():
    rows = pd.DataFrame({"clv": [1.0, 2, 8, 4], "influence": [9.0, 3, 1, 5], "value": [1.0, 2, 3, 4]})
    product_of = [first_answered(scaled, "Profitability times influence").tolist() for scaled in (rows, np.exp(rows))]
    assert product_of[0] == product_of[1]


def test_a_tenth_of_the_threads_is_drawn_half_to_answer_and_half_to_wait():
    messages, people = crowd(300)
    queue = queue_answers(messages, people, TERMS, Answering())
    lottery = draw_reply_lottery(queue, TERMS)
    drawn, can = lottery.drawn, queue.rows["barred"].isin(["", VENT]).sum()
    assert len(drawn) in (can // 10, can // 10 + 1)
    assert abs((drawn["arm"] == "answer").mean() - 0.5) <= 1 / len(drawn)
    halves = drawn.groupby("stratum")["arm"].agg(lambda arms: abs((arms == "answer").sum() - (arms == "wait").sum()))
    assert (halves <= 1).all()
    assert lottery.drawn.equals(draw_reply_lottery(queue, TERMS).drawn)
    other = draw_reply_lottery(queue, on("2026-09-30", seed=1)).drawn
    assert set(other["unit_id"]) != set(drawn["unit_id"])
    again = draw_reply_lottery(queue, TERMS, earlier=drawn).drawn
    assert not set(again["unit_id"]) & set(drawn["unit_id"])
    assert lottery.tells.value == pytest.approx(2.8016 * np.sqrt(1 / len(drawn)), rel=1e-3)  # 2 * 0.25 / (n / 2)


def test_every_thread_has_the_same_chance_of_every_arm():
    messages, people = crowd(60)
    queue = queue_answers(messages, people, TERMS, Answering(lottery_share=0.5))
    counts = pd.concat([draw_reply_lottery(queue, on("2026-09-30", seed=seed)).drawn for seed in range(60)])
    each = counts.groupby(["unit_id", "arm"]).size().unstack(fill_value=0)
    assert abs(each.to_numpy() - 15).max() < 5 * np.sqrt(60 * 3 / 16)  # 60 draws at a quarter, five standard deviations


def test_what_the_lot_decides_goes_before_and_takes_its_hours():
    messages, people = crowd(200)
    queue = queue_answers(messages, people, TERMS, Answering(hours=1.0, complaint_minutes=6.0))
    arms = arms_of(draw_reply_lottery(queue, TERMS).drawn)
    rows = with_lot(queue, TERMS, arms).rows.set_index("thread")
    drawn = rows.loc[arms.index]
    assert (drawn["action"] == np.where(arms == "answer", "respond", "leave")).all()
    assert (drawn["arm"] == arms).all()
    assert drawn.loc[arms == "wait", "left"].str.contains("by lot").all()
    assert rows.loc[rows["action"] == "respond", "hours"].sum() <= max(1.0, (arms == "answer").sum() / 10) + 1e-9
