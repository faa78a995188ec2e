"""The interactions table: threads of all six degrees of social interaction, from templates."""

import numpy as np
import pandas as pd

from scrm_helpers.sample.columns import dates, ids, pick, sequences, words
from scrm_helpers.sample.drawn_cascade import Arrays
from scrm_helpers.sample.world import DAYS, REGION_SHARES

CHANNELS = ("community", "social", "e-mail", "phone", "shop")
PUBLIC = np.array([True, True, False, False, False])
ROLES = ("customer", "brand", "employee", "partner", "other")
INTENTS = ("praise", "complaint", "question", "answer", "idea", "chat", "news")
DEGREE_OF_THREAD = (1, 2, 4, 1, 5, 3, 1, 2, 6, 4, 1, 2, 5, 1, 3, 2, 6, 5, 1, 4)
"""Degree of thread number n is the entry n modulo 20: the truth of every thread, at any size."""

# degree; who (a number: a customer, b brand, e employee, p partner); message answered; intent; sentiment; text
# A message that answers none opens a thread. The threads obey the rules of the six degrees: author counts, request,
# follow-ups, balance of words, reciprocity.
MESSAGES = (
    (1, "0", -1, "praise", 0.8, "Still happy with it after a year."),
    (1, "0", -1, "chat", 0.1, "Unpacked the new one today."),
    (1, "0", -1, "complaint", -0.5, "The manual is longer than the job."),
    (1, "b", -1, "news", 0.2, "Our shops open at nine on Saturday."),
    (2, "0", -1, "complaint", -0.9, "@Sample this is the second late delivery. Not amused!"),
    (2, "0", -1, "complaint", -0.7, "@Sample the new menu hides everything I use every day!"),
    (2, "b", 0, "answer", 0.1, "Thank you, we have noted it."),
    (2, "0", -1, "praise", 0.9, "@Sample best purchase of the month!"),
    (3, "0", -1, "question", -0.2, "Can you tell me why my order was split in two parts, and which one comes first?"),
    (3, "b", 0, "answer", 0.1, "Stock."),
    (3, "0", 1, "complaint", -0.5, "That does not help me plan the work, two people wait here for the second part."),
    (3, "0", -1, "question", 0.0, "How do I connect the old unit with the new one? I tried the steps in the manual."),
    (3, "e", 0, "answer", 0.2, "See page nine."),
    (3, "0", 1, "chat", -0.1, "I did read page nine, it describes another model and the plug does not fit at all."),
    (4, "0", -1, "question", -0.4, "Could you please tell me when the repair is done?"),
    (4, "0", 0, "question", -0.8, "Still no answer. When is the repair done?"),
    (4, "0", -1, "question", -0.3, "Please send me the invoice again, can you?"),
    (4, "0", 0, "complaint", -0.6, "I asked three days ago. Please send the invoice."),
    (4, "0", 1, "complaint", -0.9, "Asking for the third time, now in public: where is my invoice?"),
    (4, "b", 2, "answer", 0.2, "Sorry for the wait, the invoice is in your mail now."),
    (5, "0", -1, "question", 0.0, "Does the small model work with the old charger?"),
    (5, "b", 0, "answer", 0.3, "It does, with the adapter that came with it."),
    (5, "1", 0, "answer", 0.5, "Works for me as well, also without the adapter."),
    (5, "0", -1, "idea", 0.4, "A dark theme would help us on the night shift."),
    (5, "e", 0, "answer", 0.4, "Good idea, I will take it to the product team."),
    (5, "1", 0, "idea", 0.5, "Yes, and larger buttons for gloves."),
    (5, "e", 2, "answer", 0.4, "Noted both, thank you."),
    (6, "0", -1, "question", 0.1, "How do you all store the spare parts?"),
    (6, "1", 0, "answer", 0.4, "In labelled boxes, one for each model."),
    (6, "0", 1, "chat", 0.4, "Nice. Do you label by year too?"),
    (6, "2", 1, "answer", 0.3, "We label by year, it saves time."),
    (6, "1", 3, "chat", 0.5, "Good point, I will add the year."),
    (6, "3", 3, "answer", 0.3, "A shared list works as well."),
    (6, "2", 5, "chat", 0.4, "Can you share the list?"),
    (6, "3", 6, "answer", 0.6, "Gladly, here it is."),
    (6, "4", 6, "chat", 0.5, "I copied the list, great help."),
    (6, "2", 8, "chat", 0.6, "Glad it helps."),
    (6, "b", 4, "answer", 0.3, "We put the best ideas into the guide."),
    (6, "0", -1, "idea", 0.5, "Who wants to test the beta with us?"),
    (6, "1", 0, "chat", 0.6, "I am in, we start on Monday."),
    (6, "0", 1, "chat", 0.6, "Great, welcome."),
    (6, "2", 1, "chat", 0.4, "Monday suits us too."),
    (6, "1", 3, "chat", 0.5, "Then we test together."),
    (6, "3", 3, "question", 0.2, "Which version do you use?"),
    (6, "2", 5, "answer", 0.3, "The newest one, from the shop."),
    (6, "4", 3, "chat", 0.4, "Count me in as well."),
    (6, "2", 7, "chat", 0.5, "Good to have you."),
    (6, "p", 5, "answer", 0.3, "We can lend two test units."),
)
FIRST_THREADS = 150
OUTSIDERS = 0.10
UNANSWERED = 0.08
"""Share of the latest threads among which the requests still wait for an answer, in public."""


