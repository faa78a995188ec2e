"""CSV record by record with the standard library, strictly: for unusual quotes, and to name the line at fault."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.receipts import CompanyRefused
from scrm_helpers.tables.reading.files import refused

FIELD_LIMIT = 10_000_000
_BATCH = 50_000


@dataclass(frozen=True)
class Cells:
    """Rows of a CSV file."""

    columns: dict[int, Any]  # position in the file -> text, null where empty
    n_rows: int  # rows behind the header
    lines: np.ndarray | None  # physical line on which each row starts; None when row ``i`` is line ``i + 2``
    n_blank_lines: int = 0  # empty lines, which are no rows


def read_exactly(body: memoryview, width: int, delimiter: str, table: str, file: str) -> Cells:
    """Read all records behind the header, each with the line it starts on."""
    import pyarrow as pa

    chunks: list[list[pa.Array]] = [[] for _ in range(width)]
    starts: list[np.ndarray] = []
    uneven: list[tuple[int, int]] = []
    n_rows = n_blank = 0
    for records, lines, blank, odd in _records(body, width, delimiter, table, file):
        n_blank += blank
        n_rows += len(records)
        uneven += odd
        starts.append(lines)
        if records and not uneven:
            for parts, cells in zip(chunks, zip(*records, strict=True), strict=True):
                parts.append(pa.array([cell or None for cell in cells], pa.string()))
    if uneven:
        raise _uneven(uneven, width, n_rows, table, file, delimiter, int(np.concatenate(starts)[-1]))
    columns = {position: pa.chunked_array(parts, pa.string()) for position, parts in enumerate(chunks)}
    return Cells(columns, n_rows, np.concatenate(starts), n_blank)


def _records(
    body: memoryview, width: int, delimiter: str, table: str, file: str
) -> Iterator[tuple[list[list[str]], np.ndarray, int, list[tuple[int, int]]]]:
    """Yield batches of rows with their first lines, the count of blank lines, and (line, fields) of uneven rows."""
    last = ""

    def physical_lines() -> Iterator[str]:
        nonlocal last
        for line in io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""):
            last = line
            yield line

    before = csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(physical_lines(), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    odd: list[tuple[int, int]] = []
    blanks: list[int] = []
    begin = 0
    try:
        for record in reader:
            first, begin = begin + 1, reader.line_num
            if last.endswith("\r"):
                raise _bare_cr(table, file, (first,), 1)
            if first == 1:
                continue
            if not record:
                blanks.append(first)
                continue
            if len(record) != width:
                odd.append((first, len(record)))
            records.append(record)
            lines.append(first)
            if len(records) == _BATCH:
                yield records, np.array(lines, dtype=np.int64), len(blanks), odd
                records, lines, odd, blanks = [], [], [], []
        yield records, np.array(lines, dtype=np.int64), len(blanks), odd
    except csv.Error as error:
        raise _quote_fault(str(error), begin + 1, table, file) from None
    finally:
        csv.field_size_limit(before)


def _quote_fault(error: str, line: int, table: str, file: str) -> CompanyRefused:
    if "field larger" in error:
        return refused(table, file, f"A cell is longer than {FIELD_LIMIT:,} characters.", "Shorten it.", lines=(line,))
    return refused(
        table,
        file,
        "A quotation mark is not closed, or stands inside a quoted cell.",
        'Close it; write a quotation mark inside a cell twice ("").',
        why="Rows after it would disappear inside one cell.",
        lines=(line,),
    )


def _bare_cr(table: str, file: str, lines: tuple[int, ...], n: int) -> CompanyRefused:
    return refused(
        table,
        file,
        "A carriage return stands alone (an old line ending, or a line break inside an unquoted cell).",
        "Save the file with ordinary line endings and quote cells that hold line breaks.",
        why="One row would be read as two.",
        lines=lines,
        n=n,
    )


def _uneven(
    uneven: list[tuple[int, int]], width: int, n_rows: int, table: str, file: str, delimiter: str, last: int
) -> CompanyRefused:
    sizes = {size for _, size in uneven}
    lines = tuple(line for line, _ in uneven[:5])
    line, size = uneven[0]
    shape = "fewer or more" if min(sizes) < width < max(sizes) else "fewer" if max(sizes) < width else "more"
    many = "All rows have" if len(uneven) == n_rows else f"{len(uneven):,} of {n_rows:,} rows have"
    todo = "Quote cells that hold the delimiter, and give every row as many cells as the header."
    if shape == "fewer" and len(uneven) < min(n_rows, 4) and uneven[-1][0] == last:
        todo = "Remove the total or remark below the table; else give every row as many cells as the header."
    elif shape == "more" and delimiter == ",":
        todo += " Where the comma is the decimal mark, export with semicolons between the cells."
    return refused(
        table,
        file,
        f"{many} {shape} cells than the header, which has {width} (line {line} has {size}).",
        todo,
        why="Values would slip into the wrong columns.",
        lines=lines,
        n=len(uneven),
    )
