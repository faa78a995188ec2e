"""A company and its check in one reading, for the runner and for ``scrm check``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.output_folder import OutputFolder, owned
from scrm_helpers.report.whole_files import CHECK, PERSONAL, RUN, entry_of, write_whole
from scrm_helpers.tables import CheckReport, Company, CompanyRefused, open_company
from scrm_helpers.tables.company_tables import is_prepared
from scrm_helpers.tables.contract.receipts import Message
from scrm_helpers.tables.pipeline import Examined, examine
from scrm_helpers.tables.reading.files import BUSINESS_CASE

FILE = "check.json"
_TRIED = ("initiatives", "initiative_ledger", "initiative_panel", "goals")


def open_checked(
    data: Path, as_of: str | None, by_customer: bool = False, groups: Iterable[str] = ()
) -> tuple[Company, CheckReport]:
    """Open a company folder and keep what its check found; `groups` are columns of customers beside the contract."""
    if is_prepared(data):
        try:
            company = open_company(data, as_of)
        except CompanyRefused as refusal:
            raise PlainError(CheckReport(as_of="", messages=refusal.messages).to_text()) from None
        day = f"{company.as_of:%Y-%m-%d}"
        return company, CheckReport(as_of=day, messages=company.messages, receipts=company.receipts)
    found, report = _found(data, as_of, by_customer, groups)
    if found is None or report.exit_code:
        raise PlainError(report.to_text())
    return found.company(), report


def _found(
    data: Path, as_of: str | None, by_customer: bool, groups: Iterable[str] = ()
) -> tuple[Examined | None, CheckReport]:
    """What a folder holds, its business case and what its initiative tables leave out; nothing where it is refused."""
    try:
        found = examine(data, as_of, groups)
    except CompanyRefused as refusal:
        return None, CheckReport(as_of="" if as_of is None else str(as_of)[:10], messages=refusal.messages)
    found = replace(found, messages=(*found.messages, *_about_initiatives(found, data)))
    return found, found.report(by_customer)


def _about_initiatives(found: Examined, data: Path) -> Iterator[Message]:
    """Every fault of the business case, then chapters that tables which do not fit together leave out, and doubts."""
    from scrm_helpers.initiatives.ledger.flows import table_faults
    from scrm_helpers.initiatives.plan.business_case import case_faults

    todo = f"Correct {BUSINESS_CASE}; `scrm init` writes an example into a new folder."
    for fault in case_faults(data / BUSINESS_CASE):
        yield Message(what=fault, why="A return over such a case would be wrong.", todo=todo, file=BUSINESS_CASE)
    if any(message.level == "error" for message in found.messages):
        return
    left_out = "What rests on these rows is not shown, and this reason stands in its place.", "Correct the rows."
    doubted = "The chapters that read this table are made all the same.", "Correct the rows, if it is not meant so."
    tables = {name: draft.kept() for name, draft in found.drafts.items() if name in _TRIED and draft.keep.any()}
    for table, fault, refused in table_faults(tables, as_of=found.as_of, currency=found.settings.currency):
        why, todo = left_out if refused else doubted
        yield Message(what=fault, why=why, todo=todo, table=table, file=found.drafts[table].raw.file, level="warning")


def write_check(data: Path, as_of: str | None, out: Path | None, by_customer: bool = False) -> CheckReport:
    """Check a company folder and, where a folder is named, write ``check.json`` into it."""
    if out is None:
        return _found(data, as_of, by_customer)[1]
    with owned(out, CHECK, follows=(CHECK, RUN), data=data) as folder:
        folder.refuse_foreign([FILE])
        found, report = _found(data, as_of, by_customer)
        fingerprint, is_sample = (found.fingerprint, found.settings.sample) if found else ("", False)
        entry = entry_of(report.as_of, fingerprint, {"facts": True} if by_customer else {}, is_sample)
        beside = folder.manifest.command == RUN
        if beside:
            entry = _entry_of_report(folder, entry)
        with folder.work() as work:
            (work / "out").mkdir()
            write_whole(work / "out" / FILE, report.to_json(), PERSONAL)  # its examples name single customers
            folder.publish(work / "out", entry, keep_others=beside)
    return report


def _entry_of_report(folder: OutputFolder, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of the report in the folder, whose ``check.json`` is written again; one of other data is refused."""
    report = folder.manifest.entry
    same = all(report[key] == entry[key] for key in ("as_of", "data"))
    if folder.manifest.unfinished or not same:
        why = "of which a part is missing" if same else "about other data or another day"
        raise PlainError(
            f"The output folder {folder.shown} holds a report {why}: a check would no longer tell of it. "
            "Choose another --out, or write the report again."
        )
    return {**report, "command": RUN}
