"""The share of purchases that messages explain: estimated from orders around a reaction, and never taken for more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure

WINDOW_DAYS = 14


def estimated_influence_share(
    reacted: pd.DataFrame, transactions: pd.DataFrame, as_of: pd.Timestamp, window_days: int = WINDOW_DAYS
) -> Measure:
    """Estimate the share of purchases that messages explain: orders just after a reaction against just before it."""
    buyers = transactions[transactions["ordered_on"] <= as_of]
    usable = reacted[reacted["occurred_on"] + pd.Timedelta(days=window_days) <= as_of]
    usable = usable[["influenced", "occurred_on"]].drop_duplicates()
    own = buyers[buyers["customer_id"].isin(usable["influenced"])]
    if not len(own):
        reason = "nobody who reacted to a message has bought"
        return Measure(name="influence_share_of_purchases", value=None, unit="share", reason=reason)
    pairs = usable.merge(own[["customer_id", "ordered_on"]], left_on="influenced", right_on="customer_id")
    gap = (pairs["ordered_on"].dt.normalize() - pairs["occurred_on"].dt.normalize()).dt.days
    after, before = int(((gap > 0) & (gap <= window_days)).sum()), int(((gap < 0) & (gap >= -window_days)).sum())
    share, error = (after - before) / len(own), np.sqrt(max(after + before, 1)) / len(own)
    return Measure(
        name="influence_share_of_purchases",
        value=share,
        unit="share",
        n=len(usable),
        low=float(share - 1.96 * error),
        high=float(share + 1.96 * error),
        kind="attributed",
    )


def usable_share(estimate: Measure) -> tuple[float, str]:
    """Turn the estimate into a share that can be used, and say in words what it is."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return 0.0, f"Influence on purchases cannot be estimated, because {estimate.reason}; influence value is 0."
    span = numbers.interval(estimate.low, estimate.high, numbers.percent)
    if estimate.low > 0:
        share = min(estimate.value, 1.0)
        return share, (
            f"Messages go with {numbers.percent(share)} of the purchases of those who react to them (95% range {span})"
            "; influence value counts at that share."
        )
    share = min(max(estimate.high, 0.0), 1.0)
    return share, (
        f"No influence of messages on purchases can be shown (95% range {span} of the purchases of those who react); "
        "influence value counts at the upper end and is a limit, not an estimate."
    )
