"""How conversations arise: who says what in each thread, when, to whom, and in which words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from scrm_helpers.sample.world import DAYS, FUNCTIONS, INTENTS, OPENERS, PUBLIC, Planted, pick, sequences

FIRST_DAY = 150
ANSWER, CHAT, COMPLAINT, QUESTION, NEWS = map(INTENTS.index, ("answer", "chat", "complaint", "question", "news"))
PEOPLE, FIRM, BOTS = range(3)  # who opened a thread
OPENER, FIRM_SPEAKS, OTHER_TEAM = 0, -1, -2  # who speaks; joiners are 1, 2, ...
REQUEST, VENTING = range(2)
QUIET = {"asks": False, "mentions": False, "answers": False, "about_term": False}  # what nobody does to an own post


def along(pair: tuple[float, float], day: NDArray) -> NDArray:
    """A chance that goes evenly from the first day to the last."""
    return pair[0] + (pair[1] - pair[0]) * np.clip((day - FIRST_DAY) / (DAYS - FIRST_DAY), 0, 1)


def threads_of_people(rng: Generator, start: NDArray, spread: NDArray, planted: Planted) -> pd.DataFrame:
    """Threads that customers and others open: what they want, where, in which tone; `spread` is the author's own."""
    size = len(start)
    intent = pick(rng, np.array(planted.intents), size)
    shares = np.array(planted.channels)
    tilted = np.where(PUBLIC, shares, shares * planted.private_if_asking)
    asking = np.isin(intent, [COMPLAINT, QUESTION])
    channel = np.where(asking, pick(rng, tilted / tilted.sum(), size), pick(rng, shares, size))
    return described(rng, start, spread, intent, channel, planted)


def described(
    rng: Generator, start: NDArray, spread: NDArray, intent: NDArray, channel: NDArray, planted: Planted
) -> pd.DataFrame:
    """What follows from intent and author: who joins, whether the opener asks, when the firm answers."""
    size = len(start)

    def happens(chance: NDArray | float) -> NDArray:
        return rng.random(size) < chance

    odds = np.array(planted.sociality)[intent] + spread
    crowd = np.where(happens(1 / (1 + np.exp(-odds))), np.where(happens(planted.many), 2, 1), 0)
    low, high = (np.array([0, *planted.joiners[first::2]]) for first in (0, 1))
    tone = np.clip(np.round(np.array(planted.tone)[intent] + rng.normal(0, 0.25, size), 2), -1, 1)
    unhappy = tone < 0
    pace = np.array(planted.days_to_answer)[channel]
    answers = happens(np.where(unhappy, along(planted.answers_unhappy, start), along(planted.answers_happy, start)))
    delay = rng.exponential(1.0, size) * pace * np.where(unhappy, planted.slower_if_unhappy, 1.0)
    return pd.DataFrame(
        {
            "by": PEOPLE,
            "start": start,
            "intent": intent,
            "channel": channel,
            "tone": tone,
            "crowd": crowd,
            "joiners": rng.integers(low[crowd], high[crowd] + 1),
            "asks": happens(np.array(planted.asks)[intent]),
            "mentions": happens(np.array(planted.mentions)[intent]),
            "pace": pace,
            "answers": answers,
            "delay": delay,
            "function": pick(rng, np.array(planted.functions), size),
            "about_term": happens(np.where(start < DAYS - planted.term_days, *planted.term_share)),
            "stratum": -1,
            "escalates": False,
        }
    )


def threads_of_firm(rng: Generator, size: int, planted: Planted) -> pd.DataFrame:
    """Broadcasts: to the newsletter they only go out, in public some are joined."""
    channel = pick(rng, np.array(planted.broadcasts) / sum(planted.broadcasts), size)
    start = rng.uniform(FIRST_DAY, DAYS, size)
    joined = PUBLIC[channel] & (rng.random(size) < along(planted.invites, start))
    return pd.DataFrame(
        {
            "by": FIRM,
            "start": start,
            "intent": NEWS,
            "channel": channel,
            "tone": np.round(np.clip(rng.normal(0.3, 0.1, size), -1, 1), 2),
            "crowd": joined.astype(np.int64),
            "joiners": np.where(joined, rng.integers(1, 4, size), 0),
            "pace": np.array(planted.days_to_answer)[channel],
            "delay": 0.0,
            "function": FUNCTIONS.index("marketing"),
            "stratum": -1,
            **QUIET,
            "escalates": False,
        }
    )


