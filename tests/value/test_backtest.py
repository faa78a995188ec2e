"""Hold-out by date: no order after the cut is seen, and the forecast of simulated customers is right on average."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.history.purchases import Orders, origins
from scrm_helpers.value.lifetime.backtest import rolling_backtest, track_purchases


def test_split_never_leaks():
    rng = np.random.default_rng(1)
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, 600), unit="D")
    orders = pd.DataFrame({"customer_id": rng.integers(0, 60, 600).astype(str), "ordered_on": day, "amount": 10.0})
    cut, until = pd.Timestamp("2025-07-01"), pd.Timestamp("2025-10-01")
    known, after = Orders.of(orders).split(cut, until)
    changed = orders.assign(amount=orders["amount"].where(orders["ordered_on"] <= cut, 999.0))
    pd.testing.assert_frame_equal(Orders.of(changed).split(cut, until)[0], known)
    without = orders[orders["ordered_on"] <= cut]
    pd.testing.assert_frame_equal(Orders.of(without).split(cut, until)[0], known)
    later = orders[(orders["ordered_on"] > cut) & (orders["ordered_on"] <= until)]
    later = later[later["customer_id"].isin(known.index)].drop_duplicates(["customer_id", "ordered_on"])
    assert after["purchases"].sum() == len(later)


def test_an_evening_order_on_the_cut_is_known():
    orders = pd.DataFrame({"customer_id": ["a"], "ordered_on": pd.to_datetime(["2026-01-10 21:00"]), "amount": [1.0]})
    known, after = Orders.of(orders).split(pd.Timestamp("2026-01-10"), pd.Timestamp("2026-02-01"))
    assert (len(known), after["purchases"].sum()) == (1, 0)


def test_origins_are_few_when_the_data_are_short():
    assert origins(pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01"), 12, 91) == []
    days = origins(pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01"), 12, 91)
    assert len(days) == 12
    assert days[-1] + pd.Timedelta(days=91) == pd.Timestamp("2026-01-01")
    assert days == sorted(set(days))


def simulated_orders(n, seed):
    """Orders of customers who keep to the BG/NBD, first bought over a year, followed for two."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(n):
        rate, leave, clock = rng.gamma(0.8, 1 / 60.0), rng.beta(0.8, 2.5), rng.uniform(0, 365)
        while clock < 730:
            rows.append((f"c{customer}", int(clock), rng.gamma(6, 5)))
            if len(rows) > 1 and rows[-2][0] == rows[-1][0] and rng.random() < leave:
                break
            clock += rng.exponential(1 / rate)
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    return frame.assign(ordered_on=pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D"))


@pytest.fixture(scope="module")
def orders():
    return simulated_orders(2_500, 5)


AS_OF = pd.Timestamp("2025-12-30")


def test_the_forecast_of_simulated_customers_is_right(orders):
    tested = rolling_backtest(orders, AS_OF, count=6)
    assert len(tested.origins) == 6
    assert tested.ratio.value == pytest.approx(1.0, abs=0.08)
    assert tested.measures[0].value == tested.ratio.value
    classes = tested.calibration.classes
    many = classes["Customers"] > 200
    assert (classes["Predicted per customer"] / classes["Actual per customer"])[many].to_numpy() == pytest.approx(
        1.0, abs=0.3
    )
    assert "earlier repeat purchases" in tested.calibration.sentence


def test_the_curve_of_simulated_customers_is_followed(orders):
    followed = track_purchases(orders, AS_OF, holdout_days=180)
    assert abs(followed.measures[0].value) < 0.06
    assert (followed.weeks["Actual"].diff().dropna() >= 0).all()
    assert (followed.weeks["Expected"].diff().dropna() > -1e-9).all()


def test_purchases_for_nothing_are_purchases_on_both_sides(orders):
    free = track_purchases(orders.assign(amount=0.0), AS_OF, holdout_days=180)
    assert free.weeks["Actual"].equals(track_purchases(orders, AS_OF, holdout_days=180).weeks["Actual"])


def test_too_short_data_are_said_so():
    short = pd.DataFrame({"customer_id": ["a", "b"], "ordered_on": pd.to_datetime(["2025-12-01"] * 2), "amount": 1.0})
    tested = rolling_backtest(short, AS_OF)
    assert tested.ratio.value is None
    assert not tested.drawable
    assert "cannot be tested" in tested.sentence
    assert not tested.calibration.drawable
