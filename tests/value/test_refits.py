"""Models by group: a difference that is there is found, one that is not is not, and the way to pymc-marketing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.lifetime.refits import COHORT, GroupRefits, refit_by_group

BUYS = (0.9, 13.0, 0.88, 2.9)  # weeks, BG/NBD
SPENDS = (4.6, 4.3, 14.5)
TERMS = Terms(pd.Timestamp("2026-09-30"), seed=20260930)


@pytest.fixture
def company(simulate):
    """Two segments of 700 customers, the second buying `times` as often, observed for 50 to 150 weeks."""

    def made(times=1.0, seed=4):
        parts = [
            simulate(700, seed + k, (BUYS[0], BUYS[1] / rate, *BUYS[2:]), age=150.0, spend=SPENDS, spread=100.0)
            for k, rate in enumerate((1.0, times))
        ]
        history = pd.concat(parts, ignore_index=True)
        history.index = pd.Index([f"c{k:04d}" for k in range(len(history))], name="customer_id")
        segment = np.repeat(["calm", "eager"], 700)
        return history, pd.DataFrame({"customer_id": history.index, "segment": segment})

    return made


def test_a_difference_that_is_there_is_found_with_its_size(company, simulate):
    told = refit_by_group(*company(times=2.0), replace(TERMS, discount_rate=0.0))
    calm, eager = told.groups.to_dict("records")
    assert told.measures[0].value == 2  # each of the two stands apart from the other
    assert calm["high"] < eager["low"]
    assert calm["low"] < told.everybody < eager["high"]
    # the first year of 200,000 simulated customers times E[M] = p gamma / (q - 1) = 20.21
    purchases = simulate(200_000, 1, BUYS, age=52.18, spread=0.0)["frequency"].mean()
    assert calm["low"] < purchases * SPENDS[0] * SPENDS[2] / (SPENDS[1] - 1) < calm["high"]
    assert "2 can be shown to differ" in told.sentence
    labels = [text.get_text() for text in told.plot().texts]
    assert labels.count("differs") == 2


def test_one_that_is_not_there_is_not_found(company):
    told = refit_by_group(*company(), TERMS)
    assert told.measures[0].value == 0
    assert "No difference between groups of customers can be shown" in told.sentence


def test_comparisons_of_all_groupings_are_counted_together(company):
    history, customers = company(times=2.0)
    alone = refit_by_group(history, customers, TERMS).groups["p"]
    more = customers.assign(acquisition_channel=np.resize(["n", "e", "s", "w"], len(customers)))
    together = refit_by_group(history, more, TERMS)
    assert together.groups["p"].min() == pytest.approx(3 * alone.min())  # six comparisons instead of two
    assert "by Holm over 6 comparisons" in together.note


def test_small_groups_and_absent_columns_are_said(company):
    history, customers = company()
    few = customers.assign(segment=["rare"] * 20 + ["usual"] * 1_380)
    told = refit_by_group(history, few, TERMS)
    assert "too few repeat buyers or too short a time: segment rare" in told.note or not told.drawable
    assert told.groups.set_index("group").loc["rare", "value"] != told.groups.set_index("group").loc["rare", "value"]
    nothing = refit_by_group(history, customers[["customer_id"]], TERMS)
    assert "no grouping of customers has two groups" in nothing.sentence
    assert nothing.measures[0].value is None


def test_the_year_of_the_first_order_is_a_cohort(company):
    history, customers = company()
    first = pd.Timestamp("2026-06-30") - pd.to_timedelta(history["age"] * 7, unit="D")
    told = refit_by_group(history.assign(first_on=first), customers[["customer_id"]], TERMS)
    assert set(told.groups["grouping"]) == {COHORT}
    assert told.groups["n"].sum() == len(history)


def test_a_group_of_too_few_is_no_line_of_the_ledger_and_nor_is_the_next_smallest():
    empty = dict.fromkeys(["purchases", "value", "low", "high", "ratio", "error", "raw", "p"], float("nan"))
    sizes = {"a": 3, "b": 9, "c": 40}
    groups = pd.DataFrame([{"grouping": "segment", "group": name, "n": n, **empty} for name, n in sizes.items()])
    claims = GroupRefits(reason="too few", groups=groups).claims
    assert [claim.estimate.n for claim in claims] == [40]
