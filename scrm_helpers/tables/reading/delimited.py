"""CSV files, strictly: nothing is repaired, padded or inferred, and every fault has its line."""

from __future__ import annotations

import csv
from itertools import islice, zip_longest

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.messages import counted
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.encoding import BOM, refuse_other_encodings
from scrm_helpers.tables.reading.exact import read_exactly
from scrm_helpers.tables.reading.fast import read_fast
from scrm_helpers.tables.reading.files import refused
from scrm_helpers.tables.reading.header import DELIMITERS, match_columns, read_header
from scrm_helpers.tables.reading.hidden_header import cause_of_missing
from scrm_helpers.tables.reading.likeness import FIRST_ROWS, Firsts
from scrm_helpers.tables.reading.raw import RawTable
from scrm_helpers.tables.reading.swallowed import swallowed_rows

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
