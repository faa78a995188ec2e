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
    # each different id is looked up once: (which of the ids each row has, the ids)
    cells = {table: {one: pd.factorize(tables[table][one]) for one in columns} for table, columns in named.items()}
    people = {table: pd.Series(np.concatenate([ids for _, ids in ends.values()])) for table, ends in cells.items()}
    people = {table: ids[ids.ne("")].drop_duplicates() for table, ids in people.items()}
    total = sums(tables["transactions"], currency) if "transactions" in named else {}
    found = []
    for first, second in permutations(named, 2):
        n = len(tables[first])
        ends = {
            one: (rows_of(pd.Series(ids), people[second]) >= 0)[codes] for one, (codes, ids) in cells[first].items()
        }
        rows = np.logical_or.reduce(list(ends.values())) if n else np.zeros(0, dtype=bool)
        said = list(doubts.get(first, ())) if _HOME in (first, second) else []
        if len(ends) > 1:
            said.append("; ".join(f"{one} of {within.sum():,} of {n:,} rows" for one, within in ends.items()))
        money = None
        if first == "transactions":
            part = total if rows.all() else sums(tables[first][rows], currency)
            money = {code: f"{amount:f}" for code, amount in part.items()}
            left = {code: amount - part.get(code, 0) for code, amount in total.items()}
            said += [
                f"orders of {code} {rest:f} belong to nobody in {second}" for code, rest in sorted(left.items()) if rest
            ]
        linked = int(rows.sum())
        found.append({"from": first, "to": second, "rows": n, "linked": linked, "money": money, "doubts": said})
    return found
