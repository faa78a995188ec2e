"""Authors of threads over which a reply lottery was drawn, with a planted effect of answering."""

import numpy as np
import pandas as pd


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
