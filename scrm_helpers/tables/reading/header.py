"""The first line of a file: its delimiter, its names, which of them the contract knows, and which may be meant."""

import csv
import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column, Kind, Table
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, listed, pasteable, quoted
from scrm_helpers.tables.contract.settings import Source
from scrm_helpers.tables.reading.files import Matched, Origin

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_NO_SIGN = ("Cf", "Cc")  # characters that are not seen
_LINES, _BYTES = 40, 64 * 1024  # in which the header is sought where it is not the first line
_LOOKS: dict[Kind, re.Pattern[str]] = {
    "date": re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ].*)?"),
    **dict.fromkeys(NUMERIC, re.compile(r"[+-]?[\d.,]*\d[\d.,]*")),
    "yes_no": re.compile(r"(?i)yes|no|true|false|y|n|0|1"),
    "period": re.compile(r"(?=.*\d)[\w ./'-]{1,15}"),
}
Firsts = Mapping[int, list[str]]
"""Position of a column in the file -> its first cells as text."""
FIRST_ROWS = 50
_NEAR = 0.6
_CODE = re.compile(r"[A-Za-z]{3}")
_NO_ID = re.compile(r"[+-]?\d*[.,]\d+|\S+\s+\S+\s+.*", re.S)  # a decimal number, or several words


def plain_name(name: str) -> str:
    r"""Reduce a header to what tells it apart: neither case nor spaces nor characters that are not seen."""
    shown = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in shown if not sign.isspace() and unicodedata.category(sign) not in _NO_SIGN)


def read_header(line: bytes, origin: Origin) -> tuple[list[str], str]:
    """Return the names in the first line of a CSV file, and its delimiter: the one that finds most known columns."""
    text = line.decode("utf-8").rstrip("\r\n")
    if "\r" in text:
        what, todo = "A carriage return stands alone in the header.", "Save with ordinary line ends."
    elif text.lower().startswith("sep="):
        what = "The first line is a hint to a spreadsheet, not the header."
        todo = "Remove this line; the header must be the first."
    elif not text.strip():
        what, todo = "The first line is empty; it must hold the names of the columns.", "Add it."
    else:
        delimiter = _best_delimiter(text, origin)
        try:
            return next(csv.reader([text], delimiter=delimiter, strict=True)), delimiter
        except csv.Error as error:
            what, todo = f"The header cannot be read ({error}).", "Mend the quotes."
    raise origin.refused(what, todo, lines=(1,))


def _best_delimiter(text: str, origin: Origin) -> str:
    """The delimiter that finds most columns of the contract; among equals the most frequent outside quotes."""
    known = {plain_name(origin.name_of(name)) for name in origin.declared.names}
    outside = "".join(text.split('"')[::2])

    def found(delimiter: str) -> tuple[int, int]:
        return sum(plain_name(cell.strip(' "')) in known for cell in text.split(delimiter)), outside.count(delimiter)

    return max(DELIMITERS, key=found)


def match_columns(header: list[str], origin: Origin, firsts: Callable[[], Firsts]) -> Matched:
    """Find the position of each declared column in a header, and the columns that the contract does not know."""
    table, places = origin.declared, dict[str, list[int]]()
    for position, name in enumerate(header):
        places.setdefault(plain_name(name), []).append(position)
    found = {column: places.get(plain_name(origin.name_of(column.name)), []) for column in table.columns}
    wanted = {column.name: where[0] for column, where in found.items() if len(where) == 1}
    respelled = {name: header[place] for name, place in wanted.items() if header[place] != origin.name_of(name)}
    absent = [column for column, where in found.items() if not where]
    used = {position for where in found.values() for position in where}
    free = {position: name for position, name in enumerate(header) if position not in used and plain_name(name)}
    alike = _look_alikes(free, absent, table, firsts()) if absent and free else {}
    faults = [_doubled(header, column.name, where, origin) for column, where in found.items() if len(where) > 1]
    if "" in places:
        faults.append(_nameless(header, places[""], firsts(), [column.name for column in absent], origin))
    missing = [column for column in absent if column.required or column.name in origin.source.columns]
    faults += _missing(missing, free, alike, origin)
    if faults:
        raise CompanyRefused(faults)
    ignored = tuple(name for position, name in enumerate(header) if position not in used)
    return Matched(positions=wanted, respelled=respelled, ignored=ignored, alike=alike)


