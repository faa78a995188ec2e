"""Authors of threads over which a reply lottery was drawn, with an effect of answering; the sample without effects."""

from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.sample.world import DAYS, Planted


def drawn_units(seed, threads=150, effect=0.15, base=0.35):
    """One row an author, one to three in a thread, alike within it; answering adds `effect` to the share who buy."""
    rng = np.random.default_rng(seed)
    thread = np.repeat(np.arange(threads), rng.integers(1, 4, threads))
    n, likely = len(thread), rng.choice([0.3, 0.5, 0.7], threads)
    arm, before = (rng.random(threads) < likely)[thread], rng.random(n) < 0.4
    chance = base + 0.3 * (before - 0.4) + rng.uniform(-0.15, 0.15, threads)[thread] + effect * arm
    units = pd.DataFrame({"thread": thread, "arm": arm, "p": likely[thread], "before": before.astype(float)})
    units["outcome"] = (rng.random(n) < chance).astype(float)
    units["sentiment"], units["asks"] = rng.uniform(-1, 1, n), rng.random(n) < 0.5
    units["answered"] = arm & (rng.random(n) < 0.9)
    units["occurred_on"] = pd.Timestamp("2026-06-01") + pd.to_timedelta(rng.integers(0, 29, n), "D")
    for name in ("reach", "followers", "clv", "influence", "value"):
        units[name] = rng.lognormal(3, 1, n)
    return units


EFFECTS = (
    "sociality", "asks", "mentions", "answers_happy", "days_to_answer", "advertises", "deletes_on_blog", "gates",
    "invites", "vents", "lot_answers", "escalates_waiting", "comes_back", "term_share",
)  # fmt: skip


def without_effects():
    """Nothing depends on intent, channel, tone, time, lot or mood: every list of chances is its mean."""
    planted = Planted()
    flat = {name: (float(np.mean(getattr(planted, name))),) * len(getattr(planted, name)) for name in EFFECTS}
    flat |= {"answers_unhappy": flat["answers_happy"], "escalates_answered": flat["escalates_waiting"]}
    flat["lot_days"] = (DAYS, planted.lot_days[1])  # lots over all the time: else answers rise when they begin
    return replace(planted, **flat, private_if_asking=1.0, slower_if_unhappy=1.0, reach_ratio=1.0, rush=0.0)
