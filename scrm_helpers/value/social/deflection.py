"""Support deflection: contacts that customers spared the company by answering each other."""

from collections.abc import Mapping
from dataclasses import field, replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.intervals import clustered_share
from scrm_helpers.value.social.coming_year import MONTHS, ComingYear, Deeds, Seen, age_at, foretell
from scrm_helpers.value.social.influence import replies

PRIVATE = r"mail|phone|shop|store|branch|letter|chat"  # channels in which a question is a contact already
SELF_SERVICE = 0.10  # what it costs that somebody helps himself, in currency
SOLVED_DAYS = 7  # without a new contact, after which a question counts as solved


class Deflection(Answer):
    """Contacts spared and their value by helper."""

    ABSENT = "No support value can be given: {reason}."

    total: Measure = unknown("sdv_total", "EUR")
    solved: Measure = unknown("questions_solved", "share")  # of those in public that others answered
    by_person: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["contacts", "value"], dtype=float))
    chain: Mapping[str, float] = field(default_factory=dict)  # from questions asked to contacts spared
    answers: pd.DataFrame = field(default_factory=pd.DataFrame)  # ``person_id, occurred_on, value`` of each that spared
    cost: float = 0.0  # of a contact
    days: int = SOLVED_DAYS

    def words(self) -> Words:
        value, currency, left = self.total.value or 0.0, self.total.unit, list(self.chain.values())
        worth = f"worth {numbers.money(value, currency)}"
        if value < 0:
            worth = f"which cost {numbers.money(-value, currency)} more than they would have"
        each, own = (numbers.money(cost, currency) for cost in (self.cost, SELF_SERVICE))
        shares = [np.nan, *(after / before if before else np.nan for before, after in pairwise(left))]
        stayed = f"{numbers.percent(self.solved.value)} (95% range {numbers.span(self.solved, numbers.percent)})"
        return Words(
            sentence=(
                f"{numbers.plural(len(self.by_person), 'helper')} spared about "
                f"{numbers.plural(round(left[-1]), 'contact')}, {worth} at {each} for each avoidable contact. Of "
                f"{numbers.plural(self.solved.n or 0, 'public question')} that others answered, {stayed} were solved: "
                "the asker said so, and neither asked anew nor wrote in private within "
                f"{numbers.plural(self.days, 'day')}."
            ),
            table=pd.DataFrame({"Step": list(self.chain), "Share of the step before": shares, "Left": left}),
            formats={"Share of the step before": "percent", "Left": "count"},
            caption="From questions to contacts spared: each step keeps a share of the one before",
            note=(
                f"Self-service costs {own}; silent readers are not counted; a question by e-mail, phone or in a shop "
                "is a contact already: only public ones count, and all where no channel is known; askers are seen "
                "again only where they write under the same name; range by asker"
            ),
        )


def in_public(interactions: pd.DataFrame) -> np.ndarray:
    """Tell which messages others could see: as said of each, else by the channel."""
    channel = interactions.get("channel", pd.Series("", interactions.index)).astype("str").str.lower()
    told = interactions.get("is_public", pd.Series(pd.NA, interactions.index)).astype("boolean")
    return told.fillna(~channel.str.contains(PRIVATE)).to_numpy(bool)


def came_back(interactions: pd.DataFrame, answered: pd.Series, days: int) -> np.ndarray:
    """Tell of questions whether the asker asked anew, or wrote in private, within so many days of the answer."""
    contact = ~in_public(interactions) | interactions["resolved"].notna().to_numpy()
    second = interactions["occurred_on"].to_numpy().astype("datetime64[s]").astype(np.int64)
    since = answered.to_numpy().astype("datetime64[s]").astype(np.int64)
    person, ahead = pd.factorize(interactions["author_id"])[0], days * 86_400
    span, first = int(second.max() - second.min()) + ahead + 1, second.min()
    times = np.sort((person * span + second - first)[contact & (person >= 0)])
    place = answered.index.to_numpy()
    start = person[place] * span + since - first
    seen = np.searchsorted(times, start + ahead, side="right") - np.searchsorted(times, start)
    return seen > (second[place] == since)  # the question itself is no new contact


