"""The way in, in order: folder, settings, files, reading, typing, checks of each table, checks between tables."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from scrm_helpers.tables.checking.aliases import apply_aliases, check_ids
from scrm_helpers.tables.checking.beside_data import check_beside_data, to_one_currency
from scrm_helpers.tables.checking.column_checks import draft_of
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.held_data import apply_register, apply_retention, leave_out_forgotten
from scrm_helpers.tables.checking.links import check_links, leave_out_uncosted
from scrm_helpers.tables.checking.plausible import check_plausible
from scrm_helpers.tables.checking.referral_checks import settle_conversions
from scrm_helpers.tables.checking.rules import check_rules, check_what_is_used, find_spreadsheet_damage
from scrm_helpers.tables.company_tables import Company, is_prepared, read_prepared
from scrm_helpers.tables.contract.accepted_words import read_currency
from scrm_helpers.tables.contract.column_kinds import Table, with_groups
from scrm_helpers.tables.contract.declarations import REQUIRED, TABLES
from scrm_helpers.tables.contract.receipts import CheckReport, CompanyRefused, Message, Receipt, quoted
from scrm_helpers.tables.contract.settings import WEIGHED, Settings, Source, day_of_analysis, read_settings
from scrm_helpers.tables.reading.files import MANIFEST, Origin, RawTable, table_like, what_it_is
from scrm_helpers.tables.sources.locating import locate
from scrm_helpers.tables.sources.parts import Part


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
        tables = {name: draft.kept() for name, draft in self.drafts.items()}
        return Company(tables, self.settings, self.as_of, self.receipts, self.fingerprint, self.messages)

    def report(self, by_customer: bool = False) -> CheckReport:
        """The check as a document; counts and totals over rows that count only where nothing refuses the company."""
        report = CheckReport(as_of=f"{self.as_of:%Y-%m-%d}", messages=self.messages, receipts=self.receipts)
        if report.exit_code:
            return report
        orders = self.drafts["transactions"]
        first = orders.frame["ordered_on"][orders.keep].min()
        facts = {
            "n_customers": self.receipts["customers"].rows_kept,
            "n_orders": self.receipts["transactions"].rows_kept,
            "n_interactions": self.receipts["interactions"].rows_kept if "interactions" in self.receipts else None,
            "total_amount": _exact(orders, self.settings, by_customer=False)[""],
            "currency": self.settings.currency,
            "first_order_date": None if pd.isna(first) else f"{first:%Y-%m-%d}",
            "fingerprint": self.fingerprint,
            "settings": {name: getattr(self.settings, name) for name in WEIGHED},
        }
        facts |= {"amount_by_customer": _exact(orders, self.settings, by_customer)} if by_customer else {}
        return replace(report, facts=facts)


def examine(folder: Path, as_of: str | pd.Timestamp | None, groups: Iterable[str] = ()) -> Examined:
    """Read and check a folder; `groups` are columns of customers beside the contract by which it is to be divided."""
    names = _names_in(folder)
    settings, settings_file = read_settings(folder, names)
    day = day_of_analysis(settings.as_of if as_of is None else as_of)
    places, messages = locate(folder, names, settings)
    drafts: dict[str, Draft] = {}
    for name, place in places.items():
        declared = TABLES[name] if name != "customers" else with_groups(TABLES[name], groups)
        try:
            raw = _read(place, declared, settings)
        except CompanyRefused as refusal:
            messages += refusal.messages
            continue
        messages += raw.said
        drafts[name] = draft_of(raw, settings, day)
        find_spreadsheet_damage(drafts[name])
        check_rules(drafts[name])
    leave_out_forgotten(drafts)
    apply_register(drafts, settings, day)
    settings = to_one_currency(drafts, settings)
    filled = {name: draft for name, draft in drafts.items() if draft.raw.n_rows}  # an empty table links to nothing
    apply_aliases(filled)
    check_links(filled, settings)
    check_ids(filled)
    settle_conversions(filled)
    leave_out_uncosted(filled)
    check_plausible(filled)
    apply_retention(filled, settings, day)
    messages += check_beside_data(filled, settings, settings_file, day)
    for draft in drafts.values():
        check_what_is_used(draft, settings)
        messages += draft.messages
    receipts = {name: draft.receipt() for name, draft in drafts.items()}
    lines = [f"{table} {receipt.sha256}" for table, receipt in sorted(receipts.items())]
    lines.append(f"settings {hashlib.sha256(settings_file).hexdigest()}")
    fingerprint = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return Examined(drafts, settings, day, receipts, tuple(messages), fingerprint)


def read_raw(folder: Path) -> list[RawTable]:
    """Read every table of a folder as it is, unchecked: nothing is left out."""
    names = _names_in(folder)
    settings, _ = read_settings(folder, names)
    places, messages = locate(folder, names, settings)
    if any(message.level == "error" for message in messages):
        raise CompanyRefused(messages)
    return [_read(place, TABLES[name], settings) for name, place in places.items()]


def _read(place: Part, declared: Table, settings: Settings) -> RawTable:
    origin = Origin(declared, place.shown, settings.sources.get(declared.name) or Source())
    try:
        raw = place.read(origin, origin.source.decimal or settings.decimal)
    except MemoryError:
        todo = "Allow more, use a larger machine, aggregate the log first, or export fewer columns."
        raise origin.refused("The file does not fit into the memory that it may use.", todo) from None
    if not raw.n_rows and origin.declared.required:
        todo = "Export the table again; a company without rows in it cannot be examined."
        raise origin.refused("The table has a header but no rows.", todo, lines=(1,))
    return raw


_DIGITS, _AT_ONCE = 60, 100_000


def _exact(orders: Draft, settings: Settings, by_customer: bool) -> dict[str, str]:
    """The amounts of the kept orders as they stand in the file, added as decimals in the company's currency."""
    comma = (orders.raw.origin.source.decimal or settings.decimal) == ","

    def worth(amount: Any, code: str) -> Decimal:
        text = amount.strip(" ") if isinstance(amount, str) else str(amount)
        value = Decimal(text.replace(",", ".") if comma else text)
        found = read_currency(code.strip()) or code.strip() or settings.currency
        return value if found == settings.currency else value * settings.rates[found]

    money = pa.table({name: orders.raw.columns[name] for name in ("amount", "currency") if name in orders.raw.columns})
    if by_customer:
        money = money.append_column("who", pa.array(orders.frame["customer_id"]))
    counted = money.filter(pa.array(orders.keep)).group_by(money.column_names).aggregate([([], "count_all")])
    totals = defaultdict(Decimal, {} if by_customer else {"": Decimal(0)})
    with localcontext(prec=_DIGITS):
        for row in chain.from_iterable(batch.to_pylist() for batch in counted.to_batches(_AT_ONCE)):
            totals[row.get("who", "")] += worth(row["amount"], row.get("currency") or "") * row["count_all"]
    return {who: format(totals[who] or abs(totals[who]), "f") for who in sorted(totals)}


