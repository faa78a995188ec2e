"""Who is who: ids that differ only in case, spaces, invisible characters or leading zeros, and rows of people."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scrm_helpers.tables.contract.accepted_words import INVISIBLE, NOTHING

MANY = 1_000_000
"""Ids that are worth a second processor."""
_OVERLOOKED = f"[{INVISIBLE}]"


def is_text(kind: Any) -> bool:
    """Whether cells of this type are text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def matches(words: Any, pattern: str) -> np.ndarray:
    """Which texts hold the pattern."""
    return pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)


def plain_form(ids: pd.Series) -> pd.Series:
    """Return ids stripped of what the eye overlooks, for comparison only."""
    cells = pa.array(ids, pa.large_string())
    if not pc.all(pc.string_is_ascii(cells)).as_py():
        cells = pc.utf8_normalize(cells, form="NFKC")
    if pc.any(pc.match_substring_regex(cells, _OVERLOOKED)).as_py():
        cells = pc.replace_substring_regex(cells, _OVERLOOKED, "")
    return pd.Series(pc.utf8_ltrim(pc.utf8_lower(cells), characters="0"), ids.index, dtype="str")


def near_twins(ids: pd.Series) -> list[tuple[str, ...]]:
    """Return groups of different ids that look the same."""
    if not _may_have_twins(ids):
        return []
    different = ids.dropna().drop_duplicates()
    plain = plain_form(different)
    alike = plain.duplicated(keep=False)
    return sorted(tuple(sorted(group)) for _, group in different[alike].groupby(plain[alike]))


def _may_have_twins(ids: pd.Series) -> bool:
    """Whether anything the eye overlooks stands in the ids at all; most tables are done after this one look."""
    cells = pa.array(ids, pa.large_string())

    def somewhere(pattern: str) -> bool:
        return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())

    if not somewhere("[^!-~]|^0|[a-z]"):
        return False
    sizes = pc.min_max(pc.binary_length(cells)).as_py()
    one_length = sizes["min"] == sizes["max"]
    return somewhere("[^!-~]") or (somewhere("[a-z]") and somewhere("[A-Z]")) or (not one_length and somewhere("^0"))


def rows_of(ids: pd.Series, among: pd.Series) -> np.ndarray:
    """Return the position of each id in `among`, -1 where it is missing or unknown."""
    known = pa.array(among, pa.large_string())
    cells = pa.array(ids, pa.large_string())

    def found(part: Any) -> np.ndarray:
        positions = pc.index_in(part, value_set=known, skip_nulls=True).fill_null(-1)
        return positions.to_numpy(zero_copy_only=False)

    if len(cells) < MANY:
        return found(cells)
    half = len(cells) // 2
    with ThreadPoolExecutor(2) as two:
        return np.concatenate(list(two.map(found, (cells.slice(0, half), cells.slice(half)))))


class Told:
    """The different texts of columns and which of them each row has; a column that comes again is not told again."""

    def __init__(self) -> None:
        self._known: list[tuple[Any, np.ndarray, pd.Series]] = []

    def apart(self, column: pd.Series) -> tuple[np.ndarray, pd.Series]:
        """A number for each row, and the text that it stands for, in the order in which they come."""
        cells = pa.array(column, pa.large_string())
        cells = cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])
        for known, codes, texts in self._known:
            if known.equals(cells):
                return codes, texts
        numbers, different = pd.factorize(column)
        self._known.append((cells, numbers, pd.Series(different, dtype="str")))
        return self._known[-1][1:]


def n_different(ids: pd.Series) -> int:
    """Count different ids; of many DuckDB does it, on all processors."""
    if len(ids) >= MANY:
        import duckdb

        with suppress(duckdb.Error), duckdb.connect(config={"temp_directory": ""}) as counting:
            cells = counting.from_arrow(pa.table({"id": pa.array(ids, pa.large_string())}))
            return int(cells.aggregate("count(DISTINCT id)").fetchall()[0][0])
    return int(ids.nunique())


def says_nothing(cells: Any) -> np.ndarray:
    """Which texts are words that programs write where nothing is known."""
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    return pc.is_in(plain, value_set=pa.array(NOTHING, plain.type)).to_numpy(zero_copy_only=False)


def forms(ids: pd.Series) -> pd.Series:
    """The form of an id: every digit as 9, small letters as a, capital ones as A."""
    shape = ids.str.replace(r"\d", "9", regex=True)
    first = shape.str.extract(r"^([^9]*)", expand=False)
    return shape.where(first.str.len() <= 3, shape.str.replace("[a-z]", "a", regex=True))


def circles(child: pd.Series, parent: pd.Series) -> list[np.ndarray]:
    """Return the circles among child -> parent pairs: their rows in order from parent to child (first rows count)."""
    codes, people = pd.factorize(pd.concat([child, parent], ignore_index=True))
    children, parents = np.split(codes, 2)
    rows = np.flatnonzero((children != parents) & ~pd.Series(children).duplicated().to_numpy())
    inside, _ = within_rings(rows, children, parents, len(people))
    below, found, seen = dict(zip(parents[inside].tolist(), inside.tolist(), strict=True)), [], set[int]()
    for row in inside.tolist():
        walk = []
        while row not in seen:
            seen.add(row)
            walk.append(row)
            row = below[children[row]]
        if walk:
            found.append(np.array(walk))
    return found


def within_rings(rows: np.ndarray, child: np.ndarray, parent: np.ndarray, people: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep the rows of child and parent whose two ends reach each other, and name the ring of each."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(rows), dtype=np.int8), (parent[rows], child[rows])), shape=(people, people))
    _, label = connected_components(edges.tocsr(), directed=True, connection="strong")
    inside = label[child[rows]] == label[parent[rows]]
    return rows[inside], label[child[rows[inside]]]
