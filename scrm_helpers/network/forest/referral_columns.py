"""The referral columns of the value table: one row per person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.ancestors import NOBODY
from scrm_helpers.network.forest.credit import cascade_credit, cascade_sizes
from scrm_helpers.network.forest.referral_forest import Forest, Rule, build_forest


def forest_table(
    referrals: pd.DataFrame,
    customers: pd.DataFrame | None,
    value: pd.Series,
    *,
    as_of: str | pd.Timestamp | None = None,
    rule: Rule = "first",
    passed_on: float = 0.5,
) -> pd.DataFrame:
    """Work out where everybody stands in the referral forest and what the people below are worth.

    Parameters
    ----------
    referrals : pandas.DataFrame
        Table *referrals*: ``referrer_id``, ``referred_id``, ``referred_on`` and ``converted_on``.
    customers : pandas.DataFrame or None
        Table *customers*: ``customer_id``, ``joined_on`` where known.
    value : pandas.Series of float
        Value of each person (margin, lifetime value), indexed by person id; people without one count as none.
    as_of : str or Timestamp, optional
        Day of the report; what happened later is left out.
    rule : {"first", "last", "split"}
        Who is credited when several people referred the same person.
    passed_on : float
        Share of the credit handed up at every step, from 0 to below 1.

    Returns
    -------
    DataFrame
        Indexed by ``person_id`` (customers in the order given, then referrers who are no customers, by id):
        ``parent`` (id of the credited referrer, or missing), ``generation`` (0 for people nobody referred),
        ``cascade_size`` (people below, the person not counted), ``cascade_value`` (credit for their value, attributed;
        missing where `value` is missing for everybody), ``referrals_credited`` (customers brought directly).

    Examples
    --------
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01", "2026-02-01"])})
    >>> people = forest_table(rows, None, pd.Series({"B": 10.0, "C": 100.0}))
    >>> people["cascade_value"].tolist(), people["cascade_size"].tolist()
    ([30.0, 50.0, 0.0], [2, 1, 0])
    """
    forest = build_forest(referrals, customers, as_of=as_of, rule=rule)
    return people_table(forest, value, passed_on=passed_on)


def people_table(forest: Forest, value: pd.Series, *, passed_on: float = 0.5) -> pd.DataFrame:
    """Write a forest as one row per person; see :func:`forest_table`."""
    worth = values_of(forest, value)
    credited = cascade_credit(forest, worth, passed_on)
    return pd.DataFrame(
        {
            "parent": forest.people.take(forest.parent, fill_value=np.nan, allow_fill=True).astype("str"),
            "generation": forest.generation,
            "cascade_size": cascade_sizes(forest),
            "cascade_value": np.full(len(forest), np.nan) if np.isnan(worth).all() else credited,
            "referrals_credited": np.bincount(forest.parent[forest.parent > NOBODY], minlength=len(forest)),
        },
        index=forest.people.rename("person_id"),
    )


def values_of(forest: Forest, value: pd.Series) -> np.ndarray:
    """Bring values indexed by person id into the order of the forest, missing where a person has none."""
    amounts = value.to_numpy(dtype=np.float64)
    if value.index.equals(forest.people[: len(value)]):  # the usual case; looking up millions of ids takes a minute
        return np.concatenate([amounts, np.full(len(forest) - len(value), np.nan)])
    return value.reindex(forest.people).to_numpy(dtype=np.float64)
