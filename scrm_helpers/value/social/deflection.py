"""Support deflection: contacts that customers spared by answering each other, and whether few carry the help."""

from collections.abc import Mapping
from dataclasses import field, replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, counted, numbers, unknown
from scrm_helpers.stats.intervals import clustered_share
from scrm_helpers.value.matrix.concentration import FEWEST, gini, ranges_of_shares, top_share
from scrm_helpers.value.social.coming_year import MONTHS, ComingYear, Deeds, Seen, age_at, foretell
from scrm_helpers.value.social.influence import replies

PRIVATE = r"mail|phone|shop|store|branch|letter|chat"  # channels in which a question is a contact already
SELF_SERVICE = 0.10  # what it costs that somebody helps himself, in currency
DRAWS, TENTH = 400, 0.1  # behind the ranges of the busiest tenth
SOLVED_DAYS = 7  # without a new contact, after which a question counts as solved
ASKED = "every answer so far, each at what its asker says"


class Deflection(Answer):
    """Contacts spared and their value by helper."""

    ABSENT = "No support value can be given: {reason}."

    total: Measure = unknown("sdv_total", "EUR")
    solved: Measure = unknown("questions_solved", "share")  # of those in public that others answered
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
        stayed = f"{numbers.percent(self.solved.value)} (95% range {numbers.span(self.solved, numbers.percent)})"
        return Words(
            sentence=f"{numbers.plural(len(self.by_person), 'helper')} spared about "
            f"{numbers.plural(round(left[-1]), 'contact')}, {worth} at {each} for each avoidable contact. Of "
            f"{numbers.plural(self.solved.n or 0, 'public question')} that others answered, {stayed} were solved: the "
            f"asker said so, and neither asked anew nor wrote in private within {numbers.plural(SOLVED_DAYS, 'day')}.",
            table=pd.DataFrame({"Step": list(self.chain), "Share of the step before": shares, "Left": left}),
            formats={"Share of the step before": "percent", "Left": "count"},
            caption="From questions to contacts spared: each step keeps a share of the one before",
            note=f"Self-service costs {own}; silent readers are not counted; a question by e-mail, phone or in a shop "
            "is a contact already: only public ones count, and all where no channel is known; askers are seen again "
            "only where they write under the same name; range by asker",
        )


def in_public(interactions: pd.DataFrame) -> np.ndarray:
    """Tell which messages others could see: as said of each, else by the channel."""
    channel = interactions.get("channel", pd.Series("", interactions.index)).astype("str").str.lower()
    told = interactions.get("is_public", pd.Series(pd.NA, interactions.index)).astype("boolean")
    return told.fillna(~channel.str.contains(PRIVATE)).to_numpy(bool)


def came_back(interactions: pd.DataFrame, answered: pd.Series) -> np.ndarray:
    """Tell of questions whether the asker asked anew, or wrote in private, within some days of the answer."""
    contact = ~in_public(interactions) | interactions["resolved"].notna().to_numpy()
    second = interactions["occurred_on"].to_numpy().astype("datetime64[s]").astype(np.int64)
    since = answered.to_numpy().astype("datetime64[s]").astype(np.int64)
    person, ahead = pd.factorize(interactions["author_id"])[0], SOLVED_DAYS * 86_400
    span, first = int(second.max() - second.min()) + ahead + 1, second.min()
    times = np.sort((person * span + second - first)[contact & (person >= 0)])
    place = answered.index.to_numpy()
    start = person[place] * span + since - first
    seen = np.searchsorted(times, start + ahead, side="right") - np.searchsorted(times, start)
    return seen > (second[place] == since)  # the question itself is no new contact


def support_deflection(interactions: pd.DataFrame | None, cost_per_contact: float | None, terms: Terms) -> Deflection:
    """Credit helpers with the contacts that their answers spared: of questions that were solved and stayed so."""
    absent = partial(Deflection, total=unknown("sdv_total", terms.currency))
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
    judged = answered[answered + pd.Timedelta(days=SOLVED_DAYS) <= terms.as_of]
    said = interactions["resolved"].astype("boolean").fillna(False).to_numpy(bool)[judged.index]
    stayed = said & ~came_back(interactions, judged) if len(judged) else said
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
        f"answered at least {numbers.plural(SOLVED_DAYS, 'day')} ago": float(len(judged)),
        f"settled, and nothing new from the asker for {numbers.plural(SOLVED_DAYS, 'day')}": float(stayed.sum()),
        "whose asker would have contacted the company": float(would[settled].sum()),
        "spared by unpaid helpers": contacts,
    }
    share = clustered_share(stayed, interactions["author_id"].to_numpy()[judged.index], level=terms.level)
    return Deflection(
        population="unpaid helpers",
        window="all answers so far",
        total=counted("sdv_total", value, len(by_person), terms.currency, ASKED, kind="attributed"),
        solved=replace(share.measure("questions_solved", "share"), population="public questions that others answered"),
        by_person=by_person,
        chain=chain,
        cost=cost_per_contact,
        answers=helpers,
    )


