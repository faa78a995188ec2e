"""Orders to frequency, recency, age and mean spend: published summary, hand-worked refunds, invariances."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.value.history.purchases import Orders


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"])
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"], format="ISO8601"))


AS_OF = pd.Timestamp("2026-03-01")


def test_published_cdnow_summary(shared_data):
    names = ["master", "customer_id", "day", "cds", "amount"]
    raw = pd.read_csv(shared_data / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", names=names, dtype={"customer_id": str})
    raw["ordered_on"] = pd.to_datetime(raw["day"].astype(str))
    ours = Orders.of(raw).history(pd.Timestamp("1997-09-30"))
    published = pd.read_csv(shared_data / "cdnow" / "cdnow_customers_summary_with_transactions.csv")
    assert len(ours) == 2357
    assert (ours["frequency"].to_numpy() == published["x"]).all()
    assert ours["frequency"].sum() == 2457
    for column, theirs in (("recency", "t_x"), ("age", "T")):
        assert np.abs(ours[column].to_numpy() - published[theirs]).max() < 0.00501  # printed with two decimals
    assert np.abs(ours["mean_spend"].fillna(0).to_numpy() - published["zbar"]).max() < 0.00501


def test_same_day_orders_are_one_purchase_and_later_orders_are_not_seen():
    history = (
        Orders.of(
            orders(
                ("a", "2026-01-01", 10),
                ("a", "2026-02-01 09:00", 4),
                ("a", "2026-02-01 21:00", 6),
                ("a", "2026-03-02", 99),
            )
        )
        .history(AS_OF)
        .loc["a"]
    )
    assert history[["frequency", "recency", "age", "mean_spend", "total"]].tolist() == pytest.approx(
        [1, 31 / 7, 59 / 7, 10, 20]
    )


@pytest.mark.parametrize(
    ("rule", "frequency", "mean_spend"), [("net", 1, 25.0), ("drop", 2, 20.0), ("keep", 3, 25 / 3)]
)
def test_returns_rule_is_explicit(rule, frequency, mean_spend):
    # day 2: 10 bought and 10 returned on the same day; day 3: 30 bought; day 4: 5 returned
    rows = orders(
        ("a", "2026-01-01", 7),
        ("a", "2026-01-02", 10),
        ("a", "2026-01-02", -10),
        ("a", "2026-01-03", 30),
        ("a", "2026-01-04", -5),
    )
    rows = rows[rows["amount"] >= 0] if rule == "drop" else rows
    history = Orders.of(rows).history(AS_OF, net=rule != "keep").loc["a"]
    assert history["frequency"] == frequency
    assert history["mean_spend"] == pytest.approx(mean_spend)


def test_cents_that_cancel_are_no_purchase():
    rows = orders(("a", "2026-01-01", 5), ("a", "2026-01-02", 0.1), ("a", "2026-01-02", 0.2), ("a", "2026-01-02", -0.3))
    assert Orders.of(rows).history(AS_OF).loc["a", "frequency"] == 0


def test_a_customer_with_refunds_only_has_no_history():
    history = Orders.of(orders(("a", "2026-01-01", -5), ("b", "2026-01-01", 5))).history(AS_OF)
    assert history.index.tolist() == ["b"]


def test_orders_of_nobody_are_left_out():
    assert Orders.of(orders((None, "2026-01-01", 5), ("b", "2026-01-01", 5))).history(AS_OF).index.tolist() == ["b"]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.dates(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-02-20").date()),
        st.integers(-20, 90),
    ),
    min_size=1,
    max_size=25,
)


@given(ROWS, st.randoms())
@settings(max_examples=60, deadline=None)
def test_row_order_renaming_splitting_and_currency_change_nothing(rows, random):
    frame = orders(*rows)
    plain = Orders.of(frame).history(AS_OF)
    shuffled = list(rows)
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(Orders.of(orders(*shuffled)).history(AS_OF), plain)
    renamed = Orders.of(frame.assign(customer_id="x" + frame["customer_id"])).history(AS_OF)
    assert (renamed.to_numpy() == plain.to_numpy())[plain.notna().to_numpy()].all()
    half = len(rows) // 2
    joined = pd.concat([frame[half:], frame[:half]])
    pd.testing.assert_frame_equal(Orders.of(joined).history(AS_OF), plain)
    cents = Orders.of(frame.assign(amount=frame["amount"] * 100)).history(AS_OF)
    np.testing.assert_allclose(cents["mean_spend"], 100 * plain["mean_spend"], rtol=1e-12)


def by_hand(own):
    """The rule for refunds in a plain loop: what is left of each day's purchase, and refunds that found too little."""
    left = own[own["amount"] >= 0].groupby("ordered_on")["amount"].sum().to_dict()
    free, unmatched = {day for day, amount in left.items() if amount == 0}, 0
    for day, amount in own[own["amount"] < 0].sort_values(["ordered_on", "amount"])[["ordered_on", "amount"]].values:
        owed = -amount
        while owed > 0:
            before = sorted(one for one in left if one <= day and left[one] > 0)
            fits = [one for one in before if left[one] == owed] or [one for one in before if left[one] > owed] or before
            if sum(left[one] for one in before) < owed:
                unmatched += 1
                break
            taken = min(owed, left[fits[-1]])
            left[fits[-1]] -= taken
            owed -= taken
    return {day: amount for day, amount in left.items() if amount > 0 or day in free}, unmatched


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_purchases_equal_a_plain_loop(rows):
    frame = orders(*rows)
    history, unmatched = Orders.of(frame).history(AS_OF), 0
    for customer, own in frame.groupby("customer_id"):
        left, missed = by_hand(own)
        unmatched += missed
        if not left:
            assert customer not in history.index
            continue
        assert history.loc[customer, "frequency"] == len(left) - 1
        assert history.loc[customer, "recency"] == pytest.approx((max(left) - min(left)).days / 7)
        assert history.loc[customer, "total"] == sum(left.values())
    assert Orders.of(frame).kept(AS_OF).unmatched == unmatched


