"""Occasions taken or not: counted by hand, and tested on a world with a known truth."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.lifetime.occasions import occasions_taken

END = pd.Timestamp("2026-06-30")
DAYS = 30


def orders(rows):
    """Orders of (customer, occasions back from the last one), in the middle of the occasion."""
    frame = pd.DataFrame(rows, columns=["customer_id", "back"])
    when = END - pd.to_timedelta(frame["back"] * DAYS + 12, unit="D")
    return frame.assign(ordered_on=when, amount=1.0)[["customer_id", "ordered_on", "amount"]]


def world(n=1_500, offered=12, seed=5, parameters=(1.2, 0.75, 0.66, 2.8)):
    """Customers of the BG/BB: all begin at the first occasion, take later ones by chance, and may leave after each."""
    rng = np.random.default_rng(seed)
    alpha, beta, gamma, delta = parameters
    takes, leaves = rng.beta(alpha, beta, n), rng.beta(gamma, delta, n)
    there, rows = np.ones(n, bool), [(person, offered) for person in range(n)]
    for number in range(1, offered + 1):
        there &= rng.random(n) >= leaves
        rows += [(person, offered - number) for person in np.flatnonzero(there & (rng.random(n) < takes))]
    return orders([(f"c{person:04d}", back) for person, back in rows])


def test_occasions_counted_by_hand():
    # a: occasions 0, 1, 3 of 0..4; b: 2; c only the last one, so that nothing has been offered since
    bought = orders([("a", 4), ("a", 3), ("a", 3), ("a", 1), ("b", 2), ("c", 0)])
    refund = pd.DataFrame({"customer_id": ["b"], "ordered_on": [END], "amount": [-5.0]})
    later = pd.DataFrame({"customer_id": ["b"], "ordered_on": [END + pd.Timedelta(days=1)], "amount": [5.0]})
    seen = occasions_taken(pd.concat([bought, refund, later]), END, DAYS)
    assert seen.known.loc["a"].to_dict() == {"first": 0, "taken": 2, "last": 3, "offered": 4}
    assert seen.known.loc["b"].to_dict() == {"first": 2, "taken": 0, "last": 0, "offered": 2}
    assert seen.known.index.tolist() == ["a", "b"]
    held = occasions_taken(bought, END, DAYS, held_out=2)
    assert held.known.loc["a"].to_dict() == {"first": 0, "taken": 1, "last": 1, "offered": 2}
    assert held.after.to_dict() == {"a": 1}  # b began on the last known occasion


def test_what_is_held_out_cannot_be_seen():
    bought = world(n=50)
    changed = bought.assign(amount=bought["amount"].where(bought["ordered_on"] <= END - pd.Timedelta(days=90), -1.0))
    assert occasions_taken(bought, END, DAYS, 3).known.equals(
        occasions_taken(pd.concat([changed, orders([("z", 0)])]), END, DAYS, 3).known
    )


def test_too_few_occasions_are_refused():
    with pytest.raises(Refusal, match="span 3 occasions of 30 days, of which 2 are held out"):
        occasions_taken(orders([("a", 2), ("a", 0)]), END, DAYS, held_out=2)
    with pytest.raises(Refusal, match="span 0 occasions"):
        occasions_taken(orders([]), END, DAYS)


def test_held_out_occasions_of_a_bgbb_world():
    told = occasions_taken(world(), END, DAYS, held_out=4).checked()
    ratio, other = told.measures
    assert ratio.value == pytest.approx(1, abs=0.06)  # about 2,000 occasions taken by customers who differ: 3 % error
    assert abs(other.value - 1) > abs(ratio.value - 1)
    assert "the BG/BB is closer" in told.sentence
    assert told.table["Most expected of one customer"].iloc[0] <= 4
    shown = told.by_taken
    assert (abs(shown["BG/BB"] - shown["actual"]) < 4 * shown["error"]).all()


def test_coming_occasions_of_a_bgbb_world():
    past = occasions_taken(world(), END, DAYS, held_out=4)
    told = past.coming(4)
    number = told.measures[0]
    assert number.low < number.value < number.high
    assert number.value == pytest.approx(past.after.sum(), rel=0.06)
    total = (told.table["Customers"] * told.table["Expected, each"]).sum()
    assert total == pytest.approx(number.value)


def test_without_second_occasions_the_reason_is_said():
    past = occasions_taken(orders([(f"c{k}", 5) for k in range(30)] + [("x", 1)]), END, DAYS, held_out=1)
    assert "nobody took a held-out occasion" in past.checked().sentence
    told = past.coming(2)
    assert "nobody took a second occasion" in told.sentence
    assert told.measures[0].value is None
