"""Does the answer tell who will refer? Rank association that suits a scale of eleven answers and many zeros."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
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
