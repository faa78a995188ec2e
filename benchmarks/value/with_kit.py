"""The kit's side of the comparison; started by compare.py in a process of its own."""

import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from measured import report

from scrm_helpers.answers.terms import Terms

TASK, FILE = sys.argv[1], sys.argv[2]
END = pd.Timestamp("2026-06-30")
TERMS = Terms(END, discount_rate=1.01**12 - 1)


def pipeline(orders: pd.DataFrame) -> float:
    history = Orders.of(orders).history(END)
    return lifetime_values(history, TERMS, draws=0).clv_total.value


if __name__ == "__main__":
    import scipy.special  # noqa: F401 - imports are not counted for anybody

    from scrm_helpers.value.history.purchases import Orders
    from scrm_helpers.value.lifetime.clv import customer_lifetime_value, lifetime_values
    from scrm_helpers.value.models.beta_geometric import fit_bgnbd
    from scrm_helpers.value.models.gammagamma import fit_gammagamma
    from scrm_helpers.value.models.posterior import laplace_draws, metropolis_draws

    if TASK == "pipeline":
        from pyarrow import parquet

        started = time.perf_counter()
        total = pipeline(parquet.read_table(FILE).to_pandas(split_blocks=True, self_destruct=True))
        report(started, clv_total=total)
    elif TASK == "rfm":
        orders = pd.read_parquet(FILE)
        started = time.perf_counter()
        history = Orders.of(orders).history(END)
        report(started, customers=len(history), frequency=float(history["frequency"].sum()))
    else:
        history = pd.read_parquet(FILE)
        buying, spending = fit_bgnbd(history[:5_000]), fit_gammagamma(history[:5_000])  # warm
        if TASK == "bgnbd":
            started = time.perf_counter()
            fitted = fit_bgnbd(history)
            report(started, log_likelihood=fitted.log_likelihood, parameters=fitted.parameters.tolist())
        elif TASK == "gammagamma":
            started = time.perf_counter()
            fitted = fit_gammagamma(history)
            report(started, log_likelihood=fitted.log_likelihood, parameters=fitted.parameters.tolist())
        elif TASK in ("clv", "ranges"):
            buying, spending = fit_bgnbd(history), fit_gammagamma(history)
            started = time.perf_counter()
            worth = customer_lifetime_value(
                history, buying, spending, replace(TERMS, level=0.9), draws=200 * (TASK == "ranges")
            )
            total = worth.clv_total
            report(started, clv_total=total.value, low=total.low, high=total.high)
        elif TASK in ("laplace", "metropolis"):
            started = time.perf_counter()
            fitted = fit_bgnbd(history)
            if TASK == "laplace":
                draws = laplace_draws(fitted, 4_000, 1)
            else:
                draws, _ = metropolis_draws(fitted, 4_000, 1)
            ends = np.quantile(draws, [0.05, 0.95], axis=0)
            report(started, low=ends[0].tolist(), high=ends[1].tolist())
