"""Linkage: how many rows of each table, and how much money, belong to people of each other table."""

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.importing.joining.derived_tables import Completed, sums
from scrm_helpers.tables.importing.joining.joined_files import Joined
from scrm_helpers.tables.importing.joining.people_ids import PERSONS

_HOME = "customers"


def links_between(joined: Joined, done: Completed, currency: str) -> list[dict[str, Any]]:
    """Every pair of tables that name people; a row that names two is linked by either."""
    tables = {name: frame for name, frame in done.tables.items() if name != "aliases"}
    named = {name: [one for one in PERSONS[name] if one in frame] for name, frame in tables.items()}
    named = {name: columns for name, columns in named.items() if columns}
    places = [(name, one) for name, columns in named.items() for one in columns]
    cells = {place: joined.told.apart(tables[place[0]][place[1]]) for place in places}
    told, every = pd.factorize(pd.concat([*(ids for _, ids in cells.values()), pd.Series(dtype="str")]))
    parts = np.split(told, np.cumsum([len(ids) for _, ids in cells.values()])[:-1])
    ids = dict(zip(places, parts, strict=False))
    is_id = np.asarray(every != "", dtype=bool)
    people = {name: np.zeros(len(every), dtype=bool) for name in named}
    for (name, _), codes in ids.items():
        people[name][codes] = is_id[codes]
    total, found = done.net, []
    for first, second in permutations(named, 2):
        n = len(tables[first])
        ends = {one: people[second][ids[first, one]][cells[first, one][0]] for one in named[first]}
        rows = np.logical_or.reduce(list(ends.values())) if n else np.zeros(0, dtype=bool)
        said = list(joined.doubts.get(first, ())) if _HOME in (first, second) else []
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
