"""Support deflection: contacts that customers spared the company by answering each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.social.coming_year import MONTHS, ComingYear, Deeds, Seen, age_at, foretell
from scrm_helpers.value.social.influence import replies

PRIVATE = r"mail|phone|shop|store|branch|letter|chat"  # channels in which a question is a contact already
SELF_SERVICE = 0.10  # what it costs that somebody helps himself, in currency


@dataclass(frozen=True, kw_only=True)
class Deflection(Answer):
    """Contacts spared and their value by helper."""

    ABSENT = "No support value can be given: {reason}."

    total: Measure = unknown("sdv_total", "EUR")
    by_person: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["contacts", "value"], dtype=float))
    chain: Mapping[str, float] = field(default_factory=dict)  # from questions asked to contacts spared
    answers: pd.DataFrame = field(default_factory=pd.DataFrame)  # ``person_id, occurred_on, value`` of each that spared
    cost: float = 0.0  # of a contact

    def words(self) -> Words:
        value, currency, left = self.total.value or 0.0, self.total.unit, list(self.chain.values())
        worth = f"worth {numbers.money(value, currency)}"
        if value < 0:
            worth = f"which cost {numbers.money(-value, currency)} more than they would have"
        each, own = (numbers.money(cost, currency) for cost in (self.cost, SELF_SERVICE))
        shares = [np.nan, *(after / before if before else np.nan for before, after in pairwise(left))]
        return Words(
            sentence=(
                f"{numbers.plural(len(self.by_person), 'helper')} spared about "
                f"{numbers.plural(round(left[-1]), 'contact')}, {worth} at {each} for each avoidable contact."
            ),
            table=pd.DataFrame({"Step": list(self.chain), "Share of the step before": shares, "Left": left}),
            formats={"Share of the step before": "percent", "Left": "count"},
            caption="From questions to contacts spared: each step keeps a share of the one before",
            note=(
                f"Self-service costs {own}; silent readers are not counted; a question by e-mail, phone or in a shop "
                "is a contact already: only public ones count, and all where no channel is known"
            ),
        )


def in_public(interactions: pd.DataFrame) -> np.ndarray:
    """Tell which messages others could see: as said of each, else by the channel."""
    channel = interactions.get("channel", pd.Series("", interactions.index)).astype("str").str.lower()
    told = interactions.get("is_public", pd.Series(pd.NA, interactions.index)).astype("boolean")
    return told.fillna(~channel.str.contains(PRIVATE)).to_numpy(bool)


def support_deflection(
    interactions: pd.DataFrame | None, cost_per_contact: float | None, currency: str = "EUR"
) -> Deflection:
    """Credit helpers with the contacts that their answers spared."""
    absent = partial(Deflection, total=unknown("sdv_total", currency))
    if interactions is None:
        return absent(reason="the company folder has no table interactions")
    if cost_per_contact is None:
        return absent(reason="the settings give no cost_per_contact, and a contact spared is worth what it costs")
    if untold := sorted({"author_id", "in_reply_to", "resolved"} - set(interactions.columns)):
        return absent(reason=f"the table interactions has no column {', '.join(untold)}")
    public = in_public(interactions)
    asked = interactions["resolved"].notna().to_numpy()
    settled = interactions["resolved"].astype("boolean").fillna(False).to_numpy(bool) & public
    told = interactions.get("would_have_contacted", pd.Series(pd.NA, interactions.index))
    would = told.astype("Float64").to_numpy(float, na_value=np.nan)
    known = would[settled & np.isfinite(would)]
    if not len(known):
        return absent(reason="no settled question in public says whether its asker would have contacted the company")
    would = np.where(np.isfinite(would), would, known.mean())
    answers = replies(interactions).rename(columns={"author": "person_id"})
    answers = answers[settled[answers["question"]]].drop_duplicates(["question", "person_id"])
    answers["contacts"] = would[answers["question"]]
    answers["contacts"] /= answers.groupby("question")["question"].transform("size")
    answers["value"] = answers["contacts"] * (cost_per_contact - SELF_SERVICE)
    helpers = answers[~answers["paid"] & answers["person_id"].notna()]
    by_person = helpers.groupby("person_id")[["contacts", "value"]].sum()
    contacts, value = float(by_person["contacts"].sum()), float(by_person["value"].sum())
    answered = answers["question"].unique()
    chain = {
        "Questions asked": float(asked.sum()),
        "asked where others can see it": float((asked & public).sum()),
        "settled": float(settled.sum()),
        "answered by somebody": float(len(answered)),
        "whose asker would have contacted the company": float(would[answered].sum()),
        "spared by unpaid helpers": contacts,
    }
    return Deflection(
        population="unpaid helpers",
        window="all answers so far",
        total=Measure(
            name="sdv_total",
            value=value,
            unit=currency,
            n=len(by_person),
            kind="attributed",
            no_range="every answer so far, each at what its asker says",
        ),
        by_person=by_person,
        chain=chain,
        cost=cost_per_contact,
        answers=helpers.assign(occurred_on=interactions["occurred_on"].to_numpy()[helpers["reply"]]),
    )


def help_to_come(answers: pd.DataFrame, people: pd.DataFrame, since: pd.Timestamp, terms: Terms) -> ComingYear:
    """Foretell what helpers will spare in the coming twelve months, as referrals are foretold."""
    person, age = age_at(people, answers["person_id"], answers["occurred_on"])
    value = answers["value"].to_numpy(float)
    worth = value[:, None] * (1 + terms.discount_rate) ** (-np.arange(1, MONTHS + 1) / 12)
    return foretell(Seen.between(people, since, terms.as_of), Deeds(person, age, worth, value), terms.seed)


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
        currency, n = self.realised.unit, self.realised.n or 0
        who = f"{numbers.plural(len(self.by_person), 'person', 'people')} contributed ideas: "
        text = f"what they are worth cannot be said, because {self.expected.reason}."
        if n:
            spread = ""
            money = partial(numbers.money, currency=currency)
            if self.realised.low is not None:
                spread = f" (95% range for as many such ideas {numbers.span(self.realised, money)})"
            came = bring(self.realised.value or 0.0, currency, "brought", net=" net")
            wait = f"what those that wait may bring cannot be said: {self.expected.reason}"
            if self.expected.value is not None:
                wait = f"those that wait may {bring(self.expected.value, currency)} by the rates so far"
                wait += f" ({numbers.span(self.expected, money)})"
            text = f"{numbers.plural(n, 'idea')} with a known value {came}{spread}; {wait}."
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


def knowledge_value(ideas: pd.DataFrame | None, as_of: pd.Timestamp, currency: str = "EUR") -> KnowledgeValue:
    """Value the ideas that customers contributed."""
    if ideas is None:
        return KnowledgeValue(
            reason="the company folder has no table ideas",
            realised=unknown("ckv_realised", currency),
            expected=unknown("ckv_expected", currency),
        )
    from scipy.special import stdtrit

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
    shared = {"realised": share * net.where(done, 0.0).fillna(0.0), "expected": share * expected.where(~done, 0.0)}
    by_person = pd.DataFrame(shared).groupby(ideas["contributor_id"].to_numpy()).sum().rename_axis("person_id")
    why = "" if n else "no idea with a known value has been implemented"
    few = why or ("" if n > 2 else f"only {numbers.plural(n, 'idea')} with a known value shows what one brings")
    total = float(by_person["realised"].sum()) if n else None if implemented else 0.0
    ideas_to_come = float((share * status.map(chance).fillna(0.0) * ~done).sum())
    low = high = next_low = next_high = None
    if n > 2:  # the 95 % range of the sum of as many such ideas, by Student's t
        half = float(stdtrit(n - 1, 0.975) * realised.std(ddof=1) / np.sqrt(n))
        low, high, next_low, next_high = (
            many * (mean + side * half) for many in (n, ideas_to_come) for side in (-1, 1)
        )
    rows = [
        ("implemented", implemented, 1.0, total),
        *((state, many, chance[state], many * chance[state] * mean if n else None) for state, many in count.items()),
        ("rejected", refused, 0.0, 0.0),
    ]
    measure = partial(Measure, unit=currency, kind="attributed", no_range="two ideas or fewer have a known value")
    to_come = None if few else ideas_to_come * mean
    return KnowledgeValue(
        population="people who contributed ideas",
        window="all ideas so far; those that wait as if decided in the coming twelve months",
        realised=measure(
            name="ckv_realised", value=total, n=n, low=low, high=high, reason=why if total is None else ""
        ),
        expected=measure(name="ckv_expected", value=to_come, n=len(per_idea), low=next_low, high=next_high, reason=few),
        by_person=by_person,
        states=pd.DataFrame(rows, columns=["State of the idea", "Ideas", "Chance to be implemented", "Net value"]),
    )
