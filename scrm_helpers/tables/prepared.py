"""A checked company on disk: Parquet files with their checksums, so that chapters open it without checking again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from scrm_helpers.tables.company_tables import Company
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, Receipt

FILE = "prepared.json"
FORMAT = 1


class PreparedTables(Mapping[str, pd.DataFrame]):
    """Tables of a prepared company, each read when it is first asked for and only if its checksum holds."""

    def __init__(self, folder: Path, checksums: Mapping[str, str]) -> None:
        self._folder = folder
        self._checksums = checksums
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            self._read[name] = self._load(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._checksums)

    def __len__(self) -> int:
        return len(self._checksums)

    def __contains__(self, name: object) -> bool:
        return name in self._checksums

    def _load(self, name: str) -> pd.DataFrame:
        import pyarrow as pa
        from pyarrow import parquet

        expected = self._checksums[name]
        path = self._folder / f"{name}.parquet"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != expected:
            raise _changed(f"{name}.parquet")
        return parquet.read_table(pa.BufferReader(content)).to_pandas()


def is_prepared(folder: Path) -> bool:
    """Whether a folder holds a prepared company."""
    return os.path.isfile(folder / FILE)  # noqa: PTH113 - Path.is_file raises for names that are too long


def save_company(company: Company, folder: Path) -> Path:
    """Write a checked company; the description is written last, so that a cut-off folder is not taken for a whole one.

    Parameters
    ----------
    company : Company
        A checked company.
    folder : Path
        Where to; made when absent.

    Returns
    -------
    Path
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checksums = {}
    for name in company.receipts:
        target = folder / f"{name}.parquet"
        half = folder / f".{name}.parquet.part"
        company.table(name).to_parquet(half, index=False, compression="lz4", write_page_checksum=True)
        checksums[name] = hashlib.sha256(half.read_bytes()).hexdigest()
        half.replace(target)
    described = {
        "format": FORMAT,
        "as_of": f"{company.as_of:%Y-%m-%d}",
        "fingerprint": company.fingerprint,
        "settings": company.settings.model_dump(mode="json", exclude_unset=True),
        "tables": checksums,
        "receipts": [receipt.as_dict() for receipt in company.receipts.values()],
        "messages": [message.as_dict() for message in company.messages],
    }
    half = folder / f".{FILE}.part"
    half.write_text(json.dumps(described, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    half.replace(folder / FILE)
    return folder


def read_prepared(folder: Path, as_of: pd.Timestamp | None) -> Company:
    """Open a company from a prepared folder."""
    from scrm_helpers.tables.contract.settings import Settings

    try:
        described = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if described["format"] != FORMAT:
            raise ValueError(described["format"])
        day = pd.Timestamp(described["as_of"]).as_unit("us")
        company = Company(
            tables=PreparedTables(folder, described["tables"]),
            settings=Settings(**described["settings"]),
            as_of=day,
            receipts={given["table"]: Receipt.from_dict(given) for given in described["receipts"]},
            fingerprint=str(described["fingerprint"]),
            messages=tuple(Message.from_dict(given) for given in described["messages"]),
        )
    except (ValueError, KeyError, TypeError):
        raise _changed(FILE) from None
    if as_of is not None and as_of != day:
        raise CompanyRefused.because(
            f"The prepared company is of {day:%Y-%m-%d}, not of {as_of:%Y-%m-%d}.",
            "Which rows count depends on the day of the analysis.",
            "Open the company folder itself, or ask for the same day.",
            file=FILE,
        )
    return company


def _changed(file: str) -> CompanyRefused:
    return CompanyRefused.because(
        "A prepared file was changed, cut or written by another version.",
        "What was checked is no longer what would be read.",
        "Open the company folder itself again; the prepared folder can be deleted.",
        file=file,
    )
