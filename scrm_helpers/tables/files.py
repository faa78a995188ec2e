"""From a file name to bytes that are safe to read: a plain file inside the folder, what it says, not too big."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import os
import stat
import zlib
from pathlib import Path

from scrm_helpers.tables.contract import REQUIRED, TABLES
from scrm_helpers.tables.messages import CompanyRefused, Message, listed, quoted
from scrm_helpers.tables.settings import FILE, Settings

BUSINESS_CASE = "initiatives.yaml"  # no table: chapters 07 and 09 read it
MANIFEST = "manifest.jsonl"  # no table: what the kit wrote into a folder, also into that of a sample company

_TEXTS = (".yaml", ".yml", ".json", ".md", ".txt")
ENDINGS = (".csv", ".csv.gz", ".parquet")
_DATA = (*ENDINGS, ".tsv", ".tab", ".gz", ".zip", ".xlsx", ".xls", ".ods", ".pq", ".feather", ".arrow", ".jsonl")
BYTES_LIMIT = 2 * 1024**3
RATIO_LIMIT = 250  # text packs 5-30 times; a bomb a thousand times
RATIO_FREE = 64 * 1024**2
_KNOWN_BYTES = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a ZIP or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a SQLite database",
}


def locate(folder: Path, names: list[str], settings: Settings) -> tuple[dict[str, Path], list[Message]]:
    """Find the file of every table that the company has.

    Parameters
    ----------
    folder : Path
        The company folder.
    names : list of str
        Names of all its entries, sorted.
    settings : Settings
        Names of files that differ from the table's name.

    Returns
    -------
    dict of str to Path, list of Message
        Table -> file, and what is wrong or left unused.
    """
    found: dict[str, Path] = {}
    messages: list[Message] = []
    for table in TABLES:
        source = settings.sources.get(table)
        if source is not None and source.file is not None:
            problem = _problem(folder, source.file)
            if problem is None:
                found[table] = folder / source.file
            else:
                messages.append(_unusable(table, source.file, problem))
            continue
        same = [name for name in names if _stem(name) == table and not name.endswith(_TEXTS)]
        same = [name for name in same if name.endswith(ENDINGS)] or same
        if len(same) > 1:
            messages.append(_two_files(table, same))
        elif same:
            problem = _problem(folder, same[0])
            if problem is None:
                found[table] = folder / same[0]
            else:
                messages.append(_unusable(table, same[0], problem))
    named = {message.table for message in messages}
    messages += [_absent(table, names) for table in REQUIRED if table not in found and table not in named]
    used = (
        {path.name for path in found.values()}
        | {message.file for message in messages}
        | {FILE, BUSINESS_CASE, MANIFEST}
    )
    stray = [name for name in names if name not in used and _may_be_a_table(name)]
    messages += [_not_used(name) for name in stray if _stem(name) not in named]
    return found, messages


def read_bytes(path: Path, table: str) -> tuple[bytes, str]:
    """Read a file that was located, unpacked if it is packed.

    Parameters
    ----------
    path : Path
        The file.
    table : str
        Its table, for messages.

    Returns
    -------
    bytes, str
        The content, and the sha256 of the file as stored.

    Raises
    ------
    CompanyRefused
        When the file is too large, is not what its name says, or is cut or damaged.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise refused(table, path.name, f"The file cannot be opened ({error.strerror}).", "Allow reading it.") from None
    with os.fdopen(handle, "rb") as file:
        if os.fstat(file.fileno()).st_size > BYTES_LIMIT:
            raise _too_large(table, path.name)
        raw = file.read()
    sha256 = hashlib.sha256(raw).hexdigest()
    if not raw:
        raise refused(table, path.name, "The file is empty.", f"Export the table again, or remove {path.name}.")
    packed = path.name.endswith(".gz")
    if packed and not raw.startswith(b"\x1f\x8b"):
        raise refused(
            table, path.name, "The name ends in .gz but it is not a gzip file.", "Rename it, or pack it again."
        )
    kind = next((name for start, name in _KNOWN_BYTES.items() if raw.startswith(start)), None)
    parquet = path.name.endswith(".parquet")
    if parquet and not (kind == "a Parquet file" and raw.endswith(b"PAR1") and len(raw) >= 12):
        raise refused(
            table, path.name, "It is not a whole Parquet file: it was cut, or is something else.", "Export again."
        )
    if kind and not packed and not parquet:
        raise refused(table, path.name, f"The name says CSV, but it is {kind}.", "Save the table as CSV (UTF-8).")
    return (_unpacked(raw, table, path.name) if packed else raw), sha256


