"""Linkage: how many rows of each table, and how much money, belong to people of each other table."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.importing.joining.derived_tables import sums
from scrm_helpers.tables.importing.joining.people_ids import PERSONS, Frames
from scrm_helpers.tables.values.identity import rows_of

_HOME = "customers"


def links_between(tables: Frames, currency: str, doubts: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Every pair of tables that name people; a row that names two is linked by either."""
    named = {table: [one for one in PERSONS[table] if one in frame] for table, frame in tables.items()}
    named = {table: columns for table, columns in named.items() if columns and table != "aliases"}
    people = {table: pd.concat([tables[table][one] for one in columns]) for table, columns in named.items()}
    people = {table: ids[ids.ne("")].drop_duplicates() for table, ids in people.items()}
    found = []
    for first, second in permutations(named, 2):
        frame = tables[first]
        ends = {one: rows_of(frame[one], people[second]) >= 0 for one in named[first]}
        rows = np.logical_or.reduce(list(ends.values()))
        said = list(doubts.get(first, ())) if _HOME in (first, second) else []
        if len(ends) > 1:
            said.append("; ".join(f"{one} of {within.sum():,} of {len(frame):,} rows" for one, within in ends.items()))
        is_money = first == "transactions"
        left = sums(frame[~rows], currency) if is_money else {}
        said += [f"orders of {code} {total:f} belong to nobody in {second}" for code, total in sorted(left.items())]
        money = {code: f"{total:f}" for code, total in sums(frame[rows], currency).items()} if is_money else None
        linked = int(rows.sum())
        found.append(
            {"from": first, "to": second, "rows": len(frame), "linked": linked, "money": money, "doubts": said}
        )
    return found
