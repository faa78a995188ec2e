"""The surveys table: three waves of invitations, answers and silence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.sample.columns import dates, ids, pick, sequences, words
from scrm_helpers.sample.drawn_cascade import Arrays
from scrm_helpers.sample.world import DAYS, INTENDS_FROM, WAVES

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


STATUS = ("submitted", "rejected", "accepted", "implemented")
STATUS_SHARES = np.array([0.45, 0.30, 0.13, 0.12])
IMPLEMENTED = STATUS.index("implemented")


def idea_table(rng: np.random.Generator, joined: np.ndarray, as_of: pd.Timestamp, width: int) -> pd.DataFrame:
    """One row per contribution; shares of one idea sum to one; value is the present value to the company."""
    ideas = max(60, round(len(joined) / 25))
    submitted = np.sort(rng.integers(200, DAYS - 5, ideas))
    status = pick(rng, STATUS_SHARES, ideas)
    takes = rng.integers(60, 400, ideas)
    status = np.where((status == IMPLEMENTED) & (submitted + takes > DAYS), STATUS.index("accepted"), status)
    value = np.round(rng.lognormal(7.0, 1.3, ideas), 2)
    cost = np.round(rng.gamma(2.0, 400.0, ideas), 2)
    people = np.where(rng.random(ideas) < 0.25, 2, 1)
    idea = np.repeat(np.arange(ideas), people)
    known = np.searchsorted(joined, submitted)[idea]
    contributor = ((rng.random(ideas)[idea] * known).astype(np.int64) + sequences(people) * 7) % known
    done = status[idea] == IMPLEMENTED
    return pd.DataFrame(
        {
            "idea_id": ids("D", idea + 1, width),
            "contributor_id": ids("C", contributor + 1, width),
            "submitted_on": dates(submitted[idea], as_of),
            "status": words(STATUS, status[idea]),
            "share": np.where(people[idea] == 1, 1.0, np.where(sequences(people) == 0, 0.6, 0.4)),
            "value": np.where(done, value[idea], np.nan),
            "cost": np.where(done, cost[idea], np.nan),
            "implemented_on": dates(np.where(done, (submitted + takes)[idea], -1), as_of),
        }
    )