def support_deflection(
    interactions: pd.DataFrame | None, cost_per_contact: float | None, terms: Terms, days: int = SOLVED_DAYS
) -> Deflection:
    """Credit helpers with the contacts that their answers spared: of questions that were solved and stayed so."""
    absent = partial(Deflection, total=unknown("sdv_total", terms.currency), days=days)
    if interactions is None:
        return absent(reason="the company folder has no table interactions")
    if cost_per_contact is None:
        return absent(reason="the settings give no cost_per_contact, and a contact spared is worth what it costs")
    if untold := sorted({"author_id", "in_reply_to", "resolved"} - set(interactions.columns)):
        return absent(reason=f"the table interactions has no column {', '.join(untold)}")
    public, asked = in_public(interactions), interactions["resolved"].notna().to_numpy()
    told = interactions.get("would_have_contacted", pd.Series(pd.NA, interactions.index))
    would = told.astype("Float64").to_numpy(float, na_value=np.nan)
    answers = replies(interactions).rename(columns={"author": "person_id"})
    moment = interactions["occurred_on"].to_numpy()
    answers["occurred_on"] = np.maximum(moment[answers["reply"]], moment[answers["question"]])
    answers = answers[(asked & public)[answers["question"]] & answers["asker"].notna()]
    answered = answers.groupby("question")["occurred_on"].min()
    judged = answered[answered + pd.Timedelta(days=days) <= terms.as_of]
    said = interactions["resolved"].astype("boolean").fillna(False).to_numpy(bool)[judged.index]
    stayed = said & ~came_back(interactions, judged, days) if len(judged) else said
    known = would[judged.index[stayed]]
    if not np.isfinite(known).any():
        return absent(reason="no settled question in public says whether its asker would have contacted the company")
    would = np.where(np.isfinite(would), would, np.nanmean(known))
    settled = judged.index[stayed]
    answers = answers[answers["question"].isin(settled)].drop_duplicates(["question", "person_id"])
    answers["contacts"] = would[answers["question"]]
    answers["contacts"] /= answers.groupby("question")["question"].transform("size")
    answers["value"] = answers["contacts"] * (cost_per_contact - SELF_SERVICE)
    helpers = answers[~answers["paid"] & answers["person_id"].notna()]
    by_person = helpers.groupby("person_id")[["contacts", "value"]].sum()
    contacts, value = float(by_person["contacts"].sum()), float(by_person["value"].sum())
    chain = {
        "Questions asked": float(asked.sum()),
        "asked where others can see it": float((asked & public).sum()),
        "answered by somebody": float(len(answered)),
        f"answered at least {numbers.plural(days, 'day')} ago": float(len(judged)),
        f"settled, and nothing new from the asker for {numbers.plural(days, 'day')}": float(stayed.sum()),
        "whose asker would have contacted the company": float(would[settled].sum()),
        "spared by unpaid helpers": contacts,
    }
    share = clustered_share(stayed, interactions["author_id"].to_numpy()[judged.index], level=terms.level)
    return Deflection(
        population="unpaid helpers",
        window="all answers so far",
        total=Measure(
            name="sdv_total",
            value=value,
            unit=terms.currency,
            n=len(by_person),
            kind="attributed",
            no_range="every answer so far, each at what its asker says",
        ),
        solved=replace(share.measure("questions_solved", "share"), population="public questions that others answered"),
        by_person=by_person,
        chain=chain,
        cost=cost_per_contact,
        answers=helpers,
        days=days,
    )


def help_to_come(answers: pd.DataFrame, people: pd.DataFrame, since: pd.Timestamp, terms: Terms) -> ComingYear:
    """Foretell what helpers will spare in the coming twelve months, as referrals are foretold."""
    person, age = age_at(people, answers["person_id"], answers["occurred_on"])
    value = answers["value"].to_numpy(float)
    worth = value[:, None] * (1 + terms.discount_rate) ** (-np.arange(1, MONTHS + 1) / 12)
    return foretell(Seen.between(people, since, terms.as_of), Deeds(person, age, worth, value), terms.seed)
