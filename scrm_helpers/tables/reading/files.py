"""From a file name to bytes that are safe to read: a plain file inside the folder, what it says, not too big."""

import gzip
import hashlib
import io
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.column_kinds import Table
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.file_kinds import START, FileKind, kind_of

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
    n_totals: int = 0  # rows at the end that are totals of the others
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
