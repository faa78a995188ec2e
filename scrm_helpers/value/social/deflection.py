"""Support deflection: contacts that customers spared the company by answering each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.social.influence import STAFF


@dataclass(frozen=True, kw_only=True)
class Deflection(Answer):
    """Contacts spared and their value by helper."""

    ABSENT = "No support value can be given: {reason}."

    total: Measure = unknown("sdv_total", "EUR")
    by_person: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["contacts", "value"], dtype=float))
    chain: Mapping[str, float] = field(default_factory=dict)  # from questions asked to contacts spared
    costs: tuple[float, float] = (0.0, 0.0)  # of a contact, and of helping oneself

    def words(self) -> Words:
        """How many contacts helpers spared, and what that is worth."""
        value, currency, left = self.total.value or 0.0, self.total.unit, list(self.chain.values())
        worth = f"worth {numbers.money(value, currency)}"
        if value < 0:
            worth = f"which cost {numbers.money(-value, currency)} more than they would have"
        each, own = (numbers.money(cost, currency) for cost in self.costs)
        shares = [np.nan, *(after / before if before else np.nan for before, after in pairwise(left))]
        return Words(
            sentence=(
                f"{numbers.plural(len(self.by_person), 'helper')} spared about "
                f"{numbers.plural(round(left[-1]), 'contact')}, {worth} at {each} for each avoidable contact."
            ),
            table=pd.DataFrame({"Step": list(self.chain), "Share of the step before": shares, "Left": left}),
            formats={"Share of the step before": "percent", "Left": "count"},
            caption="From questions to contacts spared: each step keeps a share of the one before",
            note=f"Self-service costs {own}; silent readers are not counted",
        )


def support_deflection(
    interactions: pd.DataFrame,
    cost_per_contact: float | None,
    *,
    cost_self_service: float = 0.10,
    currency: str = "EUR",
) -> Deflection:
    """Credit helpers with the contacts that their answers spared."""
    if cost_per_contact is None:
        return no_deflection(
            "the settings give no cost_per_contact, and a contact spared is worth what it costs", currency
        )
    needed = {"author_id", "in_reply_to", "resolved"}
    if not needed <= set(interactions.columns):
        reason = f"the table interactions has no column {', '.join(sorted(needed - set(interactions.columns)))}"
        return no_deflection(reason, currency)
    settled = interactions["resolved"].astype("boolean").fillna(False).to_numpy(bool)
    told = interactions.get("would_have_contacted", pd.Series(pd.NA, interactions.index))
    would = told.astype("Float64").to_numpy(float, na_value=np.nan)
    known = would[settled & np.isfinite(would)]
    if not len(known):
        return no_deflection("no settled question says whether its asker would have contacted the company", currency)
    would = np.where(np.isfinite(would), would, known.mean())
    place = pd.Index(interactions["interaction_id"]).get_indexer(pd.Index(interactions["in_reply_to"]))
    author = interactions["author_id"].to_numpy()
    role = interactions.get("author_role", pd.Series("customer", interactions.index))
    reply = np.flatnonzero((place >= 0) & settled[place] & (author != author[place]))
    question = place[reply]
    answers = pd.DataFrame(
        {
            "question": question,
            "person_id": author[reply],
            "contacts": would[question],
            "paid": role.isin(STAFF).to_numpy()[reply],
        }
    ).drop_duplicates(["question", "person_id"])
    answers["contacts"] /= answers.groupby("question")["question"].transform("size")
    helpers = answers[~answers["paid"] & answers["person_id"].notna()]
    by_person = helpers.groupby("person_id")[["contacts"]].sum()
    by_person["value"] = by_person["contacts"] * (cost_per_contact - cost_self_service)
    contacts, value = float(by_person["contacts"].sum()), float(by_person["value"].sum())
    answered = answers["question"].unique()
    chain = {
        "Questions asked": float(interactions["resolved"].notna().sum()),
        "settled": float(settled.sum()),
        "answered by somebody": float(len(answered)),
        "whose asker would have contacted the company": float(would[answered].sum()),
        "spared by unpaid helpers": contacts,
    }
    return Deflection(
        total=Measure(name="sdv_total", value=value, unit=currency, n=len(by_person), kind="attributed"),
        by_person=by_person,
        chain=chain,
        costs=(cost_per_contact, cost_self_service),
    )


def no_deflection(reason: str, currency: str) -> Deflection:
    """Say why there is no support value."""
    return Deflection(reason=reason, total=unknown("sdv_total", currency, reason))


WAITING = ("submitted", "accepted")
REFUSED = ("rejected", "declined", "closed")


@dataclass(frozen=True, kw_only=True)
class KnowledgeValue(Answer):
    """Knowledge value by person, realised and expected."""

    ABSENT = "There is no knowledge value: {reason}."

    realised: Measure = unknown("ckv_realised", "EUR")
    expected: Measure = unknown("ckv_expected", "EUR")
    by_person: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"realised": [], "expected": []}, dtype=float))
    states: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        """What ideas have brought and may still bring."""
        currency, n = self.realised.unit, self.realised.n or 0
        who = f"{numbers.plural(len(self.by_person), 'person', 'people')} contributed ideas: "
        text = f"what they are worth cannot be said, because {self.expected.reason}."
        if n:
            spread = ""
            if self.realised.low is not None:
                ends = numbers.interval(*self.realised.ends, lambda end: numbers.money(end, currency))
                spread = f" (95% range for as many such ideas {ends})"
            came = bring(self.realised.value or 0.0, currency, "brought", net=" net")
            text = (
                f"{numbers.plural(n, 'idea')} with a known value {came}{spread}; those that wait may "
                f"{bring(self.expected.value or 0.0, currency)} by the rates so far."
            )
        return Words(
            sentence=who + text,
            table=self.states,
            formats={"Ideas": "count", "Chance to be implemented": "percent", "Net value": "money"},
            caption="What ideas have brought and may still bring",
            note=(
                f"n = {numbers.plural(self.expected.n or 0, 'idea')}; chances from those decided so far; ideas are no "
                "random sample"
            ),
        )


def credit_shares(ideas: pd.DataFrame) -> pd.Series:
    """Return each contributor's share of an idea."""
    idea = ideas.groupby("idea_id")["idea_id"]
    share = ideas.get("share", pd.Series(np.nan, ideas.index)).astype(float).fillna(1 / idea.transform("size"))
    total = share.groupby(ideas["idea_id"]).transform("sum")
    return share / total.clip(lower=1)


