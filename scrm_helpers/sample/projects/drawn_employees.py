"""The employees table: teams by quarter, never a person."""

from __future__ import annotations

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


GOALS = {
    "goal_id": ["G1", "G2", "G3", "G4", "G5", "G6"],
    "statement": [
        "Customers trust us to help them get the job done",
        "Customers stay",
        "Customers bring customers",
        "Customers improve the product with us",
        "Staff want to help and are allowed to",
        "Be everywhere our customers talk",
    ],
    "construct": ["trust", "loyalty", "advocacy", "cocreation", "employee", "trust"],
    "metric": [
        "trust index 0-100",
        "retained per quarter",
        "customers who referred in a year",
        "ideas implemented per year",
        "volunteers among those offered",
        "places with a profile",
    ],
    "baseline": [61.0, 0.90, 0.30, 2.0, 0.04, 3.0],
    "target": [66.0, 0.93, 0.36, 8.0, 0.12, 9.0],
    "due_on": ["2027-12-31", "2027-12-31", "2027-06-30", "2027-06-30", "2026-12-31", "2026-12-31"],
    "owner": [
        "Head of Service",
        "Chief Financial Officer",
        "Head of Marketing",
        "Head of Product",
        "Head of People",
        "Head of Digital",
    ],
    "weight": [3.0, 3.0, 2.0, 2.0, 2.0, 1.0],
    "parent": [None, "G1", None, None, None, None],
    "current": [63.1, 0.914, 0.33, 5.0, 0.10, None],
    "plan": [
        "Helpdesk by volunteers; reply within the hour",
        "Helpdesk in all stores",
        "Thank both sides of a referral",
        "Idea forum with quarterly answers",
        "Remove approvals; recognise helpers",
        None,
    ],
    "cost": [72000.0, 41000.0, 26000.0, 30000.0, 19000.0, None],
}
TEXT = ("goal_id", "statement", "construct", "metric", "owner", "parent", "plan")


def goal_table() -> pd.DataFrame:
    """Six goals; G6 has no teeth: no plan, no cost, and nobody measures where it stands."""
    table = pd.DataFrame(GOALS)
    table["due_on"] = pd.to_datetime(table["due_on"]).astype("datetime64[us]")
    return table.astype(dict.fromkeys(TEXT, "str"))
