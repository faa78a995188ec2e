"""Write the sample company to a folder."""

import json
from pathlib import Path

import pandas as pd

from scrm_helpers.sample.company import Sample, make_sample

CSV_UP_TO = 20_000
"""Customers up to which the tables are CSV; larger companies are Parquet."""
LABEL = "# SAMPLE DATA: a synthetic company, no person is real"


def write_sample(folder: Path | str, customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30") -> Sample:
    """Make the sample company and write its tables, `company.yaml` and `truth.json`.

    Parameters
    ----------
    folder : Path or str
        Made when it is not there. An earlier sample in it is replaced; anything else is left alone and refused.
    customers, seed, as_of
        As in :func:`make_sample`; the same values give the same bytes. CSV up to 20,000 customers, Parquet above.

    Returns
    -------
    Sample
        What was written.

    Raises
    ------
    ValueError
        The folder holds something other than an earlier sample, or `make_sample` refuses.
    """
    folder = Path(folder)
    ending = "csv" if customers <= CSV_UP_TO else "parquet"
    _refuse_other_data(folder, ending)
    sample = make_sample(customers, seed, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    settings = [LABEL, *(f"{key}: {json.dumps(value)}" for key, value in sample.settings.items())]
    (folder / "company.yaml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    for name, table in sample.tables.items():
        file = folder / f"{name}.{ending}"
        if ending == "csv":
            _as_text(table).to_csv(file, index=False, lineterminator="\n")
        else:
            table.to_parquet(file, index=False, write_page_checksum=True)
    truth = json.dumps(sample.truth, indent=1, ensure_ascii=False)
    (folder / "truth.json").write_text(truth + "\n", encoding="utf-8")
    return sample


def _refuse_other_data(folder: Path, ending: str) -> None:
    """Never write over a real company, nor leave tables of another size beside the new ones."""
    if not folder.is_dir():
        return
    tables = [file for file in folder.iterdir() if file.suffix in {".csv", ".gz", ".parquet", ".yaml"}]
    settings = folder / "company.yaml"
    ours = settings.is_file() and settings.read_bytes().startswith(LABEL.encode())
    if tables and not ours:
        raise ValueError(
            f"The sample cannot be written: the folder {folder} holds tables or settings that are not a sample. They "
            "would be lost. Choose an empty folder."
        )
    if any(file.suffix in {".csv", ".parquet"} and file.suffix != f".{ending}" for file in tables):
        raise ValueError(
            f"The sample cannot be written: the folder {folder} holds a sample whose tables are not {ending} files. "
            "Two files for one table would contradict each other. Empty the folder or choose another."
        )


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
