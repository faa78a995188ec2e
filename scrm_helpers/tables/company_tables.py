"""A company: its checked tables and its settings, in memory and as Parquet files that chapters open unchecked."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from pydantic import TypeAdapter

from scrm_helpers.answers import Refusal, Terms
from scrm_helpers.tables.contract.data_classes import Field, in_force, without_ground
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, Receipt
from scrm_helpers.tables.contract.settings import Settings

FILE = "prepared.json"
FORMAT = 4


@dataclass(frozen=True)
class Part:
    """Which part of a company its tables are of."""

    where: Mapping[str, str]  # column of customers, or kind of period -> its value, in the order of the division
    note: str = ""  # who and what of the whole company is outside, in sentences

    @property
    def words(self) -> str:
        """The part in words: region North, quarter 2025-Q4."""
        said = (f"{name.replace('_', ' ')} {value}" for name, value in self.where.items())
        return ", ".join(said) or "The whole company"


@dataclass(frozen=True, eq=False, repr=False)
class Company:
    """Checked tables of one company as of one day. Made by :func:`open_company`."""

    tables: Mapping[str, pd.DataFrame]  # a column that the file does not have is absent
    settings: Settings  # from ``company.yaml``
    as_of: pd.Timestamp  # day of the analysis, inclusive
    receipts: Mapping[str, Receipt]  # table -> what was read, kept and left out
    fingerprint: str  # sha256 over all inputs
    messages: tuple[Message, ...] = ()  # warnings of the check
    withheld: Mapping[str, str] = field(default_factory=dict)  # table or "table.column" that may not be used -> why
    part: Part | None = None  # None where it is the whole company

    @property
    def terms(self) -> Terms:
        """The day, money and rules on which every analysis of this company stands."""
        own = self.settings
        return Terms(self.as_of, own.currency, own.discount_rate_annual, own.min_group)

    @property
    def customers(self) -> pd.DataFrame:
        """One row per customer."""
        return self.table("customers")

    @property
    def transactions(self) -> pd.DataFrame:
        """One row per order, amounts in the company's currency."""
        return self.table("transactions")

    @property
    def is_sample(self) -> bool:
        """Whether the company is invented."""
        return self.settings.sample

    def has(self, *tables: str) -> bool:
        """Whether the company has all these tables, each with a row that counts."""
        unknown = [table for table in tables if table not in TABLES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not a table; known are {', '.join(TABLES)}.")
        return all(table in self.receipts and self.receipts[table].rows_kept > 0 for table in tables)

    @cached_property
    def without_ground(self) -> dict[Field, str]:
        """Fields of these tables for which the data register names no consent or no purpose, with what is missing."""
        if not self.has("data_register"):
            return {}
        lacking = without_ground(in_force(self.table("data_register"), self.as_of))
        return {place: lack for place, lack in lacking.items() if self.has_column(*place)}

    @cached_property
    def suppressed(self) -> frozenset[str]:
        """Ids of people who are not to be contacted."""
        return frozenset(self.table("suppress")["customer_id"].dropna()) if self.has("suppress") else frozenset()

    def has_column(self, table: str, column: str) -> bool:
        """Whether the company has the table, and the table the column."""
        return table in self.receipts and column in self.table(table)

    @property
    def every(self) -> dict[str, pd.DataFrame]:
        """All tables that the company has, by name; a prepared company reads them now."""
        return {name: self.table(name) for name in self.receipts}

    def missing(self, table: str, column: str = "") -> str:
        """Say why a table or a column tells nothing, absent or unknown; empty where it tells something, be it zero."""
        if why := self.withheld.get(table) or self.withheld.get(f"{table}.{column}"):
            return why
        if not self.has(table):
            return f"there is no table {table}" if table not in self.receipts else f"no row of {table} counts"
        if not column:
            return ""
        declared, frame = TABLES[table].column(column), self.tables[table]
        if column not in frame:
            return f"{table} has no column {column}"
        if not frame[column].notna().any():
            return f"{column} of {table} is blank in every row"
        home, key = declared.home
        if home and self.has(home) and not frame[column].isin(self.tables[home][key]).any():
            return f"no {column} of {table} is in {home}"
        return ""

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""
        if name not in self.receipts:
            what = f"This company has no table {name} (one row is {TABLES[name].row}): add {name}.csv with the columns "
            raise Refusal(f"{what}{', '.join(TABLES[name].required_names)} to its folder.", table=name)
        return self.tables[name]


class _Prepared(dict[str, pd.DataFrame]):
    """Tables of a prepared company, each read when it is first asked for and only if its checksum holds."""

    def __init__(self, folder: Path, checksums: Mapping[str, str], lent: Mapping[str, str]) -> None:
        super().__init__()
        self._folder, self._checksums, self._lent = folder, checksums, lent

    def __missing__(self, name: str) -> pd.DataFrame:
        path = self._folder / f"{name}.parquet"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != self._checksums.get(name):
            raise _changed(f"{name}.parquet")
        self[name] = parquet.read_table(pa.BufferReader(content)).to_pandas()
        if name in self._lent:
            self[name] = pd.concat([self[name], _take(self._lent[name])], axis=1)
        return self[name]


def _lend(columns: pd.DataFrame) -> str:
    """Put columns into memory that other processes of this user and machine can open by the returned name."""
    if not hasattr(os, "memfd_create"):
        names = ", ".join(map(str, columns))
        what = f"The borrowed columns {names} cannot be handed to the chapters without writing them to disk."
        why = "This system has no files in memory, and the data register forbids a copy."
        todo = "Run on Linux, or take the columns out of `sources:` in company.yaml: they are then left out."
        raise CompanyRefused.because(what, why, todo)
    descriptor = os.memfd_create("borrowed")  # open as long as this process lives; the memory goes with it
    with os.fdopen(descriptor, "wb", closefd=False) as memory:
        columns.to_feather(memory)
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _take(place: str) -> pd.DataFrame:
    """Read lent columns; they are gone when the process that lent them has ended."""
    try:
        return pd.read_feather(place)
    except OSError:
        what = "The borrowed columns of this prepared company are gone."
        why = "They were lent in memory only, while the run that prepared it went on."
        raise CompanyRefused.because(what, why, "Open the company folder itself again.") from None


def is_prepared(folder: Path) -> bool:
    """Whether a folder holds a prepared company."""
    return os.path.isfile(folder / FILE)  # noqa: PTH113 - Path.is_file raises for names that are too long


def save_company(company: Company, folder: Path) -> Path:
    """Write a checked company; what is borrowed stays in memory. The description comes last: half a folder is none.

    Parameters
    ----------
    company, folder : what is written, and where; the folder is made when absent

    Returns
    -------
    Path : the folder
    """
    folder.mkdir(parents=True, exist_ok=True)
    checksums, lent = {}, {}
    for name, receipt in company.receipts.items():
        target = folder / f"{name}.parquet"
        table, borrowed = company.table(name), list(receipt.columns_borrowed)
        if borrowed:
            lent[name] = _lend(table[borrowed])
        table.drop(columns=borrowed).to_parquet(target, index=False, compression="lz4", write_page_checksum=True)
        checksums[name] = hashlib.sha256(target.read_bytes()).hexdigest()
    described = {
        "format": FORMAT,
        "as_of": f"{company.as_of:%Y-%m-%d}",
        "fingerprint": company.fingerprint,
        "settings": company.settings.model_dump(mode="json", exclude_unset=True),
        "tables": checksums,
        "lent": lent,
        "receipts": {name: asdict(receipt) for name, receipt in company.receipts.items()},
        "messages": [asdict(message) for message in company.messages],
        "part": company.part and [list(company.part.where.items()), company.part.note],
    }
    half = folder / f".{FILE}.part"
    half.write_text(json.dumps(described, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    half.replace(folder / FILE)
    return folder


def read_prepared(folder: Path, as_of: pd.Timestamp | None) -> Company:
    """Open a company from a prepared folder."""
    try:
        described = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if described["format"] != FORMAT:
            raise ValueError(described["format"])
        day = pd.Timestamp(described["as_of"]).as_unit("us")
        company = Company(
            tables=_Prepared(folder, described["tables"], described["lent"]),
            settings=Settings(**described["settings"]),
            as_of=day,
            receipts=TypeAdapter(dict[str, Receipt]).validate_python(described["receipts"]),
            fingerprint=str(described["fingerprint"]),
            messages=TypeAdapter(tuple[Message, ...]).validate_python(described["messages"]),
            part=Part(dict(described["part"][0]), described["part"][1]) if described["part"] else None,
        )
    except (ValueError, KeyError, TypeError):
        raise _changed(FILE) from None
    if as_of is not None and as_of != day:
        what = f"The prepared company is of {day:%Y-%m-%d}, not of {as_of:%Y-%m-%d}."
        why = "Which rows count depends on the day of the analysis."
        raise CompanyRefused.because(what, why, "Open the company folder itself, or ask for the same day.", file=FILE)
    return company


def _changed(file: str) -> CompanyRefused:
    what = "A prepared file was changed, cut or written by another version."
    todo = "Open the company folder itself again; the prepared folder can be deleted."
    return CompanyRefused.because(what, "What was checked is no longer what would be read.", todo, file=file)
