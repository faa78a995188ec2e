"""The way in, in order: settings, files, reading, typing, checks of each table, checks between tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from scrm_helpers.tables.checking.check_report import CheckReport
from scrm_helpers.tables.checking.column_checks import draft_of
from scrm_helpers.tables.checking.columns_left import column_remarks
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.money import exact_by_customer, exact_total, to_one_currency, written
from scrm_helpers.tables.checking.plausible import check_plausible
from scrm_helpers.tables.checking.rules import check_rules
from scrm_helpers.tables.checking.spreadsheet import find_spreadsheet_damage, totals_below
from scrm_helpers.tables.company_folder import names_in
from scrm_helpers.tables.company_tables import Company
from scrm_helpers.tables.contract.currencies import day_of_analysis
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, Receipt
from scrm_helpers.tables.contract.settings import Settings, Source, read_settings
from scrm_helpers.tables.linking.aliases import apply_aliases
from scrm_helpers.tables.linking.beside_data import check_beside_data
from scrm_helpers.tables.linking.conversions import settle_conversions
from scrm_helpers.tables.linking.links import check_links
from scrm_helpers.tables.linking.references import leave_out_uncosted
from scrm_helpers.tables.linking.twins import check_ids
from scrm_helpers.tables.reading.columnar import read_parquet
from scrm_helpers.tables.reading.delimited import read_csv
from scrm_helpers.tables.reading.files import RawTable, locate, read_bytes, refused


@dataclass(frozen=True)
class Examined:
    """Everything that was found in a company folder."""

    drafts: Mapping[str, Draft]
    settings: Settings
    as_of: pd.Timestamp
    receipts: Mapping[str, Receipt]
    messages: tuple[Message, ...]
    fingerprint: str

    def company(self) -> Company:
        """The company, if nothing refuses it."""
        if any(message.level == "error" for message in self.messages):
            raise CompanyRefused(self.messages)
        return Company(self.tables(), self.settings, self.as_of, self.receipts, self.fingerprint, self.messages)

    def report(self, by_customer: bool = False) -> CheckReport:
        """The check as a document; facts only where nothing refuses the company."""
        report = CheckReport(as_of=f"{self.as_of:%Y-%m-%d}", messages=self.messages, receipts=self.receipts)
        return report if report.exit_code else replace(report, facts=self.facts(by_customer))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Rows that count, by table."""
        return {name: draft.kept() for name, draft in self.drafts.items()}

    def facts(self, by_customer: bool = False) -> dict[str, Any]:
        """Counts and totals over the rows that count; None where a table is absent."""
        orders = self.drafts["transactions"]
        first = orders.frame["ordered_on"][orders.keep].min()
        facts = {
            "n_customers": self.receipts["customers"].rows_kept,
            "n_orders": self.receipts["transactions"].rows_kept,
            "n_interactions": self.receipts["interactions"].rows_kept if "interactions" in self.receipts else None,
            "total_amount": written(exact_total(orders, self.settings)),
            "currency": self.settings.currency,
            "first_order_date": None if pd.isna(first) else f"{first:%Y-%m-%d}",
            "fingerprint": self.fingerprint,
        }
        return facts | ({"amount_by_customer": exact_by_customer(orders, self.settings)} if by_customer else {})


def examine(folder: Path, as_of: str | pd.Timestamp | None) -> Examined:
    """Read and check a folder; findings are collected, and raised only where nothing further can be said."""
    names = names_in(folder)
    settings, settings_file = read_settings(folder, names)
    day = day_of_analysis(settings.as_of if as_of is None else as_of)
    files, messages = locate(folder, names, settings)
    drafts: dict[str, Draft] = {}
    for name, path in files.items():
        try:
            raw = _read(path, name, settings.sources.get(name) or Source())
        except CompanyRefused as refusal:
            messages += refusal.messages
            continue
        drafts[name] = draft_of(raw, TABLES[name], settings, day)
        find_spreadsheet_damage(drafts[name])
        check_rules(drafts[name], settings.sources.get(name) or Source())
    settings = to_one_currency(drafts, settings)
    filled = {name: draft for name, draft in drafts.items() if draft.raw.n_rows}  # an empty table links to nothing
    apply_aliases(filled)
    check_links(filled, settings)
    check_ids(filled)
    settle_conversions(filled)
    leave_out_uncosted(filled)
    check_plausible(filled)
    messages += check_beside_data(filled, settings, settings_file, day)
    for draft in drafts.values():
        messages += [*draft.messages, *_remarks(draft, settings)]
    receipts = {name: draft.receipt() for name, draft in drafts.items()}
    return Examined(drafts, settings, day, receipts, tuple(messages), _fingerprint(receipts, settings_file))


def _read(path: Path, name: str, source: Source) -> RawTable:
    try:
        content, sha256 = read_bytes(path, name)
        read = read_parquet if path.name.lower().endswith(".parquet") else read_csv
        raw = read(content, name, path.name, sha256, source)
    except MemoryError:
        todo = "Use a larger machine, aggregate the log first, or export fewer columns."
        raise refused(name, path.name, "The file does not fit into the memory of this machine.", todo) from None
    if not raw.n_rows and TABLES[name].required:
        todo = "Export the table again; a company without rows in it cannot be examined."
        raise refused(name, path.name, "The table has a header but no rows.", todo, lines=(1,))
    return replace(raw, n_totals=totals_below(raw, TABLES[name]))


def _remarks(draft: Draft, settings: Settings) -> list[Message]:
    refused_already = any(message.level == "error" for message in draft.messages)
    remarks = list(column_remarks(draft, settings))
    if not draft.raw.n_rows:
        remarks.append(
            Message(
                what="The table has a header but no rows.",
                why="The table is there and empty; chapters that need it are left out.",
                todo="Nothing, if there is nothing to tell; else export the table again.",
                table=draft.declared.name,
                file=draft.raw.file,
                lines=(1,),
                level="warning",
            )
        )
    elif not draft.keep.any() and not refused_already:
        level: Literal["error", "warning"] = "error" if draft.declared.required else "warning"
        why = "" if draft.declared.required else "Chapters that need this table are left out."
        todo = "See why rows were left out."
        empty = refused(draft.declared.name, draft.raw.file, "No row is left.", todo, why=why).messages[0]
        remarks.append(replace(empty, level=level))
    return remarks


def _fingerprint(receipts: Mapping[str, Receipt], settings_file: bytes) -> str:
    lines = [f"{table} {receipt.sha256}" for table, receipt in sorted(receipts.items())]
    lines.append(f"settings {hashlib.sha256(settings_file).hexdigest()}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
