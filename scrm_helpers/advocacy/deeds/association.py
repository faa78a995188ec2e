"""Does the answer tell who will refer? Rank association that suits a scale of eleven answers and many zeros."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
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


@dataclass(frozen=True, kw_only=True)
class AnswerAndReferral(Answer):
    """How the answer orders people by what they did afterwards."""

    order: Measure = unknown("somers_d_referred", "ratio")
    others: tuple[Measure, ...] = ()
    area: Measure = unknown("auc", "ratio")
    more: tuple[Measure, ...] = ()
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    flipped_p: float | None = None  # where there are few accounts
    base: str = ""

    def words(self) -> Words:
        """Whether the answer tells who will refer."""
        return Words(
            sentence=self._reading(),
            table=self.lines,
            formats=dict.fromkeys([*map(str, self.lines)][1:], "decimal"),
            caption="How the answer orders people by what they did",
            note=(
                f"{self.base} Somers' D, tau-b, gamma, Spearman: 0 is no order, 1 a perfect one; area: 0.5 is a coin. "
                "Ties keep Spearman below the largest attainable value; gamma leaves ties out and so overstates."
            ),
        )

    def _reading(self) -> str:
        if self.order.value is None:
            return f"Whether the answer tells who will refer is {self.order.reason}."
        told = (
            "Of two people, one who referred and one who did not, the referrer had answered higher in "
            f"{numbers.percent(self.area.value)} of the cases (ties count half, "
            f"{numbers.span(self.area, numbers.percent)}); a coin would reach 50%."
        )
        low, high = self.order.ends
        if low <= 0 <= high or (self.flipped_p is not None and self.flipped_p > 0.05):
            return f"That the answer tells who will refer cannot be shown. {told}"
        if self.order.value < 0:
            return f"Those who answered higher referred less often. {told}"
        strength = "says something, but little, about" if self.order.value < WEAK else "tells a good deal about"
        return f"The answer {strength} who will refer. {told}"


def answer_and_referral(
    linked: LinkedAnswers, terms: Terms, accounts: pd.Series | None = None, draws: int = 2000
) -> AnswerAndReferral:
    """Measure how well the answer orders people by what they did afterwards.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    terms : Terms
        Level, and seed of the flips.
    accounts : pandas.Series, optional
        Account of each customer, indexed by ``customer_id``, where several people of one account answer; people
        without one stand alone. The intervals then treat the account as the unit.
    draws : int
        Random flips of the test by account.

    Returns
    -------
    AnswerAndReferral
        Somers' D of referring, of the number of referrals and of customers brought, each given the answer; tau-b,
        gamma and Spearman's correlation of the number of referrals beside its largest attainable value; and the area
        under the curve.

    Notes
    -----
    Somers' D is the chance that the person with the higher answer did more, minus the chance that she did less, among
    pairs with different answers. Pearson's correlation would need an interval scale; the polyserial one a normal
    outcome, which a count with many zeros is not.
    """
    level = terms.level
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
    order, *others, area, tau, gamma, rank = (_measure(name, found, level) for name, (_, found) in wanted.items())
    return AnswerAndReferral(
        order=order,
        others=tuple(others),
        area=area,
        more=(tau, gamma, rank),
        lines=pd.DataFrame(rows, columns=columns),
        flipped_p=None if clusters is None else _flipped(people, clusters, draws, terms.seed),
        base=linked.note,
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
        return unknown(name, "ratio", found.reason, found.n)
    low, high = found.interval
    return Measure(name=name, value=found.estimate, unit="ratio", n=found.n, low=low, high=high, level=level)


@dataclass(frozen=True, kw_only=True)
class Placebo(Answer):
    """Somers' D of referring given the answer, with referrals after it and before it, among the same people."""

    named: tuple[Measure, ...]
    after: RankAssociation
    before: RankAssociation
    lines: pd.DataFrame
    window_days: int

    def words(self) -> Words:
        """Whether the answer runs ahead of the act."""
        level, columns = self.named[0].level, [*map(str, self.lines)]
        styles = {"People": "count", "Share who referred": "percent"} | dict.fromkeys(columns[3:], "decimal")
        people = numbers.plural(self.lines["People"].iloc[0], "person", "people")
        return Words(
            sentence=_placebo_sentence(self.after, self.before, self.window_days, level),
            table=self.lines,
            formats=styles,
            caption="The answer against referrals after and before it",
            note=(
                f"n = {people} who had been customers for at least {self.window_days} days when they answered; "
                f"{numbers.percent(level)} ranges."
            ),
        )


def reversed_time_placebo(
    linked: LinkedAnswers, referrals: pd.DataFrame, joined_on: pd.Series, terms: Terms
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
    terms : Terms
        Level.

    Returns
    -------
    Placebo

    Notes
    -----
    A score that causes or announces referrals goes with later ones more than with earlier ones. One that follows from
    having referred, or from being an enthusiast, goes with both.
    """
    level = terms.level
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
    return Placebo(
        named=(
            _measure("somers_d_after_the_answer", after, level),
            _measure("somers_d_before_the_answer", earlier, level),
        ),
        after=after,
        before=earlier,
        lines=pd.DataFrame(rows, columns=columns),
        window_days=linked.window_days,
    )


def _referred_before(referrals: pd.DataFrame, people: pd.DataFrame, window: pd.Timedelta) -> np.ndarray:
    answered_on = people.set_index("customer_id")["responded_on"]
    made = referrals[referrals["referrer_id"].isin(answered_on.index)]
    made = made[made["referrer_id"] != made["referred_id"]]
    ahead = answered_on.reindex(made["referrer_id"]).to_numpy() - made["referred_on"]
    early = made.loc[(ahead > pd.Timedelta(0)) & (ahead <= window), "referrer_id"]
    return answered_on.index.isin(early)


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
