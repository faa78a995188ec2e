"""Settings of a company, from ``company.yaml``: every key is declared here, and unknown keys are refused."""

import datetime as dt
import difflib
import os
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.tables.contract import plain_yaml as plain
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, quoted

FILE = "company.yaml"
SIZE_LIMIT = 1_000_000
NODE_LIMIT = 10_000
EARLIEST = pd.Timestamp("1990-01-01")
LATEST = pd.Timestamp("2199-12-31")
"""Days beyond are marks such as 9999-12-31, and counting on from them leaves the calendar of the machine."""
_ALMOST = (FILE, "company.yml")
_DAY = dt.datetime(2026, 9, 30, tzinfo=dt.UTC)
_ADDRESSES = {"url", "uri", "dsn", "connection", "connection_string", "password", "user", "host"}
_SECRET = re.compile(r"://|pass|pwd|secret|token", re.IGNORECASE)
VARIABLE_MARK = "env:"
HOW = "Write env:NAME for an environment variable, or the path of a key file outside of the company folder"


def _date_format(given: str) -> str:
    """Pass "iso" or a format that can write a day and read it again."""
    try:
        same = given == "iso" or dt.datetime.strptime(_DAY.strftime(given), given).date() == _DAY.date()  # noqa: DTZ007
    except ValueError:
        same = False
    if not same:
        raise ValueError('write "iso" or a format with year, month and day, such as "%d.%m.%Y"')
    return given


