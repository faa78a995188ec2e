"""The way in, in order: settings, files, reading, typing, checks of each table, checks between tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scrm_helpers.tables.checks import EARLIEST, draft_of
from scrm_helpers.tables.company import fingerprint_of
from scrm_helpers.tables.contract import TABLES
from scrm_helpers.tables.delimited import read_csv
from scrm_helpers.tables.draft import Draft
from scrm_helpers.tables.files import locate, read_bytes, refused
from scrm_helpers.tables.messages import CompanyRefused, Message, quoted
from scrm_helpers.tables.raw import RawTable
from scrm_helpers.tables.receipts import Receipt
from scrm_helpers.tables.settings import Settings, Source, read_settings


@dataclass(frozen=True)
class Examined:
    """Everything that was found in a company folder."""

    tables: dict[str, pd.DataFrame]
    settings: Settings
    as_of: pd.Timestamp
    receipts: dict[str, Receipt]
    messages: list[Message]
    fingerprint: str


def examine(folder: Path, as_of: str | pd.Timestamp | None) -> Examined:
    """Read and check a folder; findings are collected, and raised only where nothing further can be said.

    Raises
    ------
    CompanyRefused
        When there is no folder, no usable settings or no day of the analysis.
    """
    if not folder.is_dir():
        what = f"The company folder {quoted(folder.name)} does not exist, or is not a folder."
        why = "There is nothing to read."
        raise CompanyRefused([Message(what=what, why=why, todo="Correct the name of the folder.")])
    settings, settings_file = read_settings(folder)
    day = _day_of_analysis(as_of, settings)
    files, messages = locate(folder, settings)
    drafts: dict[str, Draft] = {}
    for name, path in files.items():
        try:
            raw = _read(path, name, settings.sources.get(name) or Source())
        except CompanyRefused as refusal:
            messages += refusal.messages
            continue
        drafts[name] = draft_of(raw, TABLES[name], settings, day)
    for draft in drafts.values():
        messages += draft.messages
    receipts = {name: draft.receipt() for name, draft in drafts.items()}
    return Examined(
        tables={name: draft.kept() for name, draft in drafts.items()},
        settings=settings,
        as_of=day,
        receipts=receipts,
        messages=messages,
        fingerprint=fingerprint_of(receipts, settings_file),
    )


def _read(path: Path, name: str, source: Source) -> RawTable:
    content, sha256 = read_bytes(path, name)
    raw = read_csv(content, name, path.name, sha256, source)
    if not raw.n_rows:
        todo = f"Export the table again, or remove {path.name}."
        raise refused(name, path.name, "The table has a header but no rows.", todo)
    return raw


def _day_of_analysis(as_of: str | pd.Timestamp | None, settings: Settings) -> pd.Timestamp:
    given = settings.as_of if as_of is None else as_of
    why = "Every figure is as of one day, and the kit never asks the clock."
    if given is None:
        raise CompanyRefused(
            [Message(what="No day of the analysis is given.", why=why, todo="Add --as-of 2026-09-30, or `as_of:` to company.yaml.")]
        )  # fmt: skip
    try:
        day = pd.Timestamp(pd.to_datetime(str(given)[:10], format="%Y-%m-%d")).as_unit("us")
    except ValueError:
        day = pd.NaT
    if pd.isna(day) or day < EARLIEST:
        what = f"The day of the analysis {quoted(given)} is not a day from 1990 on."
        raise CompanyRefused([Message(what=what, why=why, todo="Write it as 2026-09-30.")])
    return day
