"""A company: its checked tables and its settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.tables.contract import TABLES
from scrm_helpers.tables.messages import Message, MissingTable
from scrm_helpers.tables.receipts import Receipt

if TYPE_CHECKING:
    from scrm_helpers.tables.settings import Settings


class Company:
    """Checked tables of one company as of one day. Made by :func:`open_company`.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The checked tables; a column that the file does not have is absent.
    settings : Settings
        Settings from ``company.yaml``.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive.
    receipts : mapping of str to Receipt
        Table -> what was read, kept and left out.
    fingerprint : str
        sha256 over all inputs.
    messages : sequence of Message
        Warnings of the check.
    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        settings: Settings,
        as_of: pd.Timestamp,
        receipts: Mapping[str, Receipt],
        fingerprint: str,
        messages: tuple[Message, ...] = (),
    ) -> None:
        self._tables = tables
        self.settings = settings
        self.as_of = as_of
        self.receipts = receipts
        self.fingerprint = fingerprint
        self.messages = messages

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
        """Whether the company has all these tables."""
        unknown = [table for table in tables if table not in TABLES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not a table; known are {', '.join(TABLES)}.")
        return all(table in self._tables for table in tables)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table.

        Parameters
        ----------
        name : str
            Name of a table of the contract.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingTable
            When the company does not have the table; the message is the sentence to show.
        """
        if not self.has(name):
            declared = TABLES[name]
            raise MissingTable(
                name,
                f"This company has no table {name} (one row is {declared.row}): add {name}.csv with the columns "
                f"{', '.join(declared.required_names)} to its folder.",
            )
        return self._tables[name]


def open_company(folder: str | Path, as_of: str | pd.Timestamp | None = None) -> Company:
    """Read and check a company folder.

    Parameters
    ----------
    folder : str or Path
        Folder with one file per table.
    as_of : str or pandas.Timestamp, optional
        Day of the analysis (ISO), inclusive; by default that of ``company.yaml``. The clock is never asked.

    Returns
    -------
    Company

    Raises
    ------
    CompanyRefused
        When the input would make a figure wrong; ``.messages`` holds every finding.
    """
    from scrm_helpers.tables.messages import CompanyRefused
    from scrm_helpers.tables.pipeline import examine

    found = examine(Path(folder), as_of)
    if any(message.level == "error" for message in found.messages):
        raise CompanyRefused(found.messages)
    return Company(found.tables, found.settings, found.as_of, found.receipts, found.fingerprint, tuple(found.messages))


def fingerprint_of(receipts: Mapping[str, Receipt], settings_file: bytes) -> str:
    """Return the sha256 over the sha256 of every input."""
    lines = [f"{table} {receipt.sha256}" for table, receipt in sorted(receipts.items())]
    lines.append(f"settings {hashlib.sha256(settings_file).hexdigest()}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
