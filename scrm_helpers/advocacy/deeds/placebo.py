"""Does the answer run ahead of the act? The same comparison with time reversed, as a placebo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import RankAssociation, somers_d


@dataclass(frozen=True, kw_only=True)
class Placebo(Result):
    """Association of the answer with referrals after it and with referrals before it."""

    after: RankAssociation  # somers' D of referring given the answer, among the same people
    before: RankAssociation  # somers' D of referring given the answer, among the same people


def reversed_time_placebo(
    linked: LinkedAnswers, referrals: pd.DataFrame, joined_on: pd.Series, level: float = 0.95
) -> Placebo:
    """Compare the answer with referrals made before it, in a window of the same length.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    referrals : pandas.DataFrame
        The table ``referrals``.
    joined_on : pandas.Series
        Day on which each customer joined, indexed by ``customer_id``; only customers of at least one window before
        their answer are compared, so that both windows are full for everybody.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Placebo

    Notes
    -----
    A score that causes or announces referrals goes with later ones more than with earlier ones. One that follows from
    having referred, or from being an enthusiast, goes with both.
    """
    window = pd.Timedelta(days=linked.window_days)
    people = linked.people
    since = people["responded_on"] - joined_on.reindex(people["customer_id"]).to_numpy()
    whole = people[since >= window]
    before = _referred_before(referrals, whole, window)
    after = somers_d(whole["referred"].to_numpy(bool), whole["score"].to_numpy(float), level)
    earlier = somers_d(before, whole["score"].to_numpy(float), level)
    rows = [
        (name, len(whole), float(np.mean(share)) if len(whole) else None, one.estimate, *one.interval)
        for name, share, one in (
            ("After the answer", whole["referred"].to_numpy(bool), after),
            ("Before the answer (placebo)", before, earlier),
        )
    ]
    columns = ["Referrals made", "People", "Share who referred", "Somers' D", "Range from", "Range to"]
    formats = {"People": "count", "Share who referred": "percent"}
    return Placebo(
        sentence=_sentence(after, earlier, linked.window_days, level),
        table=pd.DataFrame(rows, columns=columns),
        caption="The answer against referrals after and before it",
        note=(
            f"n = {numbers.plural(len(whole), 'person', 'people')} who had been customers for at least "
            f"{linked.window_days} days when they answered; {numbers.percent(level)} ranges."
        ),
        formats=formats | dict.fromkeys(columns[3:], "decimal"),
        drawable=False,
        measures=(
            _measure("somers_d_after_the_answer", after, level),
            _measure("somers_d_before_the_answer", earlier, level),
        ),
        after=after,
        before=earlier,
    )


def _referred_before(referrals: pd.DataFrame, people: pd.DataFrame, window: pd.Timedelta) -> np.ndarray:
    answered_on = people.set_index("customer_id")["responded_on"]
    made = referrals[referrals["referrer_id"].isin(answered_on.index)]
    made = made[made["referrer_id"] != made["referred_id"]]
    ahead = answered_on.reindex(made["referrer_id"]).to_numpy() - made["referred_on"]
    early = made.loc[(ahead > pd.Timedelta(0)) & (ahead <= window), "referrer_id"]
    return answered_on.index.isin(early)


def _measure(name: str, found: RankAssociation, level: float) -> Measure:
    if found.reason:
        return Measure(name=name, value=None, unit="ratio", n=found.n, reason=found.reason)
    low, high = found.interval
    return Measure(name=name, value=found.estimate, unit="ratio", n=found.n, low=low, high=high, level=level)


def _sentence(after: RankAssociation, before: RankAssociation, days: int, level: float) -> str:
    if after.reason or before.reason:
        return f"Whether the answer runs ahead of the act is {after.reason or before.reason}."
    # Taken as independent the range is too wide rather than too short: the same people stand on both sides.
    apart = abs(after.estimate - before.estimate) > normal_quantile(level) * float(np.hypot(after.error, before.error))
    beside = "" if apart else " The two cannot be told apart: which of them it goes with more is not shown."
    first, second = numbers.decimal(after.estimate), numbers.decimal(before.estimate)
    figures = f"(Somers' D {first} after, {second} in the {days} days before)"
    goes_after, goes_before = after.interval.low > 0, before.interval.low > 0
    if goes_after and not goes_before:
        return f"The answer goes with referrals that follow it, and not visibly with those before it {figures}.{beside}"
    if goes_before and not goes_after:
        return (
            f"The answer goes with referrals made before it; with those that follow no connection can be shown "
            f"{figures}.{beside or ' It tells more about the past than about the future.'}"
        )
    if goes_before:
        return (
            f"The answer goes with referrals before it as well as after it {figures}: part of what it seems to "
            "foretell has happened already."
        )
    return f"Neither with referrals after the answer nor with those before it a connection can be shown {figures}."