def help_to_come(answers: pd.DataFrame, people: pd.DataFrame, since: pd.Timestamp, terms: Terms) -> ComingYear:
    """Foretell what helpers will spare in the coming twelve months, as referrals are foretold."""
    person, age = age_at(people, answers["person_id"], answers["occurred_on"])
    value = answers["value"].to_numpy(float)
    worth = value[:, None] * (1 + terms.discount_rate) ** (-np.arange(1, MONTHS + 1) / 12)
    return foretell(Seen.between(people, since, terms.as_of), Deeds(person, age, worth, value), terms.seed)


class HelpOfFew(Answer):
    """The share of the busiest tenth of the helpers, and the Gini coefficient."""

    ABSENT = "Whether few helpers carry the help cannot be said: {reason}."

    top: Measure = unknown("help_by_top_tenth", "share")
    gini: Measure = unknown("help_gini", "ratio")
    even: tuple[float, float] = (0.0, 0.0)  # what the busiest tenth gives where all helpers are alike

    def words(self) -> Words:
        heads = ["Spread", "Value", "Range low", "Range high"]
        named = {"Share of the busiest tenth": self.top, "Gini": self.gini}
        people = numbers.plural(self.top.n or 0, "person", "people")
        share, even = numbers.percent(self.top.value), numbers.interval(*self.even, numbers.percent)
        return Words(
            sentence=f"The busiest tenth of {people} who answered others in public gave {share} of the help (95% "
            f"range {numbers.span(self.top, numbers.percent)}); where all are alike, chance gives {even}.",
            table=pd.DataFrame([(name, one.value, one.low, one.high) for name, one in named.items()], columns=heads),
            formats=dict.fromkeys(heads[1:], "decimal"),
            caption="How help is spread over helpers",
            note="Threads in public in which somebody unpaid answered somebody unpaid, each once a helper; who is here "
            "for longer had more time; ranges by resampling helpers; by chance: a Poisson number of threads, above 0",
        )


def help_of_few(interactions: pd.DataFrame | None, terms: Terms) -> HelpOfFew:
    """Measure how unequally the answers of customers to each other are spread over those who give them."""
    if interactions is None or not {"author_id", "in_reply_to"} <= set(interactions.columns):
        return HelpOfFew(reason="no table interactions says who answered whom (author_id, in_reply_to)")
    pairs = replies(interactions)
    given = pairs[in_public(interactions)[pairs["question"]] & ~pairs["paid"] & ~pairs["asker_paid"]]
    given["thread"] = interactions.get("thread_id", pd.Series(interactions.index)).to_numpy()[given["question"]]
    made = np.sort(given.drop_duplicates(["author", "thread"])["author"].value_counts().to_numpy(float))[::-1]
    n = len(made)
    if n < FEWEST or made.max() == 1:
        return HelpOfFew(reason="fewer than five helpers answered in public, or nobody more than once")
    from scipy.optimize import brentq
    from scipy.stats import poisson

    rate = brentq(lambda rate: rate / -np.expm1(-rate) - made.mean(), 1e-9, made.mean())  # of counts from one on
    drawn = np.random.default_rng(terms.seed).uniform(np.exp(-rate), 1, (DRAWS, n))
    even = [top_share(counts, TENTH) for counts in poisson.ppf(drawn, rate)]
    low, high = np.quantile(even, terms.tails).tolist()
    _, tenth, _, unequal = ranges_of_shares(made, DRAWS, terms.seed)
    top = top_share(made, TENTH)
    return HelpOfFew(
        population="customers and people outside who answered others in public",
        window=f"up to {terms.as_of.date()}",
        top=Measure(name="help_by_top_tenth", value=top, unit="share", n=n, low=tenth[0], high=tenth[1]),
        gini=Measure(name="help_gini", value=gini(made), unit="ratio", n=n, low=unequal[0], high=unequal[1]),
        even=(low, high),
    )
