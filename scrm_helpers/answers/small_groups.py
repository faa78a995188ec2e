"""Groups too small to be shown, and one more where a single one could be worked out from the total."""

from __future__ import annotations

import pandas as pd

# Columns that say how many people a row rests on, in the words of the tables.
BASES = ("People", "People on it", "People who stick to it", "Customers", "Answers", "Invited", "Referrals")


def too_small(base: pd.Series, fewest: int) -> pd.Series:
    """Mark the groups to hide: a group of nobody tells nothing of anybody and stays."""
    people = base.fillna(0)
    small = (people > 0) & (people < fewest)
    others = people[(people > 0) & ~small]
    if small.sum() == 1 and len(others):
        small = small | (people.index == others.idxmin())
    return small


def without_small_groups(table: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Leave out the rows that rest on too few people."""
    numeric = (name for name in BASES if name in table.columns and pd.api.types.is_numeric_dtype(table[name]))
    base = next(numeric, None)
    return table if base is None else table[~too_small(table[base].reset_index(drop=True), fewest).to_numpy()]
