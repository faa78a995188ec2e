"""What a file is by its content, and from its name to bytes that are safe to read: a plain file, not too big."""

import contextlib
import difflib
import gzip
import hashlib
import io
import os
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.column_kinds import Table
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, listed, quoted
from scrm_helpers.tables.contract.settings import Source

START = 4096  # bytes that tell the kind
_CSV = "CSV (UTF-8)"
_BYTES = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x05\x06": "an empty ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file, or one with a password",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document (RTF)",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"Rar!": "a RAR file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"ID;P": "a SYLK file of a spreadsheet",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself",
}
_MAIL = re.compile(r"(received|return-path|delivered-to|mime-version|from|to|subject|date|message-id): ?\S", re.I)
_SQL = re.compile(r"\s*(--.*\n\s*)*(create table|insert into|pragma |begin transaction|set names)", re.I)
_ENDING = "Its %s are read as tables where its name ends in %s: rename it, if it is to be read."
_AS_WORKBOOK = "Save it as an Excel workbook (.xlsx) without a password: its sheets are then read as tables."
_PACKED = ("gzip", "ZIP", "bzip2", "xz", "Zstandard", "7-Zip", "RAR")


@dataclass(frozen=True)
class FileKind:
    """A file that is no table yet: `what` it is, and what to do (`todo`) so that it becomes one."""

    what: str
    todo: str


def kind_of(start: bytes, path: Path | None = None) -> FileKind | None:
    """Tell what a file is; None for text that may be a table. With its path, a ZIP file is looked into."""
    if start.startswith(b"SQLite format 3"):
        return FileKind("a SQLite database", _ENDING % ("tables", ".sqlite"))
    if start[8:12] == b"DUCK":
        return FileKind("a DuckDB database", _ENDING % ("tables", ".duckdb"))
    if start.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    what = next((what for signature, what in _BYTES.items() if start.startswith(signature)), "")
    if not what:
        return _text_kind(start)
    if "Excel" in what:
        return FileKind(what, _AS_WORKBOOK)
    if any(word in what for word in _PACKED):
        return FileKind(what, f"Unpack it, and put the tables into the folder as {_CSV}.")
    return FileKind(what, f"Export the table again, as {_CSV}.")


def _text_kind(start: bytes) -> FileKind | None:
    text = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="ignore")
    text = text.lstrip("\ufeff \t\r\n")
    low, again = text.lower(), f"Export the table as {_CSV}; if it is an error of the system, export again."
    if low.startswith("<") and re.search(r"<(!doctype html|html|head|body|table|script)\b", low):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.I)
        named = f" titled {quoted(unescape(title.group(1)).strip())}" if title and title.group(1).strip() else ""
        todo = f"Sign in, download the export itself and save it as {_CSV}."
        return FileKind(f"a web page (HTML){named}, as a sign-in page or an error saved in place of the export", todo)
    if re.match(r"<[?!/a-z]", low):
        return FileKind("an XML file", again)
    if re.match(r"""[\[{]\s*(["'{\[\]}]|-?\d|true|false|null)""", low):
        return FileKind("a JSON file", again)
    if _SQL.match(text):
        return FileKind("a dump of a database (SQL)", f"Load it into the database and export the table as {_CSV}.")
    lines = text.splitlines()[:2]
    if len(lines) == 2 and all(_MAIL.match(line) for line in lines):
        return FileKind("an e-mail", "Save the attachment, not the message.")
    return None


def _zip_kind(path: Path | None) -> FileKind:
    names: list[str] = []
    with (
        contextlib.suppress(zipfile.BadZipFile, OSError, RuntimeError, ValueError),
        zipfile.ZipFile(path or "") as packed,
    ):
        names = packed.namelist()
    if any(name.startswith("xl/") for name in names):
        return FileKind("an Excel workbook", _ENDING % ("sheets", ".xlsx"))
    if "content.xml" in names:
        return FileKind("an OpenDocument spreadsheet", _AS_WORKBOOK)
    files = [name for name in names if not name.endswith("/")]
    if not files:
        return FileKind("a ZIP or Excel file", f"Save each table in it as {_CSV}, named after its table.")
    todo = f"Unpack it into the company folder, each table as {_CSV} named after its table."
    return FileKind(f"a ZIP file with {listed([quoted(name) for name in files])}", todo)


def table_like(name: str) -> str:
    """Name the table that a file or sheet may hold by its name; empty when none is near."""
    plain = re.sub(r"[\W_]+", "_", name.strip().lower())
    near = difflib.get_close_matches(plain, TABLES, n=1, cutoff=0.7)
    return near[0] if near else next((table for table in TABLES if table in plain.split("_")), "")


BUSINESS_CASE = "initiatives.yaml"  # no table: chapters 07 and 09 read it
MANIFEST = "manifest.jsonl"  # no table: what the kit wrote into a folder, also into that of a sample company

ENDINGS = (".csv", ".csv.gz", ".parquet")
BYTES_LIMIT = 2 * 1024**3
RATIO_LIMIT = 250  # of every packed file: tables pack 5-30 times; a bomb a thousand times
RATIO_FREE = 64 * 1024**2


