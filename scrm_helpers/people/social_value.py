"""The columns of the value table that come from conversations and ideas, and the people who are no customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.value.social.deflection import PAID, support_deflection
from scrm_helpers.value.social.influence import influence_of_messages
from scrm_helpers.value.social.knowledge import knowledge_value

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

DIMENSIONS = ("clv", "crv", "civ", "ckv", "sdv")


def outsiders(company: Company) -> np.ndarray:
    """Return the ids of people who refer, speak or have ideas but are no customers, sorted."""
    named = []
    if company.has("referrals"):
        named.append(company.table("referrals")["referrer_id"])
    if company.has("ideas"):
        named.append(company.table("ideas")["contributor_id"])
    if company.has("interactions"):
        messages = company.table("interactions")
        if "author_id" in messages and "author_role" in messages:
            named.append(messages.loc[~messages["author_role"].fillna("employee").isin(PAID), "author_id"])
    if not named:
        return np.array([], dtype=object)
    people = pd.Index(pd.concat(named).dropna().unique())
    known = pd.Index(company.customers["customer_id"]).get_indexer(people) >= 0
    return np.sort(people[~known].to_numpy())


def social_columns(company: Company, table: pd.DataFrame, notes: list[str]) -> dict[str, pd.Series]:
    """Work out influence, knowledge and support value from the tables that are there."""
    columns: dict[str, pd.Series] = {}
    people = pd.Index(table.index)
    currency = company.settings.currency
    if company.has("interactions"):
        messages = company.table("interactions")
        messages = messages[messages["occurred_on"] <= company.as_of]
        influence, said = influence_of_messages(messages, company.transactions, table["clv"], company.as_of)
        notes.append(said)
        if influence.measures[0].value is not None:
            columns["civ"] = influence.by_person
        spared = support_deflection(messages, company.settings.cost_per_contact, currency=currency)
        notes.append(spared.sentence)
        if spared.measures[0].value is not None:
            columns["sdv"] = spared.by_person["value"]
    if company.has("ideas"):
        known = knowledge_value(company.table("ideas"), company.as_of, currency)
        notes.append(known.sentence)
        if all(measure.value is not None for measure in known.measures):
            columns["ckv"] = known.by_person.sum(axis=1)
    return {name: column.reindex(people).fillna(0.0) for name, column in columns.items()}
