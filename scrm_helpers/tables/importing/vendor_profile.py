"""What a profile may say of a vendor's export: how it is recognised, which rows count, and which column is what."""

import difflib
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.plain_yaml import as_word, load_plain, misread
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, listed, quoted
from scrm_helpers.tables.contract.settings import known_zone, line_of

HELPERS = ("_mail", "_name", "_referrer_mail", "_referrer_name", "_scale", "_status", "_consent")
"""Fields that no table has and that tell who a row is of, and whether it counts."""
OWN = Path(__file__).parent / "profiles"
_ENTRIES = 2_000


def _list(given: Any) -> Any:
    words: list[Any] = []
    for one in given if isinstance(given, list | tuple) else [given]:
        words += [str(one).lower(), as_word(one)] if isinstance(one, bool) else [as_word(one)]
    return words


def _pattern(given: str) -> str:
    try:
        re.compile(given.strip("/") if given.startswith("/") else "")
    except re.error as error:
        raise ValueError(f"the regular expression {given} cannot be read ({error})") from None
    return given


_specs = BeforeValidator(lambda given: given if isinstance(given, list | tuple) else [given])
Word = Annotated[str, BeforeValidator(as_word), AfterValidator(_pattern)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_list)]
Spellings = Annotated[tuple[Words, ...], _specs]
Filter = dict[Word, Words]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Recognise(_Said):
    """Names in the header: each of `all` (or one of its spellings), one of `any`, none of `none`."""

    all: tuple[Words, ...] = Field(min_length=1)
    any: Words = ()
    none: Words = ()


class RefusedColumns(_Said):
    """Columns that a file may not have, or not more than some of, unless an answer says that it may."""

    columns: Words
    more_than: int = 0
    unless: str = ""
    words: str


class HeaderRows(_Said):
    """Rows of the header, counted from 1: which names the columns, and what the others hold."""

    rows: int = Field(1, ge=1, le=3)
    names: int = Field(1, ge=1, le=3)
    questions: int = Field(0, ge=0, le=3)
    options: int = Field(0, ge=0, le=3)
    zones: int = Field(0, ge=0, le=3)


class DateSpelling(_Said):
    """How the vendor writes days where the cells do not tell."""

    order: Literal["ymd", "dmy", "mdy", ""] = ""
    timezone: Annotated[str, AfterValidator(lambda zone: known_zone(zone) if zone else zone)] = ""


