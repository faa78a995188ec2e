"""Databases, only read: SQLite and DuckDB files in the company folder, and others elsewhere by SQLAlchemy.

Of files come tables by name or by a query, with no way to write or look around; of others the answer to one question
with bound parameters, in a transaction that may only read. Their address stands in an environment variable and nowhere
else. What a driver says may repeat it, so a message in which any secret of the address occurs is not passed on.
"""

import contextlib
import os
import re
import sqlite3
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

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
    names = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY 1"
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
        what = f"Changes that are not in it yet lie beside it ({beside.name}): a program has it open, or was cut off."
        raise UnreadableError(what, "Close the program, so that it writes them into the database.")


_READ_ONLY = dict.fromkeys(("mysql", "mariadb", "oracle"), "SET TRANSACTION READ ONLY")
_READ_ONLY |= {"sqlite": "PRAGMA query_only = ON"}
_PATIENCE = 15  # seconds until a server has to answer the call
_SECRETS = re.compile(r"pass|pwd|secret|token|key|cred|odbc", re.IGNORECASE)


def read_database(source: Source, origin: Origin, mark: str) -> RawTable:
    """Read what a query gives, as rows in one order."""
    query = one_question(source.query or "", source.parameters, origin)
    try:
        import sqlalchemy
    except ModuleNotFoundError:
        todo = "Install the kit with the extra sql: pip install 'scrm-helpers[sql]'."
        raise origin.refused("Databases are read with SQLAlchemy, which is not installed.", todo) from None
    address = _address(source.database or "", origin)
    try:
        with warnings.catch_warnings(action="ignore"):  # a warning may repeat the address
            engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool, connect_args=_in_time(address))
            with engine.connect() as opened:
                # Let the database itself refuse to write, where it can; the transaction is rolled back in any case.
                if (kind := opened.dialect.name) in _READ_ONLY:
                    opened.exec_driver_sql(_READ_ONLY[kind])
                only = {"postgresql_readonly": True} if kind == "postgresql" else {}
                streamed = opened.execution_options(stream_results=True, max_row_buffer=MANY, **only)
                asked = streamed.execute(sqlalchemy.text(query), source.parameters)
                raw = table_of_rows(list(asked.keys()), iter(lambda: asked.fetchmany(MANY), []), origin, "", mark)
                opened.rollback()
    except (CompanyRefused, MemoryError):
        raise
    except ModuleNotFoundError as error:
        todo = f"Install the driver {shortened(str(error.name), 40)}, or name another one in the address."
        raise origin.refused("The driver of this database is not installed.", todo) from None
    except Exception as error:  # noqa: BLE001 - drivers raise what they like, and a traceback would hold the address
        raise _no_answer(error, address, source, origin) from None
    return in_one_order(raw)


def _address(variable: str, origin: Origin) -> Any:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    why = "The address of a database, with its password, is in no file of the company."
    given = os.environ.get(variable, "").strip()
    if not given:
        what = f"The environment variable {variable} is not set."
        todo = f"Set it to the address before the command: export {variable}=postgresql://USER:PASSWORD@HOST/DATABASE"
        raise origin.refused(what, todo, why, column="database")
    try:
        address = make_url(re.sub(r"^postgres://", "postgresql://", given))
    except (ArgumentError, ValueError):
        what = f"What the environment variable {variable} holds is no address of a database."
        todo = "Write it as DIALECT+DRIVER://USER:PASSWORD@HOST/DATABASE; signs such as @ and / in a password as "
        raise origin.refused(what, f"{todo}%40, %2F.", why, column="database") from None
    if address.get_backend_name() == "sqlite" and not os.path.isfile(address.database or ""):  # noqa: PTH113 - any text
        what = f"The database that {variable} names does not exist."  # the driver would make it
        raise origin.refused(what, "Correct the address.", why, column="database")
    return address


def _in_time(address: Any) -> dict[str, Any]:
    """Wait for a server that does not answer, but not for minutes."""
    known = address.get_backend_name() == "postgresql" and "connect_timeout" not in address.query
    return {"connect_timeout": _PATIENCE} if known and address.get_driver_name() in ("psycopg", "psycopg2") else {}


def _no_answer(error: Exception, address: Any, source: Source, origin: Origin) -> Exception:
    """Pass on what the database says, unless it repeats a secret of the address."""
    said = str(getattr(error, "orig", None) or error)
    secrets = [address.password or "", *(str(value) for key, value in address.query.items() if _SECRETS.search(key))]
    spelt = {form for text in secrets if text for form in (str(text), quote(str(text), safe=""), quote_plus(str(text)))}
    hidden = any(form.casefold() in said.casefold() for form in spelt)
    words = "its words are not shown, since they hold a secret" if hidden else shortened(said, 200)
    todo = f"Correct the query in company.yaml, or the address in {source.database}; see that the server can be "
    return origin.refused(f"The database gives no answer: {words}.", f"{todo}reached.", column="query")