def knowledge_value(ideas: pd.DataFrame, as_of: pd.Timestamp, currency: str = "EUR") -> KnowledgeValue:
    """Value the ideas that customers contributed."""
    status = ideas["status"].str.lower()
    done = status == "implemented"
    if "implemented_on" in ideas:
        done &= ~(ideas["implemented_on"] > as_of)
    worth = ideas.reindex(columns=["value", "cost"]).astype(float)
    net = worth["value"] - worth["cost"].fillna(0.0)
    per_idea = pd.DataFrame({"net": net, "done": done, "status": status}).groupby(ideas["idea_id"]).first()
    realised = per_idea.loc[per_idea["done"], "net"].dropna()
    n, mean = len(realised), float(realised.mean()) if len(realised) else 0.0
    count = {state: int((per_idea["status"] == state).sum()) for state in WAITING}
    implemented, refused = int(per_idea["done"].sum()), int(per_idea["status"].isin(REFUSED).sum())
    carried_out = (implemented + 1) / (implemented + count["accepted"] + 2)
    taken_up = (implemented + count["accepted"] + 1) / (implemented + count["accepted"] + refused + 2)
    chance = {"submitted": taken_up * carried_out, "accepted": carried_out}
    expected = status.map(chance).fillna(0.0) * mean
    share = credit_shares(ideas)
    by_person = (
        pd.DataFrame(
            {"realised": share * net.where(done, 0.0).fillna(0.0), "expected": share * expected.where(~done, 0.0)}
        )
        .groupby(ideas["contributor_id"].to_numpy())
        .sum()
        .rename_axis("person_id")
    )
    why = "" if n else "no idea with a known value has been implemented"
    total = float(by_person["realised"].sum()) if n else None if implemented else 0.0
    low, high = _range(realised) if n > 2 else (None, None)
    rows = [
        ("implemented", implemented, 1.0, total),
        *(
            (state, count[state], chance[state], count[state] * chance[state] * mean if n else None)
            for state in WAITING
        ),
        ("rejected", refused, 0.0, 0.0),
    ]
    return KnowledgeValue(
        realised=Measure(
            name="ckv_realised",
            value=total,
            unit=currency,
            n=n,
            low=low,
            high=high,
            kind="attributed",
            reason=why if total is None else "",
        ),
        expected=Measure(
            name="ckv_expected",
            value=float(by_person["expected"].sum()) if n else None,
            unit=currency,
            n=len(per_idea),
            kind="attributed",
            reason=why,
        ),
        by_person=by_person,
        states=pd.DataFrame(rows, columns=["State of the idea", "Ideas", "Chance to be implemented", "Net value"]),
    )


def _range(realised: pd.Series) -> tuple[float, float]:
    """Return the 95 % range of the sum of as many such ideas, by Student's t."""
    from scipy.special import stdtrit

    n, mean = len(realised), float(realised.mean())
    half = float(stdtrit(n - 1, 0.975) * realised.std(ddof=1) / np.sqrt(n))
    return n * (mean - half), n * (mean + half)


def no_knowledge(reason: str, currency: str) -> KnowledgeValue:
    """Say why there is no knowledge value."""
    return KnowledgeValue(reason=reason, realised=unknown("ckv_realised", currency, reason))
