"""Does the answer tell who will refer? Rank association that suits a scale of eleven answers and many zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import (
    RankAssociation,
    auc,
    cluster_contributions,
    rank_coefficients,
    somers_d,
    spearman,
)
from scrm_helpers.stats.resample import sign_flip_p

FEW_ACCOUNTS = 40  # with fewer, the interval is doubtful and the test by flipping accounts stands beside it
WEAK = 0.2


def answer_and_referral(
    linked: LinkedAnswers, level: float = 0.95, accounts: pd.Series | None = None, draws: int = 2000, seed: int = 0
) -> Result:
    """Measure how well the answer orders people by what they did afterwards.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    level : float
        Confidence level, 0-1.
    accounts : pandas.Series, optional
        Account of each customer, indexed by ``customer_id``, where several people of one account answer; people
        without one stand alone. The intervals then treat the account as the unit.
    draws : int
        Random flips of the test by account.
    seed : int
        Seed of the flips.

    Returns
    -------
    Result
        Somers' D of referring, of the number of referrals and of customers brought, each given the answer; tau-b,
        gamma and Spearman's correlation of the number of referrals beside its largest attainable value; and the area
        under the curve.

    Notes
    -----
    Somers' D is the chance that the person with the higher answer did more, minus the chance that she did less, among
    pairs with different answers. Pearson's correlation would need an interval scale; the polyserial one a normal
    outcome, which a count with many zeros is not.
    """
    people = linked.people
    score = people["score"].to_numpy(float)
    clusters = None if accounts is None else _clusters(people["customer_id"], accounts)
    counts = rank_coefficients(people["referrals"], score, level, clusters)
    wanted = {
        "somers_d_referred": ("Referred somebody: Somers' D", somers_d(people["referred"], score, level, clusters)),
        "somers_d_referrals": ("Number of referrals: Somers' D", counts["somers_d"]),
        "somers_d_brought": ("Brought a customer: Somers' D", somers_d(people["brought"], score, level, clusters)),
        "auc": ("Referred somebody: area under the curve", auc(people["referred"], score, level, clusters)),
        "tau_b_referrals": ("Number of referrals: Kendall's tau-b", counts["tau_b"]),
        "gamma_referrals": ("Number of referrals: gamma (ignores ties)", counts["gamma"]),
        "spearman_referrals": ("Number of referrals: Spearman", spearman(people["referrals"], score, level, clusters)),
    }
    rows = [(label, found.estimate, *found.interval, found.attainable) for label, found in wanted.values()]
    columns = ["Association with the answer", "Estimate", "Range from", "Range to", "Largest attainable"]
    p = None if clusters is None else _flipped(people, clusters, draws, seed)
    return Result(
        sentence=_sentence(wanted["somers_d_referred"][1], wanted["auc"][1], p),
        table=pd.DataFrame(rows, columns=columns),
        caption="How the answer orders people by what they did",
        note=(
            f"{linked.note} Somers' D, tau-b, gamma, Spearman: 0 is no order, 1 a perfect one; area: 0.5 is a coin. "
            "Ties keep Spearman below the largest attainable value; gamma leaves ties out and so overstates."
        ),
        formats=dict.fromkeys(columns[1:], "decimal"),
        drawable=False,
        measures=tuple(_measure(name, found, level) for name, (_, found) in wanted.items()),
    )


def _clusters(people: pd.Series, accounts: pd.Series) -> pd.Series:
    own = people.map(accounts).astype("object")
    return own.where(own.notna(), "person " + people.astype("object")).astype(str)


def _flipped(people: pd.DataFrame, clusters: pd.Series, draws: int, seed: int) -> float | None:
    if clusters.nunique() >= FEW_ACCOUNTS:
        return None
    parts = cluster_contributions(people["referred"].to_numpy(bool), people["score"].to_numpy(float), clusters)
    return sign_flip_p(parts, draws, seed)


def _measure(name: str, found: RankAssociation, level: float) -> Measure:
    if found.reason:
        return Measure(name=name, value=None, unit="ratio", n=found.n, reason=found.reason)
    low, high = found.interval
    return Measure(name=name, value=found.estimate, unit="ratio", n=found.n, low=low, high=high, level=level)


def _sentence(order: RankAssociation, curve: RankAssociation, p: float | None) -> str:
    if order.reason:
        return f"Whether the answer tells who will refer is {order.reason}."
    told = (
        f"Of two people, one who referred and one who did not, the referrer had answered higher in "
        f"{numbers.percent(curve.estimate)} of the cases (ties count half, "
        f"{numbers.interval(curve.interval.low, curve.interval.high, numbers.percent)}); a coin would reach 50%."
    )
    doubtful = p is not None and p > 0.05
    if order.interval.low <= 0 <= order.interval.high or doubtful:
        return f"That the answer tells who will refer cannot be shown. {told}"
    if order.estimate < 0:
        return f"Those who answered higher referred less often. {told}"
    strength = "says something, but little, about" if order.estimate < WEAK else "tells a good deal about"
    return f"The answer {strength} who will refer. {told}"


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
        sentence=_placebo_sentence(after, earlier, linked.window_days, level),
        table=pd.DataFrame(rows, columns=columns),
        caption="The answer against referrals after and before it",
        note=(
            f"n = {numbers.plural(len(whole), 'person', 'people')} who had been customers for at least "
            f"{linked.window_days} days when they answered; {numbers.percent(level)} ranges."
        ),
        formats=formats | dict.fromkeys(columns[3:], "decimal"),
        drawable=False,
        measures=(
            _placebo_measure("somers_d_after_the_answer", after, level),
            _placebo_measure("somers_d_before_the_answer", earlier, level),
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


def _placebo_measure(name: str, found: RankAssociation, level: float) -> Measure:
    if found.reason:
        return Measure(name=name, value=None, unit="ratio", n=found.n, reason=found.reason)
    low, high = found.interval
    return Measure(name=name, value=found.estimate, unit="ratio", n=found.n, low=low, high=high, level=level)


def _placebo_sentence(after: RankAssociation, before: RankAssociation, days: int, level: float) -> str:
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
