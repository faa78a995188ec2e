"""Every measure of a person, computed once: what the value table holds and what the chapters read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.history.purchases import Orders, with_margin
from scrm_helpers.value.lifetime.clv import LifetimeValue, customer_lifetime_value
from scrm_helpers.value.lifetime.outcomes import chance_above
from scrm_helpers.value.lifetime.purchase_models import Horizon, fit_purchases
from scrm_helpers.value.lifetime.without_model import brings_values
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.social.deflection import Deflection, KnowledgeValue, knowledge_value, support_deflection
from scrm_helpers.value.social.engagement import Engagement, bounded_shares, engagement_value
from scrm_helpers.value.social.influence import STAFF, InfluenceValue, influence_of_messages, no_influence
from scrm_helpers.value.social.referral_totals import ReferralSummary, no_referral_value, referral_summary
from scrm_helpers.value.social.referral_value import (
    ReferralFlows,
    referral_flows,
    referral_shares,
    referral_value_draws,
)

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

SEED = 20260930
NO_TABLE = "the company folder has no table {}"
FROM_CUSTOMERS = ("segment", "region", "acquisition_channel", "joined_on", "consent_contact")


@dataclass(frozen=True)
class People:
    """Measures of the people of a company as of its day, each computed when it is first asked for."""

    company: Company
    model: str = "BG/NBD"  # purchase model to try first: "BG/NBD", "MBG/NBD" or "Pareto/NBD"
    months: int = 12  # ahead that lifetime value looks
    influence_share: float | None = None  # of purchases that messages explain; estimated from the orders when None
    recursive_influence: bool = False  # credit what the influenced move in others as well
    seed: int = SEED

    @property
    def terms(self) -> Terms:
        """The day, the money and the seed of every measure."""
        own = self.company.settings
        return Terms(self.company.as_of, own.currency, own.discount_rate_annual, seed=self.seed)

    @cached_property
    def known(self) -> pd.DataFrame:
        """Customers in id order, then the people outside who refer, speak or have ideas, by person_id."""
        company = self.company
        customers = company.customers.set_index("customer_id").sort_index().rename_axis("person_id")
        people = customers.reindex(columns=list(FROM_CUSTOMERS)).assign(is_customer=True)
        places = (("referrals", "referrer_id"), ("ideas", "contributor_id"))
        named = [company.table(table)[column] for table, column in places if company.has(table)]
        messages = company.table("interactions") if company.has("interactions") else pd.DataFrame()
        if "author_id" in messages and "author_role" in messages:
            named.append(messages.loc[~messages["author_role"].fillna("employee").isin(STAFF), "author_id"])
        ids = pd.Index(pd.concat(named).dropna().unique() if named else [], dtype="str", name="person_id")
        others = ids[customers.index.get_indexer(ids) < 0].sort_values()
        return pd.concat([people, pd.DataFrame({"is_customer": False}, index=others)]) if len(others) else people

    @cached_property
    def _with_margin(self) -> tuple[pd.DataFrame, list[str]]:
        return with_margin(self.company.transactions, self.company.settings.margin_rate)

    @property
    def orders(self) -> pd.DataFrame:
        """The transactions with a margin for each."""
        return self._with_margin[0]

    @property
    def margin_notes(self) -> list[str]:
        """What was taken for the margin, in sentences."""
        return self._with_margin[1]

    @cached_property
    def history(self) -> pd.DataFrame:
        """Purchase history of everybody who bought, by customer; its money is margin."""
        index = self.known.index
        code = index.get_indexer(pd.Index(self.orders["customer_id"]))
        orders = Orders(code, index, self.orders, "margin")
        return orders.history(self.company.as_of).rename_axis("customer_id")

    @cached_property
    def buying(self) -> ModelFit:
        """The purchase model."""
        return fit_purchases(self.history, self.model)

    @cached_property
    def spending(self) -> ModelFit:
        """The model of spend per purchase."""
        return fit_gammagamma(self.history)

    @cached_property
    def lifetime(self) -> LifetimeValue:
        """Lifetime value of every customer, with ranges."""
        return customer_lifetime_value(self.history, self.buying, self.spending, self.terms, Horizon(self.months))

    @cached_property
    def clv(self) -> pd.DataFrame:
        """``clv, clv_low, clv_high, p_alive`` by person; the company's own values where it brought a column of them."""
        modelled = self.lifetime.customers.reindex(columns=["clv", "clv_low", "clv_high", "p_alive"])
        if self.lifetime.indistinct:  # what is the same for everybody ranks nobody: no cells, no moves, no lists
            modelled[:] = np.nan
        if not brings_values(self.company.customers):
            return modelled
        given = self.company.customers.set_index("customer_id")["clv"].astype(float)
        return pd.DataFrame({"clv": given, "p_alive": modelled["p_alive"]})

    def own_value_above(self, cut: float) -> pd.Series | None:
        """How likely own value lies above a cut, by the models; None where values are imported: nobody can know."""
        if brings_values(self.company.customers):
            return None
        return chance_above(self.history, self.buying, self.spending, cut, self.terms, Horizon(self.months))

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The latest answer of each person: ``customer_id, responded_on, score``."""
        from scrm_helpers.advocacy import latest_answers  # its models take a while to load

        return latest_answers(self.company.table("surveys"), self.company.as_of)

    @cached_property
    def flows(self) -> ReferralFlows | None:
        """Dated cash flows of every referral; None without the table."""
        company = self.company
        if not company.has("referrals"):
            return None
        made = company.table("referrals")
        made = made[made["referred_on"] <= company.as_of]
        chance = company.settings.p_type1_default
        return referral_flows(made, self.orders, company.customers, company.as_of, p_type1_default=chance)

    @cached_property
    def referral_draws(self) -> tuple[pd.Index, np.ndarray] | None:
        """Draws of each referrer's value; None where nobody was brought."""
        if self.flows is None or not len(self.flows.rows):
            return None
        return referral_value_draws(self.flows, self.company.settings.discount_rate_annual, seed=self.seed)

    @cached_property
    def referral(self) -> ReferralSummary:
        """Referral value in sum, with its parts and its range."""
        if self.flows is None:
            return no_referral_value("", self.terms.currency, NO_TABLE.format("referrals"))
        return referral_summary(self.flows, len(self.known), self.terms)

    @cached_property
    def _messages(self) -> pd.DataFrame | None:
        if not self.company.has("interactions"):
            return None
        messages = self.company.table("interactions")
        return messages[messages["occurred_on"] <= self.company.as_of]

    @cached_property
    def influence(self) -> InfluenceValue:
        """Influence value in sum and by person."""
        if self._messages is None:
            return no_influence(NO_TABLE.format("interactions"), self.terms.currency)
        return influence_of_messages(
            self._messages,
            self.orders,
            self.clv["clv"].reindex(self.known.index),
            self.terms,
            influence_share=self.influence_share,
            recursive=self.recursive_influence,
        )

    @cached_property
    def support(self) -> Deflection:
        """What customers who help each other spare, in sum and by person."""
        return support_deflection(self._messages, self.company.settings.cost_per_contact, self.terms.currency)

    @cached_property
    def knowledge(self) -> KnowledgeValue:
        """What ideas brought and may still bring, in sum and by person."""
        ideas = self.company.table("ideas") if self.company.has("ideas") else None
        return knowledge_value(ideas, self.terms.as_of, self.terms.currency)

    @property
    def notes(self) -> list[str]:
        """What was assumed of referrals and influence, in sentences."""
        return [*(self.flows.notes if self.flows else ()), *filter(None, [self.influence.assumed])]

    @cached_property
    def views(self) -> Engagement:
        """Engagement value in the view that ranks people and in the one that adds up."""
        shares = [self.influence.shares]
        on_top = [self.support.by_person["value"], self.knowledge.by_person.sum(axis=1)]
        if self.flows is not None and len(by_person := self.referral.by_person):
            on_top.append(by_person[["type-one saved cost", "type-two saved cost"]].sum(axis=1))
            shares.append(referral_shares(self.flows))
        clv = self.clv["clv"].reindex(self.known.index)
        return engagement_value(clv, bounded_shares(*shares), *on_top, currency=self.terms.currency)
