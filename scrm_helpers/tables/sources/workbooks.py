"""Workbooks (XLSX): every sheet as a table, read as it is shown, after a look at what it would fill in the memory.

calamine lays a sheet out as a full rectangle and repeats shared texts, and it shows errors and formulas that were never
calculated as blank cells. So the sheet is looked through before: its extent, its texts, and what would look blank.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from html import unescape
from itertools import zip_longest
from typing import Any

import numpy as np

from scrm_helpers.tables.reading.files import Origin, RawTable, unpacked_limit
from scrm_helpers.tables.reading.header import cause_of_missing
from scrm_helpers.tables.sources.parts import Inside, Part, UnreadableError
from scrm_helpers.tables.sources.typed_cells import table_of_rows, written

GUIDE = "How to fill in"
"""Sheet of the template that tells how to fill it in; it is no table."""
_AGAIN = "Open it in the spreadsheet program and save it again as .xlsx."
_CHUNK = 1024**2
_CELL = 32  # bytes of a cell of the rectangle
_FIRST_LINES = 40
_DAMAGED = (zipfile.BadZipFile, OSError, RuntimeError, ValueError, KeyError, EOFError, NotImplementedError)


def open_workbook(content: bytes, file: str, sha256: str) -> Inside:
    """Look at the sheets of a workbook."""
    parts, template = [], False
    for name, hidden, cells in sheets_of(content):
        if name == GUIDE:
            template = True
            continue
        rows, numbers = _filled(cells)
        header = tuple(str(written(cell, ".") or "") for cell in rows[0]) if rows else ()
        read = partial(_read_sheet, rows, numbers, sha256)
        parts.append(Part(file, read, "sheet", name, header, len(rows) > 1, hidden))
    return Inside(file, "workbook", tuple(parts), template=template)


def sheets_of(content: bytes) -> list[tuple[str, bool, list[list[Any]]]]:
    """The sheets of a workbook with whether each is hidden, and its cells; what would fill the memory is refused."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    blanked = dict(_looked_through(content)) if content.startswith(b"PK") else {}
    sheets = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for sheet in book.sheets_metadata:
                if sheet.typ == SheetTypeEnum.WorkSheet:
                    cells = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
                    _put_back(cells, blanked.get(sheet.name, {}))
                    sheets.append((sheet.name, sheet.visible != SheetVisibleEnum.Visible, cells))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # the reader is written in Rust, whose panics are no Exception
        raise UnreadableError("It is a damaged workbook, or one of a kind that is not understood.", _AGAIN) from error
    return sheets


def _put_back(cells: list[list[Any]], blanked: Mapping[tuple[int, int], str]) -> None:
    """Write into the cells what the reader takes for blank, and is not."""
    for (row, column), text in blanked.items():
        cells += [[""] * len(cells[0]) if cells else [] for _ in range(row + 1 - len(cells))]
        cells[row] += [""] * (column + 1 - len(cells[row]))
        cells[row][column] = text


def _filled(cells: list[list[Any]]) -> tuple[list[tuple[Any, ...]], list[int]]:
    """The rows of a sheet that are not blank, without blank columns, with their numbers in the sheet."""
    filled = [(number, row) for number, row in enumerate(cells, 1) if any(cell != "" for cell in row)]
    columns = list(zip_longest(*(row for _, row in filled), fillvalue=""))
    columns = [column for column in columns if any(cell != "" for cell in column)]
    return list(zip(*columns, strict=True)), [number for number, _ in filled]


def _read_sheet(rows: list[Any], numbers: list[int], sha256: str, origin: Origin, mark: str) -> RawTable:
    """Read a sheet; its lines are the rows as the spreadsheet numbers them."""
    texts = [[re.sub(r"\s+", " ", str(written(cell, ".") or "")) for cell in row] for row in rows[:_FIRST_LINES]]
    header = texts[0] if texts else []
    if not header:
        raise origin.refused("The sheet is empty.", "Fill it in, or export the table again.")
    cause = cause_of_missing(memoryview("\n".join(map("\t".join, texts)).encode()), header, origin)
    if cause is not None and len(header) > 1:
        raise cause
    raw = table_of_rows(header, iter([rows[1:]]), origin, sha256, mark)
    lines = np.array(numbers[1:], dtype=np.int64)
    n_blank = numbers[-1] - numbers[0] + 1 - len(numbers)
    return replace(raw, lines=lines if len(lines) else None, n_blank_lines=n_blank)


