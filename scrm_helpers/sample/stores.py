"""Stores: the staggered helpdesk, a randomised reply test, and the teams behind them.

The chain is planted within stores: engagement of a quarter moves trust of the next, trust moves margin of the
quarter after that.
"""

import numpy as np
import pandas as pd

from scrm_helpers.sample.columns import ids
from scrm_helpers.sample.quarters import quarter_names

STORES = 60
QUARTERS = 12
COHORTS = (4, 6, 8)
"""Quarters in which the helpdesk opened, counted from the first; 40 % of the stores never got it."""
EFFECT_START, EFFECT_STEP = 0.006, 0.004
"""True effect on the share of customers retained: in the opening quarter, and added in each later one."""
TRUST_EFFECT_STEP = 0.5
ENGAGEMENT_TO_TRUST = 4.0
TRUST_TO_MARGIN = 0.6
REPLY_EFFECT = 0.03
REPLY_UNITS = 80
REPLY_QUARTERS = 4


def att(exposure: int) -> float:
    """True effect of the helpdesk on retention, `exposure` quarters after opening."""
    return EFFECT_START + EFFECT_STEP * exposure


def store_tables(rng: np.random.Generator, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """`initiative_panel` and `employees`."""
    names = quarter_names(as_of, QUARTERS - 1)
    cohort = np.array([-1] * 24 + [COHORTS[i % 3] for i in range(STORES - 24)])
    cohort = rng.permutation(cohort)
    quarter = np.arange(QUARTERS)
    exposure = np.where(cohort[:, None] >= 0, quarter - cohort[:, None], -1)
    treated = exposure >= 0
    engagement = 3.4 + rng.normal(0, 0.25, (STORES, 1)) + 0.08 * treated + rng.normal(0, 0.18, (STORES, QUARTERS))
    before = np.hstack([engagement.mean(axis=1, keepdims=True), engagement[:, :-1]])
    push = ENGAGEMENT_TO_TRUST * (before - engagement.mean(axis=1, keepdims=True))
    level = 61 + rng.normal(0, 3, (STORES, 1)) + 0.1 * quarter
    trust = level + push + treated * TRUST_EFFECT_STEP * (exposure + 1) + rng.normal(0, 0.8, (STORES, QUARTERS))
    trust_before = np.hstack([level[:, :1], trust[:, :-1]])
    margin = 42 + rng.normal(0, 4, (STORES, 1)) + TRUST_TO_MARGIN * (trust_before - level)
    margin = margin + rng.normal(0, 1.2, (STORES, QUARTERS))
    kept = 0.90 + rng.normal(0, 0.012, (STORES, 1)) + 0.002 * np.sin(quarter * np.pi / 2)
    kept = kept + treated * (EFFECT_START + EFFECT_STEP * exposure) + rng.normal(0, 0.008, (STORES, QUARTERS))
    first = [names[start] if start >= 0 else None for start in cohort]
    parts = [
        _panel(name, values, ids("S", np.arange(1, STORES + 1), 2), names, first, "helpdesk", False, digits)
        for name, values, digits in (
            ("retained share", kept, 4),
            ("trust index", trust, 2),
            ("margin per customer", margin, 2),
        )
    ]
    parts.append(_reply_test(rng, names[-REPLY_QUARTERS - 1 :]))
    panel = pd.concat(parts, ignore_index=True)
    panel["randomised"] = panel["randomised"].astype("boolean")
    return {"initiative_panel": panel, "employees": _employees(rng, names, engagement, treated)}


def _panel(
    outcome: str,
    values: np.ndarray,
    units: pd.Series,
    names: list[str],
    first: list[str | None],
    initiative: str,
    randomised: bool,
    digits: int,
) -> pd.DataFrame:
    rows, columns = values.shape
    return pd.DataFrame(
        {
            "outcome": outcome,
            "unit_id": units.repeat(columns).to_numpy(),
            "period": np.tile(names, rows),
            "value": np.round(values.ravel(), digits),
            "n": 180,
            "first_period": pd.Series(first, dtype="str").repeat(columns).to_numpy(),
            "initiative_id": initiative,
            "randomised": randomised,
        }
    ).astype(dict.fromkeys(["outcome", "unit_id", "period", "first_period", "initiative_id"], "str"))


def _reply_test(rng: np.random.Generator, names: list[str]) -> pd.DataFrame:
    """Half of the customer groups, drawn by lot, get a reply within the hour from the second quarter on."""
    treated = rng.permutation(np.arange(REPLY_UNITS) % 2 == 0)
    values = 0.40 + rng.normal(0, 0.03, (REPLY_UNITS, 1)) + rng.normal(0, 0.02, (REPLY_UNITS, len(names)))
    values[:, 1:] += np.where(treated, REPLY_EFFECT, 0.0)[:, None]
    first = [names[1] if chosen else None for chosen in treated]
    units = ids("R", np.arange(1, REPLY_UNITS + 1), 3)
    return _panel("repeat buyers", values, units, names, first, "fast-reply", True, 4)


def _employees(rng: np.random.Generator, names: list[str], engagement: np.ndarray, treated: np.ndarray) -> pd.DataFrame:
    """One team in each of the first 36 stores; never a person, never fewer than seven answers."""
    teams = 36
    size = rng.integers(9, 26, teams)
    rows = []
    for team in range(teams):
        for quarter, name in enumerate(names):
            n = int(max(7, size[team] - rng.integers(0, 3)))
            mood = float(engagement[team, quarter])
            tape = float(np.clip(3.1 - 0.8 * (mood - 3.4) - 0.25 * treated[team, quarter] + rng.normal(0, 0.2), 1, 5))
            happy = float(np.clip(0.25 + 0.35 * (mood - 3.0), 0.05, 0.8))
            promoters = int(rng.binomial(n, happy))
            detractors = int(rng.binomial(n - promoters, 0.35))
            offered = n if treated[team, quarter] else int(round(0.4 * n))
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
