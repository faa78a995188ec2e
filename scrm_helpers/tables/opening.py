"""The two doors to a company folder: open it, or check it and say what was found."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scrm_helpers.tables.company_tables import Company
from scrm_helpers.tables.contract.currencies import day_of_analysis
from scrm_helpers.tables.pipeline import examine
from scrm_helpers.tables.prepared import is_prepared, read_prepared


def open_company(folder: str | Path, as_of: str | pd.Timestamp | None = None) -> Company:
    """Read and check a company folder.

    Parameters
    ----------
    folder : str or Path
        Folder with one file per table, or one written by :func:`save_company`, which is opened without a new check.
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
    if is_prepared(Path(folder)):
        return read_prepared(Path(folder), None if as_of is None else day_of_analysis(as_of))
    return examine(Path(folder), as_of).company()
