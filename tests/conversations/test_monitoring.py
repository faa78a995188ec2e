"""Monitoring against analytic values: curves, worked examples, exact growth; and input that has none of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf
from statsmodels.duration.survfunc import survdiff

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations import (
    first_replies,
    function_mix,
    message_volume,
    monitoring_recall,
    read_threads,
    term_trend,
    unhappy_reach,
)
from scrm_helpers.conversations.monitoring.first_reply import Waits
from scrm_helpers.conversations.monitoring.monitor_recall import chapman
from scrm_helpers.conversations.monitoring.term_growth import Monthly

AS_OF = pd.Timestamp("2026-06-30")
TERMS = Terms(AS_OF)
ANSWERS = (message_volume, function_mix, first_replies, unhappy_reach, monitoring_recall)


def drawn(seed, size=300):
    """Conversations of two messages: a customer writes, and the company answers two of three within some days."""
    rng = np.random.default_rng(seed)
    start = AS_OF - pd.to_timedelta(rng.uniform(0, 900, size), unit="D")
    ids = [f"T{number}" for number in range(size)]
    opened = pd.DataFrame({"thread_id": ids, "occurred_on": start, "author_role": "customer"})
    opened["author_id"] = [f"C{who}" for who in rng.integers(0, 90, size)]
    opened["sentiment"] = rng.uniform(-1, 1, size)
    opened["text"] = np.where(rng.random(size) < 0.2, "a New Charger, please", "chargers")
    answered = opened.assign(author_role="brand", author_id="brand", text="yes", sentiment=0.1)
    answered["occurred_on"] += pd.to_timedelta(rng.exponential(1.5, size), unit="D")
    table = pd.concat([opened, answered[rng.random(size) < 2 / 3]], ignore_index=True)
    number = table["thread_id"].str[1:].astype(int)
    table["interaction_id"] = [f"M{row}" for row in range(len(table))]
    table["channel"] = np.where(number % 3 == 0, "phone", "community")
    table["function"] = np.array(["service", "sales", "marketing", "product"])[number % 4]
    table["monitor"] = np.array(["a", "b", "a+b"])[number % 3]
    return table.assign(reach=np.exp(rng.normal(3, 1, len(table))), is_public=True)


def ask(function, table, **more):
    return function(table, read_threads(table, AS_OF), TERMS, **more)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=5, max_size=60))
def test_the_share_answered_is_that_of_kaplan_and_meier(rows):
    time, ended = (np.array(part) for part in zip(*rows, strict=True))
    if not ended.any():
        return
    waits = Waits(time.astype(float), ended, np.arange(len(time)))
    curve = waits.curve(0.95, 5.0)
    peer = ecdf(CensoredData.right_censored(time.astype(float), ~ended)).cdf
    assert curve["share"].to_numpy() == pytest.approx(peer.evaluate(curve["time"].to_numpy()))
    whole = Waits(time.astype(float), np.ones(len(time), bool), np.arange(len(time)))
    assert whole.answered_by(5.0, 0.95).value == pytest.approx(np.mean(time <= 5)) or time.max() < 5


def test_without_clusters_groups_are_compared_by_the_log_rank_test():
    rng = np.random.default_rng(5)
    time, group = rng.exponential(1, 4000), rng.random(4000) < 0.4
    time, ended = np.minimum(time, 2 * group + 1), time <= 2 * group + 1
    rate = Waits(time, ended, np.arange(4000)).sooner(group, 0.95)
    assert rate.p == pytest.approx(survdiff(time, ended.astype(int), group)[1], abs=0.02)
    twice = Waits(np.tile(time, 2), np.tile(ended, 2), np.tile(np.arange(4000), 2))
    again = twice.sooner(np.tile(group, 2), 0.95)
    assert (again.value, again.p) == pytest.approx(
        (rate.value, rate.p), rel=1e-3
    )  # a copy of every row tells nothing new


def test_chapmans_worked_example():
    """The turtles of the textbooks: 10 marked, 15 caught later, of which 5 were marked: about 28."""
    assert chapman(10, 15, 5).value == pytest.approx(28.3333, abs=1e-4)


@settings(max_examples=20)
@given(st.floats(-0.1, 0.1), st.integers(12, 40))
@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.PerfectSeparationWarning")
def test_exact_growth_is_recovered(rate, months):
    out_of = np.linspace(80, 120, months)
    factor, fitted = Monthly(out_of * 0.1 * np.exp(rate * np.arange(months)), out_of).growth()
    assert factor.value == pytest.approx(np.exp(rate), rel=1e-6)
    assert fitted.sum() == pytest.approx((out_of * 0.1 * np.exp(rate * np.arange(months))).sum())


def test_everything_is_answered_and_shown():
    table = drawn(1)
    answers = [ask(function, table) for function in ANSWERS] + [ask(term_trend, table, term="new charger")]
    assert not any(answer.reason for answer in answers)
    for answer in answers:
        assert answer.sentence.endswith(".")
        assert all(
            measure.low is not None or measure.no_range for measure in answer.measures if measure.value is not None
        )
        assert not answer.drawable or (answer.plot() and 0 < len(answer.alt) <= 300)
    assert answers[-1].months["Users"].sum() < 90  # "chargers" is another word


@pytest.mark.parametrize("column", ["sentiment", "function", "reach", "monitor", "text", "channel"])
def test_what_is_not_there_is_named(column):
    table = drawn(2).drop(columns=column)
    answers = [ask(function, table) for function in ANSWERS] + [ask(term_trend, table, term="charger")]
    silent = [answer for answer in answers if answer.reason]
    assert len(silent) == (column != "channel")
    assert all(column in answer.sentence for answer in silent)


@pytest.mark.parametrize("damage", ["nobody", "one author", "same mood", "days", "future", "bot"])
def test_bad_input_has_a_reason_or_an_answer(damage):
    table = drawn(3)
    if damage == "nobody":
        table = table[:0]
    elif damage == "one author":
        table["author_id"] = "C1"
    elif damage == "same mood":
        table["sentiment"] = 0.5
    elif damage == "days":
        table["occurred_on"] = table["occurred_on"].dt.normalize()
    elif damage == "future":
        table["occurred_on"] += pd.Timedelta(days=2000)
    else:
        table.loc[::2, "author_id"] = "B1"
    for function in ANSWERS:
        found = ask(function, table)
        assert found.sentence
        assert found.reason or damage not in ("nobody", "future")
    assert ("only days are known" in ask(first_replies, table).note) == (damage == "days")


def test_an_empty_term_is_refused_and_a_rare_one_has_a_reason():
    with pytest.raises(Refusal, match="No term"):
        ask(term_trend, drawn(4), term=" ")
    assert "fewer than 10 customers" in ask(term_trend, drawn(4), term="(.*").sentence


def test_names_of_authors_change_nothing():
    table = drawn(6)
    other = table.assign(author_id="x" + table["author_id"]).sample(frac=1, random_state=1).reset_index(drop=True)
    for function in ANSWERS:
        assert ask(function, table).sentence == ask(function, other).sentence


def test_a_step_of_uncertain_month_still_has_a_size():
    users = [1, 2, 1, 0] * 6 + [1, 2, 6, 7, 5, 7]
    step = Monthly(np.array(users, float), np.full(30, 50.0)).step()
    assert step.months[1] < step.months[0] == 26
    assert 1 < step.factor.low < 5.8 < step.factor.high


def test_a_mood_shows_in_private_too_and_reach_in_public_only():
    table = drawn(3)
    calm = table.assign(sentiment=table["sentiment"].where(table["author_id"].eq("brand"), 0.1))
    angry = calm["author_id"].isin([f"C{who}" for who in range(40)])
    private = calm[angry].assign(sentiment=-1.0, reach=1e9, is_public=False)
    private["interaction_id"] = private["interaction_id"] + "p"
    found = ask(unhappy_reach, pd.concat([calm, private], ignore_index=True)).groups.set_index("Mood")
    assert found.loc["Unhappy", "People"] == calm.loc[angry, "author_id"].nunique()
    assert found["Reach"].max() < 1e4


def test_months_that_growth_alone_does_not_give_are_told_where_the_size_of_a_step_is_not():
    rng, month = np.random.default_rng(113), np.arange(18)
    share = 0.01 * np.exp(0.05 * month) * np.where(month >= 14, 2.2, 1)
    months = pd.period_range("2025-01", periods=18, freq="M")
    users = rng.poisson(300 * share)
    table = pd.DataFrame({"occurred_on": months.to_timestamp().repeat(300), "author_role": "customer", "text": "other"})
    table.loc[np.tile(np.arange(300), 18) < users.repeat(300), "text"] = "charger"
    table["author_id"] = [f"C{row % 300}" for row in range(len(table))]
    table["interaction_id"] = table["thread_id"] = [f"M{row}" for row in range(len(table))]
    trend = ask(term_trend, table, term="charger")
    verdicts = {claim.name: claim.verdict for claim in trend.claims}
    assert (verdicts["term_step"], verdicts["explained_by_a_step"]) == ("not shown", "shown")
    assert "but the size of a step cannot be told" in trend.sentence
