"""Whose export it is, told by its header alone: which record is the header, which profile fits, what is nearly one."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any

from scrm_helpers.tables.importing.exports.export_reading import Export, Head, refusal_of
from scrm_helpers.tables.importing.vendor_profile import HeaderRows, Profile, Recognise, as_pattern
from scrm_helpers.tables.reading.header import plain_name

_OVERLOOKED = re.compile(r"[_\-.\"'`]")
_RECOMMEND = (
    r"/(how likely|likelihood|willing).*(recommend|refer)|(wahrscheinlich|bereit).*empfehl"
    r"|recommand(er|iez)|recomi?end|raccomand|aanbevelen|aanraden|anbefal|rekommender/"
)
_GROUP = re.compile(r"(?i)[ _-]*(nps)?[ _-]*group$")
_ZONE = re.compile(r'"timeZone"\s*:\s*"([^"]+)"')


@cache
def folded(name: str) -> str:
    """A header reduced to what tells it apart: no case, spaces, underscores, hyphens, dots or quotes."""
    plain = plain_name(name)
    return _OVERLOOKED.sub("", plain) or plain


@dataclass(frozen=True)
class Header:
    """The header of an export: its names, the words of its questions, and where in the file it stands."""

    names: tuple[str, ...]
    texts: tuple[str, ...]  # all header rows of a column
    blocks: tuple[int, ...]  # column in which the question of a column begins
    zones: Mapping[int, str]  # column -> time zone that the header says
    first: int
    last: int
    separator: str

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.last - self.first + 1

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        """Name without what is overlooked -> its columns, with those to the right that belong to its question."""
        found: dict[str, list[int]] = {}
        for place, start in enumerate(self.blocks):
            found.setdefault(folded(self.names[start]), []).append(place)
        return found

    @cached_property
    def _whole(self) -> Mapping[str, list[int]]:
        """Column under the words of all its header rows: what tells the parts of one question apart."""
        return {folded(text): [place] for place, text in enumerate(self.texts)}

    def called(self, places: Iterable[int]) -> tuple[str, ...]:
        """What to call columns by, so that each is found again: their names, else all their words."""
        found = list(places)
        names = [self.names[self.blocks[place]] for place in found]
        return tuple(names if len(set(names)) == len(names) else [self.texts[place] for place in found])

    def find(self, words: Iterable[str]) -> list[int]:
        """Columns that these words mean, in the order of the words."""
        found: dict[int, None] = {}
        for word in words:
            if word.startswith("/") and len(word) > 1:
                pattern = as_pattern(word)
                hits = [place for place, text in enumerate(self.texts) if pattern.search(text)]
            elif "*" in word.strip("*") or (len(word) > 1 and "*" in word):
                pattern = as_pattern("*".join(folded(part) if part else "" for part in word.split("*")))
                hits = [place for name, places in self._places.items() if pattern.match(name) for place in places]
            else:
                hits = self._places.get(folded(word)) or self._whole.get(folded(word), [])
            found |= dict.fromkeys(hits)
        return list(found)

    def questions(self, asked: str) -> list[list[int]]:
        """Blocks of columns that hold the answers to a question: the one of the score, or one given by a pattern."""
        if asked == "nps":
            groups = [name for name in self.names if re.search(r"(?i)nps[ _-]*group$", name)]
            stems = {folded(_GROUP.sub("", name)) for name in groups}
            found = [place for place, name in enumerate(self.names) if folded(name) in stems]
            found = found or self.find([_RECOMMEND])
            found = [place for place in found if not _GROUP.search(self.names[place])]
        else:
            found = self.find([f"/{asked}/"])
        starts = list(dict.fromkeys(self.blocks[place] for place in found))
        return [[place for place in found if self.blocks[place] == start] for start in starts]

    def nearest(self, words: Sequence[str], shown: int = 4) -> tuple[str, ...]:
        """Names in the header that are most like these words."""
        wanted = [folded(word) for word in words]

        def nearness(name: str) -> float:
            own = folded(name)
            return max((difflib.SequenceMatcher(None, own, word).ratio() + (word in own) for word in wanted), default=0)

        return tuple(sorted((name for name in self.names if name.strip()), key=nearness, reverse=True)[:shown])


@dataclass(frozen=True)
class Recognised:
    """What an export was recognised as."""

    vendor: str  # id of the profile; "" where none fits
    header: Header
    why: tuple[str, ...]
    several: tuple[str, ...] = ()  # profiles that fit equally well


def recognise(export: Export, profiles: Mapping[str, Profile]) -> Recognised:
    """Find the first record that is the header of a profile; else of one that lacks a single name; else none."""
    for nearly in (False, True):
        for place in (at for at, head in enumerate(export.heads) if len(head.cells) > 1):
            fits: dict[str, tuple[int, Header, Recognise]] = {}
            for name, profile in profiles.items():
                header = header_at(export, place, profile)
                if header and (marks := fitting(profile, header, nearly=nearly)):
                    forms = [form for _, spec in profile.entries for of in spec.columns.values() for form in of]
                    read = [word for form in forms for word in form.words]
                    known = (*(word for words in marks.all for word in words), *marks.any, *read)
                    fits[name] = 1000 * profile.own + len(header.find(known)), header, marks
            if fits:
                most = max(n for n, _, _ in fits.values())
                best = [name for name, (n, _, _) in fits.items() if n == most]
                _, header, marks = fits[best[0]]
                why = _why(profiles[best[0]], header, marks, export)
                return Recognised(best[0], header, why, tuple(best[1:] and best))
    return Recognised("", plain_header(export), ("No profile has these columns.",))


def header_at(export: Export, place: int, profile: Profile) -> Header | None:
    """The header whose first row is this record, with as many rows as are there; None where the file ends before."""
    rows = profile.header_rows
    heads = export.heads[place : place + rows.rows]
    if profile.recognise and len(heads) > 1:
        named = {folded(cell): column for column, cell in enumerate(heads[rows.names - 1].cells)}
        marks = (folded(word) for word in profile.recognise[0].all[0])
        column = next((named[mark] for mark in marks if mark in named), 0)
        heads = heads[: next((at for at, head in enumerate(heads) if at and _is_data(head, column)), len(heads))]
    return _header(heads, rows, place) if len(heads) >= rows.names else None


def as_told(export: Export, header: Header, profile: Profile, given: Mapping[str, Any]) -> Header:
    """The header as mapping.yaml has it: of so many rows, and without a time zone of its own where one is told."""
    if given.get("header_rows"):
        last = header.first + profile.header_rows.rows
        if last > len(export.heads) or last - header.first < profile.header_rows.names:
            what = f"mapping.yaml gives the header {profile.header_rows.rows} rows, and that cannot be."
            raise refusal_of(export.file, what, f"Write `header_rows: {header.rows}`.")
        header = _header(export.heads[header.first : last], profile.header_rows, header.first)
    return replace(header, zones={}) if (given.get("dates") or {}).get("timezone") else header


def plain_header(export: Export) -> Header:
    """The header of an export that no profile knows: the first of the records with most names."""
    filled = [sum(bool(cell.strip()) for cell in head.cells) for head in export.heads]
    place = next(place for place, n in enumerate(filled) if n >= max(filled))
    return _header(export.heads[place : place + 1], HeaderRows.model_validate({}), place)


def _is_data(head: Head, column: int) -> bool:
    cell = head.cells[column] if column < len(head.cells) else ""
    return any(sign.isdigit() for sign in cell) and not cell.lstrip().startswith("{")


@lru_cache(maxsize=256)  # the same for nearly all profiles
def _header(heads: tuple[Head, ...], rows: HeaderRows, place: int) -> Header:
    width = max(len(head.cells) for head in heads)
    cells = [
        (*(cell.strip("\ufeff \u00a0\t\r\n") for cell in head.cells), *[""] * (width - len(head.cells)))
        for head in heads
    ]
    names = cells[rows.names - 1]
    blocks = list(range(width))
    for column in range(1, width if rows.options else 1):
        if not names[column]:
            blocks[column] = blocks[column - 1]
    below = [cells[row - 1] for row in (rows.questions, rows.options) if 0 < row <= len(cells)]
    texts = tuple(" ".join(filter(None, (names[blocks[at]], *(row[at] for row in below)))) for at in range(width))
    said = cells[rows.zones - 1] if 0 < rows.zones <= len(cells) else names
    zones = {at: found[1] for at, cell in enumerate(said) if (found := _ZONE.search(cell))}
    zones |= {at: "UTC" for at, name in enumerate(names) if re.search(r"(?i)\bUTC\b", name)}
    return Header(names, texts, tuple(blocks), zones, place, place + len(heads) - 1, heads[-1].separator)


def fitting(profile: Profile, header: Header, *, nearly: bool = False) -> Recognise | None:
    """The marks of the profile that this header has, or has all but one of."""
    for marks in profile.recognise:
        there = [bool(header.find(words)) for words in marks.all]
        enough = sum(there) == len(there) - 1 >= 3 if nearly else all(there)
        if enough and not header.find(marks.none) and (not marks.any or header.find(marks.any)):
            return marks
    return None


def _why(profile: Profile, header: Header, marks: Recognise, export: Export) -> tuple[str, ...]:
    names = [header.names[header.find(words)[0]] for words in marks.all if header.find(words)]
    rows = f"{header.rows} header rows" if header.rows > 1 else "one header row"
    said = [f"{profile.vendor}: the header has {', '.join(repr(name) for name in names)}; {rows}."]
    lacking = [words[0] for words in marks.all if not header.find(words)]
    said += [f"The column {name!r}, which such an export has, is not there." for name in lacking]
    if header.first:
        said.append(f"The header is line {export.heads[header.first].line}; what stands above it is no row.")
    if profile.own:
        said.append("The profile lies beside the data.")
    return tuple(said)
