"""The side of lifetimes 0.11.3; started by compare.py in the environment where lifetimes is installed."""

import sys
import time
import warnings

import numpy as np
import pandas as pd
from measured import report

warnings.simplefilter("ignore")
TASK, FILE = sys.argv[1], sys.argv[2]
END = "2026-06-30"


def summary(orders: pd.DataFrame) -> pd.DataFrame:
    from lifetimes.utils import summary_data_from_transaction_data

    return summary_data_from_transaction_data(
        orders, "customer_id", "ordered_on", monetary_value_col="amount", observation_period_end=END
    )


def bgnbd(frame: pd.DataFrame):
    from lifetimes import BetaGeoFitter

    return BetaGeoFitter().fit(frame["frequency"], frame["recency"], frame["T"])


def gammagamma(frame: pd.DataFrame):
    from lifetimes import GammaGammaFitter

    used = frame[(frame["frequency"] > 0) & (frame["monetary_value"] > 0)]
    return GammaGammaFitter().fit(used["frequency"], used["monetary_value"])


def value(frame: pd.DataFrame, buying, spending, unit: str) -> float:
    columns = [frame[name] for name in ("frequency", "recency", "T", "monetary_value")]
    worth = spending.customer_lifetime_value(buying, *columns, time=12, discount_rate=0.01, freq=unit)
    return float(worth.sum())


if __name__ == "__main__":
    import lifetimes  # noqa: F401

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
        bgnbd(frame[:5_000])  # warm
        started = time.perf_counter()
        if TASK == "bgnbd":
            fitted = bgnbd(frame)
            report(started, parameters=np.asarray(fitted.params_[["r", "alpha", "a", "b"]]).tolist())
        elif TASK == "gammagamma":
            fitted = gammagamma(frame)
            report(started, parameters=np.asarray(fitted.params_[["p", "q", "v"]]).tolist())
        elif TASK == "clv":
            buying, spending = bgnbd(frame), gammagamma(frame)
            started = time.perf_counter()
            report(started, clv_total=value(frame, buying, spending, "W"))