def _doubled(header: list[str], name: str, found: list[int], origin: Origin) -> Message:
    names = sorted({header[position] for position in found})
    what = f"The column {quoted(names[0])} stands twice."
    if len(names) > 1:
        what = f"The columns {listed([quoted(name) for name in names])} differ only in case or spaces: both are {name}."
    why = "Two columns of one name cannot be told apart."
    return origin.fault(what, "Rename or remove one of them.", why, column=quoted(names[0])[1:-1], lines=(1,))


def _nameless(header: list[str], found: list[int], firsts: Firsts, absent: list[str], origin: Origin) -> Message:
    first = firsts.get(found[0], [])
    places = listed([place + 1 for place in found])
    what = f"Column {places} has no name." if len(found) == 1 else f"Columns {places} have no name."
    todo = "Name or remove the column."
    if absent:
        todo = f"Name or remove the column; the table has no {listed(absent, shown=len(absent))} so far."
    if found == list(range(found[0], len(header))) and not any(any(firsts.get(place, [])) for place in found):
        what = f"{what[:-1]}: the header ends in a delimiter, and so do the rows."
        todo = f"Export without the delimiter at the end of each line. If values stand below: n{todo[1:]}"
    elif found == [0] and first and first == [str(int(first[0] == "1") + row) for row in range(len(first))]:
        what = f"{what[:-1]}: it only counts the rows."
        todo = "Export without row numbers (in pandas: index=False)."
    return origin.fault(what, todo, "Its values cannot be placed.", lines=(1,))


def _missing(
    columns: list[Column], free: dict[int, str], alike: dict[str, tuple[str, ...]], origin: Origin
) -> Iterator[Message]:
    """Name the columns that must be there and are not, each with the one that may be it."""
    paste = to_paste(origin, {column.name: alike[column.name][0] for column in columns if column.name in alike})
    unused = [quoted(name) for name in free.values() if (name,) not in {own[:1] for own in alike.values()}]
    for column in columns:
        hint = ""
        if column.name in alike:
            hint = f" The file has {quoted(alike[column.name][0])}: rename it, or put `{paste}` into company.yaml."
        elif free:
            line = to_paste(origin, {column.name: "<name in the file>"})
            hint = f" If it has another name there ({listed(unused)}), rename it, or put `{line}` into company.yaml."
        what = f"The column {quoted(origin.name_of(column.name))} is missing."
        why = f"Table {origin.declared.name} cannot be understood without it ({column.about})."
        yield origin.fault(what, f"Add the column.{hint}", why, column=quoted(column.name)[1:-1], lines=(1,))


def cause_of_missing(body: memoryview, header: list[str], origin: Origin) -> CompanyRefused | None:
    """Explain why required columns are not in the header; None when they simply are not there."""
    table = origin.declared
    wanted = {plain_name(origin.name_of(name)) for name in table.required_names}
    names = {plain_name(name) for name in header}
    if wanted <= names and "" not in names:
        return None
    lines = str(body[:_BYTES], "utf-8", errors="ignore").replace("\r\n", "\n").split("\n")[:_LINES]

    def told(what: str, todo: str, line: int = 1) -> CompanyRefused:
        return origin.refused(what, todo, "Without its header no column of the table is known.", lines=(line,))

    separator = _odd_separator(lines[0], wanted)
    if separator:
        what = f"The columns are separated by {quoted(separator)}, which is not read as a separator."
        return told(what, f"Export with a {', '.join(DELIMITERS.values())} instead.")
    if wanted <= names:
        return None
    for number, line in enumerate(lines[1:], start=2):
        if any(wanted <= _names(line, delimiter) for delimiter in DELIMITERS):
            first = quoted(lines[0])
            above = f"line 1, {first}" if number == 2 else f"lines 1 to {number - 1} ({first}, ...)"
            kind = "a comment" if lines[0].lstrip().startswith(("#", "//", "--")) else "a title or remark"
            todo = f"Remove {plural(number - 1, 'line')} above the header, or export without."
            return told(f"The header is line {number}; above it stands {kind}: {above}.", todo, number)
    telling = {name: set(one.required_names) for name, one in TABLES.items() if len(one.required_names) > 1}
    other = next((name for name, needed in telling.items() if name != table.name and needed <= names), "")
    if other:
        return told(f"The columns are those of table {other}, not of {table.name}.", f"Rename the file to {other}.csv.")
    values = [cell for cell in map(str.strip, header) if _looks_like(cell, "date") or _looks_like(cell, "number")]
    if values and not names & {plain_name(name) for name in table.names}:
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