def test_a_refund_under_the_number_of_an_order_takes_that_order_back():
    rows = orders(("a", "2026-01-01", 9), ("a", "2026-01-02", 30), ("a", "2026-01-03", 30), ("a", "2026-01-09", -30))
    for number, left in (("2", 3), (None, 2)):
        numbered = rows.assign(order_id=["1", "2", "3", number or "4"], margin=rows["amount"] / 3)
        kept = Orders.of(numbered, "margin").kept(AS_OF)
        assert sorted(kept.day - kept.day.min()) == [0, left - 1]
        assert sorted(kept.money) == [3.0, 10.0]
    twice = pd.concat([numbered.assign(order_id=["1", "2", "3", "2"]), orders(("a", "2026-01-10", -1))])
    kept = Orders.of(twice).kept(AS_OF)
    assert sorted(kept.money) == [9.0, 29.0]  # without a number: the latest that is large enough
    assert kept.unmatched == 0
    more = Orders.of(rows[2:].assign(amount=[30.0, -31.0])).kept(AS_OF)  # than the customer ever bought
    assert (more.unmatched, more.money.tolist()) == (1, [30.0])


def test_what_is_refunded_later_is_known_later():
    rows = orders(("a", "2026-01-01", 9), ("a", "2026-01-02", 30), ("a", "2026-02-09", -30))
    assert Orders.of(rows).history(pd.Timestamp("2026-01-31")).loc["a", "frequency"] == 1
    assert Orders.of(rows).history(AS_OF).loc["a", "frequency"] == 0
    known, after = Orders.of(rows).split(pd.Timestamp("2026-01-31"), AS_OF)
    assert known.loc["a", "mean_spend"] == 30
    assert after.loc["a"].tolist() == [0, 0]  # money of a purchase before is no money after


def test_whole_number_ids_are_kept_in_their_order():
    rows = orders((2**60, "2026-01-01", 5), (-100, "2026-01-02", 5), (2**60, "2026-01-03", 5))
    assert Orders.of(rows).history(AS_OF)["purchases"].to_dict() == {-100: 1, 2**60: 2}


def test_orders_and_refunds_that_are_all_later_are_none_yet():
    assert Orders.of(orders(("a", "2026-05-01", 5), ("a", "2026-05-02", -5))).history(AS_OF).empty