def _names_in(folder: Path) -> list[str]:
    """Return the names of all entries of a company folder, sorted."""

    def refused(what: str, todo: str, why: str = "There is nothing to read.") -> CompanyRefused:
        return CompanyRefused.because(what, why, todo)

    named = quoted(folder.name)
    if not os.path.lexists(folder):
        raise refused(f"The company folder {named} does not exist.", "Correct the name of the folder.")
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for names that are too long
        kind = what_it_is(folder)
        what = f"a file{f' ({kind.what})' if kind else ''}"
        if not os.path.exists(folder):  # noqa: PTH110 - as above, for a link into a circle
            what = "a link that leads nowhere"
        todo = kind.todo if kind else "Give the folder that holds the tables, one file each."
        raise refused(f"{named} is {what}, not the folder of a company.", todo)
    if is_prepared(folder):
        what, why = "This is a prepared folder, which was checked already.", "Its receipts tell of other files."
        raise refused(what, "Check the company folder itself.", why)
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise refused(f"The company folder cannot be listed ({error.strerror}).", "Allow reading it.") from None
    if all(name.startswith(".") for name in names):
        todo = f"Put the tables into it, at least {' and '.join(f'{table}.csv' for table in REQUIRED)}."
        raise refused(f"The company folder {named} is empty.", todo)
    if MANIFEST in names and not any(table_like(name.split(".", 1)[0]) for name in names):
        data = _made_from(folder / MANIFEST)
        todo = f"Give the folder of the company{f', such as {quoted(data)}' if data else ''}; this one can be --out."
        what = f"The folder {named} is what the kit wrote (a report or a check), not a company folder."
        raise refused(what, todo, "It holds results, not tables.")
    return names


def _made_from(manifest: Path) -> str:
    """The company folder that a manifest names; its last line counts."""
    try:
        given = json.loads(manifest.read_bytes().splitlines()[-1])
        return str(given.get("data") or "") if isinstance(given, dict) else ""
    except (OSError, ValueError, IndexError):
        return ""


def open_company(folder: str | Path, as_of: str | pd.Timestamp | None = None) -> Company:
    """Read and check a company folder.

    Parameters
    ----------
    folder : one file per table, or what :func:`save_company` wrote, which is opened without a new check
    as_of : day of the analysis (ISO), inclusive; by default that of ``company.yaml``: the clock is never asked

    Returns
    -------
    Company : checked, or refused with every finding
    """
    if is_prepared(Path(folder)):
        return read_prepared(Path(folder), None if as_of is None else day_of_analysis(as_of))
    return examine(Path(folder), as_of).company()
