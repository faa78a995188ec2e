"""The surveys table: three waves of invitations, answers and silence."""

import numpy as np
import pandas as pd

from scrm_helpers.sample.columns import dates, ids, words
from scrm_helpers.sample.customers.drawn_cascade import Arrays
from scrm_helpers.sample.world import INTENDS_FROM, WAVES

PRAISE = ("Works as promised", "Friendly help", "Easy to use", "I tell my colleagues", "Good value")
NEUTRAL = ("It is fine", "Does the job", "No strong view")
COMPLAINT = ("Delivery was late", "Waited for an answer", "Hard to set up", "Too many steps")


def survey_table(rng: np.random.Generator, people: Arrays, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
    """One row per invitation; without an answer `responded_on` and `score` are empty."""
    parts = []
    for wave in range(1, len(WAVES) + 1):
        row = np.flatnonzero(people[f"invited_{wave}"] >= 0)
        answered = people[f"answered_{wave}"][row]
        score = people[f"score_{wave}"][row]
        parts.append(
            pd.DataFrame(
                {
                    "survey_id": ids("S", wave * 10 ** max(6, width) + row + 1, max(7, width + 1)),
                    "customer_id": ids("C", row + 1, width),
                    "wave": words(["W1", "W2", "W3"], np.full(len(row), wave - 1)),
                    "invited_on": dates(people[f"invited_{wave}"][row], as_of),
                    "responded_on": dates(np.where(answered, people[f"anchor_{wave}"][row], -1), as_of),
                    "score": np.where(answered, score, np.nan),
                    "did_recommend": _recommended(rng, score, answered, wave),
                    "text": _texts(rng, score, answered),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["invited_on", "survey_id"], ignore_index=True)


def _recommended(rng: np.random.Generator, score: np.ndarray, answered: np.ndarray, wave: int) -> pd.Series:
    """What people say they did: asked from the second wave on, and too rosy."""
    says = pd.array(rng.random(len(score)) < np.where(score >= INTENDS_FROM, 0.62, 0.18), dtype="boolean")
    return pd.Series(says).where(answered & (wave > 1))


def _texts(rng: np.random.Generator, score: np.ndarray, answered: np.ndarray) -> pd.Series:
    phrases = (*COMPLAINT, *NEUTRAL, *PRAISE)
    draw = rng.random(len(score))
    first = np.select([score <= 6, score <= 8], [0, len(COMPLAINT)], len(COMPLAINT) + len(NEUTRAL))
    count = np.select([score <= 6, score <= 8], [len(COMPLAINT), len(NEUTRAL)], len(PRAISE))
    writes = answered & (rng.random(len(score)) < 0.35)
    return words(phrases, np.where(writes, first + (draw * count).astype(np.int64), -1))
