"""A company and its check in one reading, for the runner and for ``scrm check``."""

from __future__ import annotations

from pathlib import Path

from scrm_helpers.report.errors import PlainError
from scrm_helpers.report.files import PERSONAL, output_folder, write_whole
from scrm_helpers.tables import CheckReport, Company, CompanyRefused, check_company, open_company
from scrm_helpers.tables.pipeline import examine
from scrm_helpers.tables.prepared import is_prepared

FILE = "check.json"


def open_checked(data: Path, as_of: str | None, by_customer: bool = False) -> tuple[Company, CheckReport]:
    """Open a company folder and keep what its check found.

    Parameters
    ----------
    data : pathlib.Path
        Company folder, as delivered or prepared.
    as_of : str or None
        ISO date; None takes it from the company's settings.
    by_customer : bool
        Whether the facts hold the amount of every customer.

    Returns
    -------
    tuple of Company and CheckReport

    Raises
    ------
    PlainError
        When the company is refused, in the words of ``scrm check``.
    """
    try:
        if is_prepared(data):
            company, facts = open_company(data, as_of), {}
        else:
            found = examine(data, as_of)
            if any(message.level == "error" for message in found.messages):
                refused = CheckReport(as_of=f"{found.as_of:%Y-%m-%d}", messages=found.messages, receipts=found.receipts)
                raise PlainError(refused.to_text())
            company = Company(
                found.tables(), found.settings, found.as_of, found.receipts, found.fingerprint, found.messages
            )
            facts = found.facts(by_customer)
    except CompanyRefused as refusal:
        raise PlainError(CheckReport(as_of="", messages=refusal.messages).to_text()) from None
    report = CheckReport(
        as_of=f"{company.as_of:%Y-%m-%d}", messages=company.messages, receipts=company.receipts, facts=facts
    )
    return company, report


def write_check(data: Path, as_of: str | None, out: Path | None, by_customer: bool = False) -> CheckReport:
    """Check a company folder and, where a folder is named, write ``check.json`` into it.

    Parameters
    ----------
    data : pathlib.Path
        Company folder.
    as_of : str or None
        ISO date; None takes it from the company's settings.
    out : pathlib.Path or None
        Output folder; made when absent.
    by_customer : bool
        Whether the facts hold the amount of every customer.

    Returns
    -------
    CheckReport

    Raises
    ------
    PlainError
        When the output folder cannot be written.
    """
    target = output_folder(out, data) if out is not None else None
    report = check_company(data, as_of, by_customer=by_customer)
    if target is not None:
        try:
            target.mkdir(parents=True, exist_ok=True)
            write_whole(target / FILE, report.to_json(), PERSONAL)  # its examples name single customers
        except OSError as error:
            raise PlainError(f"The output folder {out} cannot be written: {error.strerror}.") from None
    return report
