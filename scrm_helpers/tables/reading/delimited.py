"""CSV files, strictly: nothing is repaired, padded or inferred, and every fault has its line.

The reader stays own code because those of pandas, DuckDB and Arrow take an unclosed quote for a long cell or do not
name the line at fault. Arrow splits the bytes where it is proven to agree with the standard library: no carriage return
stands alone, no empty line stands between rows, and every quotation mark is either at an end of a cell or one of a
doubled pair. Then quotes open and close alternately, so that no row can hide in a cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, counted
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import RawTable, refused
from scrm_helpers.tables.reading.header import (
    DELIMITERS,
    FIRST_ROWS,
    Firsts,
    cause_of_missing,
    match_columns,
    read_header,
    swallowed_rows,
)

BOM = b"\xef\xbb\xbf"
_CHUNK = 16 * 1024**2


def refuse_other_encodings(content: bytes, table: str, file: str) -> None:
    """Pass strict UTF-8, with at most one byte order mark and without zero bytes."""
    start = content[:4]
    save = "Save the file as CSV UTF-8."
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise refused(table, file, "The file is UTF-16 text, not UTF-8.", save, lines=(1,))
    if content.startswith(BOM * 2):
        raise refused(table, file, "The file starts with two byte order marks.", save, lines=(1,))
    position = content.find(b"\x00")
    if position >= 0:
        line = content.count(b"\n", 0, position) + 1
        likely = content.count(b"\x00", 0, 4096) > len(content[:4096]) // 4
        what = "The file looks like UTF-16 text, not UTF-8." if likely else "The file holds a zero byte."
        raise refused(table, file, what, save, lines=(line,))
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", min(begin + _CHUNK, len(content))) + 1 or len(content)
        try:
            str(memoryview(content)[begin:end], "utf-8")
        except UnicodeDecodeError as error:
            position = begin + error.start
            line = content.count(b"\n", 0, position) + 1
            what = f"The file is not UTF-8 (byte 0x{content[position]:02x}); it is probably Latin-1 or Windows-1252."
            raise refused(table, file, what, save, lines=(line,)) from None
        begin = end


_FIRST_BYTES = 256 * 1024


def read_csv(content: bytes, table: str, file: str, sha256: str, source: Source) -> RawTable:
    """Read the bytes of a CSV file as columns of text."""
    refuse_other_encodings(content, table, file)
    marked = content.startswith(BOM)
    body = memoryview(content)[len(BOM) if marked else 0 :]
    end = content.find(b"\n")
    first = content[len(content) - len(body) : len(content) if end < 0 else end + 1]
    declared = TABLES[table]
    header, delimiter = read_header(first, declared, file, source)
    cause = cause_of_missing(body, header, declared, file, source)
    if cause is not None:
        raise cause
    matched = match_columns(header, declared, file, source, lambda: _first_cells(body, delimiter))
    wanted = matched.positions
    cells = read_fast(body, len(header), delimiter, set(wanted.values()))
    if cells is None:
        cells = read_exactly(body, len(header), delimiter, table, file)
    raw = RawTable(
        table=table,
        file=file,
        columns={name: cells.columns[position] for name, position in wanted.items()},
        n_rows=cells.n_rows,
        sha256=sha256,
        encoding="UTF-8 with BOM" if marked else "UTF-8",
        delimiter=DELIMITERS[delimiter],
        lines=cells.lines,
        ignored=matched.ignored,
        respelled=matched.respelled,
        alike=matched.alike,
        n_blank_lines=cells.n_blank_lines,
    )
    if cells.lines is not None:
        hiding = swallowed_rows(cells.columns, len(header), delimiter, wanted, declared)
        if len(hiding):
            raise refused(
                table,
                file,
                f"In {counted(len(hiding), 'row')} a cell seems to hold the rest of the row and the start of another.",
                "Close the quotation mark of the cell that starts on this line.",
                why="Rows would disappear inside one cell.",
                lines=raw.lines_of(hiding),
                n=len(hiding),
            )
    return raw


def _first_cells(body: memoryview, delimiter: str) -> Firsts:
    """First values of every column, to compare their look; faults of the rows are found later."""
    lines = str(body[:_FIRST_BYTES], "utf-8", errors="ignore").splitlines()[1:FIRST_ROWS]
    rows = islice(csv.reader(lines, delimiter=delimiter), FIRST_ROWS)
    return {place: list(cells) for place, cells in enumerate(zip_longest(*rows, fillvalue=""))}


_STEP = 64 * 1024**2
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


def read_fast(body: memoryview, width: int, delimiter: str, wanted: set[int]) -> Cells | None:
    """Read plain CSV; None when the proof or Arrow fails, and the exact reader must decide."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    view = np.frombuffer(body, dtype=np.uint8)
    breaks = _positions(view, _NEWLINE)
    returns = _positions(view, _RETURN)
    if len(returns) and (returns[-1] + 1 == len(view) or (view[returns + 1] != _NEWLINE).any()):
        return None
    quotes = _positions(view, _QUOTE)
    if not _plain_quotes(view, quotes, ord(delimiter)):
        return None
    inside = np.searchsorted(quotes, breaks) % 2 == 1
    ends = np.flatnonzero(~inside)
    starts = _starts(view, breaks[ends], ends)
    if starts is None:
        return None
    names = [str(position) for position in range(width)]
    multiline = bool(inside.any())
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1, block_size=8 * 1024**2),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if len(quotes) else False, newlines_in_values=multiline
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names if multiline else [str(position) for position in sorted(wanted)],
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != len(starts) - 1:
        return None
    columns = {int(name): table.column(name) for name in table.column_names}
    return Cells(columns, table.num_rows, starts[1:] if multiline else None)


def _positions(view: np.ndarray, byte: int) -> np.ndarray:
    """Positions of a byte, searched step by step to spare memory."""
    found = [np.flatnonzero(view[begin : begin + _STEP] == byte) + begin for begin in range(0, len(view), _STEP)]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _plain_quotes(view: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether quotes open at the start of a cell and close at its end, doubled ones aside."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = opening[1:] == closing[:-1] + 1
    before = view[opening[1:] - 1]
    after = view[closing[:-1] + 1]
    starts = (before == delimiter) | (before == _NEWLINE) | doubled
    stops = (after == delimiter) | (after == _NEWLINE) | (after == _RETURN) | doubled
    if not (starts.all() and stops.all()):
        return False
    if not len(quotes):
        return True
    first, last = opening[0], closing[-1] + 1
    first_fits = first == 0 or view[first - 1] in (delimiter, _NEWLINE)
    return bool(first_fits and (last == len(view) or view[last] in (delimiter, _NEWLINE, _RETURN)))


def _starts(view: np.ndarray, breaks: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """First line of every record, the header being the first; None when an empty line stands between records."""
    begins = np.concatenate([[0], breaks + 1])
    stops = np.concatenate([breaks, [len(view)]])
    size = stops - begins
    returned = (size == 1) & (view[np.minimum(begins, len(view) - 1)] == _RETURN)
    filled = np.flatnonzero((size > 0) & ~returned)
    if not len(filled) or filled[-1] + 1 != len(filled):
        return None
    lines: np.ndarray = np.concatenate([[1], ends + 2])[: len(filled)]
    return lines


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
