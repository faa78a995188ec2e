"""A company: its checked tables and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import Message, Receipt

if TYPE_CHECKING:
    from scrm_helpers.tables.contract.settings import Settings


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
        return all(table in self._tables and not self._is_empty(table) for table in tables)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""
        if name not in self._tables:
            declared = TABLES[name]
            raise Refusal(
                f"This company has no table {name} (one row is {declared.row}): add {name}.csv with the columns "
                f"{', '.join(declared.required_names)} to its folder.",
                table=name,
            )
        return self._tables[name]

    def _is_empty(self, name: str) -> bool:
        return name in self.receipts and not self.receipts[name].rows_kept
