"""Odd orders are counted with their money, and the rule for returns is shown with its effect."""

from pathlib import Path

import pandas as pd
import pytest

from scrm_helpers.value.history.purchases import check_purchases, with_margin
from scrm_helpers.value.matrix.whale import profit_by_customer, three_moves, whale_curve

PEOPLE = pd.DataFrame({"customer_id": ["a", "b"], "joined_on": pd.to_datetime(["2026-01-01", "2026-01-10"])})
ORDERS = pd.DataFrame(
    [
        ("a", "2026-01-01", 10.0),
        ("a", "2026-01-01", 10.0),  # same customer, day and amount
        ("a", "2026-02-01", -4.0),  # refund
        ("a", "2026-02-03", 0.0),  # free of charge
        ("b", "2026-01-05", 20.0),  # before joining
        ("x", "2026-01-05", 7.0),  # unknown
        (None, "2026-01-05", 3.0),  # nobody
        ("b", "2026-09-01", 5.0),  # after the report day
    ],
    columns=["customer_id", "ordered_on", "amount"],
).assign(ordered_on=lambda rows: pd.to_datetime(rows["ordered_on"]))
AS_OF = pd.Timestamp("2026-06-30")
SAMPLE = Path(__file__).parents[1] / "frozen" / "sample"


def test_every_oddity_is_counted_once_with_its_money():
    counts = check_purchases(ORDERS, PEOPLE, AS_OF).counts.set_index("Check")[["Orders", "Amount"]]
    assert counts.to_dict("index") == {
        "Without customer": {"Orders": 1, "Amount": 3.0},
        "Customer unknown": {"Orders": 1, "Amount": 7.0},
        "After the report day": {"Orders": 1, "Amount": 5.0},
        "Refunds": {"Orders": 1, "Amount": -4.0},
        "Free of charge": {"Orders": 1, "Amount": 0.0},
        "Same customer, day and amount": {"Orders": 1, "Amount": 10.0},
        "Further orders of the same day": {"Orders": 1, "Amount": 10.0},
        "Before joining": {"Orders": 1, "Amount": 20.0},
    }


def test_silence_and_rules():
    checks = check_purchases(ORDERS, PEOPLE, AS_OF)
    assert checks.silence.value == 27  # 5 January to 1 February
    rules = checks.under_rules.by_rule.set_index("Rule")
    assert rules.loc["net (used here)", "Repeat purchases"] == 1  # the free order; the refund is none
    assert rules.loc["keep", "Repeat purchases"] == 2
    assert rules.loc["drop", "Spend"] - rules.loc["net (used here)", "Spend"] == 4
    assert (
        "Refunds take 0 repeat purchases back in full; counting refunds as purchases would add 1 repeat"
        in checks.under_rules.sentence
    )


def test_no_refunds_change_nothing():
    checks = check_purchases(ORDERS[:2], PEOPLE, AS_OF)
    assert "changes nothing" in checks.sentence
    assert "changes no count" in checks.under_rules.sentence
    only = check_purchases(ORDERS[2:3], PEOPLE, AS_OF)
    assert only.measures[0].value is None


def test_margins_that_are_missing_are_filled_and_said():
    orders = pd.DataFrame({"amount": [100.0, 50.0], "margin": [40.0, None]})
    filled, said = with_margin(orders)
    assert filled["margin"].tolist() == [40.0, 20.0]
    assert said == ["1 orders carry no margin: 40.0% of their revenue is taken."]
    assert with_margin(orders.assign(margin=[1.0, 2.0]))[1] == []
    assert orders["margin"].isna().sum() == 1  # the input stays as it was


def test_profit_without_prices_or_messages_is_margin():
    orders = pd.DataFrame({"customer_id": ["a"], "margin": [10.0]})
    messages = pd.DataFrame({"interaction_id": ["q", "chat", "r"], "customer_id": ["a", "a", None]})
    messages = messages.assign(in_reply_to=[None, None, "q"], author_role=["customer", "customer", "brand"])
    messages["intent"] = ["question", "chat", "answer"]
    assert profit_by_customer(orders, None, 8.0).to_dict() == {"a": 10.0}
    assert profit_by_customer(orders, messages, None).to_dict() == {"a": 10.0}
    assert profit_by_customer(orders, messages, 8.0).to_dict() == {"a": 2.0}  # one reply, to one of two messages
    again = pd.concat([messages, messages[2:].assign(interaction_id="s")])
    assert profit_by_customer(orders, again, 8.0).to_dict() == {"a": -6.0}
    assert profit_by_customer(orders, again, 8.0, "requests").to_dict() == {"a": 2.0}  # the question alone
    untold = profit_by_customer(orders, messages.drop(columns="author_role"), 8.0)
    assert untold.to_dict() == {"a": 10.0}
    assert "service is left out" in whale_curve(untold).note
    with pytest.raises(ValueError, match="replies or requests"):
        profit_by_customer(orders, messages, 8.0, "all")


def test_most_of_what_customers_write_costs_nothing():
    orders, messages = (pd.read_csv(SAMPLE / f"{table}.csv") for table in ("transactions", "interactions"))
    losses = {
        cost: int((profit_by_customer(orders, messages, 8.0, cost) < 0).sum()) for cost in ("replies", "requests")
    }
    assert losses == {"replies": 21, "requests": 44}  # 118 when every message of a customer was charged


def test_moves_need_a_value():
    nothing = three_moves(
        pd.DataFrame({"person_id": ["a"], "clv": [None], "p_alive": [None], "margin": [1.0]}, dtype=object)
    )
    assert nothing.measures[0].value is None
    with pytest.raises(NotImplementedError):
        nothing.plot()
