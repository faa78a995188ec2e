"""The texts of messages, put together from parts: what is wanted, about what, where, and further clauses."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scrm_helpers.sample.planted_conversations import INTENTS

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


def texts(rng: np.random.Generator, messages: pd.DataFrame, term: str) -> pd.Series:
    """A text for each message: `intent`, `asks`, `mentions`, `about_term`, and `clauses`, 0 for a few words only."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = len(messages)

    def of(choices: Sequence[str], said: np.ndarray, first: np.ndarray | int = 0, count: int = 0) -> pa.Array:
        code = first + rng.integers(0, count or len(choices), size)
        return pa.array(choices).take(pa.array(code, mask=~said))

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
    joined = pc.binary_join_element_wise(*parts, " ", null_handling="skip")
    return pd.Series(joined.to_pandas(), dtype="str")