def threads_of_bots(rng: Generator, size: int, planted: Planted) -> pd.DataFrame:
    """Single messages, the same few authors, in every channel as people are."""
    threads = threads_of_people(rng, rng.uniform(FIRST_DAY, DAYS, size), np.zeros(size), planted)
    return threads.assign(by=BOTS, intent=NEWS, crowd=0, joiners=0, **QUIET)


def draw_lots(rng: Generator, threads: pd.DataFrame, planted: Planted) -> pd.DataFrame:
    """Lots decide over some requests and ventings whether they are answered; returns the lots, and sets `threads`."""
    # The answer by lot comes within two days, the one that has to wait not before the days of escalation are over
    begin, end = (DAYS - days for days in planted.lot_days)
    in_time = (threads["by"] == PEOPLE) & threads["start"].between(begin, end)
    intent = threads["intent"].to_numpy()
    vents = np.array([*planted.vents, *[0.0] * (len(INTENTS) - len(OPENERS))])[intent]
    drawn = in_time & (rng.random(len(threads)) < planted.in_lot * np.where(threads["asks"], 1.0, vents))
    row = np.flatnonzero(drawn)
    stratum = np.where(threads["asks"].to_numpy()[row], REQUEST, VENTING)
    chance = np.array(planted.lot_answers)[stratum]
    seed = int(rng.integers(2**31))
    answered = np.random.default_rng(seed).random(len(row)) < chance
    later = planted.escalation_days + threads["delay"].to_numpy()[row]
    both = np.array([planted.escalates_waiting, planted.escalates_answered])
    escalation = both[answered.astype(int), stratum]
    threads.loc[row, "stratum"] = stratum
    threads.loc[row, "answers"] = answered | threads["answers"].to_numpy()[row]
    threads.loc[row, "delay"] = np.where(answered, rng.uniform(0, 2, len(row)), later)
    threads.loc[row, "escalates"] = rng.random(len(row)) < escalation
    chance = np.where(answered, chance, 1 - chance)
    return pd.DataFrame({"thread": row, "answered": answered, "probability": chance, "stratum": stratum, "seed": seed})


