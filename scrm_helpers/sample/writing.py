"""Write the sample company to a folder."""

import json
from pathlib import Path

import pandas as pd

from scrm_helpers.sample.company import Sample, make_sample

CSV_UP_TO = 20_000
"""Customers up to which the tables are CSV; larger companies are Parquet."""


def write_sample(folder: Path, customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30") -> Sample:
    """Make the sample company and write its tables, `company.yaml` and `truth.json` into `folder`.

    The same arguments give the same bytes. CSV up to 20,000 customers, Parquet above.
    """
    sample = make_sample(customers, seed, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in sample.tables.items():
        if customers <= CSV_UP_TO:
            _as_text(table).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        else:
            table.to_parquet(folder / f"{name}.parquet", index=False)
    lines = ["# SAMPLE DATA: a synthetic company, no person is real"]
    lines += [f"{key}: {json.dumps(value)}" for key, value in sample.settings.items()]
    (folder / "company.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    truth = json.dumps(sample.truth, indent=1, ensure_ascii=False)
    (folder / "truth.json").write_text(truth + "\n", encoding="utf-8")
    return sample


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
