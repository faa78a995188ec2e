"""All that people bring beyond their own purchases, from whichever tables there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.social.deflection import support_deflection
from scrm_helpers.value.social.engagement import Engagement, bounded_shares, engagement_value
from scrm_helpers.value.social.influence import influence_of_messages
from scrm_helpers.value.social.knowledge import knowledge_value
from scrm_helpers.value.social.referral_cash import ReferralFlows, referral_flows
from scrm_helpers.value.social.referral_totals import referral_summary
from scrm_helpers.value.social.referral_value import Switches, referral_value_draws

NO_SHARES = pd.DataFrame({"influencer": [], "influenced": [], "share": []}).astype({"share": float})


@dataclass(frozen=True, kw_only=True)
class SocialValue:
    """The parts, each a result of its own, the assumptions in words, and both views of their sum."""

    referral: Result
    influence: Result
    knowledge: Result
    support: Result
    views: Engagement
    notes: tuple[str, ...]
    flows: ReferralFlows | None = None
    discount_rate_annual: float = 0.10
    switches: Switches | None = None

    def referral_draws(self, seed: int) -> tuple[pd.Index, np.ndarray] | None:
        """Draw referral values; None where there are no converted referrals."""
        if self.flows is None or not len(self.flows.rows):
            return None
        return referral_value_draws(self.flows, self.discount_rate_annual, self.switches, seed=seed)


def social_value(
    value: pd.DataFrame,
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    *,
    discount_rate_annual: float = 0.10,
    p_type1_default: float = 0.5,
    cost_per_contact: float | None = None,
    influence_share: float | None = None,
    recursive_influence: bool = False,
    switches: Switches | None = None,
    currency: str = "EUR",
    seed: int = 20260930,
) -> SocialValue:
    """Work out referral, influence, knowledge and support value, and the two views of engagement value.

    Parameters
    ----------
    value : DataFrame
        The value table with ``person_id`` and ``clv``.
    transactions : DataFrame
        Orders with ``margin``.
    customers : DataFrame
        Table customers.
    tables : mapping of str to DataFrame
        ``referrals``, ``interactions`` and ``ideas``, as far as they are there.
    as_of : Timestamp
        Last day that counts.
    discount_rate_annual : float
        Yearly rate.
    p_type1_default : float
        Probability that a referred customer would not have come otherwise, where not given.
    cost_per_contact : float, optional
        Avoidable cost of a service contact, in currency.
    influence_share : float, optional
        Share of purchases that messages explain, 0-1; estimated from the orders when None.
    recursive_influence : bool
        Credit what the influenced move in others as well.
    switches : Switches, optional
        Departures from the published formula of referral value.
    currency : str
        ISO code.
    seed : int
        Seed of the resampling.

    Returns
    -------
    SocialValue
        A part whose table is missing says so in its sentence.
    """
    notes: list[str] = []
    clv = value.set_index("person_id")["clv"]
    shares, on_top = [NO_SHARES], []
    referral = _absent("referral value", "referrals", "crv_total", currency)
    influence = _absent("influence value", "interactions", "civ_total", currency)
    knowledge = _absent("knowledge value", "ideas", "ckv_realised", currency)
    support = _absent("support value", "interactions", "sdv_total", currency)
    flows = None
    if "referrals" in tables:
        flows = referral_flows(tables["referrals"], transactions, customers, as_of, p_type1_default=p_type1_default)
        notes.extend(flows.notes)
        summed = referral_summary(flows, len(value), discount_rate_annual, switches, currency=currency, seed=seed)
        referral = summed
        if len(summed.by_person):
            on_top.append(summed.by_person[["type-one saved cost", "type-two saved cost"]].sum(axis=1))
            shares.append(referral_shares(flows))
    if "interactions" in tables:
        messages = tables["interactions"]
        influence, said = influence_of_messages(
            messages,
            transactions,
            clv,
            as_of,
            influence_share=influence_share,
            recursive=recursive_influence,
            currency=currency,
        )
        notes.append(said)
        shares.append(influence.shares)
        support = support_deflection(messages[messages["occurred_on"] <= as_of], cost_per_contact, currency=currency)
        on_top.append(support.by_person["value"])
    if "ideas" in tables:
        knowledge = knowledge_value(tables["ideas"], as_of, currency)
        on_top.append(knowledge.by_person.sum(axis=1))
    views = engagement_value(clv, bounded_shares(*shares), *on_top, currency=currency)
    return SocialValue(
        referral=referral,
        influence=influence,
        knowledge=knowledge,
        support=support,
        views=views,
        notes=tuple(notes),
        flows=flows,
        discount_rate_annual=discount_rate_annual,
        switches=switches,
    )


def referral_shares(flows: ReferralFlows) -> pd.DataFrame:
    """Return the share of each referred customer's lifetime value that is owed to who referred him."""
    rows = flows.rows
    share = rows["credit"] * rows["p_type1"]
    pairs = {"influencer": rows["referrer_id"], "influenced": rows["referred_id"], "share": share}
    return pd.DataFrame(pairs)


def _absent(what: str, table: str, measure: str, currency: str) -> Result:
    reason = f"the company folder has no table {table}"
    return Result(
        sentence=f"There is no {what}: {reason}.",
        table=pd.DataFrame(),
        measures=(Measure(name=measure, value=None, unit=currency, reason=reason),),
        drawable=False,
    )
