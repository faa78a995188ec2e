"""Simulated orders at the published CDNOW parameters: BG/NBD purchases by day, Gamma-Gamma spend, 78 weeks.

Run with ``python benchmarks/value/simulate.py CUSTOMERS FILE.parquet``.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

START, DAYS, ACQUISITION = np.datetime64("2025-01-01"), 546, 84
PURCHASES, SPEND = (0.243, 4.414 * 7, 0.793, 2.426), (6.25, 3.74, 15.44)


def orders(customers: int, seed: int = 1) -> pd.DataFrame:
    """Orders in random order: customer_id (int), ordered_on, amount."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = PURCHASES
    rate, leave = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    clock = rng.integers(0, ACQUISITION, customers).astype(float)
    active, who, when = np.arange(customers), [], []
    while len(active):
        who.append(active)
        when.append(clock[active].astype(np.int32))
        clock[active] += rng.exponential(1 / np.maximum(rate[active], 1e-300))
        stays = (len(who) == 1) | (rng.random(len(active)) >= leave[active])
        active = active[stays & (clock[active] < DAYS)]
    owner, day = np.concatenate(who), np.concatenate(when)
    p, q, gamma = SPEND
    scale = rng.gamma(q, 1 / gamma, customers)
    amount = np.maximum(np.round(rng.gamma(p, 1 / scale[owner]), 2), 0.01)
    order = rng.permutation(len(owner))
    dates = (START + day[order]).astype("datetime64[us]")
    return pd.DataFrame({"customer_id": owner[order], "ordered_on": dates, "amount": amount[order]})


if __name__ == "__main__":
    frame = orders(int(sys.argv[1]))
    frame.to_parquet(Path(sys.argv[2]), index=False)
    print(f"{len(frame):,} orders of {int(sys.argv[1]):,} customers")
