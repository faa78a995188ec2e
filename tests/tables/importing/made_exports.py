"""Exports made up as vendors write them, with a record of what went in that is kept beside the writing."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Self

import pandas as pd

from scrm_helpers.tables.importing.imported_file import ImportedFile

FIRST = ("Ada", "Bo", "Cléo", "Dara", "Élise", "Finn", "Gül", "Hana", "Ivo", "Jürgen", "Lluís", "Noé", "Oda", "Pál")
LAST = ("Abel", "Brandt", "Castro", "Dvořák", "Ek", "Fischer", "Greco", "Haas", "Ito", "Jansen", "Køhler", "Müller")
HOSTS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class Person:
    """An invented person; the mailbox lies in a reserved domain."""

    number: int
    first: str
    last: str
    mail: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def people(rng: Random, number: int) -> list[Person]:
    """Invented people with different names and mailboxes."""
    names = [(first, last) for last in LAST for first in FIRST]
    picked = rng.sample(names, number)
    return [Person(i, first, last, f"p{i}.x@{rng.choice(HOSTS)}") for i, (first, last) in enumerate(picked, start=101)]


@dataclass
class Answers:
    """The answers on the scale 0-10 as they were thought up: who, when (in the company's time zone), what."""

    given: list[tuple[str, datetime, int]] = field(default_factory=list)

    def facts(self) -> dict[str, dict[str, float]]:
        """Counts over all answers and over the latest of each person."""
        latest = {who: score for who, _, score in sorted(self.given, key=lambda one: one[1])}
        return {"all": counts([score for _, _, score in self.given]), "latest": counts(list(latest.values()))}


def counts(scores: list[int]) -> dict[str, float]:
    """Promoters 9-10, passives 7-8, detractors 0-6 and their balance in points."""
    promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
    passives = len(scores) - promoters - detractors
    nps = float(f"{100 * (promoters - detractors) / len(scores):.10g}") if scores else float("nan")  # as it is written
    return {"n": len(scores), "promoters": promoters, "passives": passives, "detractors": detractors, "nps": nps}


def counted(found: ImportedFile, table: str) -> pd.DataFrame:
    """Rows of a table that count: neither on another scale nor left out for another reason."""
    frame = found.tables[table]
    return frame[frame["_left_out"] == ""] if "_left_out" in frame else frame


WRITTEN = [f"%Y-%m-%d{clock}" for clock in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S UTC")]
WRITTEN += [f"%m/%d/%Y{clock}" for clock in ("", " %I:%M %p", " %I:%M:%S %p")]


def _in_german(cell: str) -> str:
    if re.fullmatch(r"[\d,]*\d\.\d+", cell):
        return cell.translate(str.maketrans(".,", ",."))
    for written in WRITTEN if re.match(r"\d+[-/]\d+[-/]\d", cell) else ():
        try:
            moment = datetime.strptime(f"{cell} +0000", f"{written} %z")
        except ValueError:
            continue
        return moment.strftime("%d.%m.%Y %H:%M" if "%M" in written else "%d.%m.%Y")
    return cell


@dataclass
class Made:
    """One export: its cells, how they are written, and the facts that reading it must give."""

    vendor: str
    heads: list[list[str]]
    rows: list[list[str]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)
    optional: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    separator: str = ","
    encoding: str = "utf-8"
    quote: int = csv.QUOTE_MINIMAL
    ending: str = "\r\n"
    ext: str = ".csv"
    left_out: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    answers: Answers = field(default_factory=Answers)
    facts: dict[str, object] = field(default_factory=dict)

    def left(self, reason: str) -> None:
        """Note that the row just written must be left out."""
        self.left_out[reason] += 1

    def text(self) -> str:
        """The file as its vendor writes it."""
        held = io.StringIO()
        held.writelines(line + self.ending for line in self.titles)
        writer = csv.writer(held, delimiter=self.separator, quoting=self.quote, lineterminator=self.ending)
        writer.writerows([*self.heads, *self.rows])
        held.writelines(line + self.ending for line in self.footer)
        return held.getvalue()

    def write(self, folder: Path, name: str = "export") -> Path:
        """The file in a folder, under a name that says nothing."""
        path = folder / f"{name}{self.ext}"
        path.write_bytes(self.text().encode(self.encoding))
        return path

    def blocks(self) -> list[list[int]]:
        """Columns that belong together: a blank header belongs to the one on its left."""
        found: list[list[int]] = []
        for i, header in enumerate(self.heads[0]):
            if header.strip() or not found:
                found.append([])
            found[-1].append(i)
        return found

    def reordered(self, rng: Random) -> Self:
        """The same export with its columns in another order."""
        blocks = self.blocks()
        rng.shuffle(blocks)
        return self._only([i for block in blocks for i in block])

    def without(self, column: str) -> Self:
        """The same export without one column."""
        return self._only([i for block in self.blocks() for i in block if self.heads[0][block[0]] != column])

    def renamed(self, column: str, to: str) -> Self:
        """The same export with another header over one column."""
        return replace(self, heads=[[to if cell == column else cell for cell in self.heads[0]], *self.heads[1:]])

    def resaved(self) -> Self:
        """As a German spreadsheet saves it: semicolons, byte order mark, decimal commas, days first, 24 hours."""
        rows = [[_in_german(cell) for cell in row] for row in self.rows]
        footer = [line.replace(",", ";") for line in self.footer]
        return replace(self, rows=rows, footer=footer, separator=";", encoding="utf-8-sig")

    def _only(self, order: list[int]) -> Self:
        def pick(rows: list[list[str]]) -> list[list[str]]:
            return [[row[i] for i in order] for row in rows]

        return replace(self, heads=pick(self.heads), rows=pick(self.rows))
