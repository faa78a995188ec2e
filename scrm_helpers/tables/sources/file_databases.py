"""SQLite and DuckDB files in the company folder: tables by name or by a query, with no way to write or look around."""

import contextlib
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from scrm_helpers.answers.refusal import shortened
from scrm_helpers.tables.contract.receipts import CompanyRefused
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import BYTES_LIMIT, Origin, RawTable
from scrm_helpers.tables.sources.parts import Inside, Part, UnreadableError
from scrm_helpers.tables.sources.typed_cells import in_one_order, table_of_arrow, table_of_rows

MANY = 50_000
"""Rows of a database that are fetched at once."""
PARAMETER = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)")
"""A bound parameter of a query, such as `:since`."""
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",  # neither other files nor the network
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "2",
    "memory_limit": "2GB",
}
Read = Callable[[str, Mapping[str, Any], Origin, str], RawTable]


def _refused(origin: Origin, error: str) -> CompanyRefused:
    what = f"The database gives no answer: {shortened(error, 200)}."
    return origin.refused(what, "Correct the query in company.yaml, or copy the database again.", column="query")


def one_question(query: str, parameters: Mapping[str, Any], origin: Origin) -> str:
    """Pass one statement that only asks, all of whose parameters are given."""
    text = query.strip().removesuffix(";").strip()
    asks = re.match(r"(?is)(\s*--[^\n]*\n|\s*/\*.*?\*/)*\s*(select|with|values|table|from|\()", text)
    given, wanted = set(parameters), set(PARAMETER.findall(text))
    what = todo = ""
    if not asks or ";" in text:
        what, todo = "The query is not one question.", "Write one SELECT; a text with a semicolon goes into parameters."
    elif given != wanted:
        odd = ", ".join(sorted(given ^ wanted))
        what, todo = f"The query and its parameters do not agree: {odd}.", "Give each :name of the query, and no other."
    if what:
        raise origin.refused(what, todo, "Tables are read, and nothing in the database is changed.", column="query")
    return text


def open_sqlite(path: Path, sha256: str) -> Inside:
    """Look at the tables and views of a SQLite file."""
    _refuse_open_changes(path, "-wal")
    names = (
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) != 'sqlite_' ORDER BY 1"
    )
    try:
        with contextlib.closing(_sqlite(path)) as opened:
            heads = _heads(opened, names)
    except (sqlite3.Error, UnicodeError) as error:
        raise UnreadableError("It is a damaged SQLite database.", "Copy the database again.") from error
    return _inside(path.name, "SQLite database", heads, partial(_ask_sqlite, path), sha256)


def _heads(opened: Any, names: str) -> dict[str, tuple[tuple[str, ...], bool]]:
    """The columns of each table, and whether it has rows."""
    heads = {}
    for (name,) in opened.execute(names).fetchall():
        try:
            asked = opened.execute(f"SELECT * FROM {name_quoted(name)} LIMIT 1")  # noqa: S608 - a name of the file, quoted
            heads[str(name)] = tuple(column[0] for column in asked.description), asked.fetchone() is not None
        except sqlite3.OperationalError:  # a view of what is gone
            heads[str(name)] = (), False
    return heads


def _sqlite(path: Path) -> sqlite3.Connection:
    opened = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    opened.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
    return opened


def _ask_sqlite(path: Path, query: str, given: Mapping[str, Any], origin: Origin, mark: str) -> RawTable:
    try:
        with contextlib.closing(_sqlite(path)) as opened:
            asked = opened.execute(query, dict(given))
            header = [column[0] for column in asked.description]
            return table_of_rows(header, iter(lambda: asked.fetchmany(MANY), []), origin, "", mark)
    except (sqlite3.Error, UnicodeError) as error:
        raise _refused(origin, str(error)) from None


def open_duckdb(path: Path, sha256: str) -> Inside:
    """Look at the tables and views of a DuckDB file."""
    import duckdb

    _refuse_open_changes(path, ".wal")
    names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY ALL"
    try:
        with duckdb.connect(str(path), read_only=True, config=_LOCKED) as opened:
            heads = _heads(opened, names)
    except duckdb.Error as error:
        what = "It is a DuckDB database that cannot be opened: in use, damaged or of another version."
        raise UnreadableError(what, "Close the program that uses it, or export the tables as Parquet.") from error
    return _inside(path.name, "DuckDB database", heads, partial(_ask_duckdb, path), sha256)


def _ask_duckdb(path: Path, query: str, given: Mapping[str, Any], origin: Origin, _mark: str) -> RawTable:
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True, config=_LOCKED) as opened:
            opened.execute("SET TimeZone = 'UTC'")
            reader = opened.sql(PARAMETER.sub(r"$\1", query), params=dict(given) or None).to_arrow_reader(MANY)
            batches, size = [], 0
            for batch in reader:
                size += batch.nbytes
                if size > BYTES_LIMIT:
                    raise origin.too_large()
                batches.append(batch)
            return table_of_arrow(pa.Table.from_batches(batches, reader.schema), origin, "")
    except (duckdb.Error, pa.ArrowException) as error:
        raise _refused(origin, str(error).replace(str(path), path.name)) from None


def _inside(file: str, what: str, heads: Mapping[str, tuple[tuple[str, ...], bool]], ask: Read, sha256: str) -> Inside:
    """The tables of a database file; of a query the rows are put in one order, of a table they have one."""

    def whole(name: str, origin: Origin, mark: str) -> RawTable:
        raw = ask(f"SELECT * FROM {name_quoted(name)}", {}, origin, mark)  # noqa: S608 - a name of the file itself, quoted
        return replace(raw, sha256=sha256, lines=np.empty(0, dtype=np.int64))

    def queried(source: Source, origin: Origin, mark: str) -> RawTable:
        query = one_question(source.query or "", source.parameters, origin)
        return replace(in_one_order(ask(query, source.parameters, origin, mark)), sha256=sha256)

    parts = (Part(file, partial(whole, name), "table", name, *head) for name, head in heads.items())
    return Inside(file, what, tuple(parts), queried)


def name_quoted(name: str) -> str:
    """A name as it stands in a query."""
    return '"' + name.replace('"', '""') + '"'


def _refuse_open_changes(path: Path, ending: str) -> None:
    """What lies beside a database is not in it yet."""
    beside = path.with_name(path.name + ending)
    if beside.exists() and beside.stat().st_size:
        raise UnreadableError(
            f"Changes that are not in it yet lie beside it ({beside.name}): a program has it open, or was cut off.",
            "Close the program, so that it writes them into the database.",
        )