def interaction_table(
    rng: np.random.Generator, people: Arrays, influencers: int, as_of: pd.Timestamp, width: int
) -> pd.DataFrame:
    """One row per message; customers stand in the order of joining."""
    threads = max(300, round(0.35 * len(people["joined"])))
    started = np.sort(rng.integers(FIRST_THREADS, DAYS - 25, threads))
    degree = np.array(DEGREE_OF_THREAD)[np.arange(threads) % len(DEGREE_OF_THREAD)]
    waiting = (np.arange(threads) >= threads * (1 - UNANSWERED)) & (degree == 4)
    started[waiting] = DAYS - rng.integers(2, 15, int(waiting.sum()))
    flat, first, length, template = _templates(rng, degree, waiting)

    size = length[template]
    thread = np.repeat(np.arange(threads), size)
    place = sequences(size)
    message = first[template][thread] + place
    start_row = (np.cumsum(size) - size)[thread]
    role = flat["role"][message]
    day = np.minimum(started[thread] + flat["lag"][message], DAYS)

    slot = flat["slot"][message]
    customer = _speakers(rng, people, started, thread, slot)
    outsider = (rng.random(threads) < OUTSIDERS)[thread] & (slot == 1) & (role == 0)
    role = np.where(outsider, ROLES.index("other"), role)
    is_customer = role == 0
    channel = np.where(waiting, CHANNELS.index("community"), _channels(rng, degree))[thread]
    public = PUBLIC[channel]
    question = flat["intent"][message] == INTENTS.index("question")
    answered = flat["answered"][template][thread]
    helper = is_customer & (flat["intent"][message] == INTENTS.index("answer"))
    author = _authors(role, customer, thread, influencers, width)
    reach = rng.lognormal(4.0, 1.2, len(people["joined"]))[customer] * rng.lognormal(0.0, 0.2, len(thread))
    return pd.DataFrame(
        {
            "interaction_id": ids("M", np.arange(1, len(thread) + 1), max(7, width + 1)),
            "occurred_on": dates(day, as_of),
            "channel": words(CHANNELS, channel),
            "customer_id": ids("C", customer + 1, width).where(is_customer),
            "author_id": author,
            "author_role": words(ROLES, role),
            "thread_id": ids("T", thread, width),
            "in_reply_to": ids("M", start_row + flat["reply"][message] + 1, max(7, width + 1)).where(
                flat["reply"][message] >= 0
            ),
            "text": words(flat["texts"], message),
            "sentiment": np.clip(np.round(flat["sentiment"][message] + rng.normal(0, 0.08, len(thread)), 2), -1, 1),
            "intent": words(INTENTS, flat["intent"][message]),
            "reach": np.where(public, np.round(reach), 1.0),
            "is_public": pd.array(public, dtype="boolean"),
            "resolved": pd.Series(pd.array(answered, dtype="boolean")).where(question),
            "would_have_contacted": pd.Series(pd.array(rng.random(len(thread)) < 0.4, dtype="boolean")).where(
                question | helper
            ),
        }
    )


