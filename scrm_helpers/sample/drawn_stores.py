"""Stores and teams: the staggered helpdesk, a randomised reply test, and the chain from staff to margin."""

# Two chains are planted. Engagement of a quarter moves trust of the next, trust moves margin of the quarter after that.
# Social activity helps to solve cases only where teams work together; the helpdesk changes neither of these.

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.sample.world import ids, quarter_names

TEAMS = 36  # each works in one store, the other stores have no survey
STORES = 60
CUSTOMERS = 180  # of each store
MARGIN = 42.0  # of a customer and quarter
NEVER = 24  # stores that never got the helpdesk
QUARTERS = 12
COHORTS = (4, 6, 8)  # quarters in which the helpdesk opened, counted from the first
STAY, REFERRED_AGAIN = 0.9, 0.7  # share of a customer kept, and of a referral, that is there a quarter later
DEFLECTED, REFERRED = 12.7, 6.25  # saved contacts and new referrals of an open store and quarter, in euros
ENGAGEMENT_EFFECT = 0.08
ENGAGEMENT_TO_TRUST = 4.0
TRUST_TO_MARGIN = 0.6
# share of cases solved at first contact: effect of ten social messages per 100 customers, of the share of replies that
# came from several teams, and of their product
SOLVED = {"social": 0.0, "together": 0.05, "social_and_together": 0.08}
REPLY_EFFECT = 0.03
REPLY_UNITS = 80
REPLY_QUARTERS = 4


def retention_effect(exposure: NDArray) -> NDArray:
    """True effect of the helpdesk on the share of customers retained, `exposure` quarters after opening."""
    return np.where(exposure >= 0, 0.006 + 0.004 * exposure, 0.0)


def trust_effect(exposure: NDArray) -> NDArray:
    """True effect on trust in points: its own, and from the next quarter on that of happier staff."""
    own = np.where(exposure >= 0, 0.5 * (exposure + 1), 0.0)
    return own + np.where(exposure >= 1, ENGAGEMENT_TO_TRUST * ENGAGEMENT_EFFECT, 0.0)


def margin_effect(exposure: NDArray) -> NDArray:
    """True effect on margin per customer in euros: that of the trust gained a quarter before."""
    return TRUST_TO_MARGIN * trust_effect(exposure - 1)


def helpdesk_money(quarters: int) -> dict[str, list[float]]:
    """True money of the helpdesk by stream, from the quarter before it was set up on, stores from their own opening."""
    # Customers kept stay for the time that customers stay, so they add up; so do those referred
    since = np.arange(1, quarters + 1)[:, None] - np.array(COHORTS)
    stores = (STORES - NEVER) // len(COHORTS)
    kept = CUSTOMERS * stores * retention_effect(since).sum(axis=1)
    open_stores = stores * (since >= 0).sum(axis=1)
    stay, again = STAY ** np.arange(quarters), REFERRED_AGAIN ** np.arange(quarters)
    return {
        "deflection": (DEFLECTED * open_stores).round(2).tolist(),
        "retained": (MARGIN * np.convolve(kept, stay)[:quarters]).round(2).tolist(),
        "referral": np.convolve(REFERRED * open_stores, again)[:quarters].round(2).tolist(),
    }


def helpdesk_trust(quarters: int) -> list[float]:
    """True trust gained by the helpdesk, mean over all its stores, open or not yet."""
    return trust_effect(np.arange(1, quarters + 1)[:, None] - np.array(COHORTS)).mean(axis=1).round(3).tolist()


