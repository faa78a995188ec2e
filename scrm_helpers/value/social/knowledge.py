"""Knowledge value: what ideas have brought and may bring, and whether what customers write becomes ideas on file."""

from dataclasses import field, replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.intervals import clustered_share
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.social.influence import STAFF, replies

WAITING = ("submitted", "accepted")
REFUSED = ("rejected", "declined", "closed")
DAYS = 90  # between an idea in a conversation and the same person's idea on file
PLACES = ["in messages", "on file", "on file after speaking", "on file before speaking"]
AFTER = {-1: "fewer than chance gives", 0: "no link can be shown", 1: "more than chance gives"}


class KnowledgeValue(Answer):
    """Knowledge value by person, realised and expected."""

    ABSENT = "There is no knowledge value: {reason}."

    realised: Measure = unknown("ckv_realised", "EUR")
    expected: Measure = unknown("ckv_expected", "EUR")
    by_person: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"realised": [], "expected": []}, dtype=float))
    states: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        currency, n = self.realised.unit, self.realised.n or 0
        text = f"what they are worth cannot be said, because {self.expected.reason}"
        if n:
            money = partial(numbers.money, currency=currency)
            text = f"{numbers.plural(n, 'idea')} with a known value "
            text += bring(self.realised.value or 0.0, currency, "brought", net=" net")
            if self.realised.low is not None:
                text += f" (95% range for as many such ideas {numbers.span(self.realised, money)})"
            wait = f"what those that wait may bring cannot be said: {self.expected.reason}"
            if self.expected.value is not None:
                wait = f"those that wait may {bring(self.expected.value, currency)} by the rates so far"
                wait += f" ({numbers.span(self.expected, money)})"
            text += f"; {wait}"
        return Words(
            sentence=f"{numbers.plural(len(self.by_person), 'person', 'people')} contributed ideas: {text}.",
            table=self.states,
            formats={"Ideas": "count", "Chance to be implemented": "percent", "Net value": "money"},
            caption="What ideas have brought and may still bring",
            note=f"n = {numbers.plural(self.expected.n or 0, 'idea')}; chances from those decided so far; ideas are no "
            "random sample",
        )


def credit_shares(ideas: pd.DataFrame) -> pd.Series:
    """Return each contributor's share of an idea."""
    idea = ideas.groupby("idea_id")["idea_id"]
    share = ideas.get("share", pd.Series(np.nan, ideas.index)).astype(float).fillna(1 / idea.transform("size"))
    return share / share.groupby(ideas["idea_id"]).transform("sum").clip(lower=1)


def knowledge_value(ideas: pd.DataFrame | None, as_of: pd.Timestamp, currency: str = "EUR") -> KnowledgeValue:
    """Value the ideas that customers contributed."""
    if ideas is None:
        came, waits = (unknown(f"ckv_{part}", currency) for part in ("realised", "expected"))
        return KnowledgeValue(reason="the company folder has no table ideas", realised=came, expected=waits)
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
        low, high, next_low, next_high = (of * (mean + side * half) for of in (n, ideas_to_come) for side in (-1, 1))
    rows = [(state, many, chance[state], many * chance[state] * mean if n else None) for state, many in count.items()]
    rows = [("implemented", implemented, 1.0, total), *rows, ("rejected", refused, 0.0, 0.0)]
    measure = partial(Measure, unit=currency, kind="attributed", no_range="two ideas or fewer have a known value")
    to_come, unsaid = None if few else ideas_to_come * mean, why if total is None else ""
    return KnowledgeValue(
        population="people who contributed ideas",
        window="all ideas so far; those that wait as if decided in the coming twelve months",
        realised=measure(name="ckv_realised", value=total, n=n, low=low, high=high, reason=unsaid),
        expected=measure(name="ckv_expected", value=to_come, n=len(per_idea), low=next_low, high=next_high, reason=few),
        by_person=by_person,
        states=pd.DataFrame(rows, columns=["State of the idea", "Ideas", "Chance to be implemented", "Net value"]),
    )