def _templates(
    rng: np.random.Generator, degree: np.ndarray, waiting: np.ndarray
) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray]:
    """All messages as flat arrays, the message that opens each template, its length, and a template for each thread."""
    each = pd.DataFrame(MESSAGES, columns=["degree", "who", "reply", "intent", "sentiment", "text"])
    first = np.flatnonzero(each["reply"] < 0)
    length = np.diff(np.append(first, len(each)))
    count = np.bincount(each["degree"][first])[1:]
    offset = np.cumsum(count) - count
    drawn = offset[degree - 1] + (rng.random(len(degree)) * count[degree - 1]).astype(np.int64)
    drawn = np.where(waiting, offset[3], drawn)
    flat = {
        "role": each["who"].map({"b": 1, "e": 2, "p": 3}).fillna(0).to_numpy(np.int64),
        "slot": pd.to_numeric(each["who"], errors="coerce").fillna(0).to_numpy(np.int64),
        "reply": each["reply"].to_numpy(),
        "intent": each["intent"].map(INTENTS.index).to_numpy(),
        "sentiment": each["sentiment"].to_numpy(),
        "texts": each["text"].tolist(),
        "lag": sequences(length),
        "answered": np.logical_or.reduceat((each["intent"] == "answer").to_numpy(), first),
    }
    return flat, first, length, drawn


def _channels(rng: np.random.Generator, degree: np.ndarray) -> np.ndarray:
    """Conversations happen everywhere; public places are only a little more talkative."""
    quiet = pick(rng, np.array([0.28, 0.30, 0.18, 0.12, 0.12]), len(degree))
    lively = pick(rng, np.array([0.48, 0.26, 0.12, 0.06, 0.08]), len(degree))
    return np.where(degree >= 5, lively, quiet)


def _speakers(
    rng: np.random.Generator, people: Arrays, started: np.ndarray, thread: np.ndarray, slot: np.ndarray
) -> np.ndarray:
    """Different customers of one region for the slots of a thread; slot 1, the first helper, is often the same few."""
    home = pick(rng, REGION_SHARES, len(started))
    known, first = np.zeros(len(started), dtype=np.int64), np.zeros(len(started), dtype=np.int64)
    members = [np.flatnonzero(people["region"] == region) for region in range(len(REGION_SHARES))]
    start = np.cumsum([0, *map(len, members)])
    for region, rows in enumerate(members):
        here = home == region
        known[here] = np.searchsorted(people["joined"][rows], started[here] - 30)
        first[here] = start[region]
    base = (rng.random(len(started)) ** 2 * known).astype(np.int64)
    stride = 1 + (rng.random(len(started)) * known / 8).astype(np.int64)
    place = (base[thread] + (slot + 6) % 7 * stride[thread]) % known[thread]
    return np.concatenate(members)[first[thread] + place]


def _authors(role: np.ndarray, customer: np.ndarray, thread: np.ndarray, influencers: int, width: int) -> pd.Series:
    """Customers write under their customer id, staff under a team account, influencers under the id they refer with."""
    author = ids("C", customer + 1, width)
    author = author.mask(role == 1, "brand")
    author = author.mask(role == 2, ids("E", 1 + thread % 24, 3))
    author = author.mask(role == 3, ids("N", 1 + thread % 9, 3))
    return author.mask(role == 4, ids("X", 1 + thread % influencers, width))
