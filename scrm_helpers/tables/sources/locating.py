"""Where every table of a company comes from: a file, a sheet, a table of a database, or the answer to a query."""

import hashlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from scrm_helpers.tables.contract.declarations import REQUIRED, TABLES
from scrm_helpers.tables.contract.receipts import Message, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings, Source
from scrm_helpers.tables.reading.columnar import read_parquet
from scrm_helpers.tables.reading.delimited import read_csv
from scrm_helpers.tables.reading.files import (
    BYTES_LIMIT,
    ENDINGS,
    Origin,
    RawTable,
    kind_of,
    read_bytes,
    spared,
    start_of,
    table_like,
)
from scrm_helpers.tables.reading.header import source_line
from scrm_helpers.tables.sources import folder_files as files
from scrm_helpers.tables.sources.databases import name_quoted, open_duckdb, open_sqlite, read_database
from scrm_helpers.tables.sources.parts import Inside, Part, UnreadableError
from scrm_helpers.tables.sources.workbooks import open_workbook


def locate(folder: Path, names: list[str], settings: Settings) -> tuple[dict[str, Part], list[Message]]:
    """Find the place of every table that the company has, and name what is not read."""
    search = _Search(folder, names, settings)
    for table in TABLES:
        search.look_for(table)
    search.take_what_is_alike()
    search.name_the_rest()
    return {table: search.found[table] for table in TABLES if table in search.found}, search.messages


def open_inside(path: Path) -> Inside:
    """Look into a file that may hold several tables."""
    start, name = start_of(path), path.name
    kind = kind_of(start, path)
    if kind is None:
        raise UnreadableError("It is neither a workbook nor a database.", "Copy or export it again.")
    if not any(word in kind.what for word in ("Excel workbook", "SQLite", "DuckDB")):
        raise UnreadableError(f"It is {kind.what}.", kind.todo)
    if "Excel" in kind.what and path.stat().st_size > BYTES_LIMIT // 8:
        raise UnreadableError("The workbook is larger than this reader takes.", "Export its sheets as CSV.")
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if "Excel" in kind.what:
            return open_workbook(path.read_bytes(), name, sha256)
    except OSError as error:
        raise UnreadableError(f"It cannot be opened ({error.strerror}).", "Allow reading it.") from None
    return open_sqlite(path, sha256) if "SQLite" in kind.what else open_duckdb(path, sha256)


def _read_file(path: Path, origin: Origin, _mark: str) -> RawTable:
    content, sha256 = read_bytes(path, origin)
    read = read_parquet if path.name.lower().endswith(".parquet") else read_csv
    return read(content, origin, sha256)