def swallowed_rows(
    columns: Mapping[int, Any], width: int, delimiter: str, wanted: dict[str, int], table: Table
) -> np.ndarray:
    """Return the rows that seem to hold the remains of other rows in one cell."""
    kinds = {position: table.column(name).kind for name, position in wanted.items()}
    looks = [_LOOKS.get(kinds.get(position, "text")) for position in range(width)]
    found = {
        row
        for position, column in columns.items()
        for row in np.flatnonzero(pc.match_substring(column, "\n").fill_null(False).to_numpy()).tolist()
        if _holds_rows(column[row].as_py(), position, looks, delimiter)
    }
    return np.array(sorted(found), dtype=np.int64)


def _holds_rows(text: str, position: int, looks: list[re.Pattern[str] | None], delimiter: str) -> bool:
    """Whether the first line continues the row to its end, and the last line begins another one."""
    first, *_, last = text.split("\n")
    tail, head = first.rstrip("\r").split(delimiter)[1:], last.split(delimiter)[:-1]
    if len(tail) != len(looks) - position - 1 or len(head) != position:
        return False
    pairs = zip(head + tail, looks[:position] + looks[position + 1 :], strict=True)
    filled = [(cell.strip(), look) for cell, look in pairs if look and cell.strip()]
    return bool(filled) and all(look.fullmatch(cell) for cell, look in filled)


def _looks_like(text: str, kind: Kind) -> bool:
    """Whether a cell looks like this kind; words may look like anything."""
    look = _LOOKS.get(kind)
    return look is None or look.fullmatch(text) is not None


def _look_alikes(
    free: Mapping[int, str], absent: Iterable[Column], table: Table, firsts: Firsts
) -> dict[str, tuple[str, ...]]:
    """Find for each absent column the unused one that may be it: its name, then its first values."""
    wanted = {column.name: column for column in absent}
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    for position, name in free.items():
        near, best = max((nearness(name, column.name), column.name) for column in table.columns)
        filled = [cell.strip() for cell in firsts.get(position, []) if cell.strip()]
        if best not in wanted or near < _NEAR or not filled or not _fit(filled, wanted[best]):
            continue
        if best not in found or near > found[best][0]:
            found[best] = near, (name, *filled)
    return {name: alike for name, (_, alike) in found.items()}


def to_paste(origin: Origin, columns: Mapping[str, str]) -> str:
    """Write the line of company.yaml that maps columns of one table, with what its source says already."""
    given = origin.source.model_dump(exclude_none=True, exclude_defaults=True)
    return source_line(origin.declared.name, {**given, "columns": {**origin.source.columns, **columns}})


def source_line(table: str, said: object) -> str:
    """The line of company.yaml that says where a table comes from."""
    return f"sources: {{{table}: {_flow(said)}}}"


def said_already(source: Source, but: str) -> str:
    """What a source says already, but for one key, as the beginning of a line that adds to it."""
    given = source.model_dump(exclude_none=True, exclude_defaults=True, exclude={but})
    return "".join(f"{key}: {_flow(entry)}, " for key, entry in given.items())


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(entry)}' for key, entry in value.items())}}}"
    return pasteable(str(value))


def nearness(name: str, declared: str) -> float:
    """How near a header is to the name of a column, from 0 to 1: its words count more than its letters."""
    words = re.findall(r"[^\W_]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).casefold())
    if set(declared.split("_")) <= set(words):
        return 0.95 if len(words) > declared.count("_") + 1 else 1.0
    return difflib.SequenceMatcher(None, "_".join(words), declared).ratio()


def _fit(cells: list[str], column: Column) -> bool:
    """Whether all these values look like the kind of the column."""
    if column.kind == "currency":
        return all(_CODE.fullmatch(cell) for cell in cells)
    if column.kind == "id":
        return not any(_NO_ID.fullmatch(cell) or _looks_like(cell, "date") for cell in cells)
    return all(_looks_like(cell, column.kind) for cell in cells)
