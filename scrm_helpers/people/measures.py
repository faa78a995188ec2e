"""Every measure of a person, computed once: what the value table holds and what the chapters read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import Terms
from scrm_helpers.value.history.purchases import Orders, own_word, with_margin
from scrm_helpers.value.lifetime.clv import LifetimeValue, chance_above, customer_lifetime_value, lifetime_values
from scrm_helpers.value.lifetime.purchase_models import fit_purchases
from scrm_helpers.value.lifetime.without_model import brings_values, imported_note, imported_values
from scrm_helpers.value.matrix.concentration import FirstYear, first_year
from scrm_helpers.value.matrix.whale import profit_by_customer
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.social import referral_totals
from scrm_helpers.value.social.coming_referrals import ComingReferrals, ReferralRecord, referrals_to_come
from scrm_helpers.value.social.coming_year import MONTHS, ComingYear
from scrm_helpers.value.social.deflection import Deflection, HelpOfFew, help_of_few, help_to_come, support_deflection
from scrm_helpers.value.social.engagement import Engagement, bounded_shares, engagement_value
from scrm_helpers.value.social.influence import STAFF, InfluenceValue, influence_of_messages, no_influence
from scrm_helpers.value.social.knowledge import KnowledgeValue, SpokenIdeas, knowledge_value, spoken_ideas
from scrm_helpers.value.social.referral_value import REMEDY, ReferralFlows, referral_shares, referral_value_draws
from scrm_helpers.value.social.stickiness import Stickiness, topic_stickiness

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

SEED = 20260930
NO_MESSAGES = "the company folder has no table interactions"
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
        return replace(self.company.terms, seed=self.seed)

    @cached_property
    def known(self) -> pd.DataFrame:
        """Customers in id order, then the people outside who refer, speak or have ideas, by person_id."""
        company = self.company
        customers = company.customers.set_index("customer_id").sort_index().rename_axis("person_id")
        people = customers.reindex(columns=list(FROM_CUSTOMERS)).assign(is_customer=True)
        places = (("referrals", "referrer_id", "referred_on"), ("ideas", "contributor_id", "submitted_on"))
        named = [company.table(table)[[who, when]] for table, who, when in places if company.has(table)]
        messages = company.table("interactions") if company.has("interactions") else pd.DataFrame()
        if "author_id" in messages and "author_role" in messages:
            wrote = messages[~messages["author_role"].fillna("employee").isin(STAFF)]
            named.append(wrote[["author_id", "occurred_on"]])
        people["seen_on"] = people["joined_on"]
        if not named:
            return people
        seen = pd.concat([frame.set_axis(["person_id", "seen_on"], axis=1) for frame in named])
        first = seen.dropna(subset="person_id").groupby("person_id")["seen_on"].min()
        others = first[customers.index.get_indexer(first.index) < 0].rename_axis("person_id")
        return pd.concat([people, others.to_frame().assign(is_customer=False)]) if len(others) else people

    @cached_property
    def _with_margin(self) -> tuple[pd.DataFrame, list[str]]:
        return with_margin(self.company.transactions, self.company.settings.margin_rate)

    @property
    def orders(self) -> pd.DataFrame:
        """The transactions with a margin for each."""
        return self._with_margin[0]

    @property
    def purchases(self) -> pd.DataFrame:
        """What is left of every purchase after refunds, up to the day: ``customer_id``, ``ordered_on``, ``amount``."""
        return Orders.of(self.orders).kept_rows(self.company.as_of)

    @property
    def margin_notes(self) -> list[str]:
        """What was taken for the margin, in sentences."""
        return self._with_margin[1]

    @cached_property
    def history(self) -> pd.DataFrame:
        """Purchase history of everybody who bought, by customer; its money is margin."""
        index = self.known.index
        code = index.get_indexer(pd.Index(self.orders["customer_id"]))
        return Orders(code, index, self.orders, "margin").history(self.company.as_of).rename_axis("customer_id")

    @property
    def first_year(self) -> FirstYear:
        """What customers bought in the first year after joining, of all who had one."""
        return first_year(self.orders, self.company.customers, self.company.as_of)

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
        return customer_lifetime_value(self.history, self.buying, self.spending, self.terms, self.months)

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

    def clv_before(self, day: pd.Timestamp) -> pd.Series:
        """Lifetime value of everybody who had bought by an earlier day, as it was expected then."""
        return lifetime_values(Orders.of(self.orders, "margin").history(day), self.terms, draws=0).customers["clv"]

    @property
    def ranked_by(self) -> str:
        """Say which lifetime values rank people in the chapters, and how far imported ones agree with the models."""
        return imported_values(self.company.customers, self.lifetime.customers["clv"], self.terms.currency)

    def own_value_above(self, cut: float) -> pd.Series | None:
        """How likely own value lies above a cut, by the models; None where values are imported: nobody can know."""
        if brings_values(self.company.customers):
            return None
        return chance_above(self.history, self.buying, self.spending, cut, self.terms, self.months)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The latest answer of each person: ``customer_id, responded_on, score``."""
        from scrm_helpers.advocacy.score.nps import latest_answers  # the room's models take a while to load

        return latest_answers(self.company.table("surveys"), self.company.as_of)

    @cached_property
    def _record(self) -> ReferralRecord | None:
        company = self.company
        if not company.has("referrals"):
            return None
        seen, chance = self.known[["seen_on", "is_customer"]], company.settings.p_type1_default
        return ReferralRecord(company.table("referrals"), self.orders, company.customers, seen, chance)

    @cached_property
    def flows(self) -> ReferralFlows | None:
        """Dated cash flows of every referral; None without the table."""
        flows = None if self._record is None else self._record.flows(self.company.as_of)
        if flows is None or self.company.part is None:
            return flows
        notes = (note.replace(f"; {REMEDY}", "") for note in flows.notes)  # friends elsewhere are no slip
        return replace(flows, notes=tuple(notes))

    @cached_property
    def margin_12m(self) -> pd.Series:
        """Margin of the last twelve months by customer."""
        day, ordered = self.company.as_of, self.orders["ordered_on"]
        recent = self.orders[(ordered > day - pd.DateOffset(months=12)) & (ordered <= day)]
        return recent.groupby("customer_id")["margin"].sum().reindex(self.known.index).fillna(0.0)

    @cached_property
    def profit(self) -> pd.Series:
        """Margin to date of each customer after marketing, acquisition and the rewards paid for bringing him."""
        spent = self.orders.get("marketing_cost", pd.Series(0.0, self.orders.index)).astype(float).fillna(0.0)
        left = (self.orders["margin"] - spent).groupby(self.orders["customer_id"]).sum()
        costs = [self.company.customers.set_index("customer_id").get("acquisition_cost")]
        if self.flows is not None:
            costs.append(pd.Series(self.flows.reward.sum(axis=1)).groupby(self.flows.rows["referred_id"]).sum())
        for cost in costs:
            left = left if cost is None else left - cost.astype(float).reindex(left.index).fillna(0.0)
        return left

    def after_service(self, cost: str) -> pd.Series:
        """Margin to date of each customer after marketing and the contacts that cost: "replies", or "requests"."""
        return profit_by_customer(self.orders, self._messages, self.company.settings.cost_per_contact, cost)

    @property
    def _word(self) -> str:
        return own_word(self.company.transactions, self.company.settings.margin_rate)

    @property
    def years_margin(self) -> referral_totals.YearsMargin:
        """What everybody bought in the last twelve months."""
        return referral_totals.years_margin(self.margin_12m, self.terms, self._word)

    @cached_property
    def last_year(self) -> referral_totals.LastYear:
        """Referral value and margin of the last twelve months, like for like."""
        return referral_totals.like_for_like(self.flows, self.margin_12m, self.terms, self._word)

    @cached_property
    def coming(self) -> ComingReferrals:
        """What people are expected to bring by referring in the coming twelve months."""
        return referrals_to_come(self._record, self.terms)

    @cached_property
    def coming_help(self) -> ComingYear:
        """What people who help each other are expected to spare in the coming twelve months."""
        if self._messages is None or self.support.reason:
            return ComingYear(reason=self.support.reason)
        return help_to_come(self.support.answers, self.known, self._messages["occurred_on"].min(), self.terms)

    @cached_property
    def referral_draws(self) -> tuple[pd.Index, np.ndarray] | None:
        """Draws of each referrer's value; None where nobody was brought."""
        if self.flows is None or not len(self.flows.rows):
            return None
        return referral_value_draws(self.flows, self.company.settings.discount_rate_annual, seed=self.seed)

    @cached_property
    def referral(self) -> referral_totals.ReferralSummary:
        """Referral value in sum, with its parts and its range."""
        return referral_totals.referral_summary(self.flows, len(self.known), self.terms)

    @property
    def points_of_formula(self) -> referral_totals.SwitchEffects:
        """Referral value with each debatable point of the formula decided otherwise."""
        return referral_totals.switch_effects(self.flows, len(self.known), self.terms)

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
            return no_influence(NO_MESSAGES, self.terms.currency)
        worth = self.known[["seen_on"]].join(self.clv["clv"])
        share, further = self.influence_share, self.recursive_influence
        return influence_of_messages(
            self._messages, self.orders, worth, self.terms, influence_share=share, recursive=further
        )

    @cached_property
    def support(self) -> Deflection:
        """What customers who help each other spare, in sum and by person."""
        return support_deflection(self._messages, self.company.settings.cost_per_contact, self.terms)

    @property
    def _ideas(self) -> pd.DataFrame | None:
        return self.company.table("ideas") if self.company.has("ideas") else None

    @cached_property
    def knowledge(self) -> KnowledgeValue:
        """What ideas brought and may still bring, in sum and by person."""
        return knowledge_value(self._ideas, self.terms.as_of, self.terms.currency)

    @property
    def helpers(self) -> HelpOfFew:
        """Whether few helpers carry the help."""
        return help_of_few(self._messages, self.terms)

    @property
    def ideas_spoken(self) -> SpokenIdeas:
        """Whether conversations bring ideas."""
        return spoken_ideas(self._messages, self._ideas, self.terms)

    def stickiness(self, topics: Mapping[str, str]) -> Stickiness:
        """Who comes back to which topic; `topics` are names with their words, parted by spaces."""
        worth = self.influence.by_person.reindex(self.known.index).fillna(0.0)
        return topic_stickiness(self._messages, topics, self.terms, influence=worth)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, in sentences."""
        imported = imported_note(self.company.customers, self.terms.currency)
        return (*imported, *self.margin_notes, *(self.flows.notes if self.flows else ()))

    @cached_property
    def views(self) -> Engagement:
        """Engagement value of the coming twelve months in the view that ranks people and in the one that adds up."""
        shares, known, ideas = [self.influence.shares], self.known, self.knowledge
        if self.flows is not None and not self.flows.unknown:
            shares.append(referral_shares(self.flows))
        money = {
            "customers they will win": (self.coming.by_person["value"], self.coming.reason),
            "help to others": (self.coming_help.people["value"], self.coming_help.reason),
            "ideas that wait": (ideas.by_person["expected"], ideas.reason or ideas.expected.reason),
        }
        past = {"referrals": self.referral.total, "ideas": ideas.realised, "help": self.support.total}
        clv = (self if self.months == MONTHS else replace(self, months=MONTHS)).clv["clv"].reindex(known.index)
        return engagement_value(clv, bounded_shares(*shares), self.terms, money, past, known["seen_on"])