class ColumnSpec(_Said):
    """Where the value of one field comes from, and what becomes of it."""

    source: Words = Field((), alias="from")
    join: Spellings = ()
    value: Annotated[str | None, BeforeValidator(as_word)] = None
    question: str = ""
    sum: Spellings = ()
    mean: Words = ()
    count: Literal["lines"] | Filter | None = None
    values: dict[Word, Word] = Field(default_factory=dict)
    pattern: str = ""
    split: str = ""
    take: Literal["all", "first"] = "all"
    write: str = "{}"  # {} is what was read
    period: Literal["quarter", ""] = ""
    plus_minutes: str = ""
    plus_seconds: str = ""
    whole: bool = False
    required: bool | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Every column name that the form reads, but for those that it counts."""
        return (*self.source, *(word for words in (*self.join, *self.sum) for word in words), *self.mean)

    @model_validator(mode="after")
    def _one_source(self) -> "ColumnSpec":
        forms = (self.source, self.join, self.value, self.question, self.sum, self.mean, self.count)
        if sum(one not in ((), None, "") for one in forms) != 1:
            raise ValueError("a column needs exactly one of from, join, value, question, sum, mean, count")
        return self


def _forms(given: Any) -> Any:
    """One name, a list of names, or a list of forms: the first that is filled counts."""
    several = isinstance(given, list | tuple) and any(isinstance(one, dict | ColumnSpec) for one in given)
    forms = given if several else [given]
    return [one if isinstance(one, dict | ColumnSpec) else {"from": one} for one in forms]


Forms = Annotated[tuple[ColumnSpec, ...], BeforeValidator(_forms)]
Columns = dict[str, Forms]


class Drop(_Said):
    """Rows that are left out for one reason: all these columns have one of these values."""

    reason: str = Field(min_length=1)
    when: Filter = Field(min_length=1)


def _by_reason(given: Any) -> Any:
    """From column -> values, or column -> reason -> values, to the latter."""
    if not isinstance(given, dict):
        return given
    return {column: of if isinstance(of, dict) else {"": of} for column, of in given.items()}


def _drops(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    by_column = _by_reason(given).items()
    return [{"reason": reason, "when": {column: words}} for column, of in by_column for reason, words in of.items()]


Drops = Annotated[tuple[Drop, ...], BeforeValidator(_drops)]
Keeps = Annotated[dict[Word, dict[str, Words]], BeforeValidator(_by_reason)]
"""Of each column the words of rows that count; of the others it says the reason, or the word that they have."""


class Refund(_Said):
    """Where money that went back is said: a column, or a status."""

    amount: Annotated[tuple[ColumnSpec, ...], BeforeValidator(lambda given: _forms(given) if given else ())] = ()
    day: Words = ()
    all_when: Filter = Field(default_factory=dict)


class Filters(_Said):
    """Which rows count."""

    keep: Keeps = Field(default_factory=dict)
    drop: Drops = ()


class TableSpec(Filters):
    """One contract table made from the file."""

    columns: Columns
    drop_lines: Drops = ()
    one_per: Words = ()
    rows_with: Words = ()
    refund: Refund | None = None


class FileRules(Filters):
    """How a file is written, and which of its rows count."""

    header_rows: Annotated[
        HeaderRows, BeforeValidator(lambda given: {"rows": given} if isinstance(given, int) else given)
    ] = HeaderRows.model_validate({})
    footer: Words = ()
    blank: Words = ()
    dates: DateSpelling = DateSpelling()
    decimal: Literal[".", ",", ""] = ""
    id: str = ""
    duplicates: Literal["once", "keep"] = "once"


class Entry(FileRules, TableSpec):
    """What mapping.yaml says of one table of one file."""

    file: str
    sha256: str = ""
    profile: str = ""
    table: str = ""
    columns: dict[str, Any] = Field(default_factory=dict)
    answers: dict[str, Any] = Field(default_factory=dict)


class Profile(FileRules):
    """One vendor's kind of export."""

    vendor: str
    recognise: Annotated[tuple[Recognise, ...], _specs] = ()
    refuse: tuple[RefusedColumns, ...] = ()
    tables: dict[str, Annotated[tuple[TableSpec, ...], _specs]]
    own: bool = False  # beside the data, not of the kit

    @model_validator(mode="before")
    @classmethod
    def _one_table(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "table" not in given:
            return given
        inner = {key: given[key] for key in ("columns", "drop_lines", "one_per", "rows_with", "refund") if key in given}
        outer = {key: one for key, one in given.items() if key not in inner and key != "table"}
        return outer | {"tables": {str(given["table"]): inner}}

    @model_validator(mode="after")
    def _known_fields(self) -> "Profile":
        for table, specs in self.tables.items():
            if table not in TABLES:
                raise ValueError(f"{quoted(table)} is not a table; known are {', '.join(TABLES)}")
            for field, more in ((field, spec.rows_with) for spec in specs for field in spec.columns):
                known = (*TABLES[table].names, *HELPERS, *more)
                if field not in known:
                    near = difflib.get_close_matches(field, known, n=1)
                    hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(TABLES[table].names)}"
                    raise ValueError(f"table {table} has no column {quoted(field)}{hint}")
        return self

    @cached_property
    def entries(self) -> tuple[tuple[str, TableSpec], ...]:
        """Every table with each of its entries, which hold the filters of the file as well."""
        every = [(table, spec) for table, specs in self.tables.items() for spec in specs]
        filters = [{"keep": self.keep | spec.keep, "drop": (*self.drop, *spec.drop)} for _, spec in every]
        return tuple((table, spec.model_copy(update=own)) for (table, spec), own in zip(every, filters, strict=True))


def as_pattern(word: str) -> re.Pattern[str]:
    """A word of a profile: as it stands, with `*` for any signs, or a regular expression between slashes."""
    if len(word) > 1 and word.startswith("/"):
        return re.compile(word.rstrip("i").strip("/"), re.IGNORECASE)
    escaped = ".*".join(re.escape(part) for part in word.strip().split("*"))
    return re.compile(f"^\\s*{escaped}\\s*$", re.IGNORECASE | re.DOTALL)


