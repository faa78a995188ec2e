"""Data and simulated companies that several tests of this room share."""

import numpy as np
import pandas as pd
import pytest

CDNOW_BGNBD = (0.243, 4.414, 0.793, 2.426)
CDNOW_SPEND = (6.25, 3.74, 15.44)


@pytest.fixture(scope="session")
def cdnow(shared_data):
    """The published summary of the CDNOW sample, weeks."""
    raw = pd.read_csv(shared_data / "cdnow" / "cdnow_customers_summary_with_transactions.csv")
    return raw.rename(columns={"x": "frequency", "t_x": "recency", "T": "age", "zbar": "mean_spend"}).set_index("ID")


@pytest.fixture(scope="session")
def cdnow_orders(shared_data):
    """The orders of the CDNOW sample."""
    names = ["master", "customer_id", "day", "cds", "amount"]
    raw = pd.read_csv(shared_data / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", names=names, dtype={"customer_id": str})
    return raw.assign(ordered_on=pd.to_datetime(raw["day"].astype(str)))


@pytest.fixture(scope="session")
def cdnow_master_orders(shared_data):
    """The orders of the whole CDNOW cohort."""
    names = ["customer_id", "day", "cds", "amount"]
    raw = pd.read_csv(
        shared_data / "cdnow" / "CDNOW_master.txt",
        sep=r"\s+", names=names, skiprows=1, dtype={"customer_id": str},
    )  # fmt: skip
    return raw.assign(ordered_on=pd.to_datetime(raw["day"].astype(str)))


@pytest.fixture(scope="session")
def simulate():
    """Return a function that draws purchase histories (and their futures) under the BG/NBD or MBG/NBD."""

    def draw(n, seed, parameters=CDNOW_BGNBD, age=39.0, ahead=0.0, spend=CDNOW_SPEND, modified=0, spread=12.0):
        rng = np.random.default_rng(seed)
        r, alpha, a, b = parameters
        rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
        ages = age - rng.uniform(0, spread, n)
        x, t_x, future, clock = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        active = np.flatnonzero(rng.random(n) >= leave) if modified else np.arange(n)
        while len(active):
            clock[active] += rng.exponential(1 / np.maximum(rate[active], 1e-300))
            active = active[clock[active] < ages[active] + ahead]
            seen = clock[active] <= ages[active]
            x[active[seen]] += 1
            t_x[active[seen]] = clock[active[seen]]
            future[active[~seen]] += 1
            active = active[rng.random(len(active)) >= leave[active]]
        p, q, gamma = spend
        scale = rng.gamma(q, 1 / gamma, n)
        mean = np.where(x > 0, rng.gamma(p * np.maximum(x, 1), 1 / scale) / np.maximum(x, 1), np.nan)
        return pd.DataFrame({"frequency": x, "recency": t_x, "age": ages, "mean_spend": mean, "future": future})

    return draw
