"""The files of a company folder that a table may be: what forbids to read one, and what is said of those not read."""

import difflib
import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import Message, listed, quoted
from scrm_helpers.tables.contract.settings import FILE
from scrm_helpers.tables.reading.files import (
    BUSINESS_CASE,
    ENDINGS,
    MANIFEST,
    kind_of,
    start_of,
    table_like,
    what_it_is,
)
from scrm_helpers.tables.reading.header import source_line
from scrm_helpers.tables.sources.parts import UnreadableError

TEXTS = (".yaml", ".yml", ".json", ".md", ".txt", ".html")
NAMED = (*ENDINGS, ".tsv", ".tab", ".txt", ".tsv.gz", ".tab.gz", ".txt.gz")  # read where company.yaml names them
BOOKS, BASES = (".xlsx", ".xlsm"), (".sqlite", ".sqlite3", ".db", ".duckdb", ".ddb")
"""Endings of files that hold several tables."""
DICTIONARY = "columns.html"
"""The page of all columns that `scrm init` writes."""
OWN = (FILE, BUSINESS_CASE, MANIFEST, DICTIONARY, "mapping.yaml", "import.json", "forgotten.json", "profiles")
"""Files of the kit, and what an import reads: no tables."""
DATA = (
    *(*NAMED[:5], *BOOKS, *BASES, ".gz", ".zip", ".7z", ".rar", ".bz2", ".xz", ".zst", ".xlsb", ".xls", ".ods"),
    *(".numbers", ".pq", ".feather", ".arrow", ".avro", ".orc", ".jsonl", ".ndjson", ".mdb", ".accdb", ".htm"),
    *(".html", ".xml", ".sql", ".sav", ".dta", ".pkl", ".pickle", ".h5"),
)


def stem(name: str) -> str:
    """The name of a file without what follows the first point."""
    return name.split(".", 1)[0]


def unseen(name: str) -> bool:
    """Whether a file is one of the system, of an open program or of the kit."""
    return name.startswith((".", "~")) or name in OWN or name.endswith(".profile.yaml")


def what_forbids(folder: Path, name: str) -> tuple[str, str] | None:
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
    if name.lower().endswith((*NAMED, *BOOKS, *BASES)):
        return None
    if kind := kind_of(start_of(path), path):
        return f"It is {kind.what}.", kind.todo
    return "This type of file is not known.", f"Save the table as one of {', '.join((*ENDINGS, *BOOKS[:1]))}."


def absent(folder: Path, table: str, names: list[str]) -> Message:
    """Name a required table that is missing, and what looks like it."""
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(f"{table}.csv", lower, n=1, cutoff=0.7)
    hint = f" {quoted(lower[near[0]])} looks similar: rename it to {table}.csv." if near else ""
    below = next((name for name in names if (folder / name / f"{table}.csv").is_file()), None)
    if below:
        hint = f" The folder {quoted(below)} inside holds {table}.csv: give that folder."
    what, why = f"The required table {table} is missing.", "Every chapter rests on customers and transactions."
    todo = f"Put {table}.csv with the columns {', '.join(TABLES[table].required_names)} into the folder.{hint}"
    return Message(what=what, why=why, todo=todo, table=table)


def not_used(folder: Path, name: str, found: Mapping[str, str], problem: object) -> Message:
    """Name a file that no table is read from: what it is or what is the matter, and how what it holds could count."""
    path = folder / name
    kind = what_it_is(path)
    near = table_like(stem(name))
    what, todo = f"The file {quoted(name)} is not used.", "Ignore this, if it is no table"
    if path.is_dir():
        what = f"The folder {quoted(name)} is not used."
        todo = "Put the table itself into the company folder, or ignore this"
    elif isinstance(problem, UnreadableError):
        what = f"The file {quoted(name)} is not used: {problem.what}".replace(": It is", ": it is")
        todo = f"{problem.todo} Or ignore this"
    elif kind:
        what = f"The file {quoted(name)} is not used: it is {kind.what}."
        todo = f"{kind.todo} Or ignore this"
    elif near in found:
        todo = f"Table {near} is read from {found[near]}. Ignore this, or keep only the right one"
    elif name.lower().endswith(NAMED):
        table, whose = (near, f"table {near}") if near else ("<table>", f"one of the tables ({', '.join(TABLES)})")
        todo = f"If it is {whose}, rename it to {table}.csv or put `{source_line(table, name)}` into {FILE}; else "
        todo += "ignore this"
    elif near:
        todo = f"If it is table {near}, save it as {near}.csv; else ignore this"
    return Message(what=what, why="What it holds is in no figure.", todo=f"{todo}.", file=name, level="warning")


def no_tables(folder: Path, names: Collection[str]) -> list[Message]:
    """Name in one sentence what else lies in the folder and was not read."""
    if not names:
        return []
    shown = []
    for name in names:
        kind = what_it_is(folder / name)
        what = "a folder" if (folder / name).is_dir() else kind.what if kind else ""
        shown.append(f"{quoted(name)} ({what})" if what else quoted(name))
    bear = "it bears" if len(shown) == 1 else "they bear"
    what = f"Not read, since {bear} neither the name nor the ending of a table: {listed(shown, shown=10)}."
    todo = "Nothing, if no table is among them."
    return [Message(what=what, why="What they hold is in no figure.", todo=todo, level="warning")]
