"""A batch as a person writes it: options of the command, or a YAML file whose every fault is told with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from scrm_helpers.answers.refusal import PlainError, path_in_words, told
from scrm_helpers.report.chapters.walk_plan import plan
from scrm_helpers.report.engine.parameters import Declared, assign
from scrm_helpers.tables.contract.plain_yaml import as_word, line_at, load_plain
from scrm_helpers.tables.contract.receipts import CompanyRefused, quoted

_MOST_ENTRIES = 10_000
_WHY = "What is not understood would silently not count in some of the reports."
Place = tuple[str | int, ...]  # the way to a value in the file
Word = Annotated[str, BeforeValidator(as_word)]


def _apart(given: Any) -> Any:
    """Names that commas may set apart, as a list of them."""
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return given
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


class PartEntry(BaseModel):
    """What the file says of one part, or of all parts that it fits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: dict[str, Word] = Field(default_factory=dict)
    chapters: list[Word] | None = None  # numbers; all when None
    parameters: dict[str, Any] = Field(default_factory=dict)


class BatchWish(PartEntry):
    """What a batch is to be of: a company, its division, and what the chapters of each part are given."""

    data: Path
    by: Annotated[list[str], BeforeValidator(_apart)] = []  # columns of customers and at most one kind of period
    parts: list[PartEntry] = []  # inherit from what is above, the most specific wins; without `by` these are the parts
    _file: str = PrivateAttr("")  # the name of the file, where it was read from one
    _raw: bytes = PrivateAttr(b"")

    def fault(self, what: str, todo: str, *place: str | int) -> PlainError:
        """The refusal of a wish, with its line where it stands in a file."""
        return _misread(self._raw, self._file, f"{what} {todo}", place) if self._file else PlainError(f"{what} {todo}")

    def given(self, where: Mapping[str, str]) -> tuple[Sequence[str] | None, dict[str, Any]]:
        """Chapters and parameters of a part: what the entries say that fit it, the one with most conditions last."""
        fitting = [entry for entry in self.parts if entry.where.items() <= where.items()]
        chapters, parameters = self.chapters, dict[str, Any]()
        for entry in [self, *sorted(fitting, key=lambda entry: len(entry.where))]:
            chapters = chapters if entry.chapters is None else entry.chapters
            parameters |= entry.parameters
        return chapters, parameters

    def check(self, declared: Declared) -> None:
        """Refuse chapters and parameters that there are not."""
        own: dict[Place, PartEntry] = {(): self} | {("parts", n): entry for n, entry in enumerate(self.parts)}
        for place, entry in own.items():
            for n, number in enumerate(entry.chapters or ()):
                try:
                    plan(number)
                except PlainError as fault:
                    raise self.fault(str(fault), "Correct the number.", *place, "chapters", n) from None
            for name, value in entry.parameters.items():
                try:
                    assign(declared, {name: value})
                except PlainError as fault:
                    raise self.fault(str(fault), "Correct or remove it.", *place, "parameters", name) from None


def read_batch(path: Path) -> BatchWish:
    """Read a batch file; a key that is typed wrongly is refused with its line and the nearest that there is."""
    with told(f"The batch file {path_in_words(path)} cannot be read"):
        raw = path.read_bytes()
    try:
        given = load_plain(raw, path.name, most_entries=_MOST_ENTRIES)
    except CompanyRefused as refused:
        raise PlainError(" ".join(map(str, refused.messages))) from None
    if not isinstance(given, dict):
        raise _misread(raw, path.name, "It is not a list of `key: value` lines. Begin with `data: FOLDER`.")
    try:
        read = BatchWish(**{str(key): value for key, value in given.items()})
    except ValidationError as error:
        raise _explained(error, raw, path.name) from None
    wish = read.model_copy(update={"data": path.parent / read.data})
    wish._file, wish._raw = path.name, raw
    if wish.where:
        raise wish.fault("`where` belongs to a part.", "Write it under `parts`, behind `- `.", "where")
    if not wish.by and not wish.parts:
        raise wish.fault("It names no parts.", "Add `by: [region]`, or list `parts`, each with `where`.")
    return wish


def _explained(error: ValidationError, raw: bytes, file: str) -> PlainError:
    fault = error.errors()[0]
    place: Place = tuple(part for part in fault["loc"] if part not in ("str", "int", "bool") and "[" not in str(part))
    key = quoted(".".join(map(str, place)))
    known = list((PartEntry if place[0] == "parts" else BatchWish).model_fields)
    if fault["type"] == "extra_forbidden":
        return _misread(raw, file, f"The key {key} is unknown. {nearest(str(place[-1]), known)}", place)
    what = f"The value of {key} cannot be used: {fault['msg'][:1].lower()}{fault['msg'][1:]}."
    what = f"The key {key} is missing." if fault["type"] == "missing" else what
    return _misread(raw, file, f"{what} Write it as in the README's section on many reports.", place)


def _misread(raw: bytes, file: str, said: str, place: Place = ()) -> PlainError:
    return PlainError(f"{file}, line {line_at(raw, place)}: {said} {_WHY}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, and which there are."""
    known = list(known)
    near = get_close_matches(word.lower(), known, n=1)
    return f"{f'Did you mean {near[0]}? ' if near else ''}There are {', '.join(known)}."
