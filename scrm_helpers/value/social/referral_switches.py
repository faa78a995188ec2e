"""What the debatable points of the referral value formula decide: the same referrals under each of them."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Result
from scrm_helpers.value.social.referral_cash import ReferralFlows
from scrm_helpers.value.social.referral_totals import referral_summary
from scrm_helpers.value.social.referral_value import Switches

POINTS = {
    "as published (used here)": Switches(),
    "acquisition cost saved counts for type two only": Switches(credit_acquisition_type1=False),
    "reward charged for type two as well": Switches(charge_reward_on_type2=True),
    "two generations, half handed up": Switches(generations=2),
    "three generations, half handed up each time": Switches(generations=3),
    "young referrals count with what they have shown": Switches(correct_exposure=False),
}


def switch_effects(
    flows: ReferralFlows | None,
    customers: int,
    discount_rate_annual: float,
    *,
    currency: str = "EUR",
    draws: int = 499,
    seed: int = 20260930,
) -> Result:
    """Sum referral value under each debatable point of the formula, one at a time.

    Parameters
    ----------
    flows : ReferralFlows or None
        From :func:`referral_flows`; None where there are no referrals.
    customers : int
        Number of people who could have referred.
    discount_rate_annual : float
        Yearly rate.
    currency : str
        ISO code.
    draws, seed : int
        Resamples, and their seed.

    Returns
    -------
    Result
        Ranges resample people, and whole trees of referrals where more than one generation counts.

    Examples
    --------
    >>> switch_effects(None, 10, 0.1).sentence
    'What the points of the formula decide cannot be said: there are no converted referrals.'
    """
    if flows is None or flows.unknown or not len(flows.rows):
        reason = "there are no converted referrals"
        if flows is not None and flows.unknown:
            reason = "referral value is not known"
        return Result(
            sentence=f"What the points of the formula decide cannot be said: {reason}.",
            table=pd.DataFrame(),
            drawable=False,
        )
    rows = []
    for point, switches in POINTS.items():
        summed = referral_summary(
            flows, customers, discount_rate_annual, switches, currency=currency, draws=draws, seed=seed
        )
        total = summed.measures[0]
        rows.append((point, total.value, total.low, total.high))
    table = pd.DataFrame(rows, columns=["The formula", "All", "95% range low", "95% range high"]).astype(
        dict.fromkeys(["All", "95% range low", "95% range high"], float)
    )
    totals = table["All"].to_numpy()
    most = int(abs(totals - totals[0]).argmax())
    if totals[most] == totals[0]:
        sentence = "None of the debatable points of the formula changes referral value on these data."
    else:
        sentence = (
            f"Of the debatable points of the formula one moves referral value most ({rows[most][0]}): "
            f"{numbers.money(totals[most], currency)} instead of {numbers.money(totals[0], currency)}."
        )
    return Result(
        sentence=sentence,
        table=table,
        caption="Referral value under each debatable point of the formula, one at a time",
        note=f"n = {numbers.plural(len(flows.rows), 'converted referral')}; ranges by people, with more than one "
        "generation by whole trees of referrals",
        formats=dict.fromkeys(table.columns[1:], "money"),
        drawable=False,
    )
