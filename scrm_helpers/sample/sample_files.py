"""Write the sample company to a folder."""

import json
from pathlib import Path

import pandas as pd

from scrm_helpers.sample.sample_company import Sample, make_sample
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.settings import FILE as SETTINGS

CSV_UP_TO = 20_000
"""Customers up to which the tables are CSV; larger companies are Parquet."""
TRUTH = "truth.json"
LABEL = "# SAMPLE DATA: a synthetic company, no person is real"


def write_sample(folder: Path | str, customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30") -> Sample:
    """Make the sample company and write its tables, `company.yaml` and `truth.json`.

    Parameters
    ----------
    folder : Path or str
        New or empty; anything in it would be lost, so it is refused.
    customers, seed, as_of
        As in :func:`make_sample`; the same values give the same bytes. CSV up to 20,000 customers, Parquet above.

    Returns
    -------
    Sample
        What was written.

    Raises
    ------
    ValueError
        The folder is not empty, or `make_sample` refuses.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"The sample cannot be written: the folder {folder} holds files, and "
            "they would be lost. Choose an empty folder."
        )
    sample = make_sample(customers, seed, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    settings = [LABEL, *(f"{key}: {json.dumps(value)}" for key, value in sample.settings.items())]
    (folder / SETTINGS).write_text("\n".join(settings) + "\n", encoding="utf-8")
    for name, table in sample.tables.items():
        file = folder / _file(name, customers)
        if file.suffix == ".csv":
            _as_text(table).to_csv(file, index=False, lineterminator="\n")
        else:
            table.to_parquet(file, index=False, write_page_checksum=True)
    truth = json.dumps(sample.truth, indent=1, ensure_ascii=False)
    (folder / TRUTH).write_text(truth + "\n", encoding="utf-8")
    return sample


def file_names(customers: int) -> list[str]:
    """Every file that a sample of this size may have."""
    return [SETTINGS, TRUTH, *(_file(name, customers) for name in TABLES)]


def _file(table: str, customers: int) -> str:
    return f"{table}.{'csv' if customers <= CSV_UP_TO else 'parquet'}"


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Dates as ISO text, yes and no as true and false, whole scores without a decimal point."""
    shown = table.copy()
    for name, column in table.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            shown[name] = column.dt.strftime("%Y-%m-%d")
        elif column.dtype == "boolean":
            shown[name] = column.map({True: "true", False: "false"})
        elif name in ("score", "reach"):
            shown[name] = column.astype("Int64")
    return shown
