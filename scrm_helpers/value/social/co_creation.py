"""Co-creation: ideas in what customers write, whether they are answered, and whether they become ideas on file."""

from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.intervals import clustered_share
from scrm_helpers.value.social.influence import STAFF, replies

DAYS = 90  # between an idea in a conversation and the same person's idea on file
PLACES = ["in messages", "on file", "on file after speaking", "on file before speaking"]
AFTER = {-1: "fewer than chance gives", 0: "no link can be shown", 1: "more than chance gives"}


class SpokenIdeas(Answer):
    """Ideas in conversations, and ideas on file whose contributor had spoken of one."""

    ABSENT = "Whether conversations bring ideas cannot be said: {reason}."

    answered: Measure = unknown("spoken_ideas_answered", "share")
    followed: Measure = unknown("ideas_after_less_before_speaking", "share")
    counts: tuple[int, int, int] = (0, 0, 0)  # ideas on file judged; spoken of in the days before; in the days after

    def claimed(self) -> tuple[Claim, ...]:
        same = Chance(0.0, "as many contributors speak of an idea after filing one as before")
        tested = f"contributors who spoke of an idea in the {DAYS} days before filing one, less those in the days after"
        return (Claim(tested=tested, estimate=self.followed, chance=same),)

    def words(self) -> Words:
        (filed, before, after), n = self.counts, self.answered.n or 0
        answered = f"{numbers.percent(self.answered.value)} (95% range {numbers.span(self.answered, numbers.percent)})"
        told = f"whether they lead to ideas on file cannot be said: {self.followed.reason}"
        if self.followed.value is not None:
            told = (
                f"of {numbers.plural(filed, 'idea')} on file, {before} came in the {DAYS} days after the contributor "
            )
            told += f"had spoken of one and {after} in the {DAYS} days before: "
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
    late = both["when"].dt.normalize() - both["submitted_on"]
    before, after = (
        filed.index.isin(both.loc[side, "index"])
        for side in (late.between(-span, -pd.Timedelta(days=1)), late.between(pd.Timedelta(days=1), span))
    )
    gap = mean_bootstrap_t(before * 1.0 - after, terms.level, seed=terms.seed, clusters=filed["contributor_id"])
    measure = gap.measure(SpokenIdeas.followed.name, "share", n=len(filed))
    return replace(found, followed=measure, counts=(len(filed), int(before.sum()), int(after.sum())))
