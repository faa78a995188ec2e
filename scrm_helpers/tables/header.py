"""The first line of a file: its delimiter, its names, and which of them the contract knows."""

from __future__ import annotations

import csv
import difflib
from collections import Counter

from scrm_helpers.tables.files import refused
from scrm_helpers.tables.kinds import Table
from scrm_helpers.tables.messages import CompanyRefused, Message, quoted
from scrm_helpers.tables.settings import Source

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def read_header(line: bytes, table: str, file: str) -> tuple[list[str], str]:
    """Return the names in the first line of a CSV file, and its delimiter: the most frequent outside quotes.

    Raises
    ------
    CompanyRefused
        When the line is empty or its quotes do not close.
    """
    text = line.decode("utf-8").rstrip("\r\n")
    if "\r" in text:
        raise refused(
            table, file, "A carriage return stands alone in the header.", "Save with ordinary line ends.", lines=(1,)
        )
    outside = "".join(text.split('"')[::2])
    delimiter = max(DELIMITERS, key=outside.count)
    if text.lower().startswith("sep="):
        todo = "Remove this line; the header must be the first."
        raise refused(table, file, "The first line is a hint to a spreadsheet, not the header.", todo, lines=(1,))
    if not text.strip():
        raise refused(
            table, file, "The first line is empty; it must hold the names of the columns.", "Add it.", lines=(1,)
        )
    try:
        header = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise refused(table, file, f"The header cannot be read ({error}).", "Mend the quotes.", lines=(1,)) from None
    return header, delimiter


def match_columns(header: list[str], table: Table, file: str, source: Source) -> tuple[dict[str, int], tuple[str, ...]]:
    """Find the position of each declared column in a header, and the columns that the contract does not know.

    Raises
    ------
    CompanyRefused
        When a name stands twice or is empty, or a required column is absent.
    """
    faults = []
    doubles = [name for name, times in Counter(header).items() if times > 1]
    for name in doubles:
        what = f"The column {quoted(name)} stands twice." if name.strip() else "Several columns have no name."
        faults.append((what, "Two columns of one name cannot be told apart.", "Rename or remove one of them.", name))
    if "" in header and "" not in doubles:
        faults.append(("One column has no name.", "Its values cannot be placed.", "Name or remove the column.", ""))
    wanted = {}
    for column in table.columns:
        name = source.columns.get(column.name, column.name)
        if name in header:
            wanted[column.name] = header.index(name)
        elif column.required or column.name in source.columns:
            near = difflib.get_close_matches(name.lower(), [h.strip().lower() for h in header], n=1, cutoff=0.6)
            like = next((h for h in header if near and h.strip().lower() == near[0]), None)
            hint = f" The file has {quoted(like)}: rename it, or map it in company.yaml." if like else ""
            what = f"The column {quoted(name)} is missing."
            why = f"Table {table.name} cannot be understood without it ({column.about})."
            faults.append((what, why, f"Add the column.{hint}", column.name))
    if faults:
        raise CompanyRefused([_header_fault(table.name, file, *fault) for fault in faults])
    used = set(wanted.values())
    return wanted, tuple(name for position, name in enumerate(header) if position not in used)


def _header_fault(table: str, file: str, what: str, why: str, todo: str, name: str) -> Message:
    column = quoted(name)[1:-1]
    return Message(what=what, why=why, todo=todo, table=table, file=file, column=column, lines=(1,), n=1)