def messages_of(rng: Generator, threads: pd.DataFrame, planted: Planted) -> pd.DataFrame:
    """Every message: its thread, who speaks, the row it answers (-1: none), day, intent, tone, and how much is said."""
    column = {name: threads[name].to_numpy() for name in threads}
    talks = np.array(planted.talks_back)[column["crowd"]]
    everybody = np.arange(len(threads))
    parts: list[pd.DataFrame] = []

    def say(thread: NDArray, speaker: object, parent: object, day: NDArray, **what: object) -> NDArray:
        first = sum(map(len, parts))
        fixed = {"asks": False, "mentions": False, "to": OPENER, "tone": np.nan}
        said = {"thread": thread, "speaker": speaker, "parent": parent, "day": day, **fixed, **what}
        parts.append(pd.DataFrame(said, index=range(len(thread))))
        return first + np.arange(len(thread))

    # the opener
    from_firm = column["by"] == FIRM
    long = np.where(column["crowd"] > 0, 2, 1 + rng.poisson(1.5, len(threads)))
    opening = {name: column[name] for name in ("intent", "tone", "asks", "mentions")}
    root = say(everybody, np.where(from_firm, FIRM_SPEAKS, OPENER), -1, column["start"], clauses=long, **opening)
    # the firm answers; where others talk as well it says as much as they
    answered = np.flatnonzero(column["answers"])
    moment = column["start"] + column["delay"]
    kind = np.where(rng.random(len(answered)) < along(planted.advertises, column["start"][answered]), NEWS, ANSWER)
    terse = np.where(rng.random(len(answered)) < 0.6, 0, 2)
    length = np.where(column["crowd"][answered] > 0, 2 + 2 * column["joiners"][answered], terse)
    reply = say(answered, FIRM_SPEAKS, root[answered], moment[answered], intent=kind, clauses=length)
    second = rng.random(len(answered)) < planted.second_team
    after = moment[answered] + rng.exponential(1.0, len(answered)) * column["pace"][answered]
    say(answered[second], OTHER_TEAM, root[answered][second], after[second], intent=ANSWER, clauses=length[second])
    # who waits asks again; by lot, who is let down complains again
    waits = column["asks"] & (column["stratum"] < 0) & (rng.random(len(threads)) < planted.asks_again)
    patience = rng.random(len(threads)) * np.where(column["answers"], column["delay"], 5 * column["pace"])
    again = np.flatnonzero(waits)
    say(again, OPENER, root[again], (column["start"] + patience)[again], intent=QUESTION, asks=True, clauses=1)
    angry = np.flatnonzero(column["escalates"])
    within = column["start"][angry] + rng.uniform(2, planted.escalation_days - 1, len(angry))
    say(angry, OPENER, root[angry], within, intent=COMPLAINT, clauses=2)
    # others join, and speak to the opener or to the one before
    thread = np.repeat(everybody, column["joiners"])
    number = 1 + sequences(column["joiners"])
    day = column["start"][thread] + column["pace"][thread] * (number - 1 + rng.random(len(thread)))
    to_former = (number > 1) & (rng.random(len(thread)) < planted.to_each_other)
    here = len(root) + len(answered) + int(second.sum()) + len(again) + len(angry) + np.arange(len(thread))
    parent = np.where(to_former, here - 1, root[thread])
    to = np.where(to_former, number - 1, OPENER)
    wanted = column["intent"][thread]
    helps = np.isin(wanted, [COMPLAINT, QUESTION]) & ~to_former
    intent = np.where(helps, ANSWER, np.where(wanted == OPENERS.index("idea"), wanted, CHAT))
    joined = say(thread, number, parent, day, intent=intent, to=to, clauses=1 + rng.integers(0, 3, len(thread)))
    # answers are answered by the one they were given to
    heard, given = np.concatenate([answered, thread]), np.concatenate([reply, joined])
    addressed = np.concatenate([np.zeros(len(answered), dtype=np.int64), to])
    addressed = np.where(from_firm[heard] & (addressed == OPENER), FIRM_SPEAKS, addressed)
    when = np.concatenate([moment[answered], day]) + rng.exponential(0.5, len(heard)) * column["pace"][heard]
    back = rng.random(len(heard)) < talks[heard]
    few = 1 + rng.integers(0, 2, int(back.sum()))
    say(heard[back], addressed[back], given[back], when[back], intent=CHAT, clauses=few)

    messages = pd.concat(parts, ignore_index=True)
    usual = np.array(planted.tone)[messages["intent"]] + rng.normal(0, 0.15, len(messages))
    messages["tone"] = messages["tone"].fillna(pd.Series(usual).clip(-1, 1).round(2))
    messages["clauses"] = messages["clauses"].clip(upper=6)
    return messages


def coming_back(rng: Generator, threads: pd.DataFrame, messages: pd.DataFrame, planted: Planted) -> pd.DataFrame:
    """Who asked and is not served asks again within seven days, in private: `thread` of the first time, and the day."""
    answer = messages[(messages["parent"] >= 0) & (messages["speaker"] != OPENER) & (messages["day"] < DAYS)]
    # to the first message, row = thread
    answer = answer[messages["parent"].to_numpy()[answer.index] == answer["thread"]]
    first = answer.groupby("thread")["day"].min().reindex(threads.index)
    asked = (threads["by"] == PEOPLE) & threads["asks"] & (threads["stratum"] < 0)
    chance = np.where(first.notna(), planted.comes_back[1], planted.comes_back[0])
    day = first.fillna(threads["start"]) + rng.uniform(0.1, 6.9, len(threads))
    again = asked & (rng.random(len(threads)) < chance) & (day < DAYS)
    return pd.DataFrame({"thread": np.flatnonzero(again), "day": day[again].to_numpy()})


