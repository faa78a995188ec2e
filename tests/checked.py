"""The check of a company folder without the command around it."""

from pathlib import Path

import pandas as pd

from scrm_helpers.tables.contract.receipts import CheckReport, CompanyRefused
from scrm_helpers.tables.pipeline import examine


def check_company(
    folder: str | Path, as_of: str | pd.Timestamp | None = None, *, by_customer: bool = False
) -> CheckReport:
    """What `scrm check` finds in a folder, as the report that it writes; bad input is reported, never raised."""
    try:
        return examine(Path(folder), as_of).report(by_customer)
    except CompanyRefused as refusal:
        return CheckReport(as_of="" if as_of is None else str(as_of)[:10], messages=refusal.messages)
