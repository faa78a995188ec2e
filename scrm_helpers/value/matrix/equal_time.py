"""What customers of the same age, or with as much time, would hold by chance alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance
from scrm_helpers.value.history.purchases import Orders

YEAR = 365


def top_share(values: np.ndarray, share: float = 0.2) -> float:
    """Return what the best customers hold of the sum."""
    ordered = np.sort(np.asarray(values, float))[::-1]
    whole, part = divmod(share * len(ordered), 1)
    edge = part * ordered[int(whole)] if part > 1e-9 and whole < len(ordered) else 0.0
    return float((ordered[: int(whole)].sum() + edge) / ordered.sum())


@dataclass(frozen=True)
class FirstYear:
    """The first year of everybody who had one: each customer's money in it, and the amounts of all orders in it."""

    values: pd.Series
    amounts: np.ndarray
    buyers: int  # customers with an order in it


def first_year(transactions: pd.DataFrame, customers: pd.DataFrame, as_of: pd.Timestamp) -> FirstYear:
    """Give everybody as much time: what was bought in the first year after joining, by customers who had one.

    Parameters
    ----------
    transactions, customers : DataFrame
        ``customer_id``, ``ordered_on``, ``amount``; ``customer_id``, ``joined_on``.
    as_of : Timestamp

    Returns
    -------
    FirstYear
    """
    joined = customers.set_index("customer_id")["joined_on"].dt.normalize()
    joined = joined[joined + pd.Timedelta(days=YEAR) <= as_of]
    kept = Orders.of(transactions).kept_rows(as_of)
    since = (kept["ordered_on"] - joined.reindex(kept["customer_id"]).to_numpy()).dt.days
    kept = kept[since < YEAR]  # an order before joining belongs to it
    values = kept.groupby("customer_id")["amount"].sum().reindex(joined.index, fill_value=0.0)
    return FirstYear(values, kept["amount"].to_numpy(float), kept["customer_id"].nunique())


def held_by_chance(equal: FirstYear, draws: int, seed: int) -> Chance:
    """Leave every buyer one order, as without it they were none; the further ones find a buyer by chance."""
    rng, n, amounts = np.random.default_rng(seed), equal.buyers, np.maximum(equal.amounts, 0.0)
    whose, held = np.arange(len(amounts)), []
    for _ in range(min(draws, max(20, 20_000_000 // len(amounts)))):
        whose[n:] = rng.integers(0, n, len(amounts) - n)
        held.append(top_share(np.bincount(whose, rng.permutation(amounts), len(equal.values))))
    low, high = np.quantile(held, [0.025, 0.975])
    how = "an order for every buyer, the further ones given to buyers by chance"
    return Chance(float(np.mean(held)), how, float(low), float(high))
