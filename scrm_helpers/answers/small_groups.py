"""Which groups are too small to show, and which others must go with them: the one rule of all tables and figures."""

import numpy as np
import pandas as pd

# Columns that say how many people a row rests on, in the words of the tables.
BASES = (
    *("People", "People on it", "People who stick to it", "Customers", "Answers", "Invited", "Answered", "Promoters"),
    *("Referrals", "Writers", "Still observed", "Customers observed so long", "Buyers of the year before"),
)


def too_small(base: pd.Series, fewest: int) -> pd.Series:
    """Mark the groups to hide, so that no total gives one away; a group of nobody tells of nobody and stays."""
    # One hidden group is the total less the others, and so are several together: the next smallest join them until
    # there are two, with `fewest` people or more among them.
    people = base.fillna(0).to_numpy(float)
    small = (people > 0) & (people < fewest)
    if not small.any():
        return pd.Series(small, base.index)
    order = np.argsort(np.where(people > 0, people, np.inf), kind="stable")
    together = np.cumsum(people[order])
    least = max(int(small.sum()), 2, int(np.searchsorted(together, fewest)) + 1)
    small[order[:least]] = True
    return pd.Series(small & (people > 0), base.index)


def without_small_groups(table: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Leave out the rows that rest on too few people, by any column that counts them."""
    shown = pd.Series(data=True, index=range(len(table)))
    for name in BASES:
        if name in table and pd.api.types.is_numeric_dtype(table[name]):
            shown &= ~too_small(table[name].reset_index(drop=True), fewest)
    return table[shown.to_numpy()]