@dataclass
class _Search:
    """What was found so far in a company folder."""

    folder: Path
    names: list[str]
    settings: Settings
    found: dict[str, Part] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    insides: dict[str, Inside | UnreadableError] = field(default_factory=dict)
    files_read: set[str] = field(default_factory=set)
    doubled: list[Part] = field(default_factory=list)  # that several may be one table, of which none is read

    def __post_init__(self) -> None:
        for name in self.names:
            if name.lower().endswith((*files.BOOKS, *files.BASES)) and not files.unseen(name):
                self.inside(name)

    def inside(self, name: str) -> Inside | UnreadableError | None:
        """What a file of several tables holds; None for a file of one table, and for what must not be opened."""
        if not name.lower().endswith((*files.BOOKS, *files.BASES)) or files.what_forbids(self.folder, name):
            return None
        if name not in self.insides:
            try:
                self.insides[name] = open_inside(self.folder / name)
            except UnreadableError as error:
                self.insides[name] = error
        return self.insides[name]

    @property
    def opened(self) -> list[Inside]:
        """Files of several tables that could be opened."""
        return [inside for inside in self.insides.values() if isinstance(inside, Inside)]

    def meant(self) -> list[Part]:
        """Filled sheets and tables of all files that could be opened, but for hidden ones."""
        return [part for inside in self.opened for part in inside.parts if part.has_rows and not part.hidden]

    def look_for(self, table: str) -> None:
        """Find the place of one table, by what company.yaml says or by its name."""
        source = self.settings.sources.get(table, Source())
        if source.database:
            self.found[table] = Part(f"database {source.database}", partial(read_database, source))
        elif source.file is not None:
            self._open(table, source.file, source)
        else:
            own = [name for name in self.names if files.stem(name) == table and not name.endswith(files.TEXTS)]
            own = [name for name in own if name.endswith((*ENDINGS, *files.BOOKS, *files.BASES))] or own
            own = [name for name in own if not isinstance(self.inside(name), UnreadableError)] or own
            alike = [part for part in self.meant() if part.table == table and part.file not in own]
            if len(own) + len(alike) > 1:
                self.messages.append(_several(table, own, alike))
                self.files_read |= set(own)
                self.doubled += alike
            elif alike:
                self.found[table] = alike[0]
            elif own:
                self._open(table, own[0], source)

    def _is_left(self, part: Part) -> bool:
        return part not in self.doubled and part not in self.found.values()

    def _open(self, table: str, name: str, source: Source) -> None:
        """Read a table from a file: all of it, one part of it, or what a query to it gives."""
        problem, inside = files.what_forbids(self.folder, name), self.inside(name)
        if isinstance(inside, Inside) and not source.query:
            part, problem = _part_for(table, inside, source)
            self.found |= {table: part} if part is not None else {}
            if problem is None:  # also where there are only the empty sheets of a template
                return
        elif isinstance(inside, Inside) and inside.query is not None:
            self.found[table] = Part(f"{name}, query", partial(inside.query, source))
        elif isinstance(inside, Inside):
            problem = "A query is for a database, and this is a workbook.", "Name its sheet: write sheet for query."
        elif isinstance(inside, UnreadableError):
            problem = inside.what, inside.todo
        elif problem is None and (source.query or source.sheet):
            problem = "It has neither sheets nor is it a database.", f"Write only the file into {FILE}."
        elif problem is None:
            self.found[table] = Part(Path(name).name, partial(_read_file, self.folder / name))
        self.files_read.add(name)
        if problem is not None:
            shown, file = ("An address", "") if "://" in name else (quoted(name), name[:80])  # it may hold a password
            what, why = f"{shown}: {problem[0]}", f"Table {table} cannot be read."
            self.messages.append(Message(what=what, why=why, todo=problem[1] + spared(table), table=table, file=file))

    def take_what_is_alike(self) -> None:
        """Read a sheet whose name is like that of a table, where its header has every column needed, and say so."""
        named = {message.table for message in self.messages}
        for table in [table for table in TABLES if table not in self.found and table not in named]:
            source = self.settings.sources.get(table)
            unnamed = [part for part in self.meant() if self._is_left(part) and not part.table]
            fitting = [part for part in unnamed if table_like(part.name) == table and part.fits(table, source)]
            if len(fitting) > 1:
                self.messages.append(_several(table, [], fitting))
            for part in fitting if len(fitting) == 1 else ():
                self.found[table] = part
                what = f"{part.shown[0].upper()}{part.shown[1:]} is read as table {table}."
                why = "Its name is like that of the table, and its header has every column that the table needs."
                todo = f"Nothing, if that is meant; else give the {part.noun} another name."
                more = Message(what=what, why=why, todo=todo, table=table, file=part.file, level="warning")
                self.messages.append(more)

    def name_the_rest(self) -> None:
        """Name what is missing and what was not read."""
        named = {message.table for message in self.messages}
        missing = [table for table in REQUIRED if table not in self.found and table not in named]
        templates = [inside for inside in self.opened if inside.template]
        blank = [one.file for one in templates if not any(part.has_rows for part in one.parts if part.name in REQUIRED)]
        if missing and blank:
            what = f"{quoted(blank[0])} is the workbook of `scrm init`, and no row of {listed(missing)} is in it yet."
            todo = f"Fill in the sheet{'s' * (len(missing) > 1)} {listed(missing)}, save it, and check again."
            self.messages.append(Message(what=what, why="There is nothing to read yet.", todo=todo, file=blank[0]))
        else:
            self.messages += [files.absent(self.folder, table, self.names) for table in missing]
        shown = {table: place.shown for table, place in self.found.items()}
        used = {message.file for message in self.messages if message.level == "error"} | self.files_read
        used |= {"README.md", "truth.json"} if self.settings.sample else set()
        left = [name for name in self.names if name not in used and not files.unseen(name)]
        unread = [name for name in left if not isinstance(self.insides.get(name), Inside)]
        stray = [name for name in unread if table_like(files.stem(name)) or name.lower().endswith(files.DATA)]
        for inside in self.opened:
            if inside.file in left:
                self._name_parts(inside)
        for name in [one for one in stray if files.stem(one) not in named]:
            self.messages.append(files.not_used(self.folder, name, shown, self.insides.get(name)))
        self.messages += files.no_tables(self.folder, [name for name in unread if name not in stray])

    def _name_parts(self, inside: Inside) -> None:
        """Name the sheets or tables of a file that are not read, each with why, and how it could count."""
        left = [part for part in inside.parts if self._is_left(part)]
        left = [part for part in left if part.header or part.noun == "table"]  # a blank sheet holds nothing to name
        left = [part for part in left if part.has_rows or not inside.template]
        if not left:
            return
        filled = [part for part in left if part.has_rows]
        shown = [quoted(part.name) + (" (hidden)" if part.hidden else "") for part in filled]
        empty = [part for part in left if not part.has_rows]
        shown += [f"{quoted(part.name)} ({'no rows' if part.header else 'cannot be read'})" for part in empty]
        noun = left[0].noun + "s" * (len(left) > 1)
        what = f"Of the {inside.what} {quoted(inside.file)} the {noun} {listed(shown, shown=10)} "
        what += f"{'are' if len(left) > 1 else 'is'} not read."
        meant = next(((table, part) for part in filled for table in TABLES if part.fits(table)), None)
        todo = f"Ignore this, if there is no table among them; else name the {left[0].noun} like its table, or put "
        todo += f"`{_line(*(meant or ('<table>', left[0])))}` into {FILE}."
        why = "What they hold is in no figure."
        self.messages.append(Message(what=what, why=why, todo=todo, file=inside.file, level="warning"))


