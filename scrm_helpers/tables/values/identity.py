"""Who is who: ids that differ only in what the eye overlooks, rows of people, and marks of who was forgotten."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
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
SMALL, CAPITAL = (97, 122), (65, 90)  # bytes of the letters a to z, A to Z
_OVERLOOKED = f"[{INVISIBLE}]"
_STEP = 16 * 1024**2


def is_text(kind: Any) -> bool:
    """Whether cells of this type are text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def matches(words: Any, pattern: str) -> np.ndarray:
    """Which texts hold the pattern; a blank one holds none."""
    return pc.match_substring_regex(words, pattern).fill_null(False).to_numpy(zero_copy_only=False)


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
    if holds(cells, (0, 32), (127, 255)) or (holds(cells, SMALL) and holds(cells, CAPITAL)):
        return True
    sizes = pc.min_max(pc.binary_length(cells)).as_py()
    return bool(sizes["min"] != sizes["max"] and pc.any(pc.starts_with(cells, "0")).as_py())


def holds(cells: Any, *spans: tuple[int, int], sign: str = "") -> bool:
    """Whether any byte of the texts is a sign or lies in a span: a look that spares a search in every cell."""
    spans = (*spans, *((byte, byte) for byte in sign.encode()))
    for chunk in getattr(cells, "chunks", [cells]):
        text = chunk.buffers()[2]
        view = np.frombuffer(text, np.uint8) if text else np.empty(0, np.uint8)
        for part in (view[at : at + _STEP] for at in range(0, len(view), _STEP)):
            if any((part == low if low == high else (part >= low) & (part <= high)).any() for low, high in spans):
                return True
    return False


def rows_of(ids: pd.Series, among: pd.Series) -> np.ndarray:
    """Return the position of each id in `among`, -1 where it is missing or unknown."""
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    known = pa.array(among, pa.large_string())
    cells = pa.array(ids, pa.large_string())

    def found(part: Any) -> np.ndarray:
        return pc.index_in(part, value_set=known, skip_nulls=True).fill_null(-1).to_numpy(zero_copy_only=False)

    return _in_halves(found, cells) if 4 * len(known) < len(cells) else found(cells)  # each half knows them all


def _in_halves(look: Callable[[Any], np.ndarray], cells: Any) -> np.ndarray:
    """Look at many cells on two processors."""
    if len(cells) < MANY:
        return look(cells)
    half = len(cells) // 2
    with ThreadPoolExecutor(2) as two:
        return np.concatenate(list(two.map(look, (cells.slice(0, half), cells.slice(half)))))


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


def all_differ(ids: pd.Series) -> bool:
    """Whether no two ids are the same; of many their hashes tell it, unless two of these are equal."""
    ids = ids.dropna()
    if len(ids) >= MANY:
        import duckdb

        with suppress(duckdb.Error), duckdb.connect(config={"temp_directory": ""}) as hashing:
            cells = hashing.from_arrow(pa.table({"id": pa.array(ids, pa.large_string())}))
            found = np.sort(np.asarray(cells.project("hash(id) AS h").fetchnumpy()["h"]))
            if (found[1:] != found[:-1]).all():
                return True
    return bool(ids.is_unique)


def says_nothing(cells: Any) -> np.ndarray:
    """Which texts are words that programs write where nothing is known."""

    def look(part: Any) -> np.ndarray:
        plain = pc.utf8_lower(pc.utf8_trim_whitespace(part))
        return pc.is_in(plain, value_set=pa.array(NOTHING, plain.type)).to_numpy(zero_copy_only=False)

    return _in_halves(look, cells)


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
    below, found = dict(zip(parents[inside].tolist(), inside.tolist(), strict=True)), []
    while below:
        walk = [next(iter(below.values()))]
        while (row := below.pop(int(children[walk[-1]]))) != walk[0]:
            walk.append(row)
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


PREFIX = "forgotten:"


def as_compared(name: object) -> str:
    """An id or a mail address as it is compared: of a mail the case does not count."""
    text = "" if name is None else str(name).strip()
    return text.lower() if "@" in text else text


def mark_of(name: str, salt: str) -> str:
    """The mark of an id or a mail address."""
    return f"{PREFIX}{salt}:{hashlib.sha256(f'{salt} {as_compared(name)}'.encode()).hexdigest()[:32]}"


def salts_of(marks: Iterable[str]) -> set[str]:
    """The salts of known marks."""
    return {one.split(":")[1] for one in marks if one.startswith(PREFIX) and one.count(":") == 2}


def new_salt(marks: Iterable[str]) -> str:
    """One salt for a folder: that of its marks, or a new one."""
    return min(salts_of(marks), default=secrets.token_hex(8))


def is_marked(names: pd.Series | pd.Index, marks: Iterable[str]) -> np.ndarray:
    """Which ids or mail addresses are those of somebody forgotten."""
    known = set(marks)
    salts = salts_of(known)
    different = names.dropna().unique().tolist() if salts else []
    gone = [one for one in different if any(mark_of(str(one), salt) in known for salt in salts)]
    return np.asarray(names.isin(gone))