@dataclass(frozen=True)
class Origin:
    """Where a table comes from, and what is said when it cannot be read from there."""

    declared: Table
    file: str
    source: Source = field(default_factory=Source)  # how the file is written

    def name_of(self, column: str) -> str:
        """Name in the file of a declared column."""
        return self.source.columns.get(column, column)

    def fault(
        self, what: str, todo: str, why: str = "", *, column: str = "", lines: tuple[int, ...] = (), n: int = 0
    ) -> Message:
        """One finding about the whole file; of an optional table it says how to go on without."""
        table = self.declared.name
        why = why or f"No figure that rests on {table} could be trusted."
        todo, n = todo + spared(table), n or len(lines)
        return Message(what=what, why=why, todo=todo, table=table, file=self.file, column=column, lines=lines, n=n)

    def refused(self, what: str, todo: str, why: str = "", **place: Any) -> CompanyRefused:
        """Return the refusal of the whole file."""
        return CompanyRefused([self.fault(what, todo, why, **place)])

    def too_large(self) -> CompanyRefused:
        """Return the refusal of a file that holds too much, in the same words for every packing."""
        limits = f"{BYTES_LIMIT // 1024**2:,} MB, or {RATIO_LIMIT} times its packed size"
        todo = "Aggregate the log first, or export fewer columns."
        why = "It could fill the memory of this machine."
        return self.refused(f"The file holds more than this reader takes ({limits}).", todo, why)


def read_bytes(path: Path, origin: Origin) -> tuple[bytes, str]:
    """Read a file that was located, unpacked if it is packed."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise origin.refused(f"The file cannot be opened ({error.strerror}).", "Allow reading it.") from None
    with os.fdopen(handle, "rb") as file:
        if os.fstat(file.fileno()).st_size > BYTES_LIMIT:
            raise origin.too_large()
        raw = file.read()
    sha256 = hashlib.sha256(raw).hexdigest()
    if not raw:
        raise origin.refused("The file is empty.", "Export the table again.")
    packed = path.name.lower().endswith(".gz")
    if packed and not raw.startswith(b"\x1f\x8b"):
        raise origin.refused("The name ends in .gz but it is not a gzip file.", "Rename it, or pack it again.")
    if path.name.lower().endswith(".parquet"):
        if not (raw.startswith(b"PAR1") and raw.endswith(b"PAR1") and len(raw) >= 12):
            other = None if raw.startswith(b"PAR1") else kind_of(raw[:START], path)
            what = f"it is {other.what}" if other else "it was cut, or is something else"
            todo = other.todo if other else "Export again."
            raise origin.refused(f"It is not a whole Parquet file: {what}.", todo)
        return raw, sha256
    content = _unpacked(raw, origin) if packed else raw
    kind = kind_of(content[:START], None if packed else path)
    if kind:
        raise origin.refused(f"The name says CSV, but it is {kind.what}.", kind.todo)
    return content, sha256


def spared(table: str) -> str:
    """How to go on without a table that cannot be read; nothing for a table that every company needs."""
    if TABLES[table].required:
        return ""
    return " Or move the file out of the folder: the table then counts as absent, and what needs it is left out."


def unpacked_limit(size: int) -> int:
    """Return the most bytes that a packed file of this size may hold."""
    return min(BYTES_LIMIT, max(RATIO_FREE, RATIO_LIMIT * size))


def _unpacked(raw: bytes, origin: Origin) -> bytes:
    limit = unpacked_limit(len(raw))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            content = packed.read(limit + 1)
    except (EOFError, OSError, zlib.error):
        raise origin.refused("The packed file is cut or damaged.", "Export and pack the table again.") from None
    if len(content) > limit:
        raise origin.too_large()
    if not content:
        raise origin.refused("The file is empty.", "Export the table again.")
    return content


def what_it_is(path: Path) -> FileKind | None:
    """Tell what a plain file is that is not read as a table; None where it may be one, or cannot be read."""
    start = start_of(path) if path.is_file() and not path.is_symlink() else b""
    readable = path.name.lower().endswith((".gz", ".parquet")) and start.startswith((b"\x1f\x8b", b"PAR1"))
    return None if readable else kind_of(start, path)


def start_of(path: Path) -> bytes:
    """First bytes of a file, or none where it cannot be read: then its name must do."""
    try:
        with path.open("rb") as file:
            return file.read(START)
    except OSError:
        return b""


@dataclass(frozen=True, kw_only=True)
class Matched:
    """What the contract knows of a header."""

    positions: dict[str, int]  # declared column -> its place
    respelled: dict[str, str]  # declared column -> its name in the file, where it is another
    ignored: tuple[str, ...]  # columns that the contract does not know
    alike: dict[str, tuple[str, ...]]  # absent column -> the unused one that may be it, and its first values


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A file after reading and before understanding."""

    origin: Origin
    columns: dict[str, Any]
    n_rows: int  # rows of data
    sha256: str  # of the file as stored
    matched: Matched
    encoding: str = ""  # as found; empty for Parquet
    delimiter: str = ""  # as found; empty for Parquet
    lines: np.ndarray | None = field(default=None, repr=False)
    n_blank_lines: int = 0  # empty lines, which are no rows
    said: tuple[Message, ...] = ()  # what was read otherwise than it is stored

    @property
    def file(self) -> str:
        """Name of the file in the company folder."""
        return self.origin.file

    def lines_of(self, positions: np.ndarray, shown: int = 5) -> tuple[int, ...]:
        """Return the physical lines of the first few of these rows; the rows of a query have none."""
        first = np.asarray(positions)[:shown]
        if self.lines is not None and not len(self.lines):
            return ()
        found = first + 2 if self.lines is None else self.lines[first]
        return tuple(int(line) for line in found)
