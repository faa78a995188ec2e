"""Orders that no model likes, through every step of chapter 02: a result or a reason, never a silent number."""

import re

import numpy as np
import pandas as pd
import pytest

from scrm_helpers import value
from scrm_helpers.answers.answer import Answer
from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.history.purchases import Orders, with_margin
from scrm_helpers.value.lifetime.clv import lifetime_values
from scrm_helpers.value.lifetime.purchase_models import FITTERS, evidence_of_leaving, fit_purchases
from scrm_helpers.value.matrix.whale import profit_by_customer
from scrm_helpers.value.models.beta_geometric import fit_nbd
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.posterior import with_profile_ranges

AS_OF = pd.Timestamp("2026-06-30")


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"]).astype({"amount": float})
    frame["customer_id"] = frame["customer_id"].astype("str")
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]).astype("datetime64[us]"))


def many(n=40, seed=3, amount=lambda rng: rng.lognormal(3, 0.6)):
    """Return a small company that buys over two years."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        day = pd.Timestamp("2024-07-01") + pd.Timedelta(days=int(rng.integers(0, 250)))
        for _ in range(1 + rng.poisson(3)):
            if day <= AS_OF:
                rows.append((f"c{person:02d}", day, amount(rng)))
            day += pd.Timedelta(days=int(rng.exponential(60)) + 1)
    return orders(*rows)


def every(n, days, amount):
    return orders(*[(f"c{person}", day, amount) for person in range(n) for day in days])


WORLDS = {
    "nothing": many().iloc[:0],
    "one customer": orders(("a", "2025-01-01", 10), ("a", "2025-03-01", 12), ("a", "2026-01-05", 9)),
    "one customer, one order": orders(("a", "2025-01-01", 10)),
    "two customers": orders(("a", "2025-01-01", 10), ("b", "2025-03-01", 12), ("b", "2026-01-05", 9)),
    "no repeat buyer": orders(*[(f"c{k}", f"2025-{1 + k % 12:02d}-03", 10 + k) for k in range(30)]),
    "all same day": every(30, ["2025-05-05"], 10.0),
    "all on the report day": every(30, ["2026-06-30"], 10.0),
    "all refunds": many().assign(amount=lambda rows: -rows["amount"]),
    "refunds above sales": many().assign(
        amount=lambda rows: np.where(np.arange(len(rows)) % 2, -3 * rows["amount"], rows["amount"])
    ),
    "all free of charge": many(amount=lambda rng: 0.0),
    "all the same amount": many(amount=lambda rng: 20.0),
    "all the same dates": every(30, ["2024-08-01", "2025-02-01", "2025-08-01", "2026-02-01"], 20.0),
    "billions": many(amount=lambda rng: 1e9 * rng.lognormal(3, 0.6)),
    "billionths": many(amount=lambda rng: 1e-9 * rng.lognormal(3, 0.6)),
    "one giant": pd.concat([many(), orders(("c01", "2025-09-09", 1e9))], ignore_index=True),
    "before joining": many().assign(ordered_on=lambda rows: rows["ordered_on"] - pd.DateOffset(years=3)),
    "all after the report day": many().assign(ordered_on=lambda rows: rows["ordered_on"] + pd.DateOffset(years=3)),
    "decades of silence": orders(
        *[(f"c{k}", day, 10 + k) for k in range(20) for day in ("1980-01-01", "1980-02-01", f"2026-05-{1 + k:02d}")]
    ),
}


def customers_of(rows):
    ids = sorted({"a", "b", *rows["customer_id"]})
    return pd.DataFrame({"customer_id": ids, "joined_on": pd.Timestamp("2024-07-01")}).astype({"customer_id": "str"})


def fits(rows):
    history = Orders.of(rows, "margin").history(AS_OF)
    yield from (fitter(history) for fitter in (fit_nbd, fit_gammagamma))
    yield evidence_of_leaving(history)
    for model, fitter in FITTERS.items():
        fitted = fitter(history)
        yield fitted
        # the fallback where the model tells nothing is a fit of its own
        yield with_profile_ranges(fitted if fitted.identified else fit_purchases(history, model))


def worth(rows):
    history = Orders.of(rows, "margin").history(AS_OF)
    buying, spending = fit_purchases(history), fit_gammagamma(history)
    found = lifetime_values(history)
    people = found.customers
    if found.reason:
        assert people["clv"].isna().all()
    else:
        assert np.isfinite(people.to_numpy()).all()
        assert (people["p_alive"].between(0, 1)).all()
        assert (people["expected_purchases"] >= 0).all()
    yield found
    yield value.single_customers(history, found, buying, spending, draws=200, seed=1)


def on_past_days(rows):
    for model in ("BG/NBD", "MBG/NBD"):
        back = value.rolling_backtest(rows, AS_OF, model=model, count=3)
        yield back
        yield back.calibration
        yield value.track_purchases(rows, AS_OF, holdout_days=180, model=model)


def by_hand(rows):
    yield value.simple_lifetime_value(rows, Terms(AS_OF))
    yield value.persistence(rows, AS_OF)
    spent = rows.groupby("customer_id")["amount"].sum()
    sales = value.concentration_of(spent, measure="sales", draws=50)
    yield sales
    served = profit_by_customer(rows, None, None)
    yield value.whale_curve(served)
    yield value.concentration_of(served, measure="profit", draws=50)


def checked(rows):
    checks = value.check_purchases(rows, customers_of(rows), AS_OF)
    yield checks
    yield checks.under_rules


def moved(rows):
    history = Orders.of(rows, "margin").history(AS_OF)
    found = lifetime_values(history, draws=0).customers
    table = found[["clv", "p_alive"]].assign(margin=history["total"], margin_12m=history["total"])
    yield value.three_moves(table.rename_axis("person_id").reset_index())


@pytest.mark.parametrize("step", [checked, fits, worth, on_past_days, by_hand, moved])
@pytest.mark.parametrize("world", WORLDS)
def test_a_result_or_a_reason(world, step):
    rows, _ = with_margin(WORLDS[world])
    before = rows.copy(deep=True)
    for result in step(rows):
        judged(result)
    pd.testing.assert_frame_equal(rows, before)


def judged(result):
    """Check that no text holds a number that is none, and that every named number has a value or a reason."""
    for name in ("sentence", "title", "caption", "note", "alt"):
        text = getattr(result, name)
        assert not re.search(r"\b(nan|inf|NaT|None(?! of))\b", text), f"{name}: {text}"
    assert result.sentence.strip()
    for measure in result.measures:
        if measure.value is None:
            assert measure.reason
            continue
        assert np.isfinite(measure.value), measure
        if measure.low is not None:
            assert measure.low <= measure.value <= measure.high, measure
    if result.drawable and type(result).plot is not Answer.plot:
        result.plot()


def test_the_worlds_are_what_their_names_say():
    histories = {name: Orders.of(rows).history(AS_OF) for name, rows in WORLDS.items()}
    assert (histories["no repeat buyer"]["frequency"] == 0).all()
    assert (histories["all on the report day"]["age"] == 0).all()
    assert Orders.of(WORLDS["refunds above sales"]).kept(AS_OF).unmatched > 0
    assert (histories["all free of charge"]["total"] == 0).all()
    assert np.ptp(histories["all the same amount"]["mean_spend"].dropna()) == 0
    assert not len(histories["all refunds"])
    assert not len(histories["all after the report day"])


def test_billions_and_billionths_are_worth_so_many_times_more_and_less():
    middle, high, low = (
        lifetime_values(Orders.of(rows).history(AS_OF)).clv_total.value
        for rows in (many(amount=lambda rng: rng.lognormal(3, 0.6)), WORLDS["billions"], WORLDS["billionths"])
    )
    assert [high, low] == pytest.approx([1e9 * middle, 1e-9 * middle], rel=1e-6)
