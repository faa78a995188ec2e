"""The employees table: teams by quarter, never a person."""

import numpy as np
import pandas as pd

TEAMS = 36
"""Teams; each works in one store, the other stores have no survey."""


def employee_table(
    rng: np.random.Generator, names: list[str], engagement: np.ndarray, treated: np.ndarray
) -> pd.DataFrame:
    """One team in each of the first stores, a row per quarter of `names`; never fewer than seven answers."""
    size = rng.integers(9, 26, TEAMS)
    rows = []
    for team in range(TEAMS):
        for quarter, name in enumerate(names):
            n = int(max(7, size[team] - rng.integers(0, 3)))
            mood = float(engagement[team, quarter])
            tape = float(np.clip(3.1 - 0.8 * (mood - 3.4) - 0.25 * treated[team, quarter] + rng.normal(0, 0.2), 1, 5))
            happy = float(np.clip(0.25 + 0.35 * (mood - 3.0), 0.05, 0.8))
            promoters = int(rng.binomial(n, happy))
            detractors = int(rng.binomial(n - promoters, 0.35))
            offered = n if treated[team, quarter] else round(0.4 * n)
            volunteered = int(
                rng.binomial(offered, np.clip(0.05 + 0.10 * (mood - 3.2) + 0.06 * (3.2 - tape), 0.01, 0.6))
            )
            rows.append(
                {
                    "team": f"Team {team + 1:02d}",
                    "quarter": name,
                    "n": n,
                    "engagement_mean": round(mood, 2),
                    "enps_promoters": promoters,
                    "enps_detractors": detractors,
                    "red_tape_mean": round(tape, 2),
                    "offered": offered,
                    "volunteered": volunteered,
                    "hours": round(float(rng.gamma(4.0, 2.2) * volunteered), 1),
                    "ideas": int(rng.poisson(0.05 * n * max(0.2, mood - 2.6))),
                    "idea_days": round(float(np.clip(10 + 22 * (tape - 2) + rng.normal(0, 6), 2, 120)), 0),
                    "leavers": int(rng.binomial(n, np.clip(0.06 - 0.03 * (mood - 3.4), 0.005, 0.2))),
                    "store": f"S{team + 1:02d}",
                }
            )
    return pd.DataFrame(rows).astype({"team": "str", "quarter": "str", "store": "str"})
