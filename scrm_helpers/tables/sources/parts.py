"""A sheet of a workbook or a table of a database file: its name, its header, and how it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import quoted
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import Origin, RawTable
from scrm_helpers.tables.reading.header import plain_name


@dataclass(frozen=True)
class Part:
    """Where one table is read from, whole or inside a file; `read` takes its origin and the decimal mark in text."""

    file: str
    read: Callable[[Origin, str], RawTable]
    noun: str = ""  # sheet or table; empty where it is all of the file, or the answer to a query
    name: str = ""
    header: tuple[str, ...] = ()
    has_rows: bool = True
    hidden: bool = False  # from whoever opens the file

    @property
    def shown(self) -> str:
        """The part in words."""
        return f"{self.file}, {self.noun} {quoted(self.name)}" if self.noun else self.file

    @property
    def table(self) -> str:
        """The table whose name it bears; empty where it bears none."""
        plain = re.sub(r"[\W_]+", "_", self.name.strip().lower())
        return plain if plain in TABLES else ""

    def fits(self, table: str, source: Source | None = None) -> bool:
        """Whether its header has every column that the table needs."""
        own = source.columns if source else {}
        wanted = {plain_name(own.get(name, name)) for name in TABLES[table].required_names}
        return wanted <= {plain_name(name) for name in self.header}


@dataclass(frozen=True)
class Inside:
    """What a file holds; `query` reads what a question to the database gives, where it is one."""

    file: str
    what: str
    parts: tuple[Part, ...] = ()
    query: Callable[[Source, Origin, str], RawTable] | None = None
    template: bool = False  # the workbook that `scrm init` writes


class UnreadableError(Exception):
    """A file that is one of ours by its name and cannot be read: what is wrong, and what to do."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what, self.todo = what, todo
