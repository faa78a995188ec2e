"""Why the columns of a file are not found: lines above the header, an odd separator, no header, another table."""

from __future__ import annotations

import re
from collections import Counter

from scrm_helpers.tables.contract.declarations import TABLES, Table
from scrm_helpers.tables.contract.messages import CompanyRefused, counted, quoted
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import refused
from scrm_helpers.tables.reading.header import DELIMITERS, plain_name
from scrm_helpers.tables.reading.swallowed import looks_like

_LINES = 40
_BYTES = 64 * 1024
_WHY = "Without its header no column of the table is known."


def cause_of_missing(
    body: memoryview, header: list[str], table: Table, file: str, source: Source
) -> CompanyRefused | None:
    """Explain why required columns are not in the header; None when they simply are not there."""
    wanted = {plain_name(source.columns.get(name, name)) for name in table.required_names}
    names = {plain_name(name) for name in header}
    if wanted <= names and "" not in names:
        return None
    lines = str(body[:_BYTES], "utf-8", errors="ignore").replace("\r\n", "\n").split("\n")[:_LINES]

    def told(what: str, todo: str, line: int = 1) -> CompanyRefused:
        return refused(table.name, file, what, todo, why=_WHY, lines=(line,))

    separator = _odd_separator(lines[0], wanted)
    if separator:
        return told(
            f"The columns are separated by {quoted(separator)}, which is not read as a separator.",
            f"Export with a {', '.join(DELIMITERS.values())} instead.",
        )
    if wanted <= names:
        return None
    for number, line in enumerate(lines[1:], start=2):
        if any(wanted <= _names(line, delimiter) for delimiter in DELIMITERS):
            above = (
                f"line 1, {quoted(lines[0])}" if number == 2 else f"lines 1 to {number - 1} ({quoted(lines[0])}, ...)"
            )
            kind = "a comment" if lines[0].lstrip().startswith(("#", "//", "--")) else "a title or remark"
            todo = f"Remove {counted(number - 1, 'line')} above the header, or export without."
            return told(f"The header is line {number}; above it stands {kind}: {above}.", todo, number)
    other = next((name for name, one in TABLES.items() if name != table.name and set(one.required_names) <= names), "")
    if other:
        return told(f"The columns are those of table {other}, not of {table.name}.", f"Rename the file to {other}.csv.")
    if not names & {plain_name(name) for name in table.names} and _looks_like_a_row(header):
        todo = f"Put a first line with the names of the columns: {', '.join(table.required_names)} are needed."
        return told(f"There is no header: line 1 is a row of data ({quoted(lines[0])}).", todo)
    if len(header) == 1:
        what = f"Line 1 holds no delimiter, so that it is one column: {quoted(lines[0])}."
        return told(what, f"Export the table again, with the columns {', '.join(table.required_names)}.")
    return None


def _names(line: str, delimiter: str) -> set[str]:
    return {plain_name(cell.strip(' "')) for cell in line.split(delimiter)}


def _odd_separator(line: str, wanted: set[str]) -> str:
    """The most frequent text between words that splits the line into the wanted columns."""
    between = Counter(text.strip("\"'") or text for text in re.split(r"\w+", line)[1:-1])
    found = [text for text, _ in between.most_common(3) if text and text not in DELIMITERS]
    return next((text for text in found if wanted <= _names(line.replace("'", ""), text)), "")


def _looks_like_a_row(header: list[str]) -> bool:
    cells = [cell.strip() for cell in header if cell.strip()]
    return any(looks_like(cell, "date") or looks_like(cell, "number") for cell in cells)
