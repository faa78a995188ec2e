"""CSV files, strictly: nothing is repaired, padded or inferred, and every fault has its line.

The reader stays own code because those of pandas, DuckDB and Arrow take an unclosed quote for a long cell or do not
name the line at fault. Arrow splits the bytes where it is proven to agree with the standard library: no carriage return
stands alone, no empty line stands between rows, and every quotation mark is either at an end of a cell or one of a
doubled pair. Then quotes open and close alternately, so that no row can hide in a cell.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice, zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.receipts import CompanyRefused
from scrm_helpers.tables.reading import header as first_line
from scrm_helpers.tables.reading.files import Origin, RawTable

BOM = b"\xef\xbb\xbf"
FIELD_LIMIT = 10_000_000
_CHUNK = 16 * 1024**2
_STEP = 64 * 1024**2
_FIRST_BYTES = 256 * 1024
_RECORDS = 50_000
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


@dataclass(frozen=True)
class Cells:
    """Rows of a CSV file."""

    columns: dict[int, Any]  # position in the file -> text, null where empty
    n_rows: int  # rows behind the header
    lines: np.ndarray | None  # physical line on which each row starts; None when row ``i`` is line ``i + 2``
    n_blank_lines: int = 0  # empty lines, which are no rows


def read_csv(content: bytes, origin: Origin, sha256: str) -> RawTable:
    """Read the bytes of a CSV file as columns of text."""
    _refuse_other_encodings(content, origin)
    marked = content.startswith(BOM)
    body = memoryview(content)[len(BOM) if marked else 0 :]
    header, delimiter = first_line.read_header(io.BytesIO(content).readline().removeprefix(BOM), origin)
    cause = first_line.cause_of_missing(body, header, origin)
    if cause is not None:
        raise cause
    matched = first_line.match_columns(header, origin, lambda: _first_cells(body, delimiter))
    wanted = matched.positions
    cells = read_fast(body, len(header), delimiter, set(wanted.values()))
    if cells is None:
        cells = read_exactly(body, len(header), delimiter, origin)
    raw = RawTable(
        origin=origin,
        columns={name: cells.columns[position] for name, position in wanted.items()},
        n_rows=cells.n_rows,
        sha256=sha256,
        matched=matched,
        encoding="UTF-8 with BOM" if marked else "UTF-8",
        delimiter=first_line.DELIMITERS[delimiter],
        lines=cells.lines,
        n_blank_lines=cells.n_blank_lines,
    )
    if cells.lines is not None:
        hiding = first_line.swallowed_rows(cells.columns, len(header), delimiter, wanted, origin.declared)
        if len(hiding):
            what = f"In {plural(len(hiding), 'row')} a cell seems to hold the rest of the row and the start of another."
            todo = "Close the quotation mark of the cell that starts on this line."
            why = "Rows would disappear inside one cell."
            raise origin.refused(what, todo, why, lines=raw.lines_of(hiding), n=len(hiding))
    return raw


def _refuse_other_encodings(content: bytes, origin: Origin) -> None:
    """Pass strict UTF-8, with at most one byte order mark and without zero bytes."""
    what, position = "", 0
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        what = "The file is UTF-16 text, not UTF-8."
    elif content.startswith(BOM * 2):
        what = "The file starts with two byte order marks."
    elif (position := content.find(b"\x00")) >= 0:
        likely = content.count(b"\x00", 0, 4096) > len(content[:4096]) // 4
        what = "The file looks like UTF-16 text, not UTF-8." if likely else "The file holds a zero byte."
    elif (position := not_utf8(content)) >= 0:
        what = f"The file is not UTF-8 (byte 0x{content[position]:02x}); it is probably Latin-1 or Windows-1252."
    if what:
        raise origin.refused(what, "Save the file as CSV UTF-8.", lines=(content.count(b"\n", 0, position) + 1,))


def not_utf8(content: bytes) -> int:
    """Position of the first byte that is no UTF-8, sought chunk by chunk to spare memory; -1 where all are."""
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", min(begin + _CHUNK, len(content))) + 1 or len(content)
        try:
            str(memoryview(content)[begin:end], "utf-8")
        except UnicodeDecodeError as error:
            return begin + error.start
        begin = end
    return -1


def _first_cells(body: memoryview, delimiter: str) -> first_line.Firsts:
    """First values of every column, to compare their look; faults of the rows are found later."""
    lines = str(body[:_FIRST_BYTES], "utf-8", errors="ignore").splitlines()[1 : first_line.FIRST_ROWS]
    rows = islice(csv.reader(lines, delimiter=delimiter), first_line.FIRST_ROWS)
    return {place: list(cells) for place, cells in enumerate(zip_longest(*rows, fillvalue=""))}


def read_fast(body: memoryview, width: int, delimiter: str, wanted: set[int]) -> Cells | None:
    """Split plain CSV with Arrow; None when the proof or Arrow fails, and the exact reader must decide."""
    view = np.frombuffer(body, dtype=np.uint8)
    with ThreadPoolExecutor(2) as two:
        breaks, returns, quotes = two.map(partial(_positions, view), (_NEWLINE, _RETURN, _QUOTE))
    if len(returns) and (returns[-1] + 1 == len(view) or (view[returns + 1] != _NEWLINE).any()):
        return None
    if not _plain_quotes(view, quotes, ord(delimiter)):
        return None
    empty = next((n for n, byte in enumerate(reversed(body)) if byte not in (_NEWLINE, _RETURN)), len(view))
    breaks = breaks[breaks < len(view) - empty]  # empty lines at the end begin no record
    inside = np.searchsorted(quotes, breaks) % 2 == 1
    starts = np.append(1, np.flatnonzero(~inside) + 2)  # first line of every record, the header being the first
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
    if table.num_rows != len(starts) - 1:  # an empty line stands between rows
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
    before = np.where(opening > 0, view[opening - 1], _NEWLINE)
    starts = (before == delimiter) | (before == _NEWLINE) | np.append(False, doubled)
    after = np.where(closing + 1 < len(view), view[np.minimum(closing + 1, len(view) - 1)], _NEWLINE)
    ends = (after == delimiter) | (after == _NEWLINE) | (after == _RETURN) | np.append(doubled, False)
    return bool(starts.all() and ends.all())


def read_exactly(body: memoryview, width: int, delimiter: str, origin: Origin) -> Cells:
    """Read all records behind the header with the standard library, each with the line it starts on."""
    chunks: list[list[pa.Array]] = [[] for _ in range(width)]
    starts, uneven, n_blank = array("q"), list[tuple[int, int]](), 0
    found = _records(body, delimiter, origin)
    while batch := list(islice(found, _RECORDS)):
        filled = [(line, record) for line, record in batch if record]
        n_blank += len(batch) - len(filled)
        starts.extend(line for line, _ in filled)
        uneven += [(line, len(record)) for line, record in filled if len(record) != width]
        if filled and not uneven:
            for parts, cells in zip(chunks, zip(*(record for _, record in filled), strict=True), strict=True):
                parts.append(pa.array([cell or None for cell in cells], pa.string()))
    if uneven:
        raise _uneven(uneven, starts, width, delimiter, origin)
    columns = {position: pa.chunked_array(parts, pa.string()) for position, parts in enumerate(chunks)}
    return Cells(columns, len(starts), np.array(starts, dtype=np.int64), n_blank)


def _records(body: memoryview, delimiter: str, origin: Origin) -> Iterator[tuple[int, list[str]]]:
    """Yield every record behind the header with the line it starts on; that of an empty line is empty."""
    last = ""

    def physical_lines() -> Iterator[str]:
        nonlocal last
        for line in io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""):
            last = line
            yield line

    before = csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(physical_lines(), delimiter=delimiter, strict=True)
    end = 0
    try:
        for record in reader:
            first, end = end + 1, reader.line_num
            if last.endswith("\r"):
                what = "A carriage return stands alone (an old line ending, or a line break inside an unquoted cell)."
                todo = "Save the file with ordinary line endings and quote cells that hold line breaks."
                raise origin.refused(what, todo, "One row would be read as two.", lines=(first,))
            if first > 1:
                yield first, record
    except csv.Error as error:
        if "field larger" in str(error):
            what = f"A cell is longer than {FIELD_LIMIT:,} characters."
            raise origin.refused(what, "Shorten it.", lines=(end + 1,)) from None
        what = "A quotation mark is not closed, or stands inside a quoted cell."
        todo = 'Close it; write a quotation mark inside a cell twice ("").'
        why = "Rows after it would disappear inside one cell."
        raise origin.refused(what, todo, why, lines=(end + 1,)) from None
    finally:
        csv.field_size_limit(before)


def _uneven(
    uneven: list[tuple[int, int]], starts: array[int], width: int, delimiter: str, origin: Origin
) -> CompanyRefused:
    sizes, n_rows = {size for _, size in uneven}, len(starts)
    line, size = uneven[0]
    shape = "fewer or more" if min(sizes) < width < max(sizes) else "fewer" if max(sizes) < width else "more"
    many = "All rows have" if len(uneven) == n_rows else f"{len(uneven):,} of {n_rows:,} rows have"
    todo = "Quote cells that hold the delimiter, and give every row as many cells as the header."
    if shape == "fewer" and len(uneven) < min(n_rows, 4) and uneven[-1][0] == starts[-1]:
        todo = "Remove the total or remark below the table; else give every row as many cells as the header."
    elif shape == "more" and delimiter == ",":
        todo += " Where the comma is the decimal mark, export with semicolons between the cells."
    what = f"{many} {shape} cells than the header, which has {width} (line {line} has {size})."
    why = "Values would slip into the wrong columns, and part of a file would pass for all of it: no row is read."
    return origin.refused(what, todo, why, lines=tuple(line for line, _ in uneven[:5]), n=len(uneven))
