"""From a vendor's file to lines of text with a known separator: bytes, marks, sheets and archives.

The readers of pandas and DuckDB guess encoding, separator and header; here each has one rule, and is said.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.accepted_words import TOTALS
from scrm_helpers.tables.contract.column_kinds import Table
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message
from scrm_helpers.tables.reading.delimited import BOM, not_utf8, read_exactly, read_fast
from scrm_helpers.tables.reading.files import BYTES_LIMIT, START, Origin, kind_of
from scrm_helpers.tables.reading.header import DELIMITERS
from scrm_helpers.tables.sources.parts import UnreadableError
from scrm_helpers.tables.sources.typed_cells import written
from scrm_helpers.tables.sources.workbooks import sheets_of

HEADS = 40  # records in which the header is sought
_HEAD_BYTES, _TAIL_BYTES = 1024**2, 64 * 1024
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_ENCODINGS = (
    (BOM, "utf-8", "UTF-8 with BOM"),
    (b"\xff\xfe", "utf-16", "UTF-16 LE"),
    (b"\xfe\xff", "utf-16", "UTF-16 BE"),
)
_ARCHIVE = re.compile(rb"window\.YTD\.[\w.]+\s*=\s*\[")
_TOTAL = re.compile(rf"(?i)^({'|'.join(TOTALS)})\s*:?$")
_AGAIN = "Export it again, and give the file as it comes."


@dataclass(frozen=True)
class Head:
    """One of the first records of a file, any of which may be its header."""

    cells: tuple[str, ...]
    separator: str
    line: int  # on which it starts
    offset: int  # in bytes


@dataclass(frozen=True)
class ExportOrigin(Origin):
    """Where an export comes from: findings name the file and its own lines."""

    above: int = 0  # lines above the part that is read

    def fault(
        self, what: str, todo: str, why: str = "", *, column: str = "", lines: tuple[int, ...] = (), n: int = 0
    ) -> Message:
        """One finding about the file."""
        own = tuple(line + self.above for line in lines)
        why = why or "No figure that rests on the file could be trusted."
        return Message(what=what, why=why, todo=todo, file=self.file, column=column, lines=own, n=n or len(own))


@dataclass
class Export:
    """A file, or one sheet of a workbook, as UTF-8 text."""

    file: str
    sha256: str
    encoding: str
    body: bytes = field(repr=False)
    heads: tuple[Head, ...] = field(repr=False)
    by_record: bool = False  # rows are counted by records (sheets, archives), not by lines

    def take_rows(self, last: int, width: int, footer: Sequence[re.Pattern[str]]) -> tuple[dict[int, Any], np.ndarray]:
        """Every record below the last header row as columns of text, and the line of each; the bytes are given back."""
        head, above = self.heads[last], self.heads[last].line - 1
        begin = self.heads[last + 1].offset if last + 1 < len(self.heads) else len(self.body)
        end = self._end(begin, head.separator, (*footer, _TOTAL))
        body = memoryview(self.body)[head.offset : end]
        if n := self.body.count(b"\n", head.offset, max(begin - 1, head.offset)):  # a header of several lines
            body = memoryview((head.separator * (width - 1)).encode() + b"\n" + self.body[begin:end])
            above += n
        cells = read_fast(body, width, head.separator, set(range(width)))
        if cells is None:
            origin = ExportOrigin(Table("export", "a row", ()), self.file, above=above)
            cells = read_exactly(body, width, head.separator, origin)
        lines = np.arange(2, cells.n_rows + 2) if cells.lines is None else cells.lines
        lines = np.arange(last + 2, last + 2 + cells.n_rows) if self.by_record else lines + above
        self.body = b""
        return cells.columns, lines

    def _end(self, begin: int, separator: str, footer: Sequence[re.Pattern[str]]) -> int:
        """Where the rows end: at the first of the last lines that a footer or a total begins with."""
        start = max(begin, len(self.body) - _TAIL_BYTES)
        if start > begin:
            start = self.body.find(b"\n", start) + 1
        for line in self.body[start:].splitlines(keepends=True):
            cells = [cell.strip() for cell in line.decode("utf-8", errors="replace").replace('"', "").split(separator)]
            first = next(filter(None, cells), "")
            if any(one.search(first) for one in footer[:-1]) or (footer[-1].search(first) and "" in cells):
                return start
            start += len(line)
        return len(self.body)


def refusal_of(file: str, what: str, todo: str, why: str = "", **place: Any) -> CompanyRefused:
    """The refusal of an export: what, where, why it matters, what to do."""
    return ExportOrigin(Table("export", "a row", ()), file).refused(what, todo, why, **place)


def open_export(path: Path) -> list[Export]:
    """Read a file as text; a workbook gives one export per sheet that holds anything."""
    raw = _bytes_of(path)
    sha256, name = hashlib.sha256(raw).hexdigest(), path.name
    start = raw.lstrip(BOM + b" \r\n\t")[:START]
    if name.lower().endswith(_WORKBOOKS) and start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return list(_sheets(raw, name, sha256))
    if _ARCHIVE.match(start) or (name.lower().endswith((".js", ".json")) and start.startswith(b"[")):
        return [_from_rows(name, sha256, _records_of(raw, name), "UTF-8")]
    if (kind := kind_of(raw[:START], path)) is not None:
        todo = f"Rename it to {path.stem}.xlsx." if "Excel" in kind.what else kind.todo
        raise refusal_of(name, f"It is no table: it is {kind.what}.", todo)
    body, encoding = _as_utf8(raw, name)
    heads = tuple(_heads(body))
    if not heads:
        raise refusal_of(name, "The file holds nothing but blank lines.", _AGAIN)
    return [Export(name, sha256, encoding, body, heads)]


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > BYTES_LIMIT:
            todo = "Export it in parts, each for some months."
            raise refusal_of(path.name, f"The file is larger than {BYTES_LIMIT // 1024**2:,} MB.", todo)
        raw = path.read_bytes()
    except OSError as error:
        raise refusal_of(path.name, f"The file cannot be opened ({error.strerror}).", "Correct the name.") from None
    if not raw.strip(BOM):
        raise refusal_of(path.name, "The file is empty.", _AGAIN)
    return raw


def _as_utf8(raw: bytes, name: str) -> tuple[bytes, str]:
    """By its mark, else strict UTF-8, else Windows-1252."""
    for mark, codec, said in _ENCODINGS:
        if raw.startswith(mark):
            try:
                return (raw[len(mark) :] if codec == "utf-8" else raw.decode(codec).encode()), said
            except UnicodeDecodeError:
                raise refusal_of(name, f"The file says {said} and is not.", "Save it as CSV UTF-8.") from None
    if b"\x00" in raw:
        what = "The file holds zero bytes: UTF-16 without its mark, or no text."
        raise refusal_of(name, what, "Save it as CSV UTF-8.")
    if not_utf8(raw) < 0:
        return raw, "UTF-8"
    try:
        return raw.decode("cp1252").encode(), "Windows-1252"
    except UnicodeDecodeError as error:
        what = f"The file is neither UTF-8 nor Windows-1252 (byte 0x{raw[error.start]:02x})."
        line = raw.count(b"\n", 0, error.start) + 1
        raise refusal_of(name, what, "Save it as CSV UTF-8.", lines=(line,)) from None


def _heads(body: bytes) -> Iterator[Head]:
    """The first records, each with the separator that is most frequent in it outside quotes."""
    offset, line, found, forced = 0, 1, 0, ""
    while found < HEADS and offset < len(body):
        end = body.find(b"\n", offset) + 1 or len(body)
        while body.count(b'"', offset, end) % 2 and end < len(body) and end - offset < _HEAD_BYTES:
            end = body.find(b"\n", end) + 1 or len(body)
        text = body[offset:end].decode("utf-8", errors="replace").rstrip("\r\n")
        if line == 1 and (hint := re.fullmatch(r'"?sep=(.)"?\W*', text, re.I)):
            forced = hint[1]
        elif text.strip():
            outside = "".join(text.split('"')[::2])
            separator = forced or max(DELIMITERS, key=outside.count)
            yield Head(tuple(next(csv.reader([text], delimiter=separator), ())), separator, line, offset)
            found += 1
        line += body.count(b"\n", offset, end)
        offset = end


def _sheets(raw: bytes, name: str, sha256: str) -> Iterator[Export]:
    try:
        sheets = sheets_of(raw)
    except UnreadableError as error:
        raise refusal_of(name, f"The workbook cannot be read. {error.what}", error.todo) from None
    filled = {sheet: rows for sheet, _, rows in sheets if any(any(cell != "" for cell in row) for row in rows)}
    if not filled:
        raise refusal_of(name, "No sheet of the workbook holds anything.", _AGAIN)
    for sheet, rows in filled.items():
        label = name if len(filled) == 1 else f"{name}#{sheet}"
        yield _from_rows(label, sha256, [[written(cell, ".") or "" for cell in row] for row in rows], "workbook")


def _from_rows(name: str, sha256: str, rows: Sequence[Sequence[str]], encoding: str) -> Export:
    """Rows as text with commas, so that sheets and archives take the same way as files."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    body = sink.getvalue().encode("utf-8", errors="replace")
    return Export(name, sha256, encoding, body, tuple(_heads(body)), by_record=True)


def _records_of(raw: bytes, name: str) -> list[list[str]]:
    """The records of an archive: its assignment is cut off, the rest is JSON and is never run."""
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        given = json.loads(text[text.index("[") :].rstrip().rstrip(";"))
    except (ValueError, RecursionError):
        raise refusal_of(name, "Behind its assignment the archive is no JSON.", "Download the archive again.") from None
    records = [one for one in given if isinstance(one, dict)]
    if records and all(len(one) == 1 and isinstance(next(iter(one.values())), dict) for one in records):
        records = [next(iter(one.values())) for one in records]
    flat = [dict(_plain(one, "")) for one in records]
    header = list(dict.fromkeys(key for one in flat for key in one))
    if not header:
        raise refusal_of(name, "The archive holds no records.", "Nothing is to be imported from it; leave it away.")
    return [header, *([one.get(key, "") for key in header] for one in flat)]


def _plain(record: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _plain(value, f"{before}{key}.")
        elif not isinstance(value, list) and value is not None:
            yield f"{before}{key}", str(value).lower() if isinstance(value, bool) else str(value)
