"""Does the answer tell who will refer? Rank association that suits a scale of eleven answers and many zeros."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.advocacy.linked import LinkedAnswers
from scrm_helpers.presentation import numbers
from scrm_helpers.presentation.result import Measure, Result
from scrm_helpers.stats.rank import RankAssociation, auc, somers_d


def answer_and_referral(linked: LinkedAnswers, level: float = 0.95) -> Result:
    """Measure how well the answer orders people by what they did afterwards.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`scrm_helpers.advocacy.linked.link_answers`.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    Result
        Somers' D of referring, of the number of referrals and of customers brought, each given the answer, and the
        area under the curve.

    Notes
    -----
    Somers' D is the chance that the person with the higher answer did more, minus the chance that she did less, among
    pairs with different answers. A correlation coefficient would need an interval scale and few zeros.
    """
    people = linked.people
    score = people["score"].to_numpy(float)
    wanted = {
        "somers_d_referred": ("Referred somebody, given the answer", somers_d(people["referred"], score, level)),
        "somers_d_referrals": ("Number of referrals, given the answer", somers_d(people["referrals"], score, level)),
        "somers_d_brought": ("Brought a customer, given the answer", somers_d(people["brought"], score, level)),
        "auc": ("Area under the curve: the answer as a test for referring", auc(people["referred"], score, level)),
    }
    rows = [
        {
            "Association": label,
            "Estimate": found.estimate,
            "Range from": found.interval.low,
            "Range to": found.interval.high,
        }
        for label, found in wanted.values()
    ]
    return Result(
        sentence=_sentence(wanted["somers_d_referred"][1], wanted["auc"][1]),
        table=pd.DataFrame(rows),
        caption="How the answer orders people by what they did",
        note=f"{linked.note} Somers' D: 0 is no order, 1 a perfect one; area under the curve: 50% is a coin.",
        formats={"Estimate": "decimal", "Range from": "decimal", "Range to": "decimal"},
        measures=tuple(_measure(name, found, level) for name, (_, found) in wanted.items()),
    )


def _measure(name: str, found: RankAssociation, level: float) -> Measure:
    if found.reason:
        return Measure(name=name, value=None, unit="ratio", n=found.n, reason=found.reason)
    low, high = found.interval
    return Measure(name=name, value=found.estimate, unit="ratio", n=found.n, low=low, high=high, level=level)


def _sentence(order: RankAssociation, curve: RankAssociation) -> str:
    if order.reason:
        return f"Whether the answer tells who will refer is {order.reason}."
    told = (
        f"Of two people, one who referred and one who did not, the referrer had answered higher in "
        f"{numbers.percent(curve.estimate)} of the cases (ties count half, "
        f"{numbers.interval(curve.interval.low, curve.interval.high, numbers.percent)}); a coin would reach 50%."
    )
    if order.interval.low <= 0 <= order.interval.high:
        return f"That the answer tells who will refer cannot be shown. {told}"
    strength = "says something, but little, about" if abs(order.estimate) < 0.2 else "tells a good deal about"
    return f"The answer {strength} who will refer. {told}"
