"""Whether few helpers carry the help: how customers' answers to each other are spread over those who give them."""

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.value.matrix.concentration import FEWEST, gini, ranges_of_shares
from scrm_helpers.value.matrix.equal_time import top_share
from scrm_helpers.value.social.deflection import in_public
from scrm_helpers.value.social.influence import replies

DRAWS = 400
TENTH = 0.1


class HelpOfFew(Answer):
    """The share of the busiest tenth of the helpers, and the Gini coefficient."""

    ABSENT = "Whether few helpers carry the help cannot be said: {reason}."

    top: Measure = unknown("help_by_top_tenth", "share")
    gini: Measure = unknown("help_gini", "ratio")
    even: tuple[float, float] = (0.0, 0.0)  # what the busiest tenth gives where all helpers are alike

    def words(self) -> Words:
        rows = [("Share of the busiest tenth", self.top), ("Gini", self.gini)]
        share, even = numbers.percent(self.top.value), numbers.interval(*self.even, numbers.percent)
        return Words(
            sentence=f"The busiest tenth of {numbers.plural(self.top.n or 0, 'helper')} gave {share} of the help (95% "
            f"range {numbers.span(self.top, numbers.percent)}); where all are alike, chance gives {even}.",
            table=pd.DataFrame(
                [(name, one.value, one.low, one.high) for name, one in rows],
                columns=["Spread", "Value", "Range low", "Range high"],
            ),
            formats=dict.fromkeys(["Value", "Range low", "Range high"], "decimal"),
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
    given = given.assign(
        thread=interactions.get("thread_id", pd.Series(interactions.index)).to_numpy()[given["question"]]
    )
    made = np.sort(given.drop_duplicates(["author", "thread"])["author"].value_counts().to_numpy(float))[::-1]
    n = len(made)
    if n < FEWEST or made.max() == 1:
        return HelpOfFew(reason="fewer than five helpers answered in public, or nobody more than once")
    from scipy.optimize import brentq
    from scipy.stats import poisson

    rate = brentq(lambda rate: rate / -np.expm1(-rate) - made.mean(), 1e-9, made.mean())  # of counts from one on
    drawn = np.random.default_rng(terms.seed).uniform(np.exp(-rate), 1, (DRAWS, n))
    even = [top_share(counts, TENTH) for counts in poisson.ppf(drawn, rate)]
    low, high = np.quantile(even, [(1 - terms.level) / 2, (1 + terms.level) / 2]).tolist()
    _, tenth, _, unequal = ranges_of_shares(made, DRAWS, terms.seed)
    top = top_share(made, TENTH)
    return HelpOfFew(
        population="customers and people outside who answered others in public",
        window=f"up to {terms.as_of.date()}",
        top=Measure(name="help_by_top_tenth", value=top, unit="share", n=n, low=tenth[0], high=tenth[1]),
        gini=Measure(name="help_gini", value=gini(made), unit="ratio", n=n, low=unequal[0], high=unequal[1]),
        even=(low, high),
    )
