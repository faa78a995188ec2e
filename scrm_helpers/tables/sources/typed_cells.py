"""From the cells of a sheet or the rows of a database, each of a type of its own, to columns as of a file."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain, islice
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column
from scrm_helpers.tables.contract.receipts import Message, listed
from scrm_helpers.tables.reading.columnar import as_text
from scrm_helpers.tables.reading.files import BYTES_LIMIT, Origin, RawTable
from scrm_helpers.tables.reading.header import FIRST_ROWS, match_columns

_WHOLE = 1e15  # beyond, a number of a spreadsheet has lost digits
_WRITTEN = (str, bool, int, float, Decimal, dt.date, dt.datetime, dt.time, dt.timedelta, UUID)
Rows = Iterable[Sequence[Sequence[Any]]]
"""Rows of cells, in parts."""


def table_of_rows(header: list[str], parts: Rows, origin: Origin, sha256: str, mark: str) -> RawTable:
    """Make a table of rows whose cells have types; numbers are written with this decimal mark."""
    waiting = iter(parts)
    first = next(waiting, [])
    matched = match_columns(header, origin, lambda: _firsts(header, first))
    found: dict[str, list[pa.Array]] = {name: [] for name in matched.positions}
    n_rows, size, numbered = 0, 0, Counter[str]()
    for rows in chain([first], waiting):
        for name, place in matched.positions.items():
            column, cells = origin.declared.column(name), [row[place] for row in rows]
            if column.kind == "id":
                numbered[name] += sum(isinstance(cell, float) for cell in cells)
            found[name].append(_array(cells, column, mark, origin))
            size += found[name][-1].nbytes
        n_rows += len(rows)
        if size > BYTES_LIMIT:
            raise origin.too_large()
    columns = {name: _joined(arrays) for name, arrays in found.items()}
    said = _ids_from_numbers(+numbered, origin)
    return RawTable(origin=origin, columns=columns, n_rows=n_rows, sha256=sha256, matched=matched, said=said)


def _firsts(header: list[str], rows: Sequence[Sequence[Any]]) -> dict[int, list[str]]:
    some = list(islice(rows, FIRST_ROWS))
    return {place: [str(written(row[place], ".") or "") for row in some] for place in range(len(header))}


def _array(cells: list[Any], column: Column, mark: str, origin: Origin) -> pa.Array:
    """Days stay days; all else becomes the text that it shows."""
    cells = [None if cell is None or cell == "" or cell != cell else cell for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    strange = sorted(kind.__name__ for kind in kinds if kind not in _WRITTEN)
    if strange:
        what = f"The column {column.name} holds {listed(strange)}, neither text nor number nor day."
        raise origin.refused(what, "Let the query or the system write it as text.", column=column.name)
    if column.kind == "date" and kinds and kinds <= {dt.date, dt.datetime}:
        moments = [dt.datetime.combine(cell, dt.time()) if type(cell) is dt.date else cell for cell in cells]
        zones = {cell.tzinfo is not None for cell in moments if cell is not None}
        if len(zones) == 1:
            return pa.array(moments, pa.timestamp("us", tz="UTC" if True in zones else None))
    return pa.array([written(cell, mark if column.kind in NUMERIC else ".") for cell in cells], pa.large_string())


def written(cell: Any, mark: str) -> str | None:
    """Write a cell as a person reads it: a whole number without .0, a day as ISO."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and abs(cell) >= _WHOLE:
        return f"{cell:.5E}"  # said to be damaged where it is an id
    if isinstance(cell, (float, Decimal)):
        exact = Decimal(f"{cell:.15g}") if isinstance(cell, float) else cell
        whole = exact.to_integral_value()
        return format(whole if exact == whole else exact, "f").replace(".", mark)
    if isinstance(cell, dt.datetime):
        midnight = cell.tzinfo is None and cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="auto")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


def _joined(arrays: list[pa.Array]) -> pa.ChunkedArray:
    """Put the parts of a column together; where their types differ, all become text."""
    kinds = {array.type for array in arrays if array.null_count < len(array)}
    if len(kinds) > 1:
        arrays, kinds = [as_text(pc.cast(array, pa.large_string())) for array in arrays], {pa.large_string()}
    kind = next(iter(kinds), pa.large_string())
    return pa.chunked_array([pc.cast(array, kind) for array in arrays] or [pa.array([], kind)], kind)


def table_of_arrow(given: pa.Table, origin: Origin, sha256: str) -> RawTable:
    """Make a table of typed columns; ids that are kept as numbers become text."""
    some = [column.to_pylist() for column in given.slice(0, FIRST_ROWS).columns]
    rows = list(zip(*some, strict=True))
    matched = match_columns(given.column_names, origin, lambda: _firsts(given.column_names, rows))
    columns, numbered = {}, dict[str, int]()
    for name, place in matched.positions.items():
        cells, column = given.column(place), origin.declared.column(name)
        if pa.types.is_nested(cells.type) or pa.types.is_binary(cells.type):
            what = f"The column {name} holds lists, records or bytes."
            raise origin.refused(what, "Let the query write it as text.", column=name)
        floating = pa.types.is_floating(cells.type)
        if column.kind in ("id", "group", "text") and (floating or pa.types.is_decimal(cells.type)):
            texts = [written(cell, ".") for cell in cells.to_pylist()]
            numbered |= {name: len(cells) - cells.null_count} if floating and column.kind == "id" else {}
            cells = pa.chunked_array([pa.array(texts, pa.large_string())])
        columns[name] = as_text(cells)
    said = _ids_from_numbers(numbered, origin)
    return RawTable(origin=origin, columns=columns, n_rows=given.num_rows, sha256=sha256, matched=matched, said=said)


def _ids_from_numbers(numbered: Mapping[str, int], origin: Origin) -> tuple[Message, ...]:
    """Say which ids are numbers where they come from."""
    if not numbered:
        return ()
    names, most = listed(list(numbered)), max(numbered.values())
    what = f"Ids in {names} are stored as numbers, in {most:,} rows: 123.0 is read as '123'."
    why = "A number has lost its leading zeros, and the same id in another table would be a different one."
    todo = "Nothing, if the ids have no leading zeros; else store them as text."
    return (replace(origin.fault(what, todo, why, column=next(iter(numbered)), n=most), level="warning"),)


def in_one_order(raw: RawTable) -> RawTable:
    """Sort the rows of a query, which a database may give in any order, and name their content by its checksum."""
    table = pa.table(raw.columns)
    table = table.sort_by([(name, "ascending") for name in table.column_names])
    digest, bare = hashlib.sha256(repr(table.column_names).encode()), arrow_csv.WriteOptions(include_header=False)
    for batch in table.to_batches():
        written_out = pa.BufferOutputStream()
        arrow_csv.write_csv(batch, written_out, bare)
        digest.update(written_out.getvalue())
    columns = {name: table.column(name) for name in table.column_names}
    return replace(raw, columns=columns, sha256=digest.hexdigest(), lines=np.empty(0, dtype=int))
