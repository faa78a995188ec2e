"""CSV files, strictly: nothing is repaired, padded or inferred, and every fault has its line.

Files without quotes and odd bytes are split by Arrow, whose rows are then exactly the physical lines. All others, and
all files in which Arrow finds a fault, go through the exact reader of the standard library record by record.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from scrm_helpers.tables.contract import TABLES, Table
from scrm_helpers.tables.files import refused
from scrm_helpers.tables.messages import CompanyRefused, Message, quoted
from scrm_helpers.tables.raw import RawTable
from scrm_helpers.tables.settings import Source

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
FIELD_LIMIT = 10_000_000
_BATCH = 50_000
_BOM = b"\xef\xbb\xbf"


def read_csv(content: bytes, table: str, file: str, sha256: str, source: Source) -> RawTable:
    """Read the bytes of a CSV file as columns of text.

    Parameters
    ----------
    content : bytes
        The file, unpacked.
    table, file, sha256 : str
        Where the bytes come from.
    source : Source
        Mapping of column names.

    Returns
    -------
    RawTable

    Raises
    ------
    CompanyRefused
        When the file is not strict UTF-8 CSV with a header of its own and rows of one length.
    """
    encoding = "UTF-8 with BOM" if content.startswith(_BOM) else "UTF-8"
    _refuse_other_encodings(content, table, file)
    body = memoryview(content)[3:] if content.startswith(_BOM) else memoryview(content)
    header, delimiter = _header(bytes(body[: _end_of_header(content)]), table, file)
    wanted, ignored = match_columns(header, TABLES[table], file, source)
    columns, n_rows, lines, n_blank = _read(content, body, header, delimiter, wanted, table, file)
    return RawTable(
        table=table, file=file, columns=columns, n_rows=n_rows, sha256=sha256, encoding=encoding,
        delimiter=DELIMITERS[delimiter], lines=lines, ignored=ignored, n_blank_lines=n_blank,
    )  # fmt: skip


def match_columns(header: list[str], table: Table, file: str, source: Source) -> tuple[dict[str, int], tuple[str, ...]]:
    """Find the position of each declared column in a header, and the columns that the contract does not know.

    Raises
    ------
    CompanyRefused
        When a name stands twice or is empty, or a required column is absent.
    """
    import difflib

    faults = []
    doubles = [name for name, times in Counter(header).items() if times > 1]
    for name in doubles:
        what = f"The column {quoted(name)} stands twice." if name.strip() else "Several columns have no name."
        faults.append((what, "Two columns of one name cannot be told apart.", "Rename or remove one of them.", name))
    if "" in header and "" not in doubles:
        faults.append(("One column has no name.", "Its values cannot be placed.", "Name or remove the column.", ""))
    wanted = {}
    for column in table.columns:
        name = source.columns.get(column.name, column.name)
        if name in header:
            wanted[column.name] = header.index(name)
        elif column.required or column.name in source.columns:
            near = difflib.get_close_matches(name.lower(), [h.strip().lower() for h in header], n=1, cutoff=0.6)
            like = next((h for h in header if near and h.strip().lower() == near[0]), None)
            hint = f" The file has {quoted(like)}: rename it, or map it in company.yaml." if like else ""
            what = f"The column {quoted(name)} is missing."
            why = f"Table {table.name} cannot be understood without it ({column.about})."
            faults.append((what, why, f"Add the column.{hint}", column.name))
    if faults:
        raise CompanyRefused([_header_fault(table.name, file, *fault) for fault in faults])
    used = set(wanted.values())
    return wanted, tuple(name for position, name in enumerate(header) if position not in used)


def _header_fault(table: str, file: str, what: str, why: str, todo: str, name: str) -> Message:
    column = quoted(name)[1:-1]
    return Message(what=what, why=why, todo=todo, table=table, file=file, column=column, lines=(1,), n=1)


def _refuse_other_encodings(content: bytes, table: str, file: str) -> None:
    start = content[:4]
    save = "Save the file as CSV UTF-8."
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise refused(table, file, "The file is UTF-16 text, not UTF-8.", save, lines=(1,))
    if content.startswith(_BOM * 2):
        raise refused(table, file, "The file starts with two byte order marks.", save, lines=(1,))
    position = content.find(b"\x00")
    if position >= 0:
        line = content.count(b"\n", 0, position) + 1
        likely = content.count(b"\x00", 0, 4096) > len(content[:4096]) // 4
        what = "The file looks like UTF-16 text, not UTF-8." if likely else "The file holds a zero byte."
        raise refused(table, file, what, save, lines=(line,))
    chunk = 16 * 1024**2
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", min(begin + chunk, len(content))) + 1 or len(content)
        try:
            str(memoryview(content)[begin:end], "utf-8")
        except UnicodeDecodeError as error:
            position = begin + error.start
            line = content.count(b"\n", 0, position) + 1
            what = f"The file is not UTF-8 (byte 0x{content[position]:02x}); it is probably Latin-1 or Windows-1252."
            raise refused(table, file, what, save, lines=(line,)) from None
        begin = end


def _end_of_header(content: bytes) -> int:
    """Return a position that surely lies behind the header, quoted line breaks in names excepted."""
    end = content.find(b"\n")
    return len(content) if end < 0 else end + 1


def _header(line: bytes, table: str, file: str) -> tuple[list[str], str]:
    text = line.decode("utf-8").rstrip("\r\n")
    if "\r" in text:
        raise _bare_cr(table, file, (1,), 1)
    outside = "".join(text.split('"')[::2])
    delimiter = max(DELIMITERS, key=outside.count)
    if not text.strip():
        raise refused(
            table, file, "The first line is empty; it must hold the names of the columns.", "Add it.", lines=(1,)
        )
    try:
        header = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise refused(table, file, f"The header cannot be read ({error}).", "Mend the quotes.", lines=(1,)) from None
    return header, delimiter


def _read(
    content: bytes, body: memoryview, header: list[str], delimiter: str, wanted: dict[str, int], table: str, file: str
) -> tuple[dict[str, Any], int, np.ndarray | None, int]:
    has_cr = b"\r" in content
    bare_cr = has_cr and content.count(b"\r") != content.count(b"\r\n")
    blank = b"\n\n" in content.rstrip(b"\r\n") or (has_cr and b"\n\r\n" in content.rstrip(b"\r\n"))
    if b'"' not in content and not bare_cr and not blank:
        fast = _split(body, len(header), delimiter, wanted)
        if fast is not None:
            return fast, len(next(iter(fast.values()))), None, 0
    return _read_exactly(body, len(header), delimiter, wanted, table, file)


def _split(body: memoryview, width: int, delimiter: str, wanted: dict[str, int]) -> dict[str, Any] | None:
    """Split plain lines with Arrow; None when it finds any fault."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(position) for position in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1, block_size=8 * 1024**2),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, double_quote=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(position) for position in wanted.values()],
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        return None
    return {name: table.column(str(position)) for name, position in wanted.items()}


