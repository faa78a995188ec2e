"""Support deflection: contacts that customers spared the company by answering each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

PAID = ("employee", "brand", "partner")


@dataclass(frozen=True, kw_only=True)
class Deflection(Result):
    """Contacts spared and their value by helper."""

    by_person: pd.DataFrame


def support_deflection(
    interactions: pd.DataFrame,
    cost_per_contact: float | None,
    *,
    cost_self_service: float = 0.10,
    currency: str = "EUR",
) -> Deflection:
    """Credit helpers with the contacts that their answers spared."""
    if cost_per_contact is None:
        return _nothing("the settings give no cost_per_contact, and a contact spared is worth what it costs", currency)
    needed = {"author_id", "in_reply_to", "resolved"}
    if not needed <= set(interactions.columns):
        reason = f"the table interactions has no column {', '.join(sorted(needed - set(interactions.columns)))}"
        return _nothing(reason, currency)
    settled = interactions["resolved"].astype("boolean").fillna(False).to_numpy(bool)
    would = (
        interactions["would_have_contacted"].astype("Float64").to_numpy(float, na_value=np.nan)
        if "would_have_contacted" in interactions
        else np.full(len(interactions), np.nan)
    )
    known = would[settled & np.isfinite(would)]
    if not len(known):
        return _nothing("no settled question says whether its asker would have contacted the company", currency)
    would = np.where(np.isfinite(would), would, known.mean())
    place = pd.Index(interactions["interaction_id"]).get_indexer(pd.Index(interactions["in_reply_to"]))
    author = interactions["author_id"].to_numpy()
    role = interactions["author_role"] if "author_role" in interactions else pd.Series("customer", interactions.index)
    reply = np.flatnonzero((place >= 0) & settled[place] & (author != author[place]))
    answers = pd.DataFrame(
        {
            "question": place[reply],
            "person_id": author[reply],
            "contacts": would[place[reply]],
            "paid": role.isin(PAID).to_numpy()[reply],
        }
    ).drop_duplicates(["question", "person_id"])
    answers["contacts"] /= answers.groupby("question")["question"].transform("size")
    helpers = answers[~answers["paid"] & answers["person_id"].notna()]
    by_person = helpers.groupby("person_id")[["contacts"]].sum()
    by_person["value"] = by_person["contacts"] * (cost_per_contact - cost_self_service)
    contacts, value = float(by_person["contacts"].sum()), float(by_person["value"].sum())
    asked = int(interactions["resolved"].notna().sum())
    answered = answers["question"].unique()
    chain = {
        "Questions asked": float(asked),
        "settled": float(settled.sum()),
        "answered by somebody": float(len(answered)),
        "whose asker would have contacted the company": float(would[answered].sum()),
        "spared by unpaid helpers": contacts,
    }
    left = list(chain.values())
    shares = [np.nan, *(after / before if before else np.nan for before, after in pairwise(left))]
    each = numbers.money(cost_per_contact, currency)
    worth = f"worth {numbers.money(value, currency)}"
    if value < 0:
        worth = f"which cost {numbers.money(-value, currency)} more than they would have"
    return Deflection(
        sentence=f"{numbers.plural(len(by_person), 'helper')} spared about {numbers.plural(round(contacts), 'contact')}"
        f", {worth} at {each} for each avoidable contact.",
        table=pd.DataFrame({"Step": list(chain), "Share of the step before": shares, "Left": left}),
        caption="From questions to contacts spared: each step keeps a share of the one before",
        note=f"Self-service costs {numbers.money(cost_self_service, currency)}; silent readers are not counted",
        formats={"Share of the step before": "percent", "Left": "count"},
        measures=(Measure(name="sdv_total", value=value, unit=currency, n=len(by_person), kind="attributed"),),
        by_person=by_person,
    )


def _nothing(reason: str, currency: str) -> Deflection:
    return Deflection(
        sentence=f"No support value can be given: {reason}.",
        table=pd.DataFrame(),
        measures=(Measure(name="sdv_total", value=None, unit=currency, reason=reason),),
        drawable=False,
        by_person=pd.DataFrame(columns=["contacts", "value"], dtype=float),
    )