def load_profiles(folder: Path | None) -> dict[str, Profile]:
    """The kit's profiles and those that lie beside the data, which win over the kit's of the same name."""
    found = _of_kit()
    beside = [*sorted((folder / "profiles").glob("*.yaml")), *sorted(folder.glob("*.profile.yaml"))] if folder else []
    return found | {
        path.name.removesuffix(".yaml").removesuffix(".profile"): read_profile(path, own=True) for path in beside
    }


@cache
def _of_kit() -> dict[str, Profile]:
    return {name: profile_from(said, f"{name}.yaml") for name, said in _said_by_kit().items()}


@cache
def _said_by_kit() -> dict[str, dict[str, Any]]:
    import yaml

    quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the kit's own are read with care by a test
    return {path.stem: yaml.load(path.read_bytes(), quick) for path in sorted(OWN.glob("*.yaml"))}  # noqa: S506


def _alike(given: Mapping[str, Any], file: str) -> dict[str, Any]:
    """What is written as a profile of the kit with differences (`like:`): of a column they say all, blank is none."""
    if not (like := given.get("like")):
        return dict(given)
    if like not in _said_by_kit():
        what = f"{quoted(like)} is no profile of the kit."
        raise misread(what, f"Write one of {', '.join(_said_by_kit())}.", file, _WHY)
    base = _alike(_said_by_kit()[like], file)
    columns = base.get("columns", {}) | (given.get("columns") or {})
    told = {name: forms for name, forms in columns.items() if forms is not None}
    return {key: one for key, one in (base | dict(given)).items() if key != "like"} | {"columns": told}


def read_profile(path: Path, *, own: bool = False) -> Profile:
    """Read one profile; what it says wrong is refused with its line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise misread(f"It cannot be opened ({error.strerror}).", "Allow reading it.", path.name) from None
    given = load_plain(raw, path.name, most_entries=_ENTRIES, aliases=True)
    if not isinstance(given, dict):
        raise misread("It is no profile.", "Write `vendor:`, `recognise:`, `table:` and `columns:`.", path.name)
    return profile_from(given | {"own": own}, path.name, raw)


def profile_from(given: Mapping[str, Any], file: str, written: bytes = b"") -> Profile:
    """A profile from its keys; every fault is named with the key, its line and the nearest known key."""
    try:
        return Profile.model_validate(_alike(given, file))
    except ValidationError as error:
        raise explained(
            error, file, lambda place: tuple(line for part in reversed(place) for line in line_of(written, part))[:1]
        ) from None


_MODELS: tuple[type[BaseModel], ...] = (Profile, TableSpec, ColumnSpec, Recognise, HeaderRows, DateSpelling, Refund)
_KEYS = {one.alias or key for model in _MODELS for key, one in model.model_fields.items()} - {"own"} | {"like"}


def explained(error: ValidationError, file: str, lines_of: Callable[[list[str]], tuple[int, ...]]) -> CompanyRefused:
    """The refusal of a profile or an entry: each fault with its key, its line and the nearest known key."""
    found = list[Message]()
    for fault in error.errors():
        place = [str(part) for part in fault["loc"] if not isinstance(part, int) and "[" not in str(part)]
        key, last = ".".join(place), place[-1] if place else ""
        what, todo = fault["msg"].removeprefix("Value error, "), "Correct it."
        what = f"{quoted(key) if key else 'The profile'}: {what}."
        if fault["type"] == "extra_forbidden" and last in ("encoding", "separator"):
            todo = "Remove the line; where it is told wrongly, save the file as CSV UTF-8 with commas."
            what = f"The {last} of a file is told by the file itself, never by mapping.yaml."
        elif fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(last, sorted(_KEYS), n=1)
            todo = f"Did you mean {near[0]}?" if near else f"Known are {listed(sorted(_KEYS), shown=len(_KEYS))}."
            what = f"The key {quoted(key)} is unknown."
        found += misread(what, todo, file, _WHY, lines=lines_of(place)).messages
    return CompanyRefused(found)


_WHY = "What is misread here would change every figure of the file."