def known_zone(name: str) -> str:
    """Pass the name of a time zone."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("write an IANA zone such as Europe/Berlin") from error
    return name


def place_of_key(given: object) -> str:
    """Pass the name of a place; whatever else is there could be the secret, so it is never repeated."""
    text = given.strip() if isinstance(given, str) else ""
    if text in os.environ:
        return VARIABLE_MARK + text
    variable = text.startswith(VARIABLE_MARK) and re.fullmatch(r"[A-Za-z_]\w*", text.removeprefix(VARIABLE_MARK))
    if not (variable or "/" in text or os.sep in text):
        raise PlainError(f"{HOW}; the secret itself must not stand there")
    return text


Parameter = str | bool | int | float | dt.date
Dates = Annotated[str, AfterValidator(_date_format)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """Where one table comes from, and how its file is written."""

    file: str | None = None  # name of a file inside the company folder
    sheet: str | None = None  # of a workbook
    database: str | None = None  # name of the environment variable that holds the address, never the address
    query: str | None = None  # to a database, also one in the folder
    parameters: dict[str, Parameter] = Field(default_factory=dict)  # values of `:name` in the query
    columns: dict[str, str] = Field(default_factory=dict)  # name in the contract -> name in the file
    decimal: Literal[".", ","] | None = None  # decimal mark of the numbers in this file
    dates: Dates | None = None  # ``"iso"`` or a format such as ``"%d.%m.%Y"``
    scale: Literal["0-10"] | None = None  # ``"0-10"`` where low scores only are nevertheless answers on this scale

    @field_validator("database")
    @classmethod
    def _only_a_name(cls, given: str | None) -> str | None:
        if given is not None and not re.fullmatch(r"[A-Za-z_]\w*", given):
            todo = "write the name of an environment variable, such as SHOP_URL, and put the address into that variable"
            raise ValueError(f"{todo}: what stands in a file is copied, shown and kept")
        return given

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if self.database and (self.file or self.sheet or not self.query):
            raise ValueError("write a database with a query, without file or sheet")
        if (self.sheet or self.query) and not (self.file or self.database):
            raise ValueError("name the file or the database that the sheet or the query is of")
        if (self.sheet and self.query) or (self.parameters and not self.query):
            raise ValueError("parameters belong to a query, and a query has no sheet")
        return self


# What amounts of money and returns are made with.
WEIGHED = ("discount_rate_annual", "margin_rate", "cost_per_contact", "hours", "p_type1_default")


class Settings(_Strict):
    """Settings with their defaults; see the data dictionary for units."""

    currency: plain.Currency = "EUR"  # ISO 4217 code in which money is shown
    as_of: plain.Day = None  # day of the analysis when the caller names none
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"  # IANA zone of dates that carry an offset
    fiscal_year_start: plain.Month = 1  # month in which the fiscal year starts, 1-12
    discount_rate_annual: plain.Rate = 0.10  # share per year
    margin_rate: plain.Share | None = None  # share of the amount that is margin, where the table has no `margin`
    cost_per_contact: plain.Cost | None = None  # company currency per contact
    hours: plain.Hours | None = None  # for answering messages, a week
    p_type1_default: plain.Share = 0.5  # probability that a referred customer would not have come anyway
    min_group: plain.Whole = 5  # smallest group shown (k)
    sources: dict[str, Source] = Field(default_factory=dict)  # table -> file name or mapping
    decimal: Literal[".", ","] = "."  # defaults for all files
    dates: Dates = "iso"  # defaults for all files
    rates: dict[plain.Code, plain.Worth] = Field(default_factory=dict)
    campaigns: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    sample: Annotated[bool, Field(strict=True)] = False
    retention_months: dict[str, plain.Whole] = Field(default_factory=dict)  # table -> months kept; one number for all
    pseudonym_key: Annotated[str, BeforeValidator(place_of_key)] = ""  # where the key of pseudonyms is, never the key

    @field_validator("*", mode="before")
    @classmethod
    def _no_words_for_numbers(cls, given: Any, field: ValidationInfo) -> Any:
        if isinstance(given, bool) and field.field_name not in ("sample", "as_of"):
            raise ValueError("yes and no (also NO, on, off) are no value here; put text between quotation marks")
        return given

    @field_validator("campaigns", mode="before")
    @classmethod
    def _codes_as_text(cls, given: Any) -> Any:
        if not isinstance(given, list | tuple) or not all(isinstance(code, str) and code.strip() for code in given):
            raise ValueError('write a list of referrer ids as text, such as ["WELCOME10", "2024"]')
        return given

    @field_validator("sources", mode="before")
    @classmethod
    def _file_names(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {table: {"file": source} if isinstance(source, str) else source for table, source in given.items()}

    @field_validator("retention_months", mode="before")
    @classmethod
    def _months_of_tables(cls, given: Any) -> Any:
        of_people = [name for name, table in TABLES.items() if table.of_people]
        if isinstance(given, dict) and (strange := given.keys() - {*of_people}):
            raise ValueError(f"{quoted(min(strange, key=str))} is not one of {', '.join(of_people)}")
        return given if isinstance(given, dict) else dict.fromkeys(of_people, given)

    @field_validator("sources")
    @classmethod
    def _known_tables(cls, sources: dict[str, Source]) -> dict[str, Source]:
        for name, source in sources.items():
            if name not in TABLES:
                raise ValueError(f"{quoted(name)} is not a table; known are {', '.join(TABLES)}")
            for column in source.columns:
                if column not in TABLES[name].names:
                    raise ValueError(f"table {name} has no column {quoted(column)}")
        return sources

    @field_validator("rates")
    @classmethod
    def _rates_of_others(cls, rates: dict[str, Decimal], known: ValidationInfo) -> dict[str, Decimal]:
        own = known.data.get("currency")
        if own in rates and rates[own] != 1:
            raise ValueError(f"one {own} is one {own}, and the company counts in {own}")
        return rates


def read_settings(folder: Path, names: Iterable[str]) -> tuple[Settings, bytes]:
    """Read the settings of a company; without the file all defaults hold."""
    path = folder / FILE
    other = next((name for name in names if name.lower() in _ALMOST and name != FILE), None)
    if other:
        raise plain.misread(f"The folder holds {quoted(other)}.", f"Rename it to {FILE}; only this name is read.", FILE)
    if not path.exists() and not path.is_symlink():
        return Settings(), b""
    if path.is_symlink() or not path.is_file():
        raise plain.misread("It is not a plain file.", "Put the file itself into the folder.", FILE)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise plain.misread(f"It cannot be opened ({error.strerror}).", "Allow reading it.", FILE) from None
    if len(raw) > SIZE_LIMIT:
        raise plain.misread(f"It is larger than {SIZE_LIMIT:,} bytes.", "Keep settings only in it.", FILE)
    given = plain.load_plain(raw, FILE, most_entries=NODE_LIMIT)
    if given is None:
        return Settings(), raw
    if not isinstance(given, dict):
        todo = "Write one setting per line, such as `currency: EUR`."
        raise plain.misread("It is not a list of `key: value` lines.", todo, FILE)
    _refuse_addresses(given.get("sources"))
    try:
        settings = Settings(**{str(key): value for key, value in given.items()})
    except ValidationError as error:
        raise CompanyRefused([_explained(fault, raw) for fault in error.errors()]) from None
    try:
        key = found_from(settings.pseudonym_key, folder) if settings.pseudonym_key else ""
        return settings.model_copy(update={"pseudonym_key": key} if key else None), raw
    except PlainError as fault:
        todo = "Move the key elsewhere, and name it there."
        raise plain.misread(str(fault), todo, FILE, "Who has the folder could undo the pseudonyms.") from None


def found_from(named: str, folder: Path, *others: Path) -> str:
    """Find a key file from the folder of the company; it must lie neither in it nor in any other of these folders."""
    place = place_of_key(named)
    if place.startswith(VARIABLE_MARK):
        return place
    try:
        path = folder.resolve() / Path(place).expanduser()
        inside = any(path.resolve().is_relative_to(one.resolve()) for one in (folder, *others))
    except (OSError, RuntimeError, ValueError):
        raise PlainError(f"The file named for the pseudonym key cannot be there. {HOW}.") from None
    if inside:
        raise PlainError(f"The file named for the pseudonym key lies beside what it hides. {HOW}.")
    return str(path)


def _refuse_addresses(sources: Any) -> None:
    """Say where the address of a database belongs, instead of calling the key unknown."""
    for table, source in sources.items() if isinstance(sources, dict) else ():
        if isinstance(source, dict) and (found := _ADDRESSES & set(source)):
            what = f"Table {quoted(table)} is to come from a database, and its address stands in the file "
            what += f"({', '.join(sorted(found))})."
            todo = "Put the address into an environment variable, such as SHOP_URL, and write "
            todo += f'`sources: {{{str(table)[:40]}: {{database: SHOP_URL, query: "select ..."}}}}`.'
            why = "What stands in a file is copied, shown and kept, a password too."
            raise plain.misread(what, todo, FILE, why, column=f"sources.{table}")


def _explained(fault: Any, written: bytes) -> Message:
    first, last = str(fault["loc"][0]), str(fault["loc"][-1])
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        fields = Source.model_fields if len(fault["loc"]) > 1 else Settings.model_fields
        near = difflib.get_close_matches(last, fields, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(fields)}."
        what, todo = f"The key {quoted(key)} is unknown.", f"{hint} Correct or remove it."
    else:
        refused = fault.get("ctx", {}).get("error")
        told = fault["msg"].removeprefix("Value error, "), ""
        reason, meant = refused.messages if isinstance(refused, Refusal) else told
        # A secret is never shown, not even to its owner.
        secret = last in ("database", "pseudonym_key") or _SECRET.search(str(fault["input"]))
        shown = "" if secret else f" {quoted(fault['input'])}"
        what = f"The value{shown} of {quoted(key)} cannot be used: {reason}."
        todo = "correct the value, or remove the line to use the default."
        line = f"{key}: {meant}" if len(fault["loc"]) == 1 else f"{first}: {{{last}: {meant}}}"
        todo = f"If {meant} is meant, write `{line}`; else {todo}" if meant else todo.capitalize()
    why = "A setting that is not understood would silently not count."
    return Message(what=what, why=why, todo=todo, file=FILE, column=key, lines=line_of(written, first))


def line_of(written: bytes, setting: str) -> tuple[int, ...]:
    """Find the line of company.yaml on which a setting stands."""
    lines = written.decode("utf-8", errors="replace").splitlines()
    return tuple(n for n, line in enumerate(lines, 1) if line.split(":")[0].strip(" \"'\ufeff") == setting)[:1]


def day_of_analysis(given: str | dt.date | pd.Timestamp | None) -> pd.Timestamp:
    """Understand the day of the analysis."""
    why = "Every figure is as of one day, and the kit never asks the clock."
    if given is None:
        todo = "Add --as-of 2026-09-30, or `as_of:` to company.yaml."
        raise CompanyRefused.because("No day of the analysis is given.", why, todo)
    try:
        text = given if isinstance(given, str) else given.isoformat()[:10]
        day = pd.Timestamp(dt.date.fromisoformat(text)).as_unit("us") if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        what = f"The day of the analysis {quoted(given)} is not a day from 1990 to 2199."
        raise CompanyRefused.because(what, why, "Write it as 2026-09-30.")
    return day