def _part_for(table: str, inside: Inside, source: Source) -> tuple[Part | None, tuple[str, str] | None]:
    """The part of a file that a table is read from: the one that is named, or the only one that can be meant."""
    parts = inside.parts
    if source.sheet is not None:
        found = [part for part in parts if part.name == source.sheet]
        names = listed([quoted(part.name) for part in parts], shown=10)
        problem = f"There is no {parts[0].noun if parts else 'sheet'} {quoted(source.sheet)} in it; there are {names}."
        return (found[0], None) if found else (None, (problem, f"Correct the name in {FILE}."))
    named = [part for part in parts if part.table == table and (part.has_rows or not inside.template)]
    filled = [part for part in parts if part.has_rows and not part.hidden and not part.table]
    fitting = [part for part in filled if part.fits(table, source)]
    for choice in (named, filled, fitting):
        if len(choice) == 1:
            return choice[0], None
    if inside.template and not filled:
        return None, None
    if not filled:
        return None, (f"The {inside.what} has no rows.", "Fill it in, or export the table again.")
    what = f"Several {filled[0].noun}s can be meant: {listed([quoted(part.name) for part in fitting or filled])}."
    return None, (what, f"Name the one that is meant in {FILE}: `{_line(table, (fitting or filled)[0])}`.")


def _several(table: str, own: list[str], parts: list[Part]) -> Message:
    shown = [*own, *(part.shown for part in parts)]
    line = source_line(table, own[0]) if own else _line(table, parts[0])
    what = f"There are {len(shown)} {'places' if parts else 'files'} for table {table}: {listed(shown)}."
    why = "Only one of them can be the right one, and guessing would decide the figures."
    return Message(what=what, why=why, todo=f"Keep one in the folder, or name it in {FILE}: `{line}`.", table=table)


def _line(table: str, part: Part) -> str:
    """The line of company.yaml by which a table is read from a part of a file."""
    query = f"select * from {name_quoted(part.name)}"  # noqa: S608 - shown, not asked
    inside = {"sheet": part.name} if part.noun == "sheet" else {"query": query}
    return source_line(table, {"file": part.file} | inside)
