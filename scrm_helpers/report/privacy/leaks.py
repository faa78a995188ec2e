"""Look for people in files that are passed on: addresses, phones, cards, known names; what is found is never repeated.

Own code, since the scanners at hand send text away, know no names of the company, or take every date for a phone.
"""

import base64
import gzip
import html
import io
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words
from scrm_helpers.tables.pipeline import read_raw
from scrm_helpers.tables.reading.files import RawTable

MAIL, PHONE, CARD, NAME = "e-mail address", "phone number", "card-like number", "known name or id"
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?![\w-])", re.I)
_PHONE = re.compile(
    r"(?<![\w.+])\+[1-9](?:\d{8,14}"  # as machines write it
    r"|\d{0,2}(?:[ /.-]?\(\d{1,5}\)[ /.-]?\d{2,9})?(?:[ /.-]\d{2,9}){0,6})(?![\w-]|[.,:]\d)"
    r"|(?<![\w.,/+-])(?<!\d:)(?:"
    r"00[1-9]\d{0,2}(?:[ /.-]\d{2,9}){2,6}"  # with a country
    r"|\(0\d{1,5}\)[ /-]?\d{3,}(?:[ -]\d{2,}){0,4}|0[1-9]\d{1,4}[ /-]\d{3,}(?:[ -]\d{2,}){0,4}"  # with an area
    r"|(?:1[ -])?(?:\(\d{3}\) ?\d{3}|\d{3}-\d{3}|\d{3}\.\d{3})[-.]\d{4}"  # North America
    r"|0(?:1[5-7]\d|[67]\d)\d{7,8}"  # mobile
    r")(?![\w-]|[.,:]\d)"
)
_CARD = re.compile(
    r"(?<![\w.,+-])[2-6]\d{3}(?:\d{9,15}|([ -])\d{4}\1\d{4}\1\d{1,7}|([ -])\d{6}\2\d{4,5})(?![\w-]|[.,]\d)"
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w+")
_PICTURE = re.compile(r"(?:iVBORw0KGgo|/9j/)[A-Za-z0-9+/\s]+={0,2}")
# Numbers of a drawing and places of a sheet are of no person.
_PLACES = re.compile(r'\s(?:d|points|transform|viewBox|style|r|ref|sqref|spans|topLeftCell|activeCell)="[^"]*"')
_JSON_SIGN = re.compile(r"\\u([0-9a-fA-F]{4})|\\[nrtbf]")
_MARKUP = (".html", ".htm", ".xml", ".svg", ".gexf", ".graphml", ".rels")
_LARGEST = 512 * 2**20
BARE = ", text"
SHORTEST, FEWEST_DIGITS = 4, 6


@dataclass(frozen=True)
class Known:
    """Names and ids of people, by their first word; what could be any word or number is not looked for."""

    by_first: Mapping[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    unsought: int = 0

    @classmethod
    def of(cls, names: Iterable[str], *, ids: bool = False) -> "Known":
        """Index names; of ids those that are a mere word, such as brand, cannot be told from it."""
        found, short = defaultdict(set), 0
        for name in {one.strip().casefold() for one in names} - {""}:
            words = tuple(_TOKEN.findall(name))
            if not words or (ids and name.isalpha()) or len(name) < (FEWEST_DIGITS if name.isdigit() else SHORTEST):
                short += 1
            else:
                found[words[0]].add(words)
        return cls({first: frozenset(all_of_it) for first, all_of_it in found.items()}, short)

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where one of them stands, as whole words."""
        if not self.by_first:
            return
        tokens = [(match.group().casefold(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
        for place, (word, start, _) in enumerate(tokens):
            for words in self.by_first.get(word, ()):
                here = tokens[place : place + len(words)]
                if tuple(one for one, _, _ in here) == words:
                    yield start, here[-1][2]


@dataclass(frozen=True)
class Scan:
    """What was found, a line for each place and kind, in how many files, and what could not be looked into."""

    lines: Sequence[str]
    files: int
    unread: Sequence[str]


def scan_folder(folder: Path, known: Known) -> Scan:
    """Look through every file of a folder, its name, what is packed in it and what pictures say of themselves."""
    alone = folder.is_file()
    if not (alone or folder.is_dir()):
        raise PlainError(f"{path_in_words(folder)} is not there: name the folder whose files are to be looked through.")
    finds: Counter[tuple[str, str]] = Counter()
    unread: list[str] = []
    found = [folder] if alone else folder.rglob("*")
    files = sorted(path for path in found if path.is_file() and not path.is_symlink())
    for path in files:
        name = path.name if alone else path.relative_to(folder).as_posix()
        shown = _hidden(name, known)
        finds.update((f"{shown} (its name)", kind) for kind, _, _ in found_in(name, known))
        finds.update(scan_file(path, shown, known, unread))
    lines = [f"{place}: {kind}{f' ({n} times)' if n > 1 else ''}" for (place, kind), n in finds.items()]
    return Scan(lines, len(files), unread)


def scan_file(path: Path, shown: str, known: Known, unread: list[str]) -> Counter[tuple[str, str]]:
    """Look through one file, what is packed in it and what pictures say of themselves."""
    finds: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str]] = set()
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        for where, text in _texts(path.read_bytes(), path.name, unread):
            found = [one for one in found_in(text, known) if (where, one[0]) not in seen]
            seen |= {(f"{where}{BARE}", kind) for kind, _, _ in found}
            for kind, start, _ in found:
                line = "" if where else f", line {text.count(chr(10), 0, start) + 1}"
                finds[f"{shown}{_hidden(where, known)}{line}", kind] += 1
    except OSError as error:
        raise PlainError(f"{path_in_words(shown)} cannot be read: {system_words(error)}.") from None
    except (ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        unread.append(f"{shown} could not be looked into: {system_words(error)}")
    return finds


def read_known(place: Path) -> Known:
    """Take names from a file, one a line, or the ids and addresses of everybody in a company folder."""
    try:
        if place.is_dir():
            return Known.of(named_in(read_raw(place)), ids=True)
        return Known.of(place.read_text(encoding="utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise PlainError(f"{path_in_words(place)} cannot be read: {system_words(error)}.") from None


def named_in(tables: Iterable[RawTable]) -> list[str]:
    """Everything that names a person in tables as they were read, nothing left out."""
    return [
        str(cell)
        for raw in tables
        for column in raw.origin.declared.columns
        if column.name in raw.columns and column.names_a_person(raw.origin.declared.name)
        for cell in raw.columns[column.name].unique().drop_null().to_pylist()
    ]


def found_in(text: str, known: Known) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of whatever may be personal in a text."""
    yield from ((MAIL, one.start(), one.end()) for one in _MAIL.finditer(text)) if "@" in text else ()
    for one in _PHONE.finditer(text):
        if 9 <= sum(sign.isdigit() for sign in one.group()) <= 15 and not re.fullmatch(r"\+\d+\.\d+", one.group()):
            yield PHONE, one.start(), one.end()
    yield from ((CARD, one.start(), one.end()) for one in _CARD.finditer(text) if _is_card(one.group()))
    yield from ((NAME, *place) for place in known.places(text))


def _is_card(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    issued = digits[0] > 2 or (len(digits) == 16 and 2221 <= int("".join(map(str, digits[:4]))) <= 2720)
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return issued and 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + doubled) % 10 == 0


def _hidden(text: str, known: Known) -> str:
    """A place in words, without what was found in it."""
    for _, start, end in sorted(found_in(text, known), key=lambda one: -one[1]):
        text = f"{text[:start]}…{text[end:]}"
    return path_in_words(text)


def _texts(content: bytes, name: str, unread: list[str], inside: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file, with where it stands in it: cells, attributes, metadata, what is packed."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for member in packed.infolist():
                if member.file_size > _LARGEST:
                    raise ValueError("it unpacks to too much")
                yield from _texts(packed.read(member), member.filename, unread, f"{inside}, {member.filename}")
    elif content.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed_one:
            yield from _texts(packed_one.read(_LARGEST), name.removesuffix(".gz"), unread, inside or ", packed")
    elif content.startswith(b"PAR1"):
        from pyarrow import parquet

        table = parquet.read_table(io.BytesIO(content))
        yield f"{inside}, columns", " ".join(table.column_names)
        for column in table.column_names:
            yield f"{inside}, column {column}", "\n".join(map(str, set(table[column].to_pylist())))
    elif content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")):
        yield f"{inside}, metadata", _said_by_picture(content)
    else:
        if content.startswith(b"%PDF") or b"\x00" in content[:1000].removeprefix(b"\xff\xfe"):
            unread.append(f"{name}{inside} is packed or binary: only what is plain in it was looked at")
        yield from _plain_texts(content, name, unread, inside)


def _plain_texts(content: bytes, name: str, unread: list[str], inside: str) -> Iterator[tuple[str, str]]:
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    for picture in _PICTURE.findall(text):
        raw = base64.b64decode("".join(picture.split()) + "==")
        if len(raw) > 100:
            yield from _texts(raw, name, unread, f"{inside}, a picture")
    text = _PICTURE.sub(" ", text)
    if name.lower().endswith((".json", ".jsonl", ".ipynb")):
        text = _JSON_SIGN.sub(lambda sign: chr(int(sign.group(1), 16)) if sign.group(1) else " ", text)
    text = html.unescape(text)
    if name.lower().endswith(_MARKUP) or text.lstrip().startswith(("<?xml", "<!DOCTYPE", "<svg", "<html")):
        text = _PLACES.sub("", text)
        yield f"{inside}{BARE}", re.sub(r"\s+", " ", re.sub(r"<[^<>]*>", " | ", text))  # names go over tags and lines
    yield inside, text


def _said_by_picture(content: bytes) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()  # what is said may stand behind the picture
            return "\n".join(f"{key} {value}" for key, value in (*image.info.items(), *image.getexif().items()))
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(str(error)) from None
