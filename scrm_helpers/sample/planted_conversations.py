"""What is planted in the conversations: how authors, the firm and its monitors behave, and the world without effects.

No degree stands here: it comes out of who joins, who answers, how much each says and who asks again.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from scrm_helpers.sample.world import DAYS

CHANNELS = ("community", "social", "blog", "e-mail", "phone", "shop", "newsletter")
PUBLIC = np.array([True, True, True, False, False, False, False])
MONITORED = np.array([False, True, True, False, False, False, False])
"""Public places of others, where the company knows only what a monitor finds."""
OPENERS = ("praise", "complaint", "question", "idea", "chat")
INTENTS = (*OPENERS, "answer", "news")
FUNCTIONS = ("service", "sales", "marketing", "product")
STRATA = ("request", "venting")


@dataclass(frozen=True)
class Planted:
    """Every chance and effect; lists follow OPENERS, CHANNELS, FUNCTIONS, STRATA; pairs are the first and last day."""

    # what the opener wants decides how social a thread gets; where it is said only sets the pace
    intents: tuple[float, ...] = (0.18, 0.24, 0.34, 0.10, 0.14)
    sociality: tuple[float, ...] = (-2.2, -2.0, -0.6, 0.8, 0.0)  # log odds that others join
    author_spread: float = 0.6  # standard deviation between authors, in log odds
    many: float = 0.4  # share of the joined threads that many join
    joiners: tuple[int, int, int, int] = (1, 2, 4, 6)  # fewest and most where few and where many join
    to_each_other: float = 0.6  # share of the later joiners who speak to the one before, not to the opener
    talks_back: tuple[float, float, float] = (0.15, 0.5, 0.95)  # answers that are answered: none, few, many joined
    asks: tuple[float, ...] = (0.0, 0.45, 1.0, 0.35, 0.05)
    asks_again: float = 0.35  # of those who ask and wait for the firm
    mentions: tuple[float, ...] = (0.35, 0.4, 0.05, 0.05, 0.05)
    tone: tuple[float, ...] = (0.7, -0.6, -0.1, 0.4, 0.15, 0.3, 0.2)  # mean sentiment, all intents
    channels: tuple[float, ...] = (0.26, 0.22, 0.12, 0.18, 0.1, 0.12, 0.0)
    private_if_asking: float = 1.8  # odds of a private channel for complaints and questions, against the others
    # the firm
    answers_happy: tuple[float, float] = (0.45, 0.8)  # chance that it ever answers, by the tone of the opener
    answers_unhappy: tuple[float, float] = (0.35, 0.7)  # sentiment below 0
    days_to_answer: tuple[float, ...] = (1.0, 0.5, 2.0, 1.5, 0.1, 0.2, 1.0)  # mean of the exponential time
    slower_if_unhappy: float = 1.6
    advertises: tuple[float, float] = (0.6, 0.05)  # share of its answers
    deletes_on_blog: tuple[float, float] = (0.3, 0.03)  # share of what customers write
    deletes: float = 0.01
    gates: tuple[float, float] = (0.6, 0.1)  # share of the newsletters
    broadcasts: tuple[float, ...] = (1.0, 4.0, 3.0, 0.0, 0.0, 0.0, 5.0)  # a quarter, for 2,000 customers
    invites: tuple[float, float] = (0.05, 0.5)  # share of the broadcasts in public that few customers join
    second_team: float = 0.2  # share of its answers after which another team answers too
    # lots, and coming back
    in_lot: float = 0.6  # share of the requests and ventings of the days of the lot
    vents: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0, 0.0)  # of those who ask nothing
    lot_days: tuple[int, int] = (365, 60)  # before the last day
    lot_answers: tuple[float, float] = (0.5, 0.3)  # by stratum
    escalates_waiting: tuple[float, float] = (0.4, 0.1)  # by stratum
    escalates_answered: tuple[float, float] = (0.15, 0.25)
    escalation_days: int = 30
    comes_back: tuple[float, float] = (0.5, 0.2)  # to ask again within seven days: unanswered, answered
    would_have_contacted: float = 0.4
    # who is heard, and what is found
    reach_ratio: float = 3.0  # expected reach of an author with a mean sentiment below 0, against the others
    outside: float = 0.06  # share of the openers who are no customers
    outside_reach: float = 3.0
    found: tuple[float, float] = (0.7, 0.5)  # chances of the monitors a and b to find a thread
    functions: tuple[float, ...] = (0.55, 0.2, 0.1, 0.15)
    cut_off: float = 0.04  # threads of more than one message whose first is missing
    bots: int = 3
    of_bots: float = 0.08  # messages of bots for each thread of people
    term: str = "charger"
    term_days: int = 120  # before the last day, when its share changes
    term_share: tuple[float, float] = (0.05, 0.3)  # of the threads of people, before and after
    rush: float = 0.15  # further questions and complaints of the last days, for each thread of people
    rush_days: int = 21

    @property
    def without_effects(self) -> "Planted":
        """Nothing depends on intent, channel, tone, time, lot or mood: every list of chances is its mean."""
        flat: dict[str, Any] = {}
        for name in _EFFECTS:
            flat[name] = (float(np.mean(getattr(self, name))),) * len(getattr(self, name))
        flat |= {"answers_unhappy": flat["answers_happy"], "escalates_answered": flat["escalates_waiting"]}
        flat["lot_days"] = (DAYS, self.lot_days[1])  # lots over all the time: else answers rise when they begin
        return replace(self, **flat, private_if_asking=1.0, slower_if_unhappy=1.0, reach_ratio=1.0, rush=0.0)

    @property
    def truth(self) -> dict[str, object]:
        """Everything planted, and the names that the lists follow."""
        names = {"openers": OPENERS, "all_intents": INTENTS, "all_channels": CHANNELS, "all_functions": FUNCTIONS}
        told = {**names, "strata": STRATA, "effect_of_lot_on_orders": 0.0, **asdict(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


_EFFECTS = (
    "sociality", "asks", "mentions", "answers_happy", "days_to_answer", "advertises", "deletes_on_blog", "gates",
    "invites", "vents", "lot_answers", "escalates_waiting", "comes_back", "term_share",
)  # fmt: skip
