"""The truth that is planted in the sample company: every probability and effect, in one place."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

DAYS = 1095  # length of the company's history in days; the last day is `as_of`

# People
SEGMENTS = ("Consumer", "Business", "Partner", "Education", "Pilot group")
SEGMENT_SHARES = np.array([0.62, 0.22, 0.10, 0.057, 0.003])
SEGMENT_TILT = np.array([0.05, -0.15, 0.10, 0.0, 0.0])  # pull of satisfaction, log odds per standard deviation
REGIONS = ("North", "South", "West", "East")
REGION_SHARES = np.array([0.30, 0.27, 0.23, 0.20])
ZERO_INFLUENCE_REGION = "East"
SAME_REGION = np.array([0.80, 0.80, 0.80, 0.95])  # chance that the referred live there too, by the referrer's
ALIKE = np.array([0.20, 0.20, 0.20, 0.70])  # homophily: correlation of both purchase rates (normal scores), by region
ORGANIC_CHANNELS = ("search", "shop", "fair", "social")
ORGANIC_SHARES = np.array([0.40, 0.30, 0.12, 0.18])
ACQUISITION_COST = {"search": 32.0, "shop": 18.0, "fair": 55.0, "social": 41.0, "referral": 12.0}
CONSENT_SHARE = 0.82

# Purchases: BG/NBD in weeks, Gamma-Gamma in euros
BG_NBD = {"r": 0.80, "alpha": 12.0, "a": 0.80, "b": 2.50}
GAMMA_GAMMA = {"p": 6.0, "q": 4.0, "gamma": 30.0}
MARGIN_RATE = 0.35
REFUND_SHARE = 0.02
TRIGGER = 0.20  # chance that a referrer's order triggers one of somebody referred, outside the zero-influence region
TRIGGER_DAYS = 14

# Answers and referrals
WAVES = (265, 655, 1050)  # day on which invitations begin; the windows of the first two end before the next one begins
WINDOW = 365
INVITED_SHARE = 0.80
INTENDS_FROM = 8
# scores 0-10 of those who answered (68 % give 8 or more), and the chance to answer by the score one would give
ANSWERED = np.array([0.02, 0.01, 0.02, 0.02, 0.03, 0.06, 0.06, 0.10, 0.21, 0.20, 0.27])
RESPONSE = np.array([0.28, 0.28, 0.29, 0.30, 0.32, 0.35, 0.38, 0.42, 0.48, 0.54, 0.60])
FUNNEL = {"intend": 0.68, "refer": 0.33, "bring_a_customer": 0.14}
STABLE = 0.6  # share of the variance of satisfaction that belongs to the person; the rest changes from wave to wave
EXTRA_REFERRALS = (0.6, 0.45)  # negative binomial of the referrals beyond the first within one window
STAR_SHARE = 0.004
STAR_REFERRALS = 25.0
CHAINS = 0.001
CHAIN_LENGTH = 10
INFLUENCERS = 0.004
INFLUENCER_REFERRALS = (0.7, 0.08)


def latent_scores() -> np.ndarray:
    """Distribution of the score every customer would give, answering or not."""
    weights = ANSWERED / RESPONSE
    return weights / weights.sum()


def refers() -> np.ndarray:
    """Chance to refer somebody within the window, by score 0-10; 33 % among those who answered."""
    rising = 0.15 + 0.022 * np.arange(11)
    return rising * FUNNEL["refer"] / (rising @ ANSWERED)


def somers_d() -> dict[str, float]:
    """Association of score and referring at any sample size, from the planted probabilities alone."""
    yes, no = ANSWERED * refers(), ANSWERED * (1 - refers())
    net = float(np.sum(yes[1:] * np.cumsum(no)[:-1])) - float(np.sum(no[1:] * np.cumsum(yes)[:-1]))
    auc = float(0.5 + net / (2 * yes.sum() * no.sum()))
    given = net / ((1 - float(np.sum(ANSWERED**2))) / 2)
    return {"referred_given_score": given, "score_given_referred": 2 * auc - 1, "auc": auc}


CHANNELS = ("community", "social", "blog", "e-mail", "phone", "shop", "newsletter")
PUBLIC = np.array([True, True, True, False, False, False, False])
MONITORED = np.array([False, True, True, False, False, False, False])  # places of others: known as a monitor finds them
OPENERS = ("praise", "complaint", "question", "idea", "chat")
INTENTS = (*OPENERS, "answer", "news")
FUNCTIONS = ("service", "sales", "marketing", "product")
STRATA = ("request", "venting")


@dataclass(frozen=True)
class Planted:
    """Every chance and effect; lists follow OPENERS, CHANNELS, FUNCTIONS, STRATA; pairs are the first and last day."""

    # no degree stands here: it comes out of who joins, who answers, how much each says and who asks again

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
        lists = {name: getattr(self, name) for name in _EFFECTS}
        flat: dict[str, Any] = {name: (float(np.mean(one)),) * len(one) for name, one in lists.items()}
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


def ids(prefix: str, numbers: np.ndarray, width: int = 6) -> pd.Series:
    """Text ids such as C000123, with leading zeros."""
    return prefix + pd.Series(numbers.astype(np.int64)).astype("str").str.zfill(width)


def dates(days: np.ndarray, as_of: pd.Timestamp) -> pd.Series:
    """Dates from day numbers; a negative day number is a missing date."""
    all_days = as_of.normalize() - pd.Timedelta(days=DAYS) + pd.to_timedelta(days, unit="D")
    return pd.Series(all_days).where(days >= 0).astype("datetime64[us]")


def words(names: Sequence[str], codes: np.ndarray) -> pd.Series:
    """Names picked by code; code -1 is missing."""
    return pd.Series(pd.array([*names, None], dtype="str").take(np.where(codes < 0, len(names), codes)))


def pick(rng: np.random.Generator, shares: np.ndarray, size: int) -> np.ndarray:
    """Codes drawn with the given shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right")


def sequences(counts: np.ndarray) -> np.ndarray:
    """0, 1, ... counts[0] - 1, 0, 1, ... counts[1] - 1, and so on."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def quarter_names(last_day: pd.Timestamp, past: int, ahead: int = 0) -> list[str]:
    """The quarter of `last_day`, the `past` before and the `ahead` after it."""
    now = last_day.to_period("Q")
    return [str(now + step) for step in range(-past, ahead + 1)]


def first_day(quarter: str) -> pd.Timestamp:
    """First day of a quarter given as text."""
    return pd.Period(quarter, freq="Q").start_time.normalize()
