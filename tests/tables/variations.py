"""Variations of a small company, drawn from the contract: every table, column and damage that fits its kind."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scrm_helpers.tables import TABLES
from scrm_helpers.tables.contract.accepted_words import YES_NO
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column

from .sheets import Sheet

PLAIN = ("id", "group", "text")
EMPTY, SAID = "EMPTY", "SAID"
"""What a cell may become without a word, beside its new text: nothing at all, or no other value than before."""


@dataclass(frozen=True)
class Variation:
    """One case: what was done to which column and row (None: the table as a whole), and what it may change unsaid."""

    damage: str
    sheet: Sheet
    column: str = ""
    row: int | None = None
    becomes: Any = SAID
    harmless: bool = False

    @property
    def name(self) -> str:
        return f"{self.sheet.table}.{self.column or '*'}: {self.damage}"


# --- one cell -------------------------------------------------------------------------------------------------------


def _of(*kinds: str) -> Callable[[Column], bool]:
    return lambda column: column.kind in kinds


def _all_but(*kinds: str) -> Callable[[Column], bool]:
    return lambda column: column.kind not in kinds


def _any(column: Column) -> bool:
    return True


def _german_day(text: str) -> str:
    return ".".join(reversed(text.split("-")))


def _german_number(text: str) -> str:
    whole, _, part = text.partition(".")
    return f"{whole},{part or '0'}"


def _alias(text: str, column: Column) -> str:
    others = next((others for word, others in column.words.spellings.items() if column.words.read(text) == word), "")
    return others.split("|")[-1] or text


BLANKS = {"blank": "", "spaces": "   ", "no-break space": "\u00a0", "zero width": "\u200b"}
NUMBERS = {
    "currency behind": "{} EUR", "currency before": "€{}", "per cent": "{}%", "hours": "{}h", "in brackets": "({})",
    "scientific": "{}e3", "typographic minus": "\u2212{}", "thousands point": "1.000.{}",
    "thousands apostrophe": "1'000{}",
    "letter": "{}O", "two numbers": "{}-{}", "infinite": "inf",
}  # fmt: skip
DAYS = {
    "day first": _german_day, "slashes": lambda text: "/".join(reversed(text.split("-"))),
    "spreadsheet number": lambda text: str((dt.date.fromisoformat(text[:10]) - dt.date(1899, 12, 30)).days),
    "compact": lambda text: text.replace("-", ""), "short year": lambda text: text[2:],
    "no such day": lambda text: text[:8] + "32", "long ago": lambda text: "1899" + text[4:],
    "far ahead": lambda text: "2999" + text[4:], "with a time": lambda text: text + " 10:11:12",
    "in words": lambda text: "soon", "never": lambda text: "0000-00-00",
}  # fmt: skip
PERIODS = {
    "no such period": lambda text: text[:4] + "Q5", "season": lambda text: "Spring " + text[:4],
    "coarser": lambda text: text[:4], "far ahead": lambda text: "2999" + text[4:],
    "two periods": lambda text: f"{text}-{text}",
}  # fmt: skip
SAME_PERIOD = {
    "quarter first": lambda text: f"{text[4:]} {text[:4]}", "with a line": lambda text: f"{text[:4]}-{text[4:]}",
    "small": str.lower, "in German": lambda text: f"{text[5]}. Quartal {text[:4]}",
}  # fmt: skip
SAME_NUMBER = {
    "plus sign": lambda text: text if text[0] == "-" else "+" + text,
    "zeros before": lambda text: text if text[0] == "-" else "00" + text,
    "spaces around": lambda text: f" {text} ",
}

# damage: (columns it fits, text -> text, what the cell may become unsaid; None: the new text in a plain column)
CELLS: dict[str, tuple[Callable[[Column], bool], Callable[[str, Column], str], str | None]] = {
    **{name: (_any, lambda text, column, new=new: new, EMPTY) for name, new in BLANKS.items()},
    **{name: (_of(*NUMERIC), lambda text, column, new=new: new.format(text, text), SAID)
       for name, new in NUMBERS.items()},
    **{f"day {name}": (_of("date"), lambda text, column, new=new: new(text), SAID) for name, new in DAYS.items()},
    **{f"period {name}": (_of("period"), lambda text, column, new=new: new(text), SAID)
       for name, new in PERIODS.items()},
    "decimal comma": (_of(*NUMERIC), lambda text, column: _german_number(text), SAID),
    "thousands comma": (_of(*NUMERIC), lambda text, column: f"1,{int(float(text)) % 1000:03d}", SAID),
    "case": (_any, lambda text, column: text.swapcase(), None),
    "space behind": (_any, lambda text, column: text + " ", None),
    "zero width behind": (_any, lambda text, column: text + "\u200b", None),
    "error of a formula": (_any, lambda text, column: "#REF!", SAID),
    "word for nothing": (_all_but("group", "text"), lambda text, column: "NULL", SAID),
    "unknown id": (_of("id"), lambda text, column: "ZZ-99", None),
    "id as a number": (_of("id"), lambda text, column: "1.23E+11", SAID),
    "zeros before the id": (_of("id"), lambda text, column: "0" + text, None),
    "unknown word": (_of("word", "yes_no", "currency", "unit"), lambda text, column: "zebra", None),
    "other currency": (_of("currency"), lambda text, column: "USD", SAID),
    "thousands of a currency": (_of("currency", "unit"), lambda text, column: "kEUR", SAID),
    "line break inside": (_of("id", *NUMERIC, "date", "period"), lambda text, column: f"{text[:2]}\n{text[2:]}", SAID),
}  # fmt: skip
# What says the same: the tables must stay as they are, with or without a remark.
SAME_CELLS: dict[str, tuple[Callable[[Column], bool], Callable[[str, Column], str]]] = {
    **{f"number {name}": (_of(*NUMERIC), lambda text, column, new=new: new(text)) for name, new in SAME_NUMBER.items()},
    **{f"period {name}": (_of("period"), lambda text, column, new=new: new(text)) for name, new in SAME_PERIOD.items()},
    "spaces around the day": (_of("date", "period"), lambda text, column: f" {text} "),
    "time of midnight": (_of("date"), lambda text, column: f"{text}T00:00:00"),
    "other spelling": (lambda column: column.words is not None, _alias),
    "capitals": (_of("word", "yes_no", "currency", "unit"), lambda text, column: text.upper()),
    "small letters": (_of("word", "yes_no", "currency", "unit"), lambda text, column: text.lower()),
}  # fmt: skip


def _cells(sheets: dict[str, Sheet], sheet: Sheet, column: Column, rng: random.Random) -> Iterator[Variation]:
    place = sheet.at(column.name)
    filled = [row for row, cells in enumerate(sheet.rows) if cells[place]]
    for damage, (fits, new, becomes) in CELLS.items() if filled else ():
        row = rng.choice(filled)
        before = sheet.rows[row][place]
        if fits(column) and (after := new(before, column)) != before:
            becomes = _unsaid(sheets, sheet, column, damage, before, after, becomes)
            yield Variation(damage, sheet.with_cell(row, place, after), column.name, row, becomes)
    for damage, (fits, new) in SAME_CELLS.items() if filled else ():
        row = rng.choice(filled)
        before = sheet.rows[row][place]
        if fits(column) and (after := new(before, column)) != before:
            yield Variation(damage, sheet.with_cell(row, place, after), column.name, row, harmless=True)
    yield from _from_others(sheets, sheet, column, filled, rng)


def _from_others(
    sheets: dict[str, Sheet], sheet: Sheet, column: Column, filled: list[int], rng: random.Random
) -> Iterator[Variation]:
    """A cell that came from another column of its row, where it can be seen that it does not belong here."""
    place, damage = sheet.at(column.name), "cell of another column"
    others = [other for other in TABLES[sheet.table].columns if other.kind not in (column.kind, "text")]
    for row in rng.sample(filled, min(len(filled), 1)):
        before = sheet.rows[row][place]
        after = next((cell for other in others if (cell := sheet.rows[row][sheet.at(other.name)])), before)
        if after != before and (column.kind in PLAIN or not _reads_as(after, column)):
            becomes = _unsaid(sheets, sheet, column, damage, before, after, None)
            yield Variation(damage, sheet.with_cell(row, place, after), column.name, row, becomes)


def _unsaid(
    sheets: dict[str, Sheet], sheet: Sheet, column: Column, damage: str, before: str, after: str, given: str | None
) -> Any:
    """What the cell may become without a word."""
    if damage == "day with a time":
        return pd.Timestamp(after)
    if given is not None:
        return SAID if given == EMPTY and column.blank != "fine" else given
    own = (column.words is not None and column.words.own) or (column.kind == "unit" and damage == "unknown word")
    if not (column.kind in PLAIN or own) or _splits(sheets, sheet, column, before, damage):
        return SAID
    return after


def _reads_as(text: str, column: Column) -> bool:
    """Whether a cell from elsewhere is a good value here, so that nobody could see the mistake."""
    if column.kind in ("word", "yes_no"):
        return (column.kind == "word" and column.words.own) or YES_NO.read(text) is not None
    return column.kind == "unit" or (column.kind in NUMERIC and text.replace(".", "").isdigit())


def _splits(sheets: dict[str, Sheet], sheet: Sheet, column: Column, before: str, damage: str) -> bool:
    """Whether another spelling of this id or group stands elsewhere, so that the change splits what was one."""
    if column.kind == "text" or damage in ("unknown word", "cell of another column"):
        return bool(column.refers_to) and column.unknown in ("leave_out", "refuse", "warn")
    if damage == "unknown id":
        return bool(column.refers_to) and column.unknown != "keep"
    here = [cells[sheet.at(column.name)] for cells in sheet.rows]
    table, _, key = column.refers_to.partition(".")
    there = [cells[sheets[table].at(key)] for cells in sheets[table].rows] if table else []
    return here.count(before) > 1 or before in there


# --- rows, columns and files ----------------------------------------------------------------------------------------


def _rows(sheet: Sheet, rng: random.Random) -> Iterator[Variation]:
    declared = TABLES[sheet.table]
    for damage in ("repeated", "repeated at once", "empty", "cut short", "one cell more", "id twin", "header again"):
        changed = sheet.copy()
        row = rng.randrange(len(sheet.rows))
        cells = list(sheet.rows[row])
        column, at = declared.columns[0].name, len(sheet.rows)
        if damage == "repeated at once":
            at = row + 1
        elif damage == "empty":
            cells = [""] * len(cells)
        elif damage == "cut short":
            cells = cells[:-2] or cells[:-1]
        elif damage == "one cell more":
            cells = [*cells, "7"]
        elif damage == "header again":
            cells = list(sheet.head)
        elif damage == "id twin":
            twins = [name for name in declared.key if declared.column(name).kind == "id"]
            if not twins:
                continue
            column = twins[-1]
            cells[sheet.at(column)] = rng.choice(
                [" {}", "{}\u200b", "0{}" if cells[sheet.at(column)][:1].isdigit() else "{} "]
            ).format(cells[sheet.at(column)])
        changed.rows.insert(at, cells)
        yield Variation(f"row {damage}", changed, column if damage == "id twin" else "", at)


def _columns(sheet: Sheet, column: Column) -> Iterator[Variation]:
    place = sheet.at(column.name)

    def with_cells(damage: str, new: Callable[[str], str], becomes: str = SAID) -> Variation:
        changed = sheet.copy()
        for cells in changed.rows:
            cells[place] = new(cells[place]) if cells[place] or damage == "column blank" else ""
        return Variation(damage, changed, column.name, None, becomes)

    dropped = sheet.copy()
    for cells in [dropped.head, *dropped.rows]:
        del cells[place]
    yield Variation("column dropped", dropped, column.name, None, SAID if column.required else "DROPPED")
    for damage, name in {"header unknown": f"x_{column.name}_9", "header empty": "", "header twice": None}.items():
        changed = sheet.copy()
        changed.head[place] = sheet.head[place - 1] if name is None else name
        yield Variation(damage, changed, changed.head[place] if name is None else column.name)
    yield with_cells("column blank", lambda text: "", SAID if column.required and column.blank != "fine" else EMPTY)
    if column.kind in NUMERIC:
        yield with_cells("column in per cent", lambda text: text + "%")
        if column.kind != "count":
            yield with_cells("column with decimal comma", _german_number)
    if column.kind == "date":
        yield with_cells("column day first", _german_day)
        yield with_cells("column month first", lambda text: "/".join([*text.split("-")[1:], text[:4]]))
    if column.kind == "id":
        yield with_cells("column as numbers", lambda text: f"{1e9 * sum(map(ord, text)):.2E}")


def _files(sheet: Sheet, rng: random.Random) -> Iterator[Variation]:
    """The same table in another file: nothing may change."""
    styles = {
        "semicolons": {"separator": ";"}, "tabs": {"separator": "\t"}, "bars": {"separator": "|"},
        "byte order mark": {"encoding": "utf-8-sig"}, "CRLF": {"newline": "\r\n"},
        "quoted": {"quoted": True}, "packed": {"kind": "csv.gz"}, "Parquet": {"kind": "parquet"},
        "typed Parquet": {"kind": "parquet", "typed": True}, "empty lines below": {"below": "\n\n"},
    }  # fmt: skip
    for name, style in styles.items():
        changed = sheet.copy()
        changed.style = style
        yield Variation(f"file: {name}", changed, harmless=True)
    changed = sheet.copy()
    changed.style = {"encoding": "utf-16"}
    yield Variation("file: UTF-16", changed)
    for name in ("rows shuffled", "rows turned round", "columns reordered", "columns added"):
        changed = sheet.copy()
        if name == "rows shuffled":
            rng.shuffle(changed.rows)
        elif name == "rows turned round":
            changed.rows.reverse()
        elif name == "columns reordered":
            order = rng.sample(range(len(sheet.head)), len(sheet.head))
            changed.head, *changed.rows = [[cells[place] for place in order] for cells in [sheet.head, *sheet.rows]]
        else:
            changed.head = ["no. of line", *changed.head]
            changed.rows = [[str(i * 7), *cells] for i, cells in enumerate(changed.rows)]
        yield Variation(f"file: {name}", changed, harmless=True)
    yield _foreign(sheet)


def _foreign(sheet: Sheet) -> Variation:
    """The table as a shop of another country exports it, with the lines of company.yaml that say so."""
    changed = sheet.copy()
    changed.style = {"separator": ";", "encoding": "cp1252", "newline": "\r\n"}
    named = {column.name: f"Spalte {place}" for place, column in enumerate(TABLES[sheet.table].columns)}
    for column in TABLES[sheet.table].columns:
        place = sheet.at(column.name)
        new = _german_day if column.kind == "date" else _german_number if column.kind in NUMERIC else str
        new = str if column.kind == "count" else new
        for cells in changed.rows:
            cells[place] = new(cells[place]) if cells[place] else ""
    changed.head = [named[name] for name in sheet.head]
    pairs = ", ".join(f'{name}: "{own}"' for name, own in named.items())
    changed.settings = f'sources: {{{sheet.table}: {{decimal: ",", dates: "%d.%m.%Y", columns: {{{pairs}}}}}}}\n'
    return Variation("file: another country", changed, harmless=True)


def variations(sheets: dict[str, Sheet], seed: int) -> list[Variation]:
    """Every case that the contract gives, in its order."""
    rng = random.Random(seed)
    found: list[Variation] = []
    for name, declared in TABLES.items():
        found += [*_files(sheets[name], rng), *_rows(sheets[name], rng)]
        for column in declared.columns:
            found += [*_columns(sheets[name], column), *_cells(sheets, sheets[name], column, rng)]
    return found


def spread(cases: list[Variation], n: int, seed: int) -> list[Variation]:
    """`n` of the cases: every damage of every kind and every column of every table come before any comes again."""
    seen: Counter = Counter()

    def turn(case: Variation) -> int:
        kind = TABLES[case.sheet.table].column(case.column).kind if case.column else ""
        marks = [(case.damage, kind), (case.sheet.table, case.column)]
        seen.update(marks)
        return seen[marks[0]] * 2 + seen[marks[1]]

    return sorted(random.Random(seed).sample(cases, len(cases)), key=turn)[:n]
