"""CSV files, strictly: nothing is repaired, padded or inferred, and every fault has its line."""

from __future__ import annotations

import csv
from itertools import islice, zip_longest

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import counted
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.exact import read_exactly
from scrm_helpers.tables.reading.fast import read_fast
from scrm_helpers.tables.reading.files import RawTable, refused
from scrm_helpers.tables.reading.header import DELIMITERS, cause_of_missing, match_columns, read_header
from scrm_helpers.tables.reading.likeness import FIRST_ROWS, Firsts, swallowed_rows

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
        hiding = swallowed_rows(cells, len(header), delimiter, wanted, declared)
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
