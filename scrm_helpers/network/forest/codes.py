"""Text ids to positions: everything after this works on flat arrays of whole numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.answers.refusal import Refusal

MISSING, STRANGER = -1, -2
LARGE = 300_000  # ids above which a join in DuckDB is faster than an index in pandas


def encode(referrals: pd.DataFrame, customers: pd.DataFrame | None) -> tuple[pd.Index, int, np.ndarray, np.ndarray]:
    """Number the people and write both ends of every referral as numbers."""
    first, second = referrals["referrer_id"].astype("str"), referrals["referred_id"].astype("str")
    if customers is None:
        listed = pd.Index(np.sort(pd.concat([first, second]).dropna().unique()), dtype="str")
    else:
        listed = pd.Index(customers["customer_id"], dtype="str", name=None)
    known = len(listed)
    find = _find_by_join if known + 2 * len(referrals) > LARGE else _find_by_index
    source, target = find(listed, first, second)
    strange = (source < 0) & first.notna().to_numpy()
    others = pd.Index(np.sort(first[strange].unique()), dtype="str")
    source[strange] = known + others.get_indexer(pd.Index(first[strange]))
    strange = (target < 0) & second.notna().to_numpy()
    place = others.get_indexer(pd.Index(second[strange]))
    target[strange] = np.where(place < 0, STRANGER, known + place)
    return listed.append(others), known, source, target


def _find_by_index(listed: pd.Index, first: pd.Series, second: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions in `listed`, -1 where absent or missing."""
    if not listed.is_unique:
        _refuse(str(listed[listed.duplicated()][0]))
    found = (np.where(ids.isna(), MISSING, listed.get_indexer(pd.Index(ids))) for ids in (first, second))
    source, target = (place.astype(np.int32) for place in found)
    return source, target


def _find_by_join(listed: pd.Index, first: pd.Series, second: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Do the same as one join in DuckDB: four times faster for millions of ids."""
    import duckdb
    import pyarrow as pa

    numbers = np.arange(max(len(listed), len(first)), dtype=np.int32)
    with duckdb.connect() as engine:
        engine.register("listed", pa.table({"id": pa.array(listed), "place": numbers[: len(listed)]}))
        engine.register(
            "ends", pa.table({"row": numbers[: len(first)], "one": pa.array(first), "two": pa.array(second)})
        )
        if engine.execute("SELECT count(DISTINCT id) FROM listed").fetchall() != [(len(listed),)]:
            repeated = "SELECT id FROM listed GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"
            _refuse(engine.execute(repeated).fetchall()[0][0])
        joined = engine.execute(
            "SELECT row, source.place AS source, target.place AS target FROM ends "
            "LEFT JOIN listed AS source ON one = source.id LEFT JOIN listed AS target ON two = target.id"
        ).fetchnumpy()
    source, target = (np.full(len(first), MISSING, dtype=np.int32) for _ in range(2))
    source[joined["row"]] = np.ma.filled(joined["source"], MISSING)
    target[joined["row"]] = np.ma.filled(joined["target"], MISSING)
    return source, target


def _refuse(twice: str) -> None:
    raise Refusal(f"Customer {twice!r} occurs twice among the customers. Their value would count double. Keep one row.")