def refused(table: str, file: str, what: str, todo: str, *, why: str = "", lines: tuple[int, ...] = (), n: int = 0,
            column: str = "") -> CompanyRefused:  # fmt: skip
    """Return the refusal of a whole file as one message."""
    why = why or f"No figure that rests on {table} could be trusted."
    return CompanyRefused(
        [Message(what=what, why=why, todo=todo, table=table, file=file, column=column, lines=lines, n=n or len(lines))]
    )


def _unpacked(raw: bytes, table: str, name: str) -> bytes:
    limit = min(BYTES_LIMIT, max(RATIO_FREE, RATIO_LIMIT * len(raw)))
    import io

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            content = packed.read(limit + 1)
    except (EOFError, OSError, zlib.error):
        raise refused(table, name, "The packed file is cut or damaged.", "Export and pack the table again.") from None
    if len(content) > limit:
        raise _too_large(table, name)
    if not content:
        raise refused(table, name, "The file is empty.", f"Export the table again, or remove {name}.")
    return content


def _too_large(table: str, name: str) -> CompanyRefused:
    return refused(
        table,
        name,
        f"The file holds more than this reader takes ({BYTES_LIMIT // 1024**2:,} MB, or {RATIO_LIMIT} times its packed "
        "size).",
        "Aggregate the log first, or export fewer columns.",
        why="It could fill the memory of this machine.",
    )


def _stem(name: str) -> str:
    return name.split(".", 1)[0]


def _may_be_a_table(name: str) -> bool:
    """Whether a file seems to hold data: by its ending, or because it bears the name of a table."""
    named = _stem(name).lower() in TABLES
    return not name.startswith((".", "~")) and (named or name.lower().endswith(_DATA))


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
    if not stat.S_ISREG(path.stat().st_mode):
        return "It is not a plain file.", inside
    if not name.endswith(ENDINGS):
        return "This type of file is not known.", f"Save the table as one of {', '.join(ENDINGS)}."
    return None


def _unusable(table: str, name: str, problem: tuple[str, str]) -> Message:
    why = f"Table {table} cannot be read."
    return Message(what=f"{quoted(name)}: {problem[0]}", why=why, todo=problem[1], table=table, file=name[:80])


def _two_files(table: str, names: list[str]) -> Message:
    return Message(
        what=f"There are {len(names)} files for table {table}: {listed(names)}.",
        why="Only one of them can be the right one, and guessing would decide the figures.",
        todo=f"Keep one, or name it in {FILE} under sources.",
        table=table,
    )


def _absent(table: str, names: list[str]) -> Message:
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(f"{table}.csv", lower, n=1, cutoff=0.7)
    hint = f" {quoted(lower[near[0]])} looks similar: rename it to {table}.csv." if near else ""
    columns = ", ".join(TABLES[table].required_names)
    return Message(
        what=f"The required table {table} is missing.",
        why="Every chapter rests on customers and transactions.",
        todo=f"Put {table}.csv with the columns {columns} into the folder.{hint}",
        table=table,
    )


def _not_used(name: str) -> Message:
    near = difflib.get_close_matches(_stem(name).lower(), TABLES, n=1, cutoff=0.7)
    hint = f"If it is table {near[0]}, rename it. " if near else ""
    return Message(
        what=f"The file {quoted(name)} is not used.",
        why="What it holds is in no figure.",
        todo=f"{hint}Name it in {FILE} under sources, or ignore this.",
        file=name,
        level="warning",
    )
