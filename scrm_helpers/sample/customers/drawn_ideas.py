"""The ideas table: what customers proposed, what became of it, and who shares the credit."""

import numpy as np
import pandas as pd

from scrm_helpers.sample.columns import dates, ids, pick, sequences, words
from scrm_helpers.sample.world import DAYS

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