def _looked_through(content: bytes) -> Iterator[tuple[str, Mapping[tuple[int, int], str]]]:
    """Refuse what would fill the memory; yield for each sheet the cells that would look blank, and are not."""
    limit = unpacked_limit(len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _count(packed, limit)
            shared = _part(packed, "xl/sharedStrings.xml")
            lengths = np.array([len(text) for text in re.findall(rb"<(?:\w+:)?si\b.*?</(?:\w+:)?si>", shared, re.S)])
            for name, inner in _sheet_files(packed):
                sheet = _part(packed, inner)
                if _extent(sheet) * _CELL + _texts(sheet, lengths, limit) > limit:
                    todo = "Delete what stands far away from the table, or export it as CSV."
                    raise UnreadableError(f"The sheet {name[:40]!r} holds more than this reader takes.", todo)
                yield name, dict(_looks_blank(sheet))
    except _DAMAGED as error:
        raise UnreadableError("It is no whole workbook.", _AGAIN) from error


def _count(packed: zipfile.ZipFile, limit: int) -> None:
    """Unpack every part, keeping none, since a part may hold more than it says."""
    size = 0
    for info in packed.infolist():
        with packed.open(info) as part:
            while chunk := part.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise UnreadableError("It unpacks to more than this reader takes.", "Export the tables as CSV.")


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    found = {one.lower(): one for one in packed.namelist()}
    return packed.read(found[name.lower()]) if name.lower() in found else b""


def _sheet_files(packed: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Names of the sheets, and in which part of the file each one is."""
    links = _tags(_part(packed, "xl/_rels/workbook.xml.rels"), "Relationship")
    place = {link.get("Id", ""): link.get("Target", "").removeprefix("/xl/").removeprefix("/") for link in links}
    return [
        (sheet.get("name", ""), f"xl/{place.get(sheet.get('r:id', sheet.get('id', '')), '')}")
        for sheet in _tags(_part(packed, "xl/workbook.xml"), "sheet")
    ]


def _tags(text: bytes, name: str) -> list[dict[str, str]]:
    """Attributes of all tags of a name."""
    found = re.findall(rf"<(?:\w+:)?{name}\s([^>]*)>", text.decode("utf-8", errors="replace"))
    pairs = [re.findall(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag) for tag in found]
    return [{key: unescape(double or single) for key, double, single in one} for one in pairs]


def _extent(sheet: bytes) -> int:
    """Cells of the rectangle from the first cell to the outermost ones."""
    from xlsxwriter.utility import xl_cell_to_rowcol

    letters = set(re.findall(rb'\sr="([A-Z]+)', sheet))
    numbers = set(re.findall(rb'\sr="[A-Z]*(\d+)', sheet))  # of rows and of cells
    rows = sheet.split(b"</row>") if b"</row>" in sheet else sheet.split(b"<row")
    widest = max((row.count(b"<c ") + row.count(b"<c>") for row in rows), default=0)
    width = max([widest, *(xl_cell_to_rowcol(f"{letter.decode()}1")[1] + 1 for letter in letters)])
    return max([len(rows), *(int(number) for number in numbers)]) * width


def _texts(sheet: bytes, lengths: np.ndarray, limit: int) -> int:
    """Bytes of the texts that the cells share, each counted as often as it is used."""
    if not len(lengths) or sheet.count(b't="s"') * int(lengths.max()) <= limit // 2:
        return 0
    used = np.array(re.findall(rb't="s"[^>]*>\s*<(?:\w+:)?v>(\d+)<', sheet), dtype=np.int64)
    return int(lengths[used[used < len(lengths)]].sum())


def _looks_blank(sheet: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Cells that hold an error, and cells whose formula was never calculated."""
    if b't="e"' not in sheet and b"<f" not in sheet:
        return
    from xlsxwriter.utility import xl_cell_to_rowcol

    for cell in re.finditer(rb'<(?:\w+:)?c\s([^>]*?\br="([A-Z]+\d+)"[^>/]*)>(.*?)</(?:\w+:)?c>', sheet, re.S):
        about, inner = cell[1], cell[3]
        value = re.search(rb"<(?:\w+:)?v>([^<]*)<", inner)
        text = value[1].decode() if value else ""
        never = not text and re.search(rb"<(?:\w+:)?f\b", inner) is not None and b't="str"' not in about
        if never or b't="e"' in about:
            yield xl_cell_to_rowcol(cell[2].decode()), text or "#VALUE!"
