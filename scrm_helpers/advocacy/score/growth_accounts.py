"""Earned growth: what comes back and what friends bring, the accounting neighbour of the Net Promoter Score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.resample import ratio_bootstrap_t


@dataclass(frozen=True, kw_only=True)
class EarnedGrowth(Result):
    """Net revenue retention, earned new customers, and the earned growth rate."""

    retention: Estimate  # revenue of this year from customers of last year, over the revenue of last year
    earned_new: Estimate  # revenue of this year from new customers who came by referral, over the revenue of last year
    rate: Estimate  # sum of the two less one


def earned_growth(
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    referrals: pd.DataFrame,
    as_of: pd.Timestamp,
    days: int = 365,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> EarnedGrowth:
    """Compute the earned growth rate of the last year.

    Parameters
    ----------
    transactions : pandas.DataFrame
        ``customer_id``, ``ordered_on``, ``amount``.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    referrals : pandas.DataFrame
        ``referred_id``, ``referred_on``; a new customer with a referral before joining counts as earned.
    as_of : pandas.Timestamp
        End of this year, inclusive.
    days : int
        Length of a year in days.
    level : float
        Confidence level, 0-1.
    draws : int
        Bootstrap samples of customers.
    seed : int
        Seed of the draws.

    Returns
    -------
    EarnedGrowth

    Notes
    -----
    Reichheld, Darnell and Burns (2021), *Harvard Business Review* 99(6): earned growth rate = net revenue retention +
    earned new customers - 100 %. It counts revenue, not causes: a referred customer might have come anyway.
    """
    end, middle = as_of, as_of - pd.Timedelta(days=days)
    start = middle - pd.Timedelta(days=days)
    frame = _revenue(transactions, start, middle, end)
    people = customers.set_index("customer_id")["joined_on"]
    joined = (people if people.index.is_unique else people[~people.index.duplicated()]).reindex(frame.index)
    first = referrals.groupby("referred_id")["referred_on"].min().reindex(frame.index)
    new = (joined > middle).to_numpy()
    earned = new & (first <= joined).to_numpy()
    before, now = frame["before"].to_numpy(float), frame["now"].to_numpy(float)
    if before.sum() <= 0:
        return _nothing("there is no revenue in the year before", level)
    returned = np.where(~new & (before != 0), now, 0.0)
    brought = np.where(earned, now, 0.0)
    flows = (returned, brought, returned + brought - before)
    parts = [ratio_bootstrap_t(flow, before, level, draws, seed) for flow in flows]
    retention, gained, rate = parts
    names = ("Net revenue retention", "Earned new customers", "Earned growth rate")
    bought = float(np.where(new & ~earned, now, 0.0).sum() / before.sum())
    rows = [(name, one.value, one.low, one.high) for name, one in zip(names, parts, strict=True)]
    rows.insert(2, ("Other new customers (not earned)", bought, None, None))
    return EarnedGrowth(
        sentence=_sentence(rate, retention, gained, bought),
        table=pd.DataFrame(rows, columns=["Part", "Of last year's revenue", "Range from", "Range to"]),
        caption="Earned growth",
        note=(
            f"n = {numbers.plural(len(frame), 'customer')} with orders from {start + pd.Timedelta(days=1):%Y-%m-%d} to "
            f"{end:%Y-%m-%d}; {numbers.percent(level)} bootstrap-t ranges; gross revenue, attributed by referral."
        ),
        formats=dict.fromkeys(["Of last year's revenue", "Range from", "Range to"], "percent"),
        drawable=False,
        measures=tuple(
            Measure(
                name=name.lower().replace(" ", "_"),
                value=one.value,
                unit="share",
                n=len(frame),
                low=one.low,
                high=one.high,
                level=level,
                kind="gross" if one is retention else "attributed",
                reason=one.reason,
            )
            for name, one in zip(names, parts, strict=True)
        ),
        retention=retention,
        earned_new=gained,
        rate=rate,
    )


def _revenue(transactions: pd.DataFrame, start: pd.Timestamp, middle: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return revenue per customer in the year before and in this year."""
    known = transactions[(transactions["ordered_on"] > start) & (transactions["ordered_on"] <= end)]
    codes, people = pd.factorize(known["customer_id"])
    amount = known["amount"].to_numpy(float)
    late = (known["ordered_on"] > middle).to_numpy()
    sums = [np.bincount(codes, amount * part, minlength=len(people)) for part in (~late, late)]
    return pd.DataFrame({"before": sums[0], "now": sums[1]}, index=people)


def _sentence(rate: Estimate, retention: Estimate, gained: Estimate, bought: float) -> str:
    own = f"{numbers.percent(retention.value)} of last year's revenue came back"
    friends = f"customers who were referred added {numbers.percent(gained.value)}"
    text = f"{own} and {friends}; other new customers, who had to be bought or came by themselves, added "
    text += f"{numbers.percent(bought)}. The earned growth rate is {numbers.percent(rate.value)}"
    if rate.low is None or rate.high is None:
        return f"{text} (no range: {rate.reason})."
    span = numbers.interval(rate.low, rate.high, numbers.percent)
    if rate.low <= 0 <= rate.high:
        return f"{text} ({span}): neither growth nor decline can be shown."
    return f"{text} ({span}): what is earned {'grows' if rate.low > 0 else 'shrinks'}."


def _nothing(reason: str, level: float) -> EarnedGrowth:
    nothing = Estimate(value=None, low=None, high=None, level=level, reason=reason)
    return EarnedGrowth(
        sentence=f"Earned growth cannot be computed: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="earned_growth_rate", value=None, unit="share", n=0, reason=reason),),
        retention=nothing,
        earned_new=nothing,
        rate=nothing,
    )