class SpokenIdeas(Answer):
    """Ideas in conversations, and ideas on file whose contributor had spoken of one."""

    ABSENT = "Whether conversations bring ideas cannot be said: {reason}."

    answered: Measure = unknown("spoken_ideas_answered", "share")
    followed: Measure = unknown("ideas_after_less_before_speaking", "share")
    counts: tuple[int, int, int] = (0, 0, 0)  # ideas on file judged; spoken of in the days before; in the days after

    SAME = Chance(0.0, "as many contributors speak of an idea after filing one as before")
    TESTED = f"contributors who spoke of an idea in the {DAYS} days before filing one, less those in the days after"
    CLAIMS = (Claim(tested=TESTED, estimate=followed, chance=SAME),)

    def words(self) -> Words:
        (filed, before, after), n = self.counts, self.answered.n or 0
        answered = f"{numbers.percent(self.answered.value)} (95% range {numbers.span(self.answered, numbers.percent)})"
        told = f"whether they lead to ideas on file cannot be said: {self.followed.reason}"
        if self.followed.value is not None:
            told = f"of {numbers.plural(filed, 'idea')} on file, {before} came in the {DAYS} days after the contributor"
            told += f" had spoken of one and {after} in the {DAYS} days before: "
            told += AFTER[self.tested(self.followed.name).direction]
        return Words(
            sentence=f"Customers wrote {numbers.plural(n, 'message')} with an idea; the company or a partner answered "
            f"{answered}; {told}.",
            table=pd.DataFrame({"Ideas": PLACES, "Number": [n, filed, before, after]}),
            formats={"Number": "count"},
            caption="Ideas in conversations and on file",
            note="Messages whose intent is an idea; the days after filing are the comparison, as who files ideas also "
            "writes more; authors and contributors as clusters",
        )


def spoken_ideas(interactions: pd.DataFrame | None, ideas: pd.DataFrame | None, terms: Terms) -> SpokenIdeas:
    """Count ideas in what customers write, how many are answered, and how many ideas on file follow them."""
    if interactions is None or not {"author_id", "intent", "in_reply_to"} <= set(interactions.columns):
        return SpokenIdeas(reason="no table interactions says who wrote with which intent in reply to what")
    ours = interactions.get("author_role", pd.Series("customer", interactions.index)).isin(STAFF)
    spoken = (interactions["intent"].astype("str").str.contains("idea", case=False) & ~ours).to_numpy(bool)
    if not spoken.any():
        return SpokenIdeas(reason="no message of a customer has the intent of an idea")
    pairs = replies(interactions)
    heard = np.isin(np.flatnonzero(spoken), pairs.loc[pairs["paid"], "question"])
    author, when = interactions["author_id"][spoken], interactions["occurred_on"][spoken]
    share = clustered_share(heard, author.astype("str"), level=terms.level)
    found = SpokenIdeas(
        population="messages of customers and people outside with an idea",
        window=f"up to {terms.as_of.date()}",
        answered=share.measure("spoken_ideas_answered", "share"),
        followed=unknown(SpokenIdeas.followed.name, "share", "the company folder has no table ideas"),
    )
    if ideas is None:
        return found
    span = pd.Timedelta(days=DAYS)
    filed = ideas[(ideas["submitted_on"] + span <= terms.as_of) & (ideas["submitted_on"] - span >= when.min())]
    filed = filed[["contributor_id", "submitted_on"]].reset_index(drop=True)
    both = filed.reset_index().merge(pd.DataFrame({"contributor_id": author, "when": when}), on="contributor_id")
    late, day = both["when"].dt.normalize() - both["submitted_on"], pd.Timedelta(days=1)
    sides = late.between(-span, -day), late.between(day, span)
    before, after = (filed.index.isin(both.loc[side, "index"]) for side in sides)
    gap = mean_bootstrap_t(before * 1.0 - after, terms.level, seed=terms.seed, clusters=filed["contributor_id"])
    measure = gap.measure(SpokenIdeas.followed.name, "share", n=len(filed))
    return replace(found, followed=measure, counts=(len(filed), int(before.sum()), int(after.sum())))
