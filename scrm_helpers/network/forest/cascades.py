"""Cascades: how many people are below everybody, how they spread, and what they credit those above with."""

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.referral_forest import NOBODY, Forest, build_forest
from scrm_helpers.stats.tree_sums import mean_distance, sum_below


def forest_table(
    referrals: pd.DataFrame,
    customers: pd.DataFrame | None,
    value: pd.Series,
    *,
    as_of: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Place everybody in the forest: parent, generation, people below, the credit for them, those brought directly."""
    forest = build_forest(referrals, customers, as_of=as_of)
    worth = values_of(forest, value)
    return pd.DataFrame(
        {
            "parent": forest.people.take(forest.parent, fill_value=np.nan, allow_fill=True).astype("str"),
            "generation": forest.generation,
            "cascade_size": cascade_sizes(forest),
            "cascade_value": np.nan if np.isnan(worth).all() else cascade_credit(forest, worth),
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


def cascade_credit(forest: Forest, value: np.ndarray, passed_on: float = 0.5) -> np.ndarray:
    """Let every referrer pass a share of the credit on to whoever brought them; of several referrers the first."""
    child = np.flatnonzero(forest.parent > NOBODY)
    worth = np.nan_to_num(value[child])
    direct = (1 - passed_on) * np.bincount(forest.parent[child], weights=worth, minlength=len(forest))
    return direct + sum_below(forest.parent, direct, passed_on)


def cascade_sizes(forest: Forest) -> np.ndarray:
    """Count the people below everybody: those a person brought, directly and through others."""
    return np.rint(sum_below(forest.parent, np.ones(len(forest)))).astype(np.int64)


def structural_virality(forest: Forest) -> pd.Series:
    """Measure for every cascade whether it spread from one to many or from hand to hand."""
    mean = mean_distance(forest.parent, forest.root)
    heads = np.flatnonzero(mean > 0)
    return pd.Series(mean[heads], index=heads)


def cascade_table(forest: Forest) -> pd.DataFrame:
    """Describe every cascade, a person nobody referred with everybody below: ``root, people, depth, breadth``."""
    virality = structural_virality(forest)
    below = pd.DataFrame({"root": forest.root, "generation": forest.generation})[forest.parent >= 0]
    level = below.groupby(["root", "generation"]).size().groupby(level="root")
    columns = {"people": level.sum() + 1, "depth": level.size(), "breadth": level.max(), "virality": virality}
    table = pd.DataFrame(columns).rename_axis("root").reset_index()
    return table.sort_values(["people", "root"], ascending=[False, True], ignore_index=True)
