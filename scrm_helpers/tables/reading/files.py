"""From a file name to bytes that are safe to read: a plain file inside the folder, what it says, not too big."""

import difflib
import gzip
import hashlib
import io
import os
import stat
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scrm_helpers.tables.contract.column_kinds import Table
from scrm_helpers.tables.contract.declarations import REQUIRED, TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, listed, pasteable, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings, Source
from scrm_helpers.tables.reading.file_kinds import START, FileKind, kind_of, table_like

BUSINESS_CASE = "initiatives.yaml"  # no table: chapters 07 and 09 read it
MANIFEST = "manifest.jsonl"  # no table: what the kit wrote into a folder, also into that of a sample company

_TEXTS = (".yaml", ".yml", ".json", ".md", ".txt")
ENDINGS = (".csv", ".csv.gz", ".parquet")
NAMED = (*ENDINGS, ".tsv", ".tab", ".txt", ".tsv.gz", ".tab.gz", ".txt.gz")  # read where company.yaml names them
_DATA = (
    *(*NAMED[:5], ".gz", ".zip", ".7z", ".rar", ".bz2", ".xz", ".zst", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    *(".numbers", ".pq", ".feather", ".arrow", ".avro", ".orc", ".jsonl", ".ndjson", ".sqlite", ".sqlite3", ".db"),
    *(".duckdb", ".mdb", ".accdb", ".htm", ".html", ".xml", ".sql", ".sav", ".dta", ".pkl", ".pickle", ".h5"),
)
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
        return self.refused(
            f"The file holds more than this reader takes ({BYTES_LIMIT // 1024**2:,} MB, or {RATIO_LIMIT} times its "
            "packed size).",
            "Aggregate the log first, or export fewer columns.",
            "It could fill the memory of this machine.",
        )


def locate(folder: Path, names: list[str], settings: Settings) -> tuple[dict[str, Path], list[Message]]:
    """Find the file of every table that the company has."""
    found: dict[str, Path] = {}
    messages: list[Message] = []
    for table in TABLES:
        source = settings.sources.get(table)
        same = [name for name in names if _stem(name) == table and not name.endswith(_TEXTS)]
        same = [name for name in same if name.endswith(ENDINGS)] or same
        same = same if source is None or source.file is None else [source.file]
        if len(same) > 1:
            messages.append(_two_files(table, same))
        elif same and (problem := _problem(folder, same[0])):
            what, why = f"{quoted(same[0])}: {problem[0]}", f"Table {table} cannot be read."
            todo = problem[1] + spared(table)
            messages.append(Message(what=what, why=why, todo=todo, table=table, file=same[0][:80]))
        elif same:
            found[table] = folder / same[0]
    named = {message.table for message in messages}
    messages += [_absent(folder, table, names) for table in REQUIRED if table not in found and table not in named]
    used = {path.name for path in found.values()} | {message.file for message in messages}
    used |= {FILE, BUSINESS_CASE, MANIFEST}
    stray = [name for name in names if name not in used and _may_be_a_table(name)]
    messages += [_not_used(folder, name, found) for name in stray if _stem(name) not in named]
    return found, messages


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


def _stem(name: str) -> str:
    return name.split(".", 1)[0]


def _may_be_a_table(name: str) -> bool:
    """Whether a file seems to hold data: by its ending, or because it bears the name of a table."""
    return not name.startswith((".", "~")) and (table_like(_stem(name)) != "" or name.lower().endswith(_DATA))


def _problem(folder: Path, name: str) -> tuple[str, str] | None:
    """Return what forbids to use this name as a source, and what to do; None when it is fine."""
    inside = "Put the file itself into the company folder and name it without a path."
    if "://" in name:
        return "The source is an address, not a file.", f"Download it first. {inside}"
    if "\x00" in name or len(name) > 255:
        return "This cannot be the name of a file.", inside
    path, home = folder / name, folder.resolve()
    straight = Path(os.path.normpath(home / name))
    if Path(name).is_absolute() or not straight.is_relative_to(home):
        return "The source lies outside the company folder.", inside
    if path.resolve() != straight:
        return "The source is a link to another place.", inside
    if not path.exists():
        return "The file does not exist.", "Correct the name in company.yaml, or export the table."
    if path.is_dir():
        return "It is a folder, not a plain file.", inside
    if not stat.S_ISREG(path.stat().st_mode):
        return "It is not a plain file.", inside
    if name.lower().endswith(NAMED):
        return None
    if kind := kind_of(_start(path), path):
        return f"It is {kind.what}.", kind.todo
    return "This type of file is not known.", f"Save the table as one of {', '.join(ENDINGS)}."


def what_it_is(path: Path) -> FileKind | None:
    """Tell what a plain file is that is not read as a table; None where it may be one, or cannot be read."""
    start = _start(path) if path.is_file() and not path.is_symlink() else b""
    readable = path.name.lower().endswith((".gz", ".parquet")) and start.startswith((b"\x1f\x8b", b"PAR1"))
    return None if readable else kind_of(start, path)


def _start(path: Path) -> bytes:
    """First bytes of a file, or none where it cannot be read: then its name must do."""
    try:
        with path.open("rb") as file:
            return file.read(START)
    except OSError:
        return b""


def _two_files(table: str, names: list[str]) -> Message:
    return Message(
        what=f"There are {len(names)} files for table {table}: {listed(names)}.",
        why="Only one of them can be the right one, and guessing would decide the figures.",
        todo=f"Keep one in the folder, or name it in {FILE}: `sources: {{{table}: {pasteable(names[0])}}}`.",
        table=table,
    )


def _absent(folder: Path, table: str, names: list[str]) -> Message:
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(f"{table}.csv", lower, n=1, cutoff=0.7)
    hint = f" {quoted(lower[near[0]])} looks similar: rename it to {table}.csv." if near else ""
    below = next((name for name in names if (folder / name / f"{table}.csv").is_file()), None)
    if below:
        hint = f" The folder {quoted(below)} inside holds {table}.csv: give that folder."
    columns = ", ".join(TABLES[table].required_names)
    return Message(
        what=f"The required table {table} is missing.",
        why="Every chapter rests on customers and transactions.",
        todo=f"Put {table}.csv with the columns {columns} into the folder.{hint}",
        table=table,
    )


def _not_used(folder: Path, name: str, found: dict[str, Path]) -> Message:
    """Name a file that no table is read from: what it is, and how what it holds could count."""
    path = folder / name
    kind = what_it_is(path)
    near = table_like(_stem(name))
    what, todo = f"The file {quoted(name)} is not used.", "Ignore this, if it is no table"
    if path.is_dir():
        what = f"The folder {quoted(name)} is not used."
        todo = "Put the table itself into the company folder, or ignore this"
    elif kind:
        what = f"The file {quoted(name)} is not used: it is {kind.what}."
        todo = f"{kind.todo} Or ignore this"
    elif near in found:
        todo = f"Table {near} is read from {found[near].name}. Ignore this, or keep only the right one"
    elif name.lower().endswith(NAMED):
        source = f"`sources: {{{near or '<table>'}: {pasteable(name)}}}`"
        whose = f"table {near}" if near else f"one of the tables ({', '.join(TABLES)})"
        renamed = f"{near or '<table>'}.csv"
        todo = f"If it is {whose}, rename it to {renamed} or put {source} into {FILE}; else ignore this"
    elif near:
        todo = f"If it is table {near}, save it as {near}.csv; else ignore this"
    return Message(what=what, why="What it holds is in no figure.", todo=f"{todo}.", file=name, level="warning")


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

    @property
    def file(self) -> str:
        """Name of the file in the company folder."""
        return self.origin.file

    def lines_of(self, positions: np.ndarray, shown: int = 5) -> tuple[int, ...]:
        """Return the physical lines of the first few of these rows."""
        first = np.asarray(positions)[:shown]
        found = first + 2 if self.lines is None else self.lines[first]
        return tuple(int(line) for line in found)
