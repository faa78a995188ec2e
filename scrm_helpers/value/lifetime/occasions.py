"""From orders to occasions taken or not, and what the BG/BB model says of the coming ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.value.models import bgbb
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import laplace_draws

MOST_TAKEN = 6  # customers who took so many occasions or more share a class


@dataclass(frozen=True)
class Occasions:
    """Occasions of equal length, the last one ending on `as_of`, and who took which."""

    known: pd.DataFrame
    after: pd.Series
    days: int
    held_out: int


def occasions_taken(transactions: pd.DataFrame, as_of: pd.Timestamp, days: int, held_out: int = 0) -> Occasions:
    """Cut time into occasions and say of each customer which ones were taken.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on``, ``amount``; refunds take no occasion, orders after `as_of` are not looked at.
    as_of : Timestamp
        Last day of the last occasion.
    days : int
        Length of an occasion in days: use that of the business (a monthly box, a yearly appeal).
    held_out : int
        Number of last occasions that are not known, but counted for comparison.

    Returns
    -------
    Occasions
        Customers whose first occasion is the last known one have been offered none since and are left out.

    Raises
    ------
    Refusal
        When the orders span fewer than two known occasions.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a", "a", "b"], "amount": 1.0,
    ...     "ordered_on": pd.to_datetime(["2026-01-05", "2026-03-05", "2026-04-25", "2026-02-05"])})
    >>> seen = occasions_taken(orders, pd.Timestamp("2026-04-30"), days=30, held_out=1)
    >>> seen.known.loc["a"].to_dict(), seen.after.tolist()
    ({'first': 0, 'taken': 1, 'last': 2, 'offered': 2}, [1, 0])
    """
    bought = transactions[(transactions["amount"] >= 0) & (transactions["ordered_on"] < as_of + pd.Timedelta(days=1))]
    back = (as_of.normalize() - bought["ordered_on"].dt.normalize()).dt.days // days
    total = int(back.max()) + 1 if len(back) else 0
    if total - held_out < 2:
        raise Refusal(
            f"The orders span {numbers.plural(total, 'occasion')} of {numbers.plural(days, 'day')}, of which "
            f"{held_out} are held out. Whether a customer comes back cannot be seen in fewer than two. Take shorter "
            "occasions, hold out fewer, or wait."
        )
    pairs = pd.DataFrame({"customer_id": bought["customer_id"], "number": total - 1 - back}).drop_duplicates()
    final = total - 1 - held_out
    by_customer = pairs[pairs["number"] <= final].groupby("customer_id")["number"]
    known = pd.DataFrame({"first": by_customer.min(), "taken": by_customer.size() - 1, "last": by_customer.max()})
    known["last"] -= known["first"]
    known["offered"] = final - known["first"]
    known = known[known["offered"] > 0]
    later = pairs[pairs["number"] > final].groupby("customer_id").size()
    after = later.reindex(known.index).fillna(0).astype(int).rename("after")
    return Occasions(known, after, days, held_out)


def taken_classes(taken: np.ndarray, fewest: int) -> tuple[np.ndarray, dict[int, str]]:
    """Class customers by occasions taken; the last class is open and holds so many rows at the fewest."""
    highest = max((k for k in range(MOST_TAKEN + 1) if (taken >= k).sum() >= fewest), default=0)
    labels = {k: str(k) for k in range(highest)}
    open_end = taken.max(initial=0) > highest
    return np.minimum(taken, highest), labels | {highest: f"{highest} or more" if open_end else str(highest)}


def coming_occasions(
    occasions: Occasions, fitted: ModelFit, ahead: int, *, draws: int = 200, seed: int = 20260930
) -> Result:
    """Say how many of the coming occasions customers are expected to take, and who is still there.

    Parameters
    ----------
    occasions : Occasions
        From :func:`occasions_taken`.
    fitted : ModelFit
        The BG/BB model fitted to ``occasions.known``.
    ahead : int
        Number of coming occasions.
    draws, seed : int
        Parameter draws behind the ranges, and their seed.

    Returns
    -------
    Result
        The ranges are those of the expectation, not of one customer's future; without a fit nothing is given.
    """
    what = f"the next {numbers.plural(ahead, 'occasion')} of {numbers.plural(occasions.days, 'day')}"
    if fitted.parameters is None:
        reason = f"the {fitted.model} model cannot be fitted: {fitted.reason}"
        return Result(
            sentence=f"What customers take of {what} cannot be said: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="coming_occasions", value=None, unit="count", reason=reason),),
            drawable=False,
        )
    rows = occasions.known.groupby(["taken", "last", "offered"]).size().reset_index(name="customers")
    seen = tuple(rows[name].to_numpy(float) for name in ("taken", "last", "offered"))
    many = rows["customers"].to_numpy(float)
    n, there = int(many.sum()), bgbb.p_alive(fitted.parameters, *seen)
    expected = bgbb.expected_occasions(fitted.parameters, ahead, *seen)
    total, low, high = float(many @ expected), None, None
    span = f"no range, because {fitted.reason}"
    if fitted.identified:
        drawn = [many @ bgbb.expected_occasions(one, ahead, *seen) for one in laplace_draws(fitted, draws, seed)]
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
        span = f"95% range {numbers.interval(low, high, numbers.count)}, from the uncertainty of the model"
    group, labels = taken_classes(rows["taken"].to_numpy(), 1)
    grouped = pd.DataFrame({"taken": group, "n": many, "there": many * there, "next": many * expected})
    table = grouped.groupby("taken").sum().reset_index()
    table["there"] /= table["n"]
    table["next"] /= table["n"]
    times = numbers.plural(round(total), "time")
    return Result(
        sentence=f"{numbers.plural(n, 'customer')} are expected to take {what} {times} ({span}); "
        f"{numbers.percent(float(many @ there) / n)} of them are still there.",
        table=table.assign(taken=[labels[k] for k in table["taken"]]).rename(
            columns={
                "taken": "Taken so far, after the first",
                "n": "Customers",
                "there": "Still there",
                "next": "Expected, each",
            }
        ),
        caption=f"What customers are expected to take of {what}",
        note=f"n = {numbers.plural(n, 'customer')}; {fitted.model}; at most {numbers.plural(ahead, 'occasion')} each",
        formats={"Customers": "count", "Still there": "percent", "Expected, each": "decimal2"},
        measures=(Measure(name="coming_occasions", value=total, unit="count", n=n, low=low, high=high, kind="gross"),),
        drawable=False,
    )