TOPICS = (
    "app", "manual", "delivery", "invoice", "display", "adapter", "battery", "mount", "case", "update", "cable",
    "pump", "sensor", "filter", "remote", "spare part",
)  # fmt: skip
START = {
    "praise": ("Very happy with the", "Great work on the", "Thumbs up for the", "We all like the", "Well done with the",
               "Nobody here would give back the", "Good value, above all the", "A pleasure to use the"),
    "complaint": ("Not amused about the", "Again trouble with the", "We lose hours over the", "So tired of the",
                  "It is the third time with the", "Nobody feels in charge of the", "Disappointed by the",
                  "It cannot go on like this with the"),
    "question": ("A word about the", "We do not get on with the", "I am stuck with the", "It is unclear with the",
                 "I have tried all day with the", "It is about the", "I look for facts on the", "New here, about the"),
    "idea": ("It would help to have two of the", "I wish for a smaller kind of the", "Please rethink the",
             "We would pay more for a lighter", "Here is a sketch of a better", "Let us all work on the",
             "Colleagues have asked for a blue", "The night shift wants a quieter"),
    "chat": ("We unpacked the", "Just looking at the", "Greetings from one with the", "Here we talk about the",
             "My neighbour has seen the", "I was told about the", "Half a year now with the", "Passing by to see the"),
    "answer": ("This is how to use the", "Look at the back of the", "Same here with the", "Simply restart the",
               "There is a page on the", "It helps to clean the", "Somebody will look at the", "First take off the"),
    "news": ("Only this week, less for the", "Look at our new", "Subscribe and win a", "Our shops now have the",
             "Read the story behind the", "Our best offer yet on the", "Join the event around the", "Now in red, the"),
}  # fmt: skip
PLACE = (
    "at home", "in the workshop", "after a year", "on the first day", "since the last visit", "in the new office",
    "on the road", "over the weekend", "this morning", "in our small shop", "before the holidays",
    "with the whole team",
)  # fmt: skip
CLAUSES = (
    "Two people here see it the same way.", "I can send a picture if that helps.",
    "The weather may play a part in it.", "We use it every day from eight.", "It came with the parcel last week.",
    "My colleague wrote about this in May.", "On the older model this was different.",
    "I have read the guide twice by now.", "The label says something else about it.",
    "We noted the number on the back.", "It starts well and stops after lunch.",
    "Others in the area tell the same.", "The second one here behaves just alike.",
    "I would rather not change the setup.", "There was a light on the side.", "We pay attention to it from now.",
    "It took about ten minutes in all.", "The shop showed us how it goes.", "A short list would do for us.",
    "It is quiet and cool most days.", "Last year this was not a topic.", "We keep the old one on the shelf.",
    "The order number is in the subject.", "I will write again when we know.",
)  # fmt: skip
REQUESTS = (
    "Can you help me?", "What should I do now?", "Could you look into it?", "Who can tell me more?",
    "Is there a way?", "When will this be done?", "How do you all do it?", "Would you please send me the steps?",
)  # fmt: skip
SHORT = (
    "Thank you, noted.", "See page nine.", "We look at it.", "It is in stock.", "Please write to us.",
    "Sorry for that.",
)  # fmt: skip
MOST_CLAUSES = 6


def texts(rng: Generator, messages: pd.DataFrame, term: str) -> pd.Series:
    """A text for each message: `intent`, `asks`, `mentions`, `about_term`, and `clauses`, 0 for a few words only."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = len(messages)

    def of(choices: Sequence[str], said: NDArray, first: NDArray | int = 0, count: int = 0) -> pa.Array:
        return pa.array(choices).take(pa.array(first + rng.integers(0, count or len(choices), size), mask=~said))

    full = messages["clauses"].to_numpy() > 0
    start = tuple(one for intent in INTENTS for one in START[intent])
    eight = len(START["news"])
    about = np.where(messages["about_term"], len(TOPICS), rng.integers(0, len(TOPICS), size))
    parts = [
        of(("@Sample",), messages["mentions"].to_numpy()),
        of(SHORT, ~full),
        of(start, full, messages["intent"].to_numpy() * eight, eight),
        pa.array((*TOPICS, term)).take(pa.array(about, mask=~full)),
        pc.binary_join_element_wise(of(PLACE, full), ".", ""),
        *(of(CLAUSES, messages["clauses"].to_numpy() > more) for more in range(1, MOST_CLAUSES)),
        of(REQUESTS, messages["asks"].to_numpy()),
    ]
    return pd.Series(pc.binary_join_element_wise(*parts, " ", null_handling="skip").to_pandas(), dtype="str")