def store_tables(rng: np.random.Generator, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """`initiative_panel` and `employees`."""
    names = quarter_names(as_of, QUARTERS - 1)
    opened = rng.permutation([-1] * NEVER + [COHORTS[number % len(COHORTS)] for number in range(STORES - NEVER)])
    exposure = np.where(opened[:, None] >= 0, np.arange(QUARTERS) - opened[:, None], -1)
    treated = exposure >= 0

    own_engagement = _spread(rng, 3.4, 0.25, 0.18)
    engagement = own_engagement + ENGAGEMENT_EFFECT * treated
    usual_trust = _spread(rng, 61.0, 3.0, 0.0) + 0.1 * np.arange(QUARTERS)
    surprise = _before(own_engagement) - own_engagement.mean(axis=1, keepdims=True)
    trust = usual_trust + ENGAGEMENT_TO_TRUST * surprise + _spread(rng, 0.0, 0.0, 0.8)
    trust += trust_effect(exposure)
    margin = _spread(rng, MARGIN, 4.0, 1.2) + TRUST_TO_MARGIN * _before(trust - usual_trust)
    season = 0.002 * np.sin(np.arange(QUARTERS) * np.pi / 2)
    kept = _spread(rng, 0.90, 0.012, 0.008) + season + retention_effect(exposure)
    social = np.maximum(_spread(rng, 1.2, 0.15, 0.2), 0.1)
    together = np.clip(_spread(rng, 0.4, 0.12, 0.1), 0, 1)
    solved = _spread(rng, 0.55, 0.02, 0.01) + SOLVED["social"] * social + SOLVED["together"] * together
    solved += SOLVED["social_and_together"] * social * together

    first = [names[quarter] if quarter >= 0 else None for quarter in opened]
    stores = ids("S", np.arange(1, STORES + 1), 2)
    outcomes = {
        "retained share": kept.round(4),
        "trust index": trust.round(2),
        "margin per customer": margin.round(2),
        "social messages per 100 customers": (10 * social).round(1),
        "replies across teams": together.round(3),
        "solved first time": solved.round(4),
    }
    parts = [_panel(outcome, values, stores, names, first, "helpdesk") for outcome, values in outcomes.items()]
    parts.append(_reply_trial(rng, names[-REPLY_QUARTERS - 1 :]))
    panel = pd.concat(parts, ignore_index=True)
    panel["randomised"] = (panel["initiative_id"] == "fast-reply").astype("boolean")
    return {"initiative_panel": panel, "employees": employee_table(rng, names, engagement, treated)}


def _spread(rng: np.random.Generator, level: float, between: float, within: float) -> NDArray:
    """Stores by quarters: a level, what is peculiar to the store, and what changes from quarter to quarter."""
    return level + rng.normal(0, between, (STORES, 1)) + rng.normal(0, within, (STORES, QUARTERS))


def _before(values: NDArray) -> NDArray:
    """The value of the quarter before; the first quarter stands in for the one before it."""
    return np.hstack([values[:, :1], values[:, :-1]])


def _panel(
    outcome: str, values: NDArray, units: pd.Series, names: list[str], first: list[str | None], initiative: str
) -> pd.DataFrame:
    rows, columns = values.shape
    table = pd.DataFrame(
        {
            "outcome": outcome,
            "unit_id": units.repeat(columns).to_numpy(),
            "period": np.tile(names, rows),
            "value": values.ravel(),
            "n": CUSTOMERS,
            "first_period": pd.Series(first, dtype="str").repeat(columns).to_numpy(),
            "initiative_id": initiative,
        }
    )
    return table.astype(dict.fromkeys(["outcome", "unit_id", "period", "first_period", "initiative_id"], "str"))


def _reply_trial(rng: np.random.Generator, names: list[str]) -> pd.DataFrame:
    """Half of the customer groups, drawn by lot, get a reply within the hour from the second quarter on."""
    treated = rng.permutation(np.arange(REPLY_UNITS) % 2 == 0)
    values = 0.40 + rng.normal(0, 0.03, (REPLY_UNITS, 1)) + rng.normal(0, 0.02, (REPLY_UNITS, len(names)))
    values[:, 1:] += np.where(treated, REPLY_EFFECT, 0.0)[:, None]
    first = [names[1] if chosen else None for chosen in treated]
    units = ids("R", np.arange(1, REPLY_UNITS + 1), 3)
    return _panel("repeat buyers", values.round(4), units, names, first, "fast-reply")


def employee_table(rng: np.random.Generator, names: list[str], engagement: NDArray, treated: NDArray) -> pd.DataFrame:
    """One team in each of the first stores, a row per quarter of `names`; never fewer than seven answers."""
    size = rng.integers(9, 26, TEAMS)
    rows = []
    for team in range(TEAMS):
        for quarter, name in enumerate(names):
            n = int(max(7, size[team] - rng.integers(0, 3)))
            mood = float(engagement[team, quarter])
            tape = float(np.clip(3.1 - 0.8 * (mood - 3.4) - 0.25 * treated[team, quarter] + rng.normal(0, 0.2), 1, 5))
            promoters = int(rng.binomial(n, float(np.clip(0.25 + 0.35 * (mood - 3.0), 0.05, 0.8))))
            detractors = int(rng.binomial(n - promoters, 0.35))
            offered = n if treated[team, quarter] else round(0.4 * n)
            willing = np.clip(0.05 + 0.10 * (mood - 3.2) + 0.06 * (3.2 - tape), 0.01, 0.6)
            volunteered = int(rng.binomial(offered, willing))
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
