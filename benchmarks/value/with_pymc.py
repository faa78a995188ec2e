"""The side of pymc-marketing 1.3; started by compare.py in the environment where it is installed (Python 3.12)."""

import logging
import sys
import time
import warnings

import numpy as np
import pandas as pd
from measured import report

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
TASK, FILE = sys.argv[1], sys.argv[2]
END = "2026-06-30"


def summary(orders: pd.DataFrame) -> pd.DataFrame:
    return utils.rfm_summary(orders, "customer_id", "ordered_on", "amount", observation_period_end=END)


def bgnbd(frame: pd.DataFrame, method: str = "map", **options):
    model = clv.BetaGeoModel()
    model.fit(frame[["customer_id", "frequency", "recency", "T"]], method=method, progressbar=False, **options)
    return model


def gammagamma(frame: pd.DataFrame):
    used = frame[(frame["frequency"] > 0) & (frame["monetary_value"] > 0)]
    model = clv.GammaGammaModel()
    model.fit(used[["customer_id", "frequency", "monetary_value"]], method="map", progressbar=False)
    return model


def parameters(model, names: list[str]) -> list[float]:
    posterior = model.idata["posterior"]
    return [float(np.mean(posterior[name].values)) for name in names]


def value(frame: pd.DataFrame, buying, spending, unit: str) -> float:
    worth = spending.expected_customer_lifetime_value(buying, frame, future_t=12, discount_rate=0.01, time_unit=unit)
    return float(worth.mean(("chain", "draw")).sum())


if __name__ == "__main__":
    from pymc_marketing import clv
    from pymc_marketing.clv import utils

    if TASK == "rfm":
        orders = pd.read_parquet(FILE)
        started = time.perf_counter()
        frame = summary(orders)
        report(started, customers=len(frame), frequency=float(frame["frequency"].sum()))
    elif TASK == "pipeline":
        started = time.perf_counter()
        frame = summary(pd.read_parquet(FILE))
        report(started, clv_total=value(frame, bgnbd(frame), gammagamma(frame), "D"))
    else:
        frame = pd.read_parquet(FILE).rename(columns={"age": "T", "mean_spend": "monetary_value"})
        frame["monetary_value"] = frame["monetary_value"].fillna(0.0)
        frame["customer_id"] = np.arange(len(frame))
        if TASK != "nuts":
            bgnbd(frame[:5_000])  # warm: the first fit of a process compiles
        started = time.perf_counter()
        if TASK == "bgnbd":
            model = bgnbd(frame)
            report(started, parameters=parameters(model, ["r", "alpha", "a", "b"]))
        elif TASK == "gammagamma":
            model = gammagamma(frame)
            report(started, parameters=parameters(model, ["p", "q", "v"]))
        elif TASK == "clv":
            buying, spending = bgnbd(frame), gammagamma(frame)
            started = time.perf_counter()
            report(started, clv_total=value(frame, buying, spending, "W"))
        elif TASK == "nuts":
            model = bgnbd(frame, "mcmc", random_seed=1, sample_kwargs={"cores": 2, "chains": 4})
            posterior = model.idata["posterior"]
            draws = np.column_stack([posterior[name].values.ravel() for name in ("r", "alpha", "a", "b")])
            ends = np.quantile(draws, [0.05, 0.95], axis=0)
            report(started, low=ends[0].tolist(), high=ends[1].tolist())