def _read_exactly(
    body: memoryview, width: int, delimiter: str, wanted: dict[str, int], table: str, file: str
) -> tuple[dict[str, Any], int, np.ndarray | None, int]:
    import pyarrow as pa

    chunks: dict[str, list[Any]] = {name: [] for name in wanted}
    starts: list[np.ndarray] = []
    uneven: list[tuple[int, int]] = []
    n_rows = n_blank = 0
    for records, lines, blank, odd in _records(body, width, delimiter, table, file):
        n_blank += blank
        n_rows += len(records)
        uneven += odd
        starts.append(lines)
        if records and not uneven:
            cells = list(zip(*records, strict=True))
            for name, position in wanted.items():
                chunks[name].append(pa.array([cell or None for cell in cells[position]], pa.string()))
    if uneven:
        raise _uneven(uneven, width, n_rows, table, file)
    lines = np.concatenate(starts) if starts else np.empty(0, dtype=np.int64)
    plain = bool(np.array_equal(lines, np.arange(2, len(lines) + 2)))
    columns = {name: pa.chunked_array(parts, pa.string()) for name, parts in chunks.items()}
    return columns, n_rows, None if plain else lines, n_blank


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


def _uneven(uneven: list[tuple[int, int]], width: int, n_rows: int, table: str, file: str) -> CompanyRefused:
    sizes = {size for _, size in uneven}
    lines = tuple(line for line, _ in uneven[:5])
    line, size = uneven[0]
    shape = "fewer or more" if min(sizes) < width < max(sizes) else "fewer" if max(sizes) < width else "more"
    many = "All rows have" if len(uneven) == n_rows else f"{len(uneven):,} of {n_rows:,} rows have"
    return refused(
        table,
        file,
        f"{many} {shape} cells than the header, which has {width} (line {line} has {size}).",
        "Quote cells that hold the delimiter, and give every row as many cells as the header.",
        why="Values would slip into the wrong columns.",
        lines=lines,
        n=len(uneven),
    )
