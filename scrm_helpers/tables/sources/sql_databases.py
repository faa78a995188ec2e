"""Databases elsewhere, by SQLAlchemy: one question with bound parameters in a transaction that may only read.

The address stands in an environment variable and nowhere else. What a driver says may repeat it, so a message in which
any secret of the address occurs is not passed on.
"""

import os
import re
import warnings
from typing import Any
from urllib.parse import quote, quote_plus

from scrm_helpers.answers.refusal import shortened
from scrm_helpers.tables.contract.receipts import CompanyRefused
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import Origin, RawTable
from scrm_helpers.tables.sources.file_databases import MANY, one_question
from scrm_helpers.tables.sources.typed_cells import in_one_order, table_of_rows

_READ_ONLY = {
    **dict.fromkeys(("mysql", "mariadb", "oracle"), "SET TRANSACTION READ ONLY"),
    "sqlite": "PRAGMA query_only = ON",
}
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
        raise _refused(error, address, source, origin) from None
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
        todo = (
            "Write it as DIALECT+DRIVER://USER:PASSWORD@HOST/DATABASE; signs such as @ and / in a password as %40, %2F."
        )
        raise origin.refused(what, todo, why, column="database") from None
    if address.get_backend_name() == "sqlite" and not os.path.isfile(address.database or ""):  # noqa: PTH113 - any text
        what = f"The database that {variable} names does not exist."  # the driver would make it
        raise origin.refused(what, "Correct the address.", why, column="database")
    return address


def _in_time(address: Any) -> dict[str, Any]:
    """Wait for a server that does not answer, but not for minutes."""
    known = address.get_backend_name() == "postgresql" and "connect_timeout" not in address.query
    return {"connect_timeout": _PATIENCE} if known and address.get_driver_name() in ("psycopg", "psycopg2") else {}


def _refused(error: Exception, address: Any, source: Source, origin: Origin) -> Exception:
    """Pass on what the database says, unless it repeats a secret of the address."""
    said = str(getattr(error, "orig", None) or error)
    secrets = [address.password or "", *(str(value) for key, value in address.query.items() if _SECRETS.search(key))]
    spelt = {form for text in secrets if text for form in (str(text), quote(str(text), safe=""), quote_plus(str(text)))}
    hidden = any(form.casefold() in said.casefold() for form in spelt)
    words = "its words are not shown, since they hold a secret" if hidden else shortened(said, 200)
    todo = (
        f"Correct the query in company.yaml, or the address in {source.database}; see that the server can be reached."
    )
    return origin.refused(f"The database gives no answer: {words}.", todo, column="query")
